//! What the doors ask of the broker, and what it answers.

use bongsu_rate_limit::Feedback;
use bytes::Bytes;

use crate::{
    Alias, AttemptId, AttemptOutcome, AttributesGiven, CallLimits, DeduplicationKey, DeliveryOutcome, Destination,
    EntryChanges, EntryKey, Function, FunctionRef, InvocationCondition, InvocationOutcome, InvokeConfig,
    MappingDefinition, MappingId, MoveTaskId, Notification, ObjectCommand, Pipe, PipeAction, Protocol, PutWhen,
    QueueId, QueueName, QueuedInvocation, ReceiptHandle, ScheduleDefinition, Seconds, SubscriptionAttributes,
    SubscriptionId, Tags, TargetFault, Text, Token, TopicAttributes, TopicName, WorkflowCommand,
};

/// One request to the broker.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "fields are named as in the operations they come from")]
pub enum Command {
    /// Does something with buckets and objects.
    Object(Box<ObjectCommand>),
    /// Does something with state machines and executions.
    Workflow(Box<WorkflowCommand>),
    /// Makes a queue, or finds one that has every given attribute.
    ///
    /// With `cooldown` a name cannot be used again for a minute after its queue was deleted.
    CreateQueue { name: QueueName, given: AttributesGiven, tags: Tags, cooldown: bool },
    /// Changes the given attributes; all or none.
    SetQueueAttributes { queue: QueueName, given: AttributesGiven },
    /// Adds tags, or gives those that are there another value.
    TagQueue { queue: QueueName, tags: Tags },
    /// Removes tags; those that are not there do not matter.
    UntagQueue { queue: QueueName, keys: Vec<Box<str>> },
    /// Adds a statement to the queue's policy.
    AddPermission { queue: QueueName, added: PermissionAdded },
    /// Removes the statement of this label from the queue's policy.
    RemovePermission { queue: QueueName, label: Box<str> },
    /// Deletes all messages of a queue, those in flight too. With `cooldown`, at most once a minute.
    PurgeQueue { queue: QueueName, cooldown: bool },
    /// Deletes a queue with everything in it.
    DeleteQueue { queue: QueueName },
    /// Tells everything about a queue.
    DescribeQueue { queue: QueueName },
    /// Lists names that start with `prefix` and come after `after`, at most `max`.
    ListQueues { account: crate::Account, prefix: String, after: Option<String>, max: usize },
    /// Lists the queues of the account that have this one for their dead letters and come after `after`, at most `max`.
    ListDeadLetterSources { queue: QueueName, after: Option<String>, max: usize },
    /// Shows up to `max` messages with numbers from `from` on, and changes nothing.
    Peek { queue: QueueName, from: u64, max: usize },
    /// Puts messages into a queue: one, or the entries of a batch.
    Send { queue: QueueName, entries: Vec<Outgoing> },
    /// Hands out up to `max` messages; the queue's visibility timeout unless another is given.
    ///
    /// A FIFO queue hands out the same messages again to the same `request` while nobody touched them.
    Receive { queue: QueueName, max: usize, visibility_timeout: Option<Seconds>, request: Option<DeduplicationKey> },
    /// Deletes received messages.
    Delete { queue: QueueName, handles: Vec<ReceiptHandle> },
    /// Moves the end of received messages' visibility timeouts.
    ChangeVisibility { queue: QueueName, changes: Vec<VisibilityChange> },
    /// Makes the latest version of a function what is given; its version and revision are the broker's to give.
    PutFunction { function: Function, when: PutWhen },
    /// Reserves so many invocations at once for all versions of a function, or none in particular.
    SetConcurrency { name: Box<str>, reserved: Option<u32> },
    /// Publishes the latest version, if it is of this revision, with what the door says about the new one.
    PublishVersion { name: Box<str>, revision: Option<u128>, details: Option<Box<str>> },
    /// Deletes a published version, or else the function with its mappings and everything else of it.
    DeleteFunction { name: Box<str>, version: Option<u32> },
    /// Tells everything about a version of a function.
    DescribeFunction { function: FunctionRef },
    /// Lists a function's versions.
    ListVersions { name: Box<str> },
    /// Makes an alias what is given; its revision is the broker's to give.
    PutAlias { function: Box<str>, alias: Alias, when: PutWhen },
    /// Deletes an alias; one that is not there does not matter.
    DeleteAlias { function: Box<str>, name: Box<str> },
    /// Lists a function's aliases.
    ListAliases { function: Box<str> },
    /// Says how asynchronous invocations by this name are treated; by default if nothing is said.
    PutInvokeConfig { function: FunctionRef, config: Option<InvokeConfig> },
    /// Lists what was said so of a function.
    ListInvokeConfigs { name: Box<str> },
    /// Keeps an event until a function has had it.
    QueueInvocation { function: FunctionRef, invocation: QueuedInvocation },
    /// Says how an attempt at an event ended.
    EndInvocation { function: Box<str>, sequence: u64, outcome: InvocationOutcome },
    /// Ends an event for good, and tells of it whoever is to hear.
    ConcludeInvocation {
        function: Box<str>,
        sequence: u64,
        condition: InvocationCondition,
        records: Vec<(Destination, InvocationRecord)>,
        region: Box<str>,
    },
    /// Makes a schedule what is given, and changes what a door keeps for the account of its ARN; both or neither.
    PutSchedule { definition: ScheduleDefinition, entries: EntryChanges },
    /// Deletes a schedule; one that is not there does not matter.
    DeleteSchedule { name: Box<str> },
    /// Deletes schedules whose names begin so; and together with the last of them changes what a door keeps for an account.
    DeleteSchedules { prefix: Box<str>, account: crate::Account, entries: EntryChanges },
    /// Tells everything about a schedule.
    DescribeSchedule { name: Box<str> },
    /// Lists all schedules whose names begin so.
    ListSchedules { prefix: Box<str> },
    /// Says how a call ended that a schedule made.
    EndScheduleCall { name: Box<str>, number: u64, id: u128, fault: Option<TargetFault>, region: Box<str> },
    /// Sends what a schedule sends, if it is due.
    FireSchedule { name: Box<str>, region: Box<str> },
    /// Lets a queue feed a function: by this mapping, or else by the one of this pair.
    PutMapping { id: Option<MappingId>, definition: MappingDefinition, when: PutWhen },
    /// Stops a queue from feeding a function.
    DeleteMapping { id: MappingId },
    /// Lists functions and mappings.
    ListFunctions,
    /// Makes a pipe what is given; its queue never changes.
    PutPipe { pipe: Pipe, when: PutWhen },
    /// Deletes a pipe. What executions hold for it they hold on to.
    DeletePipe { name: Box<str> },
    /// Tells about a pipe.
    DescribePipe { name: Box<str> },
    /// Lists pipes.
    ListPipes,
    /// Starts one attempt, if a mapping or pipe of the queue has room and the queue has something for it.
    Dispatch { queue: QueueId },
    /// Says how an attempt ended.
    EndAttempt { attempt: AttemptId, outcome: AttemptOutcome },
    /// Does what a pipe's batch has come to, and ends its attempt in the same step. The messages at the places that
    /// failed already, by rising numbers, are not worked off. With `holds` the attempt goes on until the execution that
    /// is started has ended, unless that is an express one.
    ConcludeAttempt { attempt: AttemptId, action: PipeAction, failed: Vec<usize>, holds: bool },
    /// After a start: ends attempts of the process before, which are lost; at most so many at once that their facts fit
    /// together. To be asked until no fact comes of it.
    EndLostAttempts,
    /// Begins to move a dead-letter queue's messages back to where they came from, or to another queue.
    StartMoveTask {
        source: QueueName,
        destination: Option<QueueName>,
        /// Checked by the door: 1 to 500.
        messages_per_second: Option<u32>,
    },
    /// Ends a task that runs; what it has moved stays moved.
    CancelMoveTask { id: MoveTaskId, source: QueueName },
    /// Lists the remembered tasks of a source, the newest first, at most `max`.
    ListMoveTasks { source: QueueName, max: usize },
    /// Takes the next step of the task that runs at a queue, if it is due.
    MoveMessages { source: QueueId },
    /// Makes a topic, or finds one that has every given attribute and tag.
    CreateTopic { name: TopicName, attributes: TopicAttributes, tags: Tags },
    /// Changes one attribute.
    SetTopicAttribute { topic: TopicName, name: Box<str>, value: Box<str> },
    /// Adds tags, or gives those that are there another value.
    TagTopic { topic: TopicName, tags: Tags },
    /// Removes tags; those that are not there do not matter.
    UntagTopic { topic: TopicName, keys: Vec<Box<str>> },
    /// Adds a statement to the topic's policy.
    AddTopicPermission { topic: TopicName, added: PermissionAdded },
    /// Removes the statement of this label from the topic's policy.
    RemoveTopicPermission { topic: TopicName, label: Box<str> },
    /// Deletes a topic with its subscriptions; one that is not there does not matter.
    DeleteTopic { topic: TopicName },
    /// Tells everything about a topic.
    DescribeTopic { topic: TopicName },
    /// Lists the account's topics that come after `after`, at most `max`.
    ListTopics { account: crate::Account, after: Option<Box<str>>, max: usize },
    /// Subscribes an endpoint, or finds its subscription.
    Subscribe { topic: TopicName, added: SubscriptionAdded },
    /// Says yes to a subscription, or no to the end of one.
    ConfirmSubscription { token: Token, authenticated: bool },
    /// Ends a subscription; one that is not there does not matter.
    Unsubscribe { id: SubscriptionId, has_credentials: bool },
    /// Changes one attribute.
    SetSubscriptionAttribute { id: SubscriptionId, name: Box<str>, value: Box<str>, region: Box<str> },
    /// Tells everything about a subscription.
    DescribeSubscription { id: SubscriptionId },
    /// Lists the account's subscriptions that come after `after`, at most `max`.
    ListSubscriptions { account: crate::Account, after: Option<SubscriptionId>, max: usize },
    /// Lists a topic's subscriptions that come after `after`, at most `max`.
    ListSubscriptionsByTopic { topic: TopicName, after: Option<SubscriptionId>, max: usize },
    /// Publishes messages: one, or the entries of a batch; all or none.
    Publish {
        topic: TopicName,
        entries: Vec<Publication>,
        /// That the ARNs in policies of queues are written with.
        region: Box<str>,
    },
    /// Takes the next step of a subscription's replay, which has come to `from`.
    StepOfReplay { subscription: SubscriptionId, from: u64, messages: Vec<ReplayedNotification>, region: Box<str> },
    /// Changes what a door keeps for an account, all or none, if what the door expects is so.
    ChangeEntries { account: crate::Account, changes: EntryChanges },
    /// Reads what a door keeps.
    GetEntry { key: EntryKey },
    /// Lists what a door keeps for an account: paths that begin so and come after `after`, at most `max`.
    ListEntries { account: crate::Account, prefix: Box<str>, after: Option<Box<str>>, max: usize },
    /// Says how an attempt at an endpoint ended, and what the endpoint said of how often it may be called.
    EndDelivery { subscription: SubscriptionId, sequence: u64, outcome: DeliveryOutcome, feedback: Feedback },
    /// A call begins that [`Broker::take_admitted_call`](crate::Broker::take_admitted_call) told of.
    BeginCall { limits: CallLimits },
    /// Such a call has ended, and its target said this.
    EndCall { limits: CallLimits, feedback: Feedback },
}

