//! The one binary: `serve` and `up` run a server; `bench`, `peek` and `redrive` ask one.

mod arguments;
mod ask;
mod bench;
mod launch;
mod peek;
mod redrive;
mod run;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => run::run(serve.into_config(None)),
        Command::Up { template, parameters, serve } => run::run(serve.into_config(Some((template, parameters)))),
        Command::Bench(arguments) => ask::run(bench::run(arguments)),
        Command::Peek(arguments) => ask::run(peek::run(arguments)),
        Command::Redrive(arguments) => ask::run(redrive::run(arguments)),
        Command::LaunchFunction { parent, command } => launch::launch(parent, &command),
    }
}
