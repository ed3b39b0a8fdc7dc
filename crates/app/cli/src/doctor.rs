//! `bongsu doctor`: what of this machine a server would have to work with, and how far functions are fenced in.

use std::fmt;
use std::fs::{self, File};
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use bongsu_delivery::fence::{Fence, Held};
use bongsu_delivery::{FunctionUser, interpreter, processes_max_here};
use clap::Args;
use rustix::fs::statvfs;
use rustix::process::{Resource, geteuid, getrlimit};
use rustix::system::uname;
use serde::Serialize;

use crate::launch;

/// With fewer open files, connections and functions soon find no room.
const OPEN_FILES_WANTED: u64 = 65_536;
const OPEN_FILES_NEEDED: u64 = 256;
const FREE_BYTES_WANTED: u64 = 10 << 30;
const FREE_BYTES_NEEDED: u64 = 64 << 20;
/// 2026-01-01: a clock before that was never set.
const CLOCK_LEAST: Duration = Duration::from_secs(1_767_225_600);
/// How far the clock of the disk may be from that of the machine.
const CLOCK_APART_MAX: Duration = Duration::from_secs(2);
/// Runtimes that templates name, by the words that their interpreters are found by.
const INTERPRETERS: [&str; 7] =
    ["python3", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "node"];

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// The data directory that the server would have.
    #[arg(long, default_value = "./bongsu-data", value_name = "DIRECTORY")]
    data: PathBuf,
    /// Whom functions would run as, as for the server.
    #[arg(long, default_value = "auto", value_name = "USER", value_parser = crate::arguments::function_user)]
    function_user: FunctionUser,
    /// Print the findings as JSON, in one array.
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    name: &'static str,
    state: State,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Pass,
    Warn,
    Fail,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Pass => "PASS",
            State::Warn => "WARN",
            State::Fail => "FAIL",
        })
    }
}

