//! Schedules: what is sent to whom, again and again or once, by the clock.

pub(crate) mod event;
pub(crate) mod state;

use bongsu_schedule::{InvalidSchedule, Schedule, Zone};

use crate::wire::wire_struct;
use crate::{Destination, Timestamp};

/// How many schedules there may be.
pub const SCHEDULES_MAX: usize = 10_000;
/// How many targets a schedule may have.
pub const SCHEDULE_TARGETS_MAX: usize = 5;

/// What is sent when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleDefinition {
    /// Unique among all schedules.
    pub name: Box<str>,
    /// The ARN that targets are told.
    pub arn: Box<str>,
    /// The service that targets are told: `aws.events` or `aws.scheduler`.
    pub source: Box<str>,
    /// `rate(…)`, `cron(…)` or `at(…)`.
    pub expression: Box<str>,
    /// The IANA name of the zone that it is meant in.
    pub zone: Box<str>,
    /// One that is not enabled sends nothing.
    pub enabled: bool,
    /// It sends nothing before this.
    pub start: Option<Timestamp>,
    /// Nor from this on.
    pub end: Option<Timestamp>,
    /// Whether it goes when there is nothing left to be sent.
    pub deletes_itself: bool,
    /// At most [`SCHEDULE_TARGETS_MAX`].
    pub targets: Vec<ScheduleTarget>,
}

wire_struct!(ScheduleDefinition { name, arn, source, expression, zone, enabled, start, end, deletes_itself, targets });

/// Who gets what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// Who.
    pub destination: Destination,
    /// What, instead of an event that says which schedule it comes from and for when.
    pub input: Option<Box<str>>,
    /// The message group, for a FIFO queue or topic.
    pub group: Option<Box<str>>,
}

wire_struct!(ScheduleTarget { destination, input, group });

impl ScheduleDefinition {
    pub(crate) fn parse(&self) -> Result<Schedule, InvalidSchedule> {
        Schedule::parse_in(&self.expression, Zone::parse(&self.zone)?)
    }

    /// When it next sends something, after a time; counted from when it was made.
    pub(crate) fn next_after(&self, after: Timestamp, made_at: Timestamp) -> Option<Timestamp> {
        self.next_of(&self.parse().ok()?, after, made_at)
    }

    /// The same by the expression as it was read once.
    pub(crate) fn next_of(&self, schedule: &Schedule, after: Timestamp, made_at: Timestamp) -> Option<Timestamp> {
        if !self.enabled {
            return None;
        }
        // A rate's first time is one interval after it was made, or after its start.
        let from = self.start.map_or(made_at, |start| start.max(made_at));
        let before_start = self.start.map_or(Timestamp(0), |start| Timestamp(start.0.saturating_sub(1)));
        let next = Timestamp(schedule.next_after(after.max(before_start).0, from.0)?);
        Some(next).filter(|next| self.end.is_none_or(|end| *next < end))
    }
}
