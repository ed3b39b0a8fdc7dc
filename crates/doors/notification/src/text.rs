//! Identifiers and times as they are written on the wire.

use std::fmt;

use serde::{Serialize, Serializer};

/// 128 bits as a UUID in lower case: `11111111-2222-3333-4444-555555555555`.
#[derive(Clone, Copy)]
pub(crate) struct Uuid(pub(crate) u128);

/// Milliseconds since 1970 as `2026-01-02T03:04:05.678Z`.
#[derive(Clone, Copy)]
pub(crate) struct Time(pub(crate) u64);

/// Milliseconds since 1970 as `2026-01-02 03:04:05.678`, in UTC: how the delivery status log writes times.
#[derive(Clone, Copy)]
pub(crate) struct LogTime(pub(crate) u64);

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = ((self.0 >> 64) as u64, self.0 as u64);
        let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.0, 'T')?;
        f.write_str("Z")
    }
}

impl fmt::Display for LogTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.0, ' ')
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, milliseconds: u64, separator: char) -> fmt::Result {
    let (year, month, day) = civil_from_days(milliseconds / DAY_MS);
    let (seconds, fraction) = (milliseconds % DAY_MS / 1000, milliseconds % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(f, "{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}.{fraction:03}")
}

/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

macro_rules! serialized_as_displayed {
    ($($name:ident),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}
serialized_as_displayed!(Uuid, Time, LogTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_five_groups_in_lower_case() {
        assert_eq!(Uuid(0).to_string(), "00000000-0000-0000-0000-000000000000");
        assert_eq!(Uuid(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210).to_string(), "01234567-89ab-cdef-fedc-ba9876543210");
    }

    #[test]
    fn times_are_written_in_utc_to_the_millisecond() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_767_323_045_678, "2026-01-02T03:04:05.678Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Time(milliseconds).to_string(), text);
            assert_eq!(LogTime(milliseconds).to_string(), text.replace('T', " ").replace('Z', ""));
        }
    }

    #[test]
    fn the_last_millisecond_that_fits_is_written_too() {
        assert!(Time(u64::MAX).to_string().starts_with("584556019-"));
    }
}
