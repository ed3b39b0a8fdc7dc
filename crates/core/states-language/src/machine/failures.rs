//! What becomes of an error: another try, a catcher, or the end of all that depends on it.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::Machine;
use super::data::place;
use crate::Timestamp;
use crate::definition::{Catcher, Retrier, StateKind};
use crate::fault::{self, Fault};
use crate::history::{Event, Problem};
use crate::limits::{CAUSE_CHARS_MAX, ERROR_CHARS_MAX, RETRY_SECONDS_MAX};
use crate::map_run::{MapRun, MapRunStatus};
use crate::step::Effect;
use crate::strand::{Phase, StrandId};
use crate::template::Language;

/// An error on its way.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: Option<Arc<str>>,
    pub(super) cause: Option<Arc<str>>,
    /// A missing sign of life: told as a timeout, but caught under its own name too.
    pub(super) is_heartbeat: bool,
    /// It came up from a branch.
    from_child: bool,
}

impl Failure {
    /// With the words of whoever failed, as many as the API tells.
    pub(super) fn told(error: Option<Arc<str>>, cause: Option<Arc<str>>) -> Failure {
        let error = error.map(|error| shortened(error, ERROR_CHARS_MAX));
        let cause = cause.map(|cause| shortened(cause, CAUSE_CHARS_MAX));
        Failure { error, cause, is_heartbeat: false, from_child: false }
    }

    pub(super) fn problem(&self) -> Problem {
        Problem { error: self.error.clone(), cause: self.cause.clone() }
    }

    /// Whether a list of names in a retrier or a catcher means it.
    fn is_among(&self, names: &[Box<str>]) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        if error == fault::RUNTIME {
            return false;
        }
        names.iter().any(|name| match &**name {
            fault::ALL => true,
            fault::TASK_FAILED => error != fault::TIMEOUT,
            fault::HEARTBEAT_TIMEOUT => self.is_heartbeat || error == fault::HEARTBEAT_TIMEOUT,
            "States.BranchFailed" => self.from_child,
            name => name == error,
        })
    }

    /// What a catcher hands on.
    fn output(&self) -> Value {
        let mut output = Object::new();
        if let Some(error) = &self.error {
            output.insert("Error", Value::String(error.clone()));
        }
        output.insert("Cause", Value::String(self.cause.clone().unwrap_or_default()));
        Value::Object(output)
    }
}

