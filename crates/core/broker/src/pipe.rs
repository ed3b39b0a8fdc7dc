//! Pipes: how a queue feeds a target, step by step, and what becomes of the messages meanwhile.

use std::collections::BTreeMap;

use crate::wire::wire_struct;
use crate::{
    AttemptId, ExecutionId, FunctionRef, MachineRef, MappingId, Outgoing, Publication, QueueName, QueuedInvocation,
    Seconds, Text, Timestamp, TopicName,
};

/// How many pipes there may be: AWS's quota.
pub const PIPES_MAX: usize = 1_000;
/// How many batches of one pipe are worked on at once: AWS's limit. Those that an execution holds do not count.
pub const PIPE_RUNS_MAX: u32 = 1_000;

/// Until when messages are hidden that belong to an attempt for as long as it goes on: the end of the year 9999.
pub const HELD: Timestamp = Timestamp(253_402_300_799_999);

/// How a queue feeds a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipe {
    /// 1 to 64 of `A-Z a-z 0-9 . - _`.
    pub name: Box<str>,
    /// The queue that is received from.
    pub queue: QueueName,
    /// Messages a batch: 1 to [`crate::MAPPING_BATCH_MESSAGES_MAX`]; of a FIFO queue at most 10.
    pub batch_size: u32,
    /// How long messages may be gathered, 0 to 300; zero for a FIFO queue.
    pub window: Seconds,
    /// A pipe that is not enabled receives nothing.
    pub enabled: bool,
    /// Whether messages belong to the execution that their batch started until it has ended.
    pub holds: bool,
    /// How many batches may be under way at once, those included that executions hold.
    pub concurrency_max: Option<u32>,
    /// What else a door keeps about it; the core does not look inside.
    pub details: Box<str>,
}

wire_struct!(Pipe { name, queue, batch_size, window, enabled, holds, concurrency_max, details });

/// What a batch has come to: the broker does it and ends the attempt in one step.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PipeAction {
    Send {
        queue: QueueName,
        messages: Vec<PipeEntry<Outgoing>>,
    },
    Publish {
        topic: TopicName,
        publications: Vec<PipeEntry<Publication>>,
        region: Box<str>,
    },
    /// For all messages that have not failed already, as the next one is.
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

/// What stands for some messages of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipeEntry<T> {
    /// Their places in the batch, by rising numbers.
    pub places: Vec<usize>,
    /// What is sent for them.
    pub content: T,
}

/// Attempts that end with an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeldAttempts {
    pub(crate) by_execution: BTreeMap<ExecutionId, AttemptId>,
    /// How many, by what feeds them; none is not there.
    of_feed: BTreeMap<MappingId, u32>,
}

impl HeldAttempts {
    pub(crate) fn of(&self, feed: MappingId) -> u32 {
        self.of_feed.get(&feed).copied().unwrap_or(0)
    }

    pub(crate) fn insert(&mut self, execution: ExecutionId, attempt: AttemptId, feed: MappingId) {
        if self.by_execution.insert(execution, attempt).is_none() {
            *self.of_feed.entry(feed).or_default() += 1;
        }
    }

    pub(crate) fn remove(&mut self, execution: ExecutionId, feed: MappingId) {
        if self.by_execution.remove(&execution).is_none() {
            return;
        }
        if let Some(count) = self.of_feed.get_mut(&feed) {
            *count -= 1;
            if *count == 0 {
                self.of_feed.remove(&feed);
            }
        }
    }
}
