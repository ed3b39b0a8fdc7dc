//! Executions: how facts and time change them.

use bongsu_states_language::{Execution, Outcome, Status};

use super::command::{ExecutionSummary, StepPlace};
use super::fact::RecordedStep;
use super::{DAY_MS, EXECUTION_RETENTION_DAYS, ExecutionId, ExecutionStart, REDRIVE_DAYS};
use crate::{Broker, Place, Timestamp};

/// One execution, as long as it is remembered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownExecution {
    pub(crate) start: ExecutionStart,
    pub(crate) state: Execution,
    /// Where each of its steps lies.
    pub(crate) steps: Vec<StepPlace>,
    /// Of its latest event.
    pub(crate) told_at: Timestamp,
    pub(crate) stopped_at: Option<Timestamp>,
    pub(crate) redriven_at: Option<Timestamp>,
    /// Whether it can go on from where it stands: not for long after it failed, and not after it succeeded.
    pub(crate) has_rows: bool,
}

impl Eq for KnownExecution {}

impl KnownExecution {
    pub(crate) fn is_open(&self) -> bool {
        self.stopped_at.is_none()
    }

    pub(crate) fn status(&self) -> Status {
        self.state.status()
    }

    pub(crate) fn summary(&self, id: ExecutionId) -> ExecutionSummary {
        ExecutionSummary {
            id,
            start: self.start.clone(),
            status: self.status(),
            stopped_at: self.stopped_at,
            redrives: self.state.redrives(),
            redriven_at: self.redriven_at,
        }
    }

    /// The number of the text of what it returned.
    pub(crate) fn output(&self) -> Option<u32> {
        match self.state.outcome()? {
            Outcome::Output(output) => Some(output.0),
            Outcome::Error(..) => None,
        }
    }

    /// Whether it ended so long ago that it is to be forgotten.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.stopped_at.is_some_and(|stopped_at| after_days(stopped_at, EXECUTION_RETENTION_DAYS) <= now)
    }

    /// When something happens to it by itself.
    fn next_deadline(&self) -> Option<Timestamp> {
        match self.stopped_at {
            None => self.state.next_deadline().map(|at| Timestamp(at.0)),
            Some(stopped_at) if self.has_rows => Some(after_days(stopped_at, REDRIVE_DAYS)),
            Some(stopped_at) => Some(after_days(stopped_at, EXECUTION_RETENTION_DAYS)),
        }
    }
}

fn after_days(at: Timestamp, days: u64) -> Timestamp {
    Timestamp(at.0.saturating_add(days * DAY_MS))
}

impl Broker {
    /// The execution whose time came first, to go on or to be forgotten. It is to be asked for by a `Step` to proceed,
    /// after which another one may be first: timers of several executions end in their order, however late it is.
    pub fn take_due_execution(&mut self) -> Option<ExecutionId> {
        self.workflows.due.take_due(Timestamp(u64::MAX))
    }

    /// Whether an execution's time has come.
    pub fn has_due_executions(&self) -> bool {
        self.workflows.due.next_deadline().is_some()
    }

    /// Whether an execution is known and has not ended.
    pub(crate) fn is_open(&self, id: ExecutionId) -> bool {
        self.workflows.executions.get(&id).is_some_and(|known| known.is_open())
    }

    /// Executions that have not ended.
    pub fn open_executions(&self) -> usize {
        self.workflows.open
    }

    pub(crate) fn start_execution(
        &mut self,
        id: ExecutionId,
        start: &ExecutionStart,
        step: &RecordedStep,
        place: Place,
    ) {
        if self.workflows.executions.contains_key(&id) {
            return self.move_step(id, 0, place);
        }
        let workflows = &mut self.workflows;
        *workflows.uses.entry(start.revision).or_default() += 1;
        let machine = &start.machine.name;
        workflows.by_name.entry(machine.clone()).or_default().insert(start.name.clone(), id);
        workflows.by_time.entry(machine.clone()).or_default().insert((start.started_at, id));
        if let Some(parent) = &start.parent {
            workflows.children.insert((parent.execution, parent.task), id);
        }
        workflows.open += 1;
        let known = KnownExecution {
            start: start.clone(),
            state: Execution::default(),
            steps: Vec::new(),
            told_at: start.started_at,
            stopped_at: None,
            redriven_at: None,
            has_rows: true,
        };
        workflows.executions.insert(id, Box::new(known));
        self.apply_step(id, step, place);
        let mut number = 1;
        while let Some((step, place)) = self.take_early(id, number) {
            self.apply_step(id, &step, place);
            number += 1;
        }
    }

