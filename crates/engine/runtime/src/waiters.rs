//! Long polls: receives that found nothing and wait for an arrival or their deadline.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_broker::{Caller, Command, QueueId, Rejection, Reply, Timestamp};

use crate::handle::ReplyTo;

/// How many receives may wait at once; a further one is answered empty at once, as at its deadline.
pub(crate) const WAITERS_MAX: usize = 100_000;

/// A receive that waits.
pub(crate) struct Waiter {
    /// To be decided again when something arrives.
    pub(crate) command: Command,
    /// Whose right is looked at again then.
    pub(crate) caller: Caller,
    /// When it began to wait.
    pub(crate) since: Timestamp,
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

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
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

/// The queue at which a receive may wait for what it did not find. Too many messages in flight are a reason to wait, too:
/// AWS tells them to short polls alone.
pub(crate) fn found_nothing_at(result: &Result<Reply, Rejection>) -> Option<QueueId> {
    match result {
        Ok(Reply::Received { queue, deliveries }) if deliveries.is_empty() => Some(*queue),
        Err(Rejection::TooManyInFlight { queue }) => Some(*queue),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const FIRST: QueueId = QueueId(2);
    const SECOND: QueueId = QueueId(4);

    /// A waiter, and the client that must stay for it to be served.
    fn waiter(deadline: u64) -> (Waiter, impl Sized) {
        let (reply, client) = oneshot::channel();
        (
            Waiter {
                command: Command::ListFunctions,
                caller: Caller::Server,
                since: Timestamp(0),
                deadline: Timestamp(deadline),
                reply,
            },
            client,
        )
    }

    fn line(deadlines: &[u64]) -> (Waiters, Vec<impl Sized>) {
        let mut waiters = Waiters::default();
        let mut clients = Vec::new();
        for deadline in deadlines {
            let (waiter, client) = waiter(*deadline);
            waiters.add(FIRST, waiter);
            clients.push(client);
        }
        (waiters, clients)
    }

    #[test]
    fn whoever_came_first_is_first_again_when_put_back() {
        let (mut waiters, _clients) = line(&[30, 10, 20]);
        let (turn, first) = waiters.take_first(FIRST).unwrap();
        assert_eq!(first.deadline, Timestamp(30));
        waiters.put_back(turn, first);
        let order = std::iter::from_fn(|| waiters.take_first(FIRST)).map(|(_, waiter)| waiter.deadline.0);
        assert_eq!(order.collect::<Vec<_>>(), [30, 10, 20]);
        assert!(waiters.is_empty() && waiters.next_deadline().is_none());
    }

    #[test]
    fn queues_have_lines_of_their_own() {
        let (mut waiters, _clients) = line(&[1]);
        assert!(waiters.take_first(SECOND).is_none());
        let (other, _client) = waiter(2);
        waiters.add(SECOND, other);
        assert_eq!(waiters.take_first(SECOND).unwrap().1.deadline, Timestamp(2));
        assert_eq!(waiters.take_first(FIRST).unwrap().1.deadline, Timestamp(1));
    }

    #[test]
    fn whose_time_is_over_leaves_the_line_wherever_it_stands() {
        let (mut waiters, _clients) = line(&[30, 10, 20]);
        assert_eq!(waiters.next_deadline(), Some(Timestamp(10)));
        assert!(waiters.take_due(Timestamp(9)).is_none());
        assert_eq!(waiters.take_due(Timestamp(20)).unwrap().deadline, Timestamp(10));
        assert_eq!(waiters.take_due(Timestamp(20)).unwrap().deadline, Timestamp(20));
        assert!(waiters.take_due(Timestamp(20)).is_none());
        assert_eq!(waiters.take_first(FIRST).unwrap().1.deadline, Timestamp(30));
    }

    #[test]
    fn clients_that_have_gone_are_passed_over() {
        let (mut waiters, mut clients) = line(&[10, 20, 30]);
        clients.remove(0);
        assert_eq!(waiters.take_first(FIRST).unwrap().1.deadline, Timestamp(20));
        clients.clear();
        assert!(waiters.take_due(Timestamp(100)).is_none());
        assert!(waiters.is_empty());
    }
}
