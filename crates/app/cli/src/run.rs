//! Runs a server in this process until a signal or a failure ends it.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use bongsu_server::{Config, ServeError, serve};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The journal failed: a supervisor should start the server again, and the start will say what is wrong.
const EXIT_JOURNAL_FAILED: u8 = 70;

pub(crate) fn run(config: Config) -> ExitCode {
    let filter = EnvFilter::try_from_env("BONGSU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // A log that cannot be written, to a full disk or a closed pipe, must not end the server.
        .log_internal_errors(false)
        .init();
    allow_many_files();
    // One thread: from here on everything is short steps between waits, and the disk has threads of its own.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, ExitCode::FAILURE),
    };
    match runtime.block_on(async { serve(config, stop_signal()).await }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ServeError::Fatal(_)) => fail(&error, ExitCode::from(EXIT_JOURNAL_FAILED)),
        Err(error) => fail(&error, ExitCode::FAILURE),
    }
}

/// Every connection, every delivery that goes on and every function's pipes are open files; the usual soft limit of 1,024
/// is soon reached. With so many, ten thousand clients and twice as many deliveries find room, and the journal too.
const OPEN_FILES_WANTED: u64 = 65_536;

pub(crate) fn allow_many_files() {
    let given = getrlimit(Resource::Nofile);
    let Some(maximum) = given.maximum else {
        return set_files(Rlimit { current: None, maximum: None });
    };
    // Only a privileged process gets more than the hard limit.
    let wanted = Some(maximum.max(OPEN_FILES_WANTED));
    if setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum: wanted }).is_ok() {
        return;
    }
    set_files(Rlimit { current: Some(maximum), maximum: Some(maximum) });
    tracing::warn!(
        limit = maximum,
        wanted = OPEN_FILES_WANTED,
        "few files can be open at once: so many connections and deliveries find no room; raise the hard limit \
         (LimitNOFILE=, ulimit -Hn)"
    );
}

fn set_files(limit: Rlimit) {
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the number of open files stays limited");
    }
}

/// Resolves when somebody asks the server to stop. From the call on, so that no signal during the start is lost.
pub(crate) fn stop_signal() -> impl Future<Output = ()> {
    let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let wait = async |signals: io::Result<Signal>| match signals {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    };
    async move {
        tokio::select! {
            () = wait(interrupt) => {}
            () = wait(terminate) => {}
        }
    }
}

/// Says in one line what went wrong.
pub(crate) fn fail(error: &dyn std::error::Error, code: ExitCode) -> ExitCode {
    // Without anybody who reads it there is nobody to tell; the exit code says it too.
    writeln!(io::stderr(), "bongsu: {error}").unwrap_or_default();
    code
}
