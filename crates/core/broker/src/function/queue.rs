//! The events of asynchronous invocations: an outbox a function, rows with deadlines.

use std::collections::BTreeMap;

use super::alias::InvokeConfig;
use super::invocation::{Conclusion, DueInvocation, InvocationCondition, InvocationStep};
use super::window::Volatile;
use crate::topic::outbox::{Outbox, Row, RowKind};
use crate::topic::schedule::{Line, Timers};
use crate::{Broker, FunctionRef, PendingDelivery, Place, QueuedInvocation, Timestamp};

/// How many events of one function begin before it is the next one's turn.
const TURN_INVOCATIONS_MAX: usize = 16;

/// The events of all functions, and what is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Invocations {
    by_function: BTreeMap<Box<str>, Outbox>,
    /// Numbers that functions gave which are gone are below this one: what still goes on of those is no event of the next
    /// function of the name. After a restart nothing goes on.
    numbers_given: Volatile<u64>,
    timers: Timers<Box<str>>,
    line: Line<Box<str>>,
}

impl Invocations {
    pub(crate) fn get(&self, function: &str) -> Option<&Outbox> {
        self.by_function.get(function)
    }

    /// The names of functions that had events.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &str> {
        self.by_function.keys().map(|name| &**name)
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    #[cfg(test)]
    pub(crate) fn timer_of(&self, function: &str) -> Option<Timestamp> {
        self.timers.of(&function.into())
    }

    #[cfg(test)]
    pub(crate) fn is_in_line(&self, function: &str) -> bool {
        self.line.has(&function.into())
    }

    pub(crate) fn next_sequence(&self, function: &str) -> u64 {
        self.by_function.get(function).map_or(self.numbers_given.0, |outbox| outbox.next_sequence)
    }
}

impl Broker {
    /// Whether an event may be due.
    pub fn has_due_invocations(&self) -> bool {
        !self.invocations.line.is_empty()
    }

    /// Where an event lies now; `None` if it is gone.
    pub fn locate_invocation(&self, function: &str, sequence: u64) -> Option<Place> {
        Some(self.invocations.get(function)?.get(sequence)?.place)
    }

    /// How many events of a function wait or are tried, and since when the oldest of them is there.
    pub fn queued_invocations(&self, function: &str) -> (usize, Option<Timestamp>) {
        self.invocations.get(function).map_or((0, None), |outbox| (outbox.len(), outbox.oldest()))
    }

    /// Begins up to `max` events whose time has come. Each is to be answered as its step says; those that are not when
    /// the process ends are due again at its next start.
    pub fn take_due_invocations(&mut self, max: usize) -> Vec<DueInvocation> {
        let mut due = Vec::new();
        while due.len() < max
            && let Some(name) = self.invocations.line.next()
        {
            let turn = TURN_INVOCATIONS_MAX.min(max - due.len());
            for _ in 0..turn {
                let Some(invocation) = self.take_due_invocation(&name) else { break };
                due.push(invocation);
            }
            self.schedule_invocations(&name);
        }
        due
    }

    fn take_due_invocation(&mut self, name: &str) -> Option<DueInvocation> {
        let now = self.now;
        let is_blocked = self.functions.get(name)?.reserved == Some(0);
        let has_room = self.has_room(name);
        let outbox = self.invocations.by_function.get_mut(name)?;
        let (sequence, row) = outbox.peek_due(now)?;
        let (place, pending) = (row.place, row.pending);
        let RowKind::Invocation { qualifier } = row.kind.clone() else { unreachable!("only events are put here") };
        let function = FunctionRef { name: name.into(), qualifier };
        let config = self.invoke_config(&function);
        let conclude = |condition| InvocationStep::Conclude(self.conclusion(&function, condition, &pending));
        let step = if is_blocked {
            conclude(InvocationCondition::ZeroReservedConcurrency)
        } else if pending.queued_at + config.age_max <= now {
            conclude(InvocationCondition::EventAgeExceeded)
        } else {
            match self.resolve(&function, sequence) {
                Err(_) => conclude(InvocationCondition::RetriesExhausted),
                Ok(_) if !has_room => return None,
                Ok(version) => InvocationStep::Run(version.clone()),
            }
        };
        if matches!(step, InvocationStep::Run(_)) {
            self.count_running(name);
        }
        self.invocations.by_function.get_mut(name)?.begin(now).expect("it is due");
        Some(DueInvocation { function, sequence, place, pending, step })
    }

    /// Has [`Broker::take_due_invocations`] begin an event again that could not be brought to its end.
    pub fn put_back_invocation(&mut self, function: &str, sequence: u64) {
        if let Some(outbox) = self.invocations.by_function.get_mut(function) {
            outbox.put_back(sequence);
        }
        self.schedule_invocations(function);
    }

