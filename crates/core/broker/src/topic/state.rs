//! All topics and subscriptions, and how facts and time change them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use super::archive::Archived;
use super::outbox::{Row, RowKind};
use super::schedule::{Schedule, Timer};
use super::subscription::{Subscription, SubscriptionState, Subscriptions};
use super::{Topic, TopicDefinition};
use crate::queue::{GroupIndex, Message, Remembered, Visibility};
use crate::{
    Broker, Copy, CopyTo, Deduplication, EffectivePolicy, KeptAt, KeptCopy, MessageId, Notification, PendingDelivery,
    Place, Protocol, QueueId, Replay, SubscriptionDefinition, SubscriptionId, Text, Timestamp, TopicId, TopicName,
};

/// Topics, subscriptions, and what is due at them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topics {
    pub(crate) by_id: BTreeMap<TopicId, Topic>,
    pub(crate) by_name: BTreeMap<TopicName, TopicId>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) schedule: Schedule,
}

impl Topics {
    pub(crate) fn get(&self, name: &TopicName) -> Option<&Topic> {
        self.by_id.get(self.by_name.get(name)?)
    }

    pub(crate) fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.subscriptions.get(&id)
    }

    /// How the subscribers of a topic are reached.
    pub(crate) fn protocols_of(&self, topic: &Topic) -> impl Iterator<Item = Protocol> {
        topic.subscriptions.iter().map(|id| self.subscriptions[id].definition().protocol)
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.schedule.next_deadline()
    }

    /// The topic's name, if it is known.
    pub(crate) fn name_of(&self, id: TopicId) -> Option<&TopicName> {
        Some(&self.by_id.get(&id)?.definition.as_ref()?.name)
    }

    /// How a web server's subscription is delivered to, when its topic has been heard too.
    pub(crate) fn effective_policy(&self, definition: &SubscriptionDefinition) -> EffectivePolicy {
        let topic = self.by_id.get(&definition.topic).and_then(|topic| topic.definition.as_ref());
        let of_topic = topic.and_then(|topic| topic.attributes.delivery.as_ref());
        EffectivePolicy::of(of_topic, definition.attributes.delivery.as_ref())
    }

    /// How many deliveries to the subscriber may begin in a second, if that is limited.
    pub(crate) fn deliveries_per_second_max(&self, definition: &SubscriptionDefinition) -> Option<NonZeroU32> {
        match definition.protocol {
            Protocol::Http | Protocol::Https => self.effective_policy(definition).max_receives_per_second(),
            _ => definition.attributes.delivery.as_ref()?.max_receives_per_second(),
        }
    }

    /// During a replay subscriptions and publishes may stand before the topic, which cleaning wrote again further on.
    fn topic_or_placeholder(&mut self, id: TopicId) -> &mut Topic {
        self.by_id.entry(id).or_insert_with(|| Topic::new(id))
    }

    fn subscription_or_placeholder(&mut self, id: SubscriptionId) -> &mut Subscription {
        self.subscriptions.entry(id).or_insert_with(Subscription::new)
    }

    fn link(&mut self, id: SubscriptionId) {
        let Some(definition) = self.subscriptions.get(&id).and_then(|known| known.definition.clone()) else { return };
        let is_ended = matches!(definition.state, SubscriptionState::Ended { .. });
        let topic = self.topic_or_placeholder(definition.topic);
        topic.subscriptions.insert(id);
        if !is_ended {
            topic.by_endpoint.insert((definition.protocol, definition.endpoint.clone()), id);
        }
        let lapses_at = match definition.state {
            SubscriptionState::Pending { until, .. } | SubscriptionState::Ended { until, .. } => Some(until),
            SubscriptionState::Confirmed { .. } => None,
        };
        self.schedule.set(Timer::Subscription(id), lapses_at);
    }

    fn unlink(&mut self, id: SubscriptionId) {
        let Some(definition) = self.subscriptions.get(&id).and_then(|known| known.definition.clone()) else { return };
        let Some(topic) = self.by_id.get_mut(&definition.topic) else { return };
        topic.subscriptions.remove(&id);
        let endpoint = (definition.protocol, definition.endpoint.clone());
        if topic.by_endpoint.get(&endpoint) == Some(&id) {
            topic.by_endpoint.remove(&endpoint);
        }
    }
}

impl Broker {
    pub(crate) fn define_topic(&mut self, id: TopicId, definition: &TopicDefinition, place: Place) {
        self.topics.by_name.insert(definition.name.clone(), id);
        let topic = self.topics.topic_or_placeholder(id);
        topic.next_sequence = topic.next_sequence.max(definition.next_sequence);
        topic.unsubscribed = definition.unsubscribed;
        topic.archive.next_sequence = topic.archive.next_sequence.max(definition.next_archived);
        topic.definition = Some(Arc::new(definition.clone()));
        topic.place = place;
        self.expire_archive(id);
    }

