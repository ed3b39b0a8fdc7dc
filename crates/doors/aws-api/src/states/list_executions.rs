//! `ListExecutions`: a machine's standard executions, the newest first.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>

use bongsu_broker::{ExecutionId, Timestamp, WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::executions::{STATUSES, arn_of, qualified};
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
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Time>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    if input.map_run_arn.is_some() {
        return Err(invalid("The children of distributed maps are no executions of their own here"));
    }
    let status = one_of(input.status_filter.as_deref(), "statusFilter", &STATUSES)?;
    let redriven =
        one_of(input.redrive_filter.as_deref(), "redriveFilter", &[("REDRIVEN", true), ("NOT_REDRIVEN", false)])?;
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let wanted = arn::machine(&arn)?;
    let max = pages::max(input.max_results)?;
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
            redrive_count: known.redrives,
            redrive_date: known.redriven_at.map(Time),
        }
    });
    Ok(Output { executions: told.collect(), next_token })
}

/// Where the page before ended.
fn position(token: &str) -> Option<(Timestamp, ExecutionId)> {
    let (at, id) = token.split_once('-')?;
    Some((Timestamp(at.parse().ok()?), ExecutionId(u128::from_str_radix(id, 16).ok()?)))
}