    pub(crate) fn invoke_config(&self, function: &FunctionRef) -> InvokeConfig {
        let known = self.functions.get(&function.name);
        let config = known.and_then(|known| known.invoke_configs.get(function.qualifier()));
        config.map(|placed| placed.value.clone()).unwrap_or_default()
    }

    /// Who hears of an event that has ended so.
    pub(crate) fn conclusion(
        &self,
        function: &FunctionRef,
        condition: InvocationCondition,
        pending: &PendingDelivery,
    ) -> Conclusion {
        let config = self.invoke_config(function);
        let attempts = pending.failed_attempts;
        if condition == InvocationCondition::Success {
            return Conclusion { condition, attempts, destination: config.on_success, dead_letters: None };
        }
        let dead_letters = self.resolve(function, 0).ok().and_then(|version| version.dead_letters.clone());
        Conclusion { condition, attempts, destination: config.on_failure, dead_letters }
    }

    pub(crate) fn queue_invocation(
        &mut self,
        function: &str,
        sequence: u64,
        invocation: &QueuedInvocation,
        pending: PendingDelivery,
        place: Place,
    ) {
        self.hold_record(place, 1);
        let kind = RowKind::Invocation { qualifier: invocation.qualifier.clone() };
        let outbox = self.invocations.by_function.entry(function.into()).or_default();
        // Written again by cleaning, it is the same event further on.
        match outbox.get(sequence).map(|row| row.place) {
            Some(before) => {
                outbox.relocate(sequence, place);
                self.forget_record(before);
            }
            None => {
                outbox.insert(sequence, Row { place, pending, kind });
                self.schedule_invocations(function);
            }
        }
    }

    pub(crate) fn invocation_failed(
        &mut self,
        function: &str,
        sequence: u64,
        failed_attempts: u32,
        next_attempt_at: Timestamp,
    ) {
        let outbox = self.invocations.by_function.get_mut(function);
        if outbox.and_then(|outbox| outbox.reschedule(sequence, failed_attempts, next_attempt_at)).is_none() {
            self.assert_replaying();
        }
        self.schedule_invocations(function);
    }

    pub(crate) fn invocation_ended(&mut self, function: &str, sequence: u64) {
        match self.invocations.by_function.get_mut(function).and_then(|outbox| outbox.remove(sequence)) {
            Some(row) => self.forget_record(row.place),
            None => self.assert_replaying(),
        }
        self.schedule_invocations(function);
    }

    /// The function goes, and with it all events that it has not had.
    pub(crate) fn forget_invocations(&mut self, function: &str) {
        self.invocations.timers.set(&function.into(), None);
        let Some(outbox) = self.invocations.by_function.remove(function) else { return };
        let given = &mut self.invocations.numbers_given.0;
        *given = outbox.next_sequence.max(*given);
        let places: Vec<Place> = outbox.rows().map(|(_, row)| row.place).collect();
        places.into_iter().for_each(|place| self.forget_record(place));
    }

    /// After any change to a function's events or to the room for them: lines the function up, or sets its timer.
    pub(crate) fn schedule_invocations(&mut self, function: &str) {
        let name: Box<str> = function.into();
        let now = self.now;
        let due = self.invocations.get(function).and_then(Outbox::next_due);
        let is_due = due.is_some_and(|due| due <= now);
        let Some(known) = self.functions.get(function).filter(|_| is_due) else {
            return self.invocations.timers.set(&name, due.filter(|due| *due > now));
        };
        let is_blocked = known.reserved == Some(0);
        if is_blocked || self.has_room(function) {
            self.invocations.timers.set(&name, None);
            return self.invocations.line.line_up(&name);
        }
        // Who waits for room may become too old while it waits. The end of an invocation comes here again.
        let expires_at = self.oldest_expiry(function);
        if expires_at.is_some_and(|at| at <= now) {
            self.invocations.line.line_up(&name);
        }
        self.invocations.timers.set(&name, expires_at.filter(|at| *at > now));
    }

    /// When the event that is due first becomes too old.
    fn oldest_expiry(&self, function: &str) -> Option<Timestamp> {
        let (_, row) = self.invocations.get(function)?.peek_due(self.now)?;
        let RowKind::Invocation { qualifier } = &row.kind else { return None };
        let function = FunctionRef { name: function.into(), qualifier: qualifier.clone() };
        Some(row.pending.queued_at + self.invoke_config(&function).age_max)
    }

    pub(crate) fn advance_invocations(&mut self) {
        while let Some(function) = self.invocations.timers.take_due(self.now) {
            self.schedule_invocations(&function);
        }
    }
}
