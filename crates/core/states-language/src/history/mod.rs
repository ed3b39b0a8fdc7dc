//! The history of an execution: typed events, as `GetExecutionHistory` reports them.

mod describe;

use std::sync::Arc;

use bytes::Bytes;

use crate::Timestamp;
use crate::definition::StateType;
use crate::payload::PayloadId;
use crate::wire::{Malformed, Wire, wire_enum, wire_struct};

wire_struct! {
    /// One entry of a history.
    #[derive(Clone, Debug, PartialEq)]
    pub struct HistoryEvent {
        /// From 1, without gaps.
        pub id: u32,
        /// The event that led to it; 0 for none.
        pub previous: u32,
        /// When it happened.
        pub at: Timestamp,
        /// What happened.
        pub event: Event,
    }
}

wire_struct! {
    /// What a service task calls, as events name it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Callee {
        /// `sqs`, `lambda`, `aws-sdk:sfn`.
        pub kind: Arc<str>,
        /// `sendMessage.waitForTaskToken`.
        pub name: Arc<str>,
    }
}

wire_struct! {
    /// An error as events have it.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Problem {
        /// Its name.
        pub error: Option<Arc<str>>,
        /// Why.
        pub cause: Option<Arc<str>>,
    }
}

wire_struct! {
    /// What was asked of a task.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Scheduled {
        /// Its input or parameters.
        pub input: PayloadId,
        /// `TimeoutSeconds`, if given.
        pub timeout: Option<u32>,
        /// `HeartbeatSeconds`, if given.
        pub heartbeat: Option<u32>,
        /// `Credentials.RoleArn`, if given.
        pub role: Option<Arc<str>>,
    }
}

wire_enum! {
    /// What happened. Texts are named by number.
    #[derive(Clone, Debug, PartialEq)]
    pub enum Event {
        /// The execution began, with that input and role.
        0 => ExecutionStarted(input: PayloadId, role: Arc<str>),
        /// It ended well.
        1 => ExecutionSucceeded(output: PayloadId),
        /// It ended with an error.
        2 => ExecutionFailed(problem: Problem),
        /// It ran longer than it may.
        3 => ExecutionTimedOut(problem: Problem),
        /// It was stopped.
        4 => ExecutionAborted(problem: Problem),
        /// It goes on where it failed; how often that was done.
        5 => ExecutionRedriven(count: u32),
        /// A state was entered.
        6 => StateEntered(kind: StateType, name: Arc<str>, input: PayloadId),
        /// A state was left, with its output and the variables that it set.
        7 => StateExited(kind: StateType, name: Arc<str>, output: PayloadId, assigned: Vec<(Arc<str>, PayloadId)>),
        /// A state was given up because of something else.
        8 => StateAborted(kind: StateType),
        /// A function is to be called.
        9 => LambdaFunctionScheduled(resource: Arc<str>, scheduled: Scheduled),
        /// It runs.
        10 => LambdaFunctionStarted,
        /// It gave a result.
        11 => LambdaFunctionSucceeded(output: PayloadId),
        /// It failed.
        12 => LambdaFunctionFailed(problem: Problem),
        /// It took too long.
        13 => LambdaFunctionTimedOut(problem: Problem),
        /// A service is to be called, in that region.
        14 => TaskScheduled(callee: Callee, scheduled: Scheduled, region: Arc<str>),
        /// It is called.
        15 => TaskStarted(callee: Callee),
        /// The request was accepted; the result comes later.
        16 => TaskSubmitted(callee: Callee, output: PayloadId),
        /// It gave a result.
        17 => TaskSucceeded(callee: Callee, output: PayloadId),
        /// It failed.
        18 => TaskFailed(callee: Callee, problem: Problem),
        /// It took too long.
        19 => TaskTimedOut(callee: Callee, problem: Problem),
        /// An activity waits for a worker.
        20 => ActivityScheduled(resource: Arc<str>, scheduled: Scheduled),
        /// A worker took it.
        21 => ActivityStarted(worker: Option<Arc<str>>),
        /// The worker gave a result.
        22 => ActivitySucceeded(output: PayloadId),
        /// The worker failed.
        23 => ActivityFailed(problem: Problem),
        /// The worker took too long.
        24 => ActivityTimedOut(problem: Problem),
        /// Branches begin.
        25 => ParallelStateStarted,
        /// All branches have ended well.
        26 => ParallelStateSucceeded,
        /// A branch failed.
        27 => ParallelStateFailed,
        /// Iterations begin, so many.
        28 => MapStateStarted(length: u32),
        /// All iterations have ended well.
        29 => MapStateSucceeded,
        /// An iteration failed, or the items were none.
        30 => MapStateFailed,
        /// An iteration began.
        31 => MapIterationStarted(name: Arc<str>, index: u32),
        /// An iteration ended well.
        32 => MapIterationSucceeded(name: Arc<str>, index: u32),
        /// An iteration failed.
        33 => MapIterationFailed(name: Arc<str>, index: u32),
        /// An iteration was given up.
        34 => MapIterationAborted(name: Arc<str>, index: u32),
        /// A distributed Map began.
        35 => MapRunStarted(arn: Arc<str>),
        /// It ended well.
        36 => MapRunSucceeded,
        /// It failed.
        37 => MapRunFailed(problem: Problem),
        /// It was given up.
        38 => MapRunAborted,
        /// It goes on where it failed; how often that was done.
        39 => MapRunRedriven(arn: Arc<str>, count: u32),
        /// An expression could not be evaluated: the field and the state.
        40 => EvaluationFailed(problem: Problem, location: Arc<str>, state: Arc<str>),
    }
}

impl HistoryEvent {
    /// The event as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out);
        out
    }

    /// The event from its bytes.
    pub fn decode(mut bytes: Bytes) -> Result<HistoryEvent, Malformed> {
        HistoryEvent::take(&mut bytes)
    }
}
