//! Schedules as their users meet them: texts in, times out.

mod expressions;
mod naive;
mod properties;
mod refusals;
mod zones;

use bongsu_schedule::{Schedule, Zone};

/// Milliseconds of a time in UTC such as `2026-01-01T00:00:00`.
pub(crate) fn at(time: &str) -> u64 {
    u64::try_from(format!("{time}Z").parse::<jiff::Timestamp>().expect(time).as_millisecond()).expect(time)
}

pub(crate) fn shown(at: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at).expect("not that far")).expect("not that far");
    at.to_string().trim_end_matches('Z').to_owned()
}

/// The next times of a schedule in a zone, from a time on, all of them in UTC.
#[track_caller]
pub(crate) fn check(expression: &str, zone: &str, after: &str, expected: &[&str]) {
    let zone = Zone::parse(zone).expect(zone);
    let schedule = Schedule::parse_in(expression, zone).unwrap_or_else(|fault| panic!("{expression}: {fault}"));
    let mut after = at(after);
    let mut times = Vec::new();
    while times.len() < expected.len() {
        let Some(next) = schedule.next_after(after, 0) else { break };
        times.push(shown(next));
        after = next;
    }
    assert_eq!(times, expected, "{expression}");
}
