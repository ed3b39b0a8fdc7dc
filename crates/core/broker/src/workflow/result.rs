//! What tasks get as their results, as AWS's integrations have them.

use bongsu_states_language::{Outcome, Status};
use serde_json::{Map, Value, json};

use super::command::StartedExecution;
use super::{ExecutionId, ExecutionStart, ParentTask, StateMachine};
use crate::{Published, Sent, Timestamp};

/// The task's error when the execution that it started did not succeed.
pub(crate) const CHILD_FAILED: &str = "States.TaskFailed";

/// Of `sqs:sendMessage`.
pub(crate) fn sent(body_md5: [u8; 16], sent: &Sent) -> Value {
    let mut result = json!({ "MD5OfMessageBody": hex::encode(body_md5), "MessageId": uuid_text(sent.message_id.0) });
    if sent.fifo {
        result["SequenceNumber"] = json!(format!("{:020}", sent.sequence));
    }
    with_metadata(result)
}

/// Of `sns:publish`.
pub(crate) fn published(published: &Published) -> Value {
    let mut result = json!({ "MessageId": uuid_text(published.message_id.0) });
    if let Some(sequence) = published.sequence {
        result["SequenceNumber"] = json!(format!("{sequence:020}"));
    }
    with_metadata(result)
}

/// Of `lambda:invoke` that does not wait.
pub(crate) fn event_queued() -> Value {
    let mut result = with_metadata(json!({ "Payload": {}, "StatusCode": 202 }));
    result["SdkHttpMetadata"]["HttpStatusCode"] = json!(202);
    result
}

/// Of `states:startExecution` that does not wait, and of the request of one that does.
pub(crate) fn started(started: &StartedExecution) -> Value {
    let arn = execution_arn(&started.machine, &started.start.name, started.id);
    with_metadata(json!({ "ExecutionArn": arn, "StartDate": started.start.started_at.0 }))
}

/// Of `states:startExecution.sync` and `.sync:2`: the execution's description, for success and for failure.
pub(crate) fn ended(
    machine: &StateMachine,
    (id, start): (ExecutionId, &ExecutionStart),
    parent: &ParentTask,
    (status, outcome, output): (Status, Option<&Outcome>, Option<&str>),
    stopped_at: Timestamp,
) -> Value {
    let text_or_json = |text: &str| match parent.as_json {
        true => serde_json::from_str(text).unwrap_or(Value::Null),
        false => Value::String(text.into()),
    };
    let mut told = Map::new();
    if let Some(Outcome::Error(error, cause)) = outcome {
        told.extend(cause.as_deref().map(|cause| ("Cause".to_owned(), json!(cause))));
        told.extend(error.as_deref().map(|error| ("Error".to_owned(), json!(error))));
    }
    told.insert("ExecutionArn".into(), json!(execution_arn(machine, &start.name, id)));
    told.insert("Input".into(), text_or_json(&parent.input));
    told.insert("InputDetails".into(), json!({ "Included": true }));
    told.insert("Name".into(), json!(&*start.name));
    if let Some(output) = output {
        told.insert("Output".into(), text_or_json(output));
        told.insert("OutputDetails".into(), json!({ "Included": true }));
    }
    told.insert("StartDate".into(), json!(start.started_at.0));
    told.insert("StateMachineArn".into(), json!(machine.arn));
    told.insert("Status".into(), json!(status.name()));
    told.insert("StopDate".into(), json!(stopped_at.0));
    Value::Object(told)
}

/// An execution's ARN is made of its machine's. Names of express executions are not unique: their identity is part of
/// it.
pub fn execution_arn(machine: &StateMachine, name: &str, id: ExecutionId) -> String {
    match machine.express {
        true => format!("{}:{name}:{}", machine.arn.replacen(":stateMachine:", ":express:", 1), uuid_text(id.0)),
        false => format!("{}:{name}", machine.arn.replacen(":stateMachine:", ":execution:", 1)),
    }
}

/// As UUIDs are written.
pub(crate) fn uuid_text(id: u128) -> String {
    let digits = format!("{id:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// What AWS's SDK for Java adds to each result, as far as there is something to tell.
fn with_metadata(mut result: Value) -> Value {
    result["SdkHttpMetadata"] = json!({ "AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200 });
    result["SdkResponseMetadata"] = json!({ "RequestId": "" });
    result
}
