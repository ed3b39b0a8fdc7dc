//! What a schedule could not send: rows with deadlines, until somebody takes it or it is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::destination::ScheduleDestination;
use super::fault::TargetFault;
use super::{ScheduleDefinition, ScheduleTarget};
use crate::function::window::Volatile;
use crate::wire::wire_struct;
use crate::{PendingDelivery, Place, Seconds, Timestamp};

/// How much there may be, of all schedules together, that is to be tried again. More is given up at once.
pub const SCHEDULE_ATTEMPTS_MAX: usize = 10_000;
/// How long something waits after its first failure; after each further one twice as long.
const RETRY_DELAY: Seconds = Seconds(1);
/// But never longer than this: 185 attempts take a day.
const RETRY_DELAY_MAX: Seconds = Seconds(480);

/// Something that a schedule is to send, and could not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleAttempt {
    /// The schedule as it was.
    pub definition: ScheduleDefinition,
    /// For which of its targets, from 0 on.
    pub target: u32,
    /// The time that it was meant for.
    pub at: Timestamp,
    /// A UUID: the same at every attempt.
    pub id: u128,
    /// How it stands.
    pub pending: PendingDelivery,
}

wire_struct!(ScheduleAttempt { definition, target, at, id, pending });

/// The same in memory, where many share a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) definition: Arc<ScheduleDefinition>,
    pub(crate) target: u32,
    pub(crate) at: Timestamp,
    pub(crate) id: u128,
    pub(crate) pending: PendingDelivery,
    pub(crate) place: Place,
}

/// What one schedule could not send yet, by rising numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    by_number: BTreeMap<u64, Row>,
    /// All but the calls that somebody makes just now. After a restart nobody does.
    by_time: Volatile<BTreeSet<(Timestamp, u64)>>,
}

/// Why something is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// It was tried as often as it may be.
    Attempts,
    /// It was tried for as long as it may be.
    Age,
    /// Nothing would change: what is sent is wrong, or there is too much to be tried again.
    AtOnce,
}

impl Row {
    pub(crate) fn target(&self) -> &ScheduleTarget {
        &self.definition.targets[self.target as usize]
    }

    pub(crate) fn attempt(&self) -> ScheduleAttempt {
        let Row { definition, target, at, id, pending, .. } = self;
        ScheduleAttempt { definition: (**definition).clone(), target: *target, at: *at, id: *id, pending: *pending }
    }

    /// Whether it is a door that sends it.
    pub(crate) fn is_call(&self) -> bool {
        matches!(self.target().destination, ScheduleDestination::Operation { .. })
    }

    /// How it stands after a failure, or why it is given up.
    pub(crate) fn after_failure(&self, fault: &TargetFault, now: Timestamp) -> Result<PendingDelivery, GivenUp> {
        let failed_attempts = self.pending.failed_attempts + 1;
        let target = self.target();
        if fault.is_for_good {
            return Err(GivenUp::AtOnce);
        }
        if failed_attempts > target.retries_max {
            return Err(GivenUp::Attempts);
        }
        let doubled = RETRY_DELAY.0 << (failed_attempts - 1).min(16);
        let next_attempt_at = now + Seconds(doubled.min(RETRY_DELAY_MAX.0));
        if next_attempt_at > self.pending.queued_at + target.age_max {
            return Err(GivenUp::Age);
        }
        Ok(PendingDelivery { failed_attempts, next_attempt_at, ..self.pending })
    }
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Row> {
        self.by_number.get(&number)
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.by_time.0.first().map(|(at, _)| *at)
    }

    /// What is due and does not go on, the longest first.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = (u64, &Row)> {
        let due = self.by_time.0.iter().take_while(move |(at, _)| *at <= now);
        due.map(|(_, number)| (*number, &self.by_number[number]))
    }

    /// Somebody makes the call from now on, until it is set anew or removed.
    pub(crate) fn begin(&mut self, number: u64) {
        if let Some(row) = self.by_number.get(&number) {
            self.by_time.0.remove(&(row.pending.next_attempt_at, number));
        }
    }

    /// Higher than those that are there.
    pub(crate) fn next_number(&self) -> u64 {
        self.by_number.last_key_value().map_or(0, |(number, _)| number + 1)
    }

    /// Written again by cleaning, it is the same further on: if it goes on, it still does.
    pub(crate) fn set(&mut self, number: u64, row: Row) {
        let key = (row.pending.next_attempt_at, number);
        let before = self.by_number.get(&number);
        let is_same = before.is_some_and(|before| (before.id, before.pending) == (row.id, row.pending));
        let goes_on = is_same && !self.by_time.0.contains(&key);
        self.remove(number);
        if !goes_on {
            self.by_time.0.insert(key);
        }
        self.by_number.insert(number, row);
    }

    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let Some(row) = self.by_number.remove(&number) else { return false };
        self.by_time.0.remove(&(row.pending.next_attempt_at, number));
        true
    }
}
