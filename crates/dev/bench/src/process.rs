//! A server as a child process: started, asked what it costs, and never left behind.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use rustix::process::{Resource, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use tokio::{sync::oneshot, time::timeout};

/// A server that takes longer than this to say `Ready.` has failed.
const READY_WITHIN: Duration = Duration::from_secs(120);
const LOG_TAIL_BYTES: usize = 400;

/// A running server; it is gone once this is dropped.
pub struct Server {
    process: Process,
    log: PathBuf,
    /// Where its API listens.
    pub address: SocketAddr,
    /// From the start of the process to `Ready.`.
    pub ready_after: Duration,
}

impl Server {
    /// Starts a command that prints `API      http://ADDRESS` and `Ready.`; its log goes to a file.
    ///
    /// The command runs through this binary's `guarded`, so that it ends even when the benchmark is killed.
    pub async fn start(binary: &Path, arguments: &[&str], log: PathBuf) -> Result<Self> {
        let started = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("guarded").arg(binary).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut process = Process(command.spawn()?);
        let stdout = process.0.stdout.take().expect("standard output is piped");
        let (ready, announced) = oneshot::channel();
        thread::spawn(move || watch(stdout, ready));
        let failed = || anyhow!("{} did not become ready; its log ends with {:?}", binary.display(), tail(&log));
        let address = timeout(READY_WITHIN, announced).await.map_err(|_| failed())?.map_err(|_| failed())?;
        Ok(Self { ready_after: started.elapsed(), process, address, log })
    }

    /// The server's process id.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// The end of the server's log.
    pub fn last_words(&self) -> String {
        tail(&self.log)
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Either can fail only if the child is already gone.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let tail = &text[text.len().saturating_sub(LOG_TAIL_BYTES)..];
    String::from_utf8_lossy(tail).trim().to_owned()
}

/// Reports the API's address once the server is ready, and goes on reading so that the server never blocks.
fn watch(stdout: ChildStdout, ready: oneshot::Sender<SocketAddr>) {
    let mut ready = Some(ready);
    let mut address = None;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        address = parse_address(&line).or(address);
        if let ("Ready.", Some(address)) = (line.trim(), address)
            && let Some(ready) = ready.take()
        {
            // Nobody listens any more if the benchmark has given up.
            ready.send(address).ok();
        }
    }
}

fn parse_address(line: &str) -> Option<SocketAddr> {
    line.trim().strip_prefix("API")?.trim().strip_prefix("http://")?.parse().ok()
}

/// User and system time of a process so far, all its threads together; as fine as the kernel's clock tick.
pub fn cpu_time(id: u32) -> Result<Duration> {
    let path = format!("/proc/{id}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("process {id} is gone"))?;
    Ok(duration(parse_cpu_ticks(&stat).with_context(|| format!("{path} is not understood"))?))
}

/// Fields 14 and 15, `utime` and `stime`; the second field, the name in parentheses, may itself hold spaces.
fn parse_cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

/// The time that all processes and the kernel have kept the machine's cores busy so far, or its host has taken away.
pub fn machine_cpu_time() -> Result<Duration> {
    let ticks = parse_machine_ticks(&fs::read_to_string("/proc/stat")?).context("/proc/stat is not understood")?;
    Ok(duration(ticks))
}

/// `user nice system idle iowait irq softirq steal`: all but the two kinds of idling.
fn parse_machine_ticks(stat: &str) -> Option<u64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
    let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(ticks.iter().sum::<u64>() - ticks.get(3)? - ticks.get(4)?)
}

fn duration(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Resident memory of a process now.
pub fn resident_bytes(id: u32) -> Result<u64> {
    let path = format!("/proc/{id}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("process {id} is gone"))?;
    parse_resident_bytes(&status).with_context(|| format!("{path} has no VmRSS"))
}

fn parse_resident_bytes(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// As many open files as the system gives, for this process and the servers that it starts: each connection is one.
pub fn allow_many_files() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("the number of open files stays limited")
}

/// Becomes `command`, which the kernel will kill when the parent of this process ends. Returns only if it fails.
pub fn become_guarded(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command to run")?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {program}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line_that_names_the_api() {
        assert_eq!(parse_address("  API      http://127.0.0.1:41234"), Some("127.0.0.1:41234".parse().unwrap()));
        assert_eq!(parse_address("Ingress  http://127.0.0.1:41235"), None);
        assert_eq!(parse_address("Ready."), None);
    }

    #[test]
    fn cpu_ticks_are_found_after_any_process_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 100 0 0 0 120 30 0 0 20 0 3 0 5 1000 10";
        assert_eq!(parse_cpu_ticks(stat), Some(150));
        assert_eq!(parse_cpu_ticks("7 (short) S 1"), None);
    }

    #[test]
    fn idling_is_not_counted_as_busy() {
        let stat = "cpu  100 1 50 9000 700 2 3 4 60 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(parse_machine_ticks(stat), Some(160));
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(parse_resident_bytes("VmPeak:\t 90 kB\nVmRSS:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!(parse_resident_bytes("VmPeak:\t 90 kB\n"), None);
    }

    #[test]
    fn this_process_can_be_asked() {
        let id = std::process::id();
        assert!(cpu_time(id).unwrap() <= machine_cpu_time().unwrap());
        assert!(resident_bytes(id).unwrap() > 0);
    }
}
