//! Points in time and durations, as the broker counts them.

use std::fmt;
use std::ops::Add;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// `2026-01-02T03:04:05.678Z`; whatever lies beyond the year 9999 has its last second.
    pub fn iso_8601(self) -> String {
        let seconds = bongsu_policy::iso_8601(self.0);
        format!("{}.{:03}Z", seconds.trim_end_matches('Z'), self.0 % 1000)
    }
}

/// A duration in whole seconds, as AWS attributes give them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u32);

impl Seconds {
    fn milliseconds(self) -> u64 {
        u64::from(self.0) * 1000
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Timestamp;

    fn add(self, seconds: Seconds) -> Timestamp {
        Timestamp(self.0.saturating_add(seconds.milliseconds()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_to_the_millisecond() {
        assert_eq!(Timestamp(0).iso_8601(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_767_323_045_078).iso_8601(), "2026-01-02T03:04:05.078Z");
        assert_eq!(Timestamp(u64::MAX).iso_8601(), "9999-12-31T23:59:59.615Z");
    }
}