impl Machine<'_> {
    /// An error of the machine itself, with the sentence that it begins with.
    pub(super) fn failure(&mut self, id: StrandId, fault: Fault) -> Failure {
        let (name, event) = (self.state(id).name.clone(), self.strand(id).entered_event);
        let cause: Arc<str> = match fault.error {
            fault::DATA_LIMIT_EXCEEDED | fault::ITEM_READER_FAILED => fault.text.into(),
            _ => {
                let at =
                    format!("An error occurred while executing the state '{name}' (entered at the event id #{event}).");
                format!("{at} {}", fault.text).into()
            }
        };
        let failure = Failure::told(Some(fault.error.into()), Some(cause));
        if let Some(location) = fault.location
            && !self.is_hidden(id)
        {
            self.record(0, Event::EvaluationFailed(failure.problem(), (&*location).into(), name));
        }
        failure
    }

    /// Finds out what becomes of an error in the strand's state.
    pub(super) fn fail(&mut self, id: StrandId, mut failure: Failure) {
        let mut id = id;
        self.failed = Some(failure.problem());
        loop {
            let state = self.state(id);
            match &state.work {
                StateKind::Map(_) => {
                    self.end_run(id, MapRunStatus::Failed, Some(failure.problem()));
                    self.tell(id, Event::MapStateFailed);
                }
                StateKind::Parallel { .. } => {
                    self.tell(id, Event::ParallelStateFailed);
                }
                _ => {}
            }
            if let Some(at) = self.next_try(id, &state.retry, &failure) {
                self.remove_children(id);
                self.set_phase(id, Phase::Retrying(at));
                return;
            }
            if let Some(catcher) = state.catch.iter().find(|catcher| failure.is_among(&catcher.errors)) {
                match self.catch(id, catcher, &failure) {
                    Ok(()) => return,
                    // What goes wrong in a catcher is caught by what is around the state.
                    Err(fault) => failure = self.failure(id, fault),
                }
            }
            let Some(parent) = self.strand(id).parent else {
                let previous = self.strand(id).previous;
                self.end_failed(previous, failure.problem());
                return;
            };
            if !self.child_failed(parent, id, &mut failure) {
                return;
            }
            failure.from_child = true;
            id = parent;
        }
    }

    /// When the state is tried again, if it is.
    fn next_try(&mut self, id: StrandId, retriers: &[Retrier], failure: &Failure) -> Option<Timestamp> {
        let at = retriers.iter().position(|retrier| failure.is_among(&retrier.errors))?;
        let retrier = &retriers[at];
        let strand = self.strand_mut(id);
        strand.retries.resize(retriers.len(), 0);
        let used = strand.retries[at];
        if used >= retrier.attempts {
            return None;
        }
        strand.retries[at] += 1;
        Some(Timestamp(self.now.0.saturating_add(retrier.delay_ms(used, self.random))))
    }

    fn catch(&mut self, id: StrandId, catcher: &Catcher, failure: &Failure) -> Result<(), Fault> {
        let error = failure.output();
        let raw = self.raw_input(id);
        let (output, assigned) = match self.state(id).language {
            Language::JsonPath => {
                let assigned = self.assignments(id, &catcher.assign, &error, None)?;
                (place(&catcher.result_path, &raw, error)?, assigned)
            }
            Language::Jsonata => {
                let extra = Some(("errorOutput", &error));
                let assigned = self.assignments(id, &catcher.assign, &raw, extra)?;
                let output = match &catcher.output {
                    Some(template) => self.evaluate(id, template, &raw, extra)?,
                    None => error.clone(),
                };
                (output, assigned)
            }
        };
        let same = [self.strand(id).input];
        self.caught = true;
        self.remove_children(id);
        self.exit(id, output, assigned, &same, Some(catcher.next))
    }

    /// A child has failed. Whether its parent fails with it; if not, the parent has gone on.
    fn child_failed(&mut self, parent: StrandId, id: StrandId, failure: &mut Failure) -> bool {
        let index = self.strand(id).index;
        let name = self.state(parent).name.clone();
        let previous = self.strand(id).previous;
        if matches!(self.state(parent).work, StateKind::Map(_)) {
            self.tell(id, Event::MapIterationFailed(name, index));
        }
        let Phase::Children(children) = &mut self.strand_mut(parent).phase else { return false };
        if let Some(run) = &children.run {
            let is_tolerated = run.tolerates(children.failed + 1, children.count);
            children.running -= 1;
            children.failed += 1;
            if is_tolerated {
                self.remove_children(id);
                self.note_failure(id, failure);
                self.fill(parent, previous);
                return false;
            }
            // A redrive goes on with what the child has done within its own branches.
            if !matches!(self.strand(id).phase, Phase::Children(_)) {
                self.note_failure(id, failure);
            }
            let cause = "The specified tolerated failure threshold was exceeded";
            *failure = Failure::told(Some(fault::TOLERANCE_EXCEEDED.into()), Some(cause.into()));
        } else {
            let last = self.strand(id).previous;
            self.strand_mut(parent).previous = last;
        }
        self.abort_children(parent, id);
        true
    }

    /// A child of a distributed Map says why it failed, and since when it has.
    fn note_failure(&mut self, id: StrandId, failure: &Failure) {
        let now = self.now;
        let strand = self.strand_mut(id);
        strand.entered_at = now;
        strand.phase = Phase::Failed(failure.error.clone(), failure.cause.clone());
    }

    /// Gives up all children but the one that failed. Their rows stay until it is clear what comes next.
    fn abort_children(&mut self, parent: StrandId, failed: StrandId) {
        let Phase::Children(children) = &self.strand(parent).phase else { return };
        for id in children.ids() {
            if id != failed && self.find(id).is_some() {
                self.abort(id);
            }
        }
    }

    fn abort(&mut self, id: StrandId) {
        let kind = self.state(id).work.kind();
        let under_way = match &self.strand(id).phase {
            Phase::Pending | Phase::Done(_) | Phase::Failed(..) | Phase::Enter => false,
            Phase::Attempt | Phase::Waiting(_) | Phase::Retrying(_) => true,
            Phase::Calling(call) => {
                let task = call.task;
                self.effects.push(Effect::CancelTask(task));
                // Nobody waits any more; a redrive begins here.
                self.strand_mut(id).phase = Phase::Attempt;
                true
            }
            Phase::Children(_) => {
                self.abort_children(id, id);
                self.end_run(id, MapRunStatus::Aborted, None);
                true
            }
        };
        if under_way {
            self.tell(id, Event::StateAborted(kind));
        }
        let begun = !matches!(self.strand(id).phase, Phase::Pending | Phase::Done(_) | Phase::Failed(..));
        let (parent, index) = (self.strand(id).parent, self.strand(id).index);
        if let Some(parent) = parent
            && begun
            && matches!(self.state(parent).work, StateKind::Map(_))
        {
            let name = self.state(parent).name.clone();
            self.tell(id, Event::MapIterationAborted(name, index));
        }
    }

    /// Removes the branches or iterations of a state, and theirs.
    pub(super) fn remove_children(&mut self, id: StrandId) {
        let Phase::Children(children) = &self.strand(id).phase else { return };
        if children.run.is_some() {
            let rows = [id].into_iter().chain(children.ids());
            let changed = rows.filter_map(|id| Some((id, Some(self.changed.get(&id)?.clone()?))));
            let last: Vec<_> = changed.collect();
            self.parted_ids.extend(last.iter().map(|(id, _)| *id));
            self.parted.extend(last);
        }
        let Phase::Children(children) = &self.strand(id).phase else { return };
        for child in children.ids() {
            if self.find(child).is_some() {
                self.remove_children(child);
                self.remove_strand(child);
            }
        }
        self.strand_mut(id).phase = Phase::Attempt;
    }

    /// Tells of the end of a distributed Map that the strand is at.
    pub(super) fn end_run(&mut self, id: StrandId, status: MapRunStatus, problem: Option<Problem>) {
        let Some(run) = MapRun::of(self.definition, self.strand(id)) else { return };
        let run = run.ended(status, self.now);
        let event = match (status, problem) {
            (MapRunStatus::Succeeded, _) => Event::MapRunSucceeded,
            (MapRunStatus::Failed, Some(problem)) => Event::MapRunFailed(problem),
            _ => Event::MapRunAborted,
        };
        self.map_runs.push(run);
        self.tell(id, event);
    }

    /// The whole execution ends: so do its distributed Maps.
    pub(super) fn abort_runs(&mut self) {
        for id in self.ids() {
            if let Some(run) = MapRun::of(self.definition, self.strand(id)) {
                self.map_runs.push(run.ended(MapRunStatus::Aborted, self.now));
            }
        }
    }
}

fn shortened(text: Arc<str>, chars_max: usize) -> Arc<str> {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => text[..end].into(),
        None => text,
    }
}

impl Retrier {
    /// How long is waited after so many retries: exponentially longer, up to the limit, of it a random part.
    fn delay_ms(&self, used: u32, random: &mut dyn FnMut() -> u64) -> u64 {
        let most = f64::from(self.delay_max.unwrap_or(RETRY_SECONDS_MAX));
        let power = self.rate.powi(i32::try_from(used).unwrap_or(i32::MAX));
        let seconds = (f64::from(self.interval) * power).min(most);
        let delay_ms = (seconds * 1000.0) as u64;
        if self.jitter { ((u128::from(random()) * (u128::from(delay_ms) + 1)) >> 64) as u64 } else { delay_ms }
    }
}
