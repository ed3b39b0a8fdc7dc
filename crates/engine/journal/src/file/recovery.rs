//! Opens a log after whatever happened to it: finds its end, cuts off what a crash tore, refuses what is damaged.
//!
//! A record that does not read back is either *torn* (its batch was never durable, hence never acknowledged) or
//! *damaged* (it was). Unsynced writes reach the disk in any order, so a good batch behind a bad one proves nothing by
//! itself. But every batch carries the position up to which the log was durable when it was written, and so does the
//! mark of an orderly close. A bad place before the highest such position is damage and stops the start; behind it, it
//! is the torn tail. Only the last segment can have one: a segment is durable before the next one gets its name.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::log::Log;
use super::reserve::Reserve;
use super::segment::{HEADER_BYTES, Header, HeaderError, LogId, Name, Segment, Spare, VERSION};
use super::shared::Shared;
use super::{OpenError, Options};
use crate::disk::{BLOCK_BYTES, Disk, DiskFile, LockError};
use crate::frame::{self, BATCH_FRAME_BYTES, Flawed, Kind};
use crate::{Corruption, Flaw, Position};

const LOCK_FILE: &str = "lock";

/// Opens the log in a directory, creating it if there is none.
pub(super) fn open(options: &Options) -> Result<Log, OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    let failed = |error| OpenError::io(directory, error);
    disk.create_directory(directory).map_err(failed)?;
    let path = directory.join(LOCK_FILE);
    let lock = disk.lock(&path).map_err(|error| match error {
        LockError::Held(pid) => OpenError::Locked { path: path.clone(), pid },
        LockError::Io(error) => OpenError::io(&path, error),
    })?;
    let files = Files::list(&**disk, directory).map_err(failed)?;
    let segment_bytes = options.segment_bytes_whole();
    let ready = files.spares(&**disk, directory, segment_bytes).map_err(failed)?;
    let reserve = Reserve::new(Arc::clone(disk), directory.clone(), segment_bytes, ready, files.number_max);
    let mut segments = VecDeque::new();
    for &number in &files.segments {
        let segment = open_segment(&**disk, directory, number)?;
        check_follows(segments.back().map(|before: &Arc<Segment>| &**before), &segment)?;
        segments.push_back(Arc::new(segment));
    }
    if segments.is_empty() {
        segments.push_back(Arc::new(create_first(&**disk, directory, &reserve).map_err(failed)?));
    }
    let last = segments.back().expect("there is one by now");
    let tail = recover_tail(last)?;
    // The names may be no more durable than the data was: the process that gave them may not have got to its sync.
    disk.sync_directory(directory).map_err(failed)?;
    let shared = Arc::new(Shared::new(reserve, segments, tail.end));
    Ok(Log::new(Arc::clone(disk), directory.clone(), shared, &tail.last_block, lock))
}

/// The journal's files in a directory.
struct Files {
    segments: Vec<u64>,
    spares: Vec<u64>,
    unfinished: Vec<u64>,
    number_max: u64,
}

impl Files {
    fn list(disk: &dyn Disk, directory: &Path) -> io::Result<Files> {
        let mut files = Files { segments: Vec::new(), spares: Vec::new(), unfinished: Vec::new(), number_max: 0 };
        for name in disk.list(directory)?.iter().filter_map(|name| Name::parse(name)) {
            match name {
                Name::Segment(number) => files.segments.push(number),
                Name::Spare(number) => files.spares.push(number),
                Name::Unfinished(number) => files.unfinished.push(number),
            }
        }
        files.segments.sort_unstable();
        files.number_max = files.spares.iter().chain(&files.unfinished).copied().max().unwrap_or(0);
        Ok(files)
    }

    /// Opens the spares that can be used, and removes what cannot.
    fn spares(&self, disk: &dyn Disk, directory: &Path, segment_bytes: u64) -> io::Result<Vec<Spare>> {
        for &number in &self.unfinished {
            disk.remove(&directory.join(Name::Unfinished(number).file()))?;
        }
        let mut spares = Vec::new();
        for &number in &self.spares {
            let path = directory.join(Name::Spare(number).file());
            let file = disk.open(&path)?;
            if file.length()? == segment_bytes {
                spares.push(Spare { path, file });
            } else {
                disk.remove(&path)?;
            }
        }
        Ok(spares)
    }
}

fn open_segment(disk: &dyn Disk, directory: &Path, number: u64) -> Result<Segment, OpenError> {
    let path = directory.join(Name::Segment(number).file());
    let failed = |error| OpenError::io(&path, error);
    let file = disk.open(&path).map_err(failed)?;
    let length = file.length().map_err(failed)?;
    if length < HEADER_BYTES {
        return Err(OpenError::Foreign { file: path });
    }
    let mut block = vec![0; BLOCK_BYTES];
    file.read_at(&mut block, 0).map_err(failed)?;
    let header = Header::decode(&block).map_err(|error| match error {
        HeaderError::Foreign => OpenError::Foreign { file: path.clone() },
        HeaderError::Newer(found) => OpenError::NewerVersion { file: path.clone(), found, supported: VERSION },
        HeaderError::Flawed(flaw) => damaged_header(&path, Position(0), flaw),
    })?;
    if header.number != number {
        return Err(damaged_header(&path, header.base, Flaw::Header));
    }
    if header.length != length {
        return Err(damaged_header(&path, header.base, Flaw::FileLength { expected: header.length }));
    }
    Ok(Segment { header, path, file })
}

