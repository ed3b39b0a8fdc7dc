//! Schedule expressions of EventBridge and its Scheduler: `rate(5 minutes)`, `cron(0 12 * * ? *)`, `at(2026-01-01T00:00:00)`.
//!
//! A [`Schedule`] is read once and then asked for the next time after any other: a pure function of the two, so that
//! a schedule is a row with a deadline, and what was missed while nothing ran is the caller's to decide.
//!
//! Reading order: `schedule` (the three forms), `cron` (the six fields), made of `field` (lists, ranges and steps) and
//! `days` (the two fields of days, of which one is `?`); `zone` names time zones.
//!
//! # Where AWS leaves room
//!
//! - **Ranges may wrap** (`FRI-MON`, `22-2`), except of years.
//! - **`L`, `LW`, `W` and `#`** stand alone in their field, not in lists; `L` of the week is Saturday. `31W` is skipped
//!   in shorter months.
//! - **Clocks put forward** skip the times that do not exist; `at` then comes as much later as the clock is put forward.
//! - **Clocks put back** do not repeat: times that exist twice are taken once, the first time.
//! - **A rate** counts from when it was started, whatever was missed in between.

mod cron;
mod days;
mod fault;
mod field;
mod schedule;
mod zone;

pub use fault::InvalidSchedule;
pub use schedule::{EXPRESSION_CHARS_MAX, Schedule};
pub use zone::{Zone, parse_time, time_text};
