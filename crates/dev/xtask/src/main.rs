//! The project's own commands.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to people on a terminal")]

mod bench;
mod ci;
mod fuzz;
mod installation;
mod node;
mod run;
mod test;
mod tidy;
mod venv;
mod workspace;

use std::ffi::OsString;
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
    /// What CI runs: tidiness, formatting, lints, then the tests.
    Ci,
    /// Measures the release binary against the machine's own limits; `cargo xtask bench --help` lists the options.
    #[command(disable_help_flag = true)]
    Bench {
        /// Handed to the benchmark.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Hands the parsers and the journal's reader inputs that nobody thought of, and keeps those that break a promise.
    Fuzz {
        /// How long each target is run.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Which targets; all, if none is named.
        targets: Vec<String>,
    },
    /// Checks the rules that no compiler knows: rings, openings, leftovers, links.
    Tidy,
}

fn main() -> ExitCode {
    let result = Workspace::find().and_then(|workspace| match Arguments::parse().command {
        Command::Test => test::run(&workspace),
        Command::Bench { arguments } => bench::run(&workspace, &arguments),
        Command::Ci => ci::run(&workspace),
        Command::Fuzz { seconds, targets } => fuzz::run(&workspace, seconds, &targets),
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
