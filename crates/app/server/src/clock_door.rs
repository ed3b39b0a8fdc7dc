//! `GET /_bongsu/clock` tells the time, `POST /_bongsu/clock/advance` puts the test clock forward.

use std::net::SocketAddr;
use std::time::Duration;

use bongsu_aws_api::sigv4::foreign_page;
use bongsu_http::{BodyError, Limits, Response, collect_body};
use bongsu_runtime::Handle;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::test_clock::{NotAdvanced, TestClock};

const CLOCK: &str = "/_bongsu/clock";
const ADVANCE: &str = "/_bongsu/clock/advance";

/// By how much one request can put the clock forward: longer than anything is kept or waits, and more is a mistake such
/// as milliseconds.
const ADVANCE_SECONDS_MAX: u32 = 400 * 86_400;
/// The longest body that says it.
const BODY_BYTES_MAX: usize = 1024;

const NO_TEST_CLOCK: &str = "This server has no test clock. Start it with --test-clock.";
const NOT_FROM_AFAR: &str = "The test clock is for this machine alone.";
const FOREIGN_PAGE: &str = "Requests from web pages of other sites are refused.";
const STOPPING: &str = "The server is stopping.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: Number,
}

#[derive(Serialize)]
struct Told {
    now: String,
    /// By how many the clock was put forward, as the client wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<Number>,
}

#[derive(Serialize)]
struct Refused {
    error: String,
}

/// What answers questions about the clock.
pub(crate) struct ClockDoor {
    broker: Handle,
    clock: Option<TestClock>,
    limits: Limits,
}

impl ClockDoor {
    pub(crate) fn new(broker: Handle, clock: Option<TestClock>) -> ClockDoor {
        ClockDoor { broker, clock, limits: Limits { body_bytes_max: BODY_BYTES_MAX, ..Limits::default() } }
    }

    /// Whether a request to this path is for this door.
    pub(crate) fn is_asked(path: &str) -> bool {
        matches!(path, CLOCK | ADVANCE)
    }

    /// Answers one request to one of its paths.
    pub(crate) async fn answer(&self, head: &Parts, body: Incoming, peer: SocketAddr) -> Response {
        let Some(clock) = &self.clock else { return refuse(StatusCode::NOT_FOUND, NO_TEST_CLOCK) };
        if let Err(reason) = may_ask(head, peer) {
            return refuse(StatusCode::FORBIDDEN, reason);
        }
        match (head.uri.path(), &head.method) {
            (ADVANCE, &Method::POST) => self.advance(clock, body).await,
            (ADVANCE, _) => refuse_method("POST"),
            (_, &Method::GET) => self.tell(None).await,
            (_, _) => refuse_method("GET"),
        }
    }

    async fn advance(&self, clock: &TestClock, body: Incoming) -> Response {
        let body = match collect_body(body, &self.limits).await {
            Ok(body) => body,
            Err(BodyError::TooLarge { limit }) => {
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("The body is longer than {limit} bytes."));
            }
            Err(BodyError::TimedOut) => {
                return refuse(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.");
            }
            Err(BodyError::Broken) => return refuse(StatusCode::BAD_REQUEST, "The body broke off."),
        };
        let (seconds, by) = match parse(&body) {
            Ok(advance) => advance,
            Err(fault) => return refuse(StatusCode::BAD_REQUEST, fault),
        };
        match clock.advance(by).await {
            Ok(()) => self.tell(Some(seconds)).await,
            Err(fault @ NotAdvanced::TooFar) => refuse(StatusCode::BAD_REQUEST, fault.to_string()),
            Err(fault @ NotAdvanced::NotKept(_)) => refuse(StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()),
        }
    }

    /// Tells the time once everything that is due by then is done.
    async fn tell(&self, seconds: Option<Number>) -> Response {
        match self.broker.catch_up().await {
            Ok(now) => respond(StatusCode::OK, &Told { now: now.iso_8601(), seconds }),
            Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, STOPPING),
        }
    }
}

/// Only programs on this machine, wherever the port listens and whoever has credentials.
fn may_ask(head: &Parts, peer: SocketAddr) -> Result<(), &'static str> {
    if !peer.ip().to_canonical().is_loopback() {
        return Err(NOT_FROM_AFAR);
    }
    if foreign_page::sent(&head.method, &head.headers) {
        return Err(FOREIGN_PAGE);
    }
    Ok(())
}

