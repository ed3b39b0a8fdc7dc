//! Measures what `docs/adr/0002-journal-positions.md` reports: one sync, group commit, and replay, buffered and direct.
//!
//! `cargo run --release -p bongsu-journal --example append_speed -- DIRECTORY`

#![allow(clippy::print_stdout, reason = "this is what it is for")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails stops")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use bongsu_journal::disk::{Disk, DiskFile, Lock, LockError, SystemDisk};
use bongsu_journal::suite::block_on;
use bongsu_journal::{BATCH_BYTES_MAX, Batch, FileJournal, Journal, Options, Position, Unit};

const BATCH_BYTES: [usize; 5] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10];
const APPENDERS: [usize; 3] = [1, 64, 1024];
const RECORD_BYTES: usize = 1 << 10;
const MEASURED: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const REPLAYED_BYTES: u64 = 1 << 30;

fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/append_speed".to_owned()));
    println!("| one batch at a time | syncs/s | MB/s | p50 µs | p99 µs |\n| --- | --- | --- | --- | --- |");
    for bytes in BATCH_BYTES {
        in_both_modes(&directory, |journal, mode| one_at_a_time(journal, bytes, mode));
    }
    println!("\n| appenders of 1 KiB | records/s | p50 µs | p99 µs |\n| --- | --- | --- | --- |");
    for appenders in APPENDERS {
        in_both_modes(&directory, |journal, mode| group_commit(journal, appenders, mode));
    }
    replay(&directory);
}

/// Rounds alternate between the modes, so that a slow moment of the machine does not hit one of them only.
fn in_both_modes(directory: &Path, measure: impl Fn(Arc<FileJournal>, &str)) {
    for _ in 0..ROUNDS {
        let disks: [(&str, Arc<dyn Disk>); 2] = [("direct", Arc::new(SystemDisk)), ("buffered", Arc::new(Buffered))];
        for (mode, disk) in disks {
            let journal = open(directory, disk);
            measure(Arc::clone(&journal), mode);
            block_on(journal.close()).unwrap();
        }
    }
}

fn open(directory: &Path, disk: Arc<dyn Disk>) -> Arc<FileJournal> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    let mut options = Options::new(directory);
    options.disk = disk;
    Arc::new(FileJournal::open(options).unwrap())
}

/// Gives space back, as the runtime's cleaning would.
fn trim(journal: &FileJournal) {
    if let Some(end) = journal.span().oldest_segment_end {
        drop(journal.trim(end));
    }
}

fn one_at_a_time(journal: Arc<FileJournal>, bytes: usize, mode: &str) {
    let payload = vec![7; bytes];
    let mut latencies = Vec::new();
    let start = Instant::now();
    let mut at = journal.span().end;
    while start.elapsed() < MEASURED {
        let began = Instant::now();
        let mut batch = Batch::new(at);
        batch.push(Unit::Ends, |to| to.extend_from_slice(&payload));
        at = batch.end();
        block_on(journal.append(batch.seal())).unwrap();
        latencies.push(began.elapsed());
        trim(&journal);
    }
    let syncs = latencies.len() as f64 / start.elapsed().as_secs_f64();
    let (p50, p99) = percentiles(&mut latencies);
    println!("| {mode}, {} KiB | {syncs:.0} | {:.1} | {p50} | {p99} |", bytes >> 10, syncs * bytes as f64 / 1e6);
}

/// Many appenders, one committer: what is pushed while one batch is being synced makes up the next one.
fn group_commit(journal: Arc<FileJournal>, appenders: usize, mode: &str) {
    let group = Arc::new(Group::new(journal.span().end));
    let committer = {
        let (journal, group) = (Arc::clone(&journal), Arc::clone(&group));
        std::thread::spawn(move || group.commit(&journal))
    };
    // A few threads play all appenders: each starts one record for every one that became durable.
    let latencies = group.append_for(MEASURED, appenders);
    group.stop();
    committer.join().unwrap();
    let mut latencies = latencies;
    let records = latencies.len() as f64 / MEASURED.as_secs_f64();
    let (p50, p99) = percentiles(&mut latencies);
    println!("| {mode}, {appenders} | {records:.0} | {p50} | {p99} |");
}

struct Group {
    state: Mutex<State>,
    pushed: Condvar,
    durable: Condvar,
}

struct State {
    batch: Option<Batch>,
    records_durable: usize,
    stopped: bool,
}

