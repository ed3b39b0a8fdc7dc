//! Long polls: receives that found nothing and wait for an arrival or their deadline.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

/// All waiting receives: by queue in the order they came, and by deadline.
#[derive(Default)]
pub(crate) struct Waiters {
    waiting: BTreeMap<u64, (QueueId, Waiter)>,
    at_queue: BTreeMap<QueueId, VecDeque<u64>>,
    by_deadline: BTreeSet<(Timestamp, u64)>,
    next_number: u64,
}

impl Waiters {
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITERS_MAX
    }

    pub(crate) fn add(&mut self, queue: QueueId, waiter: Waiter) {
        let number = self.next_number;
        self.next_number += 1;
        self.by_deadline.insert((waiter.deadline, number));
        self.at_queue.entry(queue).or_default().push_back(number);
        self.waiting.insert(number, (queue, waiter));
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    /// Takes the receive that has waited longest at a queue, passing over clients that have gone.
    pub(crate) fn take_first(&mut self, queue: QueueId) -> Option<Waiter> {
        loop {
            let number = *self.at_queue.get(&queue)?.front()?;
            let waiter = self.take(number).expect("a listed number waits");
            if !waiter.reply.is_closed() {
                return Some(waiter);
            }
        }
    }

    /// Takes a receive whose time is over.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Waiter> {
        let (_, number) = *self.by_deadline.first().filter(|(deadline, _)| *deadline <= now)?;
        self.take(number)
    }

    /// Takes any receive, until none is left.
    pub(crate) fn take_any(&mut self) -> Option<Waiter> {
        let number = *self.waiting.first_key_value()?.0;
        self.take(number)
    }

    /// Puts back the receive that was just taken: it is still the first.
    pub(crate) fn put_back(&mut self, queue: QueueId, waiter: Waiter) {
        let number = self.next_number;
        self.next_number += 1;
        self.by_deadline.insert((waiter.deadline, number));
        self.at_queue.entry(queue).or_default().push_front(number);
        self.waiting.insert(number, (queue, waiter));
    }

    fn take(&mut self, number: u64) -> Option<Waiter> {
        let (queue, waiter) = self.waiting.remove(&number)?;
        self.by_deadline.remove(&(waiter.deadline, number));
        let line = self.at_queue.get_mut(&queue).expect("a waiter stands in line");
        match line.front() {
            Some(first) if *first == number => drop(line.pop_front()),
            _ => line.retain(|other| *other != number),
        }
        if line.is_empty() {
            self.at_queue.remove(&queue);
        }
        Some(waiter)
    }
}
