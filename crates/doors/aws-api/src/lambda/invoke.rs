//! `Invoke`: runs a function and waits for what it returns, or keeps the event until the function has had it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_broker::{FunctionRef, QueuedInvocation};
use hyper::StatusCode;
use hyper::header::HeaderValue;
use serde::Deserialize;

use super::invocation::{
    EVENT_BYTES_MAX, EXECUTED_VERSION, FUNCTION_ERROR, Kind, LOG_RESULT, PAYLOAD_BYTES_MAX, REMAPPED_LENGTH,
    client_context, payload, wants_log,
};
use super::invoker::Invoked;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;
use crate::rest::Output;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
    invocation_type: Option<String>,
    log_type: Option<String>,
    client_context: Option<String>,
}

/// An event that somebody waits for, and has been worked off; or one that is to be kept.
pub(crate) enum Invocable {
    /// The answer.
    Answered(Output),
    /// To be queued.
    Event(FunctionRef, QueuedInvocation),
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    match begin(input, cx).await? {
        Invocable::Answered(output) => Ok(output),
        Invocable::Event(function, event) => cx.queue_event(function, event).await,
    }
}

pub(super) async fn begin(input: Input, cx: &Context<'_>) -> Result<Invocable, ApiError> {
    let mut constraints = Constraints::default();
    let kind = Kind::parse(input.invocation_type.as_deref(), &mut constraints);
    let wants_log = wants_log(input.log_type.as_deref(), &mut constraints);
    constraints.check()?;
    let function = cx.invokable(&input.function_name, input.qualifier.as_deref()).await?;
    match kind {
        Kind::DryRun => cx.dry_run(&function).await.map(Invocable::Answered),
        Kind::Event => {
            let event = cx.queued(&function, payload(cx.body, EVENT_BYTES_MAX, "Event")?)?;
            Ok(Invocable::Event(function, event))
        }
        Kind::RequestResponse => {
            let context = client_context(input.client_context.as_deref())?;
            let payload = payload(cx.body, PAYLOAD_BYTES_MAX, "RequestResponse")?;
            let invoked = cx.invoke(function, payload, context, wants_log).await?;
            Ok(Invocable::Answered(answer(invoked, wants_log)))
        }
    }
}

fn answer(invoked: Invoked, wants_log: bool) -> Output {
    let version = HeaderValue::try_from(invoked.version.to_string()).expect("a version is a header value");
    let mut headers = vec![(EXECUTED_VERSION, version), (REMAPPED_LENGTH, HeaderValue::from_static("0"))];
    if invoked.result.is_err() {
        headers.push((FUNCTION_ERROR, HeaderValue::from_static("Unhandled")));
    }
    if wants_log {
        let log = HeaderValue::try_from(BASE64_STANDARD.encode(&invoked.log_tail));
        headers.push((LOG_RESULT, log.expect("base64 is a header value")));
    }
    Output { status: StatusCode::OK, headers, body: invoked.result.unwrap_or_else(|error| error) }
}
