//! One segment file: its name, its header, and where positions lie in it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::aligned::AlignedBuffer;
use crate::disk::{BLOCK_BYTES, Disk, DiskFile};
use crate::frame::{u32_at, u64_at};
use crate::{Flaw, Position};

/// Bytes before a segment's first batch.
pub(super) const HEADER_BYTES: u64 = BLOCK_BYTES as u64;
/// The format this code writes, and the newest it reads.
pub(super) const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"bongsu\0J";
const CHECKED_BYTES: usize = 64;
const MARK_OFFSET: usize = 512;
const MARK_BYTES: usize = 16;
const NAME_SUFFIX: &str = ".segment";
const SPARE_SUFFIX: &str = ".spare";
const UNFINISHED_SUFFIX: &str = ".unfinished";

/// What a file in the journal's directory is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Segment(u64),
    Spare(u64),
    /// A spare that was still being filled with zeros.
    Unfinished(u64),
}

impl Name {
    pub(super) fn file(self) -> String {
        match self {
            Name::Segment(number) => format!("{number:020}{NAME_SUFFIX}"),
            Name::Spare(number) => format!("{number:020}{SPARE_SUFFIX}"),
            Name::Unfinished(number) => format!("{number:020}{UNFINISHED_SUFFIX}"),
        }
    }

    /// `None`: not one of the journal's files.
    pub(super) fn parse(name: &str) -> Option<Name> {
        let (digits, suffix) = name.split_at_checked(20)?;
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
        match suffix {
            NAME_SUFFIX => Some(Name::Segment(number)),
            SPARE_SUFFIX => Some(Name::Spare(number)),
            UNFINISHED_SUFFIX => Some(Name::Unfinished(number)),
            _ => None,
        }
    }
}

/// Tells one log's bytes from another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogId(pub(super) [u8; 16]);

impl LogId {
    /// What the checksums of batches begin with.
    pub(super) fn salt(self) -> u32 {
        crc32c::crc32c(&self.0)
    }
}

/// The first block of a segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    /// The position of the segment's first batch.
    pub(super) base: Position,
    pub(super) log: LogId,
    /// Bytes of the whole file.
    pub(super) length: u64,
}

/// Why a header cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    Foreign,
    Newer(u32),
    Flawed(Flaw),
}

impl Header {
    /// The whole block. The mark says up to where the log is known to be durable.
    pub(super) fn encode(&self, mark: Option<Position>) -> AlignedBuffer {
        let mut buffer = AlignedBuffer::new(BLOCK_BYTES);
        let block = buffer.as_mut_slice();
        block[0..8].copy_from_slice(&MAGIC);
        block[8..12].copy_from_slice(&VERSION.to_le_bytes());
        block[16..24].copy_from_slice(&self.number.to_le_bytes());
        block[24..32].copy_from_slice(&self.base.0.to_le_bytes());
        block[32..48].copy_from_slice(&self.log.0);
        block[48..56].copy_from_slice(&self.length.to_le_bytes());
        let checksum = crc32c::crc32c(&block[..CHECKED_BYTES]);
        block[CHECKED_BYTES..CHECKED_BYTES + 4].copy_from_slice(&checksum.to_le_bytes());
        if let Some(mark) = mark {
            let place = &mut block[MARK_OFFSET..MARK_OFFSET + MARK_BYTES];
            place[..8].copy_from_slice(&mark.0.to_le_bytes());
            place[8..12].copy_from_slice(&self.mark_checksum(mark).to_le_bytes());
        }
        buffer
    }

    pub(super) fn decode(block: &[u8]) -> Result<Header, HeaderError> {
        if block.get(..8) != Some(&MAGIC[..]) {
            return Err(HeaderError::Foreign);
        }
        let version = u32_at(block, 8).unwrap_or(0);
        if version > VERSION {
            return Err(HeaderError::Newer(version));
        }
        let damaged = || HeaderError::Flawed(Flaw::Header);
        let checked = block.get(..CHECKED_BYTES).ok_or_else(damaged)?;
        if version != VERSION || u32_at(block, CHECKED_BYTES) != Some(crc32c::crc32c(checked)) {
            return Err(damaged());
        }
        let number = |at| u64_at(checked, at).ok_or_else(damaged);
        let log = LogId(checked[32..48].try_into().map_err(|_| damaged())?);
        Ok(Header { number: number(16)?, base: Position(number(24)?), log, length: number(48)? })
    }

    /// The mark, if there is one that belongs to this segment.
    pub(super) fn mark(&self, block: &[u8]) -> Option<Position> {
        let mark = Position(u64_at(block, MARK_OFFSET)?);
        (u32_at(block, MARK_OFFSET + 8)? == self.mark_checksum(mark)).then_some(mark)
    }

    fn mark_checksum(&self, mark: Position) -> u32 {
        let number = crc32c::crc32c_append(self.log.salt(), &self.number.to_le_bytes());
        crc32c::crc32c_append(number, &mark.0.to_le_bytes())
    }
}

/// A segment that is part of the log.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) header: Header,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
}

impl Segment {
    /// Makes a spare file the log's next segment. Durable when it returns: until then the file keeps its old name.
    pub(super) fn activate(disk: &dyn Disk, directory: &Path, spare: Spare, header: Header) -> io::Result<Segment> {
        spare.file.write_through(header.encode(None).as_slice(), 0)?;
        let path = directory.join(Name::Segment(header.number).file());
        disk.rename(&spare.path, &path)?;
        disk.sync_directory(directory)?;
        Ok(Segment { header, path, file: spare.file })
    }

    /// Where the log ends at most while this is its last segment.
    pub(super) fn end_max(&self) -> Position {
        Position(self.header.base.0 + self.header.length - HEADER_BYTES)
    }

    /// The byte of the file at which a position lies.
    pub(super) fn offset(&self, position: Position) -> u64 {
        HEADER_BYTES + (position.0 - self.header.base.0)
    }
}

/// A file of full length that waits to become a segment.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { number: 7, base: Position(9000), log: LogId([3; 16]), length: 65_536 };

    #[test]
    fn a_header_survives_encoding() {
        let block = HEADER.encode(None);
        assert_eq!(Header::decode(block.as_slice()), Ok(HEADER));
        assert_eq!(HEADER.mark(block.as_slice()), None);
        assert_eq!(HEADER.mark(HEADER.encode(Some(Position(9999))).as_slice()), Some(Position(9999)));
    }

    #[test]
    fn every_changed_bit_of_a_header_is_noticed() {
        for bit in 0..(CHECKED_BYTES + 4) * 8 {
            let mut block = HEADER.encode(None);
            block.as_mut_slice()[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(block.as_slice()).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn names_of_other_files_are_not_taken_for_segments() {
        for name in [Name::Segment(1), Name::Spare(u64::MAX), Name::Unfinished(0)] {
            assert_eq!(Name::parse(&name.file()), Some(name));
        }
        for name in ["lock", "1.segment", "0000000000000000000é.segment", "+0000000000000000001.segment", ""] {
            assert_eq!(Name::parse(name), None);
        }
    }
}
