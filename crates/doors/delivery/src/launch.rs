//! The command line of a function's process, and the fence around it.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::fence::{Fence, Ids};
use crate::function::EPHEMERAL_STORAGE_MB_MIN;
use crate::interpreter::{Interpreter, is_executable};
use crate::scratch::{Scratch, Scratches};
use crate::user::Chosen;
use crate::{FunctionSpec, FunctionUser, FunctionsConfig, Runtime};

mod layers;
mod variables;

use variables::Start;

/// Run Python and Node handlers with nothing but the interpreter.
const PYTHON_BOOTSTRAP: &str = include_str!("bootstrap.py");
const NODE_BOOTSTRAP: &str = include_str!("bootstrap.mjs");
/// Where the releases of AWS's client for Node have their program: the third, the second and before, the fourth.
const NODE_CLIENTS: [&str; 3] = ["bin/index.mjs", "bin/index.js", "index.mjs"];

/// A Python process that has loaded an SDK holds about as much memory.
const SMALL_PROCESS_KB: usize = 24 * 1024;
const PROCESSES_MAX_LEAST: usize = 16;

/// A variable of the function, for what AWS has no word: directories that it may write besides `/tmp`, parted by colons,
/// from the code directory on. They are made if need be.
const WRITABLE: &str = "BONGSU_WRITABLE";

const MEGABYTE: u64 = 1024 * 1024;
/// How many times its memory a process may map before the kernel itself refuses it more, and what it may map on top:
/// what is mapped is seldom all used, and what is used is looked at by somebody else.
const MAPPED_TIMES: u64 = 2;
const MAPPED_EXTRA_MB: u64 = 1024;
/// Open files of a process, as on AWS, and of one that has several invocations for each of them.
const OPEN_FILES: u64 = 1024;
const OPEN_FILES_AN_INVOCATION: u64 = 2;
/// How much of a function's memory Node may use for objects that it collects, so that it collects them in time.
const NODE_HEAP_PERCENT: u32 = 75;

/// How every function's process is started.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// Words put before every command line; none lets functions run without a fence. They are followed by `--fence`, a
    /// [`Fence`] as JSON, `--` and the command line, and have to end in becoming that.
    pub words: Vec<String>,
    /// Whom functions run as.
    pub user: FunctionUser,
    /// The most processes at a time: 1 to [`PROCESSES_MAX`](crate::PROCESSES_MAX). What needs another one waits.
    pub processes_max: usize,
}

/// What the machine's memory has room for: so many small processes, from 16 to [`PROCESSES_MAX`](crate::PROCESSES_MAX).
pub fn processes_max_here() -> usize {
    let information = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = information.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let kilobytes = total.and_then(|total| total.parse::<usize>().ok()).unwrap_or_default();
    (kilobytes / SMALL_PROCESS_KB).clamp(PROCESSES_MAX_LEAST, crate::PROCESSES_MAX)
}

impl Default for Launcher {
    /// Without a fence.
    fn default() -> Launcher {
        Launcher { words: Vec::new(), user: FunctionUser::Same, processes_max: crate::PROCESSES_MAX }
    }
}

/// A command that is ready to be started.
pub(crate) struct Launch {
    pub(crate) command: Command,
    /// Has to live as long as the process.
    pub(crate) scratch: Scratch,
    /// What made a root keep its user.
    pub(crate) unreachable: Option<PathBuf>,
}

/// Builds the command for a new process, or says why there is none.
pub(crate) fn launch(
    function: &FunctionSpec,
    config: &FunctionsConfig,
    interpreter: Option<&Interpreter>,
    scratches: &Scratches,
    runtime_api: SocketAddr,
) -> Result<Launch, String> {
    let code = open_directory("code directory", &function.code)?;
    let layers = function.layers.iter().map(|layer| open_directory("layer", layer));
    let layers = layers.collect::<Result<Vec<PathBuf>, String>>()?;
    let program = words(function, &code, &layers, interpreter)?;

    let mut needed: Vec<PathBuf> = [&code].into_iter().chain(&layers).cloned().collect();
    if let Some(Interpreter { program, folders, .. }) = interpreter {
        needed.extend([program].into_iter().chain(folders).cloned());
    }
    let (writable, made) = writable(function, &code)?;
    let existing: Vec<PathBuf> = writable.iter().filter(|path| !made.contains(path)).cloned().collect();
    let Chosen { user, unreachable } = config.launcher.user.choose(&needed, &existing)?;
    give_away(&made, user)?;
    let no_scratch = |error| format!("Couldn't make a directory for temporary files: {error}");
    let scratch = scratches.make(user).map_err(no_scratch)?;

    let tmp = scratch.path();
    let start = Start { function, config, interpreter, code: &code, layers: &layers, tmp, runtime_api };
    let variables = variables::all(&start);
    let mut words: Vec<OsString> = Vec::new();
    if !config.launcher.words.is_empty() {
        let readable = needed.into_iter().chain(variables::folders(&variables)).collect();
        let fence = serde_json::to_string(&fence(function, readable, writable, tmp, user));
        let fence = fence.map_err(|error| format!("Couldn't name a path: {error}"))?;
        words.extend(config.launcher.words.iter().map(OsString::from));
        words.extend(["--fence".into(), fence.into(), "--".into()]);
    }
    words.extend(program);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(&code).env_clear().envs(variables);
    Ok(Launch { command, scratch, unreachable })
}

