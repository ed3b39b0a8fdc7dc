//! `CreateScheduleGroup`: makes a group; asked again with the same token, it tells of the one that was made.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html>

use bongsu_broker::{EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::kept::{KeptGroup, encode};
use super::names::{DEFAULT_GROUP, check_name, check_token};
use super::refusal::{TRIES_MAX, conflict, refused, too_busy, too_many_groups};
use super::tags::{self, Tag, check};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

/// Besides the default one.
const GROUPS_MAX: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: Option<String>,
    tags: Vec<Tag>,
    client_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    schedule_group_arn: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    check_name(&mut constraints, "name", input.name.as_deref());
    let name = constraints.required("name", input.name);
    check_token(&mut constraints, input.client_token.as_deref());
    let tags = tags::read(input.tags, &mut constraints);
    check(constraints)?;
    tags::check_count(&tags)?;
    cx.check_scheduler(&format!("schedule-group/{name}"))?;
    let output = Output { schedule_group_arn: cx.group_arn(&name) };
    let exists = || conflict(format!("Schedule group {name} already exists."));
    if name == DEFAULT_GROUP {
        return Err(exists());
    }
    for _ in 0..TRIES_MAX {
        if let Some(found) = cx.kept_group(&name).await? {
            let is_made = input.client_token.is_some() && found.value.token == input.client_token;
            return if is_made && found.value.tags == tags { Ok(output) } else { Err(exists()) };
        }
        if cx.kept_groups().await?.len() >= GROUPS_MAX {
            return Err(too_many_groups());
        }
        let now = cx.config.clock.now().0;
        let token = input.client_token.clone();
        let made = encode(&KeptGroup { created_at: now, modified_at: now, tags: tags.clone(), token });
        let path = cx.group_path(&name);
        let changes =
            EntryChanges { expected: vec![(path.clone(), None)], put: vec![(path, made)], ..EntryChanges::default() };
        match cx.broker.change_entries(cx.config.account, changes).await {
            Ok(()) => return Ok(output),
            Err(Refusal::Rejected(Rejection::EntryChanged)) => {}
            Err(refusal) => return Err(refused(refusal)),
        }
    }
    Err(too_busy())
}
