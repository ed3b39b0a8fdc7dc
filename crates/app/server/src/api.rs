//! The API port: health checks, metrics, the test clock, the log of functions, objects, and the AWS endpoint.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use bongsu_aws_api::AwsApi;
use bongsu_gateway::FrontDoor;
use bongsu_http::{BodyError, Limits, Request, Response, collect_body};
use bongsu_runtime::Handle;
use bongsu_s3::S3;
use bongsu_traces::Exporter;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use tokio::sync::Semaphore;
use tracing::error;

use crate::clock_door::ClockDoor;
use crate::functions::Processes;
use crate::logs_door::LogsDoor;
use crate::metrics::{self, Page, Process};
use crate::notifications::Notifications;
use crate::objects::{self, Answer};

/// Requests that bring code at once: each takes as much memory as an archive may have bytes, and more.
pub(crate) const UPLOADS_MAX: usize = 4;

/// How the path of a signing certificate begins.
const CERTIFICATE: &str = "/SimpleNotificationService-";

/// What answers at the API port.
pub(crate) struct Door {
    pub(crate) aws: Arc<AwsApi>,
    pub(crate) s3: S3,
    pub(crate) notifications: Arc<Notifications>,
    pub(crate) broker: Handle,
    pub(crate) front_door: Arc<FrontDoor>,
    pub(crate) clock: ClockDoor,
    pub(crate) logs: LogsDoor,
    pub(crate) limits: Limits,
    /// One for each request that may bring code now.
    pub(crate) uploads: Semaphore,
    pub(crate) processes: Processes,
    /// Whether others than this machine may read the metrics, which name queues.
    pub(crate) metrics_open: bool,
    pub(crate) spans: Option<Exporter>,
    pub(crate) started_at: SystemTime,
}

/// Answers one request to the API port.
pub(crate) async fn answer(door: Arc<Door>, request: Request, peer: SocketAddr) -> Answer {
    let (head, body) = request.into_parts();
    // Before the others: what is signed for S3 may name any path.
    if bongsu_s3::is_asked(&head) {
        return objects::of_object(door.s3.answer(&head, body, peer.ip()).await);
    }
    objects::complete(answer_whole(&door, head, body, peer).await)
}

/// Answers a request whose body is read whole.
async fn answer_whole(door: &Door, head: Parts, body: Incoming, peer: SocketAddr) -> Response {
    if head.method == Method::GET {
        match head.uri.path() {
            // Whoever gets this far is alive and ready: the port is served only after the journal was replayed.
            "/_bongsu/health" | "/livez" | "/readyz" => return text(StatusCode::OK, "ok\n"),
            "/metrics" => return door.metrics(peer).await,
            LogsDoor::PATH => return door.logs.answer(&head, peer).await,
            path if path.starts_with(CERTIFICATE) && path.ends_with(".pem") => return door.certificate(path),
            _ => {}
        }
    }
    if ClockDoor::is_asked(head.uri.path()) {
        return door.clock.answer(&head, body, peer).await;
    }
    let body_bytes_max = door.aws.body_bytes_max(&head);
    let _upload = match body_bytes_max > door.limits.body_bytes_max {
        // Nobody closes it.
        true => door.uploads.acquire().await.ok(),
        false => None,
    };
    match collect_body(body, &Limits { body_bytes_max, ..door.limits.clone() }).await {
        Ok(body) => door.aws.answer(&head, body, peer.ip()).await,
        Err(BodyError::TooLarge { .. }) => door.aws.refuse_too_large(&head),
        Err(BodyError::TimedOut) => text(StatusCode::REQUEST_TIMEOUT, "The request's body did not arrive in time.\n"),
        Err(BodyError::Broken) => text(StatusCode::BAD_REQUEST, "The request's body broke off.\n"),
    }
}

impl Door {
    /// The certificate that signatures of notifications are checked with.
    fn certificate(&self, path: &str) -> Response {
        match self.notifications.certificate() {
            Ok(certificate) if certificate.path() == path => {
                respond(StatusCode::OK, "application/x-pem-file", certificate.pem().to_owned())
            }
            Ok(_) => text(StatusCode::NOT_FOUND, "There is no such certificate.\n"),
            Err(error) => {
                error!(%error, "the certificate cannot be shown");
                text(StatusCode::INTERNAL_SERVER_ERROR, "The certificate cannot be shown.\n")
            }
        }
    }

    async fn metrics(&self, peer: SocketAddr) -> Response {
        if !self.metrics_open && !peer.ip().to_canonical().is_loopback() {
            let reason = "Metrics are for this machine alone, unless the server is started with --metrics-open.\n";
            return text(StatusCode::FORBIDDEN, reason);
        }
        let Ok(shard) = self.broker.metrics().await else {
            return text(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.\n");
        };
        let Ok(inventory) = self.broker.functions().await else {
            return text(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.\n");
        };
        let is_mapping = |id| inventory.mappings.iter().any(|mapping| mapping.id == id);
        let is_function = |name: &str| shard.functions.iter().any(|function| *function.name == *name);
        let page = Page {
            counted: self.processes.counters().retain(is_function, is_mapping),
            mappings: inventory.mappings,
            shard,
            requests: self.aws.requests(),
            log_lines_left_out: self.aws.log_lines_left_out(),
            function_log: self.logs.counts(),
            spans_dropped: self.spans.as_ref().map_or(0, Exporter::dropped),
            routes: self.front_door.metrics(),
            process: Process::measure(self.started_at),
        };
        // On a thread of its own: very many queues make a long page, and this thread answers requests.
        match tokio::task::spawn_blocking(move || page.text()).await {
            Ok(page) => respond(StatusCode::OK, metrics::CONTENT_TYPE, page),
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "The metrics cannot be told.\n"),
        }
    }
}

fn text(status: StatusCode, text: &'static str) -> Response {
    respond(status, "text/plain", text)
}

fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
