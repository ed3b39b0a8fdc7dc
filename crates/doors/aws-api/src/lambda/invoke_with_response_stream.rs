//! `InvokeWithResponseStream`: runs a function, and answers in a stream of events, once all of them are known.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::event_stream::put_event;
use super::invocation::{EXECUTED_VERSION, Kind, PAYLOAD_BYTES_MAX, client_context, payload, wants_log};
use super::invoker::Invoked;
use super::refusal::invalid;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;
use crate::rest::Output;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("application/vnd.amazon.eventstream");
const STREAMED_TYPE: HeaderName = HeaderName::from_static("x-amzn-remapped-content-type");
/// The most that one event carries.
const CHUNK_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
    invocation_type: Option<String>,
    log_type: Option<String>,
    client_context: Option<String>,
}

/// The last event.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Complete {
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_result: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let kind = Kind::parse(input.invocation_type.as_deref(), &mut constraints);
    let wants_log = wants_log(input.log_type.as_deref(), &mut constraints);
    constraints.check()?;
    let function = cx.invokable(&input.function_name, input.qualifier.as_deref()).await?;
    match kind {
        Kind::DryRun => cx.dry_run(&function).await,
        Kind::Event => Err(invalid("Responses of events cannot be streamed.")),
        Kind::RequestResponse => {
            let context = client_context(input.client_context.as_deref())?;
            let payload = payload(cx.body, PAYLOAD_BYTES_MAX, "RequestResponse")?;
            Ok(answer(cx.invoke(function, payload, context, wants_log).await?, wants_log))
        }
    }
}

fn answer(invoked: Invoked, wants_log: bool) -> Output {
    let version = HeaderValue::try_from(invoked.version.to_string()).expect("a version is a header value");
    let headers = vec![
        (CONTENT_TYPE, EVENT_STREAM),
        (STREAMED_TYPE, HeaderValue::from_static("application/octet-stream")),
        (EXECUTED_VERSION, version),
    ];
    let mut complete = Complete::default();
    let mut body = Vec::new();
    match invoked.result {
        Ok(response) => {
            for chunk in response.chunks(CHUNK_BYTES_MAX) {
                put_event("PayloadChunk", "application/octet-stream", chunk, &mut body);
            }
        }
        Err(error) => {
            complete.error_code = Some("Unhandled");
            complete.error_details = Some(String::from_utf8_lossy(&error).into_owned());
        }
    }
    complete.log_result = wants_log.then(|| BASE64_STANDARD.encode(&invoked.log_tail));
    let complete = serde_json::to_vec(&complete).expect("text is JSON");
    put_event("InvokeComplete", "application/json", &complete, &mut body);
    Output { status: StatusCode::OK, headers, body: Bytes::from(body) }
}
