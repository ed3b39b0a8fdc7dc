//! Runs a server in this process until a signal or a failure ends it.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use bongsu_server::{Config, ServeError, serve};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The journal failed: a supervisor should start the server again, and the start will say what is wrong.
const EXIT_JOURNAL_FAILED: u8 = 70;

pub(crate) fn run(config: Config) -> ExitCode {
    let filter = EnvFilter::try_from_env("BONGSU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).init();
    allow_many_files();
    // One thread: from here on everything is short steps between waits, and the disk has threads of its own.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, ExitCode::FAILURE),
    };
    match runtime.block_on(serve(config, stop_signal())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ServeError::Fatal(_)) => fail(&error, ExitCode::from(EXIT_JOURNAL_FAILED)),
        Err(error) => fail(&error, ExitCode::FAILURE),
    }
}

/// Every connection and every function's pipes are open files; the usual soft limit of 1,024 is soon reached.
fn allow_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the number of open files stays limited");
    }
}

async fn stop_signal() {
    let wait = async |kind| match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
    }
}

fn fail(error: &dyn std::error::Error, code: ExitCode) -> ExitCode {
    // Without anybody who reads it there is nobody to tell; the exit code says it too.
    writeln!(io::stderr(), "bongsu: {error}").unwrap_or_default();
    code
}
