//! One request from its head to its answer: which protocol, which service, who calls, which operation.

use std::time::{Duration, Instant};

use bongsu_broker::Account;
use bongsu_runtime::{Clock, Handle};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use tracing::debug;

use crate::codec::{Dialect, Envelope, Params, Protocol};
use crate::directory::{Service, TARGET};
use crate::error::ApiError;
use crate::observation::{Observer, RequestMetrics, Seen};
use crate::public_url::PublicUrl;
use crate::request_id::{RequestId, RequestIds};
use crate::sigv4::Verifier;
use crate::sqs::{self, Context, Source};
use crate::sts;

/// The largest request body: a message of 1 MiB in which every byte is escaped.
pub const REQUEST_BYTES_MAX: usize = 8 << 20;

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
    /// A request that takes longer is logged; waiting for messages does not count.
    pub slow_after: Duration,
    /// What queue URLs begin with, instead of the host that the client used.
    pub public_url: Option<PublicUrl>,
}

/// The AWS endpoint: every service on one port.
pub struct AwsApi {
    config: Config,
    broker: Handle,
    request_ids: RequestIds,
    observer: Observer,
}

impl AwsApi {
    /// A door to this broker.
    pub fn new(config: Config, broker: Handle) -> AwsApi {
        let observer = Observer::new(config.slow_after);
        AwsApi { config, broker, request_ids: RequestIds::default(), observer }
    }

    /// The requests so far, by operation and code.
    pub fn requests(&self) -> Vec<RequestMetrics> {
        self.observer.requests()
    }

    /// Lines about refused and slow requests that were left out of the log, because there were too many.
    pub fn log_lines_left_out(&self) -> u64 {
        self.observer.lines_left_out()
    }

    /// Answers one request whose body was read whole.
    pub async fn answer(&self, head: &Parts, body: Bytes) -> Response<Full<Bytes>> {
        let begun = Instant::now();
        let request_id = self.request_ids.next();
        let protocol = protocol_of(&head.headers);
        if protocol != Protocol::Json && asks_nothing(head) {
            return unknown_page(request_id);
        }
        let params = (protocol != Protocol::Json).then(|| Params::parse(query(head), form(head, &body)));
        let service = match &params {
            None => Service::of_json(head),
            Some(params) => Service::of_query(head, params.as_ref().ok()),
        };
        let seen = Seen::default();
        let outcome = self.call(service, head, &body, params, protocol, request_id, &seen).await;
        let refusal = outcome.as_ref().err().map(|error| error.kind().code());
        self.observer.finished(&seen, head, request_id, begun, refusal);
        match outcome {
            Ok(output) => respond(StatusCode::OK, protocol, request_id, output),
            Err(error) => refuse(&error, protocol, service.dialect(), request_id),
        }
    }

    /// The answer to a request whose body is too large to be read.
    pub fn refuse_too_large(&self, head: &Parts) -> Response<Full<Bytes>> {
        let request_id = self.request_ids.next();
        let error = ApiError::request_too_large(REQUEST_BYTES_MAX);
        self.observer.finished(&Seen::default(), head, request_id, Instant::now(), Some(error.kind().code()));
        let service = Service::of_query(head, None);
        refuse(&error, protocol_of(&head.headers), service.dialect(), request_id)
    }

    /// Who calls is known before anything else is looked at. A Query request has parameters, a JSON request none.
    async fn call(
        &self,
        service: Service,
        head: &Parts,
        body: &Bytes,
        params: Option<Result<Params<'_>, ApiError>>,
        protocol: Protocol,
        request_id: RequestId,
        seen: &Seen,
    ) -> Result<Vec<u8>, ApiError> {
        let now = self.config.clock.now().0 / 1000;
        let verifier = &self.config.verifier;
        let caller = verifier.verify(service.signing_name(), &head.method, &head.uri, &head.headers, body, now)?;
        seen.caller.get_or_init(|| caller.clone());
        let params = params.transpose()?;
        let operation = match &params {
            Some(params) => params.get("Action"),
            None => service.target(&head.headers),
        };
        let operation = operation.ok_or_else(ApiError::no_operation)?;
        if let Some(operation) = service.operation(operation) {
            seen.operation.get_or_init(|| operation);
        }
        let text = request_id.text();
        let request_id = std::str::from_utf8(&text).expect("digits and hyphens are ASCII");
        let envelope = Envelope { dialect: service.dialect(), operation, request_id };
        match (service, &params) {
            (Service::Sqs, params) => {
                let context = Context {
                    broker: &self.broker,
                    caller: &caller,
                    config: &self.config,
                    headers: &head.headers,
                    // SDKs that speak JSON send it to any path.
                    path: if protocol == Protocol::Json { "/" } else { head.uri.path() },
                    body,
                    seen,
                };
                let source = params.as_ref().map_or(Source::Json(body), Source::Query);
                sqs::call(source, &context, protocol, envelope).await
            }
            (Service::Sts, Some(params)) => sts::call(params, &caller, protocol, envelope),
            (Service::Sts, None) => Err(ApiError::no_operation()),
        }
    }
}

fn query(head: &Parts) -> &str {
    head.uri.query().unwrap_or_default()
}

/// The parameters in the body; GET has them all in its query string.
fn form<'a>(head: &Parts, body: &'a [u8]) -> &'a [u8] {
    if head.method == Method::GET { &[] } else { body }
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
    head.method == Method::GET && !query(head).contains("Action=")
}

fn unknown_page(request_id: RequestId) -> Response<Full<Bytes>> {
    respond(StatusCode::NOT_FOUND, Protocol::Query, request_id, b"<UnknownOperationException/>".to_vec())
}

fn refuse(
    error: &ApiError,
    protocol: Protocol,
    dialect: &'static Dialect,
    request_id: RequestId,
) -> Response<Full<Bytes>> {
    debug!(%request_id, kind = ?error.kind(), text = error.message(), "refused");
    let status = StatusCode::from_u16(error.status()).expect("the table holds HTTP status codes");
    let body = error.encode(protocol, dialect, &request_id.to_string());
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
