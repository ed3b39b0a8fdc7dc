//! The one binary: `bongsu serve` and `bongsu up`.

mod arguments;
mod launch;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use arguments::{Arguments, Command, ServeArguments};
use clap::Parser;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => serve_with(serve, None),
        Command::Up { template, parameters, serve } => serve_with(serve, Some((template, parameters))),
        Command::LaunchFunction { parent, command } => launch::launch(parent, &command),
    }
}

fn serve_with(arguments: ServeArguments, template: Option<(PathBuf, Vec<(String, String)>)>) -> ExitCode {
    match arguments.into_config(template) {
        Ok(config) => run::run(config),
        Err(error) => run::fail(&error, ExitCode::FAILURE),
    }
}
