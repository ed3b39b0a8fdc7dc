//! A journal in memory: facts as bytes at rising positions, to rebuild a broker from, as a whole or after cleaning.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_rate_limit::Bucket;
use bytes::Bytes;

use super::object_state::{ObservedBucket, observe_buckets};
use crate::feed::Feed;
use crate::function::state::KnownFunction;
use crate::move_task::MoveTask;
use crate::queue::{DeduplicationWindow, Message, Queue, Visibility};
use crate::topic::Topic;
use crate::topic::subscription::Subscription;
use crate::workflow::execution::KnownExecution;
use crate::workflow::state::KnownMachine;
use crate::{
    Attempt, AttemptId, Broker, Content, DeduplicationKey, Entry, ExecutionId, Fact, Function, LimitKey, MachineAlias,
    MachineVersion, MappingId, MessageId, PendingDelivery, Place, Protocol, QueueAttributes, QueueId, QueueName,
    Recorded, Replay, StateMachine, Stored, SubscriptionDefinition, SubscriptionId, Tags, Text, Timestamp,
    TopicDefinition, TopicId,
};

/// What a record has around it in a journal; makes positions rise unevenly.
const FRAME_BYTES: u64 = 12;

/// Facts in the order in which they happened.
#[derive(Default)]
pub(super) struct History {
    end: u64,
    records: BTreeMap<u64, Bytes>,
}

impl History {
    /// Writes a fact down, and says where.
    pub(super) fn append(&mut self, at: Timestamp, fact: &Fact) -> Place {
        let mut bytes = Vec::new();
        Recorded::encode(at, fact, &mut bytes);
        let place = Place { position: self.end, length: bytes.len() as u32, part: 0 };
        self.end += FRAME_BYTES + bytes.len() as u64;
        self.records.insert(place.position, Bytes::from(bytes));
        place
    }

    /// The oldest records.
    pub(super) fn oldest(&self, count: usize) -> Vec<(Place, Recorded)> {
        self.recorded().take(count).collect()
    }

    /// Forgets everything before the record behind these.
    pub(super) fn trim(&mut self, oldest: &[(Place, Recorded)]) {
        oldest.iter().for_each(|(place, _)| drop(self.records.remove(&place.position)));
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// A broker as it is after a restart at `now`.
    pub(super) fn rebuild(&self, now: Timestamp) -> Broker {
        let mut broker = Broker::new();
        broker.allow_faults();
        for (place, recorded) in self.recorded() {
            broker.apply(&recorded.fact, recorded.at, place);
        }
        broker.finish_replay();
        broker.advance(now);
        broker.take_woken();
        broker
    }

    /// What lies at `place`.
    pub(super) fn stored(&self, place: Place) -> Stored {
        self.recorded_at(place).into_stored(place.part).expect("the record of something that is handed out")
    }

    /// What happened at `place`.
    pub(super) fn fact(&self, place: Place) -> Fact {
        self.recorded_at(place).fact
    }

    fn recorded_at(&self, place: Place) -> Recorded {
        let bytes = self.records.get(&place.position).expect("the record of what is alive is there");
        assert_eq!(bytes.len(), place.length as usize, "a place gives its record's length");
        Recorded::decode(bytes.clone()).expect("written by this version")
    }

    fn recorded(&self) -> impl Iterator<Item = (Place, Recorded)> {
        self.records.iter().map(|(position, bytes)| {
            let place = Place { position: *position, length: bytes.len() as u32, part: 0 };
            (place, Recorded::decode(bytes.clone()).expect("written by this version"))
        })
    }
}

/// A journal whose oldest records are cleaned away again and again, and a broker that was rebuilt from the rest.
pub(super) struct Cleaned {
    /// One record in so many goes, each time.
    one_in: usize,
    /// Whether this time the process dies after writing and before dropping.
    crashes: bool,
    history: History,
    broker: Broker,
}

impl Cleaned {
    pub(super) fn new(one_in: usize, now: Timestamp) -> Cleaned {
        let history = History::default();
        let broker = history.rebuild(now);
        Cleaned { one_in, crashes: false, history, broker }
    }

    pub(super) fn happen(&mut self, fact: &Fact, at: Timestamp) {
        let place = self.history.append(at, fact);
        self.broker.apply(fact, at, place);
    }

