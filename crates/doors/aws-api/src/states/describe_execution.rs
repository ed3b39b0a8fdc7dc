//! `DescribeExecution`: how a standard execution stands, with what it began with and what came of it.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>

use bongsu_broker::Timestamp;
use bongsu_states_language::Event;
use serde::{Deserialize, Serialize};

use super::executions::{arn_of, qualified, redrivable};
use super::map_runs;
use super::parameters::{one_of, required};
use super::start_sync_execution::Details;
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    execution_arn: Option<Text<'a>>,
    #[serde(borrow)]
    included_data: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    input_details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Time>,
    redrive_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.execution_arn, "executionArn")?;
    let metadata_only =
        one_of(input.included_data.as_deref(), "includedData", &[("ALL_DATA", false), ("METADATA_ONLY", true)])?;
    let included = !metadata_only.unwrap_or(false);
    if let Some(child) = map_runs::child(&arn)? {
        return of_child(&child, &arn, included, cx).await;
    }
    let described = cx.execution(&arn).await?;
    let texts = cx.broker.execution_texts(&described).await?;
    let summary = &described.summary;
    let machine_arn = described
        .machine
        .as_ref()
        .map_or_else(|| cx.machine_arn(&summary.start.machine.name), |machine| machine.arn.to_string());
    let (version_arn, alias_arn) = qualified(&summary.start, &machine_arn);
    let problem = texts.last.and_then(|event| match event.event {
        Event::ExecutionFailed(problem) | Event::ExecutionTimedOut(problem) | Event::ExecutionAborted(problem) => {
            Some(problem)
        }
        _ => None,
    });
    let (error, cause) = problem.map_or((None, None), |problem| (problem.error, problem.cause));
    let (redrive_status, redrive_status_reason) = redrivable(summary.status);
    let text = |text: std::sync::Arc<str>| text.to_string();
    Ok(Output {
        execution_arn: arn_of(summary, described.machine.as_deref(), cx),
        state_machine_arn: machine_arn,
        name: summary.start.name.to_string(),
        status: summary.status.name(),
        start_date: Time(summary.start.started_at),
        stop_date: summary.stopped_at.map(Time),
        input: texts.input.filter(|_| included).map(text),
        input_details: Details { included },
        output_details: texts.output.as_ref().map(|_| Details { included }),
        output: texts.output.filter(|_| included).map(text),
        trace_header: summary.start.trace_header.as_ref().map(ToString::to_string),
        error: error.map(text),
        cause: cause.map(text),
        state_machine_version_arn: version_arn,
        state_machine_alias_arn: alias_arn,
        redrive_count: summary.redrives,
        redrive_date: summary.redriven_at.map(Time),
        redrive_status,
        redrive_status_reason,
        map_run_arn: None,
    })
}

/// The execution of a distributed map's child, which is part of its parent's.
async fn of_child(
    child: &map_runs::ChildArn<'_>,
    arn: &str,
    included: bool,
    cx: &Context<'_>,
) -> Result<Output, ApiError> {
    let (described, known) = cx.map_child(child, arn).await?;
    let texts = cx.broker.map_child_texts(&described, &known.child).await?;
    let (state_machine_arn, execution_arn) = cx.child_arns(&described, &known);
    let time = |at: bongsu_states_language::Timestamp| Time(Timestamp(at.0));
    let text = |text: std::sync::Arc<str>| text.to_string();
    // It goes on when its run does.
    let (redrive_status, redrive_status_reason) = match redrivable(known.child.status) {
        ("REDRIVABLE", _) => ("REDRIVABLE_BY_MAP_RUN", None),
        other => other,
    };
    let (error, cause) = known.child.problem.clone().map_or((None, None), |problem| (problem.error, problem.cause));
    Ok(Output {
        execution_arn,
        state_machine_arn,
        name: described.summary.run.child_name(known.child.index),
        status: known.child.status.name(),
        start_date: time(known.child.started_at),
        stop_date: known.child.stopped_at.map(time),
        input: texts.input.filter(|_| included).map(text),
        input_details: Details { included },
        output_details: texts.output.as_ref().map(|_| Details { included }),
        output: texts.output.filter(|_| included).map(text),
        trace_header: None,
        error: error.map(text),
        cause: cause.map(text),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        redrive_count: 0,
        redrive_date: None,
        redrive_status,
        redrive_status_reason,
        map_run_arn: Some(cx.map_run_arn(&described)),
    })
}
