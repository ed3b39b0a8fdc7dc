//! What the doors and the runtime ask of workflows, and what they are told.

use std::sync::Arc;

use bongsu_states_language::{MapRun, MapRunChange, ReaderInput, Resource, Status};

use super::{Activity, ExecutionId, ExecutionStart, MachineAlias, MachineRef, MachineVersion, StateMachine};
use crate::{
    FunctionRef, Outgoing, Place, Publication, QueueName, QueuedInvocation, TaskToken, Text, Timestamp, TopicName,
};

/// One request about workflows.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "fields are named as in the operations they come from")]
pub enum WorkflowCommand {
    /// Makes a machine; the same again is the one that is there. With `publish` its first version, too.
    CreateMachine { machine: StateMachine, publish: Option<Box<str>> },
    /// Changes what is given of a machine. With `publish` its next version, too.
    UpdateMachine {
        name: Box<str>,
        definition: Option<Text>,
        role: Option<Box<str>>,
        details: Option<Box<str>>,
        publish: Option<Box<str>>,
    },
    /// Deletes a machine; one that is not there does not matter.
    DeleteMachine { name: Box<str> },
    /// Tells everything about a machine, or about the version that is meant.
    DescribeMachine { machine: MachineRef },
    /// Lists machines that come after `after`, at most `max`.
    ListMachines { after: Option<Box<str>>, max: usize },
    /// Publishes the newest revision, if it is this one; a revision that has a version already gets no other.
    PublishMachineVersion { name: Box<str>, revision: Option<u128>, description: Box<str> },
    /// Deletes a version that no alias names.
    DeleteMachineVersion { name: Box<str>, number: u32 },
    /// Lists a machine's versions below `before`, at most `max`, the newest first.
    ListMachineVersions { name: Box<str>, before: Option<u32>, max: usize },
    /// Makes an alias, or with `replace` changes one that is there.
    PutMachineAlias { machine: Box<str>, alias: MachineAlias, replace: bool },
    /// Deletes an alias.
    DeleteMachineAlias { machine: Box<str>, alias: Box<str> },
    /// Lists a machine's aliases after `after`, at most `max`.
    ListMachineAliases { machine: Box<str>, after: Option<Box<str>>, max: usize },
    /// Makes an activity, or finds it.
    CreateActivity { name: Box<str> },
    /// Deletes an activity; one that is not there does not matter.
    DeleteActivity { name: Box<str> },
    /// Tells about an activity.
    DescribeActivity { name: Box<str> },
    /// Lists activities that come after `after`, at most `max`.
    ListActivities { after: Option<Box<str>>, max: usize },
    /// Begins an execution; a name is given to one that has none. While it runs, the same again is the same execution.
    StartExecution { machine: MachineRef, name: Option<Box<str>>, input: Text, trace_header: Option<Text> },
    /// Begins an express execution that somebody waits for: nothing of it is kept.
    BeginExpress { machine: MachineRef, name: Option<Box<str>>, input: Text, trace_header: Option<Text> },
    /// Has an execution go on.
    Step { id: ExecutionId, input: ExecutionInput },
    /// Does what a task asks of the broker itself, and ends the task, in one step; that of an express execution ends
    /// elsewhere.
    CarryOut { task: Option<(ExecutionId, u64)>, action: TaskAction },
    /// Says how a task ended, or that it goes on, by its token.
    AnswerTask { token: TaskToken, answer: TaskAnswer },
    /// Ends an execution that has not ended.
    StopExecution { id: ExecutionId, error: Option<Text>, cause: Option<Text> },
    /// Takes an execution up again that failed, was stopped or ran out of time.
    RedriveExecution { id: ExecutionId },
    /// Tells about an execution by its name.
    FindExecution { machine: Box<str>, name: Box<str> },
    /// Tells about an execution.
    DescribeExecution { id: ExecutionId },
    /// Lists executions, the newest first, at most `max`, beginning behind `after`.
    ListExecutions {
        machine: Box<str>,
        status: Option<Status>,
        redriven: Option<bool>,
        after: Option<(Timestamp, ExecutionId)>,
        max: usize,
    },
    /// Tells about a run of a distributed map.
    DescribeMapRun { id: u128 },
    /// Tells about the run, one of whose children has an execution of this name.
    FindMapChild { name: u128 },
    /// Lists the runs of an execution, in the order in which they began, at most `max`, after `after`.
    ListMapRuns { id: ExecutionId, after: Option<(Timestamp, u128)>, max: usize },
    /// Changes a run that goes on.
    ChangeMapRun { id: u128, change: MapRunChange },
    /// An express execution has ended.
    EndExpress { id: ExecutionId, succeeded: bool },
}

