//! `states:startExecution`: another execution, which the task waits for if it says so.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html>

use bongsu_broker::{MachineRef, TaskAction, TaskCall};
use bongsu_runtime::{Refusal, TaskStep};
use bongsu_states_language::Pattern;
use serde_json::Value;

use super::asked_of_broker;
use super::fault::{Fault, Integration};
use super::parameters::{as_text, camel, document, members, renamed};
use crate::asking::Asking;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;
use crate::service::AwsApi;
use crate::states::rejection;
use crate::states::start_execution::{self, Asked};

pub(super) async fn start(door: &AwsApi, call: &TaskCall, pattern: Pattern, input: &str) -> Result<TaskStep, Fault> {
    let mut members = members(input)?;
    as_text(&mut members, "Input");
    let named = renamed(Value::Object(document(&members)), camel);
    let asking = Asking::new(door, call.trace_header.as_ref(), named.to_string());
    let cx = asking.context();
    match asked(pattern, &cx).await {
        Ok(Asked { machine, name, input, trace_header, .. }) => {
            Ok(asked_of_broker(TaskAction::StartExecution { machine, name, input, trace_header }))
        }
        Err(error) => Err(Integration::States.fault(&error, Some(asking.request_id()))),
    }
}

/// Of an express execution nobody is told how it ended, so that nothing can wait for it.
async fn asked(pattern: Pattern, cx: &Context<'_>) -> Result<Asked, ApiError> {
    let asked = start_execution::asked(cx)?;
    let waits = matches!(pattern, Pattern::Sync | Pattern::Sync2);
    if waits && cx.described_machine(asked.machine.clone(), &asked.arn).await?.machine.express {
        let text = "This operation is not supported by this type of state machine";
        return Err(ApiError::new(ErrorKind::StateMachineTypeNotSupported, text));
    }
    Ok(asked)
}

/// What the broker refused.
pub(super) fn refused(door: &AwsApi, machine: &MachineRef, refusal: Refusal) -> Fault {
    let asking = Asking::new(door, None, "");
    let arn = asking.context().machine_arn(&machine.name);
    let arn = machine.qualifier.iter().fold(arn, |arn, qualifier| format!("{arn}:{qualifier}"));
    Integration::States.fault(&rejection::refused(refusal, &arn), None)
}
