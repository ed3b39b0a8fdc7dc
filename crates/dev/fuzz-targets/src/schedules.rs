//! Schedule expressions, in any time zone.
//!
//! An input is the name of a zone, a line's end, and an expression.

use bongsu_schedule::{Schedule, Zone, parse_time, time_text};

use crate::http_text;

/// When every schedule began, in milliseconds: 2026-01-02T03:04:05Z.
const STARTED: u64 = 1_767_323_045_000;
/// Times that are asked for, one after the other.
const TIMES_MAX: usize = 8;

/// Takes an expression.
///
/// # Panics
///
/// If one is refused without a reason, a time does not come after the one before, is not found again from the moment
/// before it, or is written as another.
pub fn schedules(input: &[u8]) {
    let (zone, expression) = http_text::split_at_line(input);
    let (Ok(zone), Ok(expression)) = (std::str::from_utf8(zone), std::str::from_utf8(expression)) else { return };
    let parsed = Zone::parse(zone).and_then(|zone| Schedule::parse_in(expression, zone));
    let schedule = match parsed {
        Ok(schedule) => schedule,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(schedule.text(), expression);
    let mut after = STARTED - 1;
    for time in 0..TIMES_MAX {
        let Some(next) = schedule.next_after(after, STARTED) else { return };
        assert!(next > after, "{next} does not come after {after}");
        assert_eq!(schedule.next_after(next - 1, STARTED), Some(next), "the same time from just before it");
        assert!(time == 0 || !schedule.is_once(), "once is once");
        let shown = time_text(next);
        assert!(parse_time(&shown).is_ok_and(|read| read == next), "{shown} is {next}");
        after = next;
    }
}
