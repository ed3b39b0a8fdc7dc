//! What is delivered next to endpoints that are not queues: whose turn it is, and how many attempts go on at once.

use std::sync::Arc;

use super::schedule::{EndpointAttempts, Timer};
use super::subscription::Subscription;
use crate::{
    Broker, Function, LimitKey, PendingDelivery, Place, Protocol, Seconds, SubscriptionDefinition, SubscriptionId,
    Timestamp, TopicDefinition,
};

/// How many attempts at one endpoint go on at once: a dead endpoint holds up to so many until they time out.
pub const ENDPOINT_ATTEMPTS_MAX: usize = 10_000;
/// For how long after a delivery was put in an endpoint may say that it comes too early; then that is a failure.
pub(crate) const TOO_EARLY_MAX: Seconds = Seconds(14 * 24 * 3600);
/// How many deliveries of one subscription begin before it is the next one's turn.
const TURN_DELIVERIES_MAX: usize = 16;

/// A delivery whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub struct DueDelivery {
    /// To whom.
    pub subscription: SubscriptionId,
    /// Its number among what is to be delivered there; to be named when the attempt has ended.
    pub sequence: u64,
    /// Where its content lies.
    pub place: Place,
    /// How it stands.
    pub pending: PendingDelivery,
    /// What the subscription says.
    pub definition: Arc<SubscriptionDefinition>,
    /// Of what it is a subscription.
    pub topic: Arc<TopicDefinition>,
    /// What to run, if the endpoint is a function that exists.
    pub function: Option<Arc<Function>>,
}

/// How an attempt at an endpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The endpoint has it.
    Delivered,
    /// Not this time.
    Failed,
    /// It never will.
    Refused,
    /// It came too early, which is nobody's failure: the endpoint rests for as long as it said.
    TooEarly,
}

/// What became of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// The endpoint has it.
    Delivered,
    /// There will be another attempt.
    Again {
        /// When it is due.
        at: Timestamp,
    },
    /// It is in the dead-letter queue.
    DeadLettered,
    /// It is gone, and there is no queue for it.
    GivenUp,
    /// It had ended before: its subscription is gone.
    Unknown,
}

impl Broker {
    /// Whether a delivery may be due.
    pub fn has_due_deliveries(&self) -> bool {
        self.topics.schedule.is_anybody_in_line()
    }

    /// Where the content of a delivery lies now; `None` if it is gone.
    pub fn locate_delivery(&self, subscription: SubscriptionId, sequence: u64) -> Option<Place> {
        Some(self.topics.subscription(subscription)?.outbox.get(sequence)?.place)
    }

    /// Lets fewer attempts at one endpoint go on at once than [`ENDPOINT_ATTEMPTS_MAX`], where there is less room, and fewer
    /// still where each takes a connection.
    pub fn limit_endpoint_attempts(&mut self, max: usize, connected_max: usize) {
        let max = max.clamp(1, ENDPOINT_ATTEMPTS_MAX);
        let connected_max = connected_max.clamp(1, max);
        self.topics.schedule.endpoint_attempts = EndpointAttempts { max, connected_max };
    }

    /// Whether as many attempts at the endpoint of a subscription go on as may.
    fn is_endpoint_full(&self, subscription: &Subscription, protocol: Protocol) -> bool {
        let EndpointAttempts { max, connected_max } = self.topics.schedule.endpoint_attempts;
        let takes_connections = matches!(protocol, Protocol::Http | Protocol::Https);
        subscription.outbox.in_flight() >= if takes_connections { connected_max } else { max }
    }

    /// Begins up to `max` deliveries whose time has come. Each is to be ended by `EndDelivery`; those that are not when
    /// the process ends are due again at its next start.
    pub fn take_due_deliveries(&mut self, max: usize) -> Vec<DueDelivery> {
        let mut due = Vec::new();
        while due.len() < max
            && let Some(id) = self.topics.schedule.next_in_line()
        {
            let turn = TURN_DELIVERIES_MAX.min(max - due.len());
            for _ in 0..turn {
                let Some(delivery) = self.begin_delivery(id) else { break };
                due.push(delivery);
            }
            self.schedule_deliveries(id);
        }
        due
    }

