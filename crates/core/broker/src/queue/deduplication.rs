//! Which deduplication ids a queue still remembers, and for how long.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DeduplicationKey, MessageId, Timestamp};

/// The message that an id stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) message_id: MessageId,
    pub(crate) sequence: u64,
    pub(crate) until: Timestamp,
    /// Where the newest record of this lies: only that one is kept by cleaning.
    pub(crate) position: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeduplicationWindow {
    entries: BTreeMap<DeduplicationKey, Remembered>,
    expiries: BTreeSet<(Timestamp, DeduplicationKey)>,
}

impl DeduplicationWindow {
    pub(crate) fn get(&self, key: &DeduplicationKey) -> Option<&Remembered> {
        self.entries.get(key)
    }

    pub(crate) fn remember(&mut self, key: DeduplicationKey, remembered: Remembered) {
        self.expiries.insert((remembered.until, key));
        if let Some(before) = self.entries.insert(key, remembered.clone())
            && before.until != remembered.until
        {
            self.expiries.remove(&(before.until, key));
        }
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&DeduplicationKey, &Remembered)> {
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
