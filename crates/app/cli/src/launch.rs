//! Starts a function's process so that it never outlives the server, and fences it in: a message must not be worked on
//! by an orphan while the restarted server hands it out again, and nobody else's files are a function's business.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use bongsu_delivery::fence::Fence;
use clap::Args;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use crate::run::fail;

/// As a shell says it of what cannot be run, and of what is not there.
const EXIT_CANNOT_RUN: u8 = 126;
const EXIT_NOT_FOUND: u8 = 127;

/// What the server tells the process that is to become a function.
#[derive(Args)]
pub(crate) struct LaunchArguments {
    /// The server's process id.
    #[arg(long)]
    parent: i32,
    /// Put up no fence.
    #[arg(long)]
    unfenced: bool,
    /// The fence.
    #[arg(long, value_parser = fence)]
    fence: Fence,
    /// What to run; otherwise tell which parts of the fence hold.
    #[arg(last = true)]
    command: Vec<OsString>,
}

fn fence(json: &str) -> Result<Fence, serde_json::Error> {
    serde_json::from_str(json)
}

/// The words that put [`launch`] before a function's command line; none where this binary cannot be found again.
pub(crate) fn words(unfenced: bool) -> Vec<String> {
    let Some(binary) = std::env::current_exe().ok().and_then(|path| path.into_os_string().into_string().ok()) else {
        return Vec::new();
    };
    let parent = std::process::id().to_string();
    let mut words = vec![binary, "launch-function".into(), "--parent".into(), parent];
    if unfenced {
        words.push("--unfenced".into());
    }
    words
}

/// Fences this process in, has the kernel kill it when the server dies, then becomes the function's process.
pub(crate) fn launch(arguments: LaunchArguments) -> ExitCode {
    let LaunchArguments { parent, unfenced, fence, command } = arguments;
    let mut has_own_tmp = false;
    if !unfenced {
        match fence.enter() {
            Ok(held) if command.is_empty() => return tell(&held),
            Ok(held) => has_own_tmp = held.own_tmp,
            Err(error) => return fail(&error, ExitCode::from(EXIT_CANNOT_RUN)),
        }
    }
    // After the change of the user, which takes this back.
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return fail(&error, ExitCode::from(EXIT_CANNOT_RUN));
    }
    // The server may have died before the kernel knew what to do then.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return ExitCode::FAILURE;
    }
    let Some((program, words)) = command.split_first() else { return ExitCode::FAILURE };
    let mut command = Command::new(program);
    command.args(words);
    if has_own_tmp && std::env::var_os("TMPDIR").is_some_and(|folder| *folder == *fence.tmp) {
        command.env("TMPDIR", "/tmp");
    }
    let error = command.exec();
    let code = if error.kind() == io::ErrorKind::NotFound { EXIT_NOT_FOUND } else { EXIT_CANNOT_RUN };
    fail(&error, ExitCode::from(code))
}

fn tell(held: &bongsu_delivery::fence::Held) -> ExitCode {
    let told = serde_json::to_string(held).map_err(io::Error::from).and_then(|held| writeln!(io::stdout(), "{held}"));
    told.map_or_else(|error| fail(&error, ExitCode::FAILURE), |()| ExitCode::SUCCESS)
}
