//! Starts the binary, talks HTTP to it, and ends it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Long enough for the slowest machine; a test that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// The line that a person, or a script, waits for.
const READY: &str = "Ready.";

/// A running server. It ends with the test.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) api: SocketAddr,
    pub(crate) ingress: SocketAddr,
    /// What it said on standard output up to `Ready.`.
    pub(crate) announced: Vec<String>,
    /// None where nobody reads it.
    log: Option<JoinHandle<String>>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The binary with both ports free to choose; later arguments of the same name are the caller's own.
pub(crate) fn bongsu(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu"));
    command.args(arguments).env_remove("BONGSU_LOG").stdin(Stdio::null());
    for port in ["--api", "--ingress"] {
        if !arguments.contains(&port) {
            command.args([port, "127.0.0.1:0"]);
        }
    }
    command
}

/// The server must not start: it says why in one line and ends with a failure.
pub(crate) fn refuses(arguments: &[&str]) -> String {
    let mut child = spawn(arguments);
    let stderr = read_log(&mut child);
    let announced = read_until_ready(&mut child);
    if announced.last().is_some_and(|line| line == READY) {
        child.kill().expect("a process");
        panic!("{arguments:?} started: {announced:?}");
    }
    let (status, stderr) = (child.wait().expect("a status"), stderr.join().expect("a log"));
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    let said: Vec<&str> = stderr.lines().filter_map(|line| line.strip_prefix("bongsu: ")).collect();
    assert_eq!(said.len(), 1, "{stderr}");
    assert!(stderr.trim_end().ends_with(said[0]), "nothing comes after it: {stderr}");
    said[0].to_owned()
}

fn spawn(arguments: &[&str]) -> Child {
    bongsu(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary")
}

fn read_log(child: &mut Child) -> JoinHandle<String> {
    let mut stderr = child.stderr.take().expect("piped");
    std::thread::spawn(move || {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).expect("a log");
        String::from_utf8_lossy(&log).into_owned()
    })
}

fn read_to_end(log: Option<JoinHandle<String>>) -> String {
    log.map(|log| log.join().expect("a log")).unwrap_or_default()
}

/// The lines of standard output up to `Ready.` or its end.
fn read_until_ready(child: &mut Child) -> Vec<String> {
    let mut announced = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        announced.push(line.expect("text"));
        if announced.last().is_some_and(|line| line == READY) {
            break;
        }
    }
    announced
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Server {
        let mut child = spawn(arguments);
        let log = read_log(&mut child);
        Server::ready(child, Some(log))
    }

    /// With a log that nobody can write to.
    pub(crate) fn without_log(arguments: &[&str]) -> Server {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = bongsu(arguments).stdout(Stdio::piped()).stderr(writer).spawn().expect("the binary");
        Server::ready(child, None)
    }

    fn ready(mut child: Child, log: Option<JoinHandle<String>>) -> Server {
        let announced = read_until_ready(&mut child);
        if announced.last().is_none_or(|line| line != READY) {
            panic!("not ready: {announced:?}\n{}", read_to_end(log));
        }
        let address = |name: &str| {
            let line = announced.iter().find_map(|line| line.strip_prefix(name)).expect("an address");
            line.trim().strip_prefix("http://").and_then(|text| text.parse().ok()).expect("an address")
        };
        let (api, ingress) = (address("API "), address("Ingress "));
        Server { child, api, ingress, announced, log }
    }

    pub(crate) fn ephemeral() -> Server {
        Server::start(&["serve", "--ephemeral"])
    }

    pub(crate) fn up(template: &Path) -> Server {
        Server::start(&["up", path(template), "--ephemeral"])
    }

    /// Calls an SQS operation in JSON; it must succeed.
    pub(crate) fn sqs(&self, operation: &str, input: Value) -> Value {
        let answer = self.try_sqs(operation, &input);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    pub(crate) fn try_sqs(&self, operation: &str, input: &Value) -> Answer {
        let target = format!("AmazonSQS.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &target)];
        exchange(self.api, "POST", "/", &headers, input.to_string().as_bytes())
    }

    /// Waits for a message of a queue and returns its body.
    pub(crate) fn receive(&self, queue: &str) -> Option<String> {
        let input = serde_json::json!({ "QueueUrl": queue, "WaitTimeSeconds": 20, "VisibilityTimeout": 600 });
        self.sqs("ReceiveMessage", input)["Messages"][0]["Body"].as_str().map(str::to_owned)
    }

    /// Asks the server to stop.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    }

    /// Stops the server, which must succeed, and returns its log.
    pub(crate) fn stop(mut self) -> String {
        self.terminate();
        let status = self.child.wait().expect("a status");
        let log = read_to_end(self.log.take());
        assert!(status.success(), "{status}: {log}");
        assert!(!log.contains("panicked"), "{log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    stream
}

pub(crate) fn exchange(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = connect(address);
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    // A server that has heard enough may answer and close before everything is sent.
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap_or_default();
    read_answer(stream)
}

pub(crate) fn get(address: SocketAddr, target: &str) -> Answer {
    exchange(address, "GET", target, &[], b"")
}

/// Reads until the server closes.
pub(crate) fn read_answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // What was read before a reset is the answer.
    stream.read_to_end(&mut bytes).map(drop).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer: {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// A directory with a template and whatever files stand beside it.
pub(crate) fn folder(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    let template = directory.path().join("template.yaml");
    (directory, template)
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
