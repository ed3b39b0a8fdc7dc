//! Topics: who is subscribed, what a publish puts where, and what is still to be delivered.

use bongsu_broker::{DeliveryEnd, DeliveryOutcome, DueDelivery, PublishTally, SubscriptionDescription, SubscriptionId};

use super::*;

/// The endpoint that is not a queue.
pub(crate) const FUNCTION: &str = "f";

pub(crate) struct Topic {
    name: String,
    remembered: Vec<Remembered>,
    last_sequence: Option<u64>,
    subscriptions: Vec<Subscription>,
}

struct Subscription {
    id: SubscriptionId,
    endpoint: String,
    dead_letters: Option<String>,
    /// What is still to be delivered to the function.
    rows: Vec<Row>,
}

struct Row {
    entry: Entry,
    failed_attempts: u32,
    due_at: u64,
}

/// A copy on its way into a queue.
struct Arrival {
    queue: usize,
    entry: Entry,
    group: Option<String>,
    deduplication_id: Option<String>,
}

macro_rules! resolve_topic {
    ($model:ident, $name:ident, $answer:ident) => {
        match $model.topics.iter().position(|topic| topic.name == $name) {
            Some(place) => place,
            None => return refused($answer, &["TopicDoesNotExist"]),
        }
    };
}

impl Topic {
    pub(super) fn deadlines(&self) -> impl Iterator<Item = u64> {
        let rows = self.subscriptions.iter().flat_map(|subscription| &subscription.rows);
        rows.map(|row| row.due_at).chain(self.remembered.iter().map(|known| known.until))
    }
}

impl Model {
    /// "Idempotent: the same name and attributes return the same ARN."
    pub(crate) fn create_topic(&mut self, name: &str, answer: &Answer) {
        done(answer);
        if !self.topics.iter().any(|topic| topic.name == name) {
            let (name, subscriptions) = (name.to_owned(), Vec::new());
            self.topics.push(Topic { name, remembered: Vec::new(), last_sequence: None, subscriptions });
        }
    }

    /// "Also deletes all its subscriptions; idempotent."
    pub(crate) fn delete_topic(&mut self, name: &str, answer: &Answer) {
        done(answer);
        self.topics.retain(|topic| topic.name != name);
    }

    pub(crate) fn subscribe(&mut self, name: &str, endpoint: &str, dead_letters: Option<&str>, answer: &Answer) {
        let place = resolve_topic!(self, name, answer);
        // "A standard topic cannot feed a FIFO queue."
        if is_fifo(endpoint) && !is_fifo(name) {
            return refused(answer, &["InvalidParameter"]);
        }
        let subscriptions = &mut self.topics[place].subscriptions;
        let known = subscriptions.iter().find(|known| known.endpoint == endpoint);
        let differs = |known: &Subscription| dead_letters.is_some() && known.dead_letters.as_deref() != dead_letters;
        if known.is_some_and(differs) {
            return refused(answer, &["InvalidParameter"]);
        }
        let Reply::Subscribed { id, pending: false } = *reply(answer) else { panic!("not subscribed: {answer:?}") };
        match known {
            Some(known) => assert_eq!(id, known.id, "an endpoint is subscribed once"),
            None => {
                let (endpoint, dead_letters) = (endpoint.to_owned(), dead_letters.map(str::to_owned));
                subscriptions.push(Subscription { id, endpoint, dead_letters, rows: Vec::new() });
            }
        }
    }

