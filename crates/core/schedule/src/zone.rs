//! Time zones by their names.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::fault::InvalidSchedule;

/// A time zone of IANA's list, as it was when this program was built: the machine's own list is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// What holds unless a schedule says otherwise.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// Finds a zone such as `Asia/Seoul`, in any case.
    pub fn parse(name: &str) -> Result<Zone, InvalidSchedule> {
        let unknown = |_| InvalidSchedule::new(format!("`{name}` is no time zone of IANA's list"));
        TimeZoneDatabase::bundled().get(name).map(Zone).map_err(unknown)
    }

    /// What its clocks show; `None` far beyond the year 9999.
    pub(crate) fn local(&self, at: u64) -> Option<DateTime> {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()?;
        Some(self.0.to_datetime(at))
    }

    /// The first time its clocks show this; `None` if they never do, or not after 1970.
    pub(crate) fn first(&self, local: DateTime) -> Option<u64> {
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        let is_skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        if is_skipped { None } else { milliseconds(ambiguous.earlier().ok()?) }
    }

    /// The same, but of times that its clocks skip, as much later as they were put forward.
    pub(crate) fn first_or_later(&self, local: DateTime) -> Option<u64> {
        milliseconds(self.0.to_ambiguous_timestamp(local).compatible().ok()?)
    }
}

/// A time in UTC to the second, `2026-01-31T12:00:00Z`; far beyond the year 9999, the last that can be written so.
pub fn time_text(at: u64) -> String {
    let seconds = i64::try_from(at / 1000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time such as `2026-01-31T12:00:00Z`, with any offset; in UTC if there is none.
pub fn parse_time(text: &str) -> Result<u64, InvalidSchedule> {
    let with_offset = text.parse::<jiff::Timestamp>().ok();
    let at = with_offset.or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok());
    at.and_then(milliseconds)
        .ok_or_else(|| InvalidSchedule::new(format!("`{text}` is no time such as 2026-01-31T12:00:00Z")))
}

fn milliseconds(at: jiff::Timestamp) -> Option<u64> {
    u64::try_from(at.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["2026-01-31T12:00:00Z", "2026-01-31T21:00:00+09:00", "2026-01-31T12:00:00"] {
            assert_eq!(parse_time(text).map(time_text), Ok("2026-01-31T12:00:00Z".to_owned()), "{text}");
        }
        for text in ["", "tomorrow", "2026-13-01T00:00:00Z", "1969-01-01T00:00:00Z"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
