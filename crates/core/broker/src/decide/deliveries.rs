//! What becomes of a delivery when an attempt has ended: done, again later, or a dead letter.

use crate::topic::outbox::RowKind;
use crate::{Broker, Decision, DeliveryEnd, DeliveryOutcome, Fact, Reply, SubscriptionId, Timestamp};

impl Broker {
    /// A delivery that nobody knows has ended before, and changes nothing.
    pub(super) fn decide_end_delivery(
        &self,
        subscription: SubscriptionId,
        sequence: u64,
        outcome: DeliveryOutcome,
    ) -> Decision {
        let known = self.topics.subscription(subscription);
        let Some((known, row)) = known.and_then(|known| Some((known, known.outbox.get(sequence)?))) else {
            return Decision::reply(Reply::DeliveryEnded(DeliveryEnd::Unknown));
        };
        let definition = known.definition();
        let failed_attempts = row.pending.failed_attempts + 1;
        let delay = match outcome {
            DeliveryOutcome::Delivered => {
                let fact = Fact::DeliveryEnded { subscription, sequence, delivered: true };
                return ended(fact, DeliveryEnd::Delivered);
            }
            DeliveryOutcome::Failed => self.delay_after(definition, failed_attempts),
            DeliveryOutcome::Refused => None,
        };
        if let Some(delay) = delay {
            let next_attempt_at = Timestamp(self.now().0.saturating_add(delay));
            let fact = Fact::DeliveryFailed { subscription, sequence, failed_attempts, next_attempt_at };
            return ended(fact, DeliveryEnd::Again { at: next_attempt_at });
        }
        let dead_letters = definition.attributes.dead_letters.as_ref().and_then(|name| self.queue(name).ok());
        // A question is no message: whoever does not hear it is asked again by the next Subscribe.
        let is_message = definition.is_confirmed() && row.kind != RowKind::Question;
        let Some(queue) = dead_letters.filter(|queue| is_message && !queue.id.is_fifo()) else {
            let fact = Fact::DeliveryEnded { subscription, sequence, delivered: false };
            return ended(fact, DeliveryEnd::GivenUp);
        };
        let fact = Fact::DeliveryDeadLettered {
            subscription,
            sequence,
            to: queue.id,
            new_sequence: queue.next_sequence,
            visible_at: self.now() + queue.attributes().delay,
        };
        ended(fact, DeliveryEnd::DeadLettered)
    }

    /// Milliseconds until the next attempt after so many failed ones; none when it is given up.
    fn delay_after(&self, definition: &crate::SubscriptionDefinition, failed_attempts: u32) -> Option<u64> {
        let _ = definition;
        (failed_attempts <= 3).then_some(20_000)
    }
}

fn ended(fact: Fact, end: DeliveryEnd) -> Decision {
    Decision { reply: Reply::DeliveryEnded(end), ..Decision::fact(fact) }
}