impl WorkflowCommand {
    /// Whether it changes nothing.
    pub fn only_looks(&self) -> bool {
        matches!(
            self,
            WorkflowCommand::DescribeMachine { .. }
                | WorkflowCommand::ListMachines { .. }
                | WorkflowCommand::ListMachineVersions { .. }
                | WorkflowCommand::ListMachineAliases { .. }
                | WorkflowCommand::DescribeActivity { .. }
                | WorkflowCommand::ListActivities { .. }
                | WorkflowCommand::FindExecution { .. }
                | WorkflowCommand::DescribeExecution { .. }
                | WorkflowCommand::ListExecutions { .. }
                | WorkflowCommand::DescribeMapRun { .. }
                | WorkflowCommand::FindMapChild { .. }
                | WorkflowCommand::ListMapRuns { .. }
                | WorkflowCommand::BeginExpress { .. }
        )
    }

    /// Whether something ends by it, or goes on that had begun before.
    pub fn lets_go(&self) -> bool {
        matches!(
            self,
            WorkflowCommand::DeleteMachine { .. }
                | WorkflowCommand::DeleteMachineVersion { .. }
                | WorkflowCommand::DeleteMachineAlias { .. }
                | WorkflowCommand::DeleteActivity { .. }
                | WorkflowCommand::Step { .. }
                | WorkflowCommand::AnswerTask { .. }
                | WorkflowCommand::StopExecution { .. }
                | WorkflowCommand::EndExpress { .. }
        )
    }
}

/// What makes an execution go on.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as the states language names them")]
pub enum ExecutionInput {
    /// Its time has come, or it stopped in order to let others have their turn.
    Proceed,
    /// A worker took a task.
    TaskStarted {
        task: u64,
        worker: Option<Text>,
    },
    /// The request of a task that waits was accepted.
    TaskSubmitted {
        task: u64,
        output: Text,
    },
    TaskSucceeded {
        task: u64,
        output: Text,
    },
    TaskFailed {
        task: u64,
        error: Option<Text>,
        cause: Option<Text>,
    },
}

/// What who holds a task's token says.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as the operations name them")]
pub enum TaskAnswer {
    Success { output: Text },
    Failure { error: Option<Text>, cause: Option<Text> },
    Heartbeat,
}

/// What a task asks of the broker itself.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TaskAction {
    Send {
        queue: QueueName,
        message: Outgoing,
    },
    Publish {
        topic: TopicName,
        publication: Publication,
        region: Box<str>,
    },
    /// Queues an event for a function, and does not wait for it.
    QueueEvent {
        function: FunctionRef,
        event: QueuedInvocation,
    },
    StartExecution {
        machine: MachineRef,
        name: Option<Box<str>>,
        input: Text,
        trace_header: Option<Text>,
    },
}

