//! Express executions: run in memory from beginning to end. A restart runs those that were queued again, from the
//! beginning; of those that somebody waits for, only their caller knows. [ADR 12](../../../../docs/adr/0012-express-executions.md)

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_broker::{
    Command, Entropy, ExecutionId, ExecutionStart, MachineRef, Recorded, Reply, StateMachine, Stored, TaskCall,
    TaskToken, TaskWork, Text, Timestamp, WorkflowCommand, WorkflowReply, execution_arn,
};
use bongsu_states_language::{
    self as states, Definition, Effect, Execution, HistoryEvent, Input, Outcome, PayloadId, Status, Surroundings,
    TaskId, Times, Work, decide_late,
};
use tokio::sync::mpsc;
use tracing::error;

use super::shard::ExpressDue;
use super::tasks::{TaskEnd, failed};
use crate::clock::Clock;
use crate::contents::LOCATE_TRIES;
use crate::handle::{Handle, Refusal, Request};

/// Express executions that were queued and run at once.
pub const EXPRESS_RUNS_MAX: usize = 4_000;

/// An express execution that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressEnd {
    /// Its ARN.
    pub arn: String,
    /// What was said about it when it began.
    pub start: ExecutionStart,
    /// By what it ran.
    pub machine: Arc<StateMachine>,
    /// How it ended.
    pub status: Status,
    /// With what.
    pub outcome: Outcome,
    /// What it returned, if it succeeded.
    pub output: Option<Text>,
    /// When it ended.
    pub stopped_at: Timestamp,
    /// What happened, in order.
    pub events: Vec<HistoryEvent>,
    /// The texts that the events name.
    pub texts: BTreeMap<PayloadId, Arc<str>>,
}

/// Runs one that was queued, in a task of its own.
pub(crate) fn run_queued(due: ExpressDue, handle: Handle, clock: Clock) {
    tokio::spawn(async move {
        let ended = match queued(&due, &handle).await {
            Some((start, input)) => {
                let found = handle.revision(start.revision).await;
                match found {
                    Ok(Some((machine, Some(definition)))) => Some(
                        Run { id: due.id, start, machine, definition, clock, handle: handle.clone() }.run(&input).await,
                    ),
                    _ => None,
                }
            }
            None => None,
        };
        let succeeded = ended.is_some_and(|ended| matches!(ended.outcome, Outcome::Output(_)));
        // A shard that is gone has nothing left to be told; the execution runs again after the next start.
        handle.requests.send(Request::EndExpress { id: due.id, succeeded }).await.unwrap_or_default();
    });
}

async fn queued(due: &ExpressDue, handle: &Handle) -> Option<(ExecutionStart, Text)> {
    let mut place = due.place;
    for _ in 0..LOCATE_TRIES {
        match handle.read(&[place]).await.map(|mut records| records.pop()) {
            Ok(record) => {
                let recorded = Recorded::decode(record?).ok();
                let Some(Stored::Express(start, input)) = recorded.and_then(|recorded| recorded.into_stored(0)) else {
                    error!(position = place.position, "the journal holds something else where an execution should be");
                    return None;
                };
                return Some((start, input));
            }
            Err(_) => place = handle.locate_express(due.id).await.ok()??,
        }
    }
    None
}

impl Handle {
    /// Runs an express execution and waits for its end.
    pub async fn run_express(
        &self,
        machine: MachineRef,
        name: Option<Box<str>>,
        input: Text,
        trace_header: Option<Text>,
    ) -> Result<ExpressEnd, Refusal> {
        let command = WorkflowCommand::BeginExpress { machine, name, input: input.clone(), trace_header };
        let begun = match self.ask(Command::Workflow(Box::new(command)), None).await? {
            Reply::Workflow(WorkflowReply::Started(begun)) => *begun,
            other => unreachable!("BeginExpress answered {other:?}"),
        };
        let unreadable = || Refusal::Rejected(bongsu_broker::WorkflowRejection::DefinitionUnreadable.into());
        let found = self.revision(begun.start.revision).await?;
        let (machine, definition) =
            found.and_then(|(machine, definition)| Some((machine, definition?))).ok_or_else(unreadable)?;
        let clock = self.clock.clone();
        let run = Run { id: begun.id, start: begun.start, machine, definition, clock, handle: self.clone() };
        Ok(run.run(&input).await)
    }
}

/// One run.
struct Run {
    id: ExecutionId,
    start: ExecutionStart,
    machine: Arc<StateMachine>,
    definition: Arc<Definition>,
    clock: Clock,
    handle: Handle,
}

/// What makes it go on.
enum Next {
    Start(Text),
    Proceed,
    Ended(TaskId, TaskEnd),
}

