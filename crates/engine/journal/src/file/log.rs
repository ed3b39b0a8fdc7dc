//! The writer's half of the log: puts batches into the active segment, and goes on to the next when it is full.
//!
//! No thread and no queue is involved, so that a test can drive it step by step.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::aligned::AlignedBuffer;
use super::segment::{Header, Segment};
use super::shared::Shared;
use crate::disk::{BLOCK_BYTES, Disk, Lock};
use crate::{AppendError, BATCH_BYTES_MAX, Position, Sealed};

/// Batches that are written with one sync hold at most this many bytes.
const GROUP_BYTES_MAX: usize = BATCH_BYTES_MAX;

/// The write buffer before it grows for the first time.
const BUFFER_BYTES_USUAL: usize = 64 << 10;

/// The one writer of a log.
#[derive(Debug)]
pub(super) struct Log {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    shared: Arc<Shared>,
    active: Arc<Segment>,
    /// Begins with what the log's last, unfinished block already holds: writes are whole blocks.
    buffer: AlignedBuffer,
    end: Position,
    _lock: Box<dyn Lock>,
}

/// What an append has done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appended {
    /// How many batches are durable now.
    pub(super) batches: usize,
    /// Whether it took a spare.
    pub(super) rolled: bool,
}

impl Log {
    /// `last_block`: what the block in which the log ends holds before that end.
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        directory: PathBuf,
        shared: Arc<Shared>,
        last_block: &[u8],
        lock: Box<dyn Lock>,
    ) -> Log {
        let mut buffer = AlignedBuffer::new(BUFFER_BYTES_USUAL);
        buffer.as_mut_slice()[..last_block.len()].copy_from_slice(last_block);
        let (active, end) = (shared.active(), shared.end());
        Log { disk, directory, shared, active, buffer, end, _lock: lock }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Makes the first of these batches durable, and as many of the following as fit, with one sync. They
    /// follow one another from the end of the log on.
    pub(super) fn append<'a>(
        &mut self,
        batches: impl Iterator<Item = &'a Sealed> + Clone,
    ) -> Result<Appended, AppendError> {
        if let Some(error) = self.shared.poisoned() {
            return Err(error);
        }
        let first = batches.clone().next().expect("there is something to append");
        let rolled = first.end() > self.active.end_max();
        if rolled {
            self.roll()?;
        }
        let (count, end) = self.group(batches.clone());
        let offset = self.active.offset(self.end);
        let kept = offset as usize % BLOCK_BYTES;
        let filled = kept + (end.0 - self.end.0) as usize;
        let blocks = filled.next_multiple_of(BLOCK_BYTES);
        self.buffer.grow(blocks, kept);
        let buffer = &mut self.buffer.as_mut_slice()[..blocks];
        for batch in batches.take(count) {
            let place = kept + (batch.at().0 - self.end.0) as usize;
            batch.encode(self.end, self.shared.salt, &mut buffer[place..place + batch.bytes_len()]);
        }
        buffer[filled..].fill(0);
        let begun = Instant::now();
        let written = self.active.file.write_through(buffer, offset - kept as u64);
        written.map_err(|error| AppendError::Unknown(self.shared.poison(error)))?;
        self.shared.count_sync(begun.elapsed());
        buffer.copy_within(filled - filled % BLOCK_BYTES..filled, 0);
        self.end = end;
        self.shared.set_end(end);
        Ok(Appended { batches: count, rolled })
    }

    /// How many of the batches are written together, and where the log ends then.
    fn group<'a>(&self, batches: impl Iterator<Item = &'a Sealed>) -> (usize, Position) {
        let (mut count, mut end) = (0, self.end);
        for batch in batches {
            let bytes = batch.end().0 - self.end.0;
            if bytes > GROUP_BYTES_MAX as u64 || batch.end() > self.active.end_max() {
                break;
            }
            assert_eq!(batch.at(), end, "batches follow one another");
            (count, end) = (count + 1, batch.end());
        }
        (count, end)
    }

    /// Goes on to the next segment. Everything in the one before is durable, so only the last can ever be torn.
    fn roll(&mut self) -> Result<(), AppendError> {
        let spare = self.shared.reserve.take().map_err(AppendError::NotAppended)?;
        let last = self.active.header;
        let length = self.shared.reserve.segment_bytes();
        let header = Header { number: last.number + 1, base: self.end, log: last.log, length };
        let segment = Segment::activate(&*self.disk, &self.directory, spare, header);
        let segment = segment.map_err(|error| AppendError::Unknown(self.shared.poison(error)))?;
        self.active = Arc::new(segment);
        self.shared.push(Arc::clone(&self.active));
        Ok(())
    }

    /// Marks everything as durable, so that the next start can tell a damaged tail from a torn one, and lets go of the
    /// lock.
    pub(super) fn close(self) -> std::io::Result<()> {
        if self.shared.poisoned().is_some() {
            return Ok(());
        }
        let block = self.active.header.encode(Some(self.end));
        self.active.file.write_through(block.as_slice(), 0)
    }
}
