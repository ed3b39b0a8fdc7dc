//! One request from its head to its answer: which protocol, which service, who calls, which operation.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bongsu_broker::Account;
use bongsu_function_log::LogStore;
use bongsu_runtime::{Clock, Handle, Refusal};
use bongsu_traces::Exporter;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use tracing::debug;

use crate::cloudformation::Stacks;
use crate::codec::{Dialect, Envelope, Params, Protocol};
use crate::directory::{Service, TARGET};
use crate::error::ApiError;
use crate::events::{self, Calls};
use crate::lambda::{self, CodeSource, CodeStore, Invoker, UrlDoor};
use crate::logs;
use crate::observation::{Observer, RequestMetrics, Seen};
use crate::operation::{Context, Source};
use crate::public_url::PublicUrl;
use crate::request_id::{RequestId, RequestIds};
use crate::sigv4::{self, Caller, Verifier};
use crate::sqs::{self, peek_messages};
use crate::{cloudformation, pipes, scheduler, sns, states, sts};

/// The largest request body: a message of 1 MiB in which every byte is escaped.
pub const REQUEST_BYTES_MAX: usize = 8 << 20;

/// What showing messages is called in metrics and logs.
const PEEK: &str = "PeekMessages";

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// What the door needs to know.
#[derive(Clone)]
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
    /// Where a span of each request goes, if anywhere.
    pub spans: Option<Exporter>,
    /// What queue URLs begin with, instead of the host that the client used.
    pub public_url: Option<PublicUrl>,
    /// Runs functions for Lambda's `Invoke`.
    pub functions: Arc<dyn Invoker>,
    /// Keeps functions' code.
    pub code: Arc<dyn CodeStore>,
    /// Reads code out of buckets.
    pub code_source: Arc<dyn CodeSource>,
    /// Serves functions' URLs.
    pub function_urls: Arc<dyn UrlDoor>,
    /// Where that is: what stands behind `<id>.lambda-url.<region>.` in them.
    pub function_url_host: String,
    /// Calls other people's HTTP APIs.
    pub calls: Calls,
    /// What functions printed, if it is kept.
    pub function_logs: Option<Arc<LogStore>>,
    /// Deploys stacks, if the server has any.
    pub stacks: Option<Arc<dyn Stacks>>,
}

/// The AWS endpoint: every service on one port.
pub struct AwsApi {
    pub(crate) config: Config,
    pub(crate) broker: Handle,
    /// In the ARNs that policies name queues by.
    region: Arc<str>,
    pub(crate) request_ids: RequestIds,
    pub(crate) observer: Arc<Observer>,
}

impl AwsApi {
    /// A door to this broker.
    pub fn new(config: Config, broker: Handle) -> AwsApi {
        let observer = Arc::new(Observer::new(config.slow_after, config.spans.clone()));
        let region = config.region.as_str().into();
        AwsApi { region, config, broker, request_ids: RequestIds::default(), observer }
    }

    /// What hears of every request: other doors on this port tell it of theirs.
    pub fn observer(&self) -> Arc<Observer> {
        self.observer.clone()
    }

    /// The requests so far, by operation and code.
    pub fn requests(&self) -> Vec<RequestMetrics> {
        self.observer.requests()
    }

    /// Lines about refused and slow requests that were left out of the log, because there were too many.
    pub fn log_lines_left_out(&self) -> u64 {
        self.observer.lines_left_out()
    }

    /// The largest body that a request may have. Only what brings code may have more than [`REQUEST_BYTES_MAX`].
    pub fn body_bytes_max(&self, head: &Parts) -> usize {
        if lambda::is_upload(head) { lambda::UPLOAD_BYTES_MAX } else { REQUEST_BYTES_MAX }
    }

    /// Has the front door serve the URLs of all functions that have one.
    ///
    /// # Errors
    ///
    /// When the server is stopping.
    pub async fn serve_function_urls(&self) -> Result<(), Refusal> {
        lambda::serve_urls(&self.config, &self.broker).await
    }

    /// Removes the code of functions and layers that are gone.
    pub fn sweep_code(&self) {
        lambda::sweep(&self.config, &self.broker);
    }

    /// Who signs a request to another door, such as a function's own address, for the service of this name.
    ///
    /// # Errors
    ///
    /// Those of [`Verifier::verify`].
    pub fn identify(&self, service: &str, head: &Parts, body: &[u8]) -> Result<Caller, ApiError> {
        let now = self.config.clock.now().0 / 1000;
        self.config.verifier.verify(service, &head.method, &head.uri, &head.headers, body, now)
    }

