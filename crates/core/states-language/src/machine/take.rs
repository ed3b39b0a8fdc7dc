//! Takes an input of the outside, or refuses it.

use bongsu_jsonata::Value;

use super::Machine;
use crate::definition::Kind;
use crate::execution::{Outcome, Status};
use crate::fault;
use crate::history::{Event, Problem};
use crate::limits::{DISTRIBUTED_CONCURRENCY_MAX, EXPRESS_SECONDS_MAX, PAYLOAD_BYTES_MAX, STANDARD_SECONDS_MAX};
use crate::map_run::{self, MapRunChange};
use crate::strand::{Children, Phase, Strand, StrandId};
use crate::{TaskId, Timestamp};

/// What reaches an execution from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a> {
    /// It begins.
    Start {
        /// JSON.
        input: &'a str,
    },
    /// Time has passed, or the step before ended with [`Effect::Proceed`](crate::Effect::Proceed).
    Proceed,
    /// The work has begun. Needed for activities only: for other tasks it is told together with the answer if it was
    /// not told before.
    TaskStarted {
        /// Which task.
        task: TaskId,
        /// The worker's name, if it gave one.
        worker: Option<&'a str>,
    },
    /// A request with `.sync` or `.waitForTaskToken` was accepted.
    TaskSubmitted {
        /// Which task.
        task: TaskId,
        /// JSON: the response.
        output: &'a str,
    },
    /// The task has its result.
    TaskSucceeded {
        /// Which task.
        task: TaskId,
        /// JSON.
        output: &'a str,
    },
    /// The task failed.
    TaskFailed {
        /// Which task.
        task: TaskId,
        /// The error's name.
        error: Option<&'a str>,
        /// Why.
        cause: Option<&'a str>,
    },
    /// The worker is alive.
    Heartbeat {
        /// Which task.
        task: TaskId,
    },
    /// Somebody stops the execution.
    Stop {
        /// The error's name.
        error: Option<&'a str>,
        /// Why.
        cause: Option<&'a str>,
    },
    /// An execution that did not end well goes on where it ended.
    Redrive,
    /// Somebody changes a run of a distributed Map that goes on.
    ChangeMapRun {
        /// Its id.
        run: u128,
        /// What is to be another.
        change: MapRunChange,
    },
}

/// Why an input is refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The task has its answer already, or nobody waits for it any more.
    UnknownTask,
    /// The execution has not begun, or it has ended.
    NotRunning,
    /// The execution has begun already.
    AlreadyStarted,
    /// Why it cannot be redriven, in AWS's words.
    NotRedrivable(&'static str),
    /// No run of that id goes on.
    UnknownMapRun,
    /// The text is not JSON.
    InvalidJson,
    /// The input is larger than it may be.
    TooLarge,
}

