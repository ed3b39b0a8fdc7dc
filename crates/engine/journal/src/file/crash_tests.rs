//! Power cuts, kills, full and failing disks at every moment, on a simulated disk and without threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::log::Log;
use super::segment::{HEADER_BYTES, Name};
use super::{OpenError, Options, reader, recovery};
use crate::simulated::{Random, SimulatedDisk};
use crate::{AppendError, Batch, Corruption, Place, Position, ReadError, Sealed, TrimError, Unit};

const DIRECTORY: &str = "/journal";
const SEGMENT_BYTES: u64 = 3 * HEADER_BYTES;

fn open(disk: &SimulatedDisk) -> Result<Log, OpenError> {
    recovery::open(&Options { directory: DIRECTORY.into(), segment_bytes: SEGMENT_BYTES, disk: Arc::new(disk.clone()) })
}

fn segment(number: u64) -> PathBuf {
    Path::new(DIRECTORY).join(Name::Segment(number).file())
}

/// A batch of one unit for each number, of as many records.
fn batch(at: Position, units: &[usize], mut payload: impl FnMut() -> Vec<u8>) -> Sealed {
    let mut batch = Batch::new(at);
    for &records in units {
        for left in (0..records).rev() {
            let unit = if left == 0 { Unit::Ends } else { Unit::Continues };
            batch.push(unit, |to| to.extend_from_slice(&payload()));
        }
    }
    batch.seal()
}

fn append_all(log: &mut Log, mut batches: &[Sealed]) -> Result<(), (usize, AppendError)> {
    let all = batches.len();
    while !batches.is_empty() {
        let appended = log.append(batches.iter()).map_err(|error| (all - batches.len(), error))?;
        batches = &batches[appended.batches..];
    }
    Ok(())
}

fn read_all(log: &Log) -> Result<Vec<(Place, Bytes)>, ReadError> {
    let mut from = log.shared().span(Position(0)).start;
    let mut records = Vec::new();
    loop {
        let chunk = reader::read(log.shared(), from, 4096)?;
        if chunk.is_empty() {
            return Ok(records);
        }
        records.extend(chunk.records());
        from = chunk.next;
    }
}

/// What one simulated life of a log must hold.
struct World {
    disk: SimulatedDisk,
    random: Random,
    /// Acknowledged, or found by a recovery that was completed.
    kept: Vec<(Place, Bytes)>,
    end: Position,
    /// Handed in when the crash came: each may be there if those before it are.
    unknown: Vec<Sealed>,
    start_min: Position,
    start_max: Position,
}

impl World {
    fn new(seed: u64) -> World {
        let (kept, unknown) = (Vec::new(), Vec::new());
        let (disk, random) = (SimulatedDisk::new(seed), Random(!seed));
        World { disk, random, kept, end: Position(0), unknown, start_min: Position(0), start_max: Position(0) }
    }

    fn live(&mut self) {
        let lives = 2 + self.random.below(3);
        for _ in 0..lives {
            if self.random.one_in(3) {
                self.disk.fail_after(self.random.below(12) as u64);
            }
            let log = open(&self.disk);
            if let Ok(log) = log {
                self.recovered(&log);
                self.work(log);
            }
            if self.random.one_in(3) { self.disk.kill() } else { self.disk.crash() }
        }
        let log = open(&self.disk).expect("a log without faults opens");
        self.recovered(&log);
    }

    /// Compares what was recovered with what may be there.
    fn recovered(&mut self, log: &Log) {
        let span = log.shared().span(Position(0));
        assert!(self.start_min <= span.start && span.start <= self.start_max, "{span:?}");
        let found = read_all(log).expect("what was recovered can be read");
        let mut may_be = std::mem::take(&mut self.kept);
        may_be.retain(|(place, _)| place.position >= span.start);
        let mut unknown = std::mem::take(&mut self.unknown).into_iter();
        while self.end < span.end {
            let batch = unknown.next().expect("nothing is there that was not handed in");
            may_be.extend(batch.records());
            self.end = batch.end();
        }
        assert_eq!(span.end, self.end);
        assert_eq!(found, may_be);
        (self.kept, self.start_min) = (may_be, span.start);
    }

