//! Mappings: letting queues feed functions; and the life of an attempt, of a function's as of a pipe's.

use std::sync::Arc;

use super::deletion::is_current;
use crate::feed::Feed;
use crate::{
    Attempt, AttemptId, AttemptOutcome, Broker, Decision, Effect, Entropy, Fact, Function, HELD, Invocation, Mapping,
    MappingDefinition, MappingId, PIPE_RUNS_MAX, PipeRun, PutWhen, QueueId, ReceiptHandle, Rejection, Reply,
};

/// How many messages of lost attempts, and attempts, end with one command: all of them are one unit of the journal.
const LOST_AT_ONCE_MAX: usize = 10_000;

impl Broker {
    /// Without an id, the mapping of this queue and function is meant: there is one a pair.
    pub(super) fn decide_put_mapping(
        &self,
        id: Option<MappingId>,
        definition: MappingDefinition,
        when: PutWhen,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        self.queue(&definition.queue)?;
        self.resolve(&definition.function, 0)?;
        let same_pair =
            |mapping: &MappingDefinition| mapping.queue == definition.queue && mapping.function == definition.function;
        let of_pair =
            self.feeds.iter().find(|(_, feed)| feed.value.mapping().is_some_and(same_pair)).map(|(id, _)| *id);
        let known = match id {
            Some(id) if self.mapping(id).is_some() => Some(id),
            Some(_) => None,
            None => of_pair,
        };
        match (when, known, of_pair) {
            (PutWhen::Absent, Some(id), _) => return Err(Rejection::MappingExists { id }),
            (PutWhen::Present { .. }, None, _) => return Err(Rejection::MappingDoesNotExist),
            (_, known, Some(other)) if known != Some(other) => return Err(Rejection::MappingExists { id: other }),
            _ => {}
        }
        let id = known.or(id).unwrap_or_else(|| MappingId(entropy.next_u64()));
        let reply = Reply::Mapping(Box::new(Mapping { id, definition: definition.clone() }));
        if self.mapping(id) == Some(&definition) {
            return Ok(Decision::reply(reply));
        }
        Ok(Decision { reply, ..Decision::fact(Fact::MappingSet { id, definition }) })
    }

    pub(super) fn decide_delete_mapping(&self, id: MappingId) -> Decision {
        match self.mapping(id) {
            Some(_) => Decision::fact(Fact::MappingDeleted { id }),
            None => Decision::reply(Reply::Done),
        }
    }

    fn mapping(&self, id: MappingId) -> Option<&MappingDefinition> {
        self.feeds.get(&id)?.value.mapping()
    }

    /// Hands one batch to the first mapping or pipe of the queue that has room. A FIFO batch is of one group, so that a
    /// slow or failing group holds up no other.
    pub(super) fn decide_dispatch(&self, id: QueueId, entropy: &mut Entropy) -> Decision {
        let nothing = || Decision::reply(Reply::Dispatched(false));
        let Some(queue) = self.queues.get(&id).filter(|queue| queue.has_receivable()) else { return nothing() };
        let name = self.name_of(id).expect("only a replay sees a queue without a name");
        let ready = |id: MappingId| self.feed_with_room(id, entropy.next_u64()).filter(|_| self.is_ripe(id, queue));
        let feeds = self.feeds_of.get(name).into_iter().flatten();
        let Some((feed_id, feed, function)) = feeds.copied().find_map(ready) else { return nothing() };
        let batch = self.batch_for_function(queue, feed.batch_messages(id));
        let mut facts = batch.facts;
        let mut effects = Vec::new();
        if !batch.sequences.is_empty() {
            let attempt = AttemptId(entropy.next_u64());
            let handles = batch.deliveries.iter().map(|delivery| delivery.handle);
            let messages = handles.map(|handle| (handle.sequence, handle.receive_count)).collect();
            let deliveries = batch.deliveries;
            let (hidden_until, effect) = match feed {
                Feed::Pipe(pipe) => (HELD, Effect::RunPipe(PipeRun { attempt, pipe: pipe.clone(), deliveries })),
                Feed::Mapping(definition) => {
                    let function = function.expect("a mapping that has room has a function");
                    let mapping = Arc::new(Mapping { id: feed_id, definition: definition.clone() });
                    let hidden_until = match self.is_limited(feed_id) {
                        true => HELD,
                        false => self.now() + self.visibility_for(queue, definition, function),
                    };
                    let function = function.clone();
                    (hidden_until, Effect::Invoke(Invocation { attempt, mapping, function, deliveries }))
                }
            };
            facts.push(Fact::Dispatched { attempt, mapping: feed_id, queue: id, messages, hidden_until });
            effects.push(effect);
        }
        Decision { reply: Reply::Dispatched(!facts.is_empty()), facts, effects }
    }

