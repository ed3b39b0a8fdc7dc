//! Calls of other people's HTTP APIs: what is sent, who says so, and how often.
//!
//! Reading order: `outside` (who makes requests), `request` (what a call and its connection say together), `form`, `checks`,
//! `send` (one call: the limit, the token, the request), `oauth` (tokens), `destination` (calls of API destinations).

mod checks;
mod destination;
mod form;
mod oauth;
mod outside;
mod request;
mod send;

use std::fmt;
use std::sync::Arc;

use bongsu_broker::Account;
use bongsu_rate_limit::Feedback;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderMap;

pub(crate) use checks::{check_header, check_url, origin};
pub use destination::{DestinationCall, HttpParameters};
pub(crate) use form::ArrayFormat;
pub use outside::{HttpCaller, HttpFault, HttpRequest};
pub(crate) use request::{ApiRequest, RequestBody};
pub(crate) use send::{Limits, connection_of, send, shown};

use crate::error::{ApiError, ErrorKind};
use oauth::Tokens;

/// What AWS's own calls say of themselves.
pub(crate) const USER_AGENT_OF_DESTINATIONS: &str = "Amazon/EventBridge/ApiDestinations";

/// Whoever calls, with the tokens that connections have got. Clones share them.
#[derive(Clone)]
pub struct Calls {
    http: Arc<dyn HttpCaller>,
    tokens: Arc<Tokens>,
}

impl Calls {
    /// By this caller.
    pub fn new(http: Arc<dyn HttpCaller>) -> Calls {
        Calls { http, tokens: Arc::default() }
    }

    /// To nobody: every call fails.
    pub fn to_nobody() -> Calls {
        Calls::new(Arc::new(outside::NoHttp))
    }

    /// A connection's parameters are gone, and so is its token.
    pub(super) fn forget(&self, account: Account, connection: &str) {
        self.tokens.forget(account, connection);
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").finish_non_exhaustive()
    }
}

/// What somebody else's API answered, whatever the status.
#[derive(Clone, Debug)]
pub struct ApiAnswer {
    /// Any.
    pub status: StatusCode,
    /// Without those of the connection.
    pub headers: HeaderMap,
    /// All of it.
    pub body: Bytes,
}

impl ApiAnswer {
    /// What it says of the API's limits, with the time in milliseconds since 1970.
    pub fn feedback(&self, now_ms: u64) -> Feedback {
        let headers = self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        Feedback::from_response(self.status.as_u16(), headers, now_ms)
    }
}

/// Why there is no answer. The texts hold nothing that was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiFault {
    /// There is no such destination.
    #[error("An api-destination '{0}' does not exist.")]
    NoSuchDestination(String),
    /// There is no such connection.
    #[error("Connection '{0}' does not exist.")]
    NoSuchConnection(String),
    /// The connection was deauthorized.
    #[error("The connection '{0}' is not authorized.")]
    Deauthorized(String),
    /// The connection has no token, and none can be had now.
    #[error("{0}")]
    NotAuthorized(String),
    /// It cannot be sent, now or ever.
    #[error("{0}")]
    Unusable(String),
    /// Its address may not be reached.
    #[error("{0}")]
    Forbidden(String),
    /// No connection, no TLS, no answer, or one that broke off.
    #[error("{0}")]
    Socket(String),
    /// As many calls wait for their turn as may.
    #[error("as many calls wait for their turn as may")]
    TooManyWait,
    /// Nobody waited for the call any more when it was to begin.
    #[error("nobody waits for the call any more")]
    Abandoned,
    /// The answer was not there in time.
    #[error("the request timed out")]
    TimedOut,
    /// The answer is longer than it may be.
    #[error("the answer is too long")]
    AnswerTooLong,
    /// The server is on its way down.
    #[error("the server is stopping")]
    Stopping,
}

impl From<HttpFault> for ApiFault {
    fn from(fault: HttpFault) -> ApiFault {
        match fault {
            HttpFault::Forbidden(text) => ApiFault::Forbidden(text),
            HttpFault::Unreachable(text) => ApiFault::Socket(text),
            HttpFault::TimedOut => ApiFault::TimedOut,
            HttpFault::TooLong => ApiFault::AnswerTooLong,
        }
    }
}

impl From<ApiError> for ApiFault {
    fn from(error: ApiError) -> ApiFault {
        match error.kind() {
            ErrorKind::ServiceUnavailable => ApiFault::Stopping,
            _ => ApiFault::Unusable(error.message().to_owned()),
        }
    }
}
