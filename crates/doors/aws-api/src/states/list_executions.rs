//! `ListExecutions`: a machine's standard executions, the newest first.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>

use bongsu_broker::{ExecutionId, Timestamp, WorkflowCommand, WorkflowReply};
use bongsu_runtime::MapRunChild;
use bongsu_states_language::Status;
use serde::{Deserialize, Serialize};

use super::executions::{STATUSES, arn_of, qualified};
use super::map_runs::has_begun;
use super::parameters::{invalid, one_of, required};
use super::rejection::refused;
use super::time::Time;
use super::{arn, pages};
use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_arn: Option<Text<'a>>,
    #[serde(borrow)]
    status_filter: Option<Text<'a>>,
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    #[serde(borrow)]
    map_run_arn: Option<Text<'a>>,
    #[serde(borrow)]
    redrive_filter: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    executions: Vec<Execution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
    /// On how many items a child of a distributed map works.
    #[serde(skip_serializing_if = "Option::is_none")]
    item_count: Option<u32>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Time>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let status = one_of(input.status_filter.as_deref(), "statusFilter", &STATUSES)?;
    let redriven =
        one_of(input.redrive_filter.as_deref(), "redriveFilter", &[("REDRIVEN", true), ("NOT_REDRIVEN", false)])?;
    let max = pages::max(input.max_results)?;
    if let Some(run) = input.map_run_arn {
        if input.state_machine_arn.is_some() {
            return Err(invalid("Only one of stateMachineArn and mapRunArn can be given"));
        }
        return children(&run, status, redriven, max, input.next_token, cx).await;
    }
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let wanted = arn::machine(&arn)?;
    let after = pages::after(input.next_token)?.map(|token| position(&token).ok_or_else(pages::invalid_token));
    let machine =
        cx.described_machine(bongsu_broker::MachineRef { name: wanted.name.clone(), qualifier: None }, &arn).await;
    let machine = machine.map(|described| described.machine).ok();
    if machine.as_ref().is_some_and(|machine| machine.express) {
        let text = "This operation is not supported by this type of state machine";
        return Err(ApiError::new(ErrorKind::StateMachineTypeNotSupported, text));
    }
    if status == Some(None) {
        return Ok(Output { executions: Vec::new(), next_token: None });
    }
    let command = WorkflowCommand::ListExecutions {
        machine: wanted.name.clone(),
        status: status.flatten(),
        redriven,
        after: after.transpose()?,
        max: max + 1,
    };
    let reply = cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    let Some(WorkflowReply::Executions(mut found)) = reply else { return Err(ApiError::internal_failure()) };
    let next_token = pages::cut(&mut found, max, |last| format!("{}-{:x}", last.start.started_at.0, last.id.0));
    let machine_arn = cx.machine_arn(&wanted.name);
    found.retain(|known| wanted.qualifier.is_none() || known.start.machine.qualifier == wanted.qualifier);
    let told = found.iter().map(|known| {
        let (state_machine_version_arn, state_machine_alias_arn) = qualified(&known.start, &machine_arn);
        Execution {
            execution_arn: arn_of(known, None, cx),
            state_machine_arn: machine_arn.clone(),
            name: known.start.name.to_string(),
            status: known.status.name(),
            start_date: Time(known.start.started_at),
            stop_date: known.stopped_at.map(Time),
            state_machine_version_arn,
            state_machine_alias_arn,
            map_run_arn: None,
            item_count: None,
            redrive_count: known.redrives,
            redrive_date: known.redriven_at.map(Time),
        }
    });
    Ok(Output { executions: told.collect(), next_token })
}

/// The children of a run of a distributed map that have begun, the newest first.
async fn children(
    arn: &str,
    status: Option<Option<Status>>,
    redriven: Option<bool>,
    max: usize,
    next_token: Option<Text<'_>>,
    cx: &Context<'_>,
) -> Result<Output, ApiError> {
    let below = pages::after(next_token)?.map(|token| token.parse::<u32>().map_err(|_| pages::invalid_token()));
    let below = below.transpose()?.unwrap_or(u32::MAX);
    let described = cx.map_run(arn).await?;
    let is_wanted = |known: &MapRunChild| {
        has_begun(known)
            && known.child.index < below
            && status.is_none_or(|status| status == Some(known.child.status))
            // With the run they are taken up again, not by themselves.
            && redriven != Some(true)
    };
    let all = cx.broker.map_run_children(&described).await?;
    let mut found: Vec<MapRunChild> = all.into_iter().rev().filter(is_wanted).take(max + 1).collect();
    let next_token = pages::cut(&mut found, max, |last| last.child.index.to_string());
    let time = |at: bongsu_states_language::Timestamp| Time(Timestamp(at.0));
    let told = found.iter().map(|known| {
        let (state_machine_arn, execution_arn) = cx.child_arns(&described, known);
        Execution {
            execution_arn,
            state_machine_arn,
            name: described.summary.run.child_name(known.child.index),
            status: known.child.status.name(),
            start_date: time(known.child.started_at),
            stop_date: known.child.stopped_at.map(time),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            map_run_arn: Some(arn.to_owned()),
            item_count: Some(known.items),
            redrive_count: 0,
            redrive_date: None,
        }
    });
    Ok(Output { executions: told.collect(), next_token })
}

/// Where the page before ended.
fn position(token: &str) -> Option<(Timestamp, ExecutionId)> {
    let (at, id) = token.split_once('-')?;
    Some((Timestamp(at.parse().ok()?), ExecutionId(u128::from_str_radix(id, 16).ok()?)))
}
