//! Executions: beginning them, having them go on, telling about them.

use std::ops::Bound;
use std::sync::Arc;

use bongsu_states_language::{Input, Status, TaskId};

use super::draft::Draft;
use super::told;
use crate::workflow::result::uuid_text;
use crate::{
    Broker, Decision, DeduplicationKey, Entropy, ExecutionDescription, ExecutionId, ExecutionInput, ExecutionStart,
    Fact, MachineRef, OPEN_EXECUTIONS_MAX, ParentTask, Rejection, Reply, StartedExecution, Text, Timestamp,
    WorkflowFact, WorkflowRejection, WorkflowReply,
};

impl Broker {
    pub(in crate::decide) fn decide_start_execution(
        &self,
        machine: MachineRef,
        name: Option<Box<str>>,
        input: Text,
        trace_header: Option<Text>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let mut draft = Draft::default();
        let started = self.start(&mut draft, machine, name, &input, None, trace_header, entropy)?;
        self.follow(&mut draft, entropy);
        Ok(draft.decide(Reply::Workflow(WorkflowReply::Started(Box::new(started)))))
    }

    /// Begins an execution, or finds the one that runs by the same name and with the same input.
    #[expect(clippy::too_many_arguments, reason = "all that an execution is made of")]
    pub(in crate::decide) fn start(
        &self,
        draft: &mut Draft,
        machine: MachineRef,
        name: Option<Box<str>>,
        input: &Text,
        parent: Option<Box<ParentTask>>,
        trace_header: Option<Text>,
        entropy: &mut Entropy,
    ) -> Result<StartedExecution, Rejection> {
        let (revision, _) = self.resolve_machine(&machine, entropy.next_u64())?;
        let known = self.workflows.revisions[&revision].machine.clone();
        let id = ExecutionId(entropy.next_uuid());
        let name = name.map_or_else(|| uuid_text(id.0).into(), Arc::from);
        let input_key = DeduplicationKey::of(&[input.as_bytes()]);
        let started_at = self.now();
        let start = ExecutionStart {
            machine,
            revision,
            name,
            started_at,
            input_key,
            parent,
            trace_header: boxed(trace_header),
        };
        if known.express {
            let fact = WorkflowFact::ExpressQueued { id, start: start.clone(), input: input.clone() };
            draft.push(Fact::Workflow { fact });
            return Ok(StartedExecution { id, start, machine: known });
        }
        if let Some(before) = self.execution_by_name(&start.machine.name, &start.name) {
            let found = &self.workflows.executions[&before];
            if found.is_open() && found.start.input_key == input_key && start.parent.is_none() {
                return Ok(StartedExecution { id: before, start: found.start.clone(), machine: known });
            }
            return Err(
                WorkflowRejection::ExecutionAlreadyExists { machine: known, name: (&*start.name).into() }.into()
            );
        }
        if self.workflows.open >= OPEN_EXECUTIONS_MAX {
            return Err(WorkflowRejection::TooManyExecutions.into());
        }
        self.begin(draft, id, start.clone(), input, entropy)?;
        Ok(StartedExecution { id, start, machine: known })
    }

    /// An execution of which nothing is kept: whoever begins it waits for its end.
    pub(super) fn decide_begin_express(
        &self,
        machine: MachineRef,
        name: Option<Box<str>>,
        input: &Text,
        trace_header: Option<Text>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (revision, _) = self.resolve_machine(&machine, entropy.next_u64())?;
        let known = self.workflows.revisions[&revision].machine.clone();
        if !known.express {
            return Err(WorkflowRejection::MachineNotExpress.into());
        }
        let id = ExecutionId(entropy.next_uuid());
        let name = name.map_or_else(|| uuid_text(id.0).into(), Arc::from);
        let (input_key, started_at) = (DeduplicationKey::of(&[input.as_bytes()]), self.now());
        let start = ExecutionStart {
            machine,
            revision,
            name,
            started_at,
            input_key,
            parent: None,
            trace_header: boxed(trace_header),
        };
        Ok(told(WorkflowReply::Started(Box::new(StartedExecution { id, start, machine: known }))))
    }

    fn execution_by_name(&self, machine: &str, name: &str) -> Option<ExecutionId> {
        self.workflows.by_name.get(machine)?.get(name).copied()
    }

