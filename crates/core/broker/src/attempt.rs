//! Attempts: one try of a function at a batch of messages, from hand-out to outcome.

use crate::wire::wire_struct;
use crate::{Broker, MappingId, Place, QueueId};

/// An attempt's number: random, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId(pub u64);

wire_struct!(AttemptId(u64));

/// A try that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The mapping it belongs to.
    pub mapping: MappingId,
    /// Where its messages come from.
    pub queue: QueueId,
    /// Sequence number and receive count of each message, as handed out.
    pub messages: Vec<(u64, u32)>,
    pub(crate) place: Place,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Everything was worked off.
    Succeeded,
    /// Nothing was: the messages come back when their visibility timeout ends.
    Failed,
    /// The messages at these places of the batch were not worked off, all others were.
    PartlyFailed(Vec<usize>),
    /// The process that ran it is gone without a word: the messages come back at once.
    Lost,
}

impl Broker {
    pub(crate) fn put_attempt(&mut self, id: AttemptId, attempt: Attempt) {
        if self.take_attempt(id).is_none() {
            *self.running.entry(attempt.mapping).or_default() += 1;
        }
        let worked_on = attempt.messages.iter().map(|(sequence, _)| (attempt.queue, *sequence, id));
        self.worked_on.extend(worked_on);
        self.attempts.insert(id, attempt);
    }

    fn take_attempt(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self.attempts.remove(&id)?;
        for (sequence, _) in &attempt.messages {
            self.worked_on.remove(&(attempt.queue, *sequence, id));
        }
        Some(attempt)
    }

    pub(crate) fn end_attempt(&mut self, attempt: AttemptId, deleted: &[u64], released: &[u64]) {
        let Some(ended) = self.take_attempt(attempt) else {
            // Its record was cleaned away together with its end being known; the messages were kept as they were.
            return self.assert_replaying();
        };
        let function = self.function_of(ended.mapping).map(Box::<str>::from);
        if let Some(running) = self.running.get_mut(&ended.mapping) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&ended.mapping);
                self.retired.remove(&ended.mapping);
            }
        }
        if let Some(function) = function {
            self.function_has_room(&function);
        }
        self.delete(ended.queue, deleted);
        for sequence in released {
            self.hide(ended.queue, *sequence, self.now);
        }
        self.wake_mapped_queues();
    }

    pub(crate) fn forget_mapping(&mut self, id: MappingId) {
        let Some(mapping) = self.mappings.remove(&id) else { return self.assert_replaying() };
        if let Some(ids) = self.mappings_of.get_mut(&mapping.value.queue) {
            ids.remove(&id);
            if ids.is_empty() {
                self.mappings_of.remove(&mapping.value.queue);
            }
        }
        if self.running.contains_key(&id) {
            self.retired.insert(id, mapping.value.function);
        }
    }

    pub(crate) fn wake_mapped_queues(&mut self) {
        for name in self.mappings_of.keys() {
            if let Some(id) = self.by_name.get(name) {
                self.woken.insert(*id);
            }
        }
    }
}
