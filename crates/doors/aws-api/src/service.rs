//! One request from its head to its answer: which protocol, who calls, which operation.

use bongsu_broker::Account;
use bongsu_runtime::{Clock, Handle};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use tracing::debug;

use crate::codec::{Envelope, Params, Protocol, SQS};
use crate::error::ApiError;
use crate::request_id::{RequestId, RequestIds};
use crate::sigv4::Verifier;
use crate::sqs::{self, Context, Source};

/// The largest request body: a message of 1 MiB in which every byte is escaped.
pub const REQUEST_BYTES_MAX: usize = 8 << 20;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TARGET_PREFIX: &str = "AmazonSQS.";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// What the door needs to know.
pub struct Config {
    /// Whose queues development requests without an account are.
    pub account: Account,
    /// The region in ARNs and signatures.
    pub region: String,
    /// Tells who calls.
    pub verifier: Verifier,
    /// For the skew of signatures.
    pub clock: Clock,
    /// Whether AWS's minute of waiting is kept to: between two purges, and before a deleted queue's name is used again.
    pub cooldowns: bool,
    /// The address in queue URLs when a request names no host.
    pub host: String,
}

/// The AWS endpoint: every service on one port.
pub struct AwsApi {
    config: Config,
    broker: Handle,
    request_ids: RequestIds,
}

impl AwsApi {
    /// A door to this broker.
    pub fn new(config: Config, broker: Handle) -> AwsApi {
        AwsApi { config, broker, request_ids: RequestIds::default() }
    }

    /// Answers one request whose body was read whole.
    pub async fn answer(&self, head: &Parts, body: Bytes) -> Response<Full<Bytes>> {
        let request_id = self.request_ids.next();
        let protocol = protocol_of(&head.headers);
        if protocol != Protocol::Json && asks_nothing(head) {
            return unknown_page(request_id);
        }
        match self.call(head, &body, protocol, request_id).await {
            Ok(output) => respond(StatusCode::OK, protocol, request_id, output),
            Err(error) => refuse(&error, protocol, request_id),
        }
    }

    /// The answer to a request whose body is too large to be read.
    pub fn refuse_too_large(&self, head: &Parts) -> Response<Full<Bytes>> {
        let request_id = self.request_ids.next();
        let error = ApiError::request_too_large(REQUEST_BYTES_MAX);
        refuse(&error, protocol_of(&head.headers), request_id)
    }

    async fn call(
        &self,
        head: &Parts,
        body: &Bytes,
        protocol: Protocol,
        request_id: RequestId,
    ) -> Result<Vec<u8>, ApiError> {
        let now = self.config.clock.now().0 / 1000;
        let caller = self.config.verifier.verify(&head.method, &head.uri, &head.headers, body, now)?;
        let context = Context {
            broker: &self.broker,
            caller: &caller,
            config: &self.config,
            headers: &head.headers,
            // SDKs that speak JSON send it to any path.
            path: if protocol == Protocol::Json { "/" } else { head.uri.path() },
            body,
            named: std::sync::OnceLock::new(),
        };
        let text = request_id.text();
        let request_id = std::str::from_utf8(&text).expect("digits and hyphens are ASCII");
        match protocol {
            Protocol::Json => {
                let operation = target(&head.headers).ok_or_else(ApiError::no_operation)?;
                let envelope = Envelope { dialect: &SQS, operation, request_id };
                sqs::call(Source::Json(body), &context, protocol, envelope).await
            }
            Protocol::Query | Protocol::QueryJson => {
                let form: &[u8] = if head.method == Method::GET { &[] } else { body };
                let params = Params::parse(head.uri.query().unwrap_or_default(), form)?;
                let operation = params.get("Action").ok_or_else(ApiError::no_operation)?;
                let envelope = Envelope { dialect: &SQS, operation, request_id };
                sqs::call(Source::Query(&params), &context, protocol, envelope).await
            }
        }
    }
}

/// The operation that a JSON request names.
fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get(TARGET)?.to_str().ok()?.strip_prefix(TARGET_PREFIX)
}

fn protocol_of(headers: &HeaderMap) -> Protocol {
    let is = |name: HeaderName, wanted: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with(wanted))
    };
    if headers.contains_key(TARGET) || is(header::CONTENT_TYPE, Protocol::Json.content_type()) {
        Protocol::Json
    } else if is(header::ACCEPT, Protocol::QueryJson.content_type()) {
        Protocol::QueryJson
    } else {
        Protocol::Query
    }
}

/// A browser at a queue's URL.
fn asks_nothing(head: &Parts) -> bool {
    head.method == Method::GET && !head.uri.query().is_some_and(|query| query.contains("Action="))
}

fn unknown_page(request_id: RequestId) -> Response<Full<Bytes>> {
    respond(StatusCode::NOT_FOUND, Protocol::Query, request_id, b"<UnknownOperationException/>".to_vec())
}

fn refuse(error: &ApiError, protocol: Protocol, request_id: RequestId) -> Response<Full<Bytes>> {
    debug!(%request_id, kind = ?error.kind(), text = error.message(), "refused");
    let status = StatusCode::from_u16(error.status()).expect("the table holds HTTP status codes");
    let body = error.encode(protocol, &SQS, &request_id.to_string());
    let mut response = respond(status, protocol, request_id, body);
    if protocol == Protocol::Json
        && let Ok(value) = HeaderValue::try_from(error.query_error_header())
    {
        response.headers_mut().insert(QUERY_ERROR, value);
    }
    response
}

fn respond(status: StatusCode, protocol: Protocol, request_id: RequestId, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(protocol.content_type()));
    let request_id = HeaderValue::from_bytes(&request_id.text()).expect("digits and hyphens are a header value");
    headers.insert(REQUEST_ID, request_id);
    response
}
