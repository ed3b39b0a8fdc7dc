//! Facts: what happened, as the journal holds it. Outcomes only, so that tomorrow's rules cannot change yesterday.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::function::{Function, MappingDefinition, MappingId};
use crate::wire::{Malformed, Wire, wire_struct};
use crate::{
    AttemptId, MoveTaskDefinition, MoveTaskId, MoveTaskStatus, QueueAttributes, QueueId, QueueName, Redrive, Tag, Text,
    Timestamp,
};

mod earlier;

/// Where a fact lies in the journal. The core only keeps it and hands it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Rises with every fact.
    pub position: u64,
    /// Bytes of the encoded fact.
    pub length: u32,
}

/// A message's identity: a random UUID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId(pub u128);

/// The first 128 bits of the SHA-256 of a deduplication id and its scope, or of a receive request's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeduplicationKey(pub [u8; 16]);

impl DeduplicationKey {
    /// Of the parts, one after the other.
    pub fn of(parts: &[&[u8]]) -> DeduplicationKey {
        let digest = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        DeduplicationKey(key)
    }
}

/// What a consumer gets to see of a message, unchanged from send to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Assigned by the broker.
    pub message_id: MessageId,
    /// The body, as sent.
    pub body: Text,
    /// MD5 of the body: computed once, at the door.
    pub body_md5: [u8; 16],
    /// Message attributes as the door encodes them; the core does not look inside. Empty for none.
    pub attributes: Bytes,
    /// Who sent it.
    pub sender: Text,
    /// The message group.
    pub group: Option<Text>,
    /// The deduplication id, given or computed.
    pub deduplication_id: Option<Text>,
    /// The `AWSTraceHeader` system attribute.
    pub trace_header: Option<Text>,
}

/// That a send with this key, until then, is the same message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deduplication {
    /// Identifies id and scope.
    pub key: DeduplicationKey,
    /// When the queue forgets it.
    pub until: Timestamp,
}

/// A message that is written again so that the segment of its send can go: content and state in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// The queue it is in now.
    pub queue: QueueId,
    /// Its number there.
    pub sequence: u64,
    /// Unchanged since it was sent, but for the id that a move task may have given it.
    pub content: Content,
    /// When it was sent (standard) or last moved here (FIFO).
    pub sent_at: Timestamp,
    /// Zero if it was never received.
    pub first_received_at: Timestamp,
    /// Zero if it was never received.
    pub received_at: Timestamp,
    /// When it is visible (again).
    pub hidden_until: Timestamp,
    /// How often it was received.
    pub receive_count: u32,
    /// Whether it is in flight, not merely delayed, until then.
    pub in_flight: bool,
    /// The queue it was dead-lettered from.
    pub source: Option<QueueName>,
}

/// Writes an enum as a tag byte and the fields of the variant; reads what earlier versions wrote, too.
macro_rules! wire_enum {
    (
        $name:ident { $( $tag:literal => $variant:ident { $($field:ident),* } )* }
        and reads { $( $earlier_tag:literal => $earlier:path )* }
    ) => {
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $( $name::$variant { $($field),* } => { out.push($tag); $( $field.put(out); )* } )*
                }
            }

            fn take(from: &mut Bytes) -> Result<Self, Malformed> {
                match u8::take(from)? {
                    $( $tag => Ok($name::$variant { $( $field: Wire::take(from)? ),* }), )*
                    $( $earlier_tag => Ok(<$earlier>::take(from)?.into()), )*
                    _ => Err(Malformed("a kind of fact that this version does not know")),
                }
            }
        }
    };
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in the types they are made of")]
pub enum Fact {
    /// A queue exists from now on.
    QueueCreated { id: QueueId, name: QueueName, attributes: QueueAttributes, tags: Vec<Tag> },
    /// A queue has these attributes from now on. If `delay_from_send`, messages that are still delayed wait for the new
    /// delay, counted from when they were sent.
    QueueAttributesSet { id: QueueId, attributes: QueueAttributes, delay_from_send: bool },
    /// A queue has these tags from now on, and no others.
    QueueTagged { id: QueueId, tags: Vec<Tag> },
    /// All messages of a queue are gone, and what it remembered of deduplication ids and receives.
    QueuePurged { id: QueueId },
    /// A queue and all its messages are gone.
    QueueDeleted { id: QueueId },
    /// A message is in the queue, receivable from `visible_at` on.
    Sent {
        queue: QueueId,
        sequence: u64,
        content: Content,
        visible_at: Timestamp,
        deduplication: Option<Deduplication>,
    },
    /// Messages were handed out; to a function if `attempt` says so.
    Received { queue: QueueId, sequences: Vec<u64>, hidden_until: Timestamp, attempt: Option<(AttemptId, MappingId)> },
    /// Messages of a FIFO queue were handed out, for the so-manieth time each, to a receive that may be asked for again.
    ReceivedByRequest {
        queue: QueueId,
        messages: Vec<(u64, u32)>,
        hidden_until: Timestamp,
        request: DeduplicationKey,
        until: Timestamp,
    },
    /// Such a receive was asked for again: its messages are hidden anew.
    ReceiveRepeated { queue: QueueId, sequences: Vec<u64>, hidden_until: Timestamp, request: DeduplicationKey },
    /// Messages are gone, because a consumer said so.
    Deleted { queue: QueueId, sequences: Vec<u64> },
    /// A message is hidden until then; a time that has passed makes it visible.
    VisibilityChanged { queue: QueueId, sequence: u64, hidden_until: Timestamp },
    /// A message was received too often and is now in the dead-letter queue `to`.
    ///
    /// Names its source, because the source's own record may be gone from the journal when this is replayed.
    DeadLettered { from: QueueId, source: QueueName, sequence: u64, to: QueueId, new_sequence: u64, sent_at: Timestamp },
    /// A function is defined, or defined anew.
    FunctionDefined { function: Function },
    /// A function is gone.
    FunctionDeleted { name: Box<str> },
    /// A queue feeds a function.
    MappingDefined { id: MappingId, definition: MappingDefinition },
    /// A queue no longer feeds a function.
    MappingDeleted { id: MappingId },
    /// A function's try is over: the messages it worked off are gone; those of a lost try are visible again.
    AttemptEnded { attempt: AttemptId, deleted: Vec<u64>, released: Vec<u64> },
    /// A task begins to move messages out of a queue.
    MoveTaskStarted { source: QueueId, task: MoveTaskId, definition: MoveTaskDefinition, next_step_at: Timestamp },
    /// A task moved messages: they are new in the queue `to`, but for their content.
    Redriven {
        task: MoveTaskId,
        from: QueueId,
        to: QueueId,
        visible_at: Timestamp,
        next_step_at: Timestamp,
        moves: Vec<Redrive>,
    },
    /// A task moves nothing any more.
    MoveTaskEnded { source: QueueId, task: MoveTaskId, status: MoveTaskStatus },
    /// Kept by cleaning: a queue as it is now.
    QueueKept {
        id: QueueId,
        name: QueueName,
        attributes: QueueAttributes,
        tags: Vec<Tag>,
        created_at: Timestamp,
        modified_at: Timestamp,
        purged_at: Timestamp,
        next_sequence: u64,
    },
    /// Kept by cleaning: a message as it is now.
    MessageKept { message: KeptMessage },
    /// Kept by cleaning: a deduplication id that must still be remembered.
    DeduplicationKept { queue: QueueId, deduplication: Deduplication, message_id: MessageId, sequence: u64 },
    /// Kept by cleaning: a function's try that is still going on.
    AttemptKept { attempt: AttemptId, mapping: MappingId, queue: QueueId, messages: Vec<(u64, u32)> },
    /// Kept by cleaning: a move task as it is now.
    MoveTaskKept {
        source: QueueId,
        task: MoveTaskId,
        definition: MoveTaskDefinition,
        status: MoveTaskStatus,
        moved: u64,
        started_at: Timestamp,
        next_step_at: Timestamp,
    },
    /// Kept by cleaning: a receive that may be asked for again.
    ReceiveRequestKept {
        queue: QueueId,
        request: DeduplicationKey,
        messages: Vec<(u64, u32)>,
        hidden_until: Timestamp,
        until: Timestamp,
    },
}

