//! How the runtime has functions run, without knowing how that is done.

use std::sync::Arc;

use bongsu_broker::{
    AttemptOutcome, Conclusion, Destination, Function, FunctionRef, InvocationRecord, Mapping, MappingDefinition,
    QueuedInvocation, Timestamp,
};
use bongsu_journal::BoxFuture;
use bytes::Bytes;

use crate::{Handle, Received};

/// One batch of messages for one invocation of a function.
pub struct Batch {
    /// What to run.
    pub function: Arc<Function>,
    /// Why: where the messages come from, which of them the function gets, and whether its answer says which failed.
    pub mapping: Arc<Mapping>,
    /// The messages, in the order of the queue.
    pub messages: Vec<Received>,
    /// For runs that have to be admitted.
    pub broker: Handle,
}

/// One event for a function, which nobody waits for.
pub struct Event {
    /// What to run.
    pub function: Arc<Function>,
    /// How it was asked for.
    pub invoked: FunctionRef,
    /// The event.
    pub invocation: QueuedInvocation,
    /// When it was taken.
    pub queued_at: Timestamp,
}

/// How a function ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventEnd {
    /// With this answer.
    Returned(Bytes),
    /// With the JSON of its error.
    Failed(Bytes),
    /// It could not be run, which is no fault of the event.
    NotRun,
}

/// An event that has ended for good, of which somebody is to be told.
pub struct Concluded {
    /// How the function was asked for.
    pub function: FunctionRef,
    /// The event.
    pub invocation: QueuedInvocation,
    /// When it was taken.
    pub queued_at: Timestamp,
    /// How it ended, and who is to be told.
    pub conclusion: Conclusion,
    /// What the last attempt ran and how that ended, if it was just made.
    pub end: Option<(Arc<Function>, EventEnd)>,
}

/// Runs functions. A door implements it.
pub trait FunctionRunner: Send + Sync + 'static {
    /// Runs the function once; always ends, at the latest by the function's timeout.
    fn run(&self, batch: Batch) -> BoxFuture<'static, AttemptOutcome>;

    /// Whether runs for a mapping wait until a limit lets them begin.
    fn is_limited(&self, _: &MappingDefinition) -> bool {
        false
    }

    /// Runs the function once for an event; always ends.
    fn run_event(&self, event: Event) -> BoxFuture<'static, EventEnd>;

    /// Writes what is told of an event that has ended, for each of its destinations: of the kind that it takes.
    fn records(&self, concluded: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>>;
}

/// Where there are no functions: every attempt fails.
pub struct NoFunctions;

impl FunctionRunner for NoFunctions {
    fn run(&self, _: Batch) -> BoxFuture<'static, AttemptOutcome> {
        Box::pin(std::future::ready(AttemptOutcome::Failed))
    }

    fn run_event(&self, _: Event) -> BoxFuture<'static, EventEnd> {
        Box::pin(std::future::ready(EventEnd::NotRun))
    }

    fn records(&self, _: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>> {
        Box::pin(std::future::ready(Vec::new()))
    }
}
