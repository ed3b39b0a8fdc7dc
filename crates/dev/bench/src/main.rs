//! `bongsu-bench`: what the release binary does on this machine, and what the machine would allow.

use std::{
    fs,
    io::{Write, stderr, stdout},
    panic,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Result;
use bongsu_bench::{
    echo, endpoint, process,
    run::{Options, Run},
};
use clap::{Parser, Subcommand};
use tokio::{
    runtime,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};

#[derive(Parser)]
#[command(version, about = "Measures the release binary over loopback, against the limits of this machine.")]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Print the table in Markdown.
    #[arg(long)]
    markdown: bool,
    /// Also write all numbers to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the benchmark starts of itself.
#[derive(Subcommand)]
enum Command {
    /// Serve as the bare HTTP server.
    #[command(hide = true)]
    EchoServer,
    /// Serve as the endpoints of subscriptions.
    #[command(hide = true)]
    EndpointServer,
    /// Run a command that must not outlive the benchmark.
    #[command(hide = true)]
    Guarded {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::EchoServer) => echo::serve()?,
        Some(Command::EndpointServer) => endpoint::serve()?,
        Some(Command::Guarded { command }) => process::become_guarded(command)?,
        None => {
            process::allow_many_files()?;
            return runtime::Builder::new_current_thread().enable_all().build()?.block_on(bench(arguments));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn bench(arguments: Arguments) -> Result<ExitCode> {
    let run = Run::new(arguments.options)?;
    clean_up_after_a_panic(run.folder().to_owned());
    let mut terminate = signal(SignalKind::terminate())?;
    // Whichever way this ends, dropping the run ends its servers and removes its directory.
    let report = tokio::select! {
        report = run.measure() => report?,
        _ = ctrl_c() => return stopped("interrupted"),
        _ = terminate.recv() => return stopped("terminated"),
    };
    write!(stdout(), "{}", report.show(arguments.markdown))?;
    if let Some(path) = arguments.json {
        fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(if report.has_failures() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn stopped(how: &str) -> Result<ExitCode> {
    writeln!(stderr(), "{how}")?;
    Ok(ExitCode::FAILURE)
}

/// A release build aborts on panic, so nothing is dropped; the servers end with this process in any case.
fn clean_up_after_a_panic(folder: PathBuf) {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        report(panic);
        // There is nobody left to tell.
        fs::remove_dir_all(&folder).ok();
    }));
}
