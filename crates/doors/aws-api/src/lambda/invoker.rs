//! What the Lambda door asks of whoever runs functions.

use std::pin::Pin;

use bongsu_broker::{FunctionRef, FunctionVersion};
use bongsu_runtime::Begun;
use bytes::Bytes;

/// How much of an invocation's log its caller may be shown: the end of it.
pub const LOG_TAIL_BYTES_MAX: usize = 4 * 1024;

/// An answer that takes a while.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs the functions of the server's account.
pub trait Invoker: Send + Sync {
    /// Runs what has begun, and to its end also if nobody waits for that. None if the server is stopping.
    fn invoke(&self, begun: Begun, invocation: Invocation) -> Answer<Option<Invoked>>;

    /// This function is gone, with all its versions or with this one alone.
    fn deleted(&self, function: &str, version: Option<FunctionVersion>);

    /// An invocation of this function was refused, because as many as may go on.
    fn throttled(&self, function: &FunctionRef);
}

/// One event for a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// As the function was asked for.
    pub function: FunctionRef,
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
    /// What the function returned, or else the JSON of its error.
    pub result: Result<Bytes, Bytes>,
    /// At most [`LOG_TAIL_BYTES_MAX`]; empty unless it was wanted.
    pub log_tail: Vec<u8>,
}

/// A server that runs nothing.
pub struct NoFunctions;

impl Invoker for NoFunctions {
    fn invoke(&self, _: Begun, _: Invocation) -> Answer<Option<Invoked>> {
        Box::pin(async { None })
    }

    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}

    fn throttled(&self, _: &FunctionRef) {}
}