    /// Answers one request whose body was read whole, and which came from `peer`.
    pub async fn answer(&self, head: &Parts, body: Bytes, peer: IpAddr) -> Response<Full<Bytes>> {
        let begun = Instant::now();
        let request_id = self.request_ids.next();
        if asks_to_peek(head) {
            return self.peek(head, &body, peer, request_id, begun).await;
        }
        if lambda::is_asked(head) {
            return lambda::answer(self, head, &body, request_id).await;
        }
        if pipes::is_asked(head) {
            return pipes::answer(self, head, &body, request_id).await;
        }
        if scheduler::is_asked(head) {
            return scheduler::answer(self, head, &body, request_id).await;
        }
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
        let outcome = self.call(service, head, &body, params, peer, protocol, request_id, &seen).await;
        let refusal = outcome.as_ref().err();
        self.observer.finished(&seen, head, request_id, begun, refusal);
        let mut response = match outcome {
            Ok(output) => respond(StatusCode::OK, protocol, request_id, output),
            Err(error) => refuse(&error, protocol, service.dialect(), request_id),
        };
        // They have another version of JSON, and never spoke Query.
        if let Some(content_type) = service.json_content_type() {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            response.headers_mut().remove(QUERY_ERROR);
        }
        response
    }

    /// Shows messages: in JSON, or as a receive's answer in XML to whoever accepts XML and no JSON.
    async fn peek(
        &self,
        head: &Parts,
        body: &Bytes,
        peer: IpAddr,
        request_id: RequestId,
        begun: Instant,
    ) -> Response<Full<Bytes>> {
        let seen = Seen::default();
        seen.operation.get_or_init(|| PEEK);
        let protocol = if accepts_only_xml(&head.headers) { Protocol::Query } else { Protocol::Json };
        let outcome = self.call_peek(head, body, peer, protocol, request_id, &seen).await;
        let refusal = outcome.as_ref().err();
        self.observer.finished(&seen, head, request_id, begun, refusal);
        match outcome {
            Ok(output) => {
                let mut response = respond(StatusCode::OK, protocol, request_id, output);
                if protocol == Protocol::Json {
                    // Browsers show this kind of JSON.
                    let json = HeaderValue::from_static("application/json");
                    response.headers_mut().insert(header::CONTENT_TYPE, json);
                }
                response
            }
            Err(error) => refuse(&error, protocol, Service::Sqs.dialect(), request_id),
        }
    }

    async fn call_peek(
        &self,
        head: &Parts,
        body: &Bytes,
        peer: IpAddr,
        protocol: Protocol,
        request_id: RequestId,
        seen: &Seen,
    ) -> Result<Vec<u8>, ApiError> {
        let now = self.config.clock.now().0 / 1000;
        let signed_for = Service::Sqs.signing_name();
        let caller = self.config.verifier.verify(signed_for, &head.method, &head.uri, &head.headers, body, now)?;
        seen.caller.get_or_init(|| caller.clone());
        let context = Context {
            broker: self.broker.on_behalf_of(self.client(&caller, peek_messages::PERMISSION, peer)),
            caller: &caller,
            is_signed: sigv4::is_signed(&head.uri, &head.headers),
            config: &self.config,
            headers: &head.headers,
            path: head.uri.path(),
            body,
            request_id,
            seen,
        };
        let params = Params::parse(query(head), &[])?;
        let input = params.decode(Service::Sqs.dialect(), PEEK)?;
        match peek_messages::call(input, &context).await {
            Ok(output) => {
                let text = request_id.text();
                let request_id = std::str::from_utf8(&text).expect("digits and hyphens are ASCII");
                let operation = peek_messages::PERMISSION;
                protocol.encode(&output, Envelope { dialect: Service::Sqs.dialect(), operation, request_id })
            }
            Err(error) => Err(sqs::first_fault(&context, error).await),
        }
    }