    pub(crate) fn forget_topic(&mut self, id: TopicId) {
        let Some(topic) = self.topics.by_id.get(&id) else { return self.assert_replaying() };
        let subscriptions: Vec<SubscriptionId> = topic.subscriptions.iter().copied().collect();
        subscriptions.into_iter().for_each(|id| self.forget_subscription(id));
        self.topics.schedule.set(Timer::Topic(id), None);
        self.topics.schedule.set(Timer::Archive(id), None);
        let mut topic = self.topics.by_id.remove(&id).expect("looked up above");
        while let Some(archived) = topic.archive.pop_oldest() {
            self.forget_record(archived.place);
        }
        if let Some(definition) = topic.definition
            && self.topics.by_name.get(&definition.name) == Some(&id)
        {
            self.topics.by_name.remove(&definition.name);
        }
    }

    pub(crate) fn define_subscription(
        &mut self,
        id: SubscriptionId,
        definition: &SubscriptionDefinition,
        place: Place,
    ) {
        self.topics.unlink(id);
        let subscription = self.topics.subscription_or_placeholder(id);
        subscription.definition = Some(Arc::new(definition.clone()));
        subscription.place = place;
        self.topics.link(id);
        // What it may be sent, and how fast, may have changed.
        self.schedule_deliveries(id);
    }

    pub(crate) fn forget_subscription(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.topics.subscriptions.get(&id) else { return self.assert_replaying() };
        let places: Vec<Place> = subscription.outbox.rows().map(|(_, row)| row.place).collect();
        self.forget_running(id);
        self.topics.unlink(id);
        self.topics.schedule.forget(id);
        let subscription = self.topics.subscriptions.remove(&id).expect("looked up above");
        if let Some(topic) = subscription.definition.and_then(|known| self.topics.by_id.get_mut(&known.topic)) {
            topic.unsubscribed += 1;
        }
        places.into_iter().for_each(|place| self.forget_record(place));
    }

    /// Subscriptions whose topic was deleted later than the journal reaches back; nobody can name them.
    pub(crate) fn finish_replay_of_topics(&mut self) {
        let known = |id: TopicId| self.topics.by_id.get(&id).is_some_and(|topic| topic.definition.is_some());
        let is_lost = |subscription: &Subscription| !subscription.definition.as_ref().is_some_and(|d| known(d.topic));
        let subscriptions = self.topics.subscriptions.iter();
        let lost: Vec<SubscriptionId> = subscriptions.filter(|(_, s)| is_lost(s)).map(|(id, _)| *id).collect();
        lost.into_iter().for_each(|id| self.forget_subscription(id));
        let topics = self.topics.by_id.values().filter(|topic| topic.definition.is_none());
        let lost: Vec<TopicId> = topics.map(|topic| topic.id).collect();
        lost.into_iter().for_each(|id| self.forget_topic(id));
    }

    pub(crate) fn publish(
        &mut self,
        topic: TopicId,
        notification: &Notification,
        copies: &[Copy],
        deduplication: Option<&Deduplication>,
        place: Place,
    ) {
        let at = self.now;
        if !copies.is_empty() {
            self.hold_record(place, copies.len());
        }
        for (index, copy) in copies.iter().enumerate() {
            let place = place.part(index);
            match &copy.to {
                CopyTo::Queue { queue, sequence, visible_at, deduplication } => {
                    let message = Message { hidden_until: *visible_at, ..new_message(place, at) };
                    self.put(*queue, *sequence, message, notification.group_in(*queue));
                    if let Some(deduplication) = deduplication {
                        let message_id = copy.form.message_id(notification);
                        let remembered = remembered(deduplication, (message_id, *sequence), place);
                        self.queue_or_placeholder(*queue).deduplication.remember(deduplication.key, remembered);
                    }
                    self.touch(*queue);
                }
                CopyTo::Outbox { sequence } => {
                    let pending = PendingDelivery { queued_at: at, failed_attempts: 0, next_attempt_at: at };
                    let kind = kind_of(notification);
                    self.queue_delivery(copy.form.subscription, *sequence, Row { place, pending, kind });
                }
                CopyTo::Archive { sequence } => self.archive(topic, *sequence, notification, place),
            }
        }
        let known = self.topics.topic_or_placeholder(topic);
        if topic.is_fifo() {
            known.next_sequence = known.next_sequence.max(notification.sequence + 1);
        }
        if let Some(deduplication) = deduplication {
            let message = (notification.message_id, notification.sequence);
            self.remember_at_topic(topic, deduplication, message, place);
        }
    }

