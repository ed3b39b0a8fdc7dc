//! Mappings: letting queues feed functions, and the life of an attempt.

use std::sync::Arc;

use super::deletion::is_current;
use crate::{
    AttemptId, AttemptOutcome, Broker, Decision, Effect, Entropy, Fact, Function, Invocation, Mapping,
    MappingDefinition, MappingId, PutWhen, QueueId, ReceiptHandle, Rejection, Reply,
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
        let of_pair = self.mappings.iter().find(|(_, mapping)| same_pair(&mapping.value)).map(|(id, _)| *id);
        let known = match id {
            Some(id) if self.mappings.contains_key(&id) => Some(id),
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
        if self.mappings.get(&id).is_some_and(|mapping| mapping.value == definition) {
            return Ok(Decision::reply(reply));
        }
        Ok(Decision { reply, ..Decision::fact(Fact::MappingSet { id, definition }) })
    }

    pub(super) fn decide_delete_mapping(&self, id: MappingId) -> Decision {
        match self.mappings.get(&id) {
            Some(_) => Decision::fact(Fact::MappingDeleted { id }),
            None => Decision::reply(Reply::Done),
        }
    }

    /// Hands one batch to the first mapping of the queue that has room. A FIFO batch is of one group, so that a slow
    /// or failing group holds up no other.
    pub(super) fn decide_dispatch(&self, id: QueueId, entropy: &mut Entropy) -> Decision {
        let nothing = || Decision::reply(Reply::Dispatched(false));
        let Some(queue) = self.queues.get(&id).filter(|queue| queue.has_receivable()) else { return nothing() };
        let name = self.name_of(id).expect("only a replay sees a queue without a name");
        let ready = |id: MappingId| self.mapping_with_room(id, entropy.next_u64()).filter(|_| self.is_ripe(id, queue));
        let mappings = self.mappings_of.get(name).into_iter().flatten();
        let Some((mapping_id, mapping, function)) = mappings.copied().find_map(ready) else { return nothing() };
        let batch = self.batch_for_function(queue, mapping.batch_messages(id));
        let mut facts = batch.facts;
        let mut effects = Vec::new();
        if !batch.sequences.is_empty() {
            let attempt = AttemptId(entropy.next_u64());
            let hidden_until = self.now() + self.visibility_for(queue, mapping, function);
            let handles = batch.deliveries.iter().map(|delivery| delivery.handle);
            let messages = handles.map(|handle| (handle.sequence, handle.receive_count)).collect();
            facts.push(Fact::Dispatched { attempt, mapping: mapping_id, queue: id, messages, hidden_until });
            effects.push(Effect::Invoke(Invocation {
                attempt,
                mapping: Arc::new(Mapping { id: mapping_id, definition: mapping.clone() }),
                function: function.clone(),
                deliveries: batch.deliveries,
            }));
        }
        Decision { reply: Reply::Dispatched(!facts.is_empty()), facts, effects }
    }

    fn mapping_with_room(&self, id: MappingId, roll: u64) -> Option<(MappingId, &MappingDefinition, &Arc<Function>)> {
        let mapping = &self.mappings.get(&id)?.value;
        let function = self.resolve(&mapping.function, roll).ok()?;
        let running = self.running.get(&id).copied().unwrap_or(0);
        let has_room = mapping.enabled
            && running < mapping.concurrency_max.unwrap_or(u32::MAX)
            && self.has_room(&function.name)
            && !self.is_mapping_waiting(id);
        has_room.then_some((id, mapping, function))
    }

    pub(crate) fn running_of(&self, function: &str) -> u32 {
        let is_of_function = |id: &MappingId| self.function_of(*id).is_some_and(|name| name == function);
        self.running.iter().filter(|(id, _)| is_of_function(id)).map(|(_, running)| running).sum()
    }

    /// The function of a mapping that is there, or that is gone while attempts of it still run.
    pub(crate) fn function_of(&self, mapping: MappingId) -> Option<&str> {
        let known = self.mappings.get(&mapping).map(|mapping| &*mapping.value.function.name);
        known.or_else(|| self.retired.get(&mapping).map(|function| &**function))
    }

    /// Deletes what was worked off; what was not comes back when its visibility timeout ends. An attempt that nobody
    /// knows has ended before, and changes nothing.
    pub(super) fn decide_end_attempt(&self, id: AttemptId, outcome: &AttemptOutcome) -> Decision {
        let Some(attempt) = self.attempts.get(&id) else { return Decision::reply(Reply::Done) };
        let queue = self.queues.get(&attempt.queue);
        let mut deleted = Vec::new();
        let mut released = Vec::new();
        for (place, (sequence, receive_count)) in attempt.messages.iter().enumerate() {
            let Some(queue) = queue.filter(|queue| queue.message(*sequence).is_some()) else { continue };
            let handle = ReceiptHandle { queue: queue.id, sequence: *sequence, receive_count: *receive_count };
            let current = is_current(queue, handle);
            match outcome {
                AttemptOutcome::Lost if current => released.push(*sequence),
                AttemptOutcome::Lost | AttemptOutcome::Failed => {}
                AttemptOutcome::PartlyFailed(failed) if failed.binary_search(&place).is_ok() => {}
                // As with any consumer: after its timeout a FIFO message may already be with somebody else.
                _ if current || !queue.id.is_fifo() => deleted.push(*sequence),
                _ => {}
            }
        }
        Decision::fact(Fact::AttemptEnded { attempt: id, queue: Some(attempt.queue), deleted, released })
    }

    pub(super) fn decide_end_lost_attempts(&self) -> Decision {
        let mut messages = 0;
        let lost = self.attempts.iter().take_while(|(_, attempt)| {
            let is_first = messages == 0;
            messages += 1 + attempt.messages.len();
            is_first || messages <= LOST_AT_ONCE_MAX
        });
        let ends = lost.map(|(id, _)| self.decide_end_attempt(*id, &AttemptOutcome::Lost));
        Decision { facts: ends.flat_map(|end| end.facts).collect(), reply: Reply::Done, effects: Vec::new() }
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
