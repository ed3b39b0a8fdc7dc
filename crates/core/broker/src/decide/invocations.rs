//! Asynchronous invocations: taking an event, and what becomes of it when an attempt has ended.

use crate::topic::outbox::RowKind;
use crate::{
    Broker, Decision, Destination, Entropy, Fact, FunctionRef, InvocationCondition, InvocationEnd, InvocationOutcome,
    InvocationRecord, PendingDelivery, QueuedInvocation, Rejection, Reply, Seconds,
};

/// How many events one function may have waiting: headers of all of them are held in memory.
pub const QUEUED_INVOCATIONS_MAX: usize = 10_000_000;
/// How long an event waits after each failure, times the failures so far.
const RETRY_DELAY: Seconds = Seconds(60);
/// How long an event waits that could not be run.
const NOT_RUN_DELAY: Seconds = Seconds(1);

impl Broker {
    /// Keeps an event until the function has had it.
    pub(super) fn decide_queue_invocation(
        &self,
        function: &FunctionRef,
        invocation: QueuedInvocation,
    ) -> Result<Decision, Rejection> {
        Ok(Decision::fact(self.queue_event(function, invocation, 0)?))
    }

    /// The event's fact; `before` events of the same function are taken in the same decision.
    pub(crate) fn queue_event(
        &self,
        function: &FunctionRef,
        invocation: QueuedInvocation,
        before: u64,
    ) -> Result<Fact, Rejection> {
        self.resolve(function, 0)?;
        if self.queued_invocations(&function.name).0 >= QUEUED_INVOCATIONS_MAX {
            return Err(Rejection::TooManyInvocations);
        }
        let pending = PendingDelivery { queued_at: self.now(), failed_attempts: 0, next_attempt_at: self.now() };
        let invocation = QueuedInvocation { qualifier: function.qualifier.clone(), ..invocation };
        let sequence = self.invocations.next_sequence(&function.name) + before;
        Ok(Fact::InvocationQueued { function: function.name.clone(), sequence, invocation, pending })
    }

    /// An event that nobody knows has ended before, and changes nothing.
    pub(super) fn decide_end_invocation(&self, name: &str, sequence: u64, outcome: InvocationOutcome) -> Decision {
        let row = self.invocations.get(name).and_then(|outbox| outbox.get(sequence));
        let Some((row, RowKind::Invocation { qualifier })) = row.map(|row| (row, row.kind.clone())) else {
            return Decision::reply(Reply::InvocationEnded(InvocationEnd::Unknown));
        };
        let function = FunctionRef { name: name.into(), qualifier };
        let config = self.invoke_config(&function);
        let attempts = row.pending.failed_attempts + u32::from(outcome != InvocationOutcome::NotRun);
        let pending = PendingDelivery { failed_attempts: attempts, ..row.pending };
        let delay = match outcome {
            InvocationOutcome::Succeeded => None,
            InvocationOutcome::Failed if attempts > config.retries_max => None,
            InvocationOutcome::Failed => Some(Seconds(RETRY_DELAY.0 * attempts)),
            InvocationOutcome::NotRun => Some(NOT_RUN_DELAY),
        };
        let is_too_old = |delay: Seconds| self.now() + delay > pending.queued_at + config.age_max;
        let condition = match (outcome, delay) {
            (InvocationOutcome::Succeeded, _) => InvocationCondition::Success,
            (_, Some(delay)) if is_too_old(delay) => InvocationCondition::EventAgeExceeded,
            (_, Some(delay)) => {
                let next_attempt_at = self.now() + delay;
                let fact = Fact::InvocationFailed {
                    function: function.name,
                    sequence,
                    failed_attempts: attempts,
                    next_attempt_at,
                };
                return Decision { reply: Reply::InvocationEnded(InvocationEnd::Again), ..Decision::fact(fact) };
            }
            (_, None) => InvocationCondition::RetriesExhausted,
        };
        let conclusion = self.conclusion(&function, condition, &pending);
        if conclusion.destination.is_some() || conclusion.dead_letters.is_some() {
            return Decision::reply(Reply::InvocationEnded(InvocationEnd::Conclude(conclusion)));
        }
        let fact = self.invocation_end(name, sequence, condition);
        Decision { reply: Reply::InvocationEnded(InvocationEnd::Done), ..Decision::fact(fact) }
    }

    /// Ends an event, and tells of it in the same step whoever is to be told. Who cannot be told is left out: the event
    /// has ended all the same.
    pub(super) fn decide_conclude_invocation(
        &self,
        name: &str,
        sequence: u64,
        condition: InvocationCondition,
        records: Vec<(Destination, InvocationRecord)>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Decision {
        if self.invocations.get(name).and_then(|outbox| outbox.get(sequence)).is_none() {
            return Decision::reply(Reply::Told { failed: 0 });
        }
        let told = self.tell_all(records, region, entropy);
        let facts = std::iter::once(self.invocation_end(name, sequence, condition)).chain(told.facts).collect();
        Decision { facts, reply: Reply::Told { failed: told.failed }, effects: Vec::new() }
    }

    fn invocation_end(&self, name: &str, sequence: u64, condition: InvocationCondition) -> Fact {
        let succeeded = condition == InvocationCondition::Success;
        Fact::InvocationEnded { function: name.into(), sequence, succeeded }
    }
}
