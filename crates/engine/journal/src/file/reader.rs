//! Reads records back, and believes nothing that its checksum and position do not confirm.

use bytes::Bytes;

use super::segment::Segment;
use super::shared::Shared;
use crate::frame::{self, BATCH_FRAME_BYTES, FRAME_BYTES, Kind};
use crate::{Chunk, Corruption, Flaw, Place, Position, ReadError};

/// A read takes at least this many bytes from the file, if there are as many.
const READ_BYTES_MIN: usize = 4 << 10;
/// A read takes at most this many bytes from the file, unless one record is larger.
const READ_BYTES_MAX: usize = 8 << 20;

/// Whole records from `from` on; see [`crate::Journal::read`].
pub(super) fn read(shared: &Shared, from: Position, bytes_max: usize) -> Result<Chunk, ReadError> {
    let Some((segment, end)) = shared.locate(from)? else { return Ok(Chunk::new(Bytes::new(), from)) };
    let available = usize::try_from(end.0 - from.0).expect("a segment fits in memory");
    let mut length = bytes_max.clamp(READ_BYTES_MIN, READ_BYTES_MAX).min(available);
    loop {
        let mut bytes = vec![0; length];
        segment.file.read_at(&mut bytes, segment.offset(from))?;
        let walked = walk(&bytes, from, shared.salt);
        let flaw = match walked.stop {
            Stop::Flaw(flaw) => flaw,
            Stop::Needs(needed) if walked.good + needed > available => Flaw::Length { found: needed as u32 },
            Stop::Needs(needed) if walked.records == 0 => {
                length = walked.good + needed;
                continue;
            }
            Stop::End | Stop::Needs(_) => {
                let next = Position(from.0 + walked.good as u64);
                return Ok(Chunk::new(Bytes::from(bytes).slice(..walked.good), next));
            }
        };
        return Err(damaged(shared, &segment, Position(from.0 + walked.good as u64), walked.records, flaw));
    }
}

/// The payload of one record; see [`crate::Journal::payloads`].
pub(super) fn payload(shared: &Shared, place: Place) -> Result<Bytes, ReadError> {
    let at = place.position;
    let located = shared.locate(at)?;
    let (segment, end) = located.ok_or_else(|| ReadError::Beyond { end: shared.end() })?;
    let length = FRAME_BYTES + place.length as usize;
    if length as u64 > end.0 - at.0 {
        return Err(damaged(shared, &segment, at, 0, Flaw::Length { found: place.length }));
    }
    let mut bytes = vec![0; length];
    segment.file.read_at(&mut bytes, segment.offset(at))?;
    match check_payload(&bytes, place) {
        Ok(()) => Ok(Bytes::from(bytes).slice(FRAME_BYTES..)),
        Err(flaw) => Err(damaged(shared, &segment, at, 0, flaw)),
    }
}

fn check_payload(bytes: &[u8], place: Place) -> Result<(), Flaw> {
    let header = frame::header(bytes).filter(|header| header.kind != Kind::Batch).ok_or(Flaw::NoRecord)?;
    if header.length != place.length {
        return Err(Flaw::Length { found: header.length });
    }
    frame::check_record(bytes, &header, place.position)
}

struct Walked {
    /// Bytes of whole, good frames.
    good: usize,
    records: u64,
    stop: Stop,
}

enum Stop {
    /// At the end of the bytes.
    End,
    /// The next frame needs this many bytes.
    Needs(usize),
    Flaw(Flaw),
}

fn walk(bytes: &[u8], from: Position, salt: u32) -> Walked {
    let (mut good, mut records) = (0, 0);
    let stop = loop {
        let rest = &bytes[good..];
        if rest.is_empty() {
            break Stop::End;
        }
        if rest.len() < FRAME_BYTES {
            break Stop::Needs(FRAME_BYTES);
        }
        let at = Position(from.0 + good as u64);
        let Some(header) = frame::header(rest) else { break Stop::Flaw(Flaw::NoRecord) };
        let length = FRAME_BYTES + header.length as usize;
        if length > rest.len() {
            break Stop::Needs(length);
        }
        let checked = match header.kind {
            Kind::Batch => frame::check_batch_header(rest, at, salt).map(|_| BATCH_FRAME_BYTES),
            Kind::Continues | Kind::Ends => frame::check_record(rest, &header, at).map(|()| length),
        };
        match checked {
            Ok(length) => good += length,
            Err(flaw) => break Stop::Flaw(flaw),
        }
        records += u64::from(header.kind != Kind::Batch);
    };
    Walked { good, records, stop }
}

/// A bad record in a segment that was trimmed meanwhile, and perhaps written again, is merely gone.
fn damaged(shared: &Shared, segment: &Segment, position: Position, records_before: u64, flaw: Flaw) -> ReadError {
    if let Err(gone @ ReadError::Gone { .. }) = shared.locate(position) {
        return gone;
    }
    let (file, offset) = (segment.path.clone(), segment.offset(position));
    ReadError::Corrupt(Corruption { file, offset, position, records_before, flaw })
}
