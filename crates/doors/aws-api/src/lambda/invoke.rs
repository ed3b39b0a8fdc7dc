//! `Invoke`: runs a function and waits for what it returns.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bongsu_traces::TraceContext;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde::de::IgnoredAny;

use super::function_name::{FunctionName, LATEST};
use super::{Context, Invocation, InvokeRefusal, Output};
use crate::error::{ApiError, ErrorKind};
use crate::observation::TRACE_ID;

/// The largest event of a caller who waits.
pub const PAYLOAD_BYTES_MAX: usize = 6 << 20;

const INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");
const LOG_TYPE: HeaderName = HeaderName::from_static("x-amz-log-type");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("x-amz-client-context");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");

/// An event that is not given.
const NO_EVENT: &[u8] = b"{}";

pub(super) async fn call(cx: &Context<'_>, function: &str) -> Result<Output, ApiError> {
    let name = own_function(cx, function)?;
    let is_dry_run = match header(cx.head, &INVOCATION_TYPE)? {
        None | Some("RequestResponse") => false,
        Some("DryRun") => true,
        Some("Event") => {
            let text = "InvocationType Event is not available: this server invokes functions synchronously, or feeds \
                        them from queues.";
            return Err(ApiError::invalid_parameter(text));
        }
        Some(other) => return Err(invalid_choice("invocationType", other, "Event, RequestResponse, DryRun")),
    };
    let wants_log = match header(cx.head, &LOG_TYPE)? {
        None | Some("None") => false,
        Some("Tail") => true,
        Some(other) => return Err(invalid_choice("logType", other, "None, Tail")),
    };
    if cx.head.headers.contains_key(CLIENT_CONTEXT) {
        return Err(ApiError::invalid_parameter("A ClientContext is not passed on to functions here."));
    }
    if is_dry_run {
        return match cx.functions.exists(name).await {
            Ok(true) => Ok(Output { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: Bytes::new() }),
            Ok(false) => Err(refused(cx, name, InvokeRefusal::DoesNotExist)),
            Err(refusal) => Err(refused(cx, name, refusal)),
        };
    }
    let trace_id = header(cx.head, &TRACE_ID)?.filter(|header| TraceContext::from_xray(header).is_some());
    let invocation = Invocation {
        request_id: cx.request_id.to_string(),
        payload: payload(cx.body)?,
        trace_id: trace_id.map(str::to_owned),
        wants_log,
    };
    let begun = Instant::now();
    let invoked = cx.functions.invoke(name, invocation).await;
    cx.seen.waited.get_or_init(|| begun.elapsed());
    let invoked = invoked.map_err(|refusal| refused(cx, name, refusal))?;
    let mut headers = vec![(EXECUTED_VERSION, HeaderValue::from_static(LATEST))];
    if invoked.result.is_err() {
        headers.push((FUNCTION_ERROR, HeaderValue::from_static("Unhandled")));
    }
    if wants_log {
        let log = HeaderValue::try_from(BASE64_STANDARD.encode(&invoked.log_tail));
        headers.push((LOG_RESULT, log.expect("base64 is a header value")));
    }
    Ok(Output { status: StatusCode::OK, headers, body: invoked.result.unwrap_or_else(|error| error) })
}

/// The name of a function of this server's, if that is what the caller means and may use.
fn own_function<'a>(cx: &Context<'_>, function: &'a str) -> Result<&'a str, ApiError> {
    let Some(named) = FunctionName::parse(function) else {
        let text = format!(
            "1 validation error detected: Value '{function}' at 'functionName' failed to satisfy constraint: Member \
             must be a function's name, partial ARN or ARN"
        );
        return Err(ApiError::new(ErrorKind::ValidationException, text));
    };
    if let Some(region) = named.region.filter(|region| *region != cx.region) {
        let text = format!("Functions from '{region}' are not reachable in this region ('{}')", cx.region);
        return Err(ApiError::new(ErrorKind::ResourceNotFoundException, text));
    }
    let account = named.account.unwrap_or(cx.caller.account());
    let arn = format!("arn:aws:lambda:{}:{account}:function:{}", cx.region, named.name);
    if account != cx.caller.account() {
        let text = format!(
            "User: {} is not authorized to perform: lambda:InvokeFunction on resource: {arn} because no resource-based \
             policy allows the lambda:InvokeFunction action",
            cx.caller.arn()
        );
        return Err(ApiError::new(ErrorKind::AccessDeniedException, text));
    }
    let qualifier = match (named.qualifier, &cx.qualifier) {
        (Some(named), Some(asked)) if named != asked => {
            return Err(ApiError::invalid_parameter(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        (Some(named), _) => Some(named),
        (None, asked) => asked.as_deref(),
    };
    match qualifier.filter(|qualifier| *qualifier != LATEST) {
        Some(other) => Err(does_not_exist(&format!("{arn}:{other}"))),
        // All functions are of the server's account.
        None if account != cx.account => Err(does_not_exist(&arn)),
        None => Ok(named.name),
    }
}

fn payload(body: &Bytes) -> Result<Bytes, ApiError> {
    if body.len() > PAYLOAD_BYTES_MAX {
        return Err(too_large());
    }
    if body.is_empty() {
        return Ok(Bytes::from_static(NO_EVENT));
    }
    serde_json::from_slice::<IgnoredAny>(body).map_err(|fault| {
        let text = format!("Could not parse request body into json: Could not parse payload into json: {fault}");
        ApiError::new(ErrorKind::InvalidRequestContentException, text)
    })?;
    Ok(body.clone())
}

/// The refusal of an event that is larger than [`PAYLOAD_BYTES_MAX`].
pub(super) fn too_large() -> ApiError {
    let text =
        format!("The payload is too large for the RequestResponse invocation type (limit {PAYLOAD_BYTES_MAX} bytes)");
    ApiError::new(ErrorKind::RequestTooLargeException, text)
}

fn refused(cx: &Context<'_>, name: &str, refusal: InvokeRefusal) -> ApiError {
    match refusal {
        InvokeRefusal::DoesNotExist => {
            does_not_exist(&format!("arn:aws:lambda:{}:{}:function:{name}", cx.region, cx.account))
        }
        InvokeRefusal::TooManyRunning => ApiError::new(ErrorKind::TooManyRequestsException, "Rate Exceeded."),
        InvokeRefusal::Unavailable => ApiError::new(ErrorKind::ServiceUnavailable, "The server is stopping."),
    }
}

fn does_not_exist(arn: &str) -> ApiError {
    ApiError::new(ErrorKind::ResourceNotFoundException, format!("Function not found: {arn}"))
}

fn invalid_choice(member: &str, value: &str, choices: &str) -> ApiError {
    let text = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy \
         enum value set: [{choices}]"
    );
    ApiError::new(ErrorKind::ValidationException, text)
}

fn header<'a>(head: &'a Parts, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let Some(value) = head.headers.get(name) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::invalid_parameter(format!("The header {name} is not text.")))?;
    Ok(Some(text))
}
