//! A limit as a user configures it: calls in a period, how many of them at once, and how many side by side.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

/// Calls in one period, and the size of a bucket.
pub const CALLS_MAX: u32 = 1_000_000;
/// Calls side by side.
pub const CONCURRENCY_MAX: u32 = 100_000;

const SECOND_MS: u64 = 1000;
const NANOS: u64 = 1_000_000;

/// So many calls in a period, evenly: `5/s`, `120/m`, `1000/h`, `10000/d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    calls: NonZeroU32,
    period_ms: NonZeroU64,
}

impl Rate {
    /// Calls in a second.
    pub fn per_second(calls: NonZeroU32) -> Rate {
        Rate { calls, period_ms: NonZeroU64::new(SECOND_MS).expect("a second is not nothing") }
    }

    /// Reads `5/s`, `120/m`, `1000/h`, `10000/d`, or a bare number of calls in a second.
    pub fn parse(text: &str) -> Result<Rate, InvalidLimit> {
        let (calls, unit) = text.split_once('/').unwrap_or((text, "s"));
        let period_ms = match unit.trim() {
            "s" => SECOND_MS,
            "m" => 60 * SECOND_MS,
            "h" => 3600 * SECOND_MS,
            "d" => 86_400 * SECOND_MS,
            _ => return Err(InvalidLimit::Rate(text.into())),
        };
        let calls = calls.trim().parse::<NonZeroU32>().ok().filter(|calls| calls.get() <= CALLS_MAX);
        let calls = calls.ok_or_else(|| InvalidLimit::Rate(text.into()))?;
        Ok(Rate { calls, period_ms: NonZeroU64::new(period_ms).expect("no unit is nothing") })
    }

    /// From one call to the next, rounded up so that the rate is never exceeded.
    pub(crate) fn interval_ns(self) -> u64 {
        (self.period_ms.get() * NANOS).div_ceil(u64::from(self.calls.get()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.period_ms.get() {
            SECOND_MS => "s",
            60_000 => "m",
            3_600_000 => "h",
            _ => "d",
        };
        write!(f, "{}/{unit}", self.calls)
    }
}

/// What happens to calls that come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A token bucket: after a quiet time so many may go at once; in the long run the rate holds.
    TokenBucket {
        /// How many at once.
        burst: NonZeroU32,
    },
    /// A leaky bucket: they leave one by one, a rate's interval apart, however long it was quiet.
    LeakyBucket,
}

/// How often calls may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// In the long run.
    pub rate: Rate,
    /// In the short run.
    pub shape: Shape,
}

impl Pace {
    pub(crate) fn burst(&self) -> u32 {
        match self.shape {
            Shape::TokenBucket { burst } => burst.get(),
            Shape::LeakyBucket => 1,
        }
    }
}

/// How often one key may be called, and how many times at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Without one, as often as there is room.
    pub pace: Option<Pace>,
    /// Calls that have begun and not ended; none is no limit.
    pub concurrency: Option<NonZeroU32>,
}

impl Limit {
    /// A token bucket that lets one second's worth of calls through at once.
    pub fn per_second(calls: NonZeroU32) -> Limit {
        let pace = Pace { rate: Rate::per_second(calls), shape: Shape::TokenBucket { burst: calls } };
        Limit { pace: Some(pace), concurrency: None }
    }

    /// A limit of the given parts; none, if they limit nothing. Without a burst, calls are spaced.
    pub fn new(
        rate: Option<Rate>,
        burst: Option<u32>,
        concurrency: Option<u32>,
    ) -> Result<Option<Limit>, InvalidLimit> {
        let shape = match burst {
            None => Shape::LeakyBucket,
            Some(_) if rate.is_none() => return Err(InvalidLimit::BurstAlone),
            Some(burst) => Shape::TokenBucket { burst: within(burst, CALLS_MAX).ok_or(InvalidLimit::Burst)? },
        };
        let concurrency = match concurrency {
            None => None,
            Some(count) => Some(within(count, CONCURRENCY_MAX).ok_or(InvalidLimit::Concurrency)?),
        };
        let limit = Limit { pace: rate.map(|rate| Pace { rate, shape }), concurrency };
        Ok((limit.pace.is_some() || limit.concurrency.is_some()).then_some(limit))
    }
}

fn within(count: u32, max: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(count).filter(|count| count.get() <= max)
}

/// Why a limit was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimit {
    /// Not calls in a period.
    #[error("`{0}` is not a rate: say `5/s`, `120/m`, `1000/h` or `10000/d`, with 1 to {CALLS_MAX} calls")]
    Rate(String),
    /// Out of range.
    #[error("a burst is 1 to {CALLS_MAX} calls")]
    Burst,
    /// Without a rate there is nothing that it would be of.
    #[error("a burst is nothing without a rate")]
    BurstAlone,
    /// Out of range.
    #[error("a concurrency is 1 to {CONCURRENCY_MAX} calls")]
    Concurrency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_calls_in_a_period() {
        for text in ["5/s", "120/m", "1000/h", "10000/d", "1000000/s"] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Rate::parse("7").unwrap().to_string(), "7/s");
        assert_eq!(Rate::parse("3/s").unwrap().interval_ns(), 333_333_334);
        for text in ["", "0/s", "-1/s", "5/week", "1000001/s", "1.5/s", "/s"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_part_has_a_range() {
        let rate = Some(Rate::parse("5/s").unwrap());
        assert_eq!(Limit::new(rate, Some(0), None), Err(InvalidLimit::Burst));
        assert_eq!(Limit::new(None, Some(1), None), Err(InvalidLimit::BurstAlone));
        assert_eq!(Limit::new(rate, None, Some(CONCURRENCY_MAX + 1)), Err(InvalidLimit::Concurrency));
        assert_eq!(Limit::new(rate, None, None).unwrap().unwrap().pace.unwrap().shape, Shape::LeakyBucket);
        assert_eq!(Limit::new(None, None, None), Ok(None));
    }
}
