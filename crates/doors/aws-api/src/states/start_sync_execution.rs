//! `StartSyncExecution`: runs an express execution and waits for its end.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html>

use bongsu_states_language::{Outcome, Status};
use serde::{Deserialize, Serialize};

use super::parameters::{check_name, one_of, required};
use super::rejection::refused;
use super::time::Time;
use super::{arn, executions};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// Durations are billed in steps of so many milliseconds.
const BILLED_MS: u64 = 100;
/// The least memory that is billed.
const BILLED_MB: u64 = 64;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_arn: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    input: Option<Text<'a>>,
    #[serde(borrow)]
    trace_header: Option<Text<'a>>,
    #[serde(borrow)]
    included_data: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    start_date: Time,
    stop_date: Time,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    input: String,
    input_details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    billing_details: Billing,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    pub(super) included: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Billing {
    billed_duration_in_milliseconds: u64,
    #[serde(rename = "billedMemoryUsedInMB")]
    billed_memory_used_in_mb: u64,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    one_of(input.included_data.as_deref(), "includedData", &[("ALL_DATA", ()), ("METADATA_ONLY", ())])?;
    let machine = arn::machine(&arn)?;
    input.name.as_deref().map_or(Ok(()), check_name)?;
    let given = executions::input(input.input, cx);
    let trace_header = input.trace_header.map(|header| cx.share(header)).or_else(|| cx.trace_header());
    let name = input.name.map(|name| name.as_ref().into());
    let ended = cx.broker.run_express(machine, name, given.clone(), trace_header).await;
    let ended = ended.map_err(|refusal| refused(refusal, &arn))?;
    let (error, cause) = match &ended.outcome {
        Outcome::Output(_) => (None, None),
        Outcome::Error(error, cause) => (error.as_deref().map(str::to_owned), cause.as_deref().map(str::to_owned)),
    };
    let lasted = ended.stopped_at.0.saturating_sub(ended.start.started_at.0);
    let status = match ended.status {
        Status::Succeeded => "SUCCEEDED",
        Status::TimedOut => "TIMED_OUT",
        _ => "FAILED",
    };
    Ok(Output {
        execution_arn: ended.arn,
        state_machine_arn: ended.machine.arn.to_string(),
        name: ended.start.name.to_string(),
        start_date: Time(ended.start.started_at),
        stop_date: Time(ended.stopped_at),
        status,
        error,
        cause,
        input: given.to_string(),
        input_details: Details { included: true },
        output_details: ended.output.as_ref().map(|_| Details { included: true }),
        output: ended.output.map(|output| output.to_string()),
        trace_header: ended.start.trace_header.map(|header| header.to_string()),
        billing_details: Billing {
            billed_duration_in_milliseconds: lasted.next_multiple_of(BILLED_MS).max(BILLED_MS),
            billed_memory_used_in_mb: BILLED_MB,
        },
    })
}
