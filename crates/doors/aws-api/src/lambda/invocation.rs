//! What `Invoke` and its kin share: the event, who may be given it, and how that ends.

use std::time::Instant;

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_broker::{FunctionRef, QueuedInvocation, Text};
use bongsu_traces::TraceContext;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderName;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::invoker::{Invocation, InvokeRefusal, Invoked};
use super::refusal::invalid;
use crate::constraints::Constraints;
use crate::error::{ApiError, ErrorKind};
use crate::observation::TRACE_ID;
use crate::operation::Context;
use crate::rest::Output;

/// The largest event of a caller who waits.
pub const PAYLOAD_BYTES_MAX: usize = 6 << 20;
/// The largest event that nobody waits for.
pub const EVENT_BYTES_MAX: usize = 1 << 20;
/// The longest client context, as it is sent.
const CLIENT_CONTEXT_BYTES_MAX: usize = 3583;

pub(super) const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
pub(super) const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
pub(super) const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");
pub(super) const REMAPPED_LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");

/// An event that is not given.
const NO_EVENT: &[u8] = b"{}";

/// What a caller wants to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    RequestResponse,
    Event,
    DryRun,
}

impl Kind {
    pub(super) fn parse(given: Option<&str>, constraints: &mut Constraints) -> Kind {
        constraints.choice("invocationType", given, &["Event", "RequestResponse", "DryRun"]);
        match given {
            Some("Event") => Kind::Event,
            Some("DryRun") => Kind::DryRun,
            _ => Kind::RequestResponse,
        }
    }
}

/// Whether the caller wants the end of the log.
pub(super) fn wants_log(given: Option<&str>, constraints: &mut Constraints) -> bool {
    constraints.choice("logType", given, &["None", "Tail"]);
    given == Some("Tail")
}

/// The client's context as JSON.
pub(super) fn client_context(given: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    let unreadable = || {
        ApiError::new(
            ErrorKind::InvalidRequestContentException,
            "Client context must be a valid Base64-encoded JSON object.",
        )
    };
    if given.len() > CLIENT_CONTEXT_BYTES_MAX {
        let text = format!("Client context must be smaller than {CLIENT_CONTEXT_BYTES_MAX} bytes.");
        return Err(ApiError::new(ErrorKind::InvalidRequestContentException, text));
    }
    let decoded = BASE64_STANDARD.decode(given).map_err(|_| unreadable())?;
    let context: Value = serde_json::from_slice(&decoded).map_err(|_| unreadable())?;
    // Written anew: it becomes a header, which is one line.
    if context.is_object() { Ok(Some(context.to_string())) } else { Err(unreadable()) }
}

/// The event of a request.
pub(super) fn payload(body: &Bytes, bytes_max: usize, kind: &str) -> Result<Bytes, ApiError> {
    if body.len() > bytes_max {
        return Err(too_large_event(body.len(), bytes_max, kind));
    }
    if body.is_empty() {
        return Ok(Bytes::from_static(NO_EVENT));
    }
    serde_json::from_slice::<&RawValue>(body).map_err(|fault| {
        let text = format!("Could not parse request body into json: Could not parse payload into json: {fault}");
        ApiError::new(ErrorKind::InvalidRequestContentException, text)
    })?;
    Ok(body.clone())
}

fn too_large_event(bytes: usize, bytes_max: usize, kind: &str) -> ApiError {
    let text = format!("{bytes} byte payload is too large for the {kind} invocation type (limit {bytes_max} bytes)");
    ApiError::new(ErrorKind::RequestTooLargeException, text)
}

/// The refusal of an event that was not read to its end.
pub(super) fn too_large(bytes_max: usize, kind: &str) -> ApiError {
    let text = format!("The payload is too large for the {kind} invocation type (limit {bytes_max} bytes)");
    ApiError::new(ErrorKind::RequestTooLargeException, text)
}

/// An answer to `Invoke`.
impl Output {
    /// Whether the function failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.header(&FUNCTION_ERROR).is_some()
    }

    /// Which version was run.
    pub(crate) fn executed_version(&self) -> Option<&str> {
        self.header(&EXECUTED_VERSION)
    }

    /// The end of the log, in base64.
    pub(crate) fn log_result(&self) -> Option<&str> {
        self.header(&LOG_RESULT)
    }

    /// The members of an answer to `Invoke`, whose payload is a text.
    pub(super) fn invocation(&self) -> Value {
        let mut members = Map::from_iter([
            ("Payload".to_owned(), Value::from(String::from_utf8_lossy(&self.body))),
            ("StatusCode".to_owned(), Value::from(self.status.as_u16())),
        ]);
        for (name, value) in [
            ("ExecutedVersion", self.executed_version()),
            ("FunctionError", self.header(&FUNCTION_ERROR)),
            ("LogResult", self.log_result()),
        ] {
            members.extend(value.map(|value| (name.to_owned(), Value::from(value))));
        }
        Value::Object(members)
    }
}

