//! Points in time as policies write them: ISO 8601 in W3C's profile, or seconds since the epoch.

const DAY_SECONDS: i64 = 86_400;
/// From 0001-01-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_162;
/// 9999-12-31T23:59:59Z, the last that four digits of a year can say.
const LAST_SECOND: u64 = 253_402_300_799;

/// Milliseconds since the epoch. A year is four digits; other whole numbers are seconds since the epoch.
pub fn parse(text: &str) -> Option<i64> {
    if text.len() != 4 && is_digits(text) {
        return text.parse::<i64>().ok()?.checked_mul(1000);
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut fields = date.split('-');
    let year = number(fields.next()?, 4)?;
    let month = fields.next().map(|field| number(field, 2));
    let day = fields.next().map(|field| number(field, 2));
    if fields.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    let days = days_since_epoch(year, month.unwrap_or(Some(1))?, day.unwrap_or(Some(1))?)?;
    Some(days * DAY_SECONDS * 1000 + time.map_or(Some(0), parse_time)?)
}

/// `hh:mm[:ss[.fraction]]` and `Z` or `±hh:mm`, in milliseconds since the day began in UTC.
fn parse_time(text: &str) -> Option<i64> {
    let zone = text.rfind(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(zone);
    let offset_minutes = match zone.split_at(1) {
        ("Z", "") => 0,
        ("+", zone) => clock_minutes(zone)?,
        ("-", zone) => -clock_minutes(zone)?,
        _ => return None,
    };
    let (minutes, seconds) = if clock.len() > 5 {
        let seconds = clock.get(5..)?.strip_prefix(':')?;
        (clock_minutes(clock.get(..5)?)?, seconds)
    } else {
        (clock_minutes(clock)?, "00")
    };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let seconds = number(seconds, 2).filter(|seconds| *seconds < 60)?;
    if !is_digits(fraction) {
        return None;
    }
    let millis = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Some(((minutes - offset_minutes) * 60 + seconds) * 1000 + millis)
}

/// `hh:mm` in minutes.
fn clock_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let hours = number(hours, 2).filter(|hours| *hours < 24)?;
    Some(hours * 60 + number(minutes, 2).filter(|minutes| *minutes < 60)?)
}

/// `2026-01-02T03:04:05Z`; whatever lies beyond the year 9999 counts as its end.
pub fn format(now_ms: u64) -> String {
    let seconds = (now_ms / 1000).min(LAST_SECOND) as i64;
    let (days, second) = (seconds / DAY_SECONDS + EPOCH_DAYS, seconds % DAY_SECONDS);
    // A year has at most 366 days, so that this begins at or before the right one, and soon gets there.
    let mut year = days / 366 + 1;
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let mut day = days - days_before_year(year);
    let mut month = 1;
    while day >= month_days(year, month) {
        day -= month_days(year, month);
        month += 1;
    }
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{:02}Z", day + 1, second % 60)
}

fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if year < 1 || !(1..=12).contains(&month) || !(1..=month_days(year, month)).contains(&day) {
        return None;
    }
    let in_months: i64 = (1..month).map(|month| month_days(year, month)).sum();
    Some(days_before_year(year) + in_months + day - 1 - EPOCH_DAYS)
}

/// Days from 0001-01-01.
fn days_before_year(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(text: &str, digits: usize) -> Option<i64> {
    if text.len() == digits && is_digits(text) { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_in_every_form_of_the_profile() {
        let rows = [
            ("1970", 0),
            ("1970-02", 2_678_400_000),
            ("2024-02-29", 1_709_164_800_000),
            ("2026-11-22T20:11Z", 1_795_378_260_000),
            ("2026-11-22T20:11:27Z", 1_795_378_287_000),
            ("2026-11-22T20:11:27.5Z", 1_795_378_287_500),
            ("2026-11-22T20:11:27.123456Z", 1_795_378_287_123),
            ("2026-11-22T21:41:27+01:30", 1_795_378_287_000),
            ("2026-11-22T12:11:27-08:00", 1_795_378_287_000),
            ("1969-12-31T23:59:59Z", -1000),
            ("0", 0),
            ("1795378287", 1_795_378_287_000),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let texts = [
            "",
            "T",
            "x",
            "-1",
            "1.5",
            "0000",
            "2026-13",
            "2026-00-01",
            "2026-02-29",
            "1900-02-29",
            "2026-1-1",
            "2026-01T00:00Z",
            "2026-01-01T",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00Z",
            "2026-01-01T00:60Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00Z1",
            "2026-01-01-01",
            "2026-01-01T0é:00Z",
            "2026-01-01T000é00Z",
            "99999999999999999999",
            "9223372036854775807",
        ];
        for text in texts {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in 0..=LAST_SECOND) {
            prop_assert_eq!(parse(&format(seconds * 1000 + 999)), Some(seconds as i64 * 1000));
        }
    }

    #[test]
    fn the_end_of_time_is_written_too() {
        assert_eq!(format(u64::MAX), "9999-12-31T23:59:59Z");
    }
}
