//! What a shard counts: plain integers that its loop owns, copied only when somebody asks.

use std::collections::BTreeMap;

use bongsu_broker::{
    Broker, Command, Decision, Fact, FaultKind, FaultPlace, ObjectReply, ObjectStatistics, QueueId, QueueName,
    QueueStatistics, Reply, Told,
};
use bongsu_histogram::Histogram;
use bongsu_journal::SyncMicros;

use crate::call_metrics::{self, CallMetrics};
use crate::function_metrics::{self, FunctionMetrics};
use crate::topic_metrics::TopicMetrics;

/// Bounds for the sizes of messages, in bytes: the last is the largest message there is.
pub const MESSAGE_BYTES: [u64; 7] = [256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];
/// Bounds for the sizes of batches, in bytes.
pub const BATCH_BYTES: [u64; 9] = [256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20];
/// Bounds for how many facts a batch holds.
pub const BATCH_FACTS: [u64; 8] = [1, 4, 16, 64, 256, 1024, 4096, 16_384];

/// Queues that are counted up in one turn of the loop; more take several turns.
pub(crate) const QUEUES_A_TURN_MAX: usize = 500;

/// What happened at a queue since the start, as CloudWatch's metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueCounters {
    /// Messages that were accepted, by size: neither duplicates, nor what moved here from another queue.
    pub sent_bytes: Histogram<{ MESSAGE_BYTES.len() }>,
    /// Sends that the queue had already.
    pub deduplicated: u64,
    /// Messages that were handed out, each time.
    pub received: u64,
    /// Receives that were answered with nothing.
    pub empty_receives: u64,
    /// Deletes that succeeded, also of what was gone already.
    pub deleted: u64,
    /// What was made to go wrong with messages on purpose, in the order of [`FaultKind::ALL`].
    pub faults: [u64; FaultKind::ALL.len()],
}

impl Default for QueueCounters {
    fn default() -> QueueCounters {
        let sent_bytes = Histogram::new(&MESSAGE_BYTES);
        QueueCounters {
            sent_bytes,
            deduplicated: 0,
            received: 0,
            empty_receives: 0,
            deleted: 0,
            faults: Default::default(),
        }
    }
}

/// A queue in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMetrics {
    /// Which queue.
    pub name: QueueName,
    /// What is in it now.
    pub statistics: QueueStatistics,
    /// What happened at it.
    pub counters: QueueCounters,
}

/// A shard in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// By name. With very many queues, the first may be a few milliseconds older than the last.
    pub queues: Vec<QueueMetrics>,
    /// By name, likewise.
    pub topics: Vec<TopicMetrics>,
    /// By name.
    pub functions: Vec<FunctionMetrics>,
    /// By kind.
    pub calls: Vec<CallMetrics>,
    /// Buckets and objects.
    pub objects: ObjectMetrics,
    /// Long polls that wait.
    pub waiting_receives: usize,
    /// Bytes of the journal's records that hold live messages.
    pub alive_bytes: u64,
    /// Bytes that the journal takes from the file system.
    pub disk_bytes: u64,
    /// Batches handed to the journal, by bytes.
    pub batch_bytes: Histogram<{ BATCH_BYTES.len() }>,
    /// Batches handed to the journal, by facts.
    pub batch_facts: Histogram<{ BATCH_FACTS.len() }>,
    /// How long making batches durable took.
    pub sync_micros: SyncMicros,
}

/// The object store in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectMetrics {
    /// What is in it now.
    pub statistics: ObjectStatistics,
    /// Changes that somebody was told of, since the start.
    pub told: u64,
    /// Changes that somebody was to be told of who is gone or does not take it, since the start.
    pub told_in_vain: u64,
}

/// The counting itself.
pub(crate) struct Counters {
    queues: BTreeMap<QueueId, QueueCounters>,
    functions: function_metrics::Counters,
    pub(crate) calls: call_metrics::Counters,
    told: u64,
    told_in_vain: u64,
    pub(crate) batch_bytes: Histogram<{ BATCH_BYTES.len() }>,
    pub(crate) batch_facts: Histogram<{ BATCH_FACTS.len() }>,
    /// Sizes of the messages of the send that is being decided; kept, so that a send allocates nothing for it.
    sizes: Vec<u64>,
}

/// The queue that a command counts for, where its decision does not say it.
pub(crate) struct Subject(Option<QueueId>);

