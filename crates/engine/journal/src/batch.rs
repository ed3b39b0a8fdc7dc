//! What goes into the log and comes out of it: positions, places, batches and chunks of records.

use std::fmt;

use bytes::Bytes;

use crate::AppendError;
use crate::frame::{self, BATCH_FRAME_BYTES, BatchHeader, FRAME_BYTES, Kind};

/// The largest batch an engine accepts, framing included. A larger one is not appended.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// The largest payload of one record: it must fit in a batch.
pub const RECORD_BYTES_MAX: usize = BATCH_BYTES_MAX - BATCH_FRAME_BYTES - FRAME_BYTES;

/// Room for a batch of which nothing is known before its buffer grows for the first time.
const BATCH_BYTES_USUAL: usize = 4 << 10;
/// Most room that is made for a batch because the one before it needed as much.
const ROOM_BYTES_MAX: usize = 256 << 10;

/// A byte offset in the log: contiguous over segments, only rises, never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where one record lies. Known before the append, because positions are contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Where the record's frame starts.
    pub position: Position,
    /// Bytes of its payload.
    pub length: u32,
}

/// Whether a unit, whose records survive a crash all or not at all, goes on after a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The next record belongs to the same unit.
    Continues,
    /// This record ends its unit.
    Ends,
}

/// Records to be appended together, encoded directly into one buffer.
#[derive(Debug)]
pub struct Batch {
    at: Position,
    bytes: Vec<u8>,
    records: usize,
    digest: u32,
    last: Unit,
}

impl Batch {
    /// A batch that begins at `at`: the end of the log, or of the batch queued before it.
    pub fn new(at: Position) -> Batch {
        Batch::with_room(at, BATCH_BYTES_USUAL)
    }

    /// The batch behind this one, with about as much room as this one took: under load one batch is like the other.
    pub fn next(&self) -> Batch {
        Batch::with_room(self.end(), self.bytes.len().clamp(BATCH_BYTES_USUAL, ROOM_BYTES_MAX))
    }

    fn with_room(at: Position, room: usize) -> Batch {
        let mut bytes = Vec::with_capacity(room);
        bytes.resize(BATCH_FRAME_BYTES, 0);
        Batch { at, bytes, records: 0, digest: 0, last: Unit::Ends }
    }

    /// Writes one record; `write` appends the payload to the buffer and leaves alone what is in it.
    ///
    /// # Panics
    /// If the payload is larger than [`RECORD_BYTES_MAX`].
    pub fn push(&mut self, unit: Unit, write: impl FnOnce(&mut Vec<u8>)) -> Place {
        let position = self.end();
        let start = self.bytes.len();
        self.bytes.resize(start + FRAME_BYTES, 0);
        write(&mut self.bytes);
        let length = self.bytes.len().checked_sub(start + FRAME_BYTES).expect("the payload was appended");
        assert!(length <= RECORD_BYTES_MAX, "a record of {length} bytes is larger than {RECORD_BYTES_MAX}");
        let kind = match unit {
            Unit::Continues => Kind::Continues,
            Unit::Ends => Kind::Ends,
        };
        let checksum = frame::seal_record(&mut self.bytes[start..], kind, position);
        self.digest = crc32c::crc32c_append(self.digest, &checksum.to_le_bytes());
        self.records += 1;
        self.last = unit;
        Place { position, length: length as u32 }
    }

    /// Whether nothing has been pushed.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Bytes of the batch so far, framing included. An engine refuses more than [`BATCH_BYTES_MAX`].
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// How many records have been pushed.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Where the log ends once this batch is appended.
    pub fn end(&self) -> Position {
        Position(self.at.0 + self.bytes.len() as u64)
    }

    /// Ends the batch.
    ///
    /// # Panics
    /// If the batch is empty, or its last unit was not ended.
    pub fn seal(mut self) -> Sealed {
        assert!(!self.is_empty(), "an empty batch is not appended");
        assert!(self.last == Unit::Ends, "a unit lies in one batch");
        let length = u32::try_from(self.bytes.len()).expect("a batch is smaller than 4 GiB");
        let header = BatchHeader { length, digest: self.digest, durable: Position(0) };
        // What is still missing, the durable position and the log's salt, the engine fills in when it writes.
        frame::seal_batch(&mut self.bytes, self.at, header, 0);
        // Sealed batches are kept in memory for readers, within a budget that counts bytes and not room to grow.
        self.bytes.shrink_to_fit();
        Sealed { at: self.at, bytes: self.bytes.into(), digest: self.digest }
    }
}

/// A batch that will not change any more. Clones share its bytes.
#[derive(Clone, Debug)]
pub struct Sealed {
    at: Position,
    bytes: Bytes,
    digest: u32,
}

impl Sealed {
    /// Where the batch begins.
    pub fn at(&self) -> Position {
        self.at
    }

    /// Where the log ends once this batch is appended.
    pub fn end(&self) -> Position {
        Position(self.at.0 + self.bytes.len() as u64)
    }