    pub(crate) fn remember_at_topic(
        &mut self,
        topic: TopicId,
        deduplication: &Deduplication,
        message: (MessageId, u64),
        place: Place,
    ) {
        if deduplication.until > self.now {
            let known = self.topics.topic_or_placeholder(topic);
            known.deduplication.remember(deduplication.key, remembered(deduplication, message, place));
            let expiry = known.deduplication.next_expiry();
            self.topics.schedule.set(Timer::Topic(topic), expiry);
        }
    }

    pub(crate) fn put_kept_notification(&mut self, notification: &Notification, copies: &[KeptCopy], place: Place) {
        self.hold_record(place, copies.len());
        for (index, copy) in copies.iter().enumerate() {
            let place = place.part(index);
            match &copy.at {
                KeptAt::Queue { queue, sequence, new_id, state } => {
                    self.put_kept((*queue, *sequence), state, notification.group_in(*queue), place);
                    if let Some(id) = new_id {
                        self.queue_or_placeholder(*queue).set_new_id(*sequence, *id);
                    }
                }
                KeptAt::Outbox { sequence, pending } => {
                    let row = Row { place, pending: *pending, kind: kind_of(notification) };
                    self.put_row(copy.form.subscription, *sequence, row);
                }
                KeptAt::Archive { topic, sequence } => self.archive(*topic, *sequence, notification, place),
            }
        }
    }

    pub(crate) fn queue_question(&mut self, id: SubscriptionId, sequence: u64, pending: PendingDelivery, place: Place) {
        self.hold_record(place, 1);
        self.put_row(id, sequence, Row { place, pending, kind: RowKind::Question });
    }

    /// A row that may be there already, with its record somewhere else.
    fn put_row(&mut self, id: SubscriptionId, sequence: u64, row: Row) {
        let outbox = self.topics.subscriptions.get_mut(&id).map(|subscription| &mut subscription.outbox);
        match outbox.and_then(|outbox| Some((outbox.get(sequence)?.place, outbox))) {
            Some((before, outbox)) => {
                outbox.relocate(sequence, row.place);
                self.forget_record(before);
            }
            None => self.queue_delivery(id, sequence, row),
        }
    }

    fn queue_delivery(&mut self, id: SubscriptionId, sequence: u64, row: Row) {
        let replaying = self.replaying;
        let subscription = self.topics.subscriptions.entry(id).or_insert_with(|| {
            assert!(replaying, "only subscribers get deliveries");
            Subscription::new()
        });
        subscription.outbox.insert(sequence, row);
        self.schedule_deliveries(id);
    }

    pub(crate) fn delivery_failed(
        &mut self,
        id: SubscriptionId,
        sequence: u64,
        failed_attempts: u32,
        next_attempt_at: Timestamp,
    ) {
        self.end_delivery_running(id, sequence);
        let outbox = self.topics.subscriptions.get_mut(&id).map(|subscription| &mut subscription.outbox);
        if outbox.and_then(|outbox| outbox.reschedule(sequence, failed_attempts, next_attempt_at)).is_none() {
            self.assert_replaying();
        }
        self.schedule_deliveries(id);
    }

    pub(crate) fn delivery_ended(&mut self, id: SubscriptionId, sequence: u64) {
        match self.take_row(id, sequence) {
            Some(row) => self.forget_record(row.place),
            None => self.assert_replaying(),
        }
    }

    pub(crate) fn dead_letter_delivery(
        &mut self,
        (id, sequence): (SubscriptionId, u64),
        (to, new_sequence): (QueueId, u64),
        visible_at: Timestamp,
    ) {
        let now = self.now;
        match self.take_row(id, sequence) {
            Some(row) => {
                let message = Message { hidden_until: visible_at, ..new_message(row.place, now) };
                self.moved.insert(row.place.key(), (to, new_sequence));
                let group = match row.kind {
                    RowKind::Notification { group } => group.map(|group| Text::from(&*group)),
                    RowKind::Question | RowKind::Invocation { .. } => None,
                };
                self.put(to, new_sequence, message, group.as_ref());
            }
            None => {
                self.assert_replaying();
                // What it was may be gone for good; its number still is taken.
                let target = self.queue_or_placeholder(to);
                target.next_sequence = target.next_sequence.max(new_sequence + 1);
            }
        }
        self.touch(to);
    }

    fn take_row(&mut self, id: SubscriptionId, sequence: u64) -> Option<Row> {
        self.end_delivery_running(id, sequence);
        let row = self.topics.subscriptions.get_mut(&id)?.outbox.remove(sequence);
        self.schedule_deliveries(id);
        row
    }

    /// A message is kept by its topic; its record may have been written again.
    fn archive(&mut self, id: TopicId, sequence: u64, notification: &Notification, place: Place) {
        let archive = &mut self.topics.topic_or_placeholder(id).archive;
        match archive.relocate(sequence, place) {
            Some(before) => self.forget_record(before),
            None => {
                archive.insert(sequence, Archived { place, published_at: notification.published_at });
                self.expire_archive(id);
            }
        }
    }

