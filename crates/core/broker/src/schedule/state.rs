//! All schedules, and which of them are due.

use std::collections::{BTreeMap, BTreeSet};

use super::ScheduleDefinition;
use crate::topic::schedule::Timers;
use crate::{Broker, Place, Timestamp};

/// All schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedules {
    pub(crate) by_name: BTreeMap<Box<str>, KnownSchedule>,
    timers: Timers<Box<str>>,
    /// Since [`Broker::take_due_schedules`] was last called.
    due: BTreeSet<Box<str>>,
}

/// A schedule and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownSchedule {
    pub(crate) definition: ScheduleDefinition,
    pub(crate) made_at: Timestamp,
    /// None when it sends nothing any more.
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) place: Place,
}

impl Schedules {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }
}

impl Broker {
    /// Schedules whose time has come. Each is to be asked for by `FireSchedule`, or to be named again by
    /// [`Broker::postpone_schedule`].
    pub fn take_due_schedules(&mut self) -> BTreeSet<Box<str>> {
        std::mem::take(&mut self.schedules.due)
    }

    /// Whether a schedule's time has come.
    pub fn has_due_schedules(&self) -> bool {
        !self.schedules.due.is_empty()
    }

    /// Has [`Broker::take_due_schedules`] name a schedule again.
    pub fn postpone_schedule(&mut self, name: Box<str>) {
        self.schedules.due.insert(name);
    }

    pub(crate) fn set_schedule(
        &mut self,
        definition: &ScheduleDefinition,
        made_at: Timestamp,
        next_at: Option<Timestamp>,
        place: Place,
    ) {
        let name = definition.name.clone();
        let known = KnownSchedule { definition: definition.clone(), made_at, next_at, place };
        self.schedules.by_name.insert(name.clone(), known);
        self.reset_schedule(&name);
    }

    pub(crate) fn schedule_fired(&mut self, name: &str, next_at: Option<Timestamp>) {
        match self.schedules.by_name.get_mut(name) {
            Some(known) => known.next_at = next_at,
            None => self.assert_replaying(),
        }
        self.reset_schedule(name);
    }

    pub(crate) fn remove_schedule(&mut self, name: &str) {
        let removed = self.schedules.by_name.remove(name);
        assert!(removed.is_some() || self.replaying, "only a schedule that is there is removed");
        self.reset_schedule(name);
    }

    fn reset_schedule(&mut self, name: &str) {
        self.schedules.due.remove(name);
        let next = self.schedules.by_name.get(name).and_then(|known| known.next_at);
        match next {
            Some(next) if next <= self.now => drop(self.schedules.due.insert(name.into())),
            next => return self.schedules.timers.set(&name.into(), next),
        }
        self.schedules.timers.set(&name.into(), None);
    }

    pub(crate) fn advance_schedules(&mut self) {
        while let Some(name) = self.schedules.timers.take_due(self.now) {
            self.schedules.due.insert(name);
        }
    }
}