fn open_directory(what: &str, path: &Path) -> Result<PathBuf, String> {
    let refused = |error| format!("Couldn't open the {what} {}: {error}", path.display());
    let canonical = fs::canonicalize(path).map_err(refused)?;
    if canonical.is_dir() { Ok(canonical) } else { Err(format!("The {what} {} is no directory", path.display())) }
}

/// The command line without a launcher.
fn words(
    function: &FunctionSpec,
    code: &Path,
    layers: &[PathBuf],
    interpreter: Option<&Interpreter>,
) -> Result<Vec<OsString>, String> {
    match (&function.runtime, interpreter) {
        (Runtime::Provided, _) => {
            let folders = [code].into_iter().chain(layers.iter().rev().map(PathBuf::as_path));
            let candidates: Vec<PathBuf> = folders.map(|folder| folder.join("bootstrap")).collect();
            match candidates.iter().find(|file| is_executable(file)) {
                Some(bootstrap) => Ok(vec![bootstrap.into()]),
                None => {
                    let shown: Vec<String> = candidates.iter().map(|file| file.display().to_string()).collect();
                    Err(format!("Couldn't find valid bootstrap(s): [{}]", shown.join(" ")))
                }
            }
        }
        (Runtime::Python { .. }, Some(python)) => {
            let mut words = vec![(&python.program).into(), "-u".into()];
            let mut brought = [code.to_owned()].into_iter().chain(layers::python(layers, python));
            if brought.any(|folder| folder.join("awslambdaric").is_dir()) {
                words.extend(["-m", "awslambdaric", &function.handler].map(OsString::from));
            } else {
                words.extend(["-c", PYTHON_BOOTSTRAP].map(OsString::from));
            }
            Ok(words)
        }
        (Runtime::Node { .. }, Some(node)) => {
            let heap = function.memory_mb * NODE_HEAP_PERCENT / 100;
            let mut words = vec![(&node.program).into(), format!("--max-old-space-size={heap}").into()];
            let client = code.join("node_modules/aws-lambda-ric");
            match NODE_CLIENTS.map(|file| client.join(file)).into_iter().find(|file| file.is_file()) {
                Some(client) => words.extend([client.into(), (&function.handler).into()]),
                None => words.extend(["--input-type=module", "-e", NODE_BOOTSTRAP].map(OsString::from)),
            }
            Ok(words)
        }
        (Runtime::Python { .. } | Runtime::Node { .. }, None) => Err("Couldn't find an interpreter".to_owned()),
    }
}

/// The directories that the function may write besides `/tmp`, and those among them that had to be made.
fn writable(function: &FunctionSpec, code: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), String> {
    let (mut all, mut made) = (Vec::new(), Vec::new());
    let named = function.environment.get(WRITABLE).map(String::as_str).unwrap_or_default();
    for path in named.split(':').filter(|path| !path.is_empty()).map(|path| code.join(path)) {
        let is_new = !path.exists();
        let made_and_found = fs::create_dir_all(&path).and_then(|()| fs::canonicalize(&path));
        let path =
            made_and_found.map_err(|error| format!("Couldn't make {} for {WRITABLE}: {error}", path.display()))?;
        if is_new {
            made.push(path.clone());
        }
        all.push(path);
    }
    Ok((all, made))
}

fn give_away(made: &[PathBuf], user: Option<Ids>) -> Result<(), String> {
    for (path, user) in made.iter().zip(user.into_iter().cycle()) {
        chown(path, Some(user.uid), Some(user.gid))
            .map_err(|error| format!("Couldn't give {} to user {}: {error}", path.display(), user.uid))?;
    }
    Ok(())
}

fn fence(
    function: &FunctionSpec,
    readable: Vec<PathBuf>,
    writable: Vec<PathBuf>,
    tmp: &Path,
    user: Option<Ids>,
) -> Fence {
    let mapped_mb = u64::from(function.memory_mb) * MAPPED_TIMES + MAPPED_EXTRA_MB;
    let open_files_max = match function.concurrency_per_process {
        0 | 1 => OPEN_FILES,
        several => OPEN_FILES + OPEN_FILES_AN_INVOCATION * u64::from(several),
    };
    Fence {
        readable,
        writable,
        tmp: tmp.to_owned(),
        user,
        file_bytes_max: u64::from(function.ephemeral_storage_mb.max(EPHEMERAL_STORAGE_MB_MIN)) * MEGABYTE,
        data_bytes_max: mapped_mb * MEGABYTE,
        open_files_max,
    }
}
