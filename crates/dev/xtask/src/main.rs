//! The project's own commands.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to people on a terminal")]

mod ci;
mod run;
mod test;
mod tidy;
mod venv;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The project's own commands; `cargo xtask` runs them from anywhere in the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the release binary and runs every test, the published SDKs' included.
    Test,
    /// What CI runs: formatting, lints, tidiness, then the tests.
    Ci,
    /// Checks the rules that no compiler knows: rings, openings, leftovers, links.
    Tidy,
}

fn main() -> ExitCode {
    let result = Workspace::find().and_then(|workspace| match Arguments::parse().command {
        Command::Test => test::run(&workspace),
        Command::Ci => ci::run(&workspace),
        Command::Tidy => tidy::run(&workspace),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
