//! Facts: what happened, as the journal holds it. Outcomes only, so that tomorrow's rules cannot change yesterday.

use bongsu_rate_limit::Bucket;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::wire::{Malformed, Wire, wire_struct};
use crate::{
    Alias, AttemptId, Copy, CopyForm, EntryKey, ExecutionId, ExecutionStart, FaultKind, Function, FunctionRef,
    InvokeConfig, KeptCopy, LimitKey, MappingDefinition, MappingId, MoveTaskDefinition, MoveTaskId, MoveTaskStatus,
    Notification, ObjectFact, PendingDelivery, Pipe, Question, QueueAttributes, QueueId, QueueName, QueuedInvocation,
    RecordedStep, Redrive, Replay, ScheduleAttempt, ScheduleDefinition, SubscriptionDefinition, SubscriptionId, Tag,
    Text, Timestamp, TopicDefinition, TopicId, WorkflowFact,
};

mod earlier;

/// Where a fact lies in the journal. The core only keeps it and hands it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Rises with every fact.
    pub position: u64,
    /// Bytes of the encoded fact.
    pub length: u32,
    /// Which of the copies that the fact tells of; zero for a fact about one message.
    pub part: u32,
}

impl Place {
    /// The place of one of the copies that the fact here tells of.
    pub(crate) fn part(self, index: usize) -> Place {
        Place { part: u32::try_from(index).expect("a fact has fewer copies"), ..self }
    }

    /// What only one message has: the record's position and the part of it.
    pub(crate) fn key(self) -> (u64, u32) {
        (self.position, self.part)
    }
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

/// How a message stands in a queue: everything but what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptState {
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

/// A message that is written again so that the segment of its send can go: content and state in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// The queue it is in now.
    pub queue: QueueId,
    /// Its number there.
    pub sequence: u64,
    /// Unchanged since it was sent, but for the id that a move task may have given it.
    pub content: Content,
    /// How it stands.
    pub state: KeptState,
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

pub(crate) use wire_enum;

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
    /// Messages were handed out. Earlier versions also said so of a function's, in `attempt`.
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
    /// The latest version of a function is like this from now on; so many invocations are reserved for all versions, and
    /// so many versions were published.
    FunctionSet { function: Function, reserved: Option<u32>, last_version: u32 },
    /// A function is gone.
    FunctionDeleted { name: Box<str> },
    /// A version of a function exists from now on, and never changes.
    VersionPublished { function: Function },
    /// A published version is gone.
    VersionDeleted { function: Box<str>, version: u32 },
    /// A function has this alias from now on, or has it like this.
    AliasSet { function: Box<str>, alias: Alias },
    /// An alias is gone.
    AliasDeleted { function: Box<str>, name: Box<str> },
    /// Asynchronous invocations by this name are treated so from now on; as by default if nothing is said.
    InvokeConfigSet { function: FunctionRef, config: Option<InvokeConfig> },
    /// An event is to be given to a function.
    InvocationQueued { function: Box<str>, sequence: u64, invocation: QueuedInvocation, pending: PendingDelivery },
    /// A function failed at an event, and will get it again.
    InvocationFailed { function: Box<str>, sequence: u64, failed_attempts: u32, next_attempt_at: Timestamp },
    /// A function will not get an event again: it has had it, or it was given up.
    InvocationEnded { function: Box<str>, sequence: u64, succeeded: bool },
    /// A schedule is like this from now on, and due then.
    ScheduleSet { definition: ScheduleDefinition, made_at: Timestamp, next_at: Option<Timestamp> },
    /// What a schedule is to send could not be sent and will be tried again; or else it will not: it was sent, or given up.
    ScheduleTried { schedule: Box<str>, number: u64, again: Option<ScheduleAttempt> },
    /// A schedule is gone.
    ScheduleRemoved { name: Box<str> },
    /// A schedule has sent what it sends, and is due again then.
    ScheduleFired { name: Box<str>, next_at: Option<Timestamp> },
    /// Something was made to go wrong with a message, on purpose; what is said of the message by itself says how.
    FaultInjected { place: FaultPlace, kind: FaultKind },
    /// A queue feeds a function like this from now on.
    MappingSet { id: MappingId, definition: MappingDefinition },
    /// A queue feeds a pipe like this from now on.
    PipeSet { id: MappingId, pipe: Pipe },
    /// A queue no longer feeds a function, or a pipe.
    MappingDeleted { id: MappingId },
    /// Messages were handed to a function or a pipe, for the so-manieth time each.
    Dispatched {
        attempt: AttemptId,
        mapping: MappingId,
        queue: QueueId,
        messages: Vec<(u64, u32)>,
        hidden_until: Timestamp,
    },
    /// A function's try is over: the messages it worked off are gone; those of a lost try are visible again.
    AttemptEnded { attempt: AttemptId, queue: Option<QueueId>, deleted: Vec<u64>, released: Vec<u64> },
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
    /// A topic exists from now on, or is from now on like this.
    TopicDefined { id: TopicId, definition: TopicDefinition },
    /// A topic and all its subscriptions are gone.
    TopicDeleted { id: TopicId },
    /// A subscription exists from now on, or is from now on like this.
    SubscriptionDefined { id: SubscriptionId, definition: SubscriptionDefinition },
    /// A subscription is gone, and what was still to be delivered to it.
    Unsubscribed { id: SubscriptionId },
    /// A message was published: every subscriber that wants it has a copy, in a queue or on its way.
    Published { topic: TopicId, notification: Notification, copies: Vec<Copy>, deduplication: Option<Deduplication> },
    /// An endpoint is to be asked whether it wants its subscription, or told that it was ended.
    QuestionQueued { subscription: SubscriptionId, sequence: u64, question: Question, pending: PendingDelivery },
    /// An attempt to deliver failed, and there will be another.
    DeliveryFailed { subscription: SubscriptionId, sequence: u64, failed_attempts: u32, next_attempt_at: Timestamp },
    /// There is nothing more to deliver: it was, or it was given up.
    DeliveryEnded { subscription: SubscriptionId, sequence: u64, delivered: bool },
    /// What could not be delivered is in the dead-letter queue `to`.
    DeliveryDeadLettered {
        subscription: SubscriptionId,
        sequence: u64,
        to: QueueId,
        new_sequence: u64,
        visible_at: Timestamp,
    },
    /// A subscription's replay begins, goes on, or has ended.
    ReplaySet { subscription: SubscriptionId, replay: Replay },
    /// A door keeps this from now on.
    EntryPut { key: EntryKey, value: Bytes },
    /// An entry is gone, and all that lay below it.
    EntryRemoved { key: EntryKey },
    /// Something happened to a bucket or an object.
    Object { fact: ObjectFact },
    /// Something happened to a state machine, an activity or an execution.
    Workflow { fact: WorkflowFact },
    /// This is known of how often something may be called, from now on.
    LimitSet { key: LimitKey, bucket: Bucket },
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
    /// From now on an attempt goes on until that execution has ended.
    AttemptBound {
        attempt: AttemptId,
        mapping: MappingId,
        queue: QueueId,
        messages: Vec<(u64, u32)>,
        execution: ExecutionId,
    },
    /// Kept by cleaning: a try that is still going on.
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
    /// Kept by cleaning: a notification and the copies that are left of it.
    NotificationKept { notification: Notification, copies: Vec<KeptCopy> },
    /// Kept by cleaning: a deduplication id that a topic must still remember.
    TopicDeduplicationKept { topic: TopicId, deduplication: Deduplication, message_id: MessageId, sequence: u64 },
}

