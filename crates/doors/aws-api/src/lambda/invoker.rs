//! What the Lambda door asks of whoever runs functions.

use std::pin::Pin;

use bongsu_broker::FunctionVersion;
use bytes::Bytes;

/// How much of an invocation's log its caller may be shown: the end of it.
pub const LOG_TAIL_BYTES_MAX: usize = 4 * 1024;

/// An answer that takes a while.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs the functions of the server's account.
pub trait Invoker: Send + Sync {
    /// Runs a function once, by `NAME` or `NAME:QUALIFIER`, and to its end also if nobody waits for that.
    fn invoke(&self, function: &str, invocation: Invocation) -> Answer<Result<Invoked, InvokeRefusal>>;

    /// This function is gone, with all its versions or with this one alone.
    fn deleted(&self, function: &str, version: Option<FunctionVersion>);
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
    /// The caller's context: JSON.
    pub client_context: Option<String>,
    /// Whether the caller wants to see the end of the log.
    pub wants_log: bool,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoked {
    /// Which version was run.
    pub version: FunctionVersion,
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
    fn invoke(&self, _: &str, _: Invocation) -> Answer<Result<Invoked, InvokeRefusal>> {
        Box::pin(async { Err(InvokeRefusal::DoesNotExist) })
    }

    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}
}
