//! The one binary: `serve` and `up` run a server; `bench`, `logs`, `peek` and `redrive` ask one; `doctor` looks at the machine.

mod arguments;
mod ask;
mod bench;
mod doctor;
mod launch;
mod logs;
mod peek;
mod redrive;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use arguments::{Arguments, Command, ServeArguments};
use clap::Parser;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => serve_with(serve, None),
        Command::Up { template, parameters, serve } => serve_with(serve, Some((template, parameters))),
        Command::Bench(arguments) => ask::run(bench::run(arguments)),
        Command::Logs(arguments) => ask::run(logs::run(arguments)),
        Command::Peek(arguments) => ask::run(peek::run(arguments)),
        Command::Redrive(arguments) => ask::run(redrive::run(arguments)),
        Command::Doctor(arguments) => ask::run(doctor::run(arguments)),
        Command::LaunchFunction(arguments) => launch::launch(arguments),
    }
}

fn serve_with(arguments: ServeArguments, template: Option<(PathBuf, Vec<(String, String)>)>) -> ExitCode {
    match arguments.into_config(template) {
        Ok(config) => run::run(config),
        Err(error) => run::fail(&error, ExitCode::FAILURE),
    }
}
