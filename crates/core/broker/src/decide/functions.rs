//! Functions: defining them, letting queues feed them, and the life of an attempt.

use std::sync::Arc;

use super::deletion::is_current;
use crate::{
    AttemptId, AttemptOutcome, Broker, Decision, Effect, Entropy, Fact, Function, Inventory, Invocation, Mapping,
    MappingDefinition, MappingId, QueueId, ReceiptHandle, Rejection, Reply,
};

/// How many lost attempts end with one command: an end takes at most about 150 bytes, and all of them are one unit.
const LOST_ATTEMPTS_MAX: usize = 10_000;

impl Broker {
    pub(super) fn decide_define_function(&self, function: Function) -> Decision {
        match self.functions.get(&function.name) {
            Some(known) if *known.value == function => Decision::reply(Reply::Done),
            _ => Decision::fact(Fact::FunctionDefined { function }),
        }
    }

    pub(super) fn decide_delete_function(&self, name: &str) -> Result<Decision, Rejection> {
        self.function(name)?;
        let mappings = self.mappings.iter().filter(|(_, mapping)| *mapping.value.function == *name);
        let mut facts: Vec<Fact> = mappings.map(|(id, _)| Fact::MappingDeleted { id: *id }).collect();
        facts.push(Fact::FunctionDeleted { name: name.into() });
        Ok(Decision { facts, reply: Reply::Done, effects: Vec::new() })
    }

    /// One mapping a queue and function: a second definition replaces the first.
    pub(super) fn decide_define_mapping(
        &self,
        definition: MappingDefinition,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        self.queue(&definition.queue)?;
        self.function(&definition.function)?;
        let same_pair =
            |mapping: &MappingDefinition| mapping.queue == definition.queue && mapping.function == definition.function;
        let id = match self.mappings.iter().find(|(_, mapping)| same_pair(&mapping.value)) {
            Some((_, mapping)) if mapping.value == definition => return Ok(Decision::reply(Reply::Done)),
            Some((id, _)) => *id,
            None => MappingId(entropy.next_u64()),
        };
        Ok(Decision::fact(Fact::MappingDefined { id, definition }))
    }

    pub(super) fn decide_delete_mapping(&self, id: MappingId) -> Decision {
        match self.mappings.get(&id) {
            Some(_) => Decision::fact(Fact::MappingDeleted { id }),
            None => Decision::reply(Reply::Done),
        }
    }

    pub(super) fn decide_list_functions(&self) -> Decision {
        let mappings = self.mappings.iter().map(|(id, mapping)| Mapping { id: *id, definition: mapping.value.clone() });
        Decision::reply(Reply::Functions(Inventory {
            functions: self.functions.values().map(|function| Function::clone(&function.value)).collect(),
            mappings: mappings.collect(),
        }))
    }

    fn function(&self, name: &str) -> Result<&Arc<Function>, Rejection> {
        let known = self.functions.get(name);
        known.map(|placed| &placed.value).ok_or_else(|| Rejection::FunctionDoesNotExist { name: name.into() })
    }

    /// Hands one batch to the first mapping of the queue that has room. A FIFO batch is of one group, so that a slow
    /// or failing group holds up no other.
    pub(super) fn decide_dispatch(&self, id: QueueId, entropy: &mut Entropy) -> Decision {
        let nothing = || Decision::reply(Reply::Dispatched(false));
        let Some(queue) = self.queues.get(&id).filter(|queue| queue.has_receivable()) else { return nothing() };
        let name = self.name_of(id).expect("only a replay sees a queue without a name");
        let mappings = self.mappings_of.get(name).into_iter().flatten();
        let Some((mapping_id, mapping, function)) = mappings.copied().find_map(|id| self.mapping_with_room(id)) else {
            return nothing();
        };
        let batch = self.batch(queue, mapping.batch_messages(), id.is_fifo());
        let mut facts = batch.facts;
        let mut effects = Vec::new();
        if !batch.sequences.is_empty() {
            let attempt = AttemptId(entropy.next_u64());
            let hidden_until = self.now() + queue.attributes().visibility_timeout;
            let sequences = batch.sequences;
            facts.push(Fact::Received { queue: id, sequences, hidden_until, attempt: Some((attempt, mapping_id)) });
            effects.push(Effect::Invoke(Invocation {
                attempt,
                function: function.clone(),
                report_batch_item_failures: mapping.report_batch_item_failures,
                queue: name.clone(),
                deliveries: batch.deliveries,
            }));
        }
        Decision { reply: Reply::Dispatched(!facts.is_empty()), facts, effects }
    }

    fn mapping_with_room(&self, id: MappingId) -> Option<(MappingId, &MappingDefinition, &Arc<Function>)> {
        let mapping = &self.mappings.get(&id)?.value;
        let function = self.function(&mapping.function).ok()?;
        let running = self.running.get(&id).copied().unwrap_or(0);
        let has_room =
            mapping.enabled && running < mapping.concurrency_max.unwrap_or(u32::MAX) && self.has_room(function);
        has_room.then_some((id, mapping, function))
    }

    pub(crate) fn running_of(&self, function: &str) -> u32 {
        let is_of_function = |id: &MappingId| self.function_of(*id).is_some_and(|name| name == function);
        self.running.iter().filter(|(id, _)| is_of_function(id)).map(|(_, running)| running).sum()
    }

    /// The function of a mapping that is there, or that is gone while attempts of it still run.
    pub(crate) fn function_of(&self, mapping: MappingId) -> Option<&str> {
        let known = self.mappings.get(&mapping).map(|mapping| &*mapping.value.function);
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
                AttemptOutcome::PartlyFailed(failed) if failed.contains(&place) => {}
                // As with any consumer: after its timeout a FIFO message may already be with somebody else.
                _ if current || !queue.id.is_fifo() => deleted.push(*sequence),
                _ => {}
            }
        }
        Decision::fact(Fact::AttemptEnded { attempt: id, deleted, released })
    }

    pub(super) fn decide_end_lost_attempts(&self) -> Decision {
        let lost = self.attempts.keys().take(LOST_ATTEMPTS_MAX);
        let ends = lost.map(|id| self.decide_end_attempt(*id, &AttemptOutcome::Lost));
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
        for id in 0..LOST_ATTEMPTS_MAX as u64 + 1 {
            let (attempt, mapping, queue) = (AttemptId(id), MappingId(1), QueueId(2));
            let kept = Fact::AttemptKept { attempt, mapping, queue, messages: Vec::new() };
            broker.apply(&kept, Timestamp(0), Place::default());
        }
        broker.finish_replay();
        for ended in [LOST_ATTEMPTS_MAX, 1, 0] {
            let facts = broker.decide_end_lost_attempts().facts;
            assert_eq!(facts.len(), ended);
            facts.iter().for_each(|fact| broker.apply(fact, Timestamp(0), Place::default()));
        }
    }
}