/// The answer to a workflow's command.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkflowReply {
    /// Of one machine, as of the revision that was asked for.
    Machine(Box<MachineDescription>),
    /// In order.
    Machines(Vec<Arc<StateMachine>>),
    /// `PublishMachineVersion`.
    Version(Box<MachineVersion>),
    /// The newest first.
    Versions(Vec<MachineVersion>),
    /// `PutMachineAlias`, and what describes one.
    Alias(MachineAlias),
    /// In order.
    Aliases(Vec<MachineAlias>),
    /// One.
    Activity(Activity),
    /// In order.
    Activities(Vec<Activity>),
    /// `StartExecution`.
    Started(Box<StartedExecution>),
    /// One.
    Execution(Box<ExecutionDescription>),
    /// The newest first.
    Executions(Vec<ExecutionSummary>),
    /// One run of a distributed map, with its execution.
    MapRun(Box<MapRunDescription>),
    /// In the order in which they began.
    MapRuns(Vec<MapRunSummary>),
    /// `StopExecution` and `RedriveExecution`: when.
    At(Timestamp),
    /// `CarryOut`: what the task gets, as JSON, or why it could not be done; then the task is still open.
    CarriedOut(Result<Text, Box<crate::Rejection>>),
}

/// Everything about a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineDescription {
    /// The revision that was asked for.
    pub machine: Arc<StateMachine>,
    /// The version, if that was asked for or just published.
    pub version: Option<u32>,
    /// What the publisher of the version said.
    pub description: Option<Box<str>>,
    /// The alias, if that was asked for.
    pub alias: Option<MachineAlias>,
}

/// An execution that has begun, or that was there.
#[derive(Clone, Debug, PartialEq)]
pub struct StartedExecution {
    /// Its identity.
    pub id: ExecutionId,
    /// What was said about it.
    pub start: ExecutionStart,
    /// By what it runs.
    pub machine: Arc<StateMachine>,
}

/// An execution in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// Its identity.
    pub id: ExecutionId,
    /// What was said about it.
    pub start: ExecutionStart,
    /// How it stands.
    pub status: Status,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
    /// How often it was taken up again.
    pub redrives: u32,
    /// When it last was.
    pub redriven_at: Option<Timestamp>,
}

/// Everything about an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionDescription {
    /// As in lists.
    pub summary: ExecutionSummary,
    /// By what it runs; absent only if that was lost.
    pub machine: Option<Arc<StateMachine>>,
    /// Where its steps lie, with all of its events and their texts.
    pub steps: Vec<StepPlace>,
    /// The number of its last event.
    pub events: u32,
    /// The number of its output's text.
    pub output: Option<u32>,
}

/// A run of a distributed map, in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRunSummary {
    /// How it stands.
    pub run: MapRun,
    /// How often it was taken up again.
    pub redrives: u32,
    /// When it last was.
    pub redriven_at: Option<Timestamp>,
}

/// A run of a distributed map, with the execution that it is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRunDescription {
    /// As in lists.
    pub summary: MapRunSummary,
    /// Whose.
    pub execution: ExecutionDescription,
}

/// Where a step lies, and what begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepPlace {
    /// In the journal.
    pub place: Place,
    /// The number of its first text.
    pub first_payload: u32,
    /// The number of its first event.
    pub first_event: u32,
}

/// A task that is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskCall {
    /// Whose.
    pub execution: ExecutionId,
    /// Which of it.
    pub task: u64,
    /// The ARN of the execution, for who is to know.
    pub execution_arn: Text,
    /// The ARN of the machine.
    pub machine: Box<str>,
    /// The state that asks; empty for one that is tried on its own.
    pub state: Box<str>,
    /// What is to be done.
    pub work: TaskWork,
    /// Its token.
    pub token: TaskToken,
    /// When nobody waits for it any more.
    pub deadline: Option<Timestamp>,
    /// An X-Ray trace header.
    pub trace_header: Option<Text>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskWork {
    /// Call this with that.
    Call {
        /// What.
        resource: Resource,
        /// JSON.
        input: Text,
    },
    /// Read the items of a distributed map.
    ReadItems {
        /// Which, and how they are written.
        items: ReaderInput,
        /// JSON.
        parameters: Text,
    },
    /// Write the results of a distributed map.
    WriteResults {
        /// JSON.
        parameters: Text,
        /// JSON.
        results: Text,
        /// The map run's id.
        map_run: u128,
    },
}