wire_enum!(Fact {
    2 => QueueDeleted { id }
    3 => Sent { queue, sequence, content, visible_at, deduplication }
    4 => Received { queue, sequences, hidden_until, attempt }
    5 => Deleted { queue, sequences }
    6 => VisibilityChanged { queue, sequence, hidden_until }
    7 => DeadLettered { from, source, sequence, to, new_sequence, sent_at }
    9 => FunctionDeleted { name }
    11 => MappingDeleted { id }
    13 => QueueCreated { id, name, attributes, tags }
    14 => QueueAttributesSet { id, attributes, delay_from_send }
    15 => QueueTagged { id, tags }
    16 => QueuePurged { id }
    17 => ReceivedByRequest { queue, messages, hidden_until, request, until }
    18 => ReceiveRepeated { queue, sequences, hidden_until, request }
    19 => MoveTaskStarted { source, task, definition, next_step_at }
    20 => Redriven { task, from, to, visible_at, next_step_at, moves }
    21 => MoveTaskEnded { source, task, status }
    22 => TopicDefined { id, definition }
    23 => TopicDeleted { id }
    24 => SubscriptionDefined { id, definition }
    25 => Unsubscribed { id }
    26 => Published { topic, notification, copies, deduplication }
    27 => QuestionQueued { subscription, sequence, question, pending }
    28 => DeliveryFailed { subscription, sequence, failed_attempts, next_attempt_at }
    29 => DeliveryEnded { subscription, sequence, delivered }
    30 => DeliveryDeadLettered { subscription, sequence, to, new_sequence, visible_at }
    31 => ReplaySet { subscription, replay }
    33 => MessageKept { message }
    34 => DeduplicationKept { queue, deduplication, message_id, sequence }
    35 => AttemptKept { attempt, mapping, queue, messages }
    36 => QueueKept { id, name, attributes, tags, created_at, modified_at, purged_at, next_sequence }
    37 => ReceiveRequestKept { queue, request, messages, hidden_until, until }
    39 => MoveTaskKept { source, task, definition, status, moved, started_at, next_step_at }
    40 => NotificationKept { notification, copies }
    41 => TopicDeduplicationKept { topic, deduplication, message_id, sequence }
    42 => EntryPut { key, value }
    43 => EntryRemoved { key }
    60 => Object { fact }
    61 => Workflow { fact }
    65 => LimitSet { key, bucket }
    44 => FunctionSet { function, reserved, last_version }
    45 => VersionPublished { function }
    46 => VersionDeleted { function, version }
    47 => AliasSet { function, alias }
    48 => AliasDeleted { function, name }
    49 => InvokeConfigSet { function, config }
    50 => InvocationQueued { function, sequence, invocation, pending }
    51 => InvocationFailed { function, sequence, failed_attempts, next_attempt_at }
    52 => InvocationEnded { function, sequence, succeeded }
    53 => MappingSet { id, definition }
    54 => AttemptEnded { attempt, queue, deleted, released }
    55 => Dispatched { attempt, mapping, queue, messages, hidden_until }
    56 => ScheduleSet { definition, made_at, next_at }
    57 => ScheduleTried { schedule, number, again }
    58 => PipeSet { id, pipe }
    59 => AttemptBound { attempt, mapping, queue, messages, execution }
    71 => ScheduleRemoved { name }
    72 => ScheduleFired { name, next_at }
    73 => FaultInjected { place, kind }
} and reads {
    1 => earlier::QueueCreated
    8 => earlier::FunctionDefined
    10 => earlier::MappingDefined
    12 => earlier::AttemptEnded
    32 => earlier::QueueKept
    70 => earlier::ScheduleSet
});

