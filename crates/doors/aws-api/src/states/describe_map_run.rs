//! `DescribeMapRun`: how far a run of a distributed map is, in items and in executions.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html>

use bongsu_broker::Timestamp;
use serde::{Deserialize, Serialize};

use super::map_runs::status;
use super::parameters::required;
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    map_run_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    map_run_arn: String,
    execution_arn: String,
    status: &'static str,
    start_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
    max_concurrency: u32,
    tolerated_failure_percentage: f64,
    tolerated_failure_count: u32,
    item_counts: Counts,
    execution_counts: Counts,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Time>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    pending: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    total: u64,
    results_written: u64,
    failures_not_redrivable: u64,
    pending_redrive: u64,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.map_run_arn, "mapRunArn")?;
    let described = cx.map_run(&arn).await?;
    let items = cx.broker.map_run_items(&described).await?;
    let run = &described.summary.run;
    let time = |at: bongsu_states_language::Timestamp| Time(Timestamp(at.0));
    let executions = [run.pending, run.running, run.succeeded, run.failed, run.aborted].map(u64::from);
    let items_of = [items.pending, items.running, items.succeeded, items.failed, items.aborted];
    Ok(Output {
        map_run_arn: arn.into_string(),
        execution_arn: cx.parent_arn(&described),
        status: status(run),
        start_date: time(run.started_at),
        stop_date: run.stopped_at.map(time),
        max_concurrency: run.concurrency_max,
        tolerated_failure_percentage: f64::from(run.tolerated_failure_percentage),
        tolerated_failure_count: run.tolerated_failure_count,
        item_counts: counts(items_of, items.are_written),
        execution_counts: counts(executions, items.are_written),
        redrive_count: described.summary.redrives,
        redrive_date: described.summary.redriven_at.map(Time),
    })
}

/// Children run out of time only with their parents, and can be taken up again as long as these.
fn counts([pending, running, succeeded, failed, aborted]: [u64; 5], are_written: bool) -> Counts {
    Counts {
        pending,
        running,
        succeeded,
        failed,
        timed_out: 0,
        aborted,
        total: pending + running + succeeded + failed + aborted,
        results_written: if are_written { succeeded + failed } else { 0 },
        failures_not_redrivable: 0,
        pending_redrive: 0,
    }
}
