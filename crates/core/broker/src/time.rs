//! Points in time and durations, as the broker counts them.

use std::fmt;
use std::ops::Add;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

/// A duration in whole seconds, as AWS attributes give them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u32);

impl Add<Seconds> for Timestamp {
    type Output = Timestamp;

    fn add(self, seconds: Seconds) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::from(seconds.0) * 1000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