    /// Writes again what is still needed of the oldest records, drops them, and goes on with what a restart finds.
    pub(super) fn clean(&mut self, now: Timestamp) {
        self.broker.advance(now);
        let before = self.history.len();
        let count = before.div_ceil(self.one_in);
        let oldest = self.history.oldest(count);
        for (place, recorded) in &oldest {
            for needed in self.broker.still_needed(&recorded.fact, *place) {
                self.happen(&needed, now);
            }
        }
        self.crashes = !self.crashes;
        if !self.crashes {
            self.history.trim(&oldest);
        }
        self.broker = self.history.rebuild(now);
        if count == before && !self.crashes {
            let kept: usize = self.history.recorded().map(|(_, record)| held_by(&record.fact)).sum();
            let messages: usize = self.broker.queues.values().map(|queue| queue.messages().count()).sum();
            let rows: usize = self.broker.topics.subscriptions.values().map(|known| known.outbox.len()).sum();
            let in_archive = |topic: &Topic| topic.archive.range(0, u64::MAX, usize::MAX).count();
            let archived: usize = self.broker.topics.by_id.values().map(in_archive).sum();
            assert_eq!(kept, messages + rows + archived, "everything is kept once");
            let is_id = |fact: &Fact| {
                let of_queue = matches!(fact, Fact::DeduplicationKept { .. } | Fact::ReceiveRequestKept { .. });
                of_queue || matches!(fact, Fact::TopicDeduplicationKept { .. })
            };
            let kept = self.history.recorded().filter(|(_, recorded)| is_id(&recorded.fact)).count();
            let known = |queue: &Queue| queue.deduplication.iter().count() + queue.requests.iter().count();
            let of_queues: usize = self.broker.queues.values().map(known).sum();
            let of_topics: usize =
                self.broker.topics.by_id.values().map(|topic| topic.deduplication.iter().count()).sum();
            assert_eq!(kept, of_queues + of_topics, "every id is kept once");
        }
    }