    pub(crate) fn subscription_of(&self, name: &str, endpoint: &str) -> Option<SubscriptionId> {
        let topic = self.topics.iter().find(|topic| topic.name == name)?;
        topic.subscriptions.iter().find(|known| known.endpoint == endpoint).map(|known| known.id)
    }

    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId, answer: &Answer) {
        done(answer);
        self.topics.iter_mut().for_each(|topic| topic.subscriptions.retain(|known| known.id != id));
    }

    /// `look` tells of the messages that are in a queue now.
    pub(crate) fn publish(&mut self, name: &str, entries: &[Entry], answer: &Answer, look: impl Fn(&str) -> Vec<Seen>) {
        let place = resolve_topic!(self, name, answer);
        // "FIFO topics require MessageGroupId; MessageDeduplicationId is not valid for a standard topic."
        let is_wrong = |entry: &Entry| match is_fifo(name) {
            true => entry.group.is_none(),
            false => entry.deduplication_id.is_some(),
        };
        if entries.iter().any(is_wrong) {
            return refused(answer, &["InvalidParameter"]);
        }
        let Reply::Published { results, tally, .. } = reply(answer) else { panic!("not published: {answer:?}") };
        assert_eq!(results.len(), entries.len(), "one result an entry");
        let mut arrivals: Vec<Arrival> = Vec::new();
        let mut expected = PublishTally::default();
        for (entry, result) in entries.iter().zip(results) {
            let id = is_fifo(name).then(|| entry.deduplication_id.clone().unwrap_or_else(|| sha256(&entry.body)));
            let topic = &mut self.topics[place];
            let is_same = |known: &&Remembered| Some(&known.deduplication_id) == id.as_ref() && self.now < known.until;
            // "Accepted but not delivered within the 5-minute interval; the same MessageId and SequenceNumber."
            if let Some(original) = topic.remembered.iter().find(is_same) {
                let told = (result.duplicate, result.message_id.0, result.sequence);
                assert_eq!(told, (true, original.id, Some(original.sequence)), "told of the original message");
                continue;
            }
            assert!(!result.duplicate, "it is no duplicate");
            assert!(!self.ids.contains(&result.message_id.0), "a message has an id of its own");
            self.ids.push(result.message_id.0);
            assert_eq!(result.sequence.is_some(), is_fifo(name), "numbers are of FIFO topics");
            if let (Some(deduplication_id), Some(sequence)) = (id.clone(), result.sequence) {
                assert!(topic.last_sequence < Some(sequence), "sequence numbers only rise");
                topic.last_sequence = Some(sequence);
                topic.remembered.retain(|known| self.now < known.until);
                let (until, id) = (self.now + FIVE_MINUTES, result.message_id.0);
                topic.remembered.push(Remembered { group: None, deduplication_id, until, id, sequence });
            }
            for number in 0..self.topics[place].subscriptions.len() {
                self.fan_out(place, number, entry, id.as_deref(), &mut expected, &mut arrivals);
            }
        }
        assert_eq!(tally, &expected, "what became of it");
        self.arrive_from_topic(arrivals, look);
    }

    /// Where a subscriber's copy of an entry goes.
    fn fan_out(
        &mut self,
        topic: usize,
        number: usize,
        entry: &Entry,
        id: Option<&str>,
        tally: &mut PublishTally,
        arrivals: &mut Vec<Arrival>,
    ) {
        let subscription = &mut self.topics[topic].subscriptions[number];
        if subscription.endpoint == FUNCTION {
            return subscription.rows.push(Row { entry: entry.clone(), failed_attempts: 0, due_at: self.now });
        }
        let find = |name: &str| self.queues.iter().position(|queue| queue.name == name);
        let queue = match find(&subscription.endpoint) {
            Some(queue) => {
                tally.delivered += 1;
                queue
            }
            // "A message that cannot be delivered goes to the subscription's dead-letter queue."
            None => {
                tally.failed += 1;
                let Some(dead_letters) = &subscription.dead_letters else { return };
                let Some(queue) = find(dead_letters) else { return tally.not_dead_lettered += 1 };
                tally.dead_lettered += 1;
                queue
            }
        };
        let into = &self.queues[queue];
        let is_fifo_queue = is_fifo(&into.name);
        let deduplication_id = id.filter(|_| is_fifo_queue).map(str::to_owned);
        let scope = entry.group.clone().filter(|_| into.attributes.deduplicates_per_group);
        let is_same = |known: &Remembered| {
            Some(&known.deduplication_id) == deduplication_id.as_ref() && known.group == scope && self.now < known.until
        };
        let is_ahead = |other: &Arrival| {
            let other_scope = other.entry.group.clone().filter(|_| into.attributes.deduplicates_per_group);
            other.queue == queue && other.deduplication_id == deduplication_id && other_scope == scope
        };
        // "The subscribed queue deduplicates again, by its own scope."
        let is_duplicate = into.remembered.iter().any(is_same) || arrivals.iter().any(is_ahead);
        if deduplication_id.is_some() && is_duplicate {
            return;
        }
        let group = entry.group.clone().filter(|_| is_fifo_queue || id.is_none());
        arrivals.push(Arrival { queue, entry: entry.clone(), group, deduplication_id });
    }

    /// Follows the ids and numbers that the copies got in their queues.
    fn arrive_from_topic(&mut self, arrivals: Vec<Arrival>, look: impl Fn(&str) -> Vec<Seen>) {
        for place in 0..self.queues.len() {
            let expected: Vec<&Arrival> = arrivals.iter().filter(|arrival| arrival.queue == place).collect();
            let queue = &mut self.queues[place];
            let new = look(&queue.name).into_iter().filter(|seen| Some(seen.sequence) > queue.last_sequence);
            let new: Vec<Seen> = new.collect();
            assert_eq!(new.len(), expected.len(), "copies that came into {}", queue.name);
            for (seen, arrival) in new.into_iter().zip(expected) {
                assert!(!self.ids.contains(&seen.id), "a copy has an id of its own");
                self.ids.push(seen.id);
                queue.last_sequence = Some(seen.sequence);
                if let Some(deduplication_id) = arrival.deduplication_id.clone() {
                    let group = arrival.entry.group.clone().filter(|_| queue.attributes.deduplicates_per_group);
                    let (until, id, sequence) = (self.now + FIVE_MINUTES, seen.id, seen.sequence);
                    queue.remembered.retain(|known| self.now < known.until);
                    queue.remembered.push(Remembered { group, deduplication_id, until, id, sequence });
                }
                queue.messages.push(Message {
                    id: seen.id,
                    sequence: seen.sequence,
                    body: arrival.entry.body.clone(),
                    group: arrival.group.clone(),
                    deduplication_id: arrival.deduplication_id.clone(),
                    sent_at: self.now,
                    delayed_until: self.now + u64::from(queue.attributes.delay) * 1000,
                    in_flight_until: 0,
                    received_at: 0,
                    first_received_at: 0,
                    receives: 0,
                    source: None,
                    is_moved: false,
                });
            }
        }
        self.expire();
    }

    /// An attempt that was begun ended like this. Deliveries that are due come by their deadlines; of equal ones, by age.
    pub(crate) fn deliver(
        &mut self,
        due: &DueDelivery,
        outcome: DeliveryOutcome,
        answer: &Answer,
        look: impl Fn(&str) -> Vec<Seen>,
    ) {
        let Reply::DeliveryEnded(end) = *reply(answer) else { panic!("not the end of a delivery: {answer:?}") };
        let all = self.topics.iter_mut().flat_map(|topic| &mut topic.subscriptions);
        let subscription = all.into_iter().find(|known| known.id == due.subscription).expect("a subscription");
        let is_it = |row: &Row| {
            let told = (due.pending.failed_attempts, due.pending.next_attempt_at.0);
            (row.failed_attempts, row.due_at) == told && row.due_at <= self.now
        };
        let place = subscription.rows.iter().position(is_it).expect("only what is due begins");
        let row = subscription.rows.remove(place);
        match (outcome, end) {
            (DeliveryOutcome::Delivered, DeliveryEnd::Delivered) => {}
            (DeliveryOutcome::Failed, DeliveryEnd::Again { at }) => {
                assert!(at.0 >= self.now, "the next attempt is not in the past");
                let failed_attempts = row.failed_attempts + 1;
                subscription.rows.push(Row { due_at: at.0, failed_attempts, ..row });
            }
            // "At once on a client error."
            (DeliveryOutcome::Refused, DeliveryEnd::GivenUp | DeliveryEnd::DeadLettered) => {
                let name = subscription.dead_letters.clone();
                let queue = name.and_then(|name| self.queues.iter().position(|queue| queue.name == name));
                assert_eq!(end == DeliveryEnd::DeadLettered, queue.is_some(), "whether there is a dead-letter queue");
                let group = row.entry.group.clone();
                let arrival = queue.map(|queue| Arrival { queue, entry: row.entry, group, deduplication_id: None });
                self.arrive_from_topic(arrival.into_iter().collect(), look);
            }
            _ => panic!("{end:?} after {outcome:?}"),
        }
    }

    /// How many deliveries could begin now.
    pub(crate) fn due_deliveries(&self) -> usize {
        let rows = self.topics.iter().flat_map(|topic| &topic.subscriptions).flat_map(|known| &known.rows);
        rows.filter(|row| row.due_at <= self.now).count()
    }

    /// Panics unless these are the topic's subscriptions, with what is still to be delivered to each.
    pub(crate) fn has_subscriptions(&self, name: &str, answer: &Answer) {
        let place = resolve_topic!(self, name, answer);
        let Reply::Subscriptions(told) = reply(answer) else { panic!("not a list of subscriptions: {answer:?}") };
        let show = |told: &SubscriptionDescription| (told.id, told.undelivered);
        let mut known: Vec<_> = self.topics[place].subscriptions.iter().map(|s| (s.id, s.rows.len())).collect();
        known.sort_unstable();
        assert_eq!(told.iter().map(show).collect::<Vec<_>>(), known, "the subscriptions of {name}");
    }
}

/// "Content hash = lower-case hex SHA-256 of the body only."
pub(super) fn sha256(body: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