impl Command {
    /// The queue whose owner, or whose policy, says who may have this done.
    pub(crate) fn queue(&self) -> Option<&QueueName> {
        match self {
            Command::DeleteQueue { queue }
            | Command::DescribeQueue { queue }
            | Command::SetQueueAttributes { queue, .. }
            | Command::TagQueue { queue, .. }
            | Command::UntagQueue { queue, .. }
            | Command::AddPermission { queue, .. }
            | Command::RemovePermission { queue, .. }
            | Command::PurgeQueue { queue, .. }
            | Command::ListDeadLetterSources { queue, .. }
            | Command::Peek { queue, .. }
            | Command::Send { queue, .. }
            | Command::Receive { queue, .. }
            | Command::Delete { queue, .. }
            | Command::ChangeVisibility { queue, .. } => Some(queue),
            Command::StartMoveTask { source, .. }
            | Command::CancelMoveTask { source, .. }
            | Command::ListMoveTasks { source, .. } => Some(source),
            Command::CreateQueue { .. }
            | Command::ListQueues { .. }
            | Command::PutFunction { .. }
            | Command::SetConcurrency { .. }
            | Command::PublishVersion { .. }
            | Command::DeleteFunction { .. }
            | Command::DescribeFunction { .. }
            | Command::ListVersions { .. }
            | Command::PutAlias { .. }
            | Command::DeleteAlias { .. }
            | Command::ListAliases { .. }
            | Command::PutInvokeConfig { .. }
            | Command::ListInvokeConfigs { .. }
            | Command::QueueInvocation { .. }
            | Command::EndInvocation { .. }
            | Command::ConcludeInvocation { .. }
            | Command::PutMapping { .. }
            | Command::PutSchedule { .. }
            | Command::DeleteSchedule { .. }
            | Command::DeleteSchedules { .. }
            | Command::DescribeSchedule { .. }
            | Command::ListSchedules { .. }
            | Command::EndScheduleCall { .. }
            | Command::FireSchedule { .. }
            | Command::DeleteMapping { .. }
            | Command::ListFunctions
            | Command::Dispatch { .. }
            | Command::MoveMessages { .. }
            | Command::EndAttempt { .. }
            | Command::EndLostAttempts
            | Command::EndDelivery { .. }
            | Command::BeginCall { .. }
            | Command::EndCall { .. }
            | Command::StepOfReplay { .. }
            | Command::ChangeEntries { .. }
            | Command::GetEntry { .. }
            | Command::ListEntries { .. }
            | Command::Object(_)
            | Command::Workflow(_) => None,
            of_topics => {
                debug_assert!(of_topics.is_of_topics(), "every command of queues has its row above");
                None
            }
        }
    }

