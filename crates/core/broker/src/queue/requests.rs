//! Receives that a client may ask for again by their `ReceiveRequestAttemptId`, and for how long.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DeduplicationKey, Timestamp};

/// What a receive handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceiveRequest {
    /// Sequence numbers with the receive counts that they had then, in the order handed out.
    pub(crate) messages: Vec<(u64, u32)>,
    /// Until when the messages are hidden. Any other time there means that somebody changed it since.
    pub(crate) hidden_until: Timestamp,
    /// When the queue forgets the id.
    pub(crate) until: Timestamp,
    /// Where the newest record of this lies: only that one is kept by cleaning.
    pub(crate) position: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReceiveRequests {
    entries: BTreeMap<DeduplicationKey, ReceiveRequest>,
    expiries: BTreeSet<(Timestamp, DeduplicationKey)>,
}

impl ReceiveRequests {
    pub(crate) fn get(&self, key: &DeduplicationKey) -> Option<&ReceiveRequest> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &DeduplicationKey) -> Option<&mut ReceiveRequest> {
        self.entries.get_mut(key)
    }

    /// A repeated id stands for the newer receive.
    pub(crate) fn remember(&mut self, key: DeduplicationKey, request: ReceiveRequest) {
        let until = request.until;
        if let Some(before) = self.entries.insert(key, request) {
            self.expiries.remove(&(before.until, key));
        }
        self.expiries.insert((until, key));
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&DeduplicationKey, &ReceiveRequest)> {
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
