//! What a decision about executions gathers: an end may have others go on or stop, all in one step.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bongsu_states_language::{
    self as states, Definition, Execution, Input, Outcome, Refusal, Resource, Status, Surroundings, TaskId, Work,
};

use crate::workflow::fact::RecordedStep;
use crate::workflow::result::{self, CHILD_FAILED};
use crate::{
    AttemptOutcome, Broker, Decision, Effect, Entropy, ExecutionId, ExecutionStart, Fact, Reply, StateMachine,
    TaskCall, TaskToken, TaskWork, Text, Timestamp, WorkflowFact, WorkflowRejection,
};

/// Facts and effects so far, and how executions stand after them.
#[derive(Default)]
pub(in crate::decide) struct Draft {
    facts: Vec<Fact>,
    effects: Vec<Effect>,
    after: BTreeMap<ExecutionId, After>,
    /// What follows for other executions, and since when.
    follows: VecDeque<(ExecutionId, Timestamp, Follows)>,
}

/// An execution as it is after the draft.
#[derive(Clone)]
struct After {
    start: Arc<ExecutionStart>,
    state: Execution,
    redriven_at: Option<Timestamp>,
    /// Of its latest event.
    told_at: Timestamp,
    /// Of its next step; nothing before the first.
    next_number: Option<u32>,
}

/// What another execution gets from an end.
enum Follows {
    ChildSucceeded { task: u64, output: String },
    ChildFailed { task: u64, cause: String },
    Stop,
}

impl Draft {
    pub(in crate::decide) fn push(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    pub(in crate::decide) fn push_all(&mut self, facts: Vec<Fact>) {
        self.facts.extend(facts);
    }

    /// Whether an execution that the draft began has succeeded; nothing while it runs.
    pub(in crate::decide) fn succeeded(&self, id: ExecutionId) -> Option<bool> {
        match self.after.get(&id)?.state.status() {
            Status::Running => None,
            status => Some(status == Status::Succeeded),
        }
    }

    pub(in crate::decide) fn extend(&mut self, decision: Decision) {
        self.facts.extend(decision.facts);
        self.effects.extend(decision.effects);
    }

    pub(in crate::decide) fn decide(self, reply: Reply) -> Decision {
        Decision { facts: self.facts, reply, effects: self.effects }
    }
}

impl Broker {
    /// The first step of an execution that nobody knows yet. What follows from it for others does so by the next
    /// [`Broker::go_on`], or by [`Broker::follow`]: who began it for a task has to note that before it can end.
    pub(super) fn begin(
        &self,
        draft: &mut Draft,
        id: ExecutionId,
        start: ExecutionStart,
        input: &str,
        entropy: &mut Entropy,
    ) -> Result<(), WorkflowRejection> {
        let (told_at, start) = (start.started_at, Arc::new(start));
        let after = After { start, state: Execution::default(), redriven_at: None, told_at, next_number: None };
        draft.after.insert(id, after);
        self.advance_one(draft, id, &Input::Start { input }, told_at, entropy)
    }

    /// One step of an execution, and what follows from it for others.
    pub(super) fn go_on(
        &self,
        draft: &mut Draft,
        id: ExecutionId,
        input: &Input<'_>,
        entropy: &mut Entropy,
    ) -> Result<(), WorkflowRejection> {
        self.advance_one(draft, id, input, self.now(), entropy)?;
        self.follow(draft, entropy);
        Ok(())
    }

    /// Who waited for an execution, or was waited for by one, may have ended itself meanwhile: then nothing follows.
    pub(in crate::decide) fn follow(&self, draft: &mut Draft, entropy: &mut Entropy) {
        while let Some((id, at, follows)) = draft.follows.pop_front() {
            let input = match &follows {
                Follows::ChildSucceeded { task, output } => Input::TaskSucceeded { task: TaskId(*task), output },
                Follows::ChildFailed { task, cause } => {
                    Input::TaskFailed { task: TaskId(*task), error: Some(CHILD_FAILED), cause: Some(cause) }
                }
                Follows::Stop => Input::Stop { error: None, cause: None },
            };
            self.advance_one(draft, id, &input, at, entropy).unwrap_or_default();
        }
    }