    fn is_of_topics(&self) -> bool {
        self.topic().is_some()
            || self.subscription().is_some()
            || matches!(
                self,
                Command::CreateTopic { .. }
                    | Command::ListTopics { .. }
                    | Command::ListSubscriptions { .. }
                    | Command::ConfirmSubscription { .. }
                    | Command::Unsubscribe { .. }
            )
    }

    /// The topic whose owner, or whose policy, says who may have this done.
    pub(crate) fn topic(&self) -> Option<&TopicName> {
        match self {
            Command::SetTopicAttribute { topic, .. }
            | Command::TagTopic { topic, .. }
            | Command::UntagTopic { topic, .. }
            | Command::AddTopicPermission { topic, .. }
            | Command::RemoveTopicPermission { topic, .. }
            | Command::DeleteTopic { topic }
            | Command::DescribeTopic { topic }
            | Command::Subscribe { topic, .. }
            | Command::ListSubscriptionsByTopic { topic, .. }
            | Command::Publish { topic, .. } => Some(topic),
            _ => None,
        }
    }

    /// The account whose entries this reads or changes, which nobody else may have done.
    pub(crate) fn entries_of(&self) -> Option<crate::Account> {
        match self {
            Command::ChangeEntries { account, .. }
            | Command::GetEntry { key: EntryKey { account, .. } }
            | Command::ListEntries { account, .. } => Some(*account),
            _ => None,
        }
    }

