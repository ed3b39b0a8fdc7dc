//! An endpoint that says what a test tells it to, and the commands that ask one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What is answered to an operation (or a path), given its input (or its query or form).
type Answers = Box<dyn FnMut(&str, &Value) -> Result<Value, Value> + Send>;

/// Serves until the test's process ends.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Endpoint {
    pub(crate) fn serve(answers: impl FnMut(&str, &Value) -> Result<Value, Value> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, mut answers): (_, Answers) = (asked.clone(), Box::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.expect("a connection"), &mut answers, &seen);
            }
        });
        Self { url, asked }
    }

    /// The operations that were asked for, with their inputs.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().expect("a list").clone()
    }
}

/// One request a connection is what the commands send.
fn answer(mut stream: TcpStream, answers: &mut Answers, seen: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    let (mut first, mut operation, mut length) = (String::new(), None, 0);
    reader.read_line(&mut first).expect("a request");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        match line.trim_end().split_once(": ") {
            Some(("x-amz-target", target)) => operation = Some(target.replace("AmazonSQS.", "")),
            Some(("content-length", bytes)) => length = bytes.trim().parse().expect("a length"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let target = first.split(' ').nth(1).expect("a target");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let operation = operation.unwrap_or_else(|| path.to_owned());
    let form = || json!(String::from_utf8_lossy(&body));
    let input = if body.is_empty() { json!(query) } else { serde_json::from_slice(&body).unwrap_or_else(|_| form()) };
    seen.lock().expect("a list").push((operation.clone(), input.clone()));
    let (status, body) = match answers(&operation, &input) {
        Ok(output) => (200, output),
        Err(refusal) => (400, refusal),
    };
    let body = if body.is_string() { body.as_str().expect("text").to_owned() } else { body.to_string() };
    let reply = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).expect("a listener");
}

pub(crate) fn refusal(kind: &str, message: &str) -> Result<Value, Value> {
    Err(json!({ "__type": kind, "message": message }))
}

/// A command that asks `endpoint`, without keys unless a test adds some.
pub(crate) fn asking(endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu"));
    command.args(arguments).args(["--endpoint-url", endpoint]).stdin(Stdio::null());
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CA_BUNDLE"] {
        command.env_remove(name);
    }
    command.env("AWS_CONFIG_FILE", "/nowhere").env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
    command
}

/// Exit code, standard output, standard error.
pub(crate) fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (output.status.code().expect("it ended by itself"), text(&output.stdout), text(&output.stderr))
}

pub(crate) fn ask(endpoint: &str, arguments: &[&str]) -> (i32, String, String) {
    said(&asking(endpoint, arguments).output().expect("the binary"))
}
