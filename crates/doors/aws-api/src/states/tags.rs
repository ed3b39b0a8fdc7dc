//! Tags of machines and activities: kept beside them, because they are no part of what a machine is.

use std::collections::BTreeMap;

use bongsu_broker::{EntryChanges, EntryKey};
use serde::{Deserialize, Serialize};

use super::arn;
use super::parameters::invalid;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;
/// How often a change is tried that others get in the way of.
const TRIES_MAX: usize = 10;

pub(super) type Tags = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// Tags as they are given, each key once.
pub(super) fn check(given: Vec<Tag>) -> Result<Tags, ApiError> {
    for tag in &given {
        if tag.key.is_empty() || tag.key.chars().count() > KEY_CHARS_MAX {
            return Err(invalid(format!("The key of a tag has 1 to {KEY_CHARS_MAX} characters")));
        }
        if tag.value.chars().count() > VALUE_CHARS_MAX {
            return Err(invalid(format!("The value of a tag has at most {VALUE_CHARS_MAX} characters")));
        }
    }
    let tags: Tags = given.into_iter().map(|tag| (tag.key, tag.value)).collect();
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), ApiError> {
    match tags.len() > TAGS_MAX {
        true => Err(ApiError::new(ErrorKind::TooManyTags, format!("Too Many Tags: 'at most {TAGS_MAX}'"))),
        false => Ok(()),
    }
}

impl Context<'_> {
    /// Makes sure that what has the ARN exists.
    pub(super) async fn check_tagged(&self, arn: &str) -> Result<(), ApiError> {
        let found = match arn::parts(arn)?[..] {
            ["stateMachine", ..] => {
                let machine = bongsu_broker::MachineRef { name: arn::unqualified(arn)?, qualifier: None };
                self.described_machine(machine, arn).await.map(drop)
            }
            _ => self.activity(arn).await.map(drop),
        };
        found.map_err(|error| match error.kind() {
            ErrorKind::StateMachineDoesNotExist | ErrorKind::ActivityDoesNotExist => {
                ApiError::new(ErrorKind::StatesResourceNotFound, format!("Resource not found: '{arn}'"))
            }
            _ => error,
        })
    }

    pub(super) async fn states_tags(&self, arn: &str) -> Result<Tags, ApiError> {
        let found = self.broker.entry(self.tags_key(arn)?).await?;
        found.map_or(Ok(Tags::new()), |bytes| serde_json::from_slice(&bytes).map_err(|_| ApiError::internal_failure()))
    }

    /// Adds tags, or gives those that are there another value.
    pub(super) async fn tag_states(&self, arn: &str, added: Tags) -> Result<(), ApiError> {
        self.change_states_tags(arn, |tags| tags.extend(added.clone())).await
    }

    pub(super) async fn untag_states(&self, arn: &str, keys: &[String]) -> Result<(), ApiError> {
        self.change_states_tags(arn, |tags| tags.retain(|key, _| !keys.contains(key))).await
    }

    pub(super) async fn forget_states_tags(&self, arn: &str) -> Result<(), ApiError> {
        let EntryKey { account, path } = self.tags_key(arn)?;
        let changes = EntryChanges { removed: vec![path], ..EntryChanges::default() };
        Ok(self.broker.change_entries(account, changes).await?)
    }

    async fn change_states_tags(&self, arn: &str, change: impl Fn(&mut Tags)) -> Result<(), ApiError> {
        let key = self.tags_key(arn)?;
        for _ in 0..TRIES_MAX {
            let before = self.broker.entry(key.clone()).await?;
            let known = before.as_ref().map_or(Ok(Tags::new()), |bytes| serde_json::from_slice(bytes));
            let mut tags = known.map_err(|_| ApiError::internal_failure())?;
            change(&mut tags);
            check_count(&tags)?;
            let value = serde_json::to_vec(&tags).expect("texts are JSON");
            let changes = EntryChanges {
                expected: vec![(key.path.clone(), before)],
                put: vec![(key.path.clone(), value.into())],
                ..EntryChanges::default()
            };
            match self.broker.change_entries(key.account, changes).await {
                Err(bongsu_runtime::Refusal::Rejected(bongsu_broker::Rejection::EntryChanged)) => {}
                other => return Ok(other?),
            }
        }
        Err(ApiError::new(ErrorKind::ConflictException, "The tags are being changed by others"))
    }
}
