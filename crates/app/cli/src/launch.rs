//! Starts a function's process so that it never outlives the server: a message must not be worked on by an orphan
//! while the restarted server hands it out again.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use tracing::warn;

/// The words that put [`launch`] before a function's command line; none where this binary cannot be found again.
pub(crate) fn launcher() -> Vec<String> {
    let Some(binary) = std::env::current_exe().ok().and_then(|path| path.into_os_string().into_string().ok()) else {
        return Vec::new();
    };
    let parent = std::process::id().to_string();
    vec![binary, "launch-function".into(), "--parent".into(), parent, "--".into()]
}

/// Has the kernel kill this process when the server dies, then becomes the function's process.
pub(crate) fn launch(parent: i32, command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else { return ExitCode::FAILURE };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        warn!(%error, "the function would outlive the server");
    }
    // The server may have died before the kernel knew what to do then.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return ExitCode::FAILURE;
    }
    let error = Command::new(program).args(arguments).exec();
    // As a shell says it: 127 for what is not there, 126 for what cannot be run.
    ExitCode::from(if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 })
}
