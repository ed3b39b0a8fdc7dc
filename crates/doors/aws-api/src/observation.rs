//! What is told of a request once it is answered: counted for metrics, and logged if it was refused or slow.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bongsu_broker::{QueueName, TopicName};
use bongsu_histogram::Histogram;
use bongsu_traces::{Exporter, Span, SpanKind, TraceContext};
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;
use tracing::{info, warn};

use crate::error::ApiError;
use crate::request_id::RequestId;
use crate::sigv4::{Caller, Claim};

/// Bounds for how long requests take, in microseconds.
pub const REQUEST_MICROS: [u64; 14] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

/// Refused requests that are logged in one second, and slow ones: a client that goes wrong must not fill the disk.
pub const LOG_LINES_A_SECOND_MAX: u32 = 20;

/// How much of an access key id that nobody verified is logged, in characters.
const CLAIM_CHARACTERS_MAX: usize = 64;

/// Where AWS's tools say which trace a request is of.
pub(crate) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// Where W3C says so.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The code of a request that was not refused.
const OK: &str = "OK";
/// The operation of a request that did not get as far as to name one that exists.
const NO_OPERATION: &str = "none";

/// Requests by how long they took, without the time in which they waited for messages.
pub type RequestMicros = Histogram<{ REQUEST_MICROS.len() }>;

/// What is known of a request, as far as it got.
#[derive(Debug, Default)]
pub struct Seen {
    /// What it asks for.
    pub operation: OnceLock<&'static str>,
    /// Who asks.
    pub caller: OnceLock<Caller>,
    /// The queue that it names.
    pub queue: OnceLock<QueueName>,
    /// The topic that it names.
    pub topic: OnceLock<TopicName>,
    /// The bucket that it names.
    pub bucket: OnceLock<String>,
    /// How long it waited for messages.
    pub waited: OnceLock<Duration>,
}

/// How a request was refused, as metrics and logs tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error's code, of a fixed set.
    pub code: &'static str,
    /// The status of the answer.
    pub status: u16,
}

impl From<&ApiError> for Refused {
    fn from(error: &ApiError) -> Refused {
        Refused { code: error.kind().code(), status: error.status() }
    }
}

/// Requests of one operation that ended in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestMetrics {
    /// `SendMessage`, or `none`.
    pub operation: &'static str,
    /// The error's code, or `OK`.
    pub code: &'static str,
    /// How many there were, and how long they took.
    pub micros: RequestMicros,
}

/// Hears of every request.
pub struct Observer {
    slow_after: Duration,
    /// One row an operation and code: both are of fixed sets.
    requests: Mutex<BTreeMap<(&'static str, &'static str), RequestMicros>>,
    refused: Mutex<Lines>,
    slow: Mutex<Lines>,
    spans: Option<Exporter>,
}

impl Observer {
    /// Logs what takes longer than `slow_after`, and gives spans to the exporter.
    pub fn new(slow_after: Duration, spans: Option<Exporter>) -> Observer {
        let lines = || Mutex::new(Lines::starting_at(Instant::now()));
        Observer { slow_after, requests: Mutex::new(BTreeMap::new()), refused: lines(), slow: lines(), spans }
    }

    /// A request is answered: with this error's code, if it was refused.
    pub fn finished(
        &self,
        seen: &Seen,
        head: &Parts,
        request_id: RequestId,
        begun: Instant,
        refusal: Option<impl Into<Refused>>,
    ) {
        let refusal: Option<Refused> = refusal.map(Into::into);
        let now = Instant::now();
        let whole = now.duration_since(begun);
        let took = whole.saturating_sub(seen.waited.get().copied().unwrap_or_default());
        let operation = seen.operation.get().copied().unwrap_or(NO_OPERATION);
        let code = refusal.map_or(OK, |refused| refused.code);
        if let Some(spans) = &self.spans {
            let failed = refusal.is_some_and(|refused| refused.status >= 500);
            spans.record(span(seen, head, request_id, whole, (operation, code), failed));
        }
        let micros = took.as_micros() as u64;
        let new = || RequestMicros::new(&REQUEST_MICROS);
        locked(&self.requests).entry((operation, code)).or_insert_with(new).record(micros);
        if refusal.is_none() && took < self.slow_after {
            return;
        }
        let duration_ms = micros as f64 / 1000.0;
        let queue = seen.queue.get().map(|queue| format!("{}/{}", queue.account, queue.name)).unwrap_or_default();
        let topic = seen.topic.get().map(|topic| format!("{}/{}", topic.account, topic.name)).unwrap_or_default();
        let bucket = seen.bucket.get().map(String::as_str).unwrap_or_default();
        let caller = caller(seen, head);
        if refusal.is_some() {
            let Some(left_out) = locked(&self.refused).admit(now) else { return };
            if left_out > 0 {
                info!(left_out, "more requests were refused than are logged");
            }
            info!(operation, %queue, %topic, bucket, code, ?caller, %request_id, duration_ms, "request refused");
        } else {
            let Some(left_out) = locked(&self.slow).admit(now) else { return };
            if left_out > 0 {
                warn!(left_out, "more requests were slow than are logged");
            }
            warn!(operation, %queue, %topic, bucket, code, ?caller, %request_id, duration_ms, "request slow");
        }
    }

