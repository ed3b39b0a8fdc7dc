//! Serves the Lambda Runtime API to one process, on a loopback port of its own.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use crate::failure::ErrorReply;

pub(crate) use lifecycle::Event;
use lifecycle::{Lifecycle, Refusal, State};

mod lifecycle;
#[cfg(test)]
mod tests;

/// The largest response of a function in bytes: 6 MiB and what wraps it.
pub const RESPONSE_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;

/// How much of a too large response is read and dropped, so that its sender gets to see the refusal.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A traceback may fill a header of 1 MiB; the rest of the head needs room too.
const HEAD_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;
/// Open connections of one process; a further one waits until another closes.
const CONNECTIONS_MAX: usize = 16;
/// The pause after an accept that failed, which happens when the system runs out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The first `next` and one answer: the most that can be reported before the environment listens again.
const REPORTS_MAX: usize = 2;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ERROR_WITH_CAUSES: &[u8] = b"application/vnd.aws.lambda.error.cause+json";

/// The endpoint of one process; dropping it closes all connections.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    dialogue: Arc<Dialogue>,
    reports: mpsc::Receiver<Report>,
    server: AbortHandle,
}

/// What the process has said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// It asked for its first event.
    Ready,
    InitFailed(Bytes),
    Returned(Bytes),
    Failed(Bytes),
    TooLarge,
}

impl RuntimeApi {
    pub(crate) async fn listen() -> io::Result<RuntimeApi> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, reports) = mpsc::channel(REPORTS_MAX);
        let dialogue =
            Arc::new(Dialogue { lifecycle: Mutex::new(Lifecycle::new()), assigned: Notify::new(), reports: sender });
        let server = tokio::spawn(accept(listener, dialogue.clone())).abort_handle();
        Ok(RuntimeApi { address, dialogue, reports, server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens an event. The one before must have been answered.
    pub(crate) fn assign(&self, event: Event) {
        self.dialogue.lifecycle().assign(event);
        self.dialogue.assigned.notify_waiters();
    }

    /// Whether the process has been given the event assigned last.
    pub(crate) fn is_taken(&self) -> bool {
        self.dialogue.lifecycle().is_taken()
    }

    pub(crate) async fn report(&mut self) -> Report {
        self.reports.recv().await.expect("the dialogue keeps a sender")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, dialogue: Arc<Dialogue>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS_MAX {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve(stream, dialogue.clone()))),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve(stream: TcpStream, dialogue: Arc<Dialogue>) {
    // Slower without, but not wrong.
    stream.set_nodelay(true).ok();
    let service = service_fn(|request| {
        let dialogue = dialogue.clone();
        async move { Ok::<_, Infallible>(dialogue.reply_to(request).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    // A body that is cut short is still answered: the client may have closed only its own direction.
    http.max_buf_size(HEAD_BYTES_MAX).half_close(true);
    // How a connection ends is the process's business; a lost answer shows as a timeout or an exit.
    http.serve_connection(TokioIo::new(stream), service).await.ok();
}

struct Dialogue {
    lifecycle: Mutex<Lifecycle>,
    assigned: Notify,
    reports: mpsc::Sender<Report>,
}

type Reply = Response<Full<Bytes>>;

impl Dialogue {
    async fn reply_to(&self, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        let Some(path) = head.uri.path().strip_prefix("/2018-06-01/") else { return not_found() };
        let path: Vec<&str> = path.split('/').collect();
        match (&head.method, path.as_slice()) {
            (&Method::GET, ["runtime", "invocation", "next"]) => self.next().await,
            (&Method::POST, ["runtime", "invocation", id, "response"]) => self.response(id, &head.headers, body).await,
            (&Method::POST, ["runtime", "invocation", id, "error"]) => self.error(id, &head.headers, body).await,
            (&Method::POST, ["runtime", "init", "error"]) => self.init_error(&head.headers, body).await,
            (&Method::GET, ["ping"]) => json(StatusCode::OK, Bytes::from_static(b"pong")),
            _ => not_found(),
        }
    }

    async fn next(&self) -> Reply {
        loop {
            let mut assigned = pin!(self.assigned.notified());
            assigned.as_mut().enable(); // Registered before the look, so no event falls in between.
            let (is_first, event) = {
                let mut lifecycle = self.lifecycle();
                (lifecycle.is_starting(), lifecycle.next())
            };
            if is_first {
                self.report(Report::Ready);
            }
            match event {
                Ok(Some(event)) => return event_reply(&event),
                Ok(None) => assigned.await,
                Err(refusal) => return refused(&refusal),
            }
        }
    }

    async fn response(&self, id: &str, headers: &HeaderMap, body: Incoming) -> Reply {
        if headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode != "streaming") {
            let (text, kind) = ("Invalid function response mode", "InvalidFunctionResponseMode");
            return error_reply(StatusCode::BAD_REQUEST, text, kind);
        }
        self.answer(id, State::InvocationResponse, body, |bytes, trailers| match midstream_error(trailers) {
            Some(error) => Report::Failed(error),
            None => Report::Returned(bytes),
        })
        .await
    }

    async fn error(&self, id: &str, headers: &HeaderMap, body: Incoming) -> Reply {
        self.answer(id, State::InvocationErrorResponse, body, |bytes, _| Report::Failed(without_causes(bytes, headers)))
            .await
    }

    async fn answer(
        &self,
        id: &str,
        to: State,
        body: Incoming,
        report: impl FnOnce(Bytes, &HeaderMap) -> Report,
    ) -> Reply {
        let (report, reply) = match collect(body).await {
            Collected::Whole(bytes, trailers) => (report(bytes, &trailers), accepted()),
            Collected::TooLarge => (Report::TooLarge, too_large()),
            Collected::Truncated => return truncated(),
        };
        if let Err(refusal) = self.lifecycle().answer(id, to) {
            return refused(&refusal);
        }
        self.report(report);
        reply
    }

    async fn init_error(&self, headers: &HeaderMap, body: Incoming) -> Reply {
        let bytes = match collect(body).await {
            Collected::Whole(bytes, _) => bytes,
            Collected::TooLarge => return too_large(),
            Collected::Truncated => return truncated(),
        };
        if let Err(refusal) = self.lifecycle().fail_init() {
            return refused(&refusal);
        }
        self.report(Report::InitFailed(without_causes(bytes, headers)));
        accepted()
    }

    fn report(&self, report: Report) {
        // The environment may be gone; while it is there, the lifecycle allows no more reports than the channel holds.
        self.reports.try_send(report).ok();
    }

    fn lifecycle(&self) -> MutexGuard<'_, Lifecycle> {
        self.lifecycle.lock().expect("nothing panics while it holds the lifecycle")
    }
}

enum Collected {
    /// The body and its trailers.
    Whole(Bytes, HeaderMap),
    TooLarge,
    Truncated,
}

async fn collect(mut body: Incoming) -> Collected {
    let mut whole = BytesMut::new();
    let mut trailers = HeaderMap::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Collected::Truncated };
        match frame.into_data() {
            Ok(data) => {
                read += data.len();
                if read <= RESPONSE_BYTES_MAX {
                    whole.extend_from_slice(&data);
                } else if read > DRAINED_BYTES_MAX {
                    break;
                }
            }
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
    }
    if read > RESPONSE_BYTES_MAX { Collected::TooLarge } else { Collected::Whole(whole.freeze(), trailers) }
}

/// The error that ended a streamed response after its start, which travels in trailers.
fn midstream_error(trailers: &HeaderMap) -> Option<Bytes> {
    trailers.get("lambda-runtime-function-error-type")?;
    let body = trailers.get("lambda-runtime-function-error-body").map(HeaderValue::as_bytes).unwrap_or_default();
    Some(BASE64_STANDARD.decode(body).unwrap_or_default().into())
}

/// The members of an error that its caller is shown.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownError<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    error_type: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    stack_trace: Option<&'a RawValue>,
}

/// The error as the runtime wrote it, unless it says that tracing data is mixed in.
fn without_causes(error: Bytes, headers: &HeaderMap) -> Bytes {
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes() != ERROR_WITH_CAUSES) {
        return error;
    }
    match serde_json::from_slice::<ShownError<'_>>(&error) {
        Ok(shown) => serde_json::to_vec(&shown).expect("pieces of JSON always serialize").into(),
        Err(_) => error,
    }
}

