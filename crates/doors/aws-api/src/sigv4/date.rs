//! The time of a request as signatures have it: `20150830T123600Z`.

use std::fmt;

use hyper::header::{DATE as HTTP_DATE, HeaderMap};

use super::canonical::DATE;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Whole seconds between the years 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RequestTime {
    text: [u8; 16],
    epoch_seconds: u64,
}

impl RequestTime {
    /// The time in `x-amz-date`, or else in `date`; `None` if neither can be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        match headers.get(DATE) {
            Some(value) => RequestTime::parse_basic(value.to_str().ok()?.trim()),
            None => {
                let text = headers.get(HTTP_DATE)?.to_str().ok()?.trim();
                RequestTime::parse_basic(text).or_else(|| RequestTime::parse_http(text))
            }
        }
    }

    /// The time this many seconds after 1970; the end of 9999 for anything later.
    pub(super) fn at(epoch_seconds: u64) -> Self {
        const LAST: u64 = 253_402_300_799;
        let epoch_seconds = epoch_seconds.min(LAST);
        let (year, month, day) = civil_from_days(epoch_seconds / DAY_SECONDS);
        let second = epoch_seconds % DAY_SECONDS;
        let mut text = *b"00000000T000000Z";
        put(&mut text[0..4], year);
        put(&mut text[4..6], month);
        put(&mut text[6..8], day);
        put(&mut text[9..11], second / 3600);
        put(&mut text[11..13], second / 60 % 60);
        put(&mut text[13..15], second % 60);
        RequestTime { text, epoch_seconds }
    }

    /// Reads `20150830T123600Z`.
    pub(super) fn parse_basic(text: &str) -> Option<Self> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
        if bytes[8] != b'T' || bytes[15] != b'Z' {
            return None;
        }
        let number = |from: usize, to: usize| digits(&bytes[from..to]);
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let time = RequestTime::from_civil(year, month, day, number(9, 11)?, number(11, 13)?, number(13, 15)?)?;
        // The 31st of April is another day's text.
        (time.text == *bytes).then_some(time)
    }

    /// Reads `Sun, 30 Aug 2015 12:36:00 GMT`.
    fn parse_http(text: &str) -> Option<Self> {
        const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
        let (_, date) = text.split_once(", ")?;
        let bytes: &[u8; 24] = date.as_bytes().try_into().ok()?;
        if !date.ends_with(" GMT") || bytes[14] != b':' || bytes[17] != b':' {
            return None;
        }
        let number = |from: usize, to: usize| digits(&bytes[from..to]);
        let at = MONTHS.find(date.get(3..6)?).filter(|at| at % 3 == 0)?;
        let month = at as u64 / 3 + 1;
        RequestTime::from_civil(number(7, 11)?, month, number(0, 2)?, number(12, 14)?, number(15, 17)?, number(18, 20)?)
    }

    fn from_civil(year: u64, month: u64, day: u64, hour: u64, minute: u64, second: u64) -> Option<Self> {
        let is_plausible = (1970..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        is_plausible.then(|| {
            let seconds = hour * 3600 + minute * 60 + second;
            RequestTime::at(days_from_civil(year, month, day) * DAY_SECONDS + seconds)
        })
    }

    pub(super) fn epoch_seconds(&self) -> u64 {
        self.epoch_seconds
    }

    /// `20150830T123600Z`
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).expect("digits are ASCII")
    }

    /// `20150830`
    pub(super) fn day(&self) -> &str {
        &self.as_str()[..8]
    }
}

impl fmt::Display for RequestTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn put(field: &mut [u8], mut number: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn digits(field: &[u8]) -> Option<u64> {
    field.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// Days since 1970 in the Gregorian calendar. Years are counted from March, so that the leap day comes last, and
/// months then follow a pattern of 153 days in five months.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - DAYS_TO_1970
}

/// From the first of March of the year 0 to 1970.
const DAYS_TO_1970: u64 = 719_468;

fn civil_from_days(days: u64) -> (u64, u64, u64) {
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970;
    let (era, day) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    // Takes out the leap days before dividing: one in 4 years, none in 100, one in 400.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (day * 5 + 2) / 153;
    let day = day - (month * 153 + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms() {
        let time = RequestTime::parse_basic("20150830T123600Z").unwrap();
        assert_eq!(time.epoch_seconds(), 1_440_938_160);
        assert_eq!(RequestTime::parse_http("Sun, 30 Aug 2015 12:36:00 GMT"), Some(time));
        assert_eq!((time.as_str(), time.day()), ("20150830T123600Z", "20150830"));
    }

    #[test]
    fn every_day_until_2400_comes_back() {
        for day in 0..157_054 {
            let time = RequestTime::at(day * DAY_SECONDS + day % DAY_SECONDS);
            assert_eq!(RequestTime::parse_basic(time.as_str()), Some(time));
        }
        assert_eq!(RequestTime::at(157_053 * DAY_SECONDS).day(), "23991231");
        assert_eq!(RequestTime::at(u64::MAX).as_str(), "99991231T235959Z");
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "20150830",
            "20150830 123600Z",
            "20150830T123600+",
            "20150431T000000Z",
            "20150830T240000Z",
            "2015083éT23600Z",
            "19691231T235959Z",
            "00000000T000000Z",
        ] {
            assert_eq!(RequestTime::parse_basic(text), None, "{text}");
        }
        for text in [
            "Sun, 30 Xyz 2015 12:36:00 GMT",
            "Sun, 30 Aug 2015 12:36:00 CET",
            "Sun, 30 anF 2015 12:36:00 GMT",
            "30 Aug 2015",
            "Sun, 3é Augé2015 12:36:00GMT",
        ] {
            assert_eq!(RequestTime::parse_http(text), None, "{text}");
        }
    }
}
