//! Calls of operations that schedules make: begun when they are due, told of when they have ended.

use std::sync::Arc;

use super::attempt::Row;
use super::destination::ScheduleDestination;
use super::input::text;
use crate::{Broker, ScheduleDefinition, Text};

/// A call that a door is to make for a schedule, and to tell of by `EndScheduleCall`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleCall {
    /// The schedule as it was.
    pub definition: Arc<ScheduleDefinition>,
    /// By which the schedule knows it.
    pub number: u64,
    /// The same at every attempt: for who wants to know that it is the same call.
    pub id: u128,
    /// As [`ScheduleDestination::Operation`] has it.
    pub service: Box<str>,
    /// As there.
    pub action: Box<str>,
    /// The operation's parameters.
    pub input: Text,
}

impl Broker {
    /// Begins the calls of a schedule that are due. Those that nobody has told of when the process ends are due again at
    /// its next start.
    pub fn take_schedule_calls(&mut self, name: &str) -> Vec<ScheduleCall> {
        let now = self.now();
        let Some(rows) = self.schedules.attempts_mut(name) else { return Vec::new() };
        let due = rows.due(now).filter_map(|(number, row)| call(number, row));
        let calls: Vec<ScheduleCall> = due.collect();
        calls.iter().for_each(|call| rows.begin(call.number));
        self.reset_schedule(name);
        calls
    }
}

fn call(number: u64, row: &Row) -> Option<ScheduleCall> {
    let ScheduleDestination::Operation { service, action } = &row.target().destination else { return None };
    Some(ScheduleCall {
        definition: row.definition.clone(),
        number,
        id: row.id,
        service: service.clone(),
        action: action.clone(),
        input: text(row),
    })
}