impl Context<'_> {
    fn trace_id(&self) -> Option<&str> {
        let header = self.headers.get(TRACE_ID)?.to_str().ok()?;
        TraceContext::from_xray(header).map(|_| header)
    }

    /// Runs the function and waits for it.
    pub(super) async fn invoke(
        &self,
        function: FunctionRef,
        payload: Bytes,
        client_context: Option<String>,
        wants_log: bool,
    ) -> Result<Invoked, ApiError> {
        let invocation = Invocation {
            request_id: self.request_id.to_string(),
            payload,
            trace_id: self.trace_id().map(str::to_owned),
            client_context,
            wants_log,
        };
        let since = Instant::now();
        let invoked = self.config.functions.invoke(&function.to_string(), invocation).await;
        self.seen.waited.get_or_init(|| since.elapsed());
        match invoked {
            Ok(invoked) => Ok(invoked),
            Err(InvokeRefusal::DoesNotExist) => Err(self.function_not_found(&function.to_string())),
            Err(InvokeRefusal::TooManyRunning) => Err(self.busy(&function).await),
            Err(InvokeRefusal::Unavailable) => Err(ApiError::stopping()),
        }
    }

    /// Whose limit it is: the function's own, or the account's.
    async fn busy(&self, function: &FunctionRef) -> ApiError {
        let described = self.broker.describe_function(FunctionRef::latest(&function.name)).await;
        let is_reserved = described.is_ok_and(|described| described.reserved.is_some());
        let kind = if is_reserved { ErrorKind::TooManyReservedRequests } else { ErrorKind::TooManyRequestsException };
        ApiError::new(kind, "Rate Exceeded.")
    }

    /// An event that the function is to have, whenever that is.
    pub(super) fn queued(&self, function: &FunctionRef, payload: Bytes) -> Result<QueuedInvocation, ApiError> {
        Ok(QueuedInvocation {
            qualifier: function.qualifier.clone(),
            request_id: self.request_id.number(),
            payload: Text::from_utf8(payload).map_err(|_| invalid("The event is not text."))?,
            trace_header: self.trace_header(),
        })
    }

    /// Keeps an event until the function has had it.
    pub(super) async fn queue_event(&self, function: FunctionRef, event: QueuedInvocation) -> Result<Output, ApiError> {
        let queued = self.broker.queue_invocation(function, event).await;
        queued.map_err(|refusal| self.refused(refusal))?;
        Ok(Output { status: StatusCode::ACCEPTED, headers: Vec::new(), body: Bytes::new() })
    }

    /// Says that the function could be invoked.
    pub(super) async fn dry_run(&self, function: &FunctionRef) -> Result<Output, ApiError> {
        self.described(function).await?;
        Ok(Output { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: Bytes::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_context_is_an_object_in_base64() {
        let encoded = |text: &str| client_context(Some(&BASE64_STANDARD.encode(text)));
        assert_eq!(encoded("{\n\"a\": 1}").unwrap().as_deref(), Some(r#"{"a":1}"#));
        assert_eq!((client_context(None).unwrap(), client_context(Some("")).unwrap()), (None, None));
        assert!(encoded("[1]").is_err() && encoded("{").is_err() && client_context(Some("*")).is_err());
        assert!(encoded(&format!("{{\"a\":\"{}\"}}", "x".repeat(4000))).is_err());
    }

    #[test]
    fn an_event_is_json() {
        let read = |body: &'static [u8]| payload(&Bytes::from_static(body), 8, "Event").map_err(|error| error.kind());
        assert_eq!(read(b"").unwrap(), "{}");
        assert_eq!(read(b" [1] ").unwrap(), " [1] ");
        assert_eq!(read(b"{"), Err(ErrorKind::InvalidRequestContentException));
        assert_eq!(read(b"\"\xff\""), Err(ErrorKind::InvalidRequestContentException));
        assert_eq!(read(b"123456789"), Err(ErrorKind::RequestTooLargeException));
    }
}
