//! When something is due at topics and subscriptions, and whose turn it is. None of this is in the journal: it follows
//! from the facts, and a restart makes it anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU32;

use bongsu_delivery_policy::Throttle;

use super::delivery::ENDPOINT_ATTEMPTS_MAX;
use crate::{SubscriptionId, Timestamp, TopicId};

/// What has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A topic forgets a deduplication id.
    Topic(TopicId),
    /// A question lapses, and the subscription with it.
    Subscription(SubscriptionId),
    /// A delivery is due.
    Outbox(SubscriptionId),
    /// A message has been kept for long enough.
    Archive(TopicId),
}

/// Deadlines, and the line of subscriptions that have deliveries due.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    timers: BTreeSet<(Timestamp, Timer)>,
    pub(crate) timer_of: BTreeMap<Timer, Timestamp>,
    /// In turns, so that a deep backlog of one holds up no other.
    line: VecDeque<SubscriptionId>,
    pub(crate) in_line: BTreeSet<SubscriptionId>,
    /// Of subscriptions whose deliveries are kept to a rate, since the last time that one began: the rate, and what is
    /// free of it.
    throttles: BTreeMap<SubscriptionId, (NonZeroU32, Throttle)>,
    /// Deliveries to functions that are going on, by the name of the function.
    pub(crate) running: BTreeMap<Box<str>, u32>,
    /// Who waits for a function to have room.
    pub(crate) waiting_for: BTreeMap<Box<str>, BTreeSet<SubscriptionId>>,
    /// Subscriptions whose replay can take a step.
    pub(crate) replaying: BTreeSet<SubscriptionId>,
    pub(crate) endpoint_attempts: EndpointAttempts,
}

/// How many attempts at one endpoint may go on at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndpointAttempts(pub(crate) usize);

impl Default for EndpointAttempts {
    fn default() -> EndpointAttempts {
        EndpointAttempts(ENDPOINT_ATTEMPTS_MAX)
    }
}

/// Follows from everything else.
impl PartialEq for Schedule {
    fn eq(&self, _: &Schedule) -> bool {
        true
    }
}

impl Eq for Schedule {}

impl Schedule {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.first().map(|(deadline, _)| *deadline)
    }

    pub(crate) fn set(&mut self, timer: Timer, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.timer_of.insert(timer, at),
            None => self.timer_of.remove(&timer),
        };
        if before != at {
            if let Some(before) = before {
                self.timers.remove(&(before, timer));
            }
            if let Some(at) = at {
                self.timers.insert((at, timer));
            }
        }
    }

    /// A timer whose time has come; it is set no longer.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Timer> {
        let (_, timer) = self.timers.first().copied().filter(|(deadline, _)| *deadline <= now)?;
        self.set(timer, None);
        Some(timer)
    }

    /// Stands at the end of the line, unless it is in it.
    pub(crate) fn line_up(&mut self, id: SubscriptionId) {
        if self.in_line.insert(id) {
            self.line.push_back(id);
        }
    }

    pub(crate) fn next_in_line(&mut self) -> Option<SubscriptionId> {
        let id = self.line.pop_front()?;
        self.in_line.remove(&id);
        Some(id)
    }

    pub(crate) fn is_anybody_in_line(&self) -> bool {
        !self.line.is_empty()
    }

    /// When the next delivery of a subscription that is kept to this rate may begin.
    pub(crate) fn next_free_at(&self, id: SubscriptionId, rate: Option<NonZeroU32>, now: Timestamp) -> Timestamp {
        let known = rate.and_then(|rate| self.throttles.get(&id).filter(|known| known.0 == rate));
        known.map_or(now, |(_, throttle)| Timestamp(throttle.next_free_at(now.0)))
    }

    /// A delivery of the subscription begins, which [`next_free_at`](Schedule::next_free_at) allows.
    pub(crate) fn count_delivery(&mut self, id: SubscriptionId, rate: Option<NonZeroU32>, now: Timestamp) {
        let Some(rate) = rate else {
            self.throttles.remove(&id);
            return;
        };
        let (known, throttle) = self.throttles.entry(id).or_insert_with(|| (rate, Throttle::new(rate)));
        if *known != rate {
            (*known, *throttle) = (rate, Throttle::new(rate));
        }
        let taken = throttle.take(now.0);
        debug_assert!(taken, "the caller looked before");
    }

    /// Nothing is due at a subscription any more. If it is in line, its turn passes without effect.
    pub(crate) fn forget(&mut self, id: SubscriptionId) {
        self.replaying.remove(&id);
        self.set(Timer::Subscription(id), None);
        self.set(Timer::Outbox(id), None);
        self.throttles.remove(&id);
    }
}