    fn work(&mut self, mut log: Log) {
        self.disk.fail_after(self.random.below(80) as u64);
        if self.random.one_in(8) {
            self.disk.fail_sync_after(self.random.below(20) as u64);
        }
        for _ in 0..self.random.below(30) {
            let group = self.group();
            if let Err((appended, error)) = append_all(&mut log, &group) {
                self.keep(&group[..appended]);
                if matches!(error, AppendError::Unknown(_)) {
                    self.unknown = group[appended..].to_vec();
                }
                return;
            }
            self.keep(&group);
            if self.random.one_in(6) && !self.kept.is_empty() && !self.trim(&log) {
                return;
            }
            if self.random.one_in(4) {
                // Fails when the power is gone, which the next append finds out.
                drop(log.shared().reserve.prepare());
            }
        }
        if self.random.one_in(2) {
            drop(log.close());
        }
    }

    fn group(&mut self) -> Vec<Sealed> {
        let mut at = self.end;
        let count = 1 + self.random.below(4);
        (0..count)
            .map(|_| {
                let units: Vec<_> = (0..1 + self.random.below(3)).map(|_| 1 + self.random.below(3)).collect();
                let batch = batch(at, &units, || self.payload());
                at = batch.end();
                batch
            })
            .collect()
    }

    /// Random bytes, zeros, or what looks like a part of the log.
    fn payload(&mut self) -> Vec<u8> {
        let length = self.random.below(400);
        match self.random.below(4) {
            0 => vec![0; length],
            1 => {
                let files = self.disk.files();
                let file = self.disk.contents(&files[self.random.below(files.len())]).expect("it is listed");
                let from = self.random.below(file.len().max(1));
                file[from..].iter().copied().take(length).collect()
            }
            _ => vec![self.random.next() as u8; length],
        }
    }

    fn keep(&mut self, batches: &[Sealed]) {
        for batch in batches {
            self.kept.extend(batch.records());
            self.end = batch.end();
        }
    }

    fn trim(&mut self, log: &Log) -> bool {
        let (before, _) = self.kept[self.random.below(self.kept.len())];
        self.start_max = self.start_max.max(before.position);
        let trimmed = log.shared().trim(before.position);
        if trimmed.is_ok() {
            self.start_min = log.shared().span(Position(0)).start;
        }
        trimmed.is_ok()
    }
}

fn live(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let world = std::panic::catch_unwind(|| World::new(seed).live());
        assert!(world.is_ok(), "seed {seed}");
    }
}

#[test]
fn nothing_acknowledged_is_lost_in_5000_crashing_worlds() {
    live(0..5_000);
}

#[test]
fn nothing_acknowledged_is_lost_in_5000_more() {
    live(5_000..10_000);
}

/// A log of 64 KiB, some segments long, never closed.
fn workload(disk: &SimulatedDisk) -> (Log, Vec<Sealed>) {
    let mut log = open(disk).unwrap();
    let (mut at, mut random, mut batches) = (Position(0), Random(7), Vec::new());
    while at.0 < 64 << 10 {
        let batch = batch(at, &[1, 2], || vec![random.next() as u8; random.below(500)]);
        append_all(&mut log, std::slice::from_ref(&batch)).unwrap();
        at = batch.end();
        batches.push(batch);
    }
    (log, batches)
}

/// The segments in order: number, position of the first batch, contents.
fn segments(disk: &SimulatedDisk, batches: &[Sealed]) -> Vec<(u64, Position, Vec<u8>)> {
    let contents = (1..).map_while(|number| Some((number, disk.contents(&segment(number)).ok()?)));
    contents
        .map(|(number, bytes)| {
            let base = Position(u64::from_le_bytes(bytes[24..32].try_into().unwrap()));
            assert!(batches.iter().any(|batch| batch.at() == base));
            (number, base, bytes)
        })
        .collect()
}

#[test]
fn a_log_cut_at_any_byte_recovers_up_to_there() {
    let source = SimulatedDisk::new(0);
    let (_log, batches) = workload(&source);
    let segments = segments(&source, &batches);
    assert!(segments.len() > 8);
    let disk = SimulatedDisk::new(0);
    for (index, (number, base, bytes)) in segments.iter().enumerate() {
        let inside: Vec<_> = batches
            .iter()
            .filter(|batch| batch.at() >= *base && segments.get(index + 1).is_none_or(|next| batch.at() < next.1))
            .collect();
        let length = inside.last().unwrap().end().0 - base.0;
        // What follows the cut: zeros, or the bytes of the segment that used the file before.
        let rests = [vec![0; bytes.len()], segments[index.saturating_sub(3)].2.clone()];
        for cut in 0..=length {
            let rest = &rests[if index < 3 { 0 } else { cut as usize % 2 }];
            let at = (HEADER_BYTES + cut) as usize;
            disk.set_contents(&segment(*number), [&bytes[..at], &rest[at..]].concat());
            let log = open(&disk).unwrap();
            let whole = inside.iter().take_while(|batch| batch.end().0 - base.0 <= cut).last();
            assert_eq!(log.shared().end(), whole.map_or(*base, |batch| batch.end()), "segment {number}, cut {cut}");
        }
        disk.set_contents(&segment(*number), bytes.clone());
    }
    let log = open(&disk).unwrap();
    let expected: Vec<_> = batches.iter().flat_map(Sealed::records).collect();
    assert_eq!(read_all(&log).unwrap(), expected);
}