    /// The function, too, where it is one that is fed.
    fn feed_with_room(&self, id: MappingId, roll: u64) -> Option<(MappingId, &Feed, Option<&Arc<Function>>)> {
        let feed = &self.feeds.get(&id)?.value;
        let running = self.running.get(&id).copied().unwrap_or(0);
        if !feed.is_enabled() || running >= feed.concurrency_max().unwrap_or(u32::MAX) {
            return None;
        }
        let Some(function) = feed.function() else {
            return (running - self.held.of(id) < PIPE_RUNS_MAX).then_some((id, feed, None));
        };
        let function = self.resolve(function, roll).ok()?;
        let has_room = self.has_room(&function.name) && !self.is_mapping_waiting(id);
        has_room.then_some((id, feed, Some(function)))
    }

    pub(crate) fn running_of(&self, function: &str) -> u32 {
        let is_of_function = |id: &MappingId| self.function_of(*id).is_some_and(|name| name == function);
        self.running.iter().filter(|(id, _)| is_of_function(id)).map(|(_, running)| running).sum()
    }

    /// The function of a mapping that is there, or that is gone while attempts of it still run.
    pub(crate) fn function_of(&self, mapping: MappingId) -> Option<&str> {
        let known = self.feeds.get(&mapping).and_then(|feed| feed.value.function()).map(|function| &*function.name);
        known.or_else(|| self.retired.get(&mapping).map(|function| &**function))
    }

    /// Deletes what was worked off; what was not comes back when its visibility timeout ends, which begins now for what
    /// belonged to the attempt. An attempt that nobody knows has ended before, and changes nothing.
    pub(super) fn decide_end_attempt(&self, id: AttemptId, outcome: &AttemptOutcome) -> Decision {
        Decision { facts: self.attempt_end(id, outcome), reply: Reply::Done, effects: Vec::new() }
    }

    pub(super) fn attempt_end(&self, id: AttemptId, outcome: &AttemptOutcome) -> Vec<Fact> {
        let Some(attempt) = self.attempts.get(&id) else { return Vec::new() };
        let queue = self.queues.get(&attempt.queue);
        let mut deleted = Vec::new();
        let mut released = Vec::new();
        let mut returned = Vec::new();
        for (place, (sequence, receive_count)) in attempt.messages.iter().enumerate() {
            let Some((queue, message)) = queue.and_then(|queue| Some((queue, queue.message(*sequence)?))) else {
                continue;
            };
            let handle = ReceiptHandle { queue: attempt.queue, sequence: *sequence, receive_count: *receive_count };
            let current = is_current(queue, handle);
            let has_failed = match outcome {
                AttemptOutcome::Lost | AttemptOutcome::Failed => true,
                AttemptOutcome::PartlyFailed(failed) => failed.binary_search(&place).is_ok(),
                AttemptOutcome::Succeeded => false,
            };
            match outcome {
                AttemptOutcome::Lost if current => released.push(*sequence),
                _ if has_failed && current && message.hidden_until == HELD => {
                    let hidden_until = self.now() + queue.attributes().visibility_timeout;
                    returned.push(Fact::VisibilityChanged { queue: queue.id, sequence: *sequence, hidden_until });
                }
                _ if has_failed => {}
                // As with any consumer: after its timeout a FIFO message may already be with somebody else.
                _ if current || !queue.id.is_fifo() => deleted.push(*sequence),
                _ => {}
            }
        }
        let ended = Fact::AttemptEnded { attempt: id, queue: Some(attempt.queue), deleted, released };
        std::iter::once(ended).chain(returned).collect()
    }

    pub(super) fn decide_end_lost_attempts(&self) -> Decision {
        let mut messages = 0;
        // What an execution holds is not lost: the execution goes on.
        let is_lost = |attempt: &Attempt| !attempt.execution.is_some_and(|execution| self.is_open(execution));
        let lost = self.attempts.iter().filter(|(_, attempt)| is_lost(attempt)).take_while(|(_, attempt)| {
            let is_first = messages == 0;
            messages += 1 + attempt.messages.len();
            is_first || messages <= LOST_AT_ONCE_MAX
        });
        let facts = lost.flat_map(|(id, _)| self.attempt_end(*id, &AttemptOutcome::Lost)).collect();
        Decision { facts, reply: Reply::Done, effects: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, Timestamp};

    #[test]
    fn more_lost_attempts_than_fit_together_end_one_part_after_the_other() {
        let mut broker = Broker::new();
        for id in 0..LOST_AT_ONCE_MAX as u64 + 1 {
            let (attempt, mapping, queue) = (AttemptId(id), MappingId(1), QueueId(2));
            let kept = Fact::AttemptKept { attempt, mapping, queue, messages: Vec::new() };
            broker.apply(&kept, Timestamp(0), Place::default());
        }
        broker.finish_replay();
        for ended in [LOST_AT_ONCE_MAX, 1, 0] {
            let facts = broker.decide_end_lost_attempts().facts;
            assert_eq!(facts.len(), ended);
            facts.iter().for_each(|fact| broker.apply(fact, Timestamp(0), Place::default()));
        }
    }
}