pub(crate) async fn run(arguments: DoctorArguments) -> Result<ExitCode> {
    let mut findings = vec![kernel(), user()];
    findings.extend(interpreters(arguments.function_user).await);
    findings.extend(fence(arguments.function_user));
    findings.extend([memory(), open_files(), data(&arguments.data), disk(&arguments.data), clock(&arguments.data)]);
    if arguments.json {
        writeln!(stdout(), "{}", serde_json::to_string(&findings)?)?;
    } else {
        for Finding { name, state, detail } in &findings {
            writeln!(stdout(), "{state}  {name:<12} {detail}")?;
        }
    }
    let in_the_way = findings.iter().any(|finding| finding.state == State::Fail);
    Ok(if in_the_way { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn finding(name: &'static str, state: State, detail: impl Into<String>) -> Finding {
    Finding { name, state, detail: detail.into() }
}

fn pass_if(good: bool) -> State {
    if good { State::Pass } else { State::Warn }
}

fn kernel() -> Finding {
    let system = uname();
    let [name, release] = [system.sysname(), system.release()].map(|text| text.to_string_lossy().into_owned());
    finding("kernel", State::Pass, format!("{name} {release}"))
}

fn user() -> Finding {
    let uid = geteuid();
    let detail = if uid.is_root() { "the server would be root".into() } else { format!("user {}", uid.as_raw()) };
    finding("user", pass_if(!uid.is_root()), detail)
}

async fn interpreters(user: FunctionUser) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in INTERPRETERS {
        let Some(found) = interpreter(word).await else {
            // The others have a substitute.
            if let "python3" | "node" = word {
                let detail = format!("no {word} that works is on the PATH: its functions cannot run");
                findings.push(finding("interpreter", State::Warn, detail));
            }
            continue;
        };
        let program = found.program.display().to_string();
        let needed: Vec<PathBuf> = [found.program].into_iter().chain(found.folders).collect();
        let (state, more) = match user.choose(&needed, &[]) {
            Ok(chosen) => match chosen.unreachable {
                Some(path) => {
                    (State::Warn, format!("; functions would run as root: nobody cannot use {}", path.display()))
                }
                None => (State::Pass, String::new()),
            },
            Err(reason) => (State::Fail, format!("; {reason}")),
        };
        findings.push(finding("interpreter", state, format!("{word} is {} at {program}{more}", found.version)));
    }
    findings
}

/// Has a process fence itself in, and tells how far that went.
fn fence(user: FunctionUser) -> Vec<Finding> {
    let held = match try_fence(user) {
        Ok(held) => held,
        Err(error) => return vec![finding("fence", State::Fail, format!("functions cannot be fenced in: {error:#}"))],
    };
    let landlock = match held.landlock {
        Some(version) if held.landlock_whole => {
            finding("landlock", State::Pass, format!("version {version}: functions reach only files they need"))
        }
        Some(version) => {
            let detail = format!("version {version}: fences files in, but lacks what version 6 has (Linux 6.12)");
            finding("landlock", State::Warn, detail)
        }
        None => finding("landlock", State::Warn, "none: functions reach every file that their user can"),
    };
    let (state, detail) = match held.own_tmp {
        true => (State::Pass, "each process has its own, as long as no code lies in it"),
        false => (State::Warn, "no namespaces for mounts: all functions share /tmp, and each has its own TMPDIR"),
    };
    let is_root = held.user == 0;
    let user = format!("functions run as user {}{}", held.user, if is_root { ", without its privileges" } else { "" });
    vec![
        landlock,
        finding("/tmp", state, detail),
        finding("privileges", pass_if(!is_root), format!("{user}; none can be gained")),
    ]
}

fn try_fence(user: FunctionUser) -> Result<Held> {
    let user = user.choose(&[], &[]).map_err(anyhow::Error::msg)?.user;
    let tmp = std::env::temp_dir();
    let fence = Fence {
        readable: vec![],
        writable: vec![],
        tmp,
        user,
        file_bytes_max: 0,
        data_bytes_max: u64::MAX,
        open_files_max: u64::MAX,
    };
    let words = launch::words(false);
    let Some((binary, words)) = words.split_first() else { bail!("this binary cannot be found again") };
    let output = Command::new(binary).args(words).arg("--fence").arg(serde_json::to_string(&fence)?).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("an answer that is none")
}

fn memory() -> Finding {
    let processes = processes_max_here();
    let within = match group_limit() {
        Some(bytes) => format!("this process's group may hold {} MiB", bytes >> 20),
        None => "this process's group has no limit".into(),
    };
    finding("memory", State::Pass, format!("room for {processes} processes of functions, each watched; {within}"))
}

/// What the second version of control groups grants this process of memory, if it limits that.
fn group_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    fs::read_to_string(Path::new("/sys/fs/cgroup").join(path).join("memory.max")).ok()?.trim().parse().ok()
}

fn open_files() -> Finding {
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let state = if most < OPEN_FILES_NEEDED { State::Fail } else { pass_if(most >= OPEN_FILES_WANTED) };
    let detail = match most {
        u64::MAX => "no limit".to_owned(),
        most => format!("at most {most}, wanted are {OPEN_FILES_WANTED} (LimitNOFILE=, ulimit -Hn)"),
    };
    finding("open files", state, detail)
}

/// The directory, or the nearest one above it that exists.
fn existing(data: &Path) -> Result<PathBuf> {
    let data = std::path::absolute(data)?;
    let existing = data.ancestors().find(|folder| folder.is_dir());
    Ok(existing.context("there is no such place")?.to_owned())
}

fn data(data: &Path) -> Finding {
    let tried = existing(data).and_then(|folder| Ok(tempfile_in(&folder)?));
    match tried {
        Ok(_) => finding("data", State::Pass, format!("{} can be written", data.display())),
        Err(error) => finding("data", State::Fail, format!("{} cannot be written: {error:#}", data.display())),
    }
}

/// When a file that is made there now was made, as the disk has it.
fn tempfile_in(folder: &Path) -> std::io::Result<SystemTime> {
    let path = folder.join(format!(".bongsu-doctor-{}", std::process::id()));
    let file = File::create_new(&path)?;
    fs::remove_file(&path)?;
    file.metadata()?.modified()
}

fn disk(data: &Path) -> Finding {
    let free = existing(data).and_then(|folder| Ok(statvfs(&folder)?));
    match free.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)) {
        Ok(free) => {
            let state = if free < FREE_BYTES_NEEDED { State::Fail } else { pass_if(free >= FREE_BYTES_WANTED) };
            finding("disk", state, format!("{} MiB are free", free >> 20))
        }
        Err(error) => finding("disk", State::Warn, format!("free space is unknown: {error:#}")),
    }
}

fn clock(data: &Path) -> Finding {
    let now = SystemTime::now();
    if now.duration_since(UNIX_EPOCH).is_ok_and(|since| since < CLOCK_LEAST) {
        return finding("clock", State::Fail, "it is not set: signatures and retention depend on it");
    }
    let made = existing(data).and_then(|folder| Ok(tempfile_in(&folder)?));
    let apart = made.ok().and_then(|made| made.duration_since(now).or_else(|_| now.duration_since(made)).ok());
    match apart {
        Some(apart) if apart > CLOCK_APART_MAX => {
            finding("clock", State::Warn, format!("the disk's clock is {} s from the machine's", apart.as_secs()))
        }
        _ => finding("clock", State::Pass, "it is set"),
    }
}
