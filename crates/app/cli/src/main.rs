//! The one binary: `bongsu serve` and `bongsu up`.

mod arguments;
mod launch;
mod run;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => run::run(serve.into_config(None)),
        Command::Up { template, parameters, serve } => run::run(serve.into_config(Some((template, parameters)))),
        Command::LaunchFunction { parent, command } => launch::launch(parent, &command),
    }
}
