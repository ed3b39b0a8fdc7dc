//! What a queue remembers by an id for a while: messages that were sent, and receives that may be asked for again.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DeduplicationKey, MessageId, Timestamp};

/// The message that a deduplication id stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) message_id: MessageId,
    pub(crate) sequence: u64,
    pub(crate) until: Timestamp,
    /// Where the newest record of this lies: only that one is kept by cleaning.
    pub(crate) position: u64,
}

/// What a receive with a `ReceiveRequestAttemptId` handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceiveRequest {
    /// Sequence numbers with the receive counts that they had then, in the order handed out.
    pub(crate) messages: Vec<(u64, u32)>,
    /// Until when the messages are hidden. Any other time there means that somebody changed it since.
    pub(crate) hidden_until: Timestamp,
    pub(crate) until: Timestamp,
    /// Where the newest record of this lies: only that one is kept by cleaning.
    pub(crate) position: u64,
}

pub(crate) type DeduplicationWindow = Window<Remembered>;
pub(crate) type ReceiveRequests = Window<ReceiveRequest>;

/// Something that is forgotten at some time.
pub(crate) trait Lasting {
    fn until(&self) -> Timestamp;
}

impl Lasting for Remembered {
    fn until(&self) -> Timestamp {
        self.until
    }
}

impl Lasting for ReceiveRequest {
    fn until(&self) -> Timestamp {
        self.until
    }
}

/// By id, and by when each is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window<T> {
    entries: BTreeMap<DeduplicationKey, T>,
    expiries: BTreeSet<(Timestamp, DeduplicationKey)>,
}

impl<T> Default for Window<T> {
    fn default() -> Window<T> {
        Window { entries: BTreeMap::new(), expiries: BTreeSet::new() }
    }
}

impl<T: Lasting> Window<T> {
    pub(crate) fn get(&self, key: &DeduplicationKey) -> Option<&T> {
        self.entries.get(key)
    }

    /// For changes that leave alone when it is forgotten.
    pub(crate) fn get_mut(&mut self, key: &DeduplicationKey) -> Option<&mut T> {
        self.entries.get_mut(key)
    }

    /// A repeated id stands for the newer.
    pub(crate) fn remember(&mut self, key: DeduplicationKey, remembered: T) {
        let until = remembered.until();
        if let Some(before) = self.entries.insert(key, remembered)
            && before.until() != until
        {
            self.expiries.remove(&(before.until(), key));
        }
        self.expiries.insert((until, key));
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&DeduplicationKey, &T)> {
        self.entries.iter()
    }

    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.first().map(|(until, _)| *until)
    }

    /// Forgets the id that expires first.
    pub(crate) fn forget_first(&mut self) {
        if let Some((_, key)) = self.expiries.pop_first() {
            self.entries.remove(&key);
        }
    }
}
