//! `GetScheduleGroup`: tells of a group.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetScheduleGroup.html>

use serde::Deserialize;

use super::group::ScheduleGroup;
use super::names::check_name;
use super::tags::check;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<ScheduleGroup, ApiError> {
    let mut constraints = Constraints::default();
    check_name(&mut constraints, "name", input.name.as_deref());
    let name = constraints.required("name", input.name);
    check(constraints)?;
    cx.check_scheduler(&format!("schedule-group/{name}"))?;
    let found = cx.schedule_group(&name).await?;
    Ok(ScheduleGroup::of(&name, &found.value, cx))
}