fn check_follows(before: Option<&Segment>, segment: &Segment) -> Result<(), OpenError> {
    let Some(before) = before else { return Ok(()) };
    let (header, expected) = (&segment.header, before.header.number + 1);
    if header.log != before.header.log {
        return Err(OpenError::Foreign { file: segment.path.clone() });
    }
    if header.number != expected {
        return Err(damaged_header(&segment.path, header.base, Flaw::MissingSegment { expected }));
    }
    if header.base <= before.header.base || header.base > before.end_max() {
        return Err(damaged_header(&segment.path, header.base, Flaw::Base));
    }
    Ok(())
}

fn damaged_header(path: &Path, position: Position, flaw: Flaw) -> OpenError {
    OpenError::Corrupt(Corruption { file: path.to_owned(), offset: 0, position, records_before: 0, flaw })
}

fn create_first(disk: &dyn Disk, directory: &Path, reserve: &Reserve) -> io::Result<Segment> {
    let log = LogId(disk.random()?);
    let spare = reserve.take()?;
    let header = Header { number: 1, base: Position(0), log, length: reserve.segment_bytes() };
    Segment::activate(disk, directory, spare, header)
}

struct Tail {
    end: Position,
    /// What the block in which the log ends holds before that end.
    last_block: Vec<u8>,
}

/// Finds the end of the log in its last segment, and makes everything before it durable.
fn recover_tail(segment: &Segment) -> Result<Tail, OpenError> {
    let failed = |error| OpenError::io(&segment.path, error);
    let mut bytes = vec![0; usize::try_from(segment.header.length).expect("a segment fits in memory")];
    segment.file.read_at(&mut bytes, 0).map_err(failed)?;
    let scan = scan(segment, &bytes);
    let end_offset = segment.offset(scan.end);
    if scan.proof > scan.end {
        let offset = end_offset + scan.flawed.offset as u64;
        let position = Position(scan.end.0 + scan.flawed.offset as u64);
        let records_before = scan.records + scan.flawed.records;
        let (file, flaw) = (segment.path.clone(), scan.flawed.flaw);
        return Err(OpenError::Corrupt(Corruption { file, offset, position, records_before, flaw }));
    }
    settle(&*segment.file, &mut bytes, segment.offset(scan.proof), end_offset, scan.batches_behind).map_err(failed)?;
    if scan.batches_behind {
        tracing::warn!(file = %segment.path.display(), offset = end_offset, "a torn tail was cut off");
    }
    let block_start = end_offset - end_offset % BLOCK_BYTES as u64;
    let last_block = bytes[block_start as usize..end_offset as usize].to_vec();
    Ok(Tail { end: scan.end, last_block })
}

struct Scan {
    /// Behind the last good batch.
    end: Position,
    /// Good records before the end.
    records: u64,
    /// What is wrong with what follows.
    flawed: Flawed,
    /// Everything before this has been durable once.
    proof: Position,
    /// Whether headers of batches lie behind the end.
    batches_behind: bool,
}

fn scan(segment: &Segment, bytes: &[u8]) -> Scan {
    let (base, salt) = (segment.header.base, segment.header.log.salt());
    let mut proof = segment.header.mark(bytes).unwrap_or(base).max(base);
    let (mut end, mut records) = (base, 0);
    let flawed = loop {
        match frame::check_batch(&bytes[segment.offset(end) as usize..], end, salt) {
            Ok(batch) => {
                proof = proof.max(batch.header.durable);
                records += batch.records;
                end = Position(end.0 + u64::from(batch.header.length));
            }
            Err(flawed) => break flawed,
        }
    };
    let mut batches_behind = false;
    let behind = segment.offset(end) as usize;
    for (index, window) in bytes[behind..].windows(BATCH_FRAME_BYTES).enumerate() {
        // The cheap half of the check first: this looks at every byte.
        if window[7] != Kind::Batch as u8 {
            continue;
        }
        if let Ok(header) = frame::check_batch_header(window, Position(end.0 + index as u64), salt) {
            proof = proof.max(header.durable);
            batches_behind = true;
        }
    }
    Scan { end, records, flawed, proof, batches_behind }
}

/// Makes what was found the truth on disk as well.
///
/// What is not proven to be durable may only be in the page cache, where a failed sync has marked it clean: it is
/// written again. Batches behind the end are overwritten with zeros, so that they cannot be taken for part of a later
/// log.
fn settle(file: &dyn DiskFile, bytes: &mut [u8], proof: u64, end: u64, batches_behind: bool) -> io::Result<()> {
    if batches_behind {
        bytes[end as usize..].fill(0);
    }
    let rewritten = if batches_behind { &bytes[proof as usize..] } else { &bytes[proof as usize..end as usize] };
    if !rewritten.is_empty() {
        file.write_at(rewritten, proof)?;
    }
    file.sync()
}

impl OpenError {
    fn io(path: &Path, source: io::Error) -> OpenError {
        let path = PathBuf::from(path);
        match source.kind() {
            io::ErrorKind::PermissionDenied => OpenError::NotPermitted { path },
            io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::NoSpace { path },
            _ => OpenError::Io { path, source },
        }
    }
}
