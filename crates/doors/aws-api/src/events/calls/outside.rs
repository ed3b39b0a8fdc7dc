//! What this door asks of whoever makes HTTP requests to other people's servers.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, Response};

use crate::lambda::Answer;

/// Makes requests to other people's servers, behind the guard that decides which addresses may be reached.
pub trait HttpCaller: Send + Sync {
    /// Makes one request, and gives its answer whatever the status. Redirects are not followed.
    fn call(&self, request: HttpRequest) -> Answer<Result<Response<Bytes>, HttpFault>>;
}

/// One request. `Host` and what the body and the connection ask for come from whoever makes it.
#[derive(Clone)]
pub struct HttpRequest {
    /// Its method.
    pub method: Method,
    /// Where it goes, query included.
    pub url: String,
    /// All others.
    pub headers: HeaderMap,
    /// Empty if there is none.
    pub body: Bytes,
    /// How long all of it may take, from when it begins.
    pub timeout: Duration,
    /// Bytes that the answer's body may have.
    pub answer_bytes_max: usize,
}

/// Headers, query and body hold secrets.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("HttpRequest").field("method", &self.method).field("url", &path).finish_non_exhaustive()
    }
}

/// Why there is no whole answer. The texts hold nothing that was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The URL is none, or leads to an address that may not be reached.
    #[error("{0}")]
    Forbidden(String),
    /// No connection, no TLS, or an answer that is none or broke off.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long.
    #[error("the request timed out")]
    TimedOut,
    /// The answer is longer than allowed.
    #[error("the answer is too long")]
    TooLong,
}

/// A server that reaches nobody.
pub(super) struct NoHttp;

impl HttpCaller for NoHttp {
    fn call(&self, _: HttpRequest) -> Answer<Result<Response<Bytes>, HttpFault>> {
        Box::pin(async { Err(HttpFault::Unreachable("nobody can be reached from here".to_owned())) })
    }
}
