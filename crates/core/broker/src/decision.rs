//! What the broker answers: facts, a reply, and what somebody else has to carry out.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Alias, AttemptId, DeliveryEnd, Entry, ExecutionId, Fact, FilteredOut, Function, FunctionDescription, InvocationEnd,
    InvokeConfig, Mapping, MessageId, MoveTaskDescription, MoveTaskId, ObjectReply, Pipe, Place, QueueAttributes,
    QueueId, QueueName, ReceiptHandle, Rejection, Replay, ScheduleCall, ScheduleDefinition, SubscriptionDefinition,
    SubscriptionId, Tags, TaskCall, Timestamp, TopicAttributes, TopicDefinition, TopicId, TopicName, WorkflowReply,
};

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// To be applied in order and made durable together.
    pub facts: Vec<Fact>,
    /// To be told once the facts are durable.
    pub reply: Reply,
    /// To be carried out once the facts are durable.
    pub effects: Vec<Effect>,
}

impl Decision {
    pub(crate) fn reply(reply: Reply) -> Decision {
        Decision { facts: Vec::new(), reply, effects: Vec::new() }
    }

    pub(crate) fn fact(fact: Fact) -> Decision {
        Decision { facts: vec![fact], reply: Reply::Done, effects: Vec::new() }
    }
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Nothing to say but that it is so.
    Done,
    /// `DescribeQueue`.
    Queue(Box<QueueDescription>),
    /// `ListQueues` and `ListDeadLetterSources`, in order.
    Queues(Vec<QueueName>),
    /// `Send`: one result an entry.
    Sent(Vec<Result<Sent, Rejection>>),
    /// `Receive`: what to hand out, and the queue to wait at if that is nothing.
    Received {
        /// The queue that was asked.
        queue: QueueId,
        /// In the order of the queue.
        deliveries: Vec<Delivery>,
    },
    /// `Peek`, by rising numbers.
    Peeked(Vec<Peeked>),
    /// `Delete` and `ChangeVisibility`: one result an entry.
    Each(Vec<Result<(), Rejection>>),
    /// `ListFunctions`.
    Functions(Inventory),
    /// `PutFunction`, `PublishVersion` and `DescribeFunction`.
    Function(Box<FunctionDescription>),
    /// `ListVersions`: the latest first, then by rising numbers.
    Versions(Vec<Arc<Function>>),
    /// `PutAlias`.
    Alias(Alias),
    /// `ListAliases`, in order.
    Aliases(Vec<Alias>),
    /// `ListInvokeConfigs`, by qualifier.
    InvokeConfigs(Vec<(Box<str>, InvokeConfig)>),
    /// `PutMapping`.
    Mapping(Box<Mapping>),
    /// `PutPipe` and `DescribePipe`.
    Pipe(Arc<Pipe>),
    /// `ListPipes`, by name.
    Pipes(Vec<Arc<Pipe>>),
    /// `ConcludeAttempt`: why something was refused, if it was.
    Concluded {
        /// The first refusal.
        refused: Option<Box<Rejection>>,
    },
    /// `ListSchedules`, by name.
    Schedules(Vec<ScheduleDescription>),
    /// `DescribeSchedule`.
    Schedule(Box<ScheduleDescription>),
    /// `DeleteSchedules`.
    SchedulesDeleted {
        /// Whether there are more to be deleted, by the same command.
        more: bool,
    },
    /// `EndInvocation`.
    InvocationEnded(InvocationEnd),
    /// `ConcludeInvocation`, `FireSchedule` and `EndScheduleCall`.
    Told {
        /// Records that nobody could take.
        failed: usize,
    },
    /// `Dispatch`: whether an attempt was started, or messages were moved, so that asking again makes sense.
    Dispatched(bool),
    /// `StartMoveTask`.
    MoveTaskStarted(MoveTaskId),
    /// `CancelMoveTask`.
    MoveTaskCancelled {
        /// How many messages the task had moved.
        moved: u64,
    },
    /// `ListMoveTasks`, the newest first.
    MoveTasks(Vec<MoveTaskDescription>),
    /// `DescribeTopic`.
    Topic(Box<TopicDescription>),
    /// `ListTopics`, in order.
    Topics(Vec<TopicName>),
    /// `Subscribe` and `ConfirmSubscription`.
    Subscribed {
        /// The subscription, new or found.
        id: SubscriptionId,
        /// Whether its endpoint has yet to say yes.
        pending: bool,
    },
    /// `DescribeSubscription`.
    Subscription(Box<SubscriptionDescription>),
    /// `ListSubscriptions` and `ListSubscriptionsByTopic`, in order of their identities.
    Subscriptions(Vec<SubscriptionDescription>),
    /// `GetEntry`: its value, if there is one.
    Entry(Option<Bytes>),
    /// `ListEntries`, in order.
    Entries(Vec<Entry>),
    /// `Object`.
    Object(ObjectReply),
    /// `Workflow`.
    Workflow(WorkflowReply),
    /// `EndDelivery`.
    DeliveryEnded(DeliveryEnd),
    /// `Publish`: one result an entry.
    Published {
        /// Where.
        topic: TopicId,
        /// In the order of the entries.
        results: Vec<Published>,
        /// What became of it, of all entries and subscribers together.
        tally: PublishTally,
    },
}

