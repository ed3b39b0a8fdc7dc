//! Durations as HOCON writes them, in the whole seconds that SQS counts in.

/// Names of a unit and its length in nanoseconds.
const UNITS: &[(&[&str], u64)] = &[
    (&["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 1),
    (&["us", "micro", "micros", "microsecond", "microseconds"], 1_000),
    (&["", "ms", "milli", "millis", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "second", "seconds"], NANOSECONDS),
    (&["m", "minute", "minutes"], 60 * NANOSECONDS),
    (&["h", "hour", "hours"], 3_600 * NANOSECONDS),
    (&["d", "day", "days"], 86_400 * NANOSECONDS),
];
const NANOSECONDS: u64 = 1_000_000_000;
/// More digits than any duration in range has.
const DIGITS_MAX: usize = 12;

/// A duration in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) seconds: u64,
    /// Whether it was not whole and is longer now than what was written.
    pub(crate) is_rounded: bool,
}

/// Reads `10 seconds`, `0.5 s` or, as HOCON has it, `500` for milliseconds.
pub(crate) fn parse(text: &str) -> Option<Whole> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let (_, unit) = UNITS.iter().find(|(names, _)| names.contains(&unit.trim()))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.len() > DIGITS_MAX || fraction.len() > DIGITS_MAX {
        return None;
    }
    let digits =
        |text: &str| if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<u128>().ok() } else { None };
    let denominator = 10_u128.pow(fraction.len() as u32);
    let length = (digits(whole)? * denominator + digits(fraction)?) * u128::from(*unit);
    let second = denominator * u128::from(NANOSECONDS);
    let seconds = u64::try_from(length.div_ceil(second)).ok()?;
    Some(Whole { seconds, is_rounded: !length.is_multiple_of(second) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_come_in_seconds_and_never_get_shorter() {
        for (text, seconds, is_rounded) in [
            ("10 seconds", 10, false),
            ("1 second", 1, false),
            ("30s", 30, false),
            ("5 minutes", 300, false),
            ("2m", 120, false),
            ("1 hour", 3_600, false),
            ("1 day", 86_400, false),
            ("500 millis", 1, true),
            ("1500 ms", 2, true),
            ("2000", 2, false),
            ("5", 1, true),
            ("1 ns", 1, true),
            ("1 micro", 1, true),
            ("0.5 s", 1, true),
            ("1.5 minutes", 90, false),
            ("0", 0, false),
            ("0 seconds", 0, false),
        ] {
            assert_eq!(parse(text), Some(Whole { seconds, is_rounded }), "{text}");
        }
        for text in
            ["", "seconds", "-1 s", "1 week", "1 second s", "1.2.3 s", "1. s", ".5 s", "1e3 s", "9999999999999 s"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