    /// The subscription whose owner, or the owner of whose topic, may have this done.
    pub(crate) fn subscription(&self) -> Option<SubscriptionId> {
        match self {
            Command::Unsubscribe { id, has_credentials: true }
            | Command::SetSubscriptionAttribute { id, .. }
            | Command::DescribeSubscription { id } => Some(*id),
            _ => None,
        }
    }
}

/// A subscription that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionAdded {
    /// Whose it is.
    pub owner: crate::Account,
    /// The ARN of who subscribes.
    pub principal: Box<str>,
    /// How the subscriber is reached.
    pub protocol: Protocol,
    /// Where: checked by the door.
    pub endpoint: Box<str>,
    /// The queue that the endpoint names, if it is one of this server's region.
    pub queue: Option<QueueName>,
    /// Those that were given.
    pub attributes: SubscriptionAttributes,
}

/// A message on its way into a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// For every subscriber that has none of its own.
    pub body: Text,
    /// For subscribers of one protocol, by its name.
    pub bodies: Vec<(Protocol, Text)>,
    /// Checked by the door.
    pub subject: Option<Text>,
    /// As the door encodes them.
    pub attributes: Bytes,
    /// What the attributes count towards the message's size.
    pub attributes_size: usize,
    /// How many there are.
    pub attributes_count: usize,
    /// The attributes as filters see them.
    pub facets: Vec<Facet>,
    /// Bytes of the message as it was given, with the bodies for all protocols.
    pub message_bytes: usize,
    /// Checked by the door: 1 to 128 allowed characters.
    pub group: Option<Text>,
    /// Checked by the door: 1 to 128 allowed characters.
    pub deduplication_id: Option<Text>,
    /// The `AWSTraceHeader`.
    pub trace_header: Option<Text>,
}

