//! `ListScheduleGroups`: by name, the default one among them.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListScheduleGroups.html>

use serde::{Deserialize, Serialize};

use super::group::ScheduleGroup;
use super::kept::KeptGroup;
use super::names::{DEFAULT_GROUP, check_name};
use super::pages::Wanted;
use super::tags::check;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    schedule_groups: Vec<ScheduleGroup>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    check_name(&mut constraints, "namePrefix", input.name_prefix.as_deref());
    let wanted = Wanted::read(input.next_token.as_deref(), input.max_results, &mut constraints)?;
    check(constraints)?;
    cx.check_scheduler("schedule-group/*")?;
    let mut groups = cx.kept_groups().await?;
    if let Err(place) = groups.binary_search_by(|(name, _)| name.as_str().cmp(DEFAULT_GROUP)) {
        groups.insert(place, (DEFAULT_GROUP.to_owned(), KeptGroup::default()));
    }
    let prefix = input.name_prefix.unwrap_or_default();
    let named = groups.into_iter().filter(|(name, _)| name.starts_with(&prefix));
    let (page, next_token) = wanted.cut(named, |(name, _)| name);
    let schedule_groups = page.iter().map(|(name, kept)| ScheduleGroup::of(name, kept, cx)).collect();
    Ok(Output { next_token, schedule_groups })
}