#[test]
fn every_damaged_byte_of_a_closed_log_is_refused_with_its_file_and_offset() {
    let disk = SimulatedDisk::new(0);
    let (log, batches) = workload(&disk);
    let end = log.shared().end();
    log.close().unwrap();
    let segments = segments(&disk, &batches);
    for (index, (number, base, bytes)) in segments.iter().enumerate() {
        let ends = segments.get(index + 1).map_or(end, |next| next.1);
        for byte in (HEADER_BYTES..HEADER_BYTES + (ends.0 - base.0)).step_by(11) {
            let mut damaged = bytes.clone();
            damaged[byte as usize] ^= 1 << (byte % 8);
            disk.set_contents(&segment(*number), damaged.clone());
            let found = corruption(&disk);
            assert_eq!(found.file, segment(*number));
            assert!(found.offset <= byte && byte < found.offset + 600, "byte {byte}: {found}");
            assert_eq!(disk.contents(&segment(*number)).unwrap(), damaged, "nothing is changed");
        }
        disk.set_contents(&segment(*number), bytes.clone());
    }
    assert_eq!(open(&disk).unwrap().shared().end(), end);
}

/// Opens and reads everything, and expects damage to show.
fn corruption(disk: &SimulatedDisk) -> Corruption {
    match open(disk) {
        Err(OpenError::Corrupt(corruption)) => corruption,
        Err(other) => panic!("{other}"),
        Ok(log) => match read_all(&log) {
            Err(ReadError::Corrupt(corruption)) => corruption,
            other => panic!("no damage found: {other:?}"),
        },
    }
}

#[test]
fn damage_before_what_was_durable_is_told_from_a_torn_tail_after_a_crash() {
    let disk = SimulatedDisk::new(0);
    let mut log = open(&disk).unwrap();
    let first = batch(Position(0), &[1], || b"durable".to_vec());
    let second = batch(first.end(), &[1], || b"written when the first was durable".to_vec());
    append_all(&mut log, std::slice::from_ref(&first)).unwrap();
    append_all(&mut log, std::slice::from_ref(&second)).unwrap();
    disk.kill();
    let bytes = disk.contents(&segment(1)).unwrap();
    let damage = |position: Position| {
        let mut bytes = bytes.clone();
        bytes[HEADER_BYTES as usize + position.0 as usize + 40] ^= 1;
        disk.set_contents(&segment(1), bytes);
    };
    damage(first.at());
    let found = corruption(&disk);
    assert_eq!((found.offset, found.position, found.records_before), (HEADER_BYTES + 32, Position(32), 0));
    damage(second.at());
    assert_eq!(open(&disk).unwrap().shared().end(), first.end());
}

#[test]
fn batches_behind_a_torn_one_are_cut_off_too() {
    let disk = SimulatedDisk::new(0);
    let mut log = open(&disk).unwrap();
    let first = batch(Position(0), &[1], || vec![1; 4_048]);
    let second = batch(first.end(), &[1], || vec![2; 100]);
    append_all(&mut log, &[first.clone(), second.clone()]).unwrap();
    disk.kill();
    // Both were written with one sync, and only the second one arrived.
    let mut bytes = disk.contents(&segment(1)).unwrap();
    bytes[HEADER_BYTES as usize..][..first.bytes_len()].fill(0);
    disk.set_contents(&segment(1), bytes);
    let mut log = open(&disk).unwrap();
    assert_eq!(log.shared().end(), Position(0));
    // Ends where the old second batch begins, and with its block: nothing of what follows is overwritten.
    append_all(&mut log, &[batch(Position(0), &[1], || vec![3; 4_048])]).unwrap();
    disk.crash();
    let log = open(&disk).unwrap();
    assert_eq!(log.shared().end(), first.end(), "the old second batch does not come back");
}

#[test]
fn a_missing_segment_is_named() {
    let disk = SimulatedDisk::new(0);
    let (_log, _) = workload(&disk);
    disk.kill();
    crate::disk::Disk::remove(&disk, &segment(4)).unwrap();
    let found = corruption(&disk);
    assert_eq!(found.file, segment(5));
    assert_eq!(found.flaw, crate::Flaw::MissingSegment { expected: 4 });
}

