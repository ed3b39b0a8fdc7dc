//! Decides what happens to queues, messages, functions and their mappings: a pure state machine.
//!
//! [`Broker::decide`] reads the state and answers a [`Command`] with facts, a reply and effects; [`Broker::apply`]
//! changes the state by one fact and cannot fail; [`Broker::advance`] lets time pass. Nothing here reads a clock,
//! draws randomness, waits or does I/O: replaying the same facts always builds the same state.
//!
//! Reading order: `command` and `fact` (what goes in, what comes out), `broker` (the state), then `decide/` (a file
//! a decision) and `queue/` (what a queue is made of).

mod access;
mod attempt;
mod broker;
mod command;
mod decide;
mod decision;
mod entries;
mod entropy;
mod fact;
mod fault_policy;
mod feed;
mod function;
mod keep;
mod limit;
mod messages;
mod move_task;
mod object;
mod pipe;
mod queue;
mod rejection;
mod schedule;
mod text;
mod time;
mod topic;
mod wire;
mod workflow;

pub use access::{Caller, Client};
pub use attempt::{Attempt, AttemptId, AttemptOutcome};
pub use broker::Broker;
pub use command::{
    Command, Facet, InvocationRecord, Outgoing, PermissionAdded, Publication, ReplayedNotification, SendOrigin,
    SubscriptionAdded, VisibilityChange,
};
pub use decide::functions::{ALIASES_MAX, FUNCTIONS_MAX, VERSIONS_MAX};
pub use decide::invocations::QUEUED_INVOCATIONS_MAX;
pub use decide::subscriptions::{FIFO_SUBSCRIPTIONS_MAX, FILTER_POLICIES_MAX, QUESTION_INTERVAL, SUBSCRIPTIONS_MAX};
pub use decision::{
    Decision, Delivery, Effect, Inventory, Invocation, Peeked, PeekedState, PipeRun, PublishTally, Published,
    QueueDescription, Reply, ScheduleDescription, Sent, SubscriptionDescription, TopicDescription,
};
pub use entries::{ENTRIES_MAX, ENTRY_PATH_BYTES_MAX, ENTRY_VALUE_BYTES_MAX, Entry, EntryChanges, EntryKey};
pub use entropy::Entropy;
pub use fact::{
    Content, Deduplication, DeduplicationKey, Fact, FaultPlace, KeptMessage, KeptState, MessageId, Place, Recorded,
    Stored,
};
pub use fault_policy::{FAULTS_ATTRIBUTE, FAULTS_TAG, FaultKind, FaultPolicy, InvalidFaults};
pub use function::alias::{ALIAS_WEIGHT_WHOLE, Alias, InvokeConfig};
pub use function::invocation::{
    Conclusion, DueInvocation, InvocationCondition, InvocationEnd, InvocationOutcome, InvocationStep, QueuedInvocation,
};
pub use function::mapping::{MAPPING_BATCH_MESSAGES_MAX, Mapping, MappingDefinition, MappingId};
pub use function::statistics::FunctionStatistics;
pub use function::{
    CONCURRENCY_DEFAULT, Destination, Function, FunctionDescription, FunctionRef, FunctionVersion, LATEST, PutWhen,
    RESERVED_VARIABLES,
};
pub use limit::calls::{AdmittedCall, CallCount, CallId};
pub use limit::{Admission, CALLS_WAITING_MAX, CallLimits, LimitKey, MAPPING_CALLS_WAITING_MAX};
pub use move_task::{MoveTaskDefinition, MoveTaskDescription, MoveTaskFailure, MoveTaskId, MoveTaskStatus, Redrive};
pub use object::{
    BUCKETS_MAX, BlobId, BucketDefinition, BucketId, BucketName, Checksum, ChecksumAlgorithm, ChecksumKind, Condition,
    ContentDraft, ETag, EventOrigin, EventPattern, FoundObject, INLINE_BYTES_MAX, LISTED_MAX, ListedBucket,
    ListedObject, ListedPart, ListedUpload, METADATA_BYTES_MAX, NOTIFICATION_RULES_MAX, NotificationRule,
    OBJECT_HEADERS_BYTES_MAX, OBJECT_KEY_BYTES_MAX, OBJECT_PIECE_BYTES_MAX, OBJECT_TAGS_MAX, ObjectChanged,
    ObjectCommand, ObjectContent, ObjectDraft, ObjectEvent, ObjectFact, ObjectKey, ObjectPage, ObjectProperties,
    ObjectRecord, ObjectRejection, ObjectReply, ObjectStatistics, PART_BYTES_MIN, PARTS_MAX, Part, PartDraft, PartPage,
    Segment, Told, UPLOADS_MAX, UploadDefinition, UploadDraft, UploadId, UploadMarker, UploadPage, UploadedPart,
    Wanted,
};
pub use pipe::{HELD, PIPE_RUNS_MAX, PIPES_MAX, Pipe, PipeAction, PipeEntry};
pub use queue::attributes::{AttributesGiven, QueueAttributes};
pub use queue::name::{Account, QueueId, QueueName};
pub use queue::receipt::ReceiptHandle;
pub use queue::redrive::{RedriveAllowPolicy, RedrivePolicy};
pub use queue::statistics::{GroupStatistics, QueueStatistics};
pub use rejection::Rejection;
pub use schedule::attempt::{SCHEDULE_ATTEMPTS_MAX, ScheduleAttempt};
pub use schedule::call::ScheduleCall;
pub use schedule::destination::ScheduleDestination;
pub use schedule::fault::TargetFault;
pub use schedule::{
    SCHEDULE_AGE, SCHEDULE_INPUT_BYTES_MAX, SCHEDULE_RETRIES, SCHEDULE_TARGETS_MAX, SCHEDULES_MAX, ScheduleDefinition,
    ScheduleTarget,
};
pub use text::Text;
pub use time::{Seconds, Timestamp};
pub use topic::TopicDefinition;
pub use topic::archive::{Replay, ReplayPolicy};
pub use topic::attributes::{
    DATA_PROTECTION_POLICY, LARGE_MESSAGE_SUBSCRIPTIONS_MAX, TOPIC_MESSAGE_BYTES_MAX, TOPIC_MESSAGE_BYTES_MAX_DEFAULT,
    TopicAttributes, default_topic_policy,
};
pub use topic::copy::{Copy, CopyForm, CopyTo, KeptAt, KeptCopy, Notification};
pub use topic::delivery::{DeliveryEnd, DeliveryOutcome, DueDelivery, ENDPOINT_ATTEMPTS_MAX};
pub use topic::filter::FilteredOut;
pub use topic::name::{SubscriptionId, TopicId, TopicName};
pub use topic::outbox::{PendingDelivery, Question};
pub use topic::statistics::{DeliverySubject, TopicStatistics};
pub use topic::subscription::{Protocol, SubscriptionDefinition, SubscriptionState, Token};
pub use topic::subscription_attributes::{Subscriber, SubscriptionAttributes};
pub use wire::Malformed;

