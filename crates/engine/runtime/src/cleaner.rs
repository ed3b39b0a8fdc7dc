//! Gives space back: writes what is still alive in the oldest segment again, waits until it is durable, then trims.

use std::sync::Arc;

use bongsu_broker::{Broker, Recorded};
use bongsu_journal::{BoxFuture, Chunk, Journal, Position, ReadError, Span, TrimError, Unit};
use tracing::{debug, info};

use crate::reader::to_core;
use crate::shard::{Fatal, Shard};

/// The journal is not cleaned while it takes no more than this.
const DISK_BYTES_FLOOR: u64 = 160 << 20;
/// The journal is cleaned when it takes more than this many times (in halves) what is alive.
const DISK_HALVES_MAX: u64 = 5;
/// With less room than this the disk is as good as full, and any segment is worth cleaning.
const ROOM_LOW: u64 = 24 << 20;
/// How much is read, and at most written again, in one turn of the loop.
const STEP_BYTES: usize = 512 << 10;

/// Where cleaning stands.
#[derive(Default)]
pub(crate) enum Cleaner {
    /// Nothing to do.
    #[default]
    Idle,
    /// Reading the oldest segment piece by piece.
    Reading { from: Position, segment_end: Position, read: Option<BoxFuture<'static, Result<Chunk, ReadError>>> },
    /// All is written again; trimming waits until it is durable.
    Written { segment_end: Position, durable_at: Position },
    /// Trimming.
    Trimming(BoxFuture<'static, Result<(), TrimError>>),
}

/// What cleaning has to do next.
pub(crate) enum Step {
    Chunk(Chunk),
    Trim(Position),
    Trimmed,
}

impl Cleaner {
    /// Begins with the oldest segment when the journal takes too much for what is alive.
    pub(crate) fn consider(&mut self, broker: &Broker, span: &Span) {
        let (Cleaner::Idle, Some(segment_end)) = (&self, span.oldest_segment_end) else { return };
        let alive = broker.alive_bytes();
        let held = span.end.0 - span.start.0;
        let wasteful = span.disk_bytes > DISK_BYTES_FLOOR && span.disk_bytes * 2 > alive * DISK_HALVES_MAX;
        let cramped = span.room < ROOM_LOW && held > alive + (alive >> 2);
        if wasteful || cramped {
            debug!(start = span.start.0, end = segment_end.0, alive, disk = span.disk_bytes, "cleaning a segment");
            *self = Cleaner::Reading { from: span.start, segment_end, read: None };
        }
    }

    /// Waits for whatever comes next; for ever when idle. May be dropped and called again.
    pub(crate) async fn step(&mut self, journal: &Arc<dyn Journal>, durable: Position) -> Result<Step, Fatal> {
        match self {
            Cleaner::Reading { from, read, .. } => {
                let read = read.get_or_insert_with(|| journal.read(*from, STEP_BYTES));
                Ok(Step::Chunk(read.as_mut().await?))
            }
            Cleaner::Written { segment_end, durable_at } if *durable_at <= durable => Ok(Step::Trim(*segment_end)),
            Cleaner::Trimming(trim) => {
                trim.as_mut().await?;
                Ok(Step::Trimmed)
            }
            Cleaner::Idle | Cleaner::Written { .. } => std::future::pending().await,
        }
    }
}

impl Shard {
    /// Carries out one step of cleaning.
    pub(crate) fn clean(&mut self, step: Step) -> Result<(), Fatal> {
        match step {
            Step::Chunk(chunk) => self.keep_alive(&chunk)?,
            Step::Trim(before) => self.cleaner = Cleaner::Trimming(self.journal.trim(before)),
            Step::Trimmed => {
                info!(start = self.journal.span().start.0, disk = self.journal.span().disk_bytes, "cleaned");
                self.cleaner = Cleaner::Idle;
            }
        }
        Ok(())
    }

    /// Writes again what is still alive in a piece of the oldest segment.
    fn keep_alive(&mut self, chunk: &Chunk) -> Result<(), Fatal> {
        let Cleaner::Reading { segment_end, .. } = self.cleaner else { return Ok(()) };
        for (place, bytes) in chunk.records().filter(|(place, _)| place.position < segment_end) {
            let malformed = |flaw| Fatal::Malformed { position: place.position.0, flaw };
            let recorded = Recorded::decode(bytes).map_err(malformed)?;
            for fact in self.broker.still_needed(&recorded.fact, to_core(place)) {
                let now = self.now();
                let kept = self.batch.push(Unit::Ends, |out| Recorded::encode(now, &fact, out));
                self.broker.apply(&fact, now, to_core(kept));
            }
        }
        self.cleaner = if chunk.next >= segment_end {
            Cleaner::Written { segment_end, durable_at: self.decided() }
        } else {
            Cleaner::Reading { from: chunk.next, segment_end, read: None }
        };
        Ok(())
    }
}