#[test]
fn a_failed_sync_poisons_the_log() {
    let disk = SimulatedDisk::new(0);
    let mut log = open(&disk).unwrap();
    let first = batch(Position(0), &[1], || vec![1; 100]);
    let second = batch(first.end(), &[1], || vec![2; 100]);
    append_all(&mut log, std::slice::from_ref(&first)).unwrap();
    disk.fail_sync_after(0);
    for _ in 0..3 {
        let failed = append_all(&mut log, std::slice::from_ref(&second));
        assert!(matches!(failed, Err((0, AppendError::Unknown(_)))));
    }
    assert_eq!(log.shared().end(), first.end());
    // The next process reads the second batch from the page cache, and must not take it for durable unseen.
    disk.kill();
    assert_eq!(open(&disk).unwrap().shared().end(), second.end());
    disk.crash();
    assert_eq!(open(&disk).unwrap().shared().end(), second.end());
}

#[test]
fn a_failed_sync_of_the_directory_poisons_the_log() {
    let disk = SimulatedDisk::new(0);
    let (mut log, batches) = workload(&disk);
    let before = batches[batches.len() / 2].at();
    disk.fail_after(1);
    assert!(matches!(log.shared().trim(before), Err(TrimError::Unknown(_))));
    let next = batch(log.shared().end(), &[1], Vec::new);
    assert!(matches!(append_all(&mut log, &[next]), Err((0, AppendError::Unknown(_)))));
}

#[test]
fn a_full_disk_appends_nothing_until_a_trim_makes_room() {
    let disk = SimulatedDisk::new(0);
    let (mut log, batches) = workload(&disk);
    log.shared().reserve.prepare().unwrap();
    disk.set_capacity(log.shared().span(Position(0)).disk_bytes);
    let (mut at, mut appended) = (log.shared().end(), 0);
    let promised = log.shared().span(at).room;
    let refused = loop {
        let next = batch(at, &[1], || vec![9; 700]);
        if let Err((_, error)) = append_all(&mut log, std::slice::from_ref(&next)) {
            break error;
        }
        at = next.end();
        appended += next.bytes_len() as u64;
    };
    assert!(matches!(refused, AppendError::NotAppended(error) if error.kind() == std::io::ErrorKind::StorageFull));
    assert!(appended >= promised, "{appended} of {promised} bytes that were promised");
    assert_eq!(log.shared().span(at).room, 0);
    assert_eq!(log.shared().end(), at);

    log.shared().trim(batches[batches.len() / 2].at()).unwrap();
    assert!(log.shared().span(at).room > 0);
    append_all(&mut log, &[batch(at, &[1], || vec![9; 700])]).unwrap();
    disk.crash();
    assert!(open(&disk).unwrap().shared().end() > at);
}

#[test]
fn a_recycled_file_never_brings_back_old_records() {
    let disk = SimulatedDisk::new(0);
    let mut log = open(&disk).unwrap();
    let mut at = Position(0);
    // Batches of one size: an old one lies exactly where a new one is expected.
    for round in 0..200_u8 {
        let batch = batch(at, &[1], || vec![round; 976]);
        append_all(&mut log, std::slice::from_ref(&batch)).unwrap();
        at = batch.end();
        log.shared().trim(at).unwrap();
        disk.crash();
        log = open(&disk).unwrap();
        assert_eq!(log.shared().end(), at);
    }
    assert!(log.shared().reserve.ready() > 0, "files are recycled");
    let found = read_all(&log).unwrap();
    assert!(found.iter().all(|(place, _)| place.position >= log.shared().span(at).start));
}

#[test]
fn a_place_in_a_recycled_file_is_gone() {
    let disk = SimulatedDisk::new(0);
    let (mut log, batches) = workload(&disk);
    let old: Vec<_> = batches.iter().flat_map(Sealed::records).map(|(place, _)| place).collect();
    log.shared().trim(log.shared().end()).unwrap();
    let mut at = log.shared().end();
    for _ in 0..100 {
        let batch = batch(at, &[1], || vec![5; 500]);
        append_all(&mut log, std::slice::from_ref(&batch)).unwrap();
        at = batch.end();
    }
    let start = log.shared().span(at).start;
    for place in old.into_iter().filter(|place| place.position < start) {
        assert!(matches!(reader::payload(log.shared(), place), Err(ReadError::Gone { .. })));
    }
}
