//! `ListSchedules`: of a group or of all, by group and name.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html>

use bongsu_broker::ScheduleDescription;
use serde::{Deserialize, Serialize};

use super::dates;
use super::get_schedule::state;
use super::kept::KeptSchedule;
use super::names::{ScheduleName, check_name};
use super::pages::Wanted;
use super::refusal::refused;
use super::tags::check;
use super::target::arn_of;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    group_name: Option<String>,
    name_prefix: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    max_results: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    schedules: Vec<ScheduleSummary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleSummary {
    arn: String,
    name: String,
    group_name: String,
    state: &'static str,
    creation_date: f64,
    last_modification_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<TargetSummary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetSummary {
    arn: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    check_name(&mut constraints, "groupName", input.group_name.as_deref());
    check_name(&mut constraints, "namePrefix", input.name_prefix.as_deref());
    constraints.choice("state", input.state.as_deref(), &["ENABLED", "DISABLED"]);
    let wanted = Wanted::read(input.next_token.as_deref(), input.max_results, &mut constraints)?;
    check(constraints)?;
    cx.check_scheduler("schedule/*/*")?;
    let prefix = match &input.group_name {
        Some(group) => {
            cx.schedule_group(group).await?;
            format!("schedule/{group}/")
        }
        None => "schedule/".to_owned(),
    };
    let found = cx.broker.schedules_beginning(&prefix).await.map_err(refused)?;
    let named = found.into_iter().filter_map(|found| Some((ScheduleName::of_key(&found.definition.name)?, found)));
    let listed = named.filter(|(name, found)| {
        input.name_prefix.as_ref().is_none_or(|prefix| name.name.starts_with(prefix))
            && input.state.as_ref().is_none_or(|wanted| wanted == state(found.definition.enabled))
    });
    let (page, next_token) = wanted.cut(listed, |(_, found)| &found.definition.name);
    let schedules = page.into_iter().map(|(name, found)| summary(name, &found, cx));
    Ok(Output { next_token, schedules: schedules.collect::<Result<_, _>>()? })
}

fn summary(name: ScheduleName, found: &ScheduleDescription, cx: &Context<'_>) -> Result<ScheduleSummary, ApiError> {
    let kept = KeptSchedule::of(found)?;
    let target = found.definition.targets.first();
    Ok(ScheduleSummary {
        arn: found.definition.arn.to_string(),
        name: name.name,
        group_name: name.group,
        state: state(found.definition.enabled),
        creation_date: dates::written(kept.created_at),
        last_modification_date: dates::written(kept.modified_at),
        target: target.map(|target| TargetSummary { arn: arn_of(&target.destination, cx) }),
    })
}
