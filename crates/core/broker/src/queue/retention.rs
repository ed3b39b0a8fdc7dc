//! Which messages are the oldest: one lower bound for each chunk of 64, so that a backlog costs next to nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::shelf::chunk_of;
use crate::Timestamp;

/// For each chunk of messages a time that none of them was sent before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    of_chunk: BTreeMap<u64, Timestamp>,
    by_time: BTreeSet<(Timestamp, u64)>,
}

impl Retention {
    pub(crate) fn insert(&mut self, sequence: u64, sent_at: Timestamp) {
        let chunk = chunk_of(sequence);
        // Dead-lettered messages keep the time of their first send, so times need not rise with the numbers.
        if self.of_chunk.get(&chunk).is_none_or(|bound| sent_at < *bound) {
            self.set(chunk, Some(sent_at));
        }
    }

    /// Called when the last message of the chunk of `sequence` is gone.
    pub(crate) fn forget(&mut self, sequence: u64) {
        self.set(chunk_of(sequence), None);
    }

    pub(crate) fn set(&mut self, chunk: u64, bound: Option<Timestamp>) {
        let before = match bound {
            Some(bound) => self.of_chunk.insert(chunk, bound),
            None => self.of_chunk.remove(&chunk),
        };
        if let Some(before) = before {
            self.by_time.remove(&(before, chunk));
        }
        if let Some(bound) = bound {
            self.by_time.insert((bound, chunk));
        }
    }

    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(sent_at, _)| *sent_at)
    }

    /// The chunks, each with its bound, by rising bounds.
    pub(crate) fn by_time(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        self.by_time.iter().copied()
    }

    pub(crate) fn oldest_chunk(&self) -> Option<u64> {
        self.by_time.first().map(|(_, chunk)| *chunk)
    }
}
