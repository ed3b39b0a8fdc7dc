//! What a topic tells about itself, in numbers.

use std::ops::Bound;
use std::time::Duration;

use super::outbox::RowKind;
use crate::{Broker, Protocol, SubscriptionId, TopicId, TopicName};

/// A topic in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicStatistics {
    /// Subscriptions that get what is published.
    pub confirmed: usize,
    /// Subscriptions that wait for their endpoint's yes.
    pub pending: usize,
    /// What is still to be delivered to endpoints that are not queues.
    pub undelivered: usize,
    /// Attempts that go on.
    pub attempts: usize,
    /// Since the oldest of what is still to be delivered was published; `None` if there is none.
    pub oldest_age: Option<Duration>,
    /// Messages in its archive.
    pub archived: usize,
}

/// What a delivery is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliverySubject {
    /// At which topic.
    pub topic: TopicId,
    /// How the subscriber is reached.
    pub protocol: Protocol,
    /// Whether the subscription names a queue for its dead letters.
    pub has_dead_letters: bool,
}

impl Broker {
    /// The topics after this one in numbers, by name; without a name all. Looks at each of their subscriptions.
    pub fn topic_statistics(
        &self,
        after: Option<&TopicName>,
    ) -> impl Iterator<Item = (&TopicName, TopicId, TopicStatistics)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let topics = self.topics.by_name.range((from, Bound::Unbounded));
        topics.map(|(name, id)| (name, *id, self.statistics_of_topic(*id)))
    }

    fn statistics_of_topic(&self, id: TopicId) -> TopicStatistics {
        let topic = &self.topics.by_id[&id];
        let mut statistics = TopicStatistics { archived: topic.archive.len(), ..TopicStatistics::default() };
        let mut oldest = None;
        for subscription in topic.subscriptions.iter().filter_map(|id| self.topics.subscription(*id)) {
            let definition = subscription.definition();
            statistics.confirmed += usize::from(definition.is_confirmed());
            statistics.pending += usize::from(definition.is_pending());
            statistics.undelivered += subscription.outbox.len();
            statistics.attempts += subscription.outbox.in_flight();
            oldest = oldest.into_iter().chain(subscription.outbox.oldest()).min();
        }
        let age = |since: crate::Timestamp| Duration::from_millis(self.now.0.saturating_sub(since.0));
        TopicStatistics { oldest_age: oldest.map(age), ..statistics }
    }

    /// What a delivery is counted for; `None` for a question, which is no notification, and for what is gone.
    pub fn delivery_subject(&self, subscription: SubscriptionId, sequence: u64) -> Option<DeliverySubject> {
        let known = self.topics.subscription(subscription)?;
        let is_question = known.outbox.get(sequence)?.kind == RowKind::Question;
        let definition = known.definition();
        (!is_question).then_some(DeliverySubject {
            topic: definition.topic,
            protocol: definition.protocol,
            has_dead_letters: definition.attributes.dead_letters.is_some(),
        })
    }
}