fn event_reply(event: &Event) -> Reply {
    let mut reply = json(StatusCode::OK, event.payload.clone());
    reply.headers_mut().extend(event.headers.clone());
    reply
}

fn accepted() -> Reply {
    json(StatusCode::ACCEPTED, Bytes::from_static(br#"{"status":"OK"}"#))
}

fn refused(refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::InvalidRequestId => error_reply(StatusCode::BAD_REQUEST, "Invalid request ID", "InvalidRequestID"),
        Refusal::InvalidTransition { from, to } => {
            let text = format!(
                "State transition from {from} to {to} failed for runtime. Error: State transition is not allowed"
            );
            error_reply(StatusCode::FORBIDDEN, &text, "InvalidStateTransition")
        }
    }
}

fn too_large() -> Reply {
    let text = format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
    error_reply(StatusCode::PAYLOAD_TOO_LARGE, &text, "RequestEntityTooLarge")
}

fn truncated() -> Reply {
    error_reply(StatusCode::BAD_REQUEST, "Truncated HTTP request", "TruncatedHTTPRequest")
}

fn error_reply(status: StatusCode, error_message: &str, error_type: &str) -> Reply {
    json(status, ErrorReply { error_message, error_type }.to_json())
}

fn json(status: StatusCode, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}

fn not_found() -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::NOT_FOUND;
    reply
}
