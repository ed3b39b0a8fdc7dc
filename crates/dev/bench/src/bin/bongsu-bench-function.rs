//! `bootstrap` of a function under load: a runtime of few lines, so that what is measured is the server.
//!
//! It answers each event with itself. Its variables say how long that takes, how many events it takes at once, and whom
//! it tells of them. Without a Runtime API it ends at once: that is what starting a process costs at the least.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::Duration;
use std::{env, str};

use bongsu_bench::endpoint::stamp;
use bongsu_bench::function::{AT_ONCE, MILLIS, TALLY};
use bongsu_bench::tally::Record;

/// Digits at the beginning of a message's body.
const STAMP_DIGITS: usize = 20;

fn main() -> io::Result<()> {
    let Ok(address) = env::var("AWS_LAMBDA_RUNTIME_API") else { return Ok(()) };
    let work = Duration::from_millis(number(MILLIS).unwrap_or(0));
    let tally = env::var(TALLY).ok().map(TcpStream::connect).transpose()?.map(Mutex::new);
    thread::scope(|threads| {
        for _ in 0..number(AT_ONCE).unwrap_or(1) {
            // The runtime ends with its connection; the server sees that, and nobody else could be told.
            threads.spawn(|| serve(&address, work, tally.as_ref()).ok());
        }
    });
    Ok(())
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

fn serve(address: &str, work: Duration, tally: Option<&Mutex<TcpStream>>) -> io::Result<()> {
    let mut api = RuntimeApi::connect(address)?;
    loop {
        api.call("GET", "invocation/next", &[])?;
        let RuntimeApi { request_id, body: event, .. } = &mut api;
        let (path, event) = (format!("invocation/{request_id}/response"), std::mem::take(event));
        let begun = stamp();
        if !work.is_zero() {
            sleep(work);
        }
        if let Some(tally) = tally {
            let messages = str::from_utf8(&event).map_or(0, |event| event.matches(r#""messageId":"#).count()) as u64;
            let record = Record { begun, ended: stamp(), messages, stamp: first_stamp(&event) };
            tally.lock().expect("telling does not panic").write_all(&record.to_bytes())?;
        }
        // What a queue is answered says which messages failed: an event of its own would be nonsense.
        let answer = if tally.is_some() { b"null" } else { event.as_slice() };
        api.call("POST", &path, answer)?;
    }
}

fn first_stamp(event: &[u8]) -> u64 {
    const BODY: &str = r#""body":""#;
    let digits = str::from_utf8(event).ok().and_then(|event| event.split_once(BODY)?.1.get(..STAMP_DIGITS));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// One connection, and the last reply on it.
struct RuntimeApi {
    address: String,
    stream: BufReader<TcpStream>,
    line: String,
    request_id: String,
    body: Vec<u8>,
}

impl RuntimeApi {
    fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let (line, request_id) = (String::new(), String::new());
        Ok(Self { address: address.to_owned(), stream: BufReader::new(stream), line, request_id, body: Vec::new() })
    }

    fn call(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<()> {
        let (address, length) = (&self.address, body.len());
        let head = format!(
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let mut length = 0;
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match self.line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().map_err(io::Error::other)?,
                Some(("lambda-runtime-aws-request-id", value)) => value.clone_into(&mut self.request_id),
                None if self.line == "\r\n" => break,
                _ => {}
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)
    }
}