    pub(super) fn decide_step(
        &self,
        id: ExecutionId,
        input: &ExecutionInput,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let input = match input {
            ExecutionInput::Proceed if self.is_to_be_forgotten(id) => {
                return Ok(Decision::fact(Fact::Workflow { fact: WorkflowFact::ExecutionForgotten { id } }));
            }
            ExecutionInput::Proceed => Input::Proceed,
            ExecutionInput::TaskStarted { task, worker } => {
                Input::TaskStarted { task: TaskId(*task), worker: worker.as_deref() }
            }
            ExecutionInput::TaskSubmitted { task, output } => Input::TaskSubmitted { task: TaskId(*task), output },
            ExecutionInput::TaskSucceeded { task, output } => Input::TaskSucceeded { task: TaskId(*task), output },
            ExecutionInput::TaskFailed { task, error, cause } => {
                Input::TaskFailed { task: TaskId(*task), error: error.as_deref(), cause: cause.as_deref() }
            }
        };
        self.one_step(id, &input, Reply::Done, entropy)
    }

    fn is_to_be_forgotten(&self, id: ExecutionId) -> bool {
        self.workflows.executions.get(&id).is_some_and(|known| known.is_over(self.now()))
    }

    pub(super) fn one_step(
        &self,
        id: ExecutionId,
        input: &Input<'_>,
        reply: Reply,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let mut draft = Draft::default();
        self.go_on(&mut draft, id, input, entropy)?;
        Ok(draft.decide(reply))
    }

    /// Stopping what has ended changes nothing, and tells when it ended.
    pub(super) fn decide_stop(
        &self,
        id: ExecutionId,
        error: Option<Text>,
        cause: Option<Text>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let known = self.workflows.executions.get(&id).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
        let at = |at| Reply::Workflow(WorkflowReply::At(at));
        match known.stopped_at {
            Some(stopped_at) => Ok(Decision::reply(at(stopped_at))),
            None => {
                let input = Input::Stop { error: error.as_deref(), cause: cause.as_deref() };
                self.one_step(id, &input, at(self.now()), entropy)
            }
        }
    }

    pub(super) fn decide_redrive(&self, id: ExecutionId, entropy: &mut Entropy) -> Result<Decision, Rejection> {
        let known = self.workflows.executions.get(&id).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
        if !known.is_open() && !known.has_rows {
            let reason = match known.status() {
                Status::Succeeded => "Execution is SUCCEEDED and cannot be redriven",
                _ => "Execution was closed more than 14 days ago and cannot be redriven",
            };
            return Err(WorkflowRejection::ExecutionNotRedrivable { reason: reason.into() }.into());
        }
        self.one_step(id, &Input::Redrive, Reply::Workflow(WorkflowReply::At(self.now())), entropy)
    }

    pub(super) fn decide_find_execution(&self, machine: &str, name: &str) -> Result<Decision, Rejection> {
        let id = self.execution_by_name(machine, name).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
        self.decide_describe_execution(id)
    }

    pub(super) fn decide_describe_execution(&self, id: ExecutionId) -> Result<Decision, Rejection> {
        Ok(told(WorkflowReply::Execution(Box::new(self.described_execution(id)?))))
    }

    pub(super) fn described_execution(&self, id: ExecutionId) -> Result<ExecutionDescription, WorkflowRejection> {
        let known = self.workflows.executions.get(&id).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
        let machine = self.workflows.revisions.get(&known.start.revision).map(|revision| revision.machine.clone());
        Ok(ExecutionDescription {
            summary: known.summary(id),
            machine,
            steps: known.steps.clone(),
            events: known.state.events(),
            output: known.output(),
        })
    }

    pub(super) fn decide_list_executions(
        &self,
        machine: &str,
        (status, redriven): (Option<Status>, Option<bool>),
        after: Option<(Timestamp, ExecutionId)>,
        max: usize,
    ) -> Result<Decision, Rejection> {
        let before = after.map_or(Bound::Unbounded, Bound::Excluded);
        let times = self.workflows.by_time.get(machine);
        if times.is_none() {
            self.machine(machine)?;
        }
        let newest_first = times.into_iter().flat_map(|times| times.range((Bound::Unbounded, before)).rev());
        let known = newest_first.map(|(_, id)| (*id, &self.workflows.executions[id]));
        let wanted = known.filter(|(_, known)| {
            status.is_none_or(|status| known.status() == status)
                && redriven.is_none_or(|redriven| (known.state.redrives() > 0) == redriven)
        });
        let summaries = wanted.take(max).map(|(id, known)| known.summary(id)).collect();
        Ok(told(WorkflowReply::Executions(summaries)))
    }

    pub(super) fn decide_end_express(&self, id: ExecutionId, succeeded: bool) -> Decision {
        match self.workflows.express.contains_key(&id) {
            true => Decision::fact(Fact::Workflow { fact: WorkflowFact::ExpressEnded { id, succeeded } }),
            false => Decision::reply(Reply::Done),
        }
    }
}

/// On its own: a text may be a part of a request, all of which it would hold.
fn boxed(text: Option<Text>) -> Option<Box<str>> {
    text.map(|text| Box::from(&*text))
}
