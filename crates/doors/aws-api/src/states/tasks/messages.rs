//! `sqs:sendMessage`: a message of which the task's end is part.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html>

use bongsu_broker::{TaskAction, TaskCall};
use bongsu_runtime::TaskStep;

use super::asked_of_broker;
use super::fault::{Fault, Integration};
use super::parameters::{as_text, json_text, members};
use crate::asking::Asking;
use crate::service::AwsApi;
use crate::sqs;

pub(super) async fn send(door: &AwsApi, call: &TaskCall, input: &str) -> Result<TaskStep, Fault> {
    let mut members = members(input)?;
    as_text(&mut members, "MessageBody");
    let asking = Asking::new(door, call.trace_header.as_ref(), json_text(&members));
    let cx = asking.context();
    match sqs::outgoing_of(&cx) {
        Ok((queue, message)) => Ok(asked_of_broker(TaskAction::Send { queue, message })),
        Err(error) => {
            let first = sqs::first_fault(&cx, error).await;
            Err(Integration::Sqs.fault(&first, Some(asking.request_id())))
        }
    }
}