    /// Forgets what the topic need not keep any longer, and waits for what comes next.
    fn expire_archive(&mut self, id: TopicId) {
        let now = self.now;
        let Some(topic) = self.topics.by_id.get_mut(&id) else { return };
        let Some(definition) = &topic.definition else { return };
        let retention = definition.attributes.archive;
        let mut forgotten = Vec::new();
        let next = loop {
            let until =
                topic.archive.oldest().map(|oldest| retention.map_or(Timestamp(0), |retention| oldest + retention));
            match until {
                Some(until) if until <= now => forgotten.extend(topic.archive.pop_oldest()),
                until => break until,
            }
        };
        self.topics.schedule.set(Timer::Archive(id), next);
        forgotten.into_iter().for_each(|archived| self.forget_record(archived.place));
    }

    pub(crate) fn set_replay(&mut self, id: SubscriptionId, replay: Replay, place: Place) {
        assert!(self.replaying || self.topics.subscriptions.contains_key(&id), "only subscribers have replays");
        let subscription = self.topics.subscription_or_placeholder(id);
        (subscription.replay, subscription.replay_place) = (Some(replay), place);
        if replay.completed {
            self.topics.schedule.replaying.remove(&id);
        } else {
            self.topics.schedule.replaying.insert(id);
        }
    }

    /// Subscriptions whose replay may take a step. Each is to be taken by `StepOfReplay`, or to be named again by
    /// [`Broker::postpone_replay`].
    pub fn take_due_replays(&mut self) -> BTreeSet<SubscriptionId> {
        std::mem::take(&mut self.topics.schedule.replaying)
    }

    /// Has [`Broker::take_due_replays`] name a subscription again whose step was not taken.
    pub fn postpone_replay(&mut self, id: SubscriptionId) {
        if self.topics.subscription(id).is_some_and(Subscription::is_replaying) {
            self.topics.schedule.replaying.insert(id);
        }
    }

    /// What a replay comes to next: from which number on, and up to `max` messages with where they lie. `None` if there
    /// is none that goes on.
    pub fn next_of_replay(&self, id: SubscriptionId, max: usize) -> Option<(u64, Vec<(u64, Place)>)> {
        let known = self.topics.subscription(id)?;
        let replay = known.replay.filter(|replay| !replay.completed)?;
        let archive = &self.topics.by_id.get(&known.definition().topic)?.archive;
        let below = if replay.next < replay.end { replay.end } else { u64::MAX };
        Some((replay.next, archive.range(replay.next, below, max).collect()))
    }

    /// Where a message of a topic's archive lies now, by a subscription; `None` if it is gone.
    pub fn locate_archived(&self, id: SubscriptionId, sequence: u64) -> Option<Place> {
        let topic = self.topics.subscription(id)?.definition.as_ref()?.topic;
        Some(self.topics.by_id.get(&topic)?.archive.get(sequence)?.place)
    }

    /// Lets time pass: ids are forgotten, unanswered questions lapse, deliveries become due.
    pub(crate) fn advance_topics(&mut self) {
        while let Some(timer) = self.topics.schedule.take_due(self.now) {
            match timer {
                Timer::Topic(id) => {
                    let topic = self.topics.by_id.get_mut(&id).expect("only present topics have timers");
                    while topic.deduplication.next_expiry().is_some_and(|until| until <= self.now) {
                        topic.deduplication.forget_first();
                    }
                    let expiry = topic.deduplication.next_expiry();
                    self.topics.schedule.set(Timer::Topic(id), expiry);
                }
                Timer::Subscription(id) => self.forget_subscription(id),
                Timer::Outbox(id) => self.schedule_deliveries(id),
                Timer::Archive(id) => self.expire_archive(id),
            }
        }
    }
}

/// A copy, so that the row does not hold on to the whole record.
fn kind_of(notification: &Notification) -> RowKind {
    let group = notification.group.as_ref().filter(|_| !notification.topic.is_fifo());
    RowKind::Notification { group: group.map(|group| Box::from(&**group)) }
}

fn new_message(place: Place, sent_at: Timestamp) -> Message {
    Message {
        place,
        sent_at,
        first_received_at: Timestamp(0),
        received_at: Timestamp(0),
        hidden_until: Timestamp(0),
        receive_count: 0,
        group: GroupIndex::NONE,
        source: None,
        visibility: Visibility::Delayed,
    }
}

fn remembered(deduplication: &Deduplication, (message_id, sequence): (MessageId, u64), place: Place) -> Remembered {
    Remembered { message_id, sequence, until: deduplication.until, position: place.position }
}
