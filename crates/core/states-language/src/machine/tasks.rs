//! Takes the answers of the outside.

use std::sync::Arc;

use bongsu_jsonata::Value;

use super::data::Got;
use super::failures::Failure;
use super::scheduling::callee;
use super::{Machine, Refusal, too_large};
use crate::TaskId;
use crate::definition::StateKind;
use crate::fault;
use crate::history::{Event, Problem};
use crate::limits::{ITEMS_BYTES_MAX, PAYLOAD_BYTES_MAX};
use crate::resource::Resource;
use crate::strand::{Call, Phase, Purpose, StrandId};

impl Machine<'_> {
    fn answered(&self, task: TaskId) -> Result<(StrandId, Call), Refusal> {
        let (_, call) = self.execution.call(task).ok_or(Refusal::UnknownTask)?;
        Ok((task.strand(), call.clone()))
    }

    fn resource(&self, id: StrandId) -> Option<&Resource> {
        match &self.definition.state(self.strand(id).state).work {
            StateKind::Task(task) => Some(&task.resource),
            _ => None,
        }
    }

    fn call_mut(&mut self, id: StrandId) -> Option<&mut Call> {
        match &mut self.strand_mut(id).phase {
            Phase::Calling(call) => Some(call),
            _ => None,
        }
    }

    pub(super) fn task_started(&mut self, task: TaskId, worker: Option<&str>) -> Result<(), Refusal> {
        let (id, call) = self.answered(task)?;
        if !call.started {
            self.tell_started(id, worker);
        }
        Ok(())
    }

    fn tell_started(&mut self, id: StrandId, worker: Option<&str>) {
        let event = match self.resource(id) {
            Some(Resource::Lambda { .. }) => Event::LambdaFunctionStarted,
            Some(Resource::Activity { .. }) => Event::ActivityStarted(worker.map(Arc::from)),
            Some(service) => Event::TaskStarted(callee(service)),
            None => return,
        };
        self.tell(id, event);
        let now = self.now;
        if let Some(call) = self.call_mut(id) {
            call.started = true;
            call.heartbeat = call.heartbeat.map(|(seconds, _)| (seconds, now.after_seconds(seconds)));
        }
    }

    pub(super) fn task_submitted(&mut self, task: TaskId, output: &str) -> Result<(), Refusal> {
        let (id, call) = self.answered(task)?;
        if output.len() > PAYLOAD_BYTES_MAX {
            self.answer_too_large(id, &call);
            return Ok(());
        }
        let value = parsed(output)?;
        let Some(callee) = self.resource(id).map(callee) else { return Err(Refusal::UnknownTask) };
        if call.submitted {
            return Ok(());
        }
        if !call.started {
            self.tell_started(id, None);
        }
        let output = self.keep_text(output.into(), value);
        self.tell(id, Event::TaskSubmitted(callee, output));
        if let Some(call) = self.call_mut(id) {
            call.submitted = true;
        }
        Ok(())
    }

    pub(super) fn heartbeat(&mut self, task: TaskId) -> Result<(), Refusal> {
        let (id, call) = self.answered(task)?;
        if let Some((seconds, _)) = call.heartbeat {
            let due = self.now.after_seconds(seconds);
            if let Some(call) = self.call_mut(id) {
                call.heartbeat = Some((seconds, due));
            }
        }
        Ok(())
    }

    pub(super) fn task_succeeded(&mut self, task: TaskId, output: &str) -> Result<(), Refusal> {
        let (id, call) = self.answered(task)?;
        let most = if call.purpose == Purpose::Task { PAYLOAD_BYTES_MAX } else { ITEMS_BYTES_MAX };
        if output.len() > most {
            self.answer_too_large(id, &call);
            return Ok(());
        }
        let value = parsed(output)?;
        match call.purpose {
            Purpose::Task => {
                if !call.started {
                    self.tell_started(id, None);
                }
                let payload = self.keep_text(output.into(), value.clone());
                let event = match self.resource(id) {
                    Some(Resource::Lambda { .. }) => Event::LambdaFunctionSucceeded(payload),
                    Some(Resource::Activity { .. }) => Event::ActivitySucceeded(payload),
                    Some(service) => Event::TaskSucceeded(callee(service), payload),
                    None => return Err(Refusal::UnknownTask),
                };
                self.tell(id, event);
                self.settle(id, |machine| machine.leave(id, Some(Got { value, payload: Some(payload) }), None));
            }
            Purpose::Read(run) => self.settle(id, |machine| {
                let read = machine.items_read(id, run, value);
                read.inspect_err(|fault| machine.read_failed(id, fault.error.into(), Some(fault.text.as_str().into())))
            }),
            Purpose::Write(_, run) => self.settle(id, |machine| machine.results_written(id, run, value)),
        }
        Ok(())
    }

    /// Goes on with what was answered; the call is over, whatever comes of it.
    fn settle(&mut self, id: StrandId, go_on: impl FnOnce(&mut Self) -> Result<(), fault::Fault>) {
        self.strand_mut(id).phase = Phase::Attempt;
        if let Err(fault) = go_on(self) {
            let failure = self.failure(id, fault);
            self.fail(id, failure);
        }
    }

    pub(super) fn task_failed(
        &mut self,
        task: TaskId,
        error: Option<&str>,
        cause: Option<&str>,
    ) -> Result<(), Refusal> {
        let (id, call) = self.answered(task)?;
        let failure = match call.purpose {
            Purpose::Task => Failure::told(error.map(Arc::from), cause.map(Arc::from)),
            Purpose::Read(_) => {
                self.read_failed(id, fault::ITEM_READER_FAILED.into(), cause.map(Arc::from));
                Failure::told(Some(fault::ITEM_READER_FAILED.into()), cause.map(Arc::from))
            }
            Purpose::Write(..) => Failure::told(Some(fault::RESULT_WRITER_FAILED.into()), cause.map(Arc::from)),
        };
        self.give_up(id, &call, failure);
        Ok(())
    }

    /// A run without items is over before any child has begun.
    fn read_failed(&mut self, id: StrandId, error: Arc<str>, cause: Option<Arc<str>>) {
        if !matches!(self.strand(id).phase, Phase::Children(_)) {
            self.tell(id, Event::MapRunFailed(Failure::told(Some(error), cause).problem()));
        }
    }

    fn answer_too_large(&mut self, id: StrandId, call: &Call) {
        let what = self.resource(id).map_or_else(|| self.state(id).name.to_string(), called);
        let fault = too_large(&what);
        self.give_up(id, call, Failure::told(Some(fault.error.into()), Some(fault.text.into())));
    }

    fn give_up(&mut self, id: StrandId, call: &Call, failure: Failure) {
        if call.purpose == Purpose::Task {
            if !call.started {
                self.tell_started(id, None);
            }
            let problem = failure.problem();
            let event = match self.resource(id) {
                Some(Resource::Lambda { .. }) => Event::LambdaFunctionFailed(problem),
                Some(Resource::Activity { .. }) => Event::ActivityFailed(problem),
                Some(service) => Event::TaskFailed(callee(service), problem),
                None => return,
            };
            self.tell(id, event);
        }
        self.strand_mut(id).phase = Phase::Attempt;
        self.fail(id, failure);
    }

    /// A timeout has passed, or a sign of life is missing: both are told as a timeout.
    pub(super) fn task_timed_out(&mut self, id: StrandId) {
        let Some(call) = self.call_mut(id).map(|call| call.clone()) else { return };
        let whole = call.deadline.is_some_and(|deadline| deadline <= self.now);
        let mut failure = Failure::told(Some(fault::TIMEOUT.into()), None);
        failure.is_heartbeat = !whole;
        let problem = Problem { error: failure.error.clone(), cause: None };
        // A worker that never came did not start; everything else begins at once.
        let activity = matches!(self.resource(id), Some(Resource::Activity { .. }));
        if !call.started && !activity {
            self.tell_started(id, None);
        }
        let event = match self.resource(id) {
            Some(Resource::Lambda { .. }) => Event::LambdaFunctionTimedOut(problem),
            Some(Resource::Activity { .. }) => Event::ActivityTimedOut(problem),
            Some(service) => Event::TaskTimedOut(callee(service), problem),
            None => return,
        };
        self.tell(id, event);
        self.effects.push(crate::Effect::CancelTask(call.task));
        self.strand_mut(id).phase = Phase::Attempt;
        self.fail(id, failure);
    }
}

/// What a limit's sentence calls a callee.
fn called(resource: &Resource) -> String {
    match resource {
        Resource::Lambda { arn } | Resource::Activity { arn } => arn.to_string(),
        service => service.kind(),
    }
}

fn parsed(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|_| Refusal::InvalidJson)
}