wire_struct!(MessageId(u128));
wire_struct!(DeduplicationKey([u8; 16]));
wire_struct!(Deduplication { key, until });
wire_struct!(Content { message_id, body, body_md5, attributes, sender, group, deduplication_id, trace_header });
wire_struct!(KeptState { sent_at, first_received_at, received_at, hidden_until, receive_count, in_flight, source });

wire_struct!(KeptMessage { queue, sequence, content, state });

/// Where something was made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultPlace {
    /// At a queue.
    Queue(QueueId),
    /// On the way to a subscriber.
    Subscription(SubscriptionId),
}

impl Wire for FaultPlace {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            FaultPlace::Queue(id) => {
                out.push(0);
                id.put(out);
            }
            FaultPlace::Subscription(id) => {
                out.push(1);
                id.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(FaultPlace::Queue(Wire::take(from)?)),
            1 => Ok(FaultPlace::Subscription(Wire::take(from)?)),
            _ => Err(Malformed("not a place of a fault")),
        }
    }
}

impl Wire for FaultKind {
    fn put(&self, out: &mut Vec<u8>) {
        let number = FaultKind::ALL.iter().position(|kind| kind == self).expect("all kinds are there");
        out.push(number as u8);
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        FaultKind::ALL.get(usize::from(u8::take(from)?)).copied().ok_or(Malformed("not a kind of fault"))
    }
}

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

    /// What this fact holds for a reader: a message, or the copy of a notification that has this part.
    pub fn into_stored(self, part: u32) -> Option<Stored> {
        let part = part as usize;
        let (notification, form) = match self.fact {
            Fact::Sent { content, .. } => return Some(Stored::Message(content)),
            Fact::MessageKept { message } => return Some(Stored::Message(message.content)),
            Fact::QuestionQueued { question, .. } => return Some(Stored::Question(question)),
            Fact::InvocationQueued { invocation, .. } => return Some(Stored::Invocation(invocation)),
            Fact::Workflow { fact: WorkflowFact::ExpressQueued { start, input, .. } } => {
                return Some(Stored::Express(start, input));
            }
            Fact::Workflow {
                fact: WorkflowFact::ExecutionStarted { step, .. } | WorkflowFact::ExecutionStepped { step, .. },
            } => return Some(Stored::Step(step)),
            Fact::Published { notification, copies, .. } => (notification, copies.get(part)?.form),
            Fact::NotificationKept { notification, copies } => (notification, copies.get(part)?.form),
            _ => return None,
        };
        Some(Stored::Notification(notification, form))
    }
}

/// What a record holds for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A message that was sent to a queue.
    Message(Content),
    /// A copy of a notification.
    Notification(Notification, CopyForm),
    /// What the owner of an endpoint is asked or told.
    Question(Question),
    /// An event for a function.
    Invocation(QueuedInvocation),
    /// An express execution and its input.
    Express(ExecutionStart, Text),
    /// A step of an execution.
    Step(RecordedStep),
}

#[cfg(test)]
mod any;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
