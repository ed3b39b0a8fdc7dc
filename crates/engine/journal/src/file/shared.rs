//! What the writer, the readers and the keeper of a log all look at: the segments, and how far they are durable.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::reserve::{RecycleError, Reserve};
use super::segment::{HEADER_BYTES, Segment};
use crate::{AppendError, BATCH_BYTES_MAX, Position, ReadError, SYNC_MICROS, Span, SyncMicros, TrimError};

/// The state of one open log.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) reserve: Reserve,
    pub(super) salt: u32,
    segments: RwLock<VecDeque<Arc<Segment>>>,
    end: AtomicU64,
    poison: OnceLock<(io::ErrorKind, String)>,
    sync_micros: Mutex<SyncMicros>,
}

impl Shared {
    pub(super) fn new(reserve: Reserve, segments: VecDeque<Arc<Segment>>, end: Position) -> Shared {
        let salt = segments.front().expect("a log has a segment").header.log.salt();
        let (segments, end) = (RwLock::new(segments), AtomicU64::new(end.0));
        let sync_micros = Mutex::new(SyncMicros::new(&SYNC_MICROS));
        Shared { reserve, salt, segments, end, poison: OnceLock::new(), sync_micros }
    }

    /// The end of what is durable.
    pub(super) fn end(&self) -> Position {
        Position(self.end.load(Ordering::Acquire))
    }

    pub(super) fn set_end(&self, end: Position) {
        self.end.store(end.0, Ordering::Release);
    }

    /// Counts a sync. Only the writer does, so that the lock is free but for a moment of reading.
    pub(super) fn count_sync(&self, took: Duration) {
        self.sync_micros.lock().unwrap_or_else(PoisonError::into_inner).record(took.as_micros() as u64);
    }

    pub(super) fn sync_micros(&self) -> SyncMicros {
        *self.sync_micros.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The segment that is being written.
    pub(super) fn active(&self) -> Arc<Segment> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(segments.back().expect("a log has a segment"))
    }

    pub(super) fn push(&self, segment: Arc<Segment>) {
        self.segments.write().unwrap_or_else(PoisonError::into_inner).push_back(segment);
    }

    /// The segment a position lies in, and where its durable part ends. `None`: it is the end of the log.
    pub(super) fn locate(&self, position: Position) -> Result<Option<(Arc<Segment>, Position)>, ReadError> {
        // Read before the segments: a segment is pushed before anything in it is durable.
        let end = self.end();
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let start = segments.front().expect("a log has a segment").header.base;
        if position < start {
            return Err(ReadError::Gone { start });
        }
        if position > end {
            return Err(ReadError::Beyond { end });
        }
        if position == end {
            return Ok(None);
        }
        let after = segments.partition_point(|segment| segment.header.base <= position);
        let segment_end = segments.get(after).map_or(end, |next| next.header.base.min(end));
        Ok(Some((Arc::clone(&segments[after - 1]), segment_end)))
    }

    /// Gives back the segments that end at or before `before`, oldest first and each one durably before the next, so
    /// that no crash can leave a gap.
    pub(super) fn trim(&self, before: Position) -> Result<(), TrimError> {
        while let Some(segment) = self.trimmable(before) {
            let forget = || drop(self.segments.write().unwrap_or_else(PoisonError::into_inner).pop_front());
            self.reserve.recycle(&segment, forget).map_err(|error| match error {
                RecycleError::Kept(error) => TrimError::Io(error),
                RecycleError::Unknown(error) => TrimError::Unknown(self.poison(error)),
            })?;
        }
        Ok(())
    }

    fn trimmable(&self, before: Position) -> Option<Arc<Segment>> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let end = segments.get(1)?.header.base;
        (end <= before).then(|| Arc::clone(&segments[0]))
    }

    /// Makes the spares that are missing; a refusal is noted, not fatal: there is still room in those that are ready.
    pub(super) fn prepare_spares(&self) {
        let was_full = self.reserve.is_full();
        match self.reserve.prepare() {
            Err(error) if was_full => tracing::debug!(%error, "still no spare segment can be made"),
            Err(error) => tracing::warn!(%error, "no spare segment can be made"),
            Ok(()) => {}
        }
    }

    /// From now on nothing is appended. Returns the error for the caller.
    pub(super) fn poison(&self, error: io::Error) -> io::Error {
        let (kind, reason) = self.poison.get_or_init(|| (error.kind(), error.to_string()));
        io::Error::new(*kind, reason.clone())
    }

    /// What every append gets once the log is poisoned.
    pub(super) fn poisoned(&self) -> Option<AppendError> {
        let (kind, reason) = self.poison.get()?;
        Some(AppendError::Unknown(io::Error::new(*kind, reason.clone())))
    }

    /// The largest batch that fits in a new segment.
    pub(super) fn batch_bytes_max(&self) -> u64 {
        (BATCH_BYTES_MAX as u64).min(self.reserve.segment_bytes() - HEADER_BYTES)
    }

    /// `accepted`: where the log ends once everything queued is appended.
    pub(super) fn span(&self, accepted: Position) -> Span {
        let spares = self.reserve.ready() as u64;
        let end = self.end();
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let files: u64 = segments.iter().map(|segment| segment.header.length).sum();
        // A batch that does not fit goes to the next segment, so the last bytes of each may stay unused.
        let unused = self.batch_bytes_max() - 1;
        let active = segments.back().expect("a log has a segment").end_max().0.saturating_sub(end.0);
        let spare = self.reserve.segment_bytes() - HEADER_BYTES;
        let room = active.saturating_sub(unused) + spares * (spare - unused);
        Span {
            start: segments.front().expect("a log has a segment").header.base,
            end,
            oldest_segment_end: segments.get(1).map(|next| next.header.base),
            disk_bytes: files + spares * self.reserve.segment_bytes(),
            room: room.saturating_sub(accepted.0.saturating_sub(end.0)),
            is_full: self.reserve.is_full(),
        }
    }
}