/// Everything about a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleDescription {
    /// What was said about it.
    pub definition: Arc<ScheduleDefinition>,
    /// Since when it is so; it counts from then.
    pub made_at: Timestamp,
    /// When it next sends something, if ever.
    pub next_at: Option<Timestamp>,
    /// What a door keeps under [`ScheduleDefinition::entry_key`].
    pub entry: Option<Bytes>,
}

/// What a publisher learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The message's id; of the first one if this is a duplicate.
    pub message_id: MessageId,
    /// Its number in a FIFO topic.
    pub sequence: Option<u64>,
    /// Whether the topic had it already.
    pub duplicate: bool,
}

/// What became of what was published, as far as it is known at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishTally {
    /// Copies that are in the subscribed queues.
    pub delivered: u64,
    /// Copies that a queue cannot take.
    pub failed: u64,
    /// Of these, copies that are in dead-letter queues.
    pub dead_lettered: u64,
    /// Of these, copies whose dead-letter queue does not exist.
    pub not_dead_lettered: u64,
    /// Subscribers that do not want the message, by the reason.
    pub filtered_out: BTreeMap<FilteredOut, u64>,
}

impl PublishTally {
    pub(crate) fn filtered_out(&mut self, reason: FilteredOut) {
        *self.filtered_out.entry(reason).or_default() += 1;
    }
}

/// Everything about a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its number.
    pub id: TopicId,
    /// What was said about it.
    pub definition: TopicDefinition,
    /// Subscriptions that get what is published.
    pub confirmed: usize,
    /// Subscriptions that wait for their endpoint's yes.
    pub pending: usize,
    /// When the oldest message of its archive was published.
    pub archived_since: Option<Timestamp>,
}

/// Everything about a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionDescription {
    /// Its identity.
    pub id: SubscriptionId,
    /// Of what.
    pub topic: TopicName,
    /// What the topic is set to, which some of the subscription's own attributes build on.
    pub topic_attributes: TopicAttributes,
    /// What was said about it.
    pub definition: SubscriptionDefinition,
    /// How much is still to be delivered.
    pub undelivered: usize,
    /// Since when the oldest of it is.
    pub oldest: Option<Timestamp>,
    /// Its newest replay.
    pub replay: Option<Replay>,
}

/// What a sender learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message's id; of the first one if this is a duplicate.
    pub message_id: MessageId,
    /// Its number in the queue.
    pub sequence: u64,
    /// Whether the queue is FIFO, so that the number means something to the sender.
    pub fifo: bool,
    /// Whether the queue had it already.
    pub duplicate: bool,
}

/// A message that is handed out: all that the journal's record of it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where its content lies.
    pub place: Place,
    /// For deleting it.
    pub handle: ReceiptHandle,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was first received.
    pub first_received_at: Timestamp,
    /// Where it was dead-lettered from.
    pub source: Option<QueueName>,
    /// Its identity, if a move task gave it another one than its record has.
    pub message_id: Option<MessageId>,
    /// Whether it is somewhere else than its record says.
    pub is_moved: bool,
}

/// A message that is shown without being handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// As the latest receive had it; of a message that was never received, with a receive count of zero.
    pub delivery: Delivery,
    /// What becomes of it next.
    pub state: PeekedState,
}

/// Whether a message could be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeekedState {
    /// By anybody; in a FIFO queue once its group is free.
    Visible,
    /// Not before then: it was sent with a delay.
    Delayed(Timestamp),
    /// Not before then: it was received.
    InFlight(Timestamp),
}

/// Everything about a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct QueueDescription {
    pub id: QueueId,
    pub name: QueueName,
    pub attributes: QueueAttributes,
    pub tags: Tags,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

/// All functions and mappings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// By name.
    pub functions: Vec<FunctionDescription>,
    /// By number.
    pub mappings: Vec<Mapping>,
}

/// What somebody else has to carry out once the facts are durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Run a function on a batch of messages, then answer with `EndAttempt`.
    Invoke(Invocation),
    /// Work on a batch of messages, then answer with `EndAttempt` or `ConcludeAttempt`.
    RunPipe(PipeRun),
    /// Do what a task of an execution asks for, then answer with `CarryOut` or `Step`.
    StartTask(Box<TaskCall>),
    /// Call the operation that a schedule names, then answer with `EndScheduleCall`. No decision has it: such calls begin by
    /// [`Broker::take_schedule_calls`](crate::Broker::take_schedule_calls).
    CallOperation(Box<ScheduleCall>),
    /// Nobody waits for a task any more.
    CancelTask {
        /// Whose.
        execution: ExecutionId,
        /// Which.
        task: u64,
    },
}

/// One batch of a pipe.
#[derive(Clone, Debug, PartialEq)]
pub struct PipeRun {
    /// To be named in the answer.
    pub attempt: AttemptId,
    /// The pipe.
    pub pipe: Arc<Pipe>,
    /// The messages.
    pub deliveries: Vec<Delivery>,
}

/// One run of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// To be named in `EndAttempt`.
    pub attempt: AttemptId,
    /// What to run.
    pub function: Arc<Function>,
    /// Why: from which queue, which of the messages, and whether the answer says which failed.
    pub mapping: Arc<Mapping>,
    /// The messages.
    pub deliveries: Vec<Delivery>,
}
