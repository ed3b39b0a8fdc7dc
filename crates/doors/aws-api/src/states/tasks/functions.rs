//! Functions: called with a task's input as their event, or by `lambda:invoke`.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html>

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_broker::{TaskAction, TaskCall, Text};
use bongsu_runtime::{Refusal, TaskEnd, TaskStep};
use hyper::header::HeaderValue;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::fault::{Fault, Integration};
use super::parameters::{document, members};
use super::{asked_of_broker, succeeded};
use crate::asking::Asking;
use crate::error::{ApiError, ErrorKind};
use crate::lambda::{self, Invocable};
use crate::rest::Output;
use crate::service::AwsApi;

/// The error of a function that did not say what it was.
const UNKNOWN: &str = "Lambda.Unknown";

/// The function that a task names directly: its result is what the function returns.
pub(super) async fn call(door: &AwsApi, call: &TaskCall, arn: &str, input: &str) -> Result<TaskStep, Fault> {
    let asking = Asking::new(door, call.trace_header.as_ref(), input.to_owned());
    match ask(Map::from_iter([("FunctionName".to_owned(), json!(arn))]), &asking).await? {
        Invocable::Answered(output) => Ok(TaskStep::End(TaskEnd::Succeeded(Text::from(returned(&output)?.get())))),
        Invocable::Event(function, event) => Ok(asked_of_broker(TaskAction::QueueEvent { function, event })),
    }
}

/// `lambda:invoke`: its result has the payload among what else the operation answers.
pub(super) async fn invoke(door: &AwsApi, call: &TaskCall, input: &str) -> Result<TaskStep, Fault> {
    let mut members = members(input)?;
    let payload = members.remove("Payload").map(|payload| payload.get().to_owned()).unwrap_or_default();
    let mut members = document(&members);
    if let Some(context) = members.get_mut("ClientContext").filter(|context| context.is_object()) {
        *context = Value::String(BASE64_STANDARD.encode(context.to_string()));
    }
    let asking = Asking::new(door, call.trace_header.as_ref(), payload);
    match ask(members, &asking).await? {
        Invocable::Answered(output) => {
            let payload = returned(&output)?;
            Ok(succeeded(&described(&output, payload, &asking)))
        }
        Invocable::Event(function, event) => Ok(asked_of_broker(TaskAction::QueueEvent { function, event })),
    }
}

async fn ask(members: Map<String, Value>, asking: &Asking<'_>) -> Result<Invocable, Fault> {
    let begun = lambda::invoke_as_told(members, &asking.context()).await;
    begun.map_err(|error| Integration::Lambda.fault(&with_qualifier(error), Some(asking.request_id())))
}

/// What the function returned, or the error that it ended with.
fn returned(output: &Output) -> Result<&RawValue, Fault> {
    let payload = serde_json::from_slice(if output.body.is_empty() { b"{}" } else { &output.body });
    if !output.has_failed() {
        let unreadable = |_| Fault::new(UNKNOWN, "The function returned something that is not JSON.");
        return payload.map_err(unreadable);
    }
    let text = String::from_utf8_lossy(&output.body).into_owned();
    let said: Option<Value> = serde_json::from_slice(&output.body).ok();
    let name = said.as_ref().and_then(|said| said.get("errorType")?.as_str()).filter(|name| !name.is_empty());
    match name {
        Some(name) => Err(Fault::new(name, text)),
        None => Err(Fault::new(
            UNKNOWN,
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
            ),
        )),
    }
}

/// `lambda:invoke`, as AWS's SDK for Java tells an answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    executed_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_result: Option<&'a str>,
    payload: &'a RawValue,
    sdk_http_metadata: Value,
    sdk_response_metadata: Value,
    status_code: u16,
}

fn described<'a>(output: &'a Output, payload: &'a RawValue, asking: &Asking<'_>) -> Described<'a> {
    let request_id = asking.request_id().to_string();
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let mut headers: Vec<(String, String)> =
        output.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.push(("Content-Length".into(), output.body.len().to_string()));
    headers.push(("Content-Type".into(), "application/json".into()));
    headers.push(("x-amzn-RequestId".into(), request_id.clone()));
    let all: Map<String, Value> = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let single: Map<String, Value> = headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let status = output.status.as_u16();
    Described {
        executed_version: output.executed_version(),
        log_result: output.log_result(),
        payload,
        sdk_http_metadata: json!({ "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": status }),
        sdk_response_metadata: json!({ "RequestId": request_id }),
        status_code: status,
    }
}

/// What the broker refused.
pub(super) fn refused(door: &AwsApi, refusal: Refusal) -> Fault {
    let refused = Asking::new(door, None, "").context().refused(refusal);
    Integration::Lambda.fault(&refused, None)
}

/// Step Functions asks for the latest version by its name.
fn with_qualifier(error: ApiError) -> ApiError {
    const NOT_FOUND: &str = "Function not found: ";
    let latest = bongsu_broker::LATEST;
    let unqualified = error.message().strip_prefix(NOT_FOUND).is_some_and(|arn| arn.split(':').count() == 7);
    match error.kind() == ErrorKind::FunctionResourceNotFound && unqualified {
        true => ApiError::new(error.kind(), format!("{}:{latest}", error.message())),
        false => error,
    }
}