    /// The answer to a request whose body is too large to be read.
    pub fn refuse_too_large(&self, head: &Parts) -> Response<Full<Bytes>> {
        let request_id = self.request_ids.next();
        if lambda::is_asked(head) {
            return lambda::refuse_too_large(self, head, request_id);
        }
        if pipes::is_asked(head) {
            return pipes::refuse_too_large(self, head, request_id);
        }
        let error = ApiError::request_too_large(REQUEST_BYTES_MAX);
        self.observer.finished(&Seen::default(), head, request_id, Instant::now(), Some(&error));
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
        peer: IpAddr,
        protocol: Protocol,
        request_id: RequestId,
        seen: &Seen,
    ) -> Result<Vec<u8>, ApiError> {
        let is_signed = sigv4::is_signed(&head.uri, &head.headers);
        let action = params.as_ref().and_then(|params| params.as_ref().ok()?.get("Action"));
        let caller = if !is_signed && service.takes_unsigned(action.unwrap_or_default()) {
            self.config.verifier.admit_unsigned(&head.method, &head.headers)?
        } else {
            let (now, signed_for) = (self.config.clock.now().0 / 1000, service.signing_name());
            self.config.verifier.verify(signed_for, &head.method, &head.uri, &head.headers, body, now)?
        };
        seen.caller.get_or_init(|| caller.clone());
        let params = params.transpose()?;
        let operation = match &params {
            Some(params) => params.get("Action"),
            None => service.target(&head.headers),
        };
        // What is of a service that is not here is told, so that one knows what a tool wanted.
        let elsewhere =
            || Service::any_target(&head.headers).map_or_else(ApiError::no_operation, ApiError::unknown_operation);
        let operation = operation.ok_or_else(elsewhere)?;
        let named = service.operation(operation).map(|named| *seen.operation.get_or_init(|| named));
        let text = request_id.text();
        let shown_id = std::str::from_utf8(&text).expect("digits and hyphens are ASCII");
        let envelope = Envelope { dialect: service.dialect(), operation, request_id: shown_id };
        let context = |named| Context {
            broker: self.broker.on_behalf_of(self.client(&caller, named, peer)),
            caller: &caller,
            is_signed,
            config: &self.config,
            headers: &head.headers,
            // SDKs that speak JSON send it to any path.
            path: if protocol == Protocol::Json { "/" } else { head.uri.path() },
            body,
            request_id,
            seen,
        };
        let unknown = || ApiError::unknown_operation(operation);
        match (service, &params) {
            (Service::Sqs, params) => {
                let source = params.as_ref().map_or(Source::Json(body), Source::Query);
                sqs::call(source, &context(named.ok_or_else(unknown)?), protocol, envelope).await
            }
            (Service::Sns, Some(params)) => {
                let context = context(sns::permission(named.ok_or_else(unknown)?));
                sns::call(Source::Query(params), &context, protocol, envelope).await
            }
            (Service::Sts, Some(params)) => sts::call(params, &caller, protocol, envelope),
            (Service::Logs, None) => {
                logs::call(Source::Json(body), &context(named.ok_or_else(unknown)?), protocol, envelope).await
            }
            (Service::States, None) => {
                states::call(Source::Json(body), &context(named.ok_or_else(unknown)?), protocol, envelope).await
            }
            (Service::Events, None) => {
                let named = named.ok_or_else(|| events::not_served(operation))?;
                let answered = events::call(Source::Json(body), &context(named), protocol, envelope).await;
                answered.map_err(events::without_values)
            }
            (Service::Logs | Service::States | Service::Events, Some(_)) => Err(unknown()),
            (Service::CloudFormation, Some(params)) => {
                let context = context(named.ok_or_else(unknown)?);
                cloudformation::call(Source::Query(params), &context, protocol, envelope).await
            }
            (Service::Sns | Service::Sts | Service::CloudFormation, None) => Err(ApiError::no_operation()),
        }
    }
}

impl AwsApi {
    fn client(&self, caller: &Caller, operation: &'static str, peer: IpAddr) -> bongsu_broker::Caller {
        bongsu_broker::Caller::Client {
            client: caller.client().clone(),
            operation,
            region: self.region.clone(),
            source_ip: Some(peer),
            // What stays on this machine nobody listens to, also when a proxy here took it from TLS.
            secure_transport: peer.is_loopback(),
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

fn asks_to_peek(head: &Parts) -> bool {
    let rest = head.uri.path().strip_prefix(peek_messages::PATH);
    head.method == Method::GET && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn accepts_only_xml(headers: &HeaderMap) -> bool {
    let accepts = |kind: &str| {
        let mut values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values.any(|value| value.contains(kind))
    };
    accepts("xml") && !accepts("json")
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
