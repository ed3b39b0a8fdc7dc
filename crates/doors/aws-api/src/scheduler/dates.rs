//! Points in time as the scheduler reads and writes them: seconds since 1970, perhaps with parts.

use bongsu_broker::Timestamp;
use serde_json::{Map, Value};

/// Seconds that a request gives; none before 1970 or far beyond the year 9999.
pub(super) fn read(seconds: f64) -> Option<Timestamp> {
    const SECONDS_MAX: f64 = 253_402_300_800.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was looked at")]
    (0.0..SECONDS_MAX).contains(&seconds).then(|| Timestamp((seconds * 1000.0).round() as u64))
}

/// What the SDK's users write as texts (`2026-01-31T12:00:00Z`) becomes seconds, if it is a time.
pub(crate) fn read_dates(members: &mut Map<String, Value>) {
    for name in ["StartDate", "EndDate"] {
        let Some(value) = members.get_mut(name) else { continue };
        let at = value.as_str().and_then(|text| bongsu_schedule::parse_time(text).ok());
        if let Some(at) = at {
            *value = Value::from(written(at));
        }
    }
}

pub(super) fn written(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        assert_eq!(read(1_767_225_600.25), Some(Timestamp(1_767_225_600_250)));
        assert_eq!(written(1_767_225_600_250), 1_767_225_600.25);
        for nonsense in [-1.0, 1e15, f64::NAN] {
            assert_eq!(read(nonsense), None);
        }
    }
}
