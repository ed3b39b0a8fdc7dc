//! `ListMapRuns`: the runs of distributed maps that an execution has begun.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html>

use bongsu_broker::Timestamp;
use serde::{Deserialize, Serialize};

use super::executions::arn_of;
use super::pages;
use super::parameters::required;
use super::time::Time;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    execution_arn: Option<Text<'a>>,
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    map_runs: Vec<MapRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MapRun {
    execution_arn: String,
    map_run_arn: String,
    state_machine_arn: String,
    start_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.execution_arn, "executionArn")?;
    let max = pages::max(input.max_results)?;
    let after = pages::after(input.next_token)?.map(|token| position(&token).ok_or_else(pages::invalid_token));
    let described = cx.execution(&arn).await?;
    let mut runs = cx.broker.map_runs(described.summary.id, after.transpose()?, max + 1).await?;
    let next_token = pages::cut(&mut runs, max, |last| format!("{}-{:x}", last.run.started_at.0, last.run.id));
    let machine = &described.summary.start.machine.name;
    let time = |at: bongsu_states_language::Timestamp| Time(Timestamp(at.0));
    let told = runs.iter().map(|known| MapRun {
        execution_arn: arn_of(&described.summary, described.machine.as_deref(), cx),
        map_run_arn: known.run.arn(&cx.machine_arn(machine)),
        state_machine_arn: cx.machine_of_run(machine, &known.run),
        start_date: time(known.run.started_at),
        stop_date: known.run.stopped_at.map(time),
    });
    Ok(Output { map_runs: told.collect(), next_token })
}

/// Where the page before ended.
fn position(token: &str) -> Option<(Timestamp, u128)> {
    let (at, id) = token.split_once('-')?;
    Some((Timestamp(at.parse().ok()?), u128::from_str_radix(id, 16).ok()?))
}