impl Group {
    fn new(at: Position) -> Group {
        let state = State { batch: Some(Batch::new(at)), records_durable: 0, stopped: false };
        Group { state: Mutex::new(state), pushed: Condvar::new(), durable: Condvar::new() }
    }

    fn append_for(&self, measured: Duration, appenders: usize) -> Vec<Duration> {
        let payload = [7; RECORD_BYTES];
        let (start, mut began, mut latencies, mut pushed) = (Instant::now(), Vec::new(), Vec::new(), 0);
        let mut state = self.state.lock().unwrap();
        while start.elapsed() < measured {
            let now = Instant::now();
            for &began in &began[latencies.len()..state.records_durable] {
                latencies.push(now - began);
            }
            let batch = state.batch.as_mut().unwrap();
            let mut started = 0;
            while pushed - latencies.len() < appenders && batch.bytes_len() + 2 * RECORD_BYTES < BATCH_BYTES_MAX {
                batch.push(Unit::Ends, |to| to.extend_from_slice(&payload));
                began.push(now);
                (pushed, started) = (pushed + 1, started + 1);
            }
            if started > 0 {
                self.pushed.notify_one();
            }
            let seen = latencies.len();
            state = self.durable.wait_while(state, |state| state.records_durable == seen).unwrap();
        }
        latencies
    }

    fn commit(&self, journal: &FileJournal) {
        let mut state = self.state.lock().unwrap();
        loop {
            state = self
                .pushed
                .wait_while(state, |state| !state.stopped && state.batch.as_ref().unwrap().is_empty())
                .unwrap();
            if state.stopped {
                return;
            }
            let batch = state.batch.take().unwrap();
            state.batch = Some(Batch::new(batch.end()));
            drop(state);
            let records = batch.records();
            block_on(journal.append(batch.seal())).unwrap();
            trim(journal);
            state = self.state.lock().unwrap();
            state.records_durable += records;
            self.durable.notify_one();
        }
    }

    fn stop(&self) {
        self.state.lock().unwrap().stopped = true;
        self.pushed.notify_one();
    }
}

fn percentiles(latencies: &mut [Duration]) -> (u128, u128) {
    latencies.sort_unstable();
    let at = |per_cent: usize| latencies[(latencies.len() - 1) * per_cent / 100].as_micros();
    (at(50), at(99))
}

fn replay(directory: &Path) {
    let journal = open(directory, Arc::new(SystemDisk));
    let payload = [7; RECORD_BYTES];
    let mut at = journal.span().end;
    while at.0 < REPLAYED_BYTES {
        let mut batch = Batch::new(at);
        while batch.bytes_len() < BATCH_BYTES_MAX / 2 {
            batch.push(Unit::Ends, |to| to.extend_from_slice(&payload));
        }
        at = batch.end();
        block_on(journal.append(batch.seal())).unwrap();
    }
    block_on(journal.close()).unwrap();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let journal = FileJournal::open(Options::new(directory)).unwrap();
        let opened = start.elapsed();
        let (mut from, mut records, mut bytes) = (journal.span().start, 0, 0);
        loop {
            let chunk = block_on(journal.read(from, 1 << 20)).unwrap();
            if chunk.is_empty() {
                break;
            }
            for (_, payload) in chunk.records() {
                records += 1;
                bytes += payload.len();
            }
            from = chunk.next;
        }
        let whole = start.elapsed();
        println!("\nopened in {opened:.0?}, replayed {records} records, {} MiB in {whole:.0?}", bytes >> 20);
        block_on(journal.close()).unwrap();
    }
}

/// The system's disk, with a sync after an ordinary write where the other writes directly.
#[derive(Debug)]
struct Buffered;

impl Disk for Buffered {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        SystemDisk.create_directory(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        SystemDisk.list(directory)
    }

    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(BufferedFile(SystemDisk.create(path, bytes)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(BufferedFile(SystemDisk.open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        SystemDisk.sync_directory(directory)
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn Lock>, LockError> {
        SystemDisk.lock(path)
    }

    fn random(&self) -> io::Result<[u8; 16]> {
        SystemDisk.random()
    }
}

#[derive(Debug)]
struct BufferedFile(Arc<dyn DiskFile>);

impl DiskFile for BufferedFile {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write_through(&self, blocks: &[u8], offset: u64) -> io::Result<()> {
        self.write_at(blocks, offset)?;
        self.sync()
    }
}
