//! How records and batches lie in bytes; `docs/formats/journal.md` describes the same, byte by byte.

use crate::batch::Position;

/// Bytes before a record's payload.
pub(crate) const FRAME_BYTES: usize = 16;
/// Bytes of the frame that opens a batch.
pub(crate) const BATCH_FRAME_BYTES: usize = 32;
/// A frame's length has 24 bits.
pub(crate) const LENGTH_MAX: u32 = (1 << 24) - 1;

/// What a frame is. Zero is none of them, so that zeros are never a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Opens a batch.
    Batch = 1,
    /// A record; the next one belongs to the same unit.
    Continues = 2,
    /// A record that ends its unit.
    Ends = 3,
}

/// The first bytes of every frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) checksum: u32,
    pub(crate) kind: Kind,
    /// Bytes of what follows the header.
    pub(crate) length: u32,
    pub(crate) position: Position,
}

/// What is wrong with a place in the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Zeros or old bytes where a record should begin.
    #[error("no record begins here")]
    NoRecord,
    /// The position stored in the record is another one.
    #[error("the record says it lies at position {found}")]
    Misplaced {
        /// The position stored in the record.
        found: Position,
    },
    /// A length that does not fit in its batch or file, or is not the one asked for.
    #[error("its length of {found} bytes is impossible")]
    Length {
        /// The length stored in the record.
        found: u32,
    },
    /// The bytes are not those that were written.
    #[error("checksum mismatch")]
    Checksum,
    /// The records are not those the batch was sealed with, or its last unit is open.
    #[error("its records do not make up the batch")]
    Batch,
    /// The header of a segment file cannot be read.
    #[error("the segment header is damaged")]
    Header,
    /// The file is not as long as its header says.
    #[error("the file should be {expected} bytes long")]
    FileLength {
        /// The length stored in the header.
        expected: u64,
    },
    /// The segments before and after do not meet here.
    #[error("the segment before it (number {expected}) is missing")]
    MissingSegment {
        /// The number of the missing segment.
        expected: u64,
    },
    /// The segment does not begin where the one before it can have ended.
    #[error("it does not begin where the segment before it ends")]
    Base,
}

/// Reads a header. `None`: no frame begins here.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    let word = u32_at(bytes, 4)?;
    let kind = match word >> 24 {
        1 => Kind::Batch,
        2 => Kind::Continues,
        3 => Kind::Ends,
        _ => return None,
    };
    let position = Position(u64_at(bytes, 8)?);
    Some(Header { checksum: u32_at(bytes, 0)?, kind, length: word & LENGTH_MAX, position })
}

/// Writes the header of a finished record, its checksum included. `frame` is header and payload.
pub(crate) fn seal_record(frame: &mut [u8], kind: Kind, position: Position) -> u32 {
    put_header(frame, kind, position);
    let checksum = crc32c::crc32c(&frame[4..]);
    frame[..4].copy_from_slice(&checksum.to_le_bytes());
    checksum
}

/// What the frame that opens a batch says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchHeader {
    /// Bytes of the batch, this frame included.
    pub(crate) length: u32,
    /// CRC-32C over the checksums of its records: binds exactly these records to this batch.
    pub(crate) digest: u32,
    /// Everything before this was durable when the batch was written.
    pub(crate) durable: Position,
}

