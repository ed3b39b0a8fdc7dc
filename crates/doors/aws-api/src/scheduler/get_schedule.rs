//! `GetSchedule`: everything about a schedule.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html>

use bongsu_broker::Seconds;
use serde::{Deserialize, Serialize};

use super::dates;
use super::kept::KeptSchedule;
use super::names::ScheduleName;
use super::tags::check;
use super::target::TargetOutput;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: Option<String>,
    group_name: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    arn: String,
    group_name: String,
    name: String,
    schedule_expression: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    schedule_expression_timezone: String,
    state: &'static str,
    creation_date: f64,
    last_modification_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<TargetOutput>,
    flexible_time_window: Window,
    action_after_completion: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Window {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_window_in_minutes: Option<u32>,
}

impl Window {
    fn of(window: Seconds) -> Window {
        match window.0 / 60 {
            0 => Window { mode: "OFF", maximum_window_in_minutes: None },
            minutes => Window { mode: "FLEXIBLE", maximum_window_in_minutes: Some(minutes) },
        }
    }
}

pub(super) fn state(enabled: bool) -> &'static str {
    if enabled { "ENABLED" } else { "DISABLED" }
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let name = ScheduleName::read(input.name, input.group_name, &mut constraints);
    check(constraints)?;
    cx.check_scheduler(&name.key())?;
    let found = cx.described_schedule(&name).await?;
    let (kept, definition) = (KeptSchedule::of(&found)?, &found.definition);
    let date = |at: Option<bongsu_broker::Timestamp>| at.map(|at| dates::written(at.0));
    Ok(Output {
        arn: definition.arn.to_string(),
        group_name: name.group,
        name: name.name,
        schedule_expression: definition.expression.to_string(),
        start_date: date(definition.start),
        end_date: date(definition.end),
        description: kept.description,
        schedule_expression_timezone: definition.zone.to_string(),
        state: state(definition.enabled),
        creation_date: dates::written(kept.created_at),
        last_modification_date: dates::written(kept.modified_at),
        kms_key_arn: kept.kms_key,
        target: definition.targets.first().map(|target| TargetOutput::of(target, &kept.role, cx)),
        flexible_time_window: Window::of(definition.window),
        action_after_completion: if definition.deletes_itself { "DELETE" } else { "NONE" },
    })
}
