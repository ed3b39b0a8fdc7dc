//! Moments as people write them.

use jiff::{SignedDuration, Timestamp};

/// A smaller number is no time but a mistake, such as seconds: this is a day of the year 1973.
const MILLISECONDS_MIN: u64 = 100_000_000_000;

/// Milliseconds since 1970 of what a person means: so long ago (`90s`, `10m`, `2h`, `1h30m`, `3d`), a time
/// (`2026-11-23T09:30:00Z`), or those milliseconds themselves.
///
/// # Errors
///
/// What can be written, for a person.
pub fn parse_moment(text: &str, now_ms: u64) -> Result<u64, &'static str> {
    const HELP: &str = "write how long ago, such as 90s, 10m, 2h or 3d, or a time, such as 2026-11-23T09:30:00Z";
    if let Some(milliseconds) = text.parse().ok().filter(|milliseconds| *milliseconds >= MILLISECONDS_MIN) {
        return Ok(milliseconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return u64::try_from(time.as_millisecond()).map_err(|_| HELP);
    }
    let ago = ago(text).ok_or(HELP)?;
    Ok(now_ms.saturating_sub(u64::try_from(ago.as_millis()).unwrap_or_default()))
}

fn ago(text: &str) -> Option<SignedDuration> {
    if let Some(days) = text.strip_suffix('d') {
        return SignedDuration::from_hours(24).checked_mul(days.parse::<u16>().ok()?.into());
    }
    text.parse().ok().filter(|ago: &SignedDuration| !ago.is_negative())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_so_long_ago_or_times() {
        const NOW: u64 = 1_795_405_800_000;
        for (text, ms) in [
            ("90s", NOW - 90_000),
            ("10m", NOW - 600_000),
            ("2h", NOW - 7_200_000),
            ("1h30m", NOW - 5_400_000),
            ("1h 30m", NOW - 5_400_000),
            ("3d", NOW - 259_200_000),
            ("500ms", NOW - 500),
            ("0s", NOW),
            ("1000000h", 0),
            ("2026-11-23T04:30:00+01:00", 1_795_404_600_000),
            ("2026-11-23T03:30:00.25Z", 1_795_404_600_250),
            ("1795404600000", 1_795_404_600_000),
        ] {
            assert_eq!(parse_moment(text, NOW), Ok(ms), "{text}");
        }
        for wrong in [
            "",
            "m",
            "10",
            "10 apples",
            "-5m",
            "yesterday",
            "1969-01-01T00:00:00Z",
            "2026-11-23",
            "xd",
            "-1",
            "1795404600",
        ] {
            assert!(parse_moment(wrong, NOW).is_err(), "{wrong}");
        }
    }
}
