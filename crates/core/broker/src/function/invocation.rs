//! Asynchronous invocations: events that are kept until a function has had them, and what becomes of each.

use std::sync::Arc;

use crate::wire::wire_struct;
use crate::{Destination, Function, FunctionRef, PendingDelivery, Place, Text};

/// An event on its way to a function, unchanged from when it was taken to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedInvocation {
    /// The version or alias that was asked for.
    pub qualifier: Option<Box<str>>,
    /// A UUID: the same at every attempt.
    pub request_id: u128,
    /// JSON.
    pub payload: Text,
    /// An X-Ray trace header.
    pub trace_header: Option<Text>,
}

wire_struct!(QueuedInvocation { qualifier, request_id, payload, trace_header });

/// An event whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub struct DueInvocation {
    /// The function, as it was asked for.
    pub function: FunctionRef,
    /// Its number among the function's events; to be named when the attempt has ended.
    pub sequence: u64,
    /// Where the event lies.
    pub place: Place,
    /// How it stands.
    pub pending: PendingDelivery,
    /// What is to be done with it.
    pub step: InvocationStep,
}

/// What is to be done with an event.
#[derive(Clone, Debug, PartialEq)]
pub enum InvocationStep {
    /// Run this, then answer with `EndInvocation`.
    Run(Arc<Function>),
    /// Answer with `ConcludeInvocation`: it is not run any more.
    Conclude(Conclusion),
}

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationOutcome {
    /// The function returned.
    Succeeded,
    /// It did not.
    Failed,
    /// It could not be run, which is no fault of the event.
    NotRun,
}

/// What becomes of an event after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationEnd {
    /// Nothing more.
    Done,
    /// There will be another attempt.
    Again,
    /// Somebody is to be told: answer with `ConcludeInvocation`.
    Conclude(Conclusion),
    /// It had ended before: its function is gone.
    Unknown,
}

/// How an event ended for good, and who is to hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// How.
    pub condition: InvocationCondition,
    /// How often the function was run.
    pub attempts: u32,
    /// Where a record of it goes.
    pub destination: Option<Destination>,
    /// Where the event itself goes.
    pub dead_letters: Option<Destination>,
}

/// How an event ended for good, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationCondition {
    /// The function returned.
    Success,
    /// Every attempt failed.
    RetriesExhausted,
    /// It became too old.
    EventAgeExceeded,
    /// The function may not run at all.
    ZeroReservedConcurrency,
}

impl InvocationCondition {
    /// As records spell it.
    pub fn name(self) -> &'static str {
        match self {
            InvocationCondition::Success => "Success",
            InvocationCondition::RetriesExhausted => "RetriesExhausted",
            InvocationCondition::EventAgeExceeded => "EventAgeExceeded",
            InvocationCondition::ZeroReservedConcurrency => "ZeroReservedConcurrency",
        }
    }
}
