//! Decides what happens to queues, messages, functions and their mappings: a pure state machine.
//!
//! [`Broker::decide`] reads the state and answers a [`Command`] with facts, a reply and effects; [`Broker::apply`]
//! changes the state by one fact and cannot fail; [`Broker::advance`] lets time pass. Nothing here reads a clock,
//! draws randomness, waits or does I/O: replaying the same facts always builds the same state.
//!
//! Reading order: `command` and `fact` (what goes in, what comes out), `broker` (the state), then `decide/` (a file
//! a decision) and `queue/` (what a queue is made of).

mod attempt;
mod broker;
mod command;
mod decide;
mod entropy;
mod fact;
mod function;
mod keep;
mod move_task;
mod queue;
mod rejection;
mod text;
mod time;
mod wire;

pub use attempt::{Attempt, AttemptId, AttemptOutcome};
pub use broker::Broker;
pub use command::{
    Command, Decision, Delivery, Effect, Inventory, Invocation, Outgoing, QueueDescription, Reply, SendOrigin, Sent,
    VisibilityChange,
};
pub use entropy::Entropy;
pub use fact::{Content, Deduplication, DeduplicationKey, Fact, KeptMessage, MessageId, Place, Recorded};
pub use function::{Function, Mapping, MappingDefinition, MappingId};
pub use move_task::{MoveTaskDefinition, MoveTaskDescription, MoveTaskFailure, MoveTaskId, MoveTaskStatus, Redrive};
pub use queue::attributes::{AttributesGiven, QueueAttributes, RedrivePolicy};
pub use queue::name::{Account, QueueId, QueueName};
pub use queue::receipt::ReceiptHandle;
pub use rejection::Rejection;
pub use text::Text;
pub use time::{Seconds, Timestamp};
pub use wire::Malformed;

/// How many messages one receive, one batch or one function invocation may carry.
pub const BATCH_MESSAGES_MAX: usize = 10;
/// How long a FIFO queue remembers a deduplication id, from the first accepted send.
pub const DEDUPLICATION_INTERVAL: Seconds = Seconds(300);
/// How long a message may stay in flight, counted from its receive.
pub const VISIBILITY_TIMEOUT_MAX: Seconds = Seconds(43_200);
/// How many messages of one queue may be in flight at once.
pub const IN_FLIGHT_MAX: usize = 120_000;

#[cfg(test)]
mod scenario;
