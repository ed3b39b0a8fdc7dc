//! What goes into an attempt and what comes of it, with the one table that says which.

use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};

use super::{Body, Endpoint, Forbidden};

/// One request to be made.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where it goes.
    pub endpoint: Endpoint,
    /// The headers that are the sender's. `Host`, `Content-Length`, `Connection`, `Accept-Encoding` and, if it is asked
    /// for, `Authorization` come from the courier.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Body,
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What to do now.
    pub outcome: Outcome,
    /// The endpoint's answer, if one began.
    pub status: Option<u16>,
    /// Headers of the answer that say how often the endpoint may be called.
    pub limits: Vec<(String, String)>,
    /// Why there is no answer.
    pub fault: Option<Fault>,
    /// The first [`EXCERPT_BYTES_MAX`](super::EXCERPT_BYTES_MAX) bytes of the answer's body as printable text; empty if
    /// it is compressed.
    pub provider_response: String,
    /// How long the attempt took.
    pub elapsed: Duration,
}

/// What an attempt means for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint has it.
    Delivered,
    /// It did not work this time; the delivery policy says when to try again.
    Retry,
    /// It will not work; another attempt would end the same way.
    Refused,
}

/// Why an attempt got no answer. The texts hold neither passwords nor what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The guard allows none of the endpoint's addresses.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The endpoint's name has no address now.
    #[error("the name cannot be resolved: {0}")]
    Unresolved(String),
    /// What was to be sent could not be written.
    #[error("the request cannot be written: {0}")]
    Unwritten(String),
    /// Nobody accepts a connection.
    #[error("cannot connect: {0}")]
    Unreachable(String),
    /// There is no secure connection, because of the certificate for example.
    #[error("cannot connect securely: {0}")]
    Tls(String),
    /// The connection ended before an answer, or the answer is not HTTP or has too large a head.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer did not begin in time.
    #[error("timed out")]
    TimedOut,
}

impl Outcome {
    /// What an answer means. Redirects are not followed: where they lead was not what the subscriber confirmed.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Delivered,
            429 => Self::Retry,
            400..=499 => Self::Refused,
            // 1xx, 3xx, 5xx, and numbers that HTTP gives no meaning.
            _ => Self::Retry,
        }
    }

    /// What it means that there is no answer.
    pub(crate) fn of_fault(fault: &Fault) -> Self {
        match fault {
            // A mistake or an attack, which no retry heals unless the name gets another address.
            Fault::Forbidden(_) => Self::Refused,
            Fault::Unwritten(_)
            | Fault::Unresolved(_)
            | Fault::Unreachable(_)
            | Fault::Tls(_)
            | Fault::NoAnswer(_)
            | Fault::TimedOut => Self::Retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_decides() {
        for (statuses, outcome) in [
            (&[200, 201, 202, 204, 299][..], Outcome::Delivered),
            (&[101, 199, 300, 301, 302, 304, 307, 308, 399], Outcome::Retry),
            (&[400, 401, 403, 404, 408, 410, 413, 428, 430, 499], Outcome::Refused),
            (&[429, 500, 502, 503, 504, 599, 600, 999], Outcome::Retry),
        ] {
            for status in statuses {
                assert_eq!(Outcome::of_status(*status), outcome, "{status}");
            }
        }
    }

    #[test]
    fn only_a_forbidden_address_is_beyond_retry() {
        let forbidden = Forbidden { address: [127, 0, 0, 1].into(), purpose: "loopback" };
        assert_eq!(Outcome::of_fault(&forbidden.into()), Outcome::Refused);
        for fault in [
            Fault::Unwritten(String::new()),
            Fault::Unresolved(String::new()),
            Fault::Unreachable(String::new()),
            Fault::Tls(String::new()),
            Fault::NoAnswer(String::new()),
            Fault::TimedOut,
        ] {
            assert_eq!(Outcome::of_fault(&fault), Outcome::Retry, "{fault:?}");
        }
    }
}
