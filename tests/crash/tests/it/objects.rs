//! `kill -9` under writers of objects: what was acknowledged is there with all its bytes, and nothing is there by half.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::http::{Client, Error, Response};
use bongsu_testkit::wait::until;

use crate::kills::{Plan, restart};
use crate::random::Random;

/// Here are fewer kills than under the queues' clients: one where there are so many.
const CYCLES_ONE_IN: u64 = 8;
const WRITERS: u64 = 3;
const KEYS_A_WRITER: u64 = 5;
/// Acknowledged writes from one kill to the next.
const SUCCESSES: std::ops::Range<u64> = 10..120;
/// How long the server may take for an answer, and the writers for their successes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Small enough to stand in the journal, and large enough for a file of its own.
const SMALL: std::ops::Range<u64> = 10..60_000;
const LARGE: std::ops::Range<u64> = 66_000..600_000;
/// The smallest that a part of several may be.
const PART_BYTES: usize = 5 << 20;
/// One version in so many comes in parts, and one in so many is large.
const IN_PARTS_ONE_IN: u64 = 41;
const LARGE_ONE_IN: u64 = 3;

/// The document that all writers add lines to.
const SHARED: &str = "/objects/shared";

/// A version of an object, from which its content follows; `None` for no object.
type Version = Option<u64>;

/// The server is gone.
struct Gone;

/// What may be found under one key.
type Candidates = BTreeSet<Version>;

struct Writer {
    client: Client,
    random: Random,
    /// Its keys, which nobody else writes.
    keys: BTreeMap<String, Candidates>,
    next_version: u64,
}

/// Lines of the shared document.
#[derive(Default)]
struct Lines {
    acknowledged: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

impl Writer {
    fn new(server: &Server, number: u64, random: Random) -> Writer {
        let key = |key| (format!("/objects/{number}/{key}"), Candidates::from([None]));
        let keys = (0..KEYS_A_WRITER).map(key).collect();
        Writer { client: Client::new(server.api(), TIMEOUT), random, keys, next_version: number }
    }

