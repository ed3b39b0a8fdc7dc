//! What the Lambda door asks of whoever runs functions.

use std::pin::Pin;

use bytes::Bytes;

/// How much of an invocation's log its caller may be shown: the end of it.
pub const LOG_TAIL_BYTES_MAX: usize = 4 * 1024;

/// An answer that takes a while.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs the functions of the server's account.
pub trait Invoker: Send + Sync {
    /// Whether there is a function of this name.
    fn exists(&self, function: &str) -> Answer<Result<bool, InvokeRefusal>>;

    /// Runs the function once, and to its end also if nobody waits for that.
    fn invoke(&self, function: &str, invocation: Invocation) -> Answer<Result<Invoked, InvokeRefusal>>;
}

/// One event for a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// A UUID: the request's id is the invocation's.
    pub request_id: String,
    /// JSON, handed on byte by byte.
    pub payload: Bytes,
    /// An X-Ray trace header.
    pub trace_id: Option<String>,
    /// Whether the caller wants to see the end of the log.
    pub wants_log: bool,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoked {
    /// What the function returned, or else the JSON of its error.
    pub result: Result<Bytes, Bytes>,
    /// At most [`LOG_TAIL_BYTES_MAX`]; empty unless it was wanted.
    pub log_tail: Vec<u8>,
}

/// Why a function was not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvokeRefusal {
    /// There is none of this name.
    DoesNotExist,
    /// As many invocations of it are going on as may.
    TooManyRunning,
    /// The server is stopping.
    Unavailable,
}

/// A server that has no functions.
pub struct NoFunctions;

impl Invoker for NoFunctions {
    fn exists(&self, _: &str) -> Answer<Result<bool, InvokeRefusal>> {
        Box::pin(async { Ok(false) })
    }

    fn invoke(&self, _: &str, _: Invocation) -> Answer<Result<Invoked, InvokeRefusal>> {
        Box::pin(async { Err(InvokeRefusal::DoesNotExist) })
    }
}
