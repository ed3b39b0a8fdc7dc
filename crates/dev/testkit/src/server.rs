//! The release binary as a child process: started, observed, killed, and started again on the same ports.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::http::Client;
use crate::sns::Sns;
use crate::sqs::Sqs;
use crate::wait::until;

/// How long a start may take, replay of the data directory included.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a graceful stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server may take to do what is due.
const ADVANCE_TIMEOUT: Duration = Duration::from_secs(60);
/// As many lines of the child's output are kept to show when something fails.
const OUTPUT_LINES_MAX: usize = 200;
/// As many lines may wait to be looked at before the child has to.
const LINES_WAITING_MAX: usize = 1_000;

/// A child that ended instead of becoming ready.
#[derive(Debug)]
pub struct Refused {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed, on both streams.
    pub output: String,
}

/// A running server, killed when dropped.
#[derive(Debug)]
pub struct Server {
    arguments: Vec<OsString>,
    open_files_max: Option<u32>,
    child: Child,
    api: SocketAddr,
    ingress: SocketAddr,
    output: Output,
}

impl Server {
    /// `bongsu serve` on a data directory.
    ///
    /// # Panics
    ///
    /// When it does not become ready in time.
    #[must_use]
    pub fn serve(data: &Path) -> Server {
        Server::start(["serve".into(), "--data".into(), data.into()]).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// `bongsu serve` with everything in memory, and further arguments.
    ///
    /// # Panics
    ///
    /// When it does not become ready in time.
    #[must_use]
    pub fn ephemeral(arguments: &[&str]) -> Server {
        let arguments = ["serve", "--ephemeral"].iter().chain(arguments).map(OsString::from);
        Server::start(arguments).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// `bongsu up` of a template on a data directory.
    ///
    /// # Panics
    ///
    /// When it does not become ready in time.
    #[must_use]
    pub fn up(template: &Path, data: &Path, parameters: &[(&str, &str)]) -> Server {
        let mut arguments: Vec<OsString> = vec!["up".into(), template.into(), "--data".into(), data.into()];
        for (name, value) in parameters {
            arguments.extend(["--parameter".into(), format!("{name}={value}").into()]);
        }
        Server::start(arguments).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// Any command that ends in a server, on two free loopback ports.
    ///
    /// # Errors
    ///
    /// When the child ends before it is ready.
    ///
    /// # Panics
    ///
    /// When there is no binary to start, or when it neither ends nor becomes ready in time.
    pub fn start(arguments: impl IntoIterator<Item = OsString>) -> Result<Server, Refused> {
        Server::start_limited(arguments.into_iter().collect(), None)
    }

    /// `bongsu serve` with everything in memory, which may open so few files, connections among them.
    ///
    /// # Panics
    ///
    /// When it does not become ready in time.
    #[must_use]
    pub fn with_few_files(open_files_max: u32) -> Server {
        let arguments = ["serve", "--ephemeral"].map(OsString::from).to_vec();
        Server::start_limited(arguments, Some(open_files_max)).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    fn start_limited(arguments: Vec<OsString>, open_files_max: Option<u32>) -> Result<Server, Refused> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let Launched { child, api, ingress, output } = launch(&arguments, open_files_max, any, any).until_ready()?;
        Ok(Server { arguments, open_files_max, child, api, ingress, output })
    }

    /// Where the AWS APIs are.
    #[must_use]
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// Where the AWS APIs are, as an endpoint URL.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Where webhooks and HTTP APIs are.
    #[must_use]
    pub fn ingress(&self) -> SocketAddr {
        self.ingress
    }

    /// A new connection to the server's SQS.
    #[must_use]
    pub fn sqs(&self) -> Sqs {
        Sqs::new(self.api)
    }

    /// A new connection to the server's SNS.
    #[must_use]
    pub fn sns(&self) -> Sns {
        Sns::new(self.api)
    }

    /// Puts the test clock forward.
    ///
    /// # Panics
    ///
    /// When the server has none: it is started with `--test-clock`.
    pub fn advance(&self, by: Duration) {
        let body = format!("{{\"seconds\": {}}}", by.as_secs_f64());
        let answer = Client::new(self.api, ADVANCE_TIMEOUT).post("/_bongsu/clock/advance", &[], body.as_bytes());
        let answer = answer.expect("a server that runs");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// The sum of a metric over all its labels; 0 when there is none.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn metric(&self, name: &str) -> u64 {
        let answer = Client::new(self.api, ADVANCE_TIMEOUT).get("/metrics").expect("a server that runs");
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let text = answer.text();
        let values = text.lines().filter(of_name).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        values.sum::<f64>() as u64
    }

    /// Runs another command of the binary, such as `redrive`, against this server, and returns how it ended.
    ///
    /// # Panics
    ///
    /// When there is no binary to start.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let credentials =
            [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];
        let mut command = Command::new(binary());
        command.args(arguments).env("AWS_ENDPOINT_URL", self.api_url()).envs(credentials);
        command.stdin(Stdio::null()).output().expect("the server's own binary can be started")
    }

    /// The process's id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// How much memory the process has now, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.metric("process_resident_memory_bytes")
    }

    /// Kills the process without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Panics
    ///
    /// When the child cannot be killed or waited for.
    pub fn kill_nine(&mut self) {
        self.child.kill().expect("a child of ours can be killed");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Starts again after [`Server::kill_nine`], with the same arguments on the same ports.
    ///
    /// # Errors
    ///
    /// When the child ends before it is ready.
    ///
    /// # Panics
    ///
    /// When the ports do not become free, or the child neither ends nor becomes ready in time.
    pub fn restart(&mut self) -> Result<(), Refused> {
        let launched = self.relaunch().until_ready()?;
        (self.child, self.output) = (launched.child, launched.output);
        Ok(())
    }

    /// Starts again, and kills the child `after` that time, wherever it is in its start.
    ///
    /// # Errors
    ///
    /// When the child has ended by itself by then.
    ///
    /// # Panics
    ///
    /// When the ports do not become free.
    pub fn restart_and_kill_nine(&mut self, after: Duration) -> Result<(), Refused> {
        let mut launching = self.relaunch();
        thread::sleep(after); // Not to wait for anything: the arbitrary moment is what the caller asks for.
        if let Some(status) = launching.child.try_wait().expect("a child can be asked for its status") {
            return Err(launching.refused(status));
        }
        (self.child, self.output) = (launching.child, launching.output);
        self.kill_nine();
        Ok(())
    }

    /// Asks the process to stop (SIGTERM) and returns how it ended.
    ///
    /// # Panics
    ///
    /// When it does not stop in time.
    pub fn stop(&mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("a child of ours can be signalled");
        until("the server to stop", STOP_TIMEOUT, || {
            self.child.try_wait().expect("a child can be asked for its status")
        })
    }

    /// The last lines that the process printed, on both streams.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.text()
    }

    fn relaunch(&self) -> Launching {
        // The kernel may lend a free port to an outgoing connection for a moment.
        until("the ports to be free", START_TIMEOUT, || {
            TcpListener::bind(self.api).and(TcpListener::bind(self.ingress)).ok().map(drop)
        });
        launch(&self.arguments, self.open_files_max, self.api, self.ingress)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if ended.is_err() || thread::panicking() {
            self.output.show();
        }
    }
}

/// A child that may still refuse to start.
struct Launching {
    child: Child,
    lines: Receiver<String>,
    output: Output,
}

struct Launched {
    child: Child,
    api: SocketAddr,
    ingress: SocketAddr,
    output: Output,
}

fn launch(arguments: &[OsString], open_files_max: Option<u32>, api: SocketAddr, ingress: SocketAddr) -> Launching {
    let binary = binary();
    let mut command = match open_files_max {
        None => Command::new(&binary),
        Some(max) => {
            let mut limited = Command::new("sh");
            limited.args(["-c", &format!("ulimit -n {max}; exec \"$0\" \"$@\"")]).arg(&binary);
            limited
        }
    };
    let mut child = command
        .args(arguments)
        .env("PATH", path())
        .args(["--api", &api.to_string(), "--ingress", &ingress.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo build --release` makes it", binary.display()));
    let output = Output::default();
    let (sender, lines) = mpsc::sync_channel(LINES_WAITING_MAX);
    follow(child.stdout.take().expect("standard output is piped"), output.clone(), Some(sender));
    follow(child.stderr.take().expect("standard error is piped"), output.clone(), None);
    Launching { child, lines, output }
}

impl Launching {
    fn until_ready(mut self) -> Result<Launched, Refused> {
        let deadline = Instant::now() + START_TIMEOUT;
        let (mut api, mut ingress) = (None, None);
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line == "Ready." => break,
                Ok(line) => match line.split_once("http://") {
                    Some((name, address)) if name.trim() == "API" => api = address.trim().parse().ok(),
                    Some((name, address)) if name.trim() == "Ingress" => ingress = address.trim().parse().ok(),
                    _ => {}
                },
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait().expect("a child can be waited for");
                    return Err(self.refused(status));
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().expect("a child of ours can be killed");
                    panic!("not ready after {START_TIMEOUT:?}:\n{}", self.output.text());
                }
            }
        }
        let missing = |what| panic!("ready without telling where its {what} is:\n{}", self.output.text());
        let api = api.unwrap_or_else(|| missing("API"));
        let ingress = ingress.unwrap_or_else(|| missing("ingress"));
        Ok(Launched { child: self.child, api, ingress, output: self.output })
    }

    fn refused(&self, status: ExitStatus) -> Refused {
        // Both streams are at their ends, or about to be, now that the process is gone.
        until("the last words of the server", STOP_TIMEOUT, || self.output.is_complete().then_some(()));
        Refused { status, output: self.output.text() }
    }
}

/// Functions find the SDKs where `cargo xtask test` has installed them.
fn path() -> OsString {
    let python = env::var_os("BONGSU_PYTHON").map(PathBuf::from);
    let python =
        python.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/venv/bin/python"));
    let inherited = env::var_os("PATH").unwrap_or_default();
    let folders = python.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&inherited));
    env::join_paths(folders).unwrap_or(inherited)
}

fn binary() -> PathBuf {
    match env::var_os("BONGSU_BIN") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/release/bongsu"),
    }
}

/// The last lines of both streams.
#[derive(Debug, Clone, Default)]
struct Output(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    last: VecDeque<String>,
    streams_ended: usize,
}

impl Output {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.last.len() == OUTPUT_LINES_MAX {
            lines.last.pop_front();
        }
        lines.last.push_back(line);
    }

    fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).streams_ended += 1;
    }

    fn is_complete(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).streams_ended == 2
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last.iter().map(|line| format!("{line}\n")).collect()
    }

    #[expect(clippy::print_stderr, reason = "a failed test shows what its server said")]
    fn show(&self) {
        eprintln!("--- the server's last lines\n{}---", self.text());
    }
}

/// Reads a stream to its end, so that the child never waits for a reader.
fn follow(stream: impl Read + Send + 'static, output: Output, lines: Option<SyncSender<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Some(lines) = &lines {
                // Nobody listens any more once the server is ready.
                drop(lines.send(line.clone()));
            }
            output.push(line);
        }
        output.end();
    });
}
