//! Reads times in ISO 8601.

use super::calendar::{MILLIS_A_DAY, to_days};
use crate::error::Error;

/// Reads a time, in milliseconds since the epoch. Month, day, time and zone may be absent; a time without a zone is
/// UTC.
pub(crate) fn parse_iso(text: &str) -> Result<f64, Error> {
    Reader { rest: text }.read().ok_or_else(|| Error::new("D3110").with(text))
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn read(mut self) -> Option<f64> {
        let year = self.digits(4)?;
        let mut month = 1;
        let mut day = 1;
        if self.take('-') {
            month = self.digits(2)?;
            if self.take('-') {
                day = self.digits(2)?;
            }
        }
        let mut millis = 0.0;
        if self.take('T') {
            let hours = self.digits(2)?;
            let minutes = self.take(':').then(|| self.digits(2))??;
            let seconds = self.take(':').then(|| self.digits(2))??;
            let is_time = hours < 24 && minutes < 60 && seconds < 60 || (hours, minutes, seconds) == (24, 0, 0);
            if !is_time {
                return None;
            }
            millis = ((hours * 60 + minutes) * 60 + seconds) as f64 * 1000.0 + self.fraction()?;
        }
        let minutes = self.zone()?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        Some(to_days(year, month, day) as f64 * MILLIS_A_DAY + millis - minutes as f64 * 60_000.0)
    }

    fn take(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self.rest.get(..count).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.rest = &self.rest[count..];
        digits.parse().ok()
    }

    /// Milliseconds; further digits are cut off.
    fn fraction(&mut self) -> Option<f64> {
        if !self.take('.') {
            return Some(0.0);
        }
        let end = self.rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let millis: String = digits.chars().chain("000".chars()).take(3).collect();
        if digits.is_empty() { None } else { millis.parse().ok() }
    }

    /// Minutes to the east.
    fn zone(&mut self) -> Option<i64> {
        if self.rest.is_empty() || self.rest == "Z" {
            return Some(0);
        }
        let sign = match (self.take('+'), self.take('-')) {
            (true, _) => 1,
            (_, true) => -1,
            _ => return None,
        };
        let hours = self.digits(2)?;
        self.take(':');
        let minutes = self.digits(2)?;
        (self.rest.is_empty() && hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_the_first() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.001Z", 1.0),
            ("2018", 1_514_764_800_000.0),
            ("2017-10", 1_506_816_000_000.0),
            ("2017-10-30", 1_509_321_600_000.0),
            ("2017-10-30T16:25:32.935Z", 1_509_380_732_935.0),
            ("2017-10-30T16:25:32.9351", 1_509_380_732_935.0),
            ("2018-02-01T09:42:13.123+0000", 1_517_478_133_123.0),
            ("2017-10-30T16:25:32+02:00", 1_509_373_532_000.0),
        ] {
            assert_eq!(parse_iso(text).unwrap(), millis, "{text}");
        }
        for text in ["", "foo", "2017-13-01", "2017-10-30T25:00:00Z", "2017-10-30 16:25:32", "20171030"] {
            assert_eq!(parse_iso(text).unwrap_err().code(), "D3110", "{text}");
        }
    }
}