/// Writes the frame that opens a batch. The salt is the log's own, so that no payload can pass for a batch.
pub(crate) fn seal_batch(frame: &mut [u8], position: Position, batch: BatchHeader, salt: u32) {
    let frame = &mut frame[..BATCH_FRAME_BYTES];
    put_header(frame, Kind::Batch, position);
    frame[16..20].copy_from_slice(&batch.length.to_le_bytes());
    frame[20..24].copy_from_slice(&batch.digest.to_le_bytes());
    frame[24..32].copy_from_slice(&batch.durable.0.to_le_bytes());
    let checksum = crc32c::crc32c_append(salt, &frame[4..]);
    frame[..4].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads and checks the frame that opens the batch at `position`.
pub(crate) fn check_batch_header(bytes: &[u8], position: Position, salt: u32) -> Result<BatchHeader, Flaw> {
    let header = header(bytes).filter(|header| header.kind == Kind::Batch).ok_or(Flaw::NoRecord)?;
    if header.position != position {
        return Err(Flaw::Misplaced { found: header.position });
    }
    let frame = bytes.get(..BATCH_FRAME_BYTES).ok_or(Flaw::NoRecord)?;
    if header.length as usize != BATCH_FRAME_BYTES - FRAME_BYTES {
        return Err(Flaw::Length { found: header.length });
    }
    if header.checksum != crc32c::crc32c_append(salt, &frame[4..]) {
        return Err(Flaw::Checksum);
    }
    let number = |at| u32_at(frame, at).expect("the frame is whole");
    let durable = Position(u64_at(frame, 24).expect("the frame is whole"));
    Ok(BatchHeader { length: number(16), digest: number(20), durable })
}

/// Checks the record at `position`. `bytes` may go on behind it; the caller has seen that it is long enough.
pub(crate) fn check_record(bytes: &[u8], header: &Header, position: Position) -> Result<(), Flaw> {
    if header.position != position {
        return Err(Flaw::Misplaced { found: header.position });
    }
    let frame = bytes.get(..FRAME_BYTES + header.length as usize).ok_or(Flaw::Length { found: header.length })?;
    if header.checksum != crc32c::crc32c(&frame[4..]) {
        return Err(Flaw::Checksum);
    }
    Ok(())
}

/// A whole batch that was found to be as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckedBatch {
    pub(crate) header: BatchHeader,
    pub(crate) records: u64,
}

/// A flaw, and how many bytes and records before it are good.
#[derive(Clone, Debug)]
pub(crate) struct Flawed {
    pub(crate) offset: usize,
    pub(crate) records: u64,
    pub(crate) flaw: Flaw,
}

/// Checks the batch at the start of `bytes`, every record of it and that they are the ones it was sealed with.
pub(crate) fn check_batch(bytes: &[u8], position: Position, salt: u32) -> Result<CheckedBatch, Flawed> {
    let flawed = |offset, records, flaw| Flawed { offset, records, flaw };
    let header = check_batch_header(bytes, position, salt).map_err(|flaw| flawed(0, 0, flaw))?;
    let batch = bytes.get(..header.length as usize);
    let batch = batch.ok_or_else(|| flawed(0, 0, Flaw::Length { found: header.length }))?;
    let (mut offset, mut records, mut digest, mut last) = (BATCH_FRAME_BYTES, 0, 0, Kind::Batch);
    while offset < batch.len() {
        let at = Position(position.0 + offset as u64);
        let record = self::header(&batch[offset..]).filter(|record| record.kind != Kind::Batch);
        let record = record.ok_or_else(|| flawed(offset, records, Flaw::NoRecord))?;
        check_record(&batch[offset..], &record, at).map_err(|flaw| flawed(offset, records, flaw))?;
        digest = crc32c::crc32c_append(digest, &record.checksum.to_le_bytes());
        offset += FRAME_BYTES + record.length as usize;
        records += 1;
        last = record.kind;
    }
    if digest != header.digest || last != Kind::Ends {
        return Err(flawed(0, 0, Flaw::Batch));
    }
    Ok(CheckedBatch { header, records })
}

fn put_header(frame: &mut [u8], kind: Kind, position: Position) {
    let length = u32::try_from(frame.len() - FRAME_BYTES).expect("a record is smaller than its maximum");
    debug_assert!(length <= LENGTH_MAX);
    frame[4..8].copy_from_slice(&(length | (kind as u32) << 24).to_le_bytes());
    frame[8..16].copy_from_slice(&position.0.to_le_bytes());
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
