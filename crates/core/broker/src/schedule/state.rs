//! All schedules, what they could not send yet, and which of them are due.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::ScheduleDefinition;
use super::attempt::{Row, Rows, ScheduleAttempt};
use crate::topic::schedule::Timers;
use crate::{Broker, Place, Timestamp};

/// All schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedules {
    pub(crate) by_name: BTreeMap<Box<str>, KnownSchedule>,
    /// By the schedule's name; a schedule that took itself away may have some still.
    attempts: BTreeMap<Box<str>, Rows>,
    timers: Timers<Box<str>>,
    /// Since [`Broker::take_due_schedules`] was last called.
    due: BTreeSet<Box<str>>,
}

/// A schedule and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownSchedule {
    pub(crate) definition: Arc<ScheduleDefinition>,
    pub(crate) made_at: Timestamp,
    /// The next of its times. None when it sends nothing any more.
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) place: Place,
}

impl KnownSchedule {
    /// When it sends something.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        self.next_at.map(|at| self.definition.due_at(at))
    }
}

impl Schedules {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    /// Those whose names begin so, by name.
    pub(crate) fn beginning(&self, prefix: &str) -> impl Iterator<Item = &KnownSchedule> {
        let from = self.by_name.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(move |(name, _)| name.starts_with(prefix)).map(|(_, known)| known)
    }

    /// What a schedule could not send yet.
    pub(crate) fn attempts(&self, name: &str) -> Option<&Rows> {
        self.attempts.get(name)
    }

    pub(crate) fn attempts_mut(&mut self, name: &str) -> Option<&mut Rows> {
        self.attempts.get_mut(name)
    }

    /// How much all of them could not send yet.
    pub(crate) fn attempts_count(&self) -> usize {
        self.attempts.values().map(Rows::len).sum()
    }
}

impl Broker {
    /// Schedules whose time has come, or that have something to try again. Each is to be asked for by `FireSchedule`, or
    /// to be named again by [`Broker::postpone_schedule`].
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
        let known = KnownSchedule { definition: Arc::new(definition.clone()), made_at, next_at, place };
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

    /// What it could not send goes with it.
    pub(crate) fn remove_schedule(&mut self, name: &str) {
        let removed = self.schedules.by_name.remove(name);
        assert!(removed.is_some() || self.replaying, "only a schedule that is there is removed");
        self.schedules.attempts.remove(name);
        self.reset_schedule(name);
    }

    pub(crate) fn set_schedule_attempt(&mut self, number: u64, attempt: &ScheduleAttempt, place: Place) {
        let ScheduleAttempt { definition, target, at, id, pending } = attempt;
        let name = definition.name.clone();
        let known = self.schedules.by_name.get(&name).map(|known| &known.definition);
        let shared = known.filter(|known| ***known == *definition).cloned();
        let definition = shared.unwrap_or_else(|| Arc::new(definition.clone()));
        let row = Row { definition, target: *target, at: *at, id: *id, pending: *pending, place };
        self.schedules.attempts.entry(name.clone()).or_default().set(number, row);
        self.reset_schedule(&name);
    }

    pub(crate) fn end_schedule_attempt(&mut self, name: &str, number: u64) {
        let rows = self.schedules.attempts.get_mut(name);
        let removed = rows.is_some_and(|rows| rows.remove(number));
        assert!(removed || self.replaying, "only what is tried again ends");
        if self.schedules.attempts.get(name).is_some_and(Rows::is_empty) {
            self.schedules.attempts.remove(name);
        }
        self.reset_schedule(name);
    }

    pub(crate) fn reset_schedule(&mut self, name: &str) {
        self.schedules.due.remove(name);
        let own = self.schedules.by_name.get(name).and_then(KnownSchedule::due_at);
        let again = self.schedules.attempts.get(name).and_then(Rows::next_due);
        let next = own.into_iter().chain(again).min();
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