pub use bongsu_delivery_policy::EffectivePolicy;
pub use bongsu_policy::{Policy, Principal};

/// How many messages one receive, one batch or one function invocation may carry.
pub const BATCH_MESSAGES_MAX: usize = 10;
/// How long a FIFO queue remembers a deduplication id, from the first accepted send.
pub const DEDUPLICATION_INTERVAL: Seconds = Seconds(300);
/// How long a receive may be asked for again by its id, from when it was first asked for.
pub const RECEIVE_REQUEST_INTERVAL: Seconds = Seconds(300);
/// How long a message may stay in flight, counted from its receive.
pub const VISIBILITY_TIMEOUT_MAX: Seconds = Seconds(43_200);
/// A label that a user puts on a queue: key and value.
pub type Tag = (Box<str>, Box<str>);
/// A queue's labels by their keys.
pub type Tags = std::collections::BTreeMap<Box<str>, Box<str>>;
/// How many tags a queue may have.
pub const TAGS_MAX: usize = 50;
/// How long AWS has its users wait after a queue's deletion and after a purge, where this is asked for.
pub const COOLDOWN: Seconds = Seconds(60);
/// How many messages of one queue may be in flight at once.
pub const IN_FLIGHT_MAX: usize = 120_000;

#[cfg(test)]
mod scenario;
pub use workflow::command::{
    ExecutionDescription, ExecutionInput, ExecutionSummary, MachineDescription, MapRunDescription, MapRunSummary,
    StartedExecution, StepPlace, TaskAction, TaskAnswer, TaskCall, TaskWork, WorkflowCommand, WorkflowReply,
};
pub use workflow::fact::{RecordedStep, WorkflowFact};
pub use workflow::rejection::WorkflowRejection;
pub use workflow::result::execution_arn;
pub use workflow::token::TaskToken;
pub use workflow::{
    ACTIVITIES_MAX, Activity, EXECUTION_RETENTION_DAYS, ExecutionId, ExecutionStart, MACHINE_ALIASES_MAX,
    MACHINE_VERSIONS_MAX, MACHINES_MAX, MachineAlias, MachineRef, MachineVersion, OPEN_EXECUTIONS_MAX, ParentTask,
    REDRIVE_DAYS, StateMachine,
};
