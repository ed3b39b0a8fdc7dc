//! Rejections: the broker's "no", each with its reason. The doors turn them into the words of their protocol.

use std::borrow::Cow;

use crate::{MappingId, ObjectRejection, QueueId, Seconds, Text, WorkflowRejection};

/// Why a command was refused. A refused command changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No queue of that name.
    QueueDoesNotExist,
    /// CreateQueue: a queue of that name exists with another value of `attribute`.
    QueueExists {
        /// The first attribute that differs.
        attribute: Box<str>,
    },
    /// The queue's name breaks the rules for its kind.
    QueueNameInvalid {
        /// Whether a FIFO queue was asked for.
        fifo: bool,
    },
    /// Not an attribute of this kind of queue.
    AttributeUnknown {
        /// As given.
        name: Box<str>,
    },
    /// A value out of its range, or not of its type.
    AttributeInvalid {
        /// As given.
        name: Box<str>,
        /// Present where AWS gives one.
        reason: Option<Cow<'static, str>>,
    },
    /// An attribute that only FIFO queues have.
    AttributeForFifoOnly {
        /// As given.
        name: Box<str>,
    },
    /// A redrive policy that cannot work.
    RedrivePolicyInvalid {
        /// The policy as given.
        policy: Box<str>,
        /// A whole sentence.
        reason: Box<str>,
    },
    /// A KMS key and the service's own encryption at once.
    TwoEncryptions,
    /// A queue of that name was deleted less than a minute ago.
    QueueDeletedRecently,
    /// The queue was purged less than a minute ago.
    PurgeInProgress {
        /// The queue's name.
        queue: Box<str>,
    },
    /// The queue's policy does not let the caller do this.
    AccessDenied {
        /// The caller's ARN, or the name of a service.
        caller: Box<str>,
        /// The operation's name.
        operation: &'static str,
        /// The queue's ARN.
        resource: Box<str>,
        /// Whether the policy says so, and does not merely say nothing.
        by_deny: bool,
    },
    /// The queue's policy has a statement of that label already.
    PermissionExists {
        /// As given.
        label: Box<str>,
    },
    /// The queue's policy has no statement of that label.
    PermissionUnknown {
        /// As given.
        label: Box<str>,
    },
    /// The queue's policy would become too large.
    PolicyTooLarge {
        /// A whole sentence.
        reason: Box<str>,
    },
    /// The queue would have more tags than a queue may have.
    TooManyTags {
        /// The queue's name.
        queue: Box<str>,
    },
    /// The message is larger than the queue allows.
    MessageTooLong {
        /// The queue's limit in bytes.
        bytes_max: u32,
    },
    /// A FIFO queue needs a message group.
    GroupIdMissing,
    /// A FIFO queue needs a deduplication id, unless it computes one.
    DeduplicationIdMissing,
    /// A standard queue knows no deduplication ids.
    DeduplicationIdOnStandard {
        /// As given.
        id: Text,
    },
    /// Messages of a FIFO queue cannot be delayed one by one.
    DelayOnFifo {
        /// As given.
        delay: Seconds,
    },
    /// The handle belongs to another queue.
    ReceiptHandleInvalid,
    /// FIFO: the handle's visibility timeout is over, or the message was received again.
    ReceiptHandleExpired,
    /// The message is deleted or expired.
    MessageNotAvailable,
    /// The timeout would reach beyond twelve hours from the receive.
    VisibilityBeyondLimit {
        /// As asked for.
        timeout: Seconds,
    },
    /// A standard queue has too many messages in flight.
    TooManyInFlight {
        /// Where a long poll may wait for that to change.
        queue: QueueId,
    },
    /// No function of that name.
    FunctionDoesNotExist {
        /// As given.
        name: Box<str>,
    },
    /// A function of that name exists.
    FunctionExists {
        /// As given.
        name: Box<str>,
    },
    /// A pipe of that name exists.
    PipeExists,
    /// No pipe of that name.
    PipeDoesNotExist,
    /// There are as many pipes as may be.
    TooManyPipes,
    /// As many invocations of the function go on as may.
    FunctionBusy,
    /// An alias of that name exists.
    AliasExists {
        /// Function and alias.
        name: Box<str>,
    },
    /// No alias of that name.
    AliasDoesNotExist {
        /// Function and alias.
        name: Box<str>,
    },
    /// What was to be changed is not any more what was read before.
    RevisionChanged,
    /// An alias stands for the version that was to be deleted.
    VersionHasAlias,
    /// There would be more functions than there may be.
    TooManyFunctions,
    /// The function would have more versions than it may have.
    TooManyVersions,
    /// The function would have more aliases than it may have.
    TooManyAliases,
    /// More events wait for the function than may.
    TooManyInvocations,
    /// More calls wait for their limits than may.
    TooManyCalls,
    /// A schedule that means no time, or has too many targets.
    ScheduleInvalid {
        /// Why.
        reason: Box<str>,
    },
    /// A fault policy that is none, or on a server where nothing goes wrong on purpose.
    FaultsInvalid {
        /// Why.
        reason: Box<str>,
    },
    /// There would be more schedules than there may be.
    TooManySchedules,
    /// No schedule has this name.
    ScheduleDoesNotExist,
    /// The queue feeds the function already.
    MappingExists {
        /// By this mapping.
        id: MappingId,
    },
    /// No mapping of that number.
    MappingDoesNotExist,
    /// The queue that a move task is to take messages from, or takes them from, does not exist.
    MoveTaskSourceDoesNotExist,
    /// The queue that a move task is to take messages to does not exist.
    MoveTaskDestinationDoesNotExist,
    /// A move task cannot take messages to where they are.
    MoveTaskDestinationIsSource,
    /// A move task cannot take messages from a FIFO queue to a standard queue, or the other way.
    MoveTaskKindsDiffer,
    /// Move tasks begin at dead-letter queues, and no queue's redrive policy names this one.
    NotADeadLetterQueue,
    /// The queue has a move task that runs.
    MoveTaskRunning,
    /// Too many move tasks of the account run.
    TooManyMoveTasks,
    /// The queue has no such move task, or none that is remembered.
    MoveTaskUnknown,
    /// The move task has ended already.
    MoveTaskNotRunning,
    /// No topic of that name.
    TopicDoesNotExist,
    /// No topic of that name, when its tags are asked for.
    TaggedTopicDoesNotExist,
    /// No subscription of that identity.
    SubscriptionDoesNotExist,
    /// The topic would have more tags than a topic may have.
    TooManyTopicTags,
    /// The topic would have more subscriptions than a topic may have.
    TooManySubscriptions,
    /// The topic would have more subscriptions with a filter policy than a topic may have.
    TooManyFilterPolicies,
    /// Something about a topic, a subscription or a publish is wrong: what stands behind `Invalid parameter: `.
    InvalidParameter(Box<str>),
    /// What is to be published is larger than the topic allows.
    PublishTooLong {
        /// Whether it is the entries of a batch, all together.
        batch: bool,
    },
    /// The subscription can only be ended by somebody with credentials.
    UnsubscribeNeedsCredentials,
    /// Entries are not as the door expected them.
    EntryChanged,
    /// The path or the value of an entry is longer than may be.
    EntryTooLong,
    /// The account would have more entries than an account may have.
    TooManyEntries,
    /// Something about a bucket or an object.
    Object(ObjectRejection),
    /// Something about a state machine or an execution.
    Workflow(WorkflowRejection),
    /// No room is left to make a fact durable; deletes and receives may still have some.
    StorageFull,
}

impl From<WorkflowRejection> for Rejection {
    fn from(rejection: WorkflowRejection) -> Rejection {
        Rejection::Workflow(rejection)
    }
}

impl From<ObjectRejection> for Rejection {
    fn from(rejection: ObjectRejection) -> Rejection {
        Rejection::Object(rejection)
    }
}
