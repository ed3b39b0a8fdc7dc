//! What the front door needs of the server behind it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bongsu_http::Response;
use bytes::Bytes;
use hyper::{HeaderMap, Method, http::request::Parts};

use crate::{Fetch, Service};

/// A future that may be sent to another thread, behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Everybody whom the front door asks.
#[derive(Clone)]
pub struct Outside {
    /// Takes messages.
    pub queues: Arc<dyn Enqueue>,
    /// Runs functions.
    pub functions: Arc<dyn Invoke>,
    /// Answers as the AWS APIs do.
    pub services: Arc<dyn Services>,
    /// Knows who signs.
    pub identities: Arc<dyn Identify>,
    /// Fetches what providers of webhooks and authorizers need from elsewhere.
    pub fetch: Arc<dyn Fetch>,
    /// Asks other servers.
    pub elsewhere: Arc<dyn Forward>,
}

/// Puts messages into queues; the application implements it over the runtime's handle.
pub trait Enqueue: Send + Sync + 'static {
    /// Resolves to `Ok` only when the message is durable. Dropping the future may or may not leave the message behind.
    fn enqueue(&self, queue: &str, message: NewMessage) -> BoxFuture<'_, Result<Enqueued, EnqueueError>>;
}

/// A request, ready to become a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// UTF-8, not empty, without characters that SQS forbids, 1 MiB at most.
    pub body: Bytes,
    /// A valid `MessageGroupId`.
    pub group: Option<String>,
    /// A valid `MessageDeduplicationId`. Without one a FIFO queue's own `ContentBasedDeduplication` decides.
    pub deduplication_id: Option<String>,
    /// At most 900.
    pub delay_seconds: Option<u32>,
    /// JSON of `MessageAttributes` as `SendMessage` takes it, unchecked.
    pub attributes: Option<String>,
    /// Likewise of `MessageSystemAttributes`.
    pub system_attributes: Option<String>,
    /// Of webhooks: how long the sender may repeat this one, so that a repeated id must be swallowed, by every queue. At
    /// least five minutes.
    pub redelivery_window: Option<Duration>,
}

/// The message that now stands for the request; the first one's, when this was a repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enqueued {
    /// The message's id.
    pub message_id: String,
    /// Lower-case hexadecimal MD5 of the body just sent.
    pub md5_of_body: String,
    /// Likewise of the attributes, if there are any.
    pub md5_of_attributes: Option<String>,
    /// Likewise of the system attributes.
    pub md5_of_system_attributes: Option<String>,
    /// Of FIFO queues only.
    pub sequence_number: Option<String>,
    /// Whether the deduplication id had been seen, so that nothing new was put into the queue.
    pub duplicate: bool,
}

/// Why there is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnqueueError {
    /// This request will never be taken: the sender gets 400 with the reason.
    #[error("{reason}")]
    Refused {
        /// Told to the sender.
        reason: String,
    },
    /// It may be taken later: the sender gets 503 and tries again.
    #[error("{reason}")]
    Unavailable {
        /// Logged, not told.
        reason: String,
    },
}

/// Runs functions.
pub trait Invoke: Send + Sync + 'static {
    /// Runs the function once and resolves to what it returns, at the latest when the time is over. The function goes on
    /// to its end also if nobody waits for it.
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Bytes, InvokeError>>;
}

/// One event for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The function's name, `name:version` or `name:alias`.
    pub function: String,
    /// JSON, at most [`EVENT_BYTES_MAX`](crate::EVENT_BYTES_MAX).
    pub payload: Bytes,
    /// How long the caller waits; without a limit as long as the function may take.
    pub timeout: Option<Duration>,
    /// An X-Ray trace header.
    pub trace_id: String,
}

/// Why a function returned nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// It failed; this is its error's JSON, which nobody outside is told.
    #[error("the function failed")]
    FunctionError(Bytes),
    /// As many invocations are going on as may.
    #[error("too many invocations of the function are going on")]
    TooManyRequests,
    /// There is none of this name.
    #[error("the function does not exist")]
    NotFound,
    /// The time was over first.
    #[error("the function did not answer in time")]
    TimedOut,
    /// The server is stopping.
    #[error("the server is stopping")]
    Unavailable,
}

/// Answers requests as the AWS APIs do, on behalf of the account that the front door serves.
pub trait Services: Send + Sync + 'static {
    /// The service's own answer, a refusal too.
    fn ask(&self, request: ServiceRequest) -> BoxFuture<'_, Response>;
}

/// A request to a service, not signed yet.
#[derive(Clone, Debug)]
pub struct ServiceRequest {
    /// Who is asked.
    pub service: Service,
    /// Path and query.
    pub target: String,
    /// What the integration sets; `content-type` and `accept` in any case.
    pub headers: HeaderMap,
    /// Of a POST.
    pub body: Bytes,
}

/// Asks other servers.
pub trait Forward: Send + Sync + 'static {
    /// Resolves to the answer, whatever its status, without the headers of its connection and with a body of at most
    /// [`PAYLOAD_BYTES_MAX`](crate::PAYLOAD_BYTES_MAX). Redirects are not followed. Whoever implements it bounds how many
    /// requests go on at once, and says where they may go.
    fn forward(&self, request: ForwardRequest) -> BoxFuture<'_, Result<Response, ForwardError>>;
}

/// A request to another server.
#[derive(Clone, Debug)]
pub struct ForwardRequest {
    /// Its method.
    pub method: Method,
    /// `http://` or `https://`, host, path and query.
    pub address: String,
    /// Without `host`, and without those of a connection.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// How long the answer may take, to its end.
    pub timeout: Duration,
}

/// Why another server has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// The address is none, or one that nobody may be sent to.
    #[error("nothing is sent to this address: {0}")]
    Forbidden(String),
    /// Nobody accepts a connection, or a secure one.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The time was over first.
    #[error("the server did not answer in time")]
    TimedOut,
    /// What came is no whole answer, or too long a one.
    #[error("the server's answer is unfit: {0}")]
    Unfit(String),
    /// As many requests are under way as may.
    #[error("too many requests to other servers are under way")]
    Busy,
}

/// Verifies signatures of AWS's kind.
pub trait Identify: Send + Sync + 'static {
    /// Who signed a request to a function's URL, if that is somebody of the function's account.
    fn identify(&self, head: &Parts, body: &[u8]) -> Option<Identity>;
}

/// Somebody with an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Which key it was.
    pub access_key_id: String,
    /// Twelve digits.
    pub account: String,
    /// For instance `arn:aws:iam::000000000000:user/orders`.
    pub arn: String,
    /// The unique id.
    pub user_id: String,
}