    /// By operation and code.
    pub fn requests(&self) -> Vec<RequestMetrics> {
        let requests = locked(&self.requests);
        requests.iter().map(|(&(operation, code), &micros)| RequestMetrics { operation, code, micros }).collect()
    }

    /// Lines about requests that were left out of the log.
    pub(crate) fn lines_left_out(&self) -> u64 {
        locked(&self.refused).left_out_total + locked(&self.slow).left_out_total
    }
}

fn span(
    seen: &Seen,
    head: &Parts,
    request_id: RequestId,
    took: Duration,
    (operation, code): (&'static str, &'static str),
    failed: bool,
) -> Span {
    let mut attributes = vec![
        ("rpc.system", "aws-api".to_owned()),
        ("rpc.method", operation.to_owned()),
        ("aws.request_id", request_id.to_string()),
        ("bongsu.code", code.to_owned()),
    ];
    let destination = seen.queue.get().map(|queue| &queue.name).or(seen.topic.get().map(|topic| &topic.name));
    if let Some(name) = destination {
        attributes.push(("messaging.destination.name", name.to_string()));
    }
    Span {
        name: operation.to_owned(),
        kind: SpanKind::Server,
        context: trace_context(&head.headers),
        ended_at: SystemTime::now(),
        took,
        attributes,
        failed,
    }
}

/// The trace that a request is of, as W3C or else AWS says it.
fn trace_context(headers: &HeaderMap) -> Option<TraceContext> {
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let traceparent = header(TRACEPARENT).and_then(TraceContext::from_traceparent);
    traceparent.or_else(|| TraceContext::from_xray(header(TRACE_ID)?))
}

/// Who called, or else whose access key the request names.
fn caller(seen: &Seen, head: &Parts) -> String {
    if let Some(caller) = seen.caller.get() {
        return caller.arn().to_owned();
    }
    let claim = Claim::of(&head.uri, &head.headers);
    let id = claim.as_ref().map(Claim::access_key_id).unwrap_or_default();
    id.chars().take(CLAIM_CHARACTERS_MAX).collect()
}

/// Lines of one kind: so many a second, the others are counted.
struct Lines {
    second_began: Instant,
    written: u32,
    left_out: u64,
    left_out_total: u64,
}

impl Lines {
    fn starting_at(now: Instant) -> Lines {
        Lines { second_began: now, written: 0, left_out: 0, left_out_total: 0 }
    }

    /// Whether one more line may be written, and then how many were left out before it that nobody was told of.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if now.duration_since(self.second_began) >= Duration::from_secs(1) {
            (self.second_began, self.written) = (now, 0);
        }
        if self.written == LOG_LINES_A_SECOND_MAX {
            self.left_out += 1;
            self.left_out_total += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_are_counted_and_told_in_the_next_second() {
        let start = Instant::now();
        let mut lines = Lines::starting_at(start);
        for _ in 0..LOG_LINES_A_SECOND_MAX {
            assert_eq!(lines.admit(start), Some(0));
        }
        assert_eq!(lines.admit(start), None);
        assert_eq!(lines.admit(start + Duration::from_millis(999)), None);
        assert_eq!(lines.admit(start + Duration::from_secs(1)), Some(2));
        assert_eq!(lines.admit(start + Duration::from_secs(1)), Some(0));
        assert_eq!(lines.left_out_total, 2);
    }
}
