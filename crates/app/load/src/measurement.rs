//! What a run measured, and what it has done so far.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What one run measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measurement {
    /// How long it was measured.
    pub seconds: f64,
    /// Requests that did what they asked for.
    pub requests: u64,
    /// Messages that those requests moved.
    pub messages: u64,
    /// Requests, and entries of batches, that failed, the warm-up included: by AWS's code or by what happened.
    pub errors: BTreeMap<String, u64>,
    /// The first of them in full.
    pub first_error: Option<String>,
    /// Median latency.
    pub p50_micros: f64,
    /// Latency that one in ten exceeded.
    pub p90_micros: f64,
    /// Latency that one in a hundred exceeded.
    pub p99_micros: f64,
    /// Latency that one in a thousand exceeded.
    pub p999_micros: f64,
    /// The worst latency.
    pub max_micros: f64,
}

impl Measurement {
    /// Messages a second; 0 if nothing was measured.
    pub fn message_rate(&self) -> f64 {
        rate(self.messages, self.seconds)
    }

    /// Requests a second; 0 if nothing was measured.
    pub fn request_rate(&self) -> f64 {
        rate(self.requests, self.seconds)
    }

    /// How many requests and entries failed.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} messages/s, p50 {:.0} µs, p99 {:.0} µs", self.message_rate(), self.p50_micros, self.p99_micros)
    }
}

/// What a run that is measured has done so far.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Since the start, the warm-up included.
    pub elapsed: Duration,
    /// Messages moved since the warm-up.
    pub messages: u64,
    /// Errors since the start.
    pub errors: u64,
    /// Latency that one in a hundred exceeded since the warm-up.
    pub p99_micros: f64,
}

fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}
