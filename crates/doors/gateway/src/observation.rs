//! What is told of requests once they are answered: numbers under CloudWatch's names, and lines about refused and slow
//! ones.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bongsu_histogram::Histogram;

/// Bounds for how long requests take, in microseconds.
pub const LATENCY_MICROS: [u64; 15] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 3_000_000, 10_000_000,
    30_000_000,
];

/// Refused and slow requests that are logged in one second: a client that goes wrong must not fill the disk.
pub const LOG_LINES_A_SECOND_MAX: u32 = 20;

/// Requests by how long they took.
pub type LatencyMicros = Histogram<{ LATENCY_MICROS.len() }>;

/// The numbers of one route of one stage. They begin anew when a set of APIs comes that does not have the route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMetrics {
    /// The API's name; of a function's own address the function.
    pub api: String,
    /// `$default` or the stage's name.
    pub stage: String,
    /// The route's key.
    pub route: String,
    /// The numbers.
    pub counts: Counts,
}

/// What is counted of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// `4xx`: answers that blame the client.
    pub client_errors: u64,
    /// `5xx`: answers that blame this side.
    pub server_errors: u64,
    /// `Count` and `Latency`: from the head of the request to its answer.
    pub latency: LatencyMicros,
    /// `IntegrationLatency`: from what the integration was asked to what it said.
    pub integration_latency: LatencyMicros,
}

impl Default for Counts {
    fn default() -> Self {
        let none = || LatencyMicros::new(&LATENCY_MICROS);
        Self { client_errors: 0, server_errors: 0, latency: none(), integration_latency: none() }
    }
}

/// The counts of a route, while it is served.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Counts>);

impl Counters {
    /// A request is answered with this status; `integration` took its part of the time, if it was asked.
    pub(crate) fn record(&self, status: u16, took: Duration, integration: Option<Duration>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.latency.record(micros(took));
        if let Some(took) = integration {
            counts.integration_latency.record(micros(took));
        }
        match status {
            400..500 => counts.client_errors += 1,
            500.. => counts.server_errors += 1,
            _ => {}
        }
    }

    pub(crate) fn read(&self) -> Counts {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How many lines the log may still get in this second.
#[derive(Default)]
pub(crate) struct LogBudget(Mutex<Option<(Instant, u32)>>);

impl LogBudget {
    /// Whether one more line may be written, and then how many were left out before it in the second that is over.
    pub(crate) fn admit(&self, now: Instant) -> Option<u32> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *window {
            Some((begun, lines)) if now.saturating_duration_since(begun) < Duration::from_secs(1) => {
                *window = Some((begun, lines + 1));
                (lines < LOG_LINES_A_SECOND_MAX).then_some(0)
            }
            before => {
                *window = Some((now, 1));
                Some(before.map_or(0, |(_, lines)| lines.saturating_sub(LOG_LINES_A_SECOND_MAX)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_whom_they_blame() {
        let counters = Counters::default();
        for status in [200, 204, 302, 400, 429, 500, 503, 504] {
            counters.record(status, Duration::from_millis(2), (status != 429).then_some(Duration::from_millis(1)));
        }
        let counts = counters.read();
        assert_eq!((counts.client_errors, counts.server_errors), (2, 3));
        assert_eq!((counts.latency.count(), counts.latency.sum()), (8, 16_000));
        assert_eq!((counts.integration_latency.count(), counts.integration_latency.sum()), (7, 7_000));
    }

    #[test]
    fn a_second_has_so_many_lines_and_the_next_tells_of_the_others() {
        let budget = LogBudget::default();
        let now = Instant::now();
        let written = (0..100).filter(|_| budget.admit(now).is_some()).count();
        assert_eq!(written, LOG_LINES_A_SECOND_MAX as usize);
        assert_eq!(budget.admit(now + Duration::from_secs(1)), Some(80));
        assert_eq!(budget.admit(now + Duration::from_secs(3)), Some(0));
    }
}