    /// Writes until the server is gone.
    fn write(&mut self, lines: &Mutex<Lines>, acknowledged: &AtomicU64) {
        loop {
            let at = self.random.within(0..KEYS_A_WRITER) as usize;
            let key = self.keys.keys().nth(at).unwrap().clone();
            let done = match self.random.within(0..6) {
                0 => self.delete(&key),
                1 => self.add_line(lines),
                _ => self.put(&key),
            };
            if done.is_err() {
                return;
            }
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn put(&mut self, key: &str) -> Result<(), Gone> {
        self.next_version += WRITERS;
        let version = self.next_version;
        let body = content(key, version);
        if !version.is_multiple_of(IN_PARTS_ONE_IN) {
            let answer = self.client.request("PUT", key, &[], &body);
            return self.changed(key, Some(version), answer);
        }
        let begun = self.ask("POST", &format!("{key}?uploads"), b"")?.text();
        let upload = element(&begun, "UploadId");
        let mut parts = String::new();
        for (number, part) in (1..).zip(body.chunks(PART_BYTES)) {
            let put = self.ask("PUT", &format!("{key}?partNumber={number}&uploadId={upload}"), part)?;
            let etag = put.header("etag").unwrap();
            parts += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        }
        let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let answer = self.client.request("POST", &format!("{key}?uploadId={upload}"), &[], document.as_bytes());
        self.changed(key, Some(version), answer)
    }

    fn delete(&mut self, key: &str) -> Result<(), Gone> {
        let answer = self.client.request("DELETE", key, &[], b"");
        self.changed(key, None, answer)
    }

    /// Notes what a write came to.
    fn changed(&mut self, key: &str, version: Version, answer: Result<Response, Error>) -> Result<(), Gone> {
        let candidates = self.keys.get_mut(key).unwrap();
        match answer {
            Ok(answer) => {
                assert!(matches!(answer.status, 200 | 204), "{key}: {}", answer.text());
                *candidates = Candidates::from([version]);
                Ok(())
            }
            Err(Error::Unknown(_)) => {
                candidates.insert(version);
                Err(Gone)
            }
            Err(Error::NotSent(_)) => Err(Gone),
        }
    }

    /// Adds a line to the shared document, unless somebody else is faster.
    fn add_line(&mut self, lines: &Mutex<Lines>) -> Result<(), Gone> {
        self.next_version += WRITERS;
        let line = self.next_version.to_string();
        let before = self.client.get(SHARED).map_err(|_| Gone)?;
        let (mut text, condition) = match before.status {
            200 => (before.text(), ("if-match", before.header("etag").unwrap().to_owned())),
            _ => (String::new(), ("if-none-match", "*".to_owned())),
        };
        text += &format!("{line}\n");
        match self.client.request("PUT", SHARED, &[(condition.0, &condition.1)], text.as_bytes()) {
            Ok(answer) if answer.status == 200 => drop(lines.lock().unwrap().acknowledged.insert(line)),
            Ok(answer) => assert_eq!(answer.status, 412, "{}", answer.text()),
            Err(Error::Unknown(_)) => {
                lines.lock().unwrap().unknown.insert(line);
                return Err(Gone);
            }
            Err(Error::NotSent(_)) => return Err(Gone),
        }
        Ok(())
    }

    /// What changes no object: whether it took effect does not matter.
    fn ask(&mut self, method: &str, target: &str, body: &[u8]) -> Result<Response, Gone> {
        let answer = self.client.request(method, target, &[], body).map_err(|_| Gone)?;
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        Ok(answer)
    }

    /// Looks at every object, now that nobody writes.
    fn check(&mut self) {
        for (key, candidates) in &mut self.keys {
            let found = self.client.get(key).unwrap();
            let is_it = |version: &&Version| match version {
                Some(version) => found.status == 200 && found.body == content(key, *version),
                None => found.status == 404,
            };
            let version = candidates.iter().find(is_it).copied();
            let version = version.unwrap_or_else(|| {
                let begin = String::from_utf8_lossy(&found.body[..found.body.len().min(60)]);
                panic!("{key}: {} with {} bytes ({begin}…) is none of {candidates:?}", found.status, found.body.len())
            });
            *candidates = Candidates::from([version]);
        }
    }
}

impl Lines {
    fn check(&mut self, client: &mut Client) {
        let document = client.get(SHARED).unwrap();
        let text = if document.status == 200 { document.text() } else { String::new() };
        let found: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        assert_eq!(found.len(), text.lines().count(), "a line is there twice");
        let lost = self.acknowledged.difference(&found).next();
        assert_eq!(lost, None, "was acknowledged and is lost");
        let stranger = found.iter().find(|line| !self.acknowledged.contains(*line) && !self.unknown.contains(*line));
        assert_eq!(stranger, None, "was never written");
        self.acknowledged = found;
        self.unknown.clear();
    }
}

/// What was put under this key as this version: told at its beginning, and random to its end.
fn content(key: &str, version: u64) -> Vec<u8> {
    let mut random = Random::new(key.bytes().fold(version, |seed, byte| seed.wrapping_mul(31) + u64::from(byte)));
    let size = match version {
        version if version.is_multiple_of(IN_PARTS_ONE_IN) => PART_BYTES as u64 + random.within(LARGE),
        version if version.is_multiple_of(LARGE_ONE_IN) => random.within(LARGE),
        _ => random.within(SMALL),
    };
    let mut content = format!("{key} {version}\n").into_bytes();
    while (content.len() as u64) < size {
        content.extend_from_slice(&random.within(0..u64::MAX).to_le_bytes());
    }
    content
}

/// The text of the first element of this name.
fn element<'a>(document: &'a str, name: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("<{name}>")).unwrap();
    rest.split_once("</").unwrap().0
}

#[test]
fn objects_are_whole_and_acknowledged_ones_are_there_after_every_kill() {
    let Plan { cycles, seed } = Plan::of_environment();
    let mut random = Random::new(seed);
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    let mut client = Client::new(server.api(), TIMEOUT);
    assert_eq!(client.request("PUT", "/objects", &[], b"").unwrap().status, 200);
    let seeds: Vec<u64> = (0..WRITERS).map(|_| random.within(0..u64::MAX)).collect();
    let mut writers: Vec<Writer> =
        (1..).zip(seeds).map(|(number, seed)| Writer::new(&server, number, Random::new(seed))).collect();
    let (lines, acknowledged) = (Mutex::new(Lines::default()), AtomicU64::new(0));
    for _ in 0..cycles.div_ceil(CYCLES_ONE_IN) {
        let goal = acknowledged.load(Ordering::SeqCst) + random.within(SUCCESSES);
        thread::scope(|scope| {
            for writer in &mut writers {
                scope.spawn(|| writer.write(&lines, &acknowledged));
            }
            until("so many writes", TIMEOUT, || (acknowledged.load(Ordering::SeqCst) >= goal).then_some(()));
            server.kill_nine();
        });
        restart(&mut server, &mut random);
        client = Client::new(server.api(), TIMEOUT);
        for writer in &mut writers {
            writer.client = Client::new(server.api(), TIMEOUT);
            writer.check();
        }
        lines.lock().unwrap().check(&mut client);
    }
    println!("{} writes, {} lines", acknowledged.load(Ordering::SeqCst), lines.lock().unwrap().acknowledged.len());

    // Once nothing is kept, nothing is left of it.
    let keys = writers.iter().flat_map(|writer| writer.keys.keys().map(String::as_str));
    for key in keys.chain([SHARED]) {
        assert_eq!(client.request("DELETE", key, &[], b"").unwrap().status, 204);
    }
    assert_eq!(client.request("DELETE", "/objects", &[], b"").unwrap().status, 204);
    assert!(server.stop().success(), "{}", server.output());
    server.restart().unwrap();
    let left: Vec<_> = fs::read_dir(data.path().join("objects")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(server.stop().success(), "{}", server.output());
}
