//! A schedule: a text that AWS accepts, and the times that it means.

use jiff::civil::DateTime;

use crate::cron::Cron;
use crate::fault::InvalidSchedule;
use crate::zone::Zone;

/// Characters of an expression.
pub const EXPRESSION_CHARS_MAX: usize = 256;

const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// When something is to happen, again and again or once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    text: Box<str>,
    zone: Zone,
    times: Times,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Times {
    /// Milliseconds from one to the next.
    Every(u64),
    Cron(Cron),
    Once(DateTime),
}

impl Schedule {
    /// Reads an expression in UTC, as EventBridge's rules have it.
    pub fn parse(text: &str) -> Result<Schedule, InvalidSchedule> {
        Schedule::parse_in(text, Zone::UTC)
    }

    /// Reads an expression whose `cron` or `at` is meant by the clocks of a zone. A rate has no use for one.
    pub fn parse_in(text: &str, zone: Zone) -> Result<Schedule, InvalidSchedule> {
        if text.chars().count() > EXPRESSION_CHARS_MAX {
            return Err(InvalidSchedule::new(format!("a schedule has at most {EXPRESSION_CHARS_MAX} characters")));
        }
        let inside = |form: &str| text.strip_prefix(form)?.strip_prefix('(')?.strip_suffix(')');
        let times = if let Some(rate) = inside("rate") {
            Times::Every(parse_rate(rate)?)
        } else if let Some(fields) = inside("cron") {
            Times::Cron(Cron::parse(fields)?)
        } else if let Some(time) = inside("at") {
            Times::Once(parse_at(time)?)
        } else {
            return Err(InvalidSchedule::new("a schedule is `rate(…)`, `cron(…)` or `at(…)`"));
        };
        Ok(Schedule { text: text.into(), zone, times })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is an `at`, which rules do not take.
    pub fn is_once(&self) -> bool {
        matches!(self.times, Times::Once(_))
    }

    /// The first time after `after`, in milliseconds since 1970, or `None` if there is none any more.
    ///
    /// A rate counts from `started`, which is its first time; `cron` and `at` have no use for that.
    pub fn next_after(&self, after: u64, started: u64) -> Option<u64> {
        match &self.times {
            Times::Every(period) => match after.checked_sub(started) {
                None => Some(started),
                Some(passed) => started.checked_add((passed / period + 1).checked_mul(*period)?),
            },
            Times::Cron(cron) => self.next_of_cron(cron, after),
            Times::Once(at) => self.zone.first_or_later(*at).filter(|at| *at > after),
        }
    }

    fn next_of_cron(&self, cron: &Cron, after: u64) -> Option<u64> {
        let mut local = self.zone.local(after)?;
        loop {
            local = cron.next_after(local)?;
            // In an hour that clocks show twice, all was done the first time.
            if let Some(at) = self.zone.first(local).filter(|at| *at > after) {
                return Some(at);
            }
        }
    }
}

/// Milliseconds of `5 minutes`.
fn parse_rate(text: &str) -> Result<u64, InvalidSchedule> {
    const FORM: &str = "a rate is `1 minute`, `5 minutes`, and so on with hours and days";
    let (value, unit) = text.split_once(' ').ok_or_else(|| InvalidSchedule::new(FORM))?;
    let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let value: u32 = value
        .parse()
        .ok()
        .filter(|value| is_plain && *value > 0)
        .ok_or_else(|| InvalidSchedule::new(format!("a rate's value is a whole number from 1 to {}", u32::MAX)))?;
    let (singular, milliseconds) = match unit {
        "minute" | "minutes" => ("minute", MINUTE),
        "hour" | "hours" => ("hour", HOUR),
        "day" | "days" => ("day", DAY),
        _ => return Err(InvalidSchedule::new(FORM)),
    };
    if (value == 1) != (unit == singular) {
        return Err(InvalidSchedule::new(format!("1 {singular}, but 2 {singular}s")));
    }
    Ok(u64::from(value) * milliseconds)
}

/// `2026-01-01T00:00:00`, and no other spelling of it.
fn parse_at(text: &str) -> Result<DateTime, InvalidSchedule> {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let time = if shape.eq(*b"0000-00-00T00:00:00") { text.parse().ok() } else { None };
    // A leap second would be read as the second before.
    time.filter(|_| !text.ends_with("60"))
        .ok_or_else(|| InvalidSchedule::new(format!("`{text}` is no time such as 2026-01-01T00:00:00")))
}
