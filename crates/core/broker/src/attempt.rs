//! Attempts: one try of a function at a batch of messages, from hand-out to outcome.

use crate::wire::wire_struct;
use crate::{MappingId, Place, QueueId};

/// An attempt's number: random, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId(pub u64);

wire_struct!(AttemptId(u64));

/// A try that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The mapping it belongs to.
    pub mapping: MappingId,
    /// Where its messages come from.
    pub queue: QueueId,
    /// Sequence number and receive count of each message, as handed out.
    pub messages: Vec<(u64, u32)>,
    pub(crate) place: Place,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Everything was worked off.
    Succeeded,
    /// Nothing was: the messages come back when their visibility timeout ends.
    Failed,
    /// The messages at these places of the batch were not worked off, all others were.
    PartlyFailed(Vec<usize>),
    /// The process that ran it is gone without a word: the messages come back at once.
    Lost,
}
