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
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

use crate::CONCURRENCY_PER_PROCESS_MAX;
use crate::failure::ErrorReply;

pub(crate) use lifecycle::{Answer, Event};
use lifecycle::{Connection, Lifecycle, Refusal, State};

mod lifecycle;
#[cfg(test)]
mod tests;

/// The largest response of a function in bytes: 6 MiB and what wraps it.
pub const RESPONSE_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;

/// How much of a too large response is read and dropped, so that its sender gets to see the refusal.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A traceback may fill a header of 1 MiB; the rest of the head needs room too.
const HEAD_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;
/// Open connections of one process, enough to poll with one while another answers; a further one waits until another
/// closes.
const CONNECTIONS_MAX: usize = 2 * CONCURRENCY_PER_PROCESS_MAX as usize;
/// The pause after an accept that failed, which happens when the system runs out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ERROR_WITH_CAUSES: &[u8] = b"application/vnd.aws.lambda.error.cause+json";

/// The endpoint of one process; dropping it closes all connections.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    dialogue: Arc<Dialogue>,
    server: AbortHandle,
}

/// How far the process has come with its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Init {
    /// It has said nothing yet.
    Pending,
    /// It asked for its first event.
    Ready,
    /// It said that it cannot start, and why.
    Failed(Bytes),
}

impl RuntimeApi {
    /// For a process that is told to work on so many events at a time, if more than one.
    pub(crate) async fn listen(concurrency: usize) -> io::Result<RuntimeApi> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let dialogue = Arc::new(Dialogue {
            lifecycle: Mutex::new(Lifecycle::new(concurrency)),
            assigned: Notify::new(),
            init: watch::Sender::new(Init::Pending),
        });
        let server = tokio::spawn(accept(listener, dialogue.clone())).abort_handle();
        Ok(RuntimeApi { address, dialogue, server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How far the start has come, now and later.
    pub(crate) fn init(&self) -> watch::Receiver<Init> {
        self.dialogue.init.subscribe()
    }

    /// Opens an event, whose answer comes through the channel.
    pub(crate) fn assign(&self, event: Event) -> oneshot::Receiver<Answer> {
        let answered = self.dialogue.lifecycle().assign(event);
        self.dialogue.assigned.notify_waiters();
        answered
    }

    /// Takes an event back, and says whether the process had been given it.
    pub(crate) fn withdraw(&self, request_id: &str) -> bool {
        self.dialogue.lifecycle().withdraw(request_id)
    }

    /// How many events the process may be given at a time.
    pub(crate) fn wanted_max(&self) -> usize {
        self.dialogue.lifecycle().wanted_max()
    }

    #[cfg(test)]
    fn polls(&self) -> usize {
        self.dialogue.lifecycle().polls()
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
    let Ok((stream, line)) = doubled(stream) else { return };
    let (connection, line) = (Connection::default(), &line);
    let service = service_fn(|request| {
        let (dialogue, connection) = (dialogue.clone(), connection.clone());
        async move { Ok::<_, Infallible>(dialogue.reply_to(request, &connection, line).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    // A body that is cut short is still answered: the client may have closed only its own direction.
    http.max_buf_size(HEAD_BYTES_MAX).half_close(true);
    // How a connection ends is the process's business; a lost answer shows as a timeout or an exit.
    http.serve_connection(TokioIo::new(stream), service).await.ok();
}

/// The same connection twice: while a request waits for its reply, nobody else would notice that its client is gone.
fn doubled(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let stream = stream.into_std()?;
    let line = TcpStream::from_std(stream.try_clone()?)?;
    Ok((TcpStream::from_std(stream)?, line))
}

/// Resolves when the client has closed the connection, if it sends nothing more before.
async fn hung_up(line: &TcpStream) {
    match line.peek(&mut [0]).await {
        Ok(0) | Err(_) => {}
        Ok(_) => std::future::pending().await,
    }
}

struct Dialogue {
    lifecycle: Mutex<Lifecycle>,
    assigned: Notify,
    init: watch::Sender<Init>,
}

/// A `next` that waits for an event.
struct Poll<'a>(&'a Dialogue);

impl Poll<'_> {
    fn begin(dialogue: &Dialogue) -> Poll<'_> {
        dialogue.lifecycle().begin_poll();
        Poll(dialogue)
    }
}

impl Drop for Poll<'_> {
    fn drop(&mut self) {
        self.0.lifecycle().end_poll();
    }
}

type Reply = Response<Full<Bytes>>;

impl Dialogue {
    async fn reply_to(&self, request: Request<Incoming>, connection: &Connection, line: &TcpStream) -> Reply {
        let (head, body) = request.into_parts();
        let Some(path) = head.uri.path().strip_prefix("/2018-06-01/") else { return not_found() };
        let path: Vec<&str> = path.split('/').collect();
        match (&head.method, path.as_slice()) {
            (&Method::GET, ["runtime", "invocation", "next"]) => self.next(connection, line).await,
            (&Method::POST, ["runtime", "invocation", id, "response"]) => self.response(id, &head.headers, body).await,
            (&Method::POST, ["runtime", "invocation", id, "error"]) => self.error(id, &head.headers, body).await,
            (&Method::POST, ["runtime", "init", "error"]) => self.init_error(&head.headers, body).await,
            (&Method::GET, ["ping"]) => json(StatusCode::OK, Bytes::from_static(b"pong")),
            _ => not_found(),
        }
    }

    async fn next(&self, connection: &Connection, line: &TcpStream) -> Reply {
        loop {
            let mut assigned = pin!(self.assigned.notified());
            assigned.as_mut().enable(); // Registered before the look, so no event falls in between.
            let (is_first, event) = {
                let mut lifecycle = self.lifecycle();
                (lifecycle.is_starting(), lifecycle.next(connection))
            };
            if is_first {
                self.init.send_replace(Init::Ready);
            }
            match event {
                Ok(Some(event)) => return event_reply(&event),
                Ok(None) => {}
                Err(refusal) => return refused(&refusal),
            }
            let _poll = Poll::begin(self);
            tokio::select! {
                () = assigned => {}
                // Nobody reads this.
                () = hung_up(line) => return not_found(),
            }
        }
    }

    async fn response(&self, id: &str, headers: &HeaderMap, body: Incoming) -> Reply {
        if headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode != "streaming") {
            let (text, kind) = ("Invalid function response mode", "InvalidFunctionResponseMode");
            return error_reply(StatusCode::BAD_REQUEST, text, kind);
        }
        self.answer(id, State::InvocationResponse, body, |bytes, trailers| match midstream_error(trailers) {
            Some(error) => Answer::Failed(error),
            None => Answer::Returned(bytes),
        })
        .await
    }

    async fn error(&self, id: &str, headers: &HeaderMap, body: Incoming) -> Reply {
        self.answer(id, State::InvocationErrorResponse, body, |bytes, _| Answer::Failed(without_causes(bytes, headers)))
            .await
    }

    async fn answer(
        &self,
        id: &str,
        to: State,
        body: Incoming,
        answer: impl FnOnce(Bytes, &HeaderMap) -> Answer,
    ) -> Reply {
        let (answer, reply) = match collect(body).await {
            Collected::Whole(bytes, trailers) => (answer(bytes, &trailers), accepted()),
            Collected::TooLarge => (Answer::TooLarge, too_large()),
            Collected::Truncated => return truncated(),
        };
        match self.lifecycle().answer(id, to, answer) {
            Ok(()) => reply,
            Err(refusal) => refused(&refusal),
        }
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
        self.init.send_replace(Init::Failed(without_causes(bytes, headers)));
        accepted()
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
