//! Mappings: how a queue feeds a function.

use crate::wire::wire_struct;
use crate::{FunctionRef, QueueName, Seconds};

/// Most messages an invocation, where messages are gathered for a while.
pub const MAPPING_BATCH_MESSAGES_MAX: u32 = 10_000;

/// A mapping's number: random, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MappingId(pub u64);

wire_struct!(MappingId(u64));

/// How a queue feeds a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingDefinition {
    /// The queue that is received from.
    pub queue: QueueName,
    /// The function that is invoked.
    pub function: FunctionRef,
    /// Messages an invocation: 1 to [`MAPPING_BATCH_MESSAGES_MAX`]; of a FIFO queue at most 10.
    pub batch_size: u32,
    /// How long messages may be gathered before an invocation, 0 to 300; zero for a FIFO queue.
    pub window: Seconds,
    /// Whether the function's answer says which messages failed.
    pub report_batch_item_failures: bool,
    /// How many invocations of this mapping may run at once; the function's own limit holds besides.
    pub concurrency_max: Option<u32>,
    /// A mapping that is not enabled receives nothing.
    pub enabled: bool,
    /// Patterns of messages that the function gets; what matches none of them is deleted. Empty for all messages.
    pub filters: Vec<Box<str>>,
    /// What else a door keeps about it; the core does not look inside.
    pub details: Box<str>,
}

wire_struct!(MappingDefinition {
    queue,
    function,
    batch_size,
    window,
    report_batch_item_failures,
    concurrency_max,
    enabled,
    filters,
    details,
});

/// A mapping and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its number.
    pub id: MappingId,
    /// What it says.
    pub definition: MappingDefinition,
}