wire_enum!(Fact {
    2 => QueueDeleted { id }
    3 => Sent { queue, sequence, content, visible_at, deduplication }
    4 => Received { queue, sequences, hidden_until, attempt }
    5 => Deleted { queue, sequences }
    6 => VisibilityChanged { queue, sequence, hidden_until }
    7 => DeadLettered { from, source, sequence, to, new_sequence, sent_at }
    8 => FunctionDefined { function }
    9 => FunctionDeleted { name }
    10 => MappingDefined { id, definition }
    11 => MappingDeleted { id }
    12 => AttemptEnded { attempt, deleted, released }
    13 => QueueCreated { id, name, attributes, tags }
    14 => QueueAttributesSet { id, attributes, delay_from_send }
    15 => QueueTagged { id, tags }
    16 => QueuePurged { id }
    17 => ReceivedByRequest { queue, messages, hidden_until, request, until }
    18 => ReceiveRepeated { queue, sequences, hidden_until, request }
    19 => MoveTaskStarted { source, task, definition, next_step_at }
    20 => Redriven { task, from, to, visible_at, next_step_at, moves }
    21 => MoveTaskEnded { source, task, status }
    33 => MessageKept { message }
    34 => DeduplicationKept { queue, deduplication, message_id, sequence }
    35 => AttemptKept { attempt, mapping, queue, messages }
    36 => QueueKept { id, name, attributes, tags, created_at, modified_at, purged_at, next_sequence }
    37 => ReceiveRequestKept { queue, request, messages, hidden_until, until }
    39 => MoveTaskKept { source, task, definition, status, moved, started_at, next_step_at }
} and reads {
    1 => earlier::QueueCreated
    32 => earlier::QueueKept
});

wire_struct!(MessageId(u128));
wire_struct!(DeduplicationKey([u8; 16]));
wire_struct!(Deduplication { key, until });
wire_struct!(Content { message_id, body, body_md5, attributes, sender, group, deduplication_id, trace_header });
wire_struct!(KeptMessage {
    queue,
    sequence,
    content,
    sent_at,
    first_received_at,
    received_at,
    hidden_until,
    receive_count,
    in_flight,
    source,
});

/// A fact with its time and place: what the journal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When it happened; never falls from one fact to the next.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

wire_struct!(Recorded { at, fact });

impl Recorded {
    /// Appends the bytes of `fact`, which happened `at`.
    pub fn encode(at: Timestamp, fact: &Fact, out: &mut Vec<u8>) {
        at.put(out);
        fact.put(out);
    }

    /// Reads one record, which must be used up entirely. Text and bodies are slices of `bytes`.
    pub fn decode(mut bytes: Bytes) -> Result<Recorded, Malformed> {
        let recorded = Recorded::take(&mut bytes)?;
        if bytes.is_empty() { Ok(recorded) } else { Err(Malformed("bytes left over")) }
    }

    /// The content of a message whose fact this is.
    pub fn into_content(self) -> Option<Content> {
        match self.fact {
            Fact::Sent { content, .. } => Some(content),
            Fact::MessageKept { message } => Some(message.content),
            _ => None,
        }
    }
}

#[cfg(test)]
mod any;
#[cfg(test)]
mod tests;
