//! For fuzz targets: a log that is opened, read and appended to in the calling thread.
//!
//! A [`FileJournal`](crate::FileJournal) starts six threads: more work than all that a target does with it, and what
//! an input reaches would be left to chance.

use bytes::Bytes;

use super::log::Log;
use super::{OpenError, Options, reader, recovery};
use crate::{AppendError, Place, Position, ReadError, Sealed};

/// How much is read at a time: less than a record now and then, so that both ways of reading are taken.
const READ_BYTES: usize = 4096;

/// An open log. Dropping it is what a kill does: nothing is marked as durable.
#[derive(Debug)]
pub struct OpenLog(Log);

impl OpenLog {
    /// Recovers the log as [`FileJournal::open`](crate::FileJournal::open) does.
    pub fn open(options: &Options) -> Result<OpenLog, OpenError> {
        recovery::open(options).map(OpenLog)
    }

    /// Where the log ends.
    pub fn end(&self) -> Position {
        self.0.shared().end()
    }

    /// Every record, from the first that is kept.
    pub fn records(&self) -> Result<Vec<(Place, Bytes)>, ReadError> {
        let mut from = self.0.shared().span(self.end()).start;
        let mut records = Vec::new();
        loop {
            let chunk = reader::read(self.0.shared(), from, READ_BYTES)?;
            if chunk.is_empty() {
                return Ok(records);
            }
            records.extend(chunk.records());
            from = chunk.next;
        }
    }

    /// Makes batches durable, which follow one another from the log's end on, with one sync where they fit.
    pub fn append(&mut self, mut batches: &[Sealed]) -> Result<(), AppendError> {
        while !batches.is_empty() {
            let appended = self.0.append(batches.iter())?;
            batches = &batches[appended.batches..];
        }
        Ok(())
    }

    /// Ends the log in order.
    pub fn close(self) -> std::io::Result<()> {
        self.0.close()
    }
}
