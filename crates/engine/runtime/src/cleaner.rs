//! Gives space back: writes what is still alive in the oldest segment again, waits until it is durable, then trims.

use std::sync::Arc;

use bongsu_broker::{Broker, Recorded};
use bongsu_journal::{BoxFuture, Chunk, Journal, Position, ReadError, Records, Span, TrimError, Unit};
use tracing::{debug, info};

use crate::fatal::Fatal;
use crate::limits::Limits;
use crate::reader::to_core;
use crate::shard::Shard;

/// The journal is cleaned when it takes more than this many times (in halves) what is alive.
const DISK_HALVES_MAX: u64 = 5;
/// While cleaning goes on, it looks at this many bytes for each that commands append: it always gains on them.
const DEBT_PER_BYTE: u64 = 2;

/// Cleans one segment after the other, for as long as it is worth it.
#[derive(Default)]
pub(crate) struct Cleaner {
    stage: Stage,
    round: Round,
    /// What the last whole round wrote again: so much was alive, whatever the broker counts (it counts only messages).
    kept_last_round: u64,
    /// Bytes to look at until what commands have appended meanwhile is made up for.
    debt: u64,
}

/// Where cleaning stands.
#[derive(Default)]
enum Stage {
    /// Nothing to do.
    #[default]
    Idle,
    /// Reading the oldest segment piece by piece.
    Reading { from: Position, segment_end: Position, read: Option<BoxFuture<'static, Result<Chunk, ReadError>>> },
    /// Writing again what is alive in a piece.
    Keeping { records: Records, next: Position, segment_end: Position },
    /// All is written again; trimming waits until it is durable.
    Written { segment_end: Position, durable_at: Position },
    /// Trimming.
    Trimming(BoxFuture<'static, Result<(), TrimError>>),
}

/// Cleaning everything that was there when the round began.
#[derive(Default)]
struct Round {
    until: Position,
    kept_bytes: u64,
}

/// What cleaning has to do next.
pub(crate) enum Step {
    Begin(Chunk),
    Keep,
    Trim(Position),
    Trimmed,
}

impl Cleaner {
    /// Begins with the oldest segment when the journal takes too much for what is alive.
    pub(crate) fn consider(&mut self, broker: &Broker, span: &Span, limits: &Limits) {
        let Stage::Idle = &self.stage else { return };
        let Some(segment_end) = span.oldest_segment_end else { return self.debt = 0 };
        let alive = broker.alive_bytes().max(self.kept_last_round);
        let held = span.end.0 - span.start.0;
        // Begun with less room it might not come to its end, and would leave none for the deletes that help it.
        let room_kept = limits.room_kept_for_cleaning + limits.command_bytes_max as u64;
        let has_room = span.room >= self.need(broker, span) + room_kept;
        let wasteful = span.disk_bytes > limits.disk_bytes_floor && span.disk_bytes * 2 > alive * DISK_HALVES_MAX;
        let cramped = span.is_full && held > alive + (alive >> 2);
        if has_room && (wasteful || cramped) {
            debug!(start = span.start.0, end = segment_end.0, alive, disk = span.disk_bytes, "cleaning a segment");
            if span.start >= self.round.until {
                self.kept_last_round = self.round.kept_bytes;
                self.round = Round { until: span.end, kept_bytes: 0 };
            }
            self.stage = Stage::Reading { from: span.start, segment_end, read: None };
        } else {
            self.debt = 0;
        }
    }

    /// Room that cleaning the oldest segment takes at most, before it gives any back. What is written again is a little
    /// longer than what was sent.
    pub(crate) fn need(&self, broker: &Broker, span: &Span) -> u64 {
        let segment = span.oldest_segment_end.map_or(0, |end| end.0 - span.start.0);
        let alive = segment.min(broker.alive_bytes().max(self.kept_last_round));
        alive + (alive >> 2)
    }

    /// Notes that commands have appended so many bytes.
    pub(crate) fn owe(&mut self, bytes: usize) {
        if !matches!(self.stage, Stage::Idle) {
            self.debt += DEBT_PER_BYTE * bytes as u64;
        }
    }

    /// Whether commands had better wait: otherwise a busy journal would grow faster than it is cleaned.
    pub(crate) fn is_behind(&self, limits: &Limits) -> bool {
        self.debt > limits.cleaning_debt_max
    }

    /// Waits for whatever comes next, for ever when idle; writing again waits until it may. May be dropped and called
    /// again.
    pub(crate) async fn step(
        &mut self,
        journal: &Arc<dyn Journal>,
        durable: Position,
        step_bytes: usize,
        may_keep: bool,
    ) -> Result<Step, Fatal> {
        match &mut self.stage {
            Stage::Reading { from, read, .. } => {
                let read = read.get_or_insert_with(|| journal.read(*from, step_bytes));
                Ok(Step::Begin(read.as_mut().await?))
            }
            Stage::Keeping { .. } if may_keep => Ok(Step::Keep),
            Stage::Written { segment_end, durable_at } if *durable_at <= durable => Ok(Step::Trim(*segment_end)),
            Stage::Trimming(trim) => {
                trim.as_mut().await?;
                Ok(Step::Trimmed)
            }
            Stage::Idle | Stage::Keeping { .. } | Stage::Written { .. } => std::future::pending().await,
        }
    }
}

impl Shard {
    /// Carries out one step of cleaning.
    pub(crate) fn clean(&mut self, step: Step) -> Result<(), Fatal> {
        match (step, std::mem::take(&mut self.cleaner.stage)) {
            (Step::Begin(chunk), Stage::Reading { segment_end, .. }) => {
                self.cleaner.stage = Stage::Keeping { records: chunk.records(), next: chunk.next, segment_end };
            }
            (Step::Keep, Stage::Keeping { records, next, segment_end }) => {
                self.cleaner.stage = self.keep(records, next, segment_end)?;
            }
            (Step::Trim(before), _) => self.cleaner.stage = Stage::Trimming(self.journal.trim(before)),
            (Step::Trimmed, _) => {
                let span = self.journal.span();
                info!(start = span.start.0, disk = span.disk_bytes, "cleaned");
            }
            (Step::Begin(_) | Step::Keep, _) => unreachable!("a step follows from its stage"),
        }
        Ok(())
    }

    /// Writes again what is still alive in a piece of the oldest segment, as far as one batch and one turn allow.
    fn keep(&mut self, mut records: Records, next: Position, segment_end: Position) -> Result<Stage, Fatal> {
        let mut seen_bytes = 0;
        while self.has_room_in_batch() && seen_bytes < self.limits.cleaning_step_bytes {
            let Some((place, bytes)) = records.next().filter(|(place, _)| place.position < segment_end) else {
                return Ok(if next < segment_end {
                    Stage::Reading { from: next, segment_end, read: None }
                } else {
                    Stage::Written { segment_end, durable_at: self.decided() }
                });
            };
            seen_bytes += bytes.len();
            self.cleaner.debt = self.cleaner.debt.saturating_sub(bytes.len() as u64);
            let malformed = |flaw| Fatal::Malformed { position: place.position.0, flaw };
            let recorded = Recorded::decode(bytes).map_err(malformed)?;
            self.keep_alive(&recorded, place);
        }
        Ok(Stage::Keeping { records, next, segment_end })
    }

    fn keep_alive(&mut self, recorded: &Recorded, place: bongsu_journal::Place) {
        let (now, before) = (self.now(), self.batch.bytes_len());
        for fact in self.broker.still_needed(&recorded.fact, to_core(place)) {
            let kept = self.batch.push(Unit::Ends, |out| Recorded::encode(now, &fact, out));
            self.broker.apply(&fact, now, to_core(kept));
        }
        self.cleaner.round.kept_bytes += (self.batch.bytes_len() - before) as u64;
    }
}