    fn advance_one(
        &self,
        draft: &mut Draft,
        id: ExecutionId,
        input: &Input<'_>,
        at: Timestamp,
        entropy: &mut Entropy,
    ) -> Result<(), WorkflowRejection> {
        let mut after = match draft.after.get(&id) {
            Some(after) => after.clone(),
            None => self.execution_now(id)?,
        };
        let (machine, definition) = self.by_what(&after.start)?;
        let decided = decide_step(&definition, &after, id, &machine, input, (at, self.now()), entropy)?;
        if decided.step.is_empty() {
            return Ok(());
        }
        after.state.apply(&decided.step);
        if let Some(last) = decided.step.events.last() {
            after.told_at = Timestamp(last.at.0);
        }
        let step = RecordedStep(Arc::new(decided.step));
        let fact = match after.next_number {
            None => WorkflowFact::ExecutionStarted { id, start: (*after.start).clone(), step },
            Some(number) => WorkflowFact::ExecutionStepped { id, number, step },
        };
        draft.facts.push(Fact::Workflow { fact });
        after.next_number = Some(after.next_number.map_or(1, |number| number + 1));
        for effect in decided.effects {
            match effect {
                states::Effect::StartTask(task) => {
                    let call = task_call(&definition, &after, id, &machine, task);
                    draft.effects.extend(call.map(|call| Effect::StartTask(Box::new(call))));
                }
                states::Effect::CancelTask(task) => {
                    draft.effects.push(Effect::CancelTask { execution: id, task: task.0 });
                    // As AWS does, those stop that were waited for.
                    let child = self.workflows.children.get(&(id, task.0));
                    draft.follows.extend(child.map(|child| (*child, after.told_at, Follows::Stop)));
                }
                states::Effect::Finished => {
                    draft.facts.extend(self.let_go(id, after.state.status()));
                    draft.follows.extend(tell_parent(&after, id, &machine));
                }
                // Who is not done by itself becomes due when the step is applied.
                states::Effect::Proceed => {}
            }
        }
        draft.after.insert(id, after);
        Ok(())
    }

    /// Ends the attempt whose messages the execution held.
    fn let_go(&self, id: ExecutionId, status: Status) -> Vec<Fact> {
        let Some(attempt) = self.held.by_execution.get(&id) else { return Vec::new() };
        let outcome = if status == Status::Succeeded { AttemptOutcome::Succeeded } else { AttemptOutcome::Failed };
        self.attempt_end(*attempt, &outcome)
    }

    fn execution_now(&self, id: ExecutionId) -> Result<After, WorkflowRejection> {
        let known = self.workflows.executions.get(&id).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
        let number = u32::try_from(known.steps.len()).expect("an execution has fewer steps than events");
        let start = Arc::new(known.start.clone());
        let (state, redriven_at, told_at) = (known.state.clone(), known.redriven_at, known.told_at);
        Ok(After { start, state, redriven_at, told_at, next_number: Some(number) })
    }

    fn by_what(&self, start: &ExecutionStart) -> Result<(Arc<StateMachine>, Arc<Definition>), WorkflowRejection> {
        let revision = self.workflows.revisions.get(&start.revision).ok_or(WorkflowRejection::DefinitionUnreadable)?;
        let definition = revision.definition.clone().ok_or(WorkflowRejection::DefinitionUnreadable)?;
        Ok((revision.machine.clone(), definition))
    }