impl Machine<'_> {
    pub(super) fn take(&mut self, input: Input<'_>) -> Result<(), Refusal> {
        match input {
            Input::Start { input } => self.start(input),
            Input::Redrive => self.redrive(),
            _ if self.head.status != Status::Running => Err(Refusal::NotRunning),
            Input::Proceed => {
                self.proceed();
                Ok(())
            }
            Input::Stop { error, cause } => {
                let problem = Problem { error: error.map(Into::into), cause: cause.map(Into::into) };
                self.abort_runs();
                let outcome = Outcome::Error(problem.error.clone(), problem.cause.clone());
                self.end(Status::Aborted, outcome, 0, Event::ExecutionAborted(problem));
                Ok(())
            }
            Input::TaskStarted { task, worker } => self.task_started(task, worker),
            Input::TaskSubmitted { task, output } => self.task_submitted(task, output),
            Input::TaskSucceeded { task, output } => self.task_succeeded(task, output),
            Input::TaskFailed { task, error, cause } => self.task_failed(task, error, cause),
            Input::Heartbeat { task } => self.heartbeat(task),
            Input::ChangeMapRun { run, change } => self.change_run(run, change),
        }
    }

    pub(crate) fn start(&mut self, input: &str) -> Result<(), Refusal> {
        if self.head.status != Status::NotStarted {
            return Err(Refusal::AlreadyStarted);
        }
        if input.len() > PAYLOAD_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let value: Value = serde_json::from_str(input).map_err(|_| Refusal::InvalidJson)?;
        let input = self.keep_text(input.into(), value);
        self.head.status = Status::Running;
        self.head.started_at = self.now;
        self.head.deadline = Some(self.execution_deadline());
        let role = self.surrounding.role();
        self.record(0, Event::ExecutionStarted(input, role));
        let root = self.add_strand(Strand {
            parent: None,
            index: 0,
            state: self.definition.start,
            entered_event: 0,
            entered_at: self.now,
            // The first state follows nothing, not even the start.
            previous: 0,
            input,
            item: None,
            variables: Vec::new(),
            retries: Vec::new(),
            phase: Phase::Enter,
        });
        self.ready.push_back(root);
        Ok(())
    }

    fn execution_deadline(&self) -> Timestamp {
        let most = match self.definition.kind {
            Kind::Standard => STANDARD_SECONDS_MAX,
            Kind::Express => EXPRESS_SECONDS_MAX,
        };
        self.now.after_seconds(self.definition.timeout.map_or(most, |seconds| seconds.min(most)))
    }

    /// What is due goes on, in the order of deadlines.
    fn proceed(&mut self) {
        if self.head.deadline.is_some_and(|deadline| deadline <= self.now) {
            let problem = Problem { error: Some(fault::TIMEOUT.into()), cause: None };
            self.abort_runs();
            let outcome = Outcome::Error(problem.error.clone(), None);
            self.end(Status::TimedOut, outcome, 0, Event::ExecutionTimedOut(problem));
            return;
        }
        let strands = &self.execution.strands;
        self.ready.extend(strands.iter().filter(|(_, strand)| strand.is_ready()).map(|(id, _)| *id));
        let due = |strand: &Strand| strand.deadline().filter(|deadline| *deadline <= self.now);
        let mut due: Vec<(Timestamp, StrandId)> =
            strands.iter().filter_map(|(id, strand)| Some((due(strand)?, *id))).collect();
        due.sort_unstable();
        for (_, id) in due {
            if self.head.status != Status::Running || self.overflowed {
                break;
            }
            if self.has_had_its_turn() {
                // What is left is still due when the machine comes back; `run` says that it has to.
                self.ready.push_back(id);
                break;
            }
            // Another strand's end may have taken it along.
            if self.find(id).is_some_and(|strand| strand.deadline().is_some_and(|deadline| deadline <= self.now)) {
                self.transitions += 1;
                self.due(id);
            }
        }
    }

    fn due(&mut self, id: StrandId) {
        match &self.strand(id).phase {
            Phase::Waiting(_) => self.end_of_wait(id),
            Phase::Retrying(_) => self.set_phase(id, Phase::Attempt),
            Phase::Calling(_) => self.task_timed_out(id),
            _ => {}
        }
    }

    fn redrive(&mut self) -> Result<(), Refusal> {
        self.execution.redrivable(self.definition.kind).map_err(Refusal::NotRedrivable)?;
        self.head.status = Status::Running;
        self.head.outcome = None;
        self.head.redrives += 1;
        self.head.deadline = Some(self.execution_deadline());
        let redriven = self.record(self.head.events, Event::ExecutionRedriven(self.head.redrives));
        for id in self.ids() {
            match self.strand(id).phase.clone() {
                Phase::Pending | Phase::Done(_) => {}
                Phase::Children(children) => {
                    self.strand_mut(id).previous = redriven;
                    if let Some(run) = &children.run {
                        self.count_again(id);
                        let label = self.map_label(id);
                        let arn = map_run::arn(self.surrounding.machine_arn(), &label, run.id);
                        self.tell(id, Event::MapRunRedriven(arn.into(), self.head.redrives));
                    }
                }
                Phase::Enter => self.follow(id, redriven, Phase::Enter),
                Phase::Failed(..) => {
                    self.take_back(id);
                    self.follow(id, redriven, Phase::Attempt);
                }
                Phase::Attempt | Phase::Waiting(_) | Phase::Retrying(_) | Phase::Calling(_) => {
                    self.follow(id, redriven, Phase::Attempt);
                }
            }
        }
        for id in self.ids() {
            if matches!(self.find(id).map(|strand| &strand.phase), Some(Phase::Children(_))) {
                self.fill(id, redriven);
            }
        }
        Ok(())
    }

    fn follow(&mut self, id: StrandId, previous: u32, phase: Phase) {
        let strand = self.strand_mut(id);
        strand.previous = previous;
        strand.retries = Vec::new();
        self.set_phase(id, phase);
    }

    /// A child that failed within its own branches was counted, and goes on where those are.
    fn count_again(&mut self, id: StrandId) {
        let Phase::Children(children) = self.strand(id).phase.clone() else { return };
        let has_failed = |child: &StrandId| matches!(self.strand(*child).phase, Phase::Failed(..));
        let failed = children.ids().filter(has_failed).count() as u32;
        let running = children.begun - children.succeeded - failed;
        self.strand_mut(id).phase = Phase::Children(Box::new(Children { failed, running, ..*children }));
    }

    /// Takes effect with the next child that begins or fails.
    fn change_run(&mut self, run: u128, change: MapRunChange) -> Result<(), Refusal> {
        let is_it = |id: &StrandId| match &self.strand(*id).phase {
            Phase::Children(children) => children.run.as_ref().is_some_and(|known| known.id == run),
            _ => false,
        };
        let id = self.ids().into_iter().find(is_it).ok_or(Refusal::UnknownMapRun)?;
        let strand = self.strand_mut(id);
        let previous = strand.previous;
        if let Phase::Children(children) = &mut strand.phase
            && let Some(known) = &mut children.run
        {
            known.tolerated_count = change.tolerated_failure_count.or(known.tolerated_count);
            known.tolerated_percentage = change.tolerated_failure_percentage.or(known.tolerated_percentage);
            if let Some(most) = change.concurrency_max {
                let unlimited = DISTRIBUTED_CONCURRENCY_MAX;
                children.concurrency = if most == 0 { unlimited } else { most.min(unlimited) };
            }
        }
        self.fill(id, previous);
        Ok(())
    }

    /// A failed child of a distributed Map runs again, and is counted so.
    fn take_back(&mut self, id: StrandId) {
        let Some(parent) = self.strand(id).parent else { return };
        if let Phase::Children(children) = &mut self.strand_mut(parent).phase
            && children.run.is_some()
        {
            children.failed -= 1;
            children.running += 1;
        }
    }
}
