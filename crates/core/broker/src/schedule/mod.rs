//! Schedules: what is sent to whom, again and again or once, by the clock; and what could not be sent, until it can.

pub(crate) mod attempt;
pub(crate) mod call;
pub(crate) mod dead_letter;
pub(crate) mod destination;
pub(crate) mod event;
pub(crate) mod fault;
pub(crate) mod input;
pub(crate) mod state;

use bongsu_schedule::{InvalidSchedule, Schedule, Zone};
use destination::ScheduleDestination;

use crate::wire::wire_struct;
use crate::{Account, EntryKey, QueueName, Seconds, Timestamp};

/// How many schedules there may be.
pub const SCHEDULES_MAX: usize = 10_000;
/// How many targets a schedule may have.
pub const SCHEDULE_TARGETS_MAX: usize = 5;
/// How long what its targets are given may be, all together, in bytes: each thing that is tried again holds all of it.
pub const SCHEDULE_INPUT_BYTES_MAX: usize = 256 << 10;
/// How often AWS tries something again that nobody could take, unless it is told otherwise.
pub const SCHEDULE_RETRIES: u32 = 185;
/// How long AWS tries it.
pub const SCHEDULE_AGE: Seconds = Seconds(86_400);

/// <http://www.isthe.com/chongo/tech/comp/fnv/>
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

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
    /// It sends within so long after its times, each time at another moment.
    pub window: Seconds,
}

wire_struct!(ScheduleDefinition {
    name,
    arn,
    source,
    expression,
    zone,
    enabled,
    start,
    end,
    deletes_itself,
    targets,
    window,
});

/// Who gets what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// Who.
    pub destination: ScheduleDestination,
    /// What, instead of an event that says which schedule it comes from and for when. Of the scheduler's schedules it may
    /// have placeholders.
    pub input: Option<Box<str>>,
    /// The message group, for a FIFO queue or topic.
    pub group: Option<Box<str>>,
    /// How often it is tried again when it cannot take what is sent.
    pub retries_max: u32,
    /// For how long.
    pub age_max: Seconds,
    /// Where what it could not take goes then.
    pub dead_letters: Option<QueueName>,
}

wire_struct!(ScheduleTarget { destination, input, group, retries_max, age_max, dead_letters });

impl ScheduleDefinition {
    /// Where a door keeps what it alone knows of this schedule: an entry by service, region and resource as the ARN names
    /// them. It goes when the schedule goes.
    pub fn entry_key(&self) -> EntryKey {
        let mut parts = self.arn.splitn(6, ':').skip(2);
        let mut next = || parts.next().unwrap_or_default();
        let (service, region, account, resource) = (next(), next(), next(), next());
        EntryKey {
            account: account.parse().unwrap_or(Account(0)),
            path: format!("{service}/{region}/{resource}").into(),
        }
    }

    pub(crate) fn is_of_scheduler(&self) -> bool {
        &*self.source == "aws.scheduler"
    }

    pub(crate) fn parse(&self) -> Result<Schedule, InvalidSchedule> {
        Schedule::parse_in(&self.expression, Zone::parse(&self.zone)?)
    }

    /// When it next sends something, after a time; counted from when it was made.
    pub(crate) fn next_after(&self, after: Timestamp, made_at: Timestamp) -> Option<Timestamp> {
        self.next_of(&self.parse().ok()?, after, made_at)
    }

    /// When what is meant for a time is sent: within the window, at a moment that follows from the schedule's name and the
    /// time, so that it is the same however often it is asked for.
    pub(crate) fn due_at(&self, at: Timestamp) -> Timestamp {
        if self.window.0 == 0 {
            return at;
        }
        let seed = self.name.bytes().chain(at.0.to_le_bytes());
        let hash = seed.fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
        // The upper half is mixed better than the lower.
        at + Seconds(((hash >> 32) % u64::from(self.window.0)) as u32)
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
