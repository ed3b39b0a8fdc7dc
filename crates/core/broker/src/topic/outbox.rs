//! What is to be delivered to one endpoint: rows with deadlines. Nothing sleeps; a restart changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::wire::{Malformed, Wire, wire_struct};
use crate::{Place, Timestamp, Token};

/// How one delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingDelivery {
    /// When it was put in.
    pub queued_at: Timestamp,
    /// How many attempts have failed.
    pub failed_attempts: u32,
    /// When the next one is due.
    pub next_attempt_at: Timestamp,
}

wire_struct!(PendingDelivery { queued_at, failed_attempts, next_attempt_at });

/// What the owner of an endpoint is asked or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether the subscription is wanted.
    Confirm {
        /// The answer.
        token: Token,
    },
    /// That the subscription was ended, and whether that is wanted.
    Restore {
        /// The answer that brings it back.
        token: Token,
    },
}

impl Wire for Question {
    fn put(&self, out: &mut Vec<u8>) {
        let (tag, token) = match self {
            Question::Confirm { token } => (0, token),
            Question::Restore { token } => (1, token),
        };
        out.push(tag);
        token.put(out);
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(Question::Confirm { token: Wire::take(from)? }),
            1 => Ok(Question::Restore { token: Wire::take(from)? }),
            _ => Err(Malformed("not a question to an endpoint")),
        }
    }
}

/// A row of an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) pending: PendingDelivery,
    pub(crate) kind: RowKind,
}

/// What is to be delivered, as far as it matters to what becomes of it when it cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// Of this group in a standard queue.
    Notification {
        group: Option<Box<str>>,
    },
    Question,
    /// An event for this version or alias of a function.
    Invocation {
        qualifier: Option<Box<str>>,
    },
}

/// The deliveries to one endpoint, by rising numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    rows: BTreeMap<u64, Row>,
    pub(crate) next_sequence: u64,
    /// Rows without an attempt that is going on, by when the next one is due.
    waiting: BTreeSet<(Timestamp, u64)>,
}

/// Which attempts are going on is not part of the state: after a restart none are.
impl PartialEq for Outbox {
    fn eq(&self, other: &Outbox) -> bool {
        self.rows == other.rows && self.next_sequence == other.next_sequence
    }
}

impl Eq for Outbox {}

impl Outbox {
    pub(crate) fn get(&self, sequence: u64) -> Option<&Row> {
        self.rows.get(&sequence)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// By rising numbers.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &Row)> {
        self.rows.iter().map(|(sequence, row)| (*sequence, row))
    }

    /// When the oldest row was put in.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.rows.first_key_value().map(|(_, row)| row.pending.queued_at)
    }

    /// How many attempts are going on.
    pub(crate) fn in_flight(&self) -> usize {
        self.rows.len() - self.waiting.len()
    }

    pub(crate) fn insert(&mut self, sequence: u64, row: Row) {
        self.waiting.insert((row.pending.next_attempt_at, sequence));
        self.rows.insert(sequence, row);
        self.next_sequence = self.next_sequence.max(sequence + 1);
    }

    pub(crate) fn remove(&mut self, sequence: u64) -> Option<Row> {
        let row = self.rows.remove(&sequence)?;
        self.waiting.remove(&(row.pending.next_attempt_at, sequence));
        Some(row)
    }

    /// An attempt failed; the next one is due at another time.
    pub(crate) fn reschedule(&mut self, sequence: u64, failed_attempts: u32, next_attempt_at: Timestamp) -> Option<()> {
        let row = self.rows.get_mut(&sequence)?;
        self.waiting.remove(&(row.pending.next_attempt_at, sequence));
        row.pending = PendingDelivery { failed_attempts, next_attempt_at, ..row.pending };
        self.waiting.insert((next_attempt_at, sequence));
        Some(())
    }

    /// Notes that the row's content now lies somewhere else.
    pub(crate) fn relocate(&mut self, sequence: u64, place: Place) {
        self.rows.get_mut(&sequence).expect("only present rows are relocated").place = place;
    }

    /// When the next attempt is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(due, _)| *due)
    }

    /// The row that is due first, if its time has come.
    pub(crate) fn peek_due(&self, now: Timestamp) -> Option<(u64, &Row)> {
        let (_, sequence) = self.waiting.first().copied().filter(|(due, _)| *due <= now)?;
        Some((sequence, self.rows.get(&sequence)?))
    }

    /// Begins the attempt that is due first, if its time has come.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Option<u64> {
        let (due, sequence) = self.waiting.first().copied()?;
        if due > now {
            return None;
        }
        self.waiting.remove(&(due, sequence));
        Some(sequence)
    }

    /// An attempt is over of which nothing came: the row is due as it was before.
    pub(crate) fn put_back(&mut self, sequence: u64) {
        if let Some(row) = self.rows.get(&sequence) {
            self.waiting.insert((row.pending.next_attempt_at, sequence));
        }
    }

    /// Whether an attempt of this row is going on.
    pub(crate) fn is_going_on(&self, sequence: u64) -> bool {
        self.get(sequence).is_some_and(|row| !self.waiting.contains(&(row.pending.next_attempt_at, sequence)))
    }
}
