//! `UpdateMapRun`: how many children run at once, and how many may fail, of a run that goes on.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateMapRun.html>

use bongsu_broker::WorkflowCommand;
use bongsu_states_language::MapRunChange;
use serde::Deserialize;

use super::Nothing;
use super::parameters::{invalid, required};
use super::rejection::refused;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

const PERCENTAGE_MAX: f32 = 100.0;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    map_run_arn: Option<Text<'a>>,
    max_concurrency: Option<Integer>,
    tolerated_failure_percentage: Option<f32>,
    tolerated_failure_count: Option<Integer>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let arn = required(input.map_run_arn, "mapRunArn")?;
    let change = MapRunChange {
        concurrency_max: number(input.max_concurrency, "maxConcurrency")?,
        tolerated_failure_count: number(input.tolerated_failure_count, "toleratedFailureCount")?,
        tolerated_failure_percentage: percentage(input.tolerated_failure_percentage)?,
    };
    let id = cx.map_run(&arn).await?.summary.run.id;
    let command = WorkflowCommand::ChangeMapRun { id, change };
    cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    Ok(Nothing {})
}

fn number(given: Option<Integer>, member: &str) -> Result<Option<u32>, ApiError> {
    let Some(Integer(given)) = given else { return Ok(None) };
    let least = || {
        invalid(format!(
            "1 validation error detected: Value '{given}' at '{member}' failed to satisfy constraint: Member must have value greater than or equal to 0"
        ))
    };
    let given = u64::try_from(given).map_err(|_| least())?;
    // More than this no run has.
    Ok(Some(u32::try_from(given).unwrap_or(u32::MAX)))
}

fn percentage(given: Option<f32>) -> Result<Option<u32>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    if !(0.0..=PERCENTAGE_MAX).contains(&given) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{given}' at 'toleratedFailurePercentage' failed to satisfy constraint: Member must have value between 0 and 100"
        )));
    }
    if given.fract() != 0.0 {
        return Err(invalid("toleratedFailurePercentage is a whole number here"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 100")]
    Ok(Some(given as u32))
}