    pub(crate) fn step_execution(&mut self, id: ExecutionId, number: u32, step: &RecordedStep, place: Place) {
        let made = self.workflows.executions.get(&id).map(|known| known.steps.len());
        match made {
            Some(made) if (number as usize) < made => self.move_step(id, number as usize, place),
            Some(made) if number as usize == made => {
                self.apply_step(id, step, place);
                let mut number = number + 1;
                while let Some((step, place)) = self.take_early(id, number) {
                    self.apply_step(id, &step, place);
                    number += 1;
                }
            }
            _ => self.set_early(id, number, step, place),
        }
    }

    /// Written again by cleaning, it is the same step further on.
    fn move_step(&mut self, id: ExecutionId, number: usize, place: Place) {
        self.hold_record(place, 1);
        let known = self.workflows.executions.get_mut(&id).expect("the caller looked");
        let before = std::mem::replace(&mut known.steps[number].place, place);
        self.forget_record(before);
    }

    fn apply_step(&mut self, id: ExecutionId, step: &RecordedStep, place: Place) {
        self.hold_record(place, 1);
        let known = self.workflows.executions.get_mut(&id).expect("the caller looked");
        let first_event = step.0.events.first().map_or(known.state.events() + 1, |event| event.id);
        if known.steps.is_empty() {
            // Who waits in its first state has one.
            known.steps.reserve_exact(1);
        }
        known.steps.push(StepPlace { place, first_payload: step.0.first_payload.0, first_event });
        let redrives = known.state.redrives();
        known.state.apply(&step.0);
        if let Some(last) = step.0.events.last() {
            known.told_at = Timestamp(last.at.0);
        }
        let at = known.told_at;
        if known.state.redrives() > redrives {
            known.redriven_at = Some(at);
        }
        for run in &step.0.map_runs {
            self.workflows.map_runs.set(id, run, at);
        }
        let (was_open, is_open) = (known.is_open(), known.status() == Status::Running);
        if was_open && !is_open {
            known.stopped_at = Some(at);
            self.workflows.open -= 1;
            if let Some(parent) = &known.start.parent {
                self.workflows.children.remove(&(parent.execution, parent.task));
            }
        } else if !was_open && is_open {
            (known.stopped_at, known.has_rows) = (None, true);
            self.workflows.open += 1;
        }
        self.settle_execution(id);
    }

    /// After any change: whether it is due, and when it will be.
    fn settle_execution(&mut self, id: ExecutionId) {
        let replaying = self.replaying;
        let known = self.workflows.executions.get_mut(&id).expect("the caller looked");
        if known.status() == Status::Succeeded {
            known.has_rows = false;
            known.state.forget();
        }
        // What ended may go on further down in a replay, however long ago it was.
        let deadline = known.next_deadline().filter(|_| known.is_open() || !replaying);
        let runnable_since = Some(known.told_at).filter(|_| known.is_open() && known.state.is_runnable());
        let due_since = runnable_since.or(deadline.filter(|at| *at <= self.now && known.is_open()));
        self.workflows.due.set(&id, due_since);
        self.workflows.timers.set(&id, deadline.filter(|_| due_since.is_none()));
    }

    pub(crate) fn finish_replay_of_executions(&mut self) {
        let ended = self.workflows.executions.iter().filter(|(_, known)| !known.is_open());
        let ended: Vec<ExecutionId> = ended.map(|(id, _)| *id).collect();
        ended.into_iter().for_each(|id| self.settle_execution(id));
    }

    pub(crate) fn advance_workflows(&mut self) {
        while let Some(id) = self.workflows.timers.take_due(self.now) {
            let known = self.workflows.executions.get_mut(&id).expect("who is forgotten has no timer");
            let Some(stopped_at) = known.stopped_at else {
                self.workflows.due.set(&id, known.next_deadline());
                continue;
            };
            known.has_rows = false;
            known.state.forget();
            if known.is_over(self.now) {
                self.workflows.due.set(&id, known.next_deadline());
            } else {
                self.workflows.timers.set(&id, Some(after_days(stopped_at, EXECUTION_RETENTION_DAYS)));
            }
        }
    }

    pub(crate) fn forget_execution(&mut self, id: ExecutionId) {
        let Some(known) = self.workflows.executions.remove(&id) else { return self.assert_replaying() };
        self.workflows.due.set(&id, None);
        self.workflows.timers.set(&id, None);
        self.workflows.map_runs.forget(id);
        let machine = &known.start.machine.name;
        if let Some(names) = self.workflows.by_name.get_mut(machine) {
            if names.get(&known.start.name) == Some(&id) {
                names.remove(&known.start.name);
            }
            if names.is_empty() {
                self.workflows.by_name.remove(machine);
            }
        }
        if let Some(times) = self.workflows.by_time.get_mut(machine) {
            times.remove(&(known.start.started_at, id));
            if times.is_empty() {
                self.workflows.by_time.remove(machine);
            }
        }
        for step in &known.steps {
            self.forget_record(step.place);
        }
        self.release_revision(known.start.revision);
    }
}