/// What `{"seconds": 3600}` says: the number as it stands there, and the time it means. Fractions of a millisecond
/// count as a whole one, so that what is due by then is.
fn parse(body: &[u8]) -> Result<(Number, Duration), String> {
    let Advance { seconds } =
        serde_json::from_slice(body).map_err(|fault| format!("The body is not {{\"seconds\": 3600}}: {fault}."))?;
    match seconds.as_f64() {
        Some(number) if (0.0..=f64::from(ADVANCE_SECONDS_MAX)).contains(&number) => {
            let by = Duration::from_millis((number * 1000.0).ceil() as u64);
            Ok((seconds, by))
        }
        _ => Err(format!("seconds is a number from 0 to {ADVANCE_SECONDS_MAX}, which is 400 days.")),
    }
}

fn refuse_method(allowed: &'static str) -> Response {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, format!("This path takes {allowed}."));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn refuse(status: StatusCode, error: impl Into<String>) -> Response {
    respond(status, &Refused { error: error.into() })
}

fn respond(status: StatusCode, content: &impl Serialize) -> Response {
    let body = serde_json::to_vec(content).expect("texts and numbers have JSON");
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_on_this_machine_may_ask() {
        let head = |origin: &str| {
            let request = hyper::Request::post(ADVANCE).header("origin", origin);
            request.body(()).unwrap().into_parts().0
        };
        let (own, foreign) = (head("http://localhost:3000"), head("https://example.com"));
        for (peer, of_own, of_foreign) in [
            ("127.0.0.1:9", Ok(()), Err(FOREIGN_PAGE)),
            ("[::1]:9", Ok(()), Err(FOREIGN_PAGE)),
            ("[::ffff:127.0.0.1]:9", Ok(()), Err(FOREIGN_PAGE)),
            ("192.168.0.7:9", Err(NOT_FROM_AFAR), Err(NOT_FROM_AFAR)),
            ("[2001:db8::1]:9", Err(NOT_FROM_AFAR), Err(NOT_FROM_AFAR)),
        ] {
            let peer = peer.parse().unwrap();
            assert_eq!((may_ask(&own, peer), may_ask(&foreign, peer)), (of_own, of_foreign), "{peer}");
        }
    }

    #[test]
    fn seconds_may_have_fractions_and_are_told_back_as_they_were_written() {
        for (body, told, milliseconds) in [
            (r#"{"seconds": 3600}"#, "3600", 3_600_000),
            (r#"{"seconds": 3600.0}"#, "3600.0", 3_600_000),
            (r#" { "seconds" : 0.0015 } "#, "0.0015", 2),
            (r#"{"seconds": 0}"#, "0", 0),
            (r#"{"seconds": 34560000}"#, "34560000", 34_560_000_000),
        ] {
            let (seconds, by) = parse(body.as_bytes()).unwrap();
            assert_eq!((seconds.to_string().as_str(), by), (told, Duration::from_millis(milliseconds)), "{body}");
        }
    }

    #[test]
    fn whatever_is_no_time_is_refused_with_a_reason() {
        for (body, reason) in [
            ("", "EOF"),
            ("3600", "invalid type"),
            ("seconds=3600", "expected value"),
            ("{}", "missing field `seconds`"),
            (r#"{"second": 3600}"#, "unknown field `second`"),
            (r#"{"seconds": 1, "seconds": 2}"#, "duplicate field"),
            (r#"{"seconds": "3600"}"#, "expected a JSON number"),
            (r#"{"seconds": null}"#, "expected a JSON number"),
            (r#"{"seconds": 1} x"#, "trailing characters"),
            (r#"{"seconds": 1e999}"#, "number out of range"),
            (r#"{"seconds": -1}"#, "from 0 to 34560000, which is 400 days"),
            (r#"{"seconds": 34560001}"#, "from 0 to 34560000, which is 400 days"),
            (r#"{"seconds": 18446744073709551616}"#, "from 0 to 34560000, which is 400 days"),
        ] {
            let fault = parse(body.as_bytes()).unwrap_err();
            assert!(fault.contains(reason), "{body}: {fault}");
        }
    }
}
