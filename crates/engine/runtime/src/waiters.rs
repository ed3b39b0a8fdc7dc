//! Long polls: receives that found nothing and wait for an arrival or their deadline.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_broker::{Command, QueueId, Timestamp};

use crate::handle::ReplyTo;

/// How many receives may wait at once; a further one is answered empty at once, as at its deadline.
pub(crate) const WAITERS_MAX: usize = 100_000;

/// A receive that waits.
pub(crate) struct Waiter {
    /// To be decided again when something arrives.
    pub(crate) command: Command,
    pub(crate) deadline: Timestamp,
    pub(crate) reply: ReplyTo,
}

/// Where a waiter stands: at which queue, and behind all lower numbers there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    queue: QueueId,
    number: u64,
}

/// All waiting receives: by queue in the order they came, and by deadline.
#[derive(Default)]
pub(crate) struct Waiters {
    waiting: BTreeMap<Turn, Waiter>,
    by_deadline: BTreeSet<(Timestamp, Turn)>,
    next_number: u64,
}

impl Waiters {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITERS_MAX
    }

    /// Puts a receive at the end of the queue's line.
    pub(crate) fn add(&mut self, queue: QueueId, waiter: Waiter) {
        let turn = Turn { queue, number: self.next_number };
        self.next_number += 1;
        self.put_back(turn, waiter);
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    /// Takes the receive that has waited longest at a queue, passing over clients that have gone.
    pub(crate) fn take_first(&mut self, queue: QueueId) -> Option<(Turn, Waiter)> {
        let line = Turn { queue, number: 0 }..=Turn { queue, number: u64::MAX };
        loop {
            let turn = *self.waiting.range(line.clone()).next()?.0;
            if let Some(waiter) = self.take(turn) {
                return Some((turn, waiter));
            }
        }
    }

    /// Takes a receive whose time is over, passing over clients that have gone.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Waiter> {
        loop {
            let (_, turn) = *self.by_deadline.first().filter(|(deadline, _)| *deadline <= now)?;
            if let Some(waiter) = self.take(turn) {
                return Some(waiter);
            }
        }
    }

    /// Puts a receive where it was: it has not lost its turn.
    pub(crate) fn put_back(&mut self, turn: Turn, waiter: Waiter) {
        self.by_deadline.insert((waiter.deadline, turn));
        self.waiting.insert(turn, waiter);
    }

    /// Removes a waiter. Returns it if its client is still there.
    fn take(&mut self, turn: Turn) -> Option<Waiter> {
        let waiter = self.waiting.remove(&turn)?;
        self.by_deadline.remove(&(waiter.deadline, turn));
        (!waiter.reply.is_closed()).then_some(waiter)
    }
}
