//! AWS Lambda, as far as functions are invoked by it: a REST protocol, with JSON for errors.

mod function_name;
mod invoke;
mod invoker;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracing::debug;

use crate::error::{ApiError, ErrorKind};
use crate::observation::Seen;
use crate::request_id::RequestId;
use crate::service::{AwsApi, REQUEST_ID};
use crate::sigv4::Caller;

pub use invoke::PAYLOAD_BYTES_MAX;
pub use invoker::{Answer, Invocation, InvokeRefusal, Invoked, Invoker, LOG_TAIL_BYTES_MAX, NoFunctions};

const SIGNING_NAME: &str = "lambda";
const FUNCTIONS: &str = "/2015-03-31/functions";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What an operation may use.
struct Context<'a> {
    functions: &'a Arc<dyn Invoker>,
    /// Only a verified request has one.
    caller: &'a Caller,
    /// Whose functions there are.
    account: String,
    region: &'a str,
    head: &'a Parts,
    /// Of the query string.
    qualifier: Option<String>,
    body: &'a Bytes,
    request_id: RequestId,
    seen: &'a Seen,
}

/// What an operation answers.
struct Output {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// Whether the path is one of Lambda's.
pub(crate) fn is_asked(head: &Parts) -> bool {
    head.uri.path().strip_prefix(FUNCTIONS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request whose path is one of Lambda's.
pub(crate) async fn answer(api: &AwsApi, head: &Parts, body: &Bytes, request_id: RequestId) -> Response<Full<Bytes>> {
    let (begun, seen) = (Instant::now(), Seen::default());
    let outcome = call(api, head, body, request_id, &seen).await;
    api.observer.finished(&seen, head, request_id, begun, outcome.as_ref().err());
    match outcome {
        Ok(Output { status, headers, body }) => respond(status, headers, body, request_id),
        Err(error) => refuse(&error, request_id),
    }
}

/// The answer to a request whose body is too large to be read.
pub(crate) fn refuse_too_large(api: &AwsApi, head: &Parts, request_id: RequestId) -> Response<Full<Bytes>> {
    let error = invoke::too_large();
    api.observer.finished(&Seen::default(), head, request_id, Instant::now(), Some(&error));
    refuse(&error, request_id)
}

/// Who calls is known before anything else is looked at.
async fn call(
    api: &AwsApi,
    head: &Parts,
    body: &Bytes,
    request_id: RequestId,
    seen: &Seen,
) -> Result<Output, ApiError> {
    let config = &api.config;
    let now = config.clock.now().0 / 1000;
    let caller = config.verifier.verify(SIGNING_NAME, &head.method, &head.uri, &head.headers, body, now)?;
    seen.caller.get_or_init(|| caller.clone());
    let path = head.uri.path().strip_prefix(FUNCTIONS).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    let Some((function, "invocations")) = path.split_once('/') else {
        return Err(ApiError::unknown_operation(&format!("{} {}", head.method, head.uri.path())));
    };
    if head.method != Method::POST {
        return Err(ApiError::unknown_operation(&format!("{} {}", head.method, head.uri.path())));
    }
    seen.operation.get_or_init(|| "Invoke");
    let function = percent_decode_str(function).decode_utf8_lossy();
    let query = head.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let context = Context {
        functions: &config.functions,
        caller: &caller,
        account: config.account.to_string(),
        region: &config.region,
        head,
        qualifier: pairs.find(|(name, _)| name == "Qualifier").map(|(_, value)| value.into_owned()),
        body,
        request_id,
        seen,
    };
    invoke::call(&context, &function).await
}

/// The members that the model gives errors. `Message` has its capital where the model has it.
#[derive(Serialize)]
struct ErrorBody<'a> {
    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(rename = "Type")]
    fault: &'static str,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    capital_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

fn refuse(error: &ApiError, request_id: RequestId) -> Response<Full<Bytes>> {
    debug!(%request_id, kind = ?error.kind(), text = error.message(), "refused");
    let has_capital = error.kind() == ErrorKind::ResourceNotFoundException;
    let is_throttled = error.kind() == ErrorKind::TooManyRequestsException;
    let body = ErrorBody {
        reason: is_throttled.then_some("ReservedFunctionConcurrentInvocationLimitExceeded"),
        fault: if error.kind().is_sender_fault() { "User" } else { "Service" },
        capital_message: has_capital.then_some(error.message()),
        message: (!has_capital).then_some(error.message()),
    };
    let body = serde_json::to_vec(&body).expect("strings are always JSON");
    let status = StatusCode::from_u16(error.status()).expect("the table holds HTTP status codes");
    let shape = HeaderValue::from_static(error.kind().shape());
    respond(status, vec![(ERROR_TYPE, shape)], body.into(), request_id)
}

fn respond(
    status: StatusCode,
    more: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    request_id: RequestId,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    let request_id = HeaderValue::from_bytes(&request_id.text()).expect("digits and hyphens are a header value");
    headers.insert(REQUEST_ID, request_id);
    headers.extend(more);
    response
}
