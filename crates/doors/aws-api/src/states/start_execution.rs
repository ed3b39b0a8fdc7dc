//! `StartExecution`: begins an execution. The answer means that it is durable.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>

use bongsu_broker::{MachineRef, Text as Shared, WorkflowCommand, execution_arn};
use serde::{Deserialize, Serialize};

use super::parameters::{check_name, required};
use super::rejection::refused;
use super::time::Time;
use super::{arn, executions};
use crate::codec::{Text, json};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    pub(super) state_machine_arn: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) input: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) trace_header: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    execution_arn: String,
    start_date: Time,
}

/// What is asked for, as far as it can be checked without the machine.
pub(super) struct Asked {
    pub(super) arn: String,
    pub(super) machine: MachineRef,
    pub(super) name: Option<Box<str>>,
    pub(super) input: Shared,
    pub(super) trace_header: Option<Shared>,
}

impl Asked {
    fn of(input: Input<'_>, cx: &Context<'_>) -> Result<Asked, ApiError> {
        let arn = required(input.state_machine_arn, "stateMachineArn")?;
        let machine = arn::machine(&arn)?;
        input.name.as_deref().map_or(Ok(()), check_name)?;
        Ok(Asked {
            arn: arn.into_string(),
            machine,
            name: input.name.map(|name| name.as_ref().into()),
            input: executions::input(input.input, cx),
            trace_header: input.trace_header.map(|header| cx.share(header)).or_else(|| cx.trace_header()),
        })
    }
}

/// What the request's body asks for.
pub(super) fn asked(cx: &Context<'_>) -> Result<Asked, ApiError> {
    Asked::of(json::decode(cx.body)?, cx)
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let Asked { arn, machine, name, input, trace_header } = Asked::of(input, cx)?;
    let command = WorkflowCommand::StartExecution { machine, name, input, trace_header };
    let started = cx.broker.start_execution(command).await.map_err(|refusal| refused(refusal, &arn))?;
    Ok(Output {
        execution_arn: execution_arn(&started.machine, &started.start.name, started.id),
        start_date: Time(started.start.started_at),
    })
}
