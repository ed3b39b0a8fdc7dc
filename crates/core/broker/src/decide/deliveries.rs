//! What becomes of a delivery when an attempt has ended: done, again later, or a dead letter.

use bongsu_delivery_policy::RetrySchedule;
use bongsu_rate_limit::Feedback;

use crate::topic::delivery::TOO_EARLY_MAX;
use crate::topic::outbox::RowKind;
use crate::{
    Broker, Decision, DeliveryEnd, DeliveryOutcome, Fact, LimitKey, Protocol, Reply, SubscriptionDefinition,
    SubscriptionId, Timestamp,
};

impl Broker {
    /// A delivery that nobody knows has ended before, and changes nothing.
    pub(super) fn decide_end_delivery(
        &self,
        subscription: SubscriptionId,
        sequence: u64,
        outcome: DeliveryOutcome,
        feedback: &Feedback,
    ) -> Decision {
        let known = self.topics.subscription(subscription);
        let Some((known, row)) = known.and_then(|known| Some((known, known.outbox.get(sequence)?))) else {
            return Decision::reply(Reply::DeliveryEnded(DeliveryEnd::Unknown));
        };
        let (definition, now) = (known.definition(), self.now());
        let rest = self.rest_of_endpoint(subscription, feedback);
        let ended = |fact: Fact, end: DeliveryEnd| Decision {
            facts: rest.clone().into_iter().chain([fact]).collect(),
            ..Decision::reply(Reply::DeliveryEnded(end))
        };
        let again = |failed_attempts: u32, next_attempt_at: Timestamp| {
            let fact = Fact::DeliveryFailed { subscription, sequence, failed_attempts, next_attempt_at };
            ended(fact, DeliveryEnd::Again { at: next_attempt_at })
        };
        let failed_attempts = row.pending.failed_attempts + 1;
        let may_be_too_early = row.pending.queued_at + TOO_EARLY_MAX > now;
        let delay = match outcome {
            DeliveryOutcome::Delivered => {
                let fact = Fact::DeliveryEnded { subscription, sequence, delivered: true };
                return ended(fact, DeliveryEnd::Delivered);
            }
            // The whole endpoint rests, so that the row is due at once when it has.
            DeliveryOutcome::TooEarly if may_be_too_early => return again(row.pending.failed_attempts, now),
            DeliveryOutcome::Failed | DeliveryOutcome::TooEarly => {
                self.delay_after((subscription, sequence), definition, failed_attempts)
            }
            DeliveryOutcome::Refused => None,
        };
        if let Some(delay) = delay {
            return again(failed_attempts, Timestamp(now.0.saturating_add(delay)));
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

    /// What an endpoint said of how often it may be called makes all of its deliveries wait, if it wants no more for now.
    /// How much more it would take does not count: the beginnings of deliveries are not written down.
    fn rest_of_endpoint(&self, subscription: SubscriptionId, feedback: &Feedback) -> Option<Fact> {
        let window = feedback.window.filter(|window| window.remaining == 0);
        let feedback = Feedback { usage: None, window, ..*feedback };
        let now = self.now().0;
        self.changed_limit(&LimitKey::of_subscription(subscription), |bucket| bucket.end(&feedback, 0, now))
    }

    /// Milliseconds until the next attempt after so many failed ones; none when it is given up.
    fn delay_after(
        &self,
        (id, sequence): (SubscriptionId, u64),
        definition: &SubscriptionDefinition,
        failed_attempts: u32,
    ) -> Option<u64> {
        let own = definition.attributes.delivery.as_ref();
        let schedule = match definition.protocol {
            Protocol::Http | Protocol::Https => self.topics.effective_policy(definition).schedule(),
            Protocol::Lambda => RetrySchedule::of_function(own),
            Protocol::Sqs => RetrySchedule::AWS_MANAGED,
            Protocol::Email | Protocol::EmailJson | Protocol::Sms | Protocol::Application | Protocol::Firehose => {
                RetrySchedule::CUSTOMER_MANAGED
            }
        };
        // The same at every decision, and another for every delivery: a crowd that failed together does not come back
        // together.
        let (high, low) = ((id.0 >> 64) as u64, id.0 as u64);
        let entropy = (high ^ low ^ sequence.rotate_left(32) ^ u64::from(failed_attempts)).wrapping_mul(SPREAD) >> 16;
        schedule.delay_after(failed_attempts, entropy).map(|delay| delay.0)
    }
}

/// Two to the power of 64, divided by the golden ratio: spreads numbers that lie close together.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
