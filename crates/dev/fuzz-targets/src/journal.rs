//! Segment files as a broken disk, or a careless hand, leaves them behind.
//!
//! An input is a list of damages to a log that was written whole: a byte says which log, then each damage begins with a
//! byte that says which kind, and one that says which file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use bongsu_journal::disk::BLOCK_BYTES;
use bongsu_journal::fuzzing::OpenLog;
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{Batch, OpenError, Options, Place, Position, Sealed, Unit};
use bytes::Bytes;

const DIRECTORY: &str = "/journal";
/// A header and two blocks: small, so that a log of several segments is recovered quickly.
const SEGMENT_BYTES: u64 = 3 * BLOCK_BYTES as u64;
/// What a disk writes or loses as a whole.
const SECTOR_BYTES: usize = 512;
/// Damages of one input; those behind are left out.
const DAMAGES_MAX: usize = 64;
/// Batches that are written with one sync: none of them proves that another was durable.
const GROUP: usize = 4;
/// Payloads of the log, in bytes, a row a batch: from nothing to more than a block. One batch fills a block
/// exactly: what lies behind it is not overwritten by the next one in its place.
const BATCHES: &[&[usize]] = &[
    &[0],
    &[1, 20, 300],
    &[3000],
    &[16, 16],
    &[5000],
    &[700, 40],
    &[2000, 2000],
    &[100],
    &[4048],
    &[64, 0, 64],
    &[900],
];

/// A log that was written without faults.
struct Written {
    files: Vec<(PathBuf, Vec<u8>)>,
    records: Vec<(Place, Bytes)>,
    /// Where each batch began, and its payloads' lengths.
    batches: Vec<(Position, &'static [usize])>,
}

/// One that was closed in order, one whose process was killed.
static LOGS: LazyLock<[Written; 2]> = LazyLock::new(|| [true, false].map(Written::new));

/// Takes a list of damages.
///
/// # Panics
///
/// If a record is read that was not written there, if a refused start changes a file, or if a log that was recovered
/// cannot go on and be recovered again with what it then holds.
pub fn journal(input: &[u8]) {
    let mut bytes = Input(input);
    let written = &LOGS[usize::from(bytes.byte().unwrap_or_default()) % LOGS.len()];
    let mut damaged = Damaged::new(written);
    for _ in 0..DAMAGES_MAX {
        if damaged.add(&mut bytes).is_none() {
            break;
        }
    }
    let disk = damaged.disk();
    let before = contents(&disk);
    let mut log = match open(&disk) {
        Ok(log) => log,
        Err(_) => return assert_eq!(contents(&disk), before, "a refused start changes nothing"),
    };
    let found = log.records().ok();
    if let Some(found) = found.as_ref().filter(|_| !damaged.forged) {
        assert!(written.has(found), "read what was not written: {found:?}");
    }
    // As long as the batch that may have been there, so that what lay behind it would fit.
    let batch = batch(log.end(), written.lengths_at(log.end()), u8::MAX);
    log.append(std::slice::from_ref(&batch)).expect("a log that was recovered goes on");
    drop(log);
    disk.kill();
    let log = open(&disk).expect("a log that was recovered is good");
    assert_eq!(log.end(), batch.end());
    if let Some(mut found) = found {
        found.extend(batch.records());
        assert_eq!(log.records().expect("what could be read still can"), found);
    }
}

fn open(disk: &SimulatedDisk) -> Result<OpenLog, OpenError> {
    let disk = Arc::new(disk.clone());
    OpenLog::open(&Options { directory: DIRECTORY.into(), segment_bytes: SEGMENT_BYTES, disk })
}

/// A batch of one unit for each payload, whose bytes depend on `bits`.
fn batch(at: Position, payloads: &[usize], bits: u8) -> Sealed {
    let mut batch = Batch::new(at);
    for &length in payloads {
        batch.push(Unit::Ends, |to| to.extend((0..length).map(|index| (index % 251) as u8 ^ bits)));
    }
    batch.seal()
}

fn contents(disk: &SimulatedDisk) -> Vec<(PathBuf, Vec<u8>)> {
    let content = |path: PathBuf| (path.clone(), disk.contents(&path).expect("a file of the list"));
    disk.files().into_iter().map(content).collect()
}

impl Written {
    fn new(closed: bool) -> Written {
        let disk = SimulatedDisk::new(1);
        let mut log = open(&disk).expect("an empty disk");
        let mut batches = Vec::new();
        for group in BATCHES.chunks(GROUP) {
            let mut sealed: Vec<Sealed> = Vec::new();
            for &lengths in group {
                let at = sealed.last().map_or(log.end(), Sealed::end);
                batches.push((at, lengths));
                sealed.push(batch(at, lengths, 0));
            }
            log.append(&sealed).expect("a disk without faults");
        }
        let records = log.records().expect("a disk without faults");
        if closed {
            log.close().expect("a disk without faults");
        }
        Written { files: contents(&disk), records, batches }
    }

