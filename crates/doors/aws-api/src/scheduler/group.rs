//! Groups of schedules: found, and told of.

use bytes::Bytes;
use serde::Serialize;

use super::dates;
use super::kept::{KeptGroup, Read};
use super::names::DEFAULT_GROUP;
use super::refusal::not_found;
use crate::error::ApiError;
use crate::operation::Context;

/// A group as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScheduleGroup {
    arn: String,
    name: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modification_date: Option<f64>,
}

impl ScheduleGroup {
    pub(super) fn of(name: &str, kept: &KeptGroup, cx: &Context<'_>) -> ScheduleGroup {
        let date = |at: u64| (at > 0).then(|| dates::written(at));
        ScheduleGroup {
            arn: cx.group_arn(name),
            name: name.to_owned(),
            state: "ACTIVE",
            creation_date: date(kept.created_at),
            last_modification_date: date(kept.modified_at),
        }
    }
}

impl Context<'_> {
    /// The default group is there without having been made.
    pub(super) async fn schedule_group(&self, name: &str) -> Result<Read<KeptGroup>, ApiError> {
        match self.kept_group(name).await? {
            Some(read) => Ok(read),
            None if name == DEFAULT_GROUP => Ok(Read { value: KeptGroup::default(), bytes: None }),
            None => Err(group_not_found(name)),
        }
    }

    /// What has to be so for a group to be there, besides the default one.
    pub(super) async fn expected_group(&self, name: &str) -> Result<Option<(Box<str>, Option<Bytes>)>, ApiError> {
        if name == DEFAULT_GROUP {
            return Ok(None);
        }
        Ok(Some((self.group_path(name), self.schedule_group(name).await?.bytes)))
    }
}

pub(super) fn group_not_found(name: &str) -> ApiError {
    not_found(format!("Schedule group {name} does not exist."))
}