impl Publication {
    /// What was published as it was, as far as filters look at it.
    pub(crate) fn of(notification: &Notification, facets: Vec<Facet>) -> Publication {
        Publication {
            body: notification.body.clone(),
            bodies: notification.bodies.clone(),
            subject: notification.subject.clone(),
            attributes: notification.attributes.clone(),
            attributes_size: 0,
            attributes_count: facets.len(),
            facets,
            message_bytes: notification.body.len(),
            group: notification.group.clone(),
            deduplication_id: notification.deduplication_id.clone(),
            trace_header: notification.trace_header.clone(),
        }
    }

    /// What counts towards the topic's limit.
    pub(crate) fn bytes(&self) -> usize {
        self.message_bytes + self.attributes_size
    }

    /// Which body subscribers of this protocol get: an index into the notification's.
    pub(crate) fn body_for(&self, protocol: Protocol) -> u8 {
        let own = self.bodies.iter().position(|(of, _)| *of == protocol);
        own.map_or(0, |index| u8::try_from(index + 1).expect("there are few protocols"))
    }
}

/// A notification out of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayedNotification {
    /// Its number in the archive.
    pub sequence: u64,
    /// As it was published.
    pub notification: Notification,
    /// Its attributes as filters see them.
    pub facets: Vec<Facet>,
}

/// A message attribute as filters see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// Its name.
    pub name: Box<str>,
    /// Its data type, with a label if there is one.
    pub data_type: Box<str>,
    /// Its value; empty for binary ones.
    pub value: Text,
}

/// What somebody hears of an event that has ended: of the kind that the destination takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationRecord {
    /// For a queue.
    Message(Outgoing),
    /// For a topic.
    Publication(Publication),
    /// For a function.
    Event(QueuedInvocation),
}

/// Who else may do what with a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionAdded {
    /// By which it can be removed.
    pub label: Box<str>,
    /// Twelve digits each.
    pub accounts: Vec<Box<str>>,
    /// As policies write them: `SQS:SendMessage`.
    pub actions: Vec<Box<str>>,
    /// The queue's ARN.
    pub resource: Box<str>,
}

/// A message on its way into a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// 1 byte or more.
    pub body: Text,
    /// Of the body.
    pub body_md5: [u8; 16],
    /// As the door encodes them.
    pub attributes: Bytes,
    /// What the attributes count towards the message's size.
    pub attributes_size: usize,
    /// Overrides the queue's delay; 0 to 900.
    pub delay: Option<Seconds>,
    /// Checked by the door: 1 to 128 allowed characters.
    pub group: Option<Text>,
    /// Checked by the door: 1 to 128 allowed characters.
    pub deduplication_id: Option<Text>,
    /// Who sends.
    pub sender: Text,
    /// The `AWSTraceHeader` system attribute; the door bounds its length.
    pub trace_header: Option<Text>,
    /// Which way it came in.
    pub origin: SendOrigin,
}

/// Which way a message came in; decides how long its id is remembered, and whether a standard queue takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOrigin {
    /// `SendMessage`: ids are for FIFO queues and count for five minutes.
    Api,
    /// A webhook: any queue remembers the id for as long as the provider may deliver it again.
    Webhook {
        /// At least five minutes are kept.
        redelivery_window: Seconds,
    },
}

/// A new visibility timeout for one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibilityChange {
    /// Which receive of which message.
    pub handle: ReceiptHandle,
    /// Counted from now, 0 to 43,200.
    pub timeout: Seconds,
}
