//! The journal in memory, for `--ephemeral` and tests: the same contract, except that nothing survives the process.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::{
    AppendError, BATCH_BYTES_MAX, BoxFuture, Chunk, Journal, Place, Position, ReadError, Sealed, Span, TrimError,
};

/// What [`Span::room`] says: memory is not preallocated, so only a number that is never the limit.
const ROOM: u64 = 1 << 40;

/// A journal that keeps its batches in memory until they are trimmed.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    log: Arc<Mutex<Log>>,
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Log {
    batches: VecDeque<Sealed>,
    end: Position,
    bytes: u64,
}

impl MemoryJournal {
    /// An empty log.
    pub fn new() -> MemoryJournal {
        MemoryJournal::default()
    }

    /// The same log as a restart would find it, for tests.
    pub fn reopen(&self) -> MemoryJournal {
        MemoryJournal { log: Arc::clone(&self.log), closed: AtomicBool::new(false) }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn start(&self) -> Position {
        self.batches.front().map_or(self.end, Sealed::at)
    }

    fn append(&mut self, batch: Sealed, closed: bool) -> Result<(), AppendError> {
        if closed {
            return Err(AppendError::closed());
        }
        batch.check_follows(self.end, BATCH_BYTES_MAX)?;
        self.end = batch.end();
        self.bytes += batch.bytes_len() as u64;
        self.batches.push_back(batch);
        Ok(())
    }

    /// The batch that holds the byte at `position`.
    fn find(&self, position: Position) -> Result<&Sealed, ReadError> {
        if position < self.start() {
            return Err(ReadError::Gone { start: self.start() });
        }
        let after = self.batches.partition_point(|batch| batch.end() <= position);
        self.batches.get(after).ok_or(ReadError::Beyond { end: self.end })
    }

    fn read(&self, from: Position) -> Result<Chunk, ReadError> {
        if from == self.end {
            return Ok(Chunk::new(Bytes::new(), from));
        }
        self.find(from)?.chunk(from).ok_or_else(no_record)
    }

    fn payload(&self, place: Place) -> Result<Bytes, ReadError> {
        self.find(place.position)?.payload(place).ok_or_else(no_record)
    }

    fn trim(&mut self, before: Position) {
        while let Some(batch) = self.batches.pop_front_if(|batch| batch.end() <= before) {
            self.bytes -= batch.bytes_len() as u64;
        }
    }
}

fn no_record() -> ReadError {
    ReadError::Io(io::Error::new(io::ErrorKind::InvalidInput, "no record begins there"))
}

impl Journal for MemoryJournal {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        ready(self.log().append(batch, self.closed.load(Ordering::Acquire)))
    }

    /// One batch at a time, without copying.
    fn read(&self, from: Position, _bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        ready(self.log().read(from))
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<Bytes>, ReadError>> {
        let log = self.log();
        ready(places.into_iter().map(|place| log.payload(place)).collect())
    }

    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>> {
        self.log().trim(before);
        ready(Ok(()))
    }

    fn span(&self) -> Span {
        let log = self.log();
        let oldest_segment_end = log.batches.front().filter(|_| log.batches.len() > 1).map(Sealed::end);
        Span { start: log.start(), end: log.end, oldest_segment_end, disk_bytes: log.bytes, room: ROOM }
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        self.closed.store(true, Ordering::Release);
        ready(Ok(()))
    }
}

fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, T> {
    Box::pin(std::future::ready(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Unit};

    #[test]
    fn trimming_frees_memory() {
        let journal = MemoryJournal::new();
        for _ in 0..10 {
            let mut batch = Batch::new(journal.span().end);
            batch.push(Unit::Ends, |to| to.resize(to.len() + 1000, 7));
            journal.log().append(batch.seal(), false).unwrap();
        }
        assert_eq!(journal.span().disk_bytes, 10_480);
        let before = Position(journal.span().end.0 - 1);
        journal.log().trim(before);
        assert_eq!(journal.span().disk_bytes, 1_048);
        assert_eq!(journal.log().batches.len(), 1);
    }
}
