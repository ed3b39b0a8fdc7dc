//! How many notifications a second an endpoint is sent: the section of a policy, and the bucket that keeps to it.

use std::num::NonZeroU32;

use crate::Fault;
use crate::json::Section;

const KEY: &str = "maxReceivesPerSecond";

/// What a take costs: a token, in thousandths, of which a millisecond brings as many as the rate.
const TOKEN: u64 = 1000;

/// Reads the throttle section at `key`; nothing if it is unset or names no rate.
pub(crate) fn parse(parent: &Section<'_>, key: &str) -> Result<Option<NonZeroU32>, Fault> {
    let Some(section) = parent.section(key, &[KEY])? else { return Ok(None) };
    let Some(rate) = section.integer(KEY)? else { return Ok(None) };
    if rate < 1 {
        return Err(section.fault(KEY, "must be >= 1"));
    }
    let rate = u32::try_from(rate).map_err(|_| section.fault(KEY, format_args!("must be <= {}", u32::MAX)))?;
    Ok(NonZeroU32::new(rate))
}

/// The throttle section.
pub(crate) fn text(rate: NonZeroU32) -> String {
    format!(r#"{{"{KEY}":{rate}}}"#)
}

/// Keeps takes to an average rate, with at most one second's worth of them at once: in any `t` seconds, at most
/// `rate·t + rate`.
///
/// Times are in milliseconds of any one clock. A clock that goes back brings nothing and takes nothing away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    rate: NonZeroU32,
    /// Thousandths of a token at `seen_ms`, at most one second's worth.
    level: u64,
    seen_ms: u64,
}

impl Throttle {
    /// With one second's worth ready to be taken.
    pub fn new(rate_per_second: NonZeroU32) -> Throttle {
        Throttle { rate: rate_per_second, level: capacity(rate_per_second), seen_ms: 0 }
    }

    /// The first time from `now_ms` on at which [`take`](Throttle::take) succeeds.
    pub fn next_free_at(&self, now_ms: u64) -> u64 {
        let now_ms = now_ms.max(self.seen_ms);
        let missing = TOKEN.saturating_sub(self.level_at(now_ms));
        now_ms.saturating_add(missing.div_ceil(u64::from(self.rate.get())))
    }

    /// Takes one, if one is free; otherwise says `false` and changes nothing.
    #[must_use]
    pub fn take(&mut self, now_ms: u64) -> bool {
        let now_ms = now_ms.max(self.seen_ms);
        let Some(level) = self.level_at(now_ms).checked_sub(TOKEN) else { return false };
        (self.level, self.seen_ms) = (level, now_ms);
        true
    }

    /// `now_ms` is not before `seen_ms`.
    fn level_at(&self, now_ms: u64) -> u64 {
        let brought = (now_ms - self.seen_ms).saturating_mul(u64::from(self.rate.get()));
        self.level.saturating_add(brought).min(capacity(self.rate))
    }
}

fn capacity(rate: NonZeroU32) -> u64 {
    u64::from(rate.get()) * TOKEN
}