impl Default for Counters {
    fn default() -> Counters {
        let (batch_bytes, batch_facts) = (Histogram::new(&BATCH_BYTES), Histogram::new(&BATCH_FACTS));
        let (told, told_in_vain, functions) = (0, 0, function_metrics::Counters::default());
        Counters {
            queues: BTreeMap::new(),
            functions,
            calls: call_metrics::Counters::default(),
            told,
            told_in_vain,
            batch_bytes,
            batch_facts,
            sizes: Vec::new(),
        }
    }
}

impl Counters {
    /// Notes what a decision will not tell.
    pub(crate) fn before(&mut self, command: &Command, broker: &Broker) -> Subject {
        self.functions.before(command);
        Subject(match command {
            Command::Send { queue, entries } => {
                self.sizes.clear();
                self.sizes.extend(entries.iter().map(|entry| (entry.body.len() + entry.attributes_size) as u64));
                broker.queue_id(queue)
            }
            Command::Delete { queue, .. } => broker.queue_id(queue),
            Command::EndAttempt { attempt, .. } => broker.queue_of_attempt(*attempt),
            _ => None,
        })
    }

    /// Counts what was decided.
    pub(crate) fn after(&mut self, Subject(subject): Subject, decision: &Decision) {
        self.functions.after(decision);
        match (&decision.reply, subject) {
            (Reply::Sent(results), Some(queue)) => {
                let counters = self.queues.entry(queue).or_default();
                for (sent, bytes) in
                    results.iter().zip(&self.sizes).filter_map(|(sent, size)| Some((sent.as_ref().ok()?, size)))
                {
                    if sent.duplicate {
                        counters.deduplicated += 1;
                    } else {
                        counters.sent_bytes.record(*bytes);
                    }
                }
            }
            (Reply::Each(results), Some(queue)) => {
                let deleted = results.iter().filter(|result| result.is_ok()).count();
                self.queues.entry(queue).or_default().deleted += deleted as u64;
            }
            (Reply::Object(ObjectReply::Changed(changed)), _) => match changed.told {
                Told::Nobody => {}
                Told::Somebody => self.told += 1,
                Told::InVain => self.told_in_vain += 1,
            },
            _ => {}
        }
        for fact in &decision.facts {
            match fact {
                Fact::Received { queue, sequences, .. } | Fact::ReceiveRepeated { queue, sequences, .. } => {
                    self.queues.entry(*queue).or_default().received += sequences.len() as u64;
                }
                Fact::ReceivedByRequest { queue, messages, .. } | Fact::Dispatched { queue, messages, .. } => {
                    self.queues.entry(*queue).or_default().received += messages.len() as u64;
                }
                Fact::AttemptEnded { deleted, .. } => {
                    if let Some(queue) = subject {
                        self.queues.entry(queue).or_default().deleted += deleted.len() as u64;
                    }
                }
                Fact::FaultInjected { place: FaultPlace::Queue(queue), kind } => {
                    self.queues.entry(*queue).or_default().faults[*kind as usize] += 1;
                }
                Fact::QueueDeleted { id } => drop(self.queues.remove(id)),
                _ => {}
            }
        }
    }

    /// The object store.
    pub(crate) fn objects(&self, broker: &Broker) -> ObjectMetrics {
        let (told, told_in_vain) = (self.told, self.told_in_vain);
        ObjectMetrics { statistics: broker.object_statistics(), told, told_in_vain }
    }

    /// All functions, with the first queues: there are few of them.
    pub(crate) fn functions(&self, broker: &Broker, after: Option<&QueueName>) -> Vec<FunctionMetrics> {
        if after.is_none() { self.functions.functions(broker) } else { Vec::new() }
    }

    /// All kinds of calls, likewise.
    pub(crate) fn calls(&self, broker: &Broker, after: Option<&QueueName>) -> Vec<CallMetrics> {
        if after.is_none() { self.calls.calls(broker) } else { Vec::new() }
    }

    /// Counts a receive that is answered with nothing.
    pub(crate) fn empty_receive(&mut self, queue: QueueId) {
        self.queues.entry(queue).or_default().empty_receives += 1;
    }

    /// The next queues after this one, in order, as many as one turn allows.
    pub(crate) fn queues(&self, broker: &Broker, after: Option<&QueueName>) -> Vec<QueueMetrics> {
        let next = broker.statistics(after).take(QUEUES_A_TURN_MAX);
        next.map(|(name, id, statistics)| QueueMetrics {
            name: name.clone(),
            statistics,
            counters: self.queues.get(&id).copied().unwrap_or_default(),
        })
        .collect()
    }
}
