//! The one binary: `serve` and `up` run a server; `bench`, `down`, `logs`, `peek`, `plan` and `redrive` ask one; `doctor`
//! looks at the machine.

mod arguments;
mod ask;
mod bench;
mod doctor;
mod down;
mod launch;
mod logs;
mod peek;
mod plan;
mod redrive;
mod run;

use std::process::ExitCode;

use arguments::{Arguments, Command, ServeArguments, TemplateArguments};
use clap::Parser;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => serve_with(serve, None),
        Command::Up { template, serve } => serve_with(serve, Some(template)),
        Command::Plan(arguments) => ask::run(plan::run(arguments)),
        Command::Down(arguments) => ask::run(down::run(arguments)),
        Command::Bench(arguments) => ask::run(bench::run(arguments)),
        Command::Logs(arguments) => ask::run(logs::run(arguments)),
        Command::Peek(arguments) => ask::run(peek::run(arguments)),
        Command::Redrive(arguments) => ask::run(redrive::run(arguments)),
        Command::Doctor(arguments) => ask::run(doctor::run(arguments)),
        Command::LaunchFunction(arguments) => launch::launch(arguments),
    }
}

fn serve_with(arguments: ServeArguments, template: Option<TemplateArguments>) -> ExitCode {
    match arguments.into_config(template) {
        Ok(config) => run::run(config),
        Err(error) => run::fail(&error, ExitCode::FAILURE),
    }
}