    fn begin_delivery(&mut self, id: SubscriptionId) -> Option<DueDelivery> {
        let now = self.now;
        let subscription = self.topics.subscriptions.get(&id)?;
        let definition = subscription.definition().clone();
        let topic = self.topics.by_id.get(&definition.topic)?.definition.clone()?;
        if self.is_endpoint_full(subscription, definition.protocol) {
            return None;
        }
        let (next, _) = subscription.outbox.peek_due(now)?;
        // A function that is not there is tried, and fails.
        let function = definition.function_ref().and_then(|named| self.resolve(&named, next).ok().cloned());
        if function.as_ref().is_some_and(|function| !self.has_room(&function.name)) {
            return None;
        }
        if self.deliveries_free_at(id, &definition) > now {
            return None;
        }
        let rate = self.topics.deliveries_per_second_max(&definition);
        let outbox = &mut self.topics.subscriptions.get_mut(&id)?.outbox;
        let sequence = outbox.begin(now)?;
        self.topics.schedule.count_delivery(id, rate, now);
        let outbox = &self.topics.subscriptions.get(&id)?.outbox;
        let row = outbox.get(sequence).expect("it was just begun");
        let (place, pending) = (row.place, row.pending);
        if let Some(name) = definition.function() {
            self.count_running(name);
        }
        Some(DueDelivery { subscription: id, sequence, place, pending, definition, topic, function })
    }

    /// When the next delivery may begin: as its rate lets it, and when the endpoint has rested.
    pub(crate) fn deliveries_free_at(&self, id: SubscriptionId, definition: &SubscriptionDefinition) -> Timestamp {
        let rate = self.topics.deliveries_per_second_max(definition);
        let by_rate = self.topics.schedule.next_free_at(id, rate, self.now);
        let rested = self.limits.free_at(&LimitKey::of_subscription(id), None, self.now);
        by_rate.max(rested.expect("without a limit nothing has to end first"))
    }

    /// After any change to what is to be delivered to somebody: lines them up, or sets their timer.
    pub(crate) fn schedule_deliveries(&mut self, id: SubscriptionId) {
        let timer = Timer::Outbox(id);
        let Some(subscription) = self.topics.subscriptions.get(&id) else {
            return self.topics.schedule.set(timer, None);
        };
        let Some(definition) = subscription.definition.clone() else { return };
        let due = subscription.outbox.next_due();
        if due.is_none_or(|due| due > self.now) {
            return self.topics.schedule.set(timer, due);
        }
        let free_at = self.deliveries_free_at(id, &definition);
        if free_at > self.now {
            return self.topics.schedule.set(timer, Some(free_at));
        }
        self.topics.schedule.set(timer, None);
        if self.is_endpoint_full(subscription, definition.protocol) {
            // The end of one of its attempts comes here again.
            return;
        }
        let function = definition.function().filter(|name| self.functions.contains_key(*name));
        match function.filter(|name| !self.has_room(name)) {
            Some(name) => drop(self.running_outside.waiting_for.entry(name.into()).or_default().insert(id)),
            None => self.topics.schedule.line_up(id),
        }
    }

    /// An attempt has ended; a function may have room again.
    pub(crate) fn end_delivery_running(&mut self, id: SubscriptionId, sequence: u64) {
        let Some(subscription) = self.topics.subscriptions.get(&id) else { return };
        if !subscription.outbox.is_going_on(sequence) {
            return;
        }
        if let Some(name) = subscription.definition.as_ref().and_then(|d| d.function()).map(Box::<str>::from) {
            self.end_running(&name, 1);
        }
    }

    /// The subscription goes; its attempts end without anybody asking.
    pub(crate) fn forget_running(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.topics.subscriptions.get(&id) else { return };
        let going_on = u32::try_from(subscription.outbox.in_flight()).unwrap_or(u32::MAX);
        if let Some(name) = subscription.definition.as_ref().and_then(|d| d.function()).map(Box::<str>::from) {
            self.end_running(&name, going_on);
        }
    }
}