    /// Bytes of the batch, framing included.
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// The payload of one of its records, without copying. `None`: no such record begins there.
    pub fn payload(&self, place: Place) -> Option<Bytes> {
        let offset = usize::try_from(place.position.0.checked_sub(self.at.0)?).ok()?;
        let header = frame::header(self.bytes.get(offset..)?)?;
        if header.kind == Kind::Batch || header.position != place.position || header.length != place.length {
            return None;
        }
        let start = offset + FRAME_BYTES;
        let end = start + header.length as usize;
        (end <= self.bytes.len()).then(|| self.bytes.slice(start..end))
    }

    /// Its records in order.
    pub fn records(&self) -> Records {
        Records { bytes: self.bytes.clone(), offset: 0 }
    }

    /// Its records from `from` on; nothing if `from` is not a place between two of its frames.
    pub(crate) fn chunk(&self, from: Position) -> Option<Chunk> {
        let offset = usize::try_from(from.0.checked_sub(self.at.0)?).ok()?;
        let header = frame::header(self.bytes.get(offset..)?)?;
        (header.position == from).then(|| Chunk { bytes: self.bytes.slice(offset..), next: self.end() })
    }

    /// Whether a log that ends at `end` takes this batch: the rule all engines share.
    ///
    /// A batch that begins beyond the end was built upon one that was not appended, so it is not appended either; only
    /// one that begins before it shows that somebody else has written.
    pub(crate) fn check_follows(&self, end: Position, bytes_max: usize) -> Result<(), AppendError> {
        if self.at < end {
            return Err(AppendError::Fenced { end });
        }
        if self.at > end {
            return Err(AppendError::refused("the batch before this one was not appended"));
        }
        if self.bytes.len() > bytes_max {
            return Err(AppendError::refused("the batch is larger than a segment takes"));
        }
        Ok(())
    }

    /// The batch as it goes to disk.
    pub(crate) fn encode(&self, durable: Position, salt: u32, to: &mut [u8]) {
        to.copy_from_slice(&self.bytes);
        let header = BatchHeader { length: self.bytes.len() as u32, digest: self.digest, durable };
        frame::seal_batch(to, self.at, header, salt);
    }
}

/// Whole records read from the log.
#[derive(Clone, Debug)]
pub struct Chunk {
    bytes: Bytes,
    /// Where to read on.
    pub next: Position,
}

impl Chunk {
    /// A chunk of frames that have been checked.
    pub(crate) fn new(bytes: Bytes, next: Position) -> Chunk {
        Chunk { bytes, next }
    }

    /// Whether the end of the log was reached: there are no records.
    pub fn is_empty(&self) -> bool {
        self.records().next().is_none()
    }

    /// The records in order. Their payloads share the chunk's memory.
    pub fn records(&self) -> Records {
        Records { bytes: self.bytes.clone(), offset: 0 }
    }
}

/// The records of a batch or a chunk, in order.
#[derive(Clone, Debug)]
pub struct Records {
    bytes: Bytes,
    offset: usize,
}

impl Iterator for Records {
    type Item = (Place, Bytes);

    fn next(&mut self) -> Option<(Place, Bytes)> {
        loop {
            let header = frame::header(self.bytes.get(self.offset..)?)?;
            let start = self.offset + FRAME_BYTES;
            self.offset = start + header.length as usize;
            if header.kind != Kind::Batch {
                let place = Place { position: header.position, length: header.length };
                return Some((place, self.bytes.slice(start..self.offset)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_before_the_batch_is_sealed() {
        let mut batch = Batch::new(Position(1000));
        let first = batch.push(Unit::Continues, |to| to.extend_from_slice(b"hello"));
        let second = batch.push(Unit::Ends, |_| {});
        assert_eq!(first, Place { position: Position(1032), length: 5 });
        assert_eq!(second, Place { position: Position(1053), length: 0 });
        assert_eq!((batch.records(), batch.end(), batch.bytes_len()), (2, Position(1069), 69));
        let sealed = batch.seal();
        assert_eq!(sealed.payload(first).as_deref(), Some(&b"hello"[..]));
        assert_eq!(sealed.payload(second).as_deref(), Some(&b""[..]));
        let records: Vec<_> = sealed.records().collect();
        assert_eq!(records, [(first, Bytes::from_static(b"hello")), (second, Bytes::new())]);
    }

    #[test]
    fn a_place_that_is_not_in_the_batch_has_no_payload() {
        let mut batch = Batch::new(Position(1000));
        let place = batch.push(Unit::Ends, |to| to.extend_from_slice(&[2; 100]));
        let sealed = batch.seal();
        for position in 0..1300 {
            for length in [0, 16, 99, 101, u32::MAX] {
                assert_eq!(sealed.payload(Place { position: Position(position), length }), None);
            }
            let found = sealed.payload(Place { position: Position(position), length: 100 });
            assert_eq!(found.is_some(), Position(position) == place.position);
        }
    }

    #[test]
    #[should_panic(expected = "a unit lies in one batch")]
    fn a_unit_cannot_stay_open() {
        let mut batch = Batch::new(Position(0));
        batch.push(Unit::Continues, |_| {});
        batch.seal();
    }
}
