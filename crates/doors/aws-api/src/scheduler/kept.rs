//! What the scheduler keeps besides what the broker knows: of schedules what only people read, and the groups.

use bongsu_broker::EntryKey;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::refusal::refused;
use super::tags::Tags;
use crate::error::ApiError;
use crate::operation::Context;

/// How many entries are read at a time.
const READ_AT_ONCE: usize = 1_000;

/// Of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct KeptSchedule {
    /// Since 1970, in milliseconds.
    pub(super) created_at: u64,
    pub(super) modified_at: u64,
    pub(super) description: Option<String>,
    pub(super) role: String,
    pub(super) kms_key: Option<String>,
    /// Of the request that made or changed it last.
    pub(super) token: Option<String>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct KeptGroup {
    /// Since 1970, in milliseconds; 0 of the default group, which was always there.
    pub(super) created_at: u64,
    pub(super) modified_at: u64,
    pub(super) tags: Tags,
    /// Of the request that made it.
    pub(super) token: Option<String>,
}

/// An entry as it was read, so that it can be changed if it still is so.
pub(super) struct Read<T> {
    pub(super) value: T,
    pub(super) bytes: Option<Bytes>,
}

impl Context<'_> {
    /// Where the group is kept.
    pub(super) fn group_path(&self, group: &str) -> Box<str> {
        format!("scheduler/{}/schedule-group/{group}", self.config.region).into()
    }

    /// The group's entry, if it has one.
    pub(super) async fn kept_group(&self, group: &str) -> Result<Option<Read<KeptGroup>>, ApiError> {
        let key = EntryKey { account: self.config.account, path: self.group_path(group) };
        let bytes = self.broker.entry(key).await.map_err(refused)?;
        bytes.map(|bytes| Ok(Read { value: decode(&bytes)?, bytes: Some(bytes) })).transpose()
    }

    /// All groups that are kept, by name.
    pub(super) async fn kept_groups(&self) -> Result<Vec<(String, KeptGroup)>, ApiError> {
        let prefix = self.group_path("");
        let mut all = Vec::new();
        let mut after: Option<Box<str>> = None;
        loop {
            let found = self.broker.entries(self.config.account, &prefix, after.as_deref(), READ_AT_ONCE).await;
            let found = found.map_err(refused)?;
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
}

pub(super) fn encode<T: Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).expect("text and numbers are JSON").into()
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|_| ApiError::internal_failure())
}
