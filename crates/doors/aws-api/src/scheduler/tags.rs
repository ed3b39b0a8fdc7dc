//! Tags, which only groups have.

use std::collections::BTreeMap;

use bongsu_broker::{EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::kept::encode;
use super::refusal::{TRIES_MAX, invalid, refused, too_busy};
use crate::constraints::Constraints;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

const TAGS_MAX: usize = 50;
const TAGS_GIVEN_MAX: usize = 200;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

pub(super) type Tags = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tag {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

/// Tags as they are given, each key once.
pub(super) fn read(given: Vec<Tag>, constraints: &mut Constraints) -> Tags {
    if given.len() > TAGS_GIVEN_MAX {
        let length = format_args!("have length less than or equal to {TAGS_GIVEN_MAX}");
        constraints.fault("tags", format_args!("[{} tags]", given.len()), length);
    }
    let mut tags = Tags::new();
    for (index, Tag { key, value }) in given.into_iter().enumerate() {
        let path = |member: &str| format!("tags.{}.member.{member}", index + 1);
        constraints.length(&path("key"), key.as_deref(), 1..=KEY_CHARS_MAX);
        constraints.length(&path("value"), value.as_deref(), 1..=VALUE_CHARS_MAX);
        let key = constraints.required(&path("key"), key);
        tags.insert(key, constraints.required(&path("value"), value));
    }
    tags
}

pub(super) fn check_count(tags: &Tags) -> Result<(), ApiError> {
    match tags.len() > TAGS_MAX {
        true => Err(invalid(format!("A schedule group has at most {TAGS_MAX} tags."))),
        false => Ok(()),
    }
}

pub(super) fn written(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect()
}

/// All that is wrong with a request, as the scheduler tells it.
pub(super) fn check(constraints: Constraints) -> Result<(), ApiError> {
    constraints.check_as(ErrorKind::ScheduleInvalid)
}

impl Context<'_> {
    /// Changes the tags of a group, whatever others do meanwhile.
    pub(super) async fn change_tags_of_group(&self, group: &str, change: impl Fn(&mut Tags)) -> Result<(), ApiError> {
        for _ in 0..TRIES_MAX {
            let mut found = self.schedule_group(group).await?;
            change(&mut found.value.tags);
            check_count(&found.value.tags)?;
            found.value.modified_at = self.config.clock.now().0;
            let path = self.group_path(group);
            let changes = EntryChanges {
                expected: vec![(path.clone(), found.bytes)],
                put: vec![(path, encode(&found.value))],
                ..EntryChanges::default()
            };
            match self.broker.change_entries(self.config.account, changes).await {
                Ok(()) => return Ok(()),
                Err(Refusal::Rejected(Rejection::EntryChanged)) => {}
                Err(refusal) => return Err(refused(refusal)),
            }
        }
        Err(too_busy())
    }
}
