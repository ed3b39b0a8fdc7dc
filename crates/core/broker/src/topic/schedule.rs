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

/// Deadlines of whatever has one.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    by_time: BTreeSet<(Timestamp, T)>,
    of: BTreeMap<T, Timestamp>,
}

/// A line of those who have something due: in turns, so that a deep backlog of one holds up no other.
#[derive(Clone, Debug)]
pub(crate) struct Line<T> {
    line: VecDeque<T>,
    is_in: BTreeSet<T>,
}

/// Deadlines, and the line of subscriptions that have deliveries due.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    timers: Timers<Timer>,
    line: Line<SubscriptionId>,
    /// Of subscriptions whose deliveries are kept to a rate, since the last time that one began: the rate, and what is
    /// free of it.
    throttles: BTreeMap<SubscriptionId, (NonZeroU32, Throttle)>,
    /// Subscriptions whose replay can take a step.
    pub(crate) replaying: BTreeSet<SubscriptionId>,
    pub(crate) endpoint_attempts: EndpointAttempts,
}

/// How many attempts at one endpoint may go on at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndpointAttempts {
    pub(crate) max: usize,
    /// At an endpoint to which each takes a connection.
    pub(crate) connected_max: usize,
}

impl Default for EndpointAttempts {
    fn default() -> EndpointAttempts {
        EndpointAttempts { max: ENDPOINT_ATTEMPTS_MAX, connected_max: ENDPOINT_ATTEMPTS_MAX }
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
        self.timers.next_deadline()
    }

    pub(crate) fn set(&mut self, timer: Timer, at: Option<Timestamp>) {
        self.timers.set(&timer, at);
    }

    #[cfg(test)]
    pub(crate) fn timer_of(&self, timer: Timer) -> Option<Timestamp> {
        self.timers.of(&timer)
    }

    /// A timer whose time has come; it is set no longer.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Timer> {
        self.timers.take_due(now)
    }

    /// Stands at the end of the line, unless it is in it.
    pub(crate) fn line_up(&mut self, id: SubscriptionId) {
        self.line.line_up(&id);
    }

    #[cfg(test)]
    pub(crate) fn is_in_line(&self, id: SubscriptionId) -> bool {
        self.line.has(&id)
    }

    pub(crate) fn next_in_line(&mut self) -> Option<SubscriptionId> {
        self.line.next()
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

impl<T> Default for Timers<T> {
    fn default() -> Timers<T> {
        Timers { by_time: BTreeSet::new(), of: BTreeMap::new() }
    }
}

/// Follow from everything else.
impl<T> PartialEq for Timers<T> {
    fn eq(&self, _: &Timers<T>) -> bool {
        true
    }
}

impl<T> Eq for Timers<T> {}

impl<T: Ord + Clone> Timers<T> {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(deadline, _)| *deadline)
    }

    pub(crate) fn set(&mut self, timer: &T, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.of.insert(timer.clone(), at),
            None => self.of.remove(timer),
        };
        if before != at {
            if let Some(before) = before {
                self.by_time.remove(&(before, timer.clone()));
            }
            if let Some(at) = at {
                self.by_time.insert((at, timer.clone()));
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn of(&self, timer: &T) -> Option<Timestamp> {
        self.of.get(timer).copied()
    }

    /// One whose time has come; it is set no longer.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<T> {
        let (_, timer) = self.by_time.first().cloned().filter(|(deadline, _)| *deadline <= now)?;
        self.set(&timer, None);
        Some(timer)
    }
}

impl<T> Default for Line<T> {
    fn default() -> Line<T> {
        Line { line: VecDeque::new(), is_in: BTreeSet::new() }
    }
}

/// Follows from everything else.
impl<T> PartialEq for Line<T> {
    fn eq(&self, _: &Line<T>) -> bool {
        true
    }
}

impl<T> Eq for Line<T> {}

impl<T: Ord + Clone> Line<T> {
    /// Stands at its end, unless it is in it.
    pub(crate) fn line_up(&mut self, one: &T) {
        if self.is_in.insert(one.clone()) {
            self.line.push_back(one.clone());
        }
    }

    #[cfg(test)]
    pub(crate) fn has(&self, one: &T) -> bool {
        self.is_in.contains(one)
    }

    pub(crate) fn next(&mut self) -> Option<T> {
        let one = self.line.pop_front()?;
        self.is_in.remove(&one);
        Some(one)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }
}