    pub(super) fn observe(&self) -> Observed {
        observe(&self.broker, &self.history)
    }
}

/// How many messages, copies and questions a fact holds the content of.
fn held_by(fact: &Fact) -> usize {
    match fact {
        Fact::Sent { .. } | Fact::MessageKept { .. } | Fact::QuestionQueued { .. } => 1,
        Fact::Published { copies, .. } => copies.len(),
        Fact::NotificationKept { copies, .. } => copies.len(),
        _ => 0,
    }
}

/// Everything about a broker that a client could notice, and nothing about where it lies in the journal.
#[derive(Debug, PartialEq)]
pub(super) struct Observed {
    queues: Vec<ObservedQueue>,
    functions: Vec<(Box<str>, ObservedFunction)>,
    events: Vec<(Box<str>, ObservedRows)>,
    feeds: Vec<(MappingId, Feed)>,
    attempts: BTreeMap<AttemptId, ObservedAttempt>,
    running: BTreeMap<MappingId, u32>,
    topics: Vec<ObservedTopic>,
    subscriptions: Vec<ObservedSubscription>,
    entries: Vec<Entry>,
    buckets: Vec<ObservedBucket>,
    machines: Vec<ObservedMachine>,
    executions: Vec<(KnownExecution, Vec<Stored>)>,
    express: Vec<Stored>,
    limits: Vec<(LimitKey, Bucket)>,
}

#[derive(Debug, PartialEq)]
struct ObservedTopic {
    id: TopicId,
    definition: TopicDefinition,
    subscriptions: BTreeSet<SubscriptionId>,
    by_endpoint: BTreeMap<(Protocol, Box<str>), SubscriptionId>,
    deduplication: Vec<ObservedId>,
    archive: Vec<(u64, Stored)>,
}

#[derive(Debug, PartialEq)]
struct ObservedSubscription {
    id: SubscriptionId,
    definition: SubscriptionDefinition,
    outbox: Vec<(u64, PendingDelivery, Stored)>,
    replay: Option<Replay>,
}

/// Key, message, its number, until when the id is known.
type ObservedId = (DeduplicationKey, MessageId, u64, Timestamp);

#[derive(Debug, PartialEq)]
struct ObservedAttempt {
    mapping: MappingId,
    queue: QueueId,
    messages: Vec<(u64, u32)>,
    execution: Option<ExecutionId>,
}

#[derive(Debug, PartialEq)]
struct ObservedQueue {
    id: QueueId,
    name: QueueName,
    attributes: QueueAttributes,
    tags: Tags,
    created_at: Timestamp,
    modified_at: Timestamp,
    purged_at: Timestamp,
    next_sequence: u64,
    counts: (usize, usize, usize),
    messages: Vec<ObservedMessage>,
    /// Of a FIFO queue in order within each group: the turns between groups may change with a restart.
    receivable: BTreeMap<Option<Text>, Vec<u64>>,
    deduplication: Vec<ObservedId>,
    /// The newest first, without the places of their records.
    move_tasks: Vec<MoveTask>,
    requests: Vec<ObservedRequest>,
}

/// Id, messages with their receive counts, until when they are hidden, until when the id is known.
type ObservedRequest = (DeduplicationKey, Vec<(u64, u32)>, Timestamp, Timestamp);

#[derive(Debug, PartialEq)]
struct ObservedMessage {
    sequence: u64,
    message_id: MessageId,
    content: Stored,
    group: Option<Text>,
    sent_at: Timestamp,
    first_received_at: Timestamp,
    received_at: Timestamp,
    receive_count: u32,
    visibility: Visibility,
    /// Says nothing about a visible message.
    hidden_until: Option<Timestamp>,
    source: Option<QueueName>,
}

pub(super) fn observe(broker: &Broker, history: &History) -> Observed {
    let of_attempt = |(id, attempt): (&AttemptId, &Attempt)| {
        let messages: BTreeSet<_> = attempt.messages.iter().copied().collect();
        assert_eq!(messages.len(), attempt.messages.len(), "an attempt has each message once");
        // Of messages that are gone an attempt may or may not know after cleaning: nothing can become of them.
        let alive = |sequence: u64| broker.queues.get(&attempt.queue).is_some_and(|q| q.message(sequence).is_some());
        let messages = messages.into_iter().filter(|(sequence, _)| alive(*sequence)).collect();
        let (mapping, queue, execution) = (attempt.mapping, attempt.queue, attempt.execution);
        (*id, ObservedAttempt { mapping, queue, messages, execution })
    };
    let events = broker.invocations.queues().map(|name| observe_events(broker, name, history));
    Observed {
        queues: broker.queues.values().map(|queue| observe_queue(queue, history)).collect(),
        functions: broker.functions.iter().map(|(name, known)| (name.clone(), observe_function(known))).collect(),
        events: events.filter(|(_, rows)| !rows.is_empty()).collect(),
        feeds: broker.feeds.iter().map(|(id, feed)| (*id, feed.value.clone())).collect(),
        attempts: broker.attempts.iter().map(of_attempt).collect(),
        running: broker.running.clone(),
        topics: broker.topics.by_id.values().map(|topic| observe_topic(topic, history)).collect(),
        subscriptions: broker
            .topics
            .subscriptions
            .iter()
            .map(|(id, subscription)| observe_subscription(*id, subscription, history))
            .collect(),
        entries: broker
            .entries
            .range(super::script::ACCOUNT, "", None)
            .map(|(path, value)| Entry { path: path.into(), value: value.clone() })
            .collect(),
        buckets: observe_buckets(&broker.objects, history),
        machines: broker.workflows.machines.values().map(observe_machine).collect(),
        executions: broker.workflows.executions.values().map(|known| observe_execution(known, history)).collect(),
        express: broker.workflows.express.values().map(|express| history.stored(express.place)).collect(),
        limits: broker.limits.known.iter().map(|(key, known)| (key.clone(), known.bucket.clone())).collect(),
    }
}

/// Without the places of their records.
type ObservedMachine = (StateMachine, u32, Vec<MachineVersion>, Vec<MachineAlias>);

fn observe_machine(known: &KnownMachine) -> ObservedMachine {
    (
        (**known.current()).clone(),
        known.last_version,
        known.versions.values().map(|version| version.value.clone()).collect(),
        known.aliases.values().map(|alias| alias.value.clone()).collect(),
    )
}

fn observe_execution(known: &KnownExecution, history: &History) -> (KnownExecution, Vec<Stored>) {
    let steps = known.steps.iter().map(|step| history.stored(step.place));
    (KnownExecution { steps: Vec::new(), ..known.clone() }, steps.collect())
}

fn observe_topic(topic: &Topic, history: &History) -> ObservedTopic {
    let archive = topic.archive.range(0, u64::MAX, usize::MAX);
    ObservedTopic {
        id: topic.id,
        definition: topic.current(),
        subscriptions: topic.subscriptions.clone(),
        by_endpoint: topic.by_endpoint.clone(),
        deduplication: observe_ids(&topic.deduplication),
        archive: archive.map(|(sequence, place)| (sequence, history.stored(place))).collect(),
    }
}

/// Without the places of their records: settings, the latest version and all others, aliases, treatments of events.
type ObservedFunction = (Option<u32>, u32, Vec<Function>, Vec<crate::Alias>, Vec<(Box<str>, crate::InvokeConfig)>);

/// Number, how it stands, what it is.
type ObservedRows = Vec<(u64, PendingDelivery, Stored)>;

fn observe_function(known: &KnownFunction) -> ObservedFunction {
    let versions = std::iter::once(known.latest()).chain(known.versions.values());
    let configs = known.invoke_configs.iter().map(|(qualifier, placed)| (qualifier.clone(), placed.value.clone()));
    (
        known.reserved,
        known.last_version,
        versions.map(|placed| Function::clone(&placed.value)).collect(),
        known.aliases.values().map(|placed| placed.value.clone()).collect(),
        configs.collect(),
    )
}

fn observe_events(broker: &Broker, function: &str, history: &History) -> (Box<str>, ObservedRows) {
    let rows = broker.invocations.get(function).into_iter().flat_map(|outbox| outbox.rows());
    (function.into(), rows.map(|(sequence, row)| (sequence, row.pending, history.stored(row.place))).collect())
}

fn observe_subscription(id: SubscriptionId, known: &Subscription, history: &History) -> ObservedSubscription {
    let rows = known.outbox.rows().map(|(sequence, row)| (sequence, row.pending, history.stored(row.place)));
    let definition = known.definition().as_ref().clone();
    ObservedSubscription { id, definition, outbox: rows.collect(), replay: known.replay }
}

fn observe_ids(ids: &DeduplicationWindow) -> Vec<ObservedId> {
    ids.iter().map(|(key, known)| (*key, known.message_id, known.sequence, known.until)).collect()
}

fn observe_queue(queue: &Queue, history: &History) -> ObservedQueue {
    let definition = queue.definition.clone().expect("only a replay sees a queue without its definition");
    let mut receivable: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    queue.visit_receivable(|sequence, message| {
        let group = queue.group_name(message).filter(|_| queue.id.is_fifo());
        receivable.entry(group.cloned()).or_default().push(sequence);
        std::ops::ControlFlow::Continue(())
    });
    ObservedQueue {
        id: queue.id,
        name: definition.name,
        attributes: definition.attributes,
        tags: definition.tags,
        created_at: definition.created_at,
        modified_at: definition.modified_at,
        purged_at: definition.purged_at,
        next_sequence: queue.next_sequence,
        counts: (queue.visible(), queue.in_flight(), queue.delayed()),
        messages: queue
            .messages()
            .map(|(sequence, message)| observe_message(queue, sequence, message, history))
            .collect(),
        receivable,
        deduplication: observe_ids(&queue.deduplication),
        move_tasks: queue
            .move_tasks
            .newest_first()
            .map(|task| MoveTask { place: Place::default(), ..task.clone() })
            .collect(),
        requests: queue
            .requests
            .iter()
            .map(|(key, known)| (*key, known.messages.clone(), known.hidden_until, known.until))
            .collect(),
    }
}

fn observe_message(queue: &Queue, sequence: u64, message: &Message, history: &History) -> ObservedMessage {
    let (first_id, content) = match history.stored(message.place) {
        // Cleaning writes a message with its identity of today.
        Stored::Message(content) => {
            (content.message_id, Stored::Message(Content { message_id: MessageId::default(), ..content }))
        }
        Stored::Notification(notification, form) => {
            (form.message_id(&notification), Stored::Notification(notification, form))
        }
        _ => panic!("it is no message"),
    };
    ObservedMessage {
        sequence,
        message_id: queue.new_id(sequence).unwrap_or(first_id),
        content,
        group: queue.group_name(message).cloned(),
        sent_at: message.sent_at,
        first_received_at: message.first_received_at,
        received_at: message.received_at,
        receive_count: message.receive_count,
        visibility: message.visibility,
        hidden_until: (message.visibility != Visibility::Visible).then_some(message.hidden_until),
        source: message.source.and_then(|source| queue.sources.get(usize::from(source))).cloned(),
    }
}
