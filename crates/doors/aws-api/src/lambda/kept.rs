//! What Lambda keeps for an account besides its functions: entries by path, as JSON.

use bongsu_broker::{EntryChanges, EntryKey};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::operation::Context;

/// How many entries are read at a time.
const READ_AT_ONCE: usize = 1_000;

/// An entry as it was read, so that it can be changed if it still is so.
pub(super) struct Kept<T> {
    pub(super) value: T,
    pub(super) bytes: Bytes,
}

impl Context<'_> {
    pub(super) fn entry_path(&self, below: &str) -> Box<str> {
        entry_path(&self.config.region, below)
    }

    pub(super) async fn stored<T: DeserializeOwned>(&self, below: &str) -> Result<Option<Kept<T>>, ApiError> {
        let key = EntryKey { account: self.config.account, path: self.entry_path(below) };
        let bytes = self.broker.entry(key).await.map_err(|refusal| self.refused(refusal))?;
        bytes.map(|bytes| Ok(Kept { value: decode(&bytes)?, bytes })).transpose()
    }

    /// All entries whose paths begin so, by the rest of their paths, in order.
    pub(super) async fn kept_below<T: DeserializeOwned>(&self, below: &str) -> Result<Vec<(String, T)>, ApiError> {
        let prefix = self.entry_path(below);
        let mut all = Vec::new();
        let mut after: Option<Box<str>> = None;
        loop {
            let found = self.broker.entries(self.config.account, &prefix, after.as_deref(), READ_AT_ONCE).await;
            let found = found.map_err(|refusal| self.refused(refusal))?;
            after = found.last().map(|entry| entry.path.clone());
            let is_last = found.len() < READ_AT_ONCE;
            for entry in found {
                all.push((entry.path[prefix.len()..].to_owned(), decode(&entry.value)?));
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Puts an entry in the place of the one that was read, or of none.
    pub(super) async fn keep<T: Serialize>(
        &self,
        below: &str,
        before: Option<&Kept<T>>,
        value: &T,
    ) -> Result<(), ApiError> {
        let path = self.entry_path(below);
        let expected = vec![(path.clone(), before.map(|before| before.bytes.clone()))];
        self.change(EntryChanges { expected, put: vec![(path, encode(value))], ..EntryChanges::default() }).await
    }

    /// Removes an entry with all that lies below it; what is not there does not matter.
    pub(super) async fn forget(&self, below: &str) -> Result<(), ApiError> {
        self.change(EntryChanges { removed: vec![self.entry_path(below)], ..EntryChanges::default() }).await
    }

    pub(super) async fn change(&self, changes: EntryChanges) -> Result<(), ApiError> {
        let changed = self.broker.change_entries(self.config.account, changes).await;
        changed.map_err(|refusal| self.refused(refusal))
    }
}

pub(super) fn entry_path(region: &str, below: &str) -> Box<str> {
    format!("lambda/{region}/{below}").into()
}

pub(super) fn encode<T: Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).expect("text and numbers are JSON").into()
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|_| ApiError::internal_failure())
}
