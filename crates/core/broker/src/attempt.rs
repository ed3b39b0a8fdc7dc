//! Attempts: one try at a batch of messages, from hand-out to outcome.

use crate::feed::Feed;
use crate::function::Placed;
use crate::wire::wire_struct;
use crate::{Broker, ExecutionId, MappingDefinition, MappingId, Place, QueueId, QueueName};

/// An attempt's number: random, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId(pub u64);

wire_struct!(AttemptId(u64));

/// A try that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The mapping or pipe it belongs to.
    pub mapping: MappingId,
    /// Where its messages come from.
    pub queue: QueueId,
    /// Sequence number and receive count of each message, as handed out.
    pub messages: Vec<(u64, u32)>,
    /// The execution whose end is its end.
    pub execution: Option<ExecutionId>,
    pub(crate) place: Place,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Everything was worked off.
    Succeeded,
    /// Nothing was: the messages come back when their visibility timeout ends.
    Failed,
    /// The messages at these places of the batch, by rising numbers, were not worked off, all others were.
    PartlyFailed(Vec<usize>),
    /// The process that ran it is gone without a word: the messages come back at once.
    Lost,
}

impl Broker {
    pub(crate) fn put_attempt(&mut self, id: AttemptId, attempt: Attempt) {
        if self.attempts.remove(&id).is_none() {
            *self.running.entry(attempt.mapping).or_default() += 1;
        }
        if let Some(execution) = attempt.execution {
            self.held.insert(execution, id, attempt.mapping);
            // What an execution holds leaves room for the next batch.
            self.woken.insert(attempt.queue);
        }
        if self.windows.close(attempt.mapping) {
            // What is left is gathered from here on.
            self.woken.insert(attempt.queue);
        }
        self.attempts.insert(id, attempt);
    }

    /// Names the queue, because the attempt's own record may be gone from the journal when this is replayed; records of
    /// earlier versions do not.
    pub(crate) fn end_attempt(
        &mut self,
        attempt: AttemptId,
        queue: Option<QueueId>,
        deleted: &[u64],
        released: &[u64],
    ) {
        let Some(ended) = self.attempts.remove(&attempt) else {
            self.assert_replaying();
            return self.end_messages(queue, deleted, released);
        };
        if let Some(execution) = ended.execution {
            self.held.remove(execution, ended.mapping);
        }
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
        self.end_messages(Some(ended.queue), deleted, released);
        self.wake_mapped_queues();
    }

    fn end_messages(&mut self, queue: Option<QueueId>, deleted: &[u64], released: &[u64]) {
        let Some(queue) = queue else { return };
        self.delete(queue, deleted);
        for sequence in released {
            self.hide(queue, *sequence, self.now);
        }
    }

    pub(crate) fn set_feed(&mut self, id: MappingId, feed: Feed, place: Place) {
        let queue = feed.queue().clone();
        if let Some(before) = self.feeds.get(&id).map(|before| before.value.queue().clone()).filter(|old| *old != queue)
        {
            self.unlink_feed(id, &before);
        }
        if let Feed::Pipe(pipe) = &feed {
            self.pipes.insert(pipe.name.clone(), id);
        }
        self.feeds_of.entry(queue).or_default().insert(id);
        self.windows.set(id, &feed);
        self.feeds.insert(id, Placed { value: feed, place });
        self.wake_mapped_queues();
    }

    /// All mappings.
    pub fn mappings(&self) -> impl Iterator<Item = (MappingId, &MappingDefinition)> {
        self.feeds.iter().filter_map(|(id, feed)| Some((*id, feed.value.mapping()?)))
    }

    fn unlink_feed(&mut self, id: MappingId, queue: &QueueName) {
        if let Some(ids) = self.feeds_of.get_mut(queue) {
            ids.remove(&id);
            if ids.is_empty() {
                self.feeds_of.remove(queue);
            }
        }
    }

    pub(crate) fn forget_feed(&mut self, id: MappingId) {
        let Some(feed) = self.feeds.remove(&id) else { return self.assert_replaying() };
        self.unlink_feed(id, feed.value.queue());
        self.windows.forget(id);
        self.limit_mapping(id, false);
        match feed.value {
            Feed::Pipe(pipe) if self.pipes.get(&pipe.name) == Some(&id) => drop(self.pipes.remove(&pipe.name)),
            Feed::Mapping(mapping) if self.running.contains_key(&id) => {
                self.retired.insert(id, mapping.function.name);
            }
            Feed::Mapping(_) | Feed::Pipe(_) => {}
        }
    }

    pub(crate) fn wake_mapped_queues(&mut self) {
        for name in self.feeds_of.keys() {
            if let Some(id) = self.by_name.get(name) {
                self.woken.insert(*id);
            }
        }
    }
}