impl Run {
    async fn run(self, input: &Text) -> ExpressEnd {
        let (mut state, mut events, mut texts) = (Execution::default(), Vec::new(), BTreeMap::new());
        // Its identity is random, and nobody else's.
        let mut entropy = Entropy::from_seed(seed(self.id));
        let (done, mut ends) = mpsc::unbounded_channel();
        let mut alarm = self.clock.alarm();
        let mut next = Next::Start(input.clone());
        loop {
            if let Some(decided) = self.decide(&state, &next, events.last(), &mut entropy) {
                state.apply(&decided.step);
                for (id, text) in (decided.step.first_payload.0..).zip(&decided.step.payloads) {
                    texts.insert(PayloadId(id), text.clone());
                }
                events.extend(decided.step.events);
                for effect in decided.effects {
                    match effect {
                        Effect::StartTask(task) => self.start_task(&state, task, done.clone()),
                        Effect::CancelTask(task) => self.handle.open_tasks.close(self.id, task.0),
                        Effect::Proceed | Effect::Finished => {}
                    }
                }
            }
            if let Some(outcome) = state.outcome() {
                self.handle.open_tasks.close_all(self.id);
                return self.end((state.status(), outcome.clone()), events, texts);
            }
            if state.is_runnable() {
                next = Next::Proceed;
                // Others get their turn.
                tokio::task::yield_now().await;
                continue;
            }
            if let Some(deadline) = state.next_deadline() {
                alarm.set(Timestamp(deadline.0), self.clock.now());
            }
            next = tokio::select! {
                ended = ends.recv() => {
                    let (task, end) = ended.expect("one sender is here");
                    Next::Ended(task, end)
                }
                () = alarm.ring() => Next::Proceed,
            };
        }
    }

    /// Nothing comes of an answer to a task that has ended.
    fn decide(
        &self,
        state: &Execution,
        next: &Next,
        last: Option<&HistoryEvent>,
        entropy: &mut Entropy,
    ) -> Option<states::Decision> {
        let input = match next {
            Next::Start(input) => Input::Start { input },
            Next::Proceed => Input::Proceed,
            Next::Ended(task, TaskEnd::Succeeded(output)) => Input::TaskSucceeded { task: *task, output },
            Next::Ended(task, TaskEnd::Failed { error, cause }) => {
                Input::TaskFailed { task: *task, error: Some(error), cause: Some(cause) }
            }
        };
        let arn = self.arn();
        let token = |task: TaskId, secret| TaskToken::new(self.id, task.0, secret).to_string();
        let surroundings = Surroundings {
            execution_arn: &arn,
            execution_name: &self.start.name,
            role_arn: &self.machine.role,
            machine_arn: &self.machine.arn,
            machine_name: &self.machine.name,
            region: self.machine.arn.split(':').nth(3).unwrap_or_default(),
            redriven_at: None,
            token: &token,
        };
        let now = states::Timestamp(self.clock.now().0);
        let times = Times { told_at: last.map_or(now, |last| last.at), at: now, now };
        let mut random = || entropy.next_u64();
        decide_late(&self.definition, state, input, &surroundings, times, &mut random).ok()
    }

    fn start_task(&self, state: &Execution, task: TaskId, done: mpsc::UnboundedSender<(TaskId, TaskEnd)>) {
        let Some(open) = state.task(&self.definition, task) else { return };
        let Work::Call { resource, input, .. } = open.work else {
            // Distributed maps are refused where the definition is read.
            return drop(done.send((task, failed("an express execution has no distributed map"))));
        };
        let call = TaskCall {
            execution: self.id,
            task: task.0,
            execution_arn: Text::from(self.arn()),
            machine: self.machine.arn.clone(),
            state: open.state.into(),
            work: TaskWork::Call { resource: resource.clone(), input: Text::from(input) },
            token: TaskToken::new(self.id, task.0, open.secret),
            deadline: open.deadline.map(|at| Timestamp(at.0)),
            trace_header: self.start.trace_header.as_deref().map(Text::from),
        };
        let (handle, id) = (self.handle.clone(), self.id);
        handle.open_tasks.open(id, task.0);
        tokio::spawn(async move {
            let end = handle.run_task(call).await;
            handle.open_tasks.close(id, task.0);
            // Nobody waits for it any more when the execution has ended.
            drop(done.send((task, end)));
        });
    }

    fn end(
        &self,
        (status, outcome): (Status, Outcome),
        events: Vec<HistoryEvent>,
        texts: BTreeMap<PayloadId, Arc<str>>,
    ) -> ExpressEnd {
        let output = match &outcome {
            Outcome::Output(output) => texts.get(output).map(|text| Text::from(&**text)),
            Outcome::Error(..) => None,
        };
        let stopped_at = events.last().map_or_else(|| self.clock.now(), |last| Timestamp(last.at.0));
        ExpressEnd {
            arn: self.arn(),
            start: self.start.clone(),
            machine: self.machine.clone(),
            status,
            outcome,
            output,
            stopped_at,
            events,
            texts,
        }
    }

    /// As an express execution's: `…:express:machine:name:uuid`.
    fn arn(&self) -> String {
        execution_arn(&self.machine, &self.start.name, self.id)
    }
}

fn seed(id: ExecutionId) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&id.0.to_be_bytes());
    seed
}
