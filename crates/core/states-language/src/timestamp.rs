//! Points in time: milliseconds as the machine counts them, and RFC 3339 as the language writes them.

use std::fmt;

const DAY_MS: i64 = 86_400_000;
/// The last millisecond of the year 9999.
const LAST_MS: u64 = 253_402_300_799_999;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time and so many seconds more.
    pub fn after_seconds(self, seconds: u32) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::from(seconds) * 1000))
    }

    /// Reads `2026-01-02T03:04:05.678+09:00` as the states language wants it: upper-case `T`, and `Z` or an offset.
    /// Times before 1970 are the epoch itself: they have all passed.
    pub fn parse(text: &str) -> Option<Timestamp> {
        parse_nanoseconds(text).map(|nanoseconds| Timestamp(u64::try_from(nanoseconds / 1_000_000).unwrap_or(0)))
    }
}

/// `2026-01-02T03:04:05.678Z`; whatever lies beyond the year 9999 has its last millisecond.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.min(LAST_MS);
        let (year, month, day) = civil((ms / DAY_MS as u64) as i64);
        let in_day = ms % DAY_MS as u64;
        let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", in_day % 1000)
    }
}

/// Nanoseconds since the epoch, to compare two times exactly.
pub(crate) fn parse_nanoseconds(text: &str) -> Option<i128> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, rest) = rest.strip_prefix('T')?.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, zone) = split_fraction(rest)?;
    let minutes = days(year, month, day) * 1440 + hour * 60 + minute - offset_minutes(zone)?;
    Some((i128::from(minutes) * 60 + i128::from(second)) * 1_000_000_000 + i128::from(fraction))
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        *value = digits(parts.next()?, width)?;
    }
    parts.next().is_none().then_some(values)
}

fn digits(text: &str, width: usize) -> Option<i64> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Nanoseconds behind the point, if there is one, and the rest.
fn split_fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(fraction) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let kept = &fraction[..length.min(9)];
    let nanoseconds = kept.parse::<i64>().ok()? * 10_i64.pow(9 - kept.len() as u32);
    Some((nanoseconds, &fraction[length..]))
}

fn offset_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch. The year is thought to begin in March, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

/// The date of a day since the epoch: `days` backwards.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let month = (5 * of_year + 2) / 153;
    let (shown, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + of_era_year + carry, shown, of_year - (153 * month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for ms in [0, 951_782_400_000, 951_868_799_999, 1_767_323_045_678, 4_107_542_400_000, LAST_MS] {
            assert_eq!(Timestamp::parse(&Timestamp(ms).to_string()), Some(Timestamp(ms)));
        }
        assert_eq!(Timestamp(1_767_323_045_678).to_string(), "2026-01-02T03:04:05.678Z");
    }

    #[test]
    fn offsets_are_taken_off() {
        assert_eq!(Timestamp::parse("1970-01-01T09:00:01+09:00"), Some(Timestamp(1000)));
        assert_eq!(Timestamp::parse("1969-12-31T23:30:00.5-00:30"), Some(Timestamp(500)));
        assert_eq!(Timestamp::parse("1900-01-01T00:00:00Z"), Some(Timestamp(0)));
    }

    #[test]
    fn other_forms_of_dates_are_none() {
        for text in [
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02t03:04:05Z",
            "2026-01-02T03:04:05z",
            "2026-1-2T03:04:05Z",
            "2026-02-29T03:04:05Z",
            "2026-01-02T24:04:05Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+0900",
            "2026-01-02 03:04:05Z",
            "",
            "éééééééééééééééééé",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