    /// Tasks that are open and not known to be under way: after a restart somebody has to do them again.
    pub fn open_tasks(&self) -> Vec<TaskCall> {
        let mut calls = Vec::new();
        for (id, known) in self.workflows.executions.iter().filter(|(_, known)| known.is_open()) {
            let Ok((machine, definition)) = self.by_what(&known.start) else { continue };
            let Ok(after) = self.execution_now(*id) else { continue };
            for task in known.state.open_tasks() {
                let is_waiting = known.state.task(&definition, task).is_some_and(|task| task.submitted);
                if !is_waiting {
                    calls.extend(task_call(&definition, &after, *id, &machine, task));
                }
            }
        }
        calls
    }
}

fn decide_step(
    definition: &Definition,
    after: &After,
    id: ExecutionId,
    machine: &StateMachine,
    input: &Input<'_>,
    (at, now): (Timestamp, Timestamp),
    entropy: &mut Entropy,
) -> Result<states::Decision, WorkflowRejection> {
    let execution_arn = result::execution_arn(machine, &after.start.name, id);
    let token = |task: TaskId, secret| TaskToken::new(id, task.0, secret).to_string();
    let surroundings = Surroundings {
        execution_arn: &execution_arn,
        execution_name: &after.start.name,
        role_arn: &machine.role,
        machine_arn: &machine.arn,
        machine_name: &machine.name,
        region: machine.arn.split(':').nth(3).unwrap_or_default(),
        redriven_at: after.redriven_at.map(|at| states::Timestamp(at.0)),
        token: &token,
    };
    let mut random = || entropy.next_u64();
    let times = states::Times {
        told_at: states::Timestamp(after.told_at.0),
        at: states::Timestamp(at.0),
        now: states::Timestamp(now.0),
    };
    states::decide_late(definition, &after.state, *input, &surroundings, times, &mut random).map_err(refused)
}

fn refused(refusal: Refusal) -> WorkflowRejection {
    match refusal {
        Refusal::UnknownTask => WorkflowRejection::TaskDoesNotExist,
        Refusal::AlreadyStarted => WorkflowRejection::TaskDoesNotExist,
        Refusal::NotRunning => WorkflowRejection::ExecutionNotRunning,
        Refusal::UnknownMapRun => WorkflowRejection::MapRunDoesNotGoOn,
        Refusal::NotRedrivable(reason) => WorkflowRejection::ExecutionNotRedrivable { reason: reason.into() },
        Refusal::InvalidJson => WorkflowRejection::InvalidJson,
        Refusal::TooLarge => WorkflowRejection::PayloadTooLarge,
    }
}

fn task_call(
    definition: &Definition,
    after: &After,
    id: ExecutionId,
    machine: &StateMachine,
    task: TaskId,
) -> Option<TaskCall> {
    let open = after.state.task(definition, task)?;
    let work = match open.work {
        Work::Call { resource, input, .. } => TaskWork::Call { resource: resource.clone(), input: Text::from(input) },
        Work::ReadItems { reader, parameters } => {
            TaskWork::ReadItems { items: reader.input.clone(), parameters: Text::from(parameters) }
        }
        Work::WriteResults { parameters, results, map_run } => {
            TaskWork::WriteResults { parameters: Text::from(parameters), results: Text::from(results), map_run }
        }
    };
    Some(TaskCall {
        execution: id,
        task: task.0,
        execution_arn: Text::from(result::execution_arn(machine, &after.start.name, id)),
        machine: machine.arn.clone(),
        state: open.state.into(),
        work,
        token: TaskToken::new(id, task.0, open.secret),
        deadline: open.deadline.map(|at| Timestamp(at.0)),
        trace_header: after.start.trace_header.as_deref().map(Text::from),
    })
}

fn tell_parent(after: &After, id: ExecutionId, machine: &StateMachine) -> Option<(ExecutionId, Timestamp, Follows)> {
    let parent = after.start.parent.as_ref()?;
    let outcome = after.state.outcome();
    let output = match outcome {
        Some(Outcome::Output(output)) => after.state.payload(*output),
        _ => None,
    };
    let ended =
        result::ended(machine, (id, &after.start), parent, (after.state.status(), outcome, output), after.told_at)
            .to_string();
    let follows = match outcome {
        Some(Outcome::Output(_)) => Follows::ChildSucceeded { task: parent.task, output: ended },
        _ => Follows::ChildFailed { task: parent.task, cause: ended },
    };
    Some((parent.execution, after.told_at, follows))
}

/// Whether a call waits for the end of an execution that it starts.
pub(super) fn waits_for_end(resource: &Resource) -> Option<bool> {
    match resource.pattern() {
        states::Pattern::Sync => Some(false),
        states::Pattern::Sync2 => Some(true),
        states::Pattern::RequestResponse | states::Pattern::WaitForTaskToken => None,
    }
}