    /// The payloads' lengths of the batch that began there, or those of another one.
    fn lengths_at(&self, position: Position) -> &'static [usize] {
        self.batches.iter().find(|(at, _)| *at == position).map_or(&[40, 400], |(_, lengths)| lengths)
    }

    /// Whether these are some of the records, with none left out in between.
    fn has(&self, found: &[(Place, Bytes)]) -> bool {
        found.is_empty() || self.records.windows(found.len()).any(|records| records == found)
    }
}

/// The rest of an input.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A place in a file: two bytes, the lower first.
    fn offset(&mut self) -> Option<usize> {
        Some(usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])))
    }

    fn sector(&mut self) -> Option<usize> {
        Some(usize::from(self.byte()?) * SECTOR_BYTES)
    }

    /// A length, then as many bytes.
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.byte()?).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(bytes)
    }
}

/// A log's files on their way to ruin.
struct Damaged<'a> {
    written: &'a Written,
    /// `None`: removed.
    files: Vec<Option<Vec<u8>>>,
    /// Whether bytes were put there on purpose: those may have been made to match their checksums.
    forged: bool,
}

impl<'a> Damaged<'a> {
    fn new(written: &'a Written) -> Damaged<'a> {
        Damaged { written, files: written.files.iter().map(|(_, bytes)| Some(bytes.clone())).collect(), forged: false }
    }

    /// Does the next damage; `None` at the end of the input.
    fn add(&mut self, input: &mut Input<'_>) -> Option<()> {
        let kind = input.byte()?;
        let index = usize::from(input.byte()?) % self.files.len();
        match kind % 8 {
            // Some bits of one byte are others.
            0 => {
                let (offset, bits) = (input.offset()?, input.byte()?);
                self.change(index, offset, 1, |byte| byte[0] ^= bits);
            }
            // A sector was never written, or is lost.
            1 => {
                let offset = input.sector()?;
                self.change(index, offset, SECTOR_BYTES, |sector| sector.fill(0));
            }
            // A write went to the wrong place, or did not get there.
            2 => {
                let (from, source, target) = (usize::from(input.byte()?), input.sector()?, input.sector()?);
                let sector = self.original(from).get(source..source + SECTOR_BYTES).map(<[u8]>::to_vec);
                let sector = sector.unwrap_or_default();
                self.change(index, target, sector.len(), |to| to.copy_from_slice(&sector));
            }
            // A file ends too early.
            3 => {
                let length = input.offset()?;
                self.files[index].iter_mut().for_each(|file| file.truncate(length));
            }
            4 => self.files[index] = None,
            // One file is in another one's place.
            5 => {
                let from = usize::from(input.byte()?);
                self.files[index] = Some(self.original(from).to_vec());
            }
            // A file is longer than it was.
            6 => {
                let bytes = input.bytes()?;
                self.files[index].iter_mut().for_each(|file| file.extend_from_slice(bytes));
            }
            _ => {
                let (offset, bytes) = (input.offset()?, input.bytes()?);
                self.change(index, offset, bytes.len(), |to| to.copy_from_slice(bytes));
                self.forged = true;
            }
        }
        Some(())
    }

    fn original(&self, index: usize) -> &'a [u8] {
        &self.written.files[index % self.written.files.len()].1
    }

    /// Does nothing where the file has no such bytes.
    fn change(&mut self, index: usize, offset: usize, length: usize, change: impl FnOnce(&mut [u8])) {
        if let Some(bytes) = self.files[index].as_mut().and_then(|file| file.get_mut(offset..offset + length)) {
            change(bytes);
        }
    }

    fn disk(&self) -> SimulatedDisk {
        let disk = SimulatedDisk::new(2);
        for ((path, _), file) in self.written.files.iter().zip(&self.files) {
            if let Some(bytes) = file {
                disk.set_contents(Path::new(path), bytes.clone());
            }
        }
        disk
    }
}
