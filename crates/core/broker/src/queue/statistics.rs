//! What a queue tells about itself, at a price that does not depend on how much is in it.

use std::ops::Bound;
use std::time::Duration;

use super::{Message, Queue, chunk_of};
use crate::{Broker, QueueId, QueueName, Timestamp};

/// A standard message that was received so often no longer counts as the oldest, as on AWS: it failed, it did not wait.
pub(super) const AGE_RECEIVES_MAX: u32 = 3;

/// A queue in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStatistics {
    /// Messages that a receive may hand out; in a FIFO queue also those behind others of their group.
    pub visible: usize,
    /// Messages that were received and may come back.
    pub in_flight: usize,
    /// Messages that were never visible yet.
    pub delayed: usize,
    /// What the records of its messages take in the journal.
    pub bytes: u64,
    /// Since the oldest message was sent; `None` if there is none. A standard queue leaves out messages that were
    /// received three times, unless they were dead-lettered here. In a FIFO dead-letter queue it counts from the move,
    /// in a standard one from the send: nothing keeps the time of that move.
    pub oldest_age: Option<Duration>,
    /// What groups mean depends on the kind of queue.
    pub groups: GroupStatistics,
}

/// The groups of a queue in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupStatistics {
    /// Of a FIFO queue.
    Fifo {
        /// Groups with messages in flight.
        in_flight: usize,
    },
    /// Of a standard queue, where a group is a tenant. Messages without a group are quiet.
    Fair {
        /// Tenants whose messages come after those of all others.
        noisy: usize,
        /// Visible messages of the others.
        quiet_visible: usize,
        /// Messages of the others in flight.
        quiet_in_flight: usize,
        /// Delayed messages of the others.
        quiet_delayed: usize,
        /// Since the message was sent that is the next to be handed out of the others': how long quiet tenants wait.
        quiet_oldest_age: Option<Duration>,
    },
}

impl Broker {
    /// The queues after this one in numbers, by name; without a name all.
    pub fn statistics(
        &self,
        after: Option<&QueueName>,
    ) -> impl Iterator<Item = (&QueueName, QueueId, QueueStatistics)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let queues = self.by_name.range((from, Bound::Unbounded));
        queues.map(|(name, id)| (name, *id, self.queues[id].statistics(self.now)))
    }
}

impl Queue {
    /// Takes a handful of chunks of messages, whatever the backlog.
    pub(crate) fn statistics(&self, now: Timestamp) -> QueueStatistics {
        let age = |sent_at: Timestamp| Duration::from_millis(now.0.saturating_sub(sent_at.0));
        let groups = if self.id.is_fifo() {
            GroupStatistics::Fifo { in_flight: self.groups.in_flight() }
        } else {
            let noisy = self.tenants.noisy(self.in_flight);
            let sum = |count: fn(&super::tenants::Tenant) -> usize| self.tenants.of(&noisy).map(count).sum::<usize>();
            GroupStatistics::Fair {
                noisy: noisy.len(),
                quiet_visible: self.visible() - sum(|tenant| tenant.visible.len()),
                quiet_in_flight: self.in_flight - sum(|tenant| tenant.in_flight as usize),
                quiet_delayed: self.delayed - sum(|tenant| tenant.delayed as usize),
                quiet_oldest_age: self.quiet(&noisy).next().map(|(_, message)| age(message.sent_at)),
            }
        };
        QueueStatistics {
            visible: self.visible(),
            in_flight: self.in_flight,
            delayed: self.delayed,
            bytes: self.bytes,
            oldest_age: self.oldest().map(age),
            groups,
        }
    }

    fn oldest(&self) -> Option<Timestamp> {
        let bounds = if self.id.is_fifo() { &self.retention } else { &self.waiting };
        let mut oldest: Option<Timestamp> = None;
        for (bound, chunk) in bounds.by_time() {
            // A bound may be older than all that is left of its chunk, so the next one may still hold an older message.
            if oldest.is_some_and(|oldest| oldest <= bound) {
                break;
            }
            let waiting = self.messages.iter_chunk(chunk).filter(|(_, message)| self.is_waiting(message));
            oldest = oldest.into_iter().chain(waiting.map(|(_, message)| message.sent_at)).min();
        }
        oldest
    }

    /// Whether the message counts when the oldest is looked for.
    fn is_waiting(&self, message: &Message) -> bool {
        self.id.is_fifo() || message.receive_count < AGE_RECEIVES_MAX || message.source.is_some()
    }

    /// Has a standard message count as long as it waits.
    pub(super) fn start_waiting(&mut self, sequence: u64, message: &Message) {
        if !self.id.is_fifo() && self.is_waiting(message) {
            self.waiting.insert(sequence, message.sent_at);
        }
    }

    /// Called when a standard message may have been the last of its chunk that waits.
    pub(super) fn stop_waiting(&mut self, sequence: u64) {
        let mut in_chunk = self.messages.iter_chunk(chunk_of(sequence));
        if !self.id.is_fifo() && !in_chunk.any(|(_, message)| self.is_waiting(message)) {
            self.waiting.forget(sequence);
        }
    }
}
