//! Lets so many requests of a route through: a bucket of tokens that fills at a rate.

use std::sync::{Mutex, PoisonError};

use crate::Throttle;

/// The tokens of one route of one stage.
pub(crate) struct Bucket {
    throttle: Throttle,
    level: Mutex<Level>,
}

struct Level {
    tokens: f64,
    at_ms: u64,
}

impl Bucket {
    /// Full.
    pub(crate) fn new(throttle: Throttle) -> Self {
        Self { throttle, level: Mutex::new(Level { tokens: throttle.burst.into(), at_ms: 0 }) }
    }

    /// Whether one more request is let through at this time, in milliseconds since 1970.
    pub(crate) fn admits(&self, now_ms: u64) -> bool {
        let Throttle { rate, burst } = self.throttle;
        if rate <= 0.0 {
            return false;
        }
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back lets nobody wait for the time that it lost.
        let passed_ms = now_ms.saturating_sub(level.at_ms);
        level.at_ms = now_ms;
        level.tokens = (level.tokens + passed_ms as f64 * rate / 1000.0).min(burst.into());
        let admitted = level.tokens >= 1.0;
        if admitted {
            level.tokens -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(bucket: &Bucket, at_ms: u64) -> usize {
        (0..100).take_while(|_| bucket.admits(at_ms)).count()
    }

    #[test]
    fn a_burst_passes_at_once_and_the_rate_in_the_long_run() {
        let bucket = Bucket::new(Throttle { rate: 4.0, burst: 10 });
        assert_eq!(admitted(&bucket, 1_000_000), 10);
        assert_eq!(admitted(&bucket, 1_000_249), 0);
        assert_eq!(admitted(&bucket, 1_000_250), 1);
        assert_eq!(admitted(&bucket, 1_001_250), 4);
        assert_eq!(admitted(&bucket, 2_000_000), 10);
        assert_eq!(admitted(&bucket, 1_000_000), 0, "the clock was put back");
        assert_eq!(admitted(&bucket, 1_000_500), 2);
    }

    #[test]
    fn a_rate_or_a_burst_of_zero_lets_nobody_through() {
        assert_eq!(admitted(&Bucket::new(Throttle { rate: 0.0, burst: 10 }), 1_000_000), 0);
        assert_eq!(admitted(&Bucket::new(Throttle { rate: 10.0, burst: 0 }), 1_000_000), 0);
    }
}
