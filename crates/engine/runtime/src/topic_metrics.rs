//! What a shard counts of topics, as CloudWatch's metrics of SNS do.

use std::collections::BTreeMap;

use bongsu_broker::{
    Broker, Command, Decision, DeliveryEnd, DeliverySubject, Fact, FaultKind, FaultPlace, FilteredOut, Reply, TopicId,
    TopicName, TopicStatistics,
};
use bongsu_histogram::Histogram;

use crate::metrics::MESSAGE_BYTES;

/// Topics that are counted up in one turn of the loop; more take several turns.
pub(crate) const TOPICS_A_TURN_MAX: usize = 100;

/// What happened at a topic since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicCounters {
    /// Messages that were published, by size; without duplicates.
    pub published_bytes: Histogram<{ MESSAGE_BYTES.len() }>,
    /// Publishes that a FIFO topic had already.
    pub deduplicated: u64,
    /// Notifications that an endpoint took, or that are in a queue.
    pub delivered: u64,
    /// To web servers: failed attempts. To others: notifications that were given up.
    pub failed: u64,
    /// Notifications that subscribers do not want, by the reason.
    pub filtered_out: BTreeMap<FilteredOut, u64>,
    /// Notifications that were given up and are in dead-letter queues.
    pub dead_lettered: u64,
    /// Notifications that were given up and whose dead-letter queue does not exist.
    pub not_dead_lettered: u64,
    /// Notifications out of the archive that are in queues.
    pub replayed: u64,
    /// What was made to go wrong with subscribers' copies on purpose.
    pub faults: [u64; FaultKind::ALL.len()],
}

impl Default for TopicCounters {
    fn default() -> TopicCounters {
        TopicCounters {
            published_bytes: Histogram::new(&MESSAGE_BYTES),
            deduplicated: 0,
            delivered: 0,
            failed: 0,
            filtered_out: BTreeMap::new(),
            dead_lettered: 0,
            not_dead_lettered: 0,
            replayed: 0,
            faults: Default::default(),
        }
    }
}

/// A topic in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMetrics {
    /// Which topic.
    pub name: TopicName,
    /// How it stands.
    pub statistics: TopicStatistics,
    /// What happened at it.
    pub counters: TopicCounters,
}

/// The counting itself.
#[derive(Default)]
pub(crate) struct Counters {
    topics: BTreeMap<TopicId, TopicCounters>,
    /// Sizes of the messages of the publish that is being decided; kept, so that a publish allocates nothing for it.
    sizes: Vec<u64>,
}

impl Counters {
    /// Notes what a decision will not tell.
    pub(crate) fn before(&mut self, command: &Command, broker: &Broker) -> Option<DeliverySubject> {
        match command {
            Command::Publish { entries, .. } => {
                self.sizes.clear();
                self.sizes.extend(entries.iter().map(|entry| (entry.message_bytes + entry.attributes_size) as u64));
                None
            }
            Command::EndDelivery { subscription, sequence, .. } => broker.delivery_subject(*subscription, *sequence),
            _ => None,
        }
    }

    /// Counts what was decided.
    pub(crate) fn after(&mut self, subject: Option<DeliverySubject>, decision: &Decision) {
        match (&decision.reply, subject) {
            (Reply::Published { topic, results, tally }, _) => {
                let counters = self.topics.entry(*topic).or_default();
                for (published, bytes) in results.iter().zip(&self.sizes) {
                    match published.duplicate {
                        true => counters.deduplicated += 1,
                        false => counters.published_bytes.record(*bytes),
                    }
                }
                counters.delivered += tally.delivered;
                counters.failed += tally.failed;
                counters.dead_lettered += tally.dead_lettered;
                counters.not_dead_lettered += tally.not_dead_lettered;
                for (reason, count) in &tally.filtered_out {
                    *counters.filtered_out.entry(*reason).or_default() += count;
                }
            }
            (Reply::DeliveryEnded(end), Some(subject)) => {
                self.topics.entry(subject.topic).or_default().count_end(*end, subject);
            }
            _ => {}
        }
        for fact in &decision.facts {
            match fact {
                Fact::Published { topic, notification, copies, .. } if notification.replayed => {
                    self.topics.entry(*topic).or_default().replayed += copies.len() as u64;
                }
                Fact::FaultInjected { place: FaultPlace::Subscription(_), kind } => {
                    if let Reply::Published { topic, .. } = &decision.reply {
                        self.topics.entry(*topic).or_default().faults[*kind as usize] += 1;
                    }
                }
                Fact::TopicDeleted { id } => drop(self.topics.remove(id)),
                _ => {}
            }
        }
    }

    /// The next topics after this one, in order, as many as one turn allows.
    pub(crate) fn topics(&self, broker: &Broker, after: Option<&TopicName>) -> Vec<TopicMetrics> {
        let next = broker.topic_statistics(after).take(TOPICS_A_TURN_MAX);
        next.map(|(name, id, statistics)| TopicMetrics {
            name: name.clone(),
            statistics,
            counters: self.topics.get(&id).cloned().unwrap_or_default(),
        })
        .collect()
    }
}

impl TopicCounters {
    fn count_end(&mut self, end: DeliveryEnd, subject: DeliverySubject) {
        match end {
            DeliveryEnd::Delivered => self.delivered += 1,
            DeliveryEnd::Again { .. } => self.failed += u64::from(subject.protocol.is_http()),
            DeliveryEnd::DeadLettered => {
                self.failed += 1;
                self.dead_lettered += 1;
            }
            DeliveryEnd::GivenUp => {
                self.failed += 1;
                self.not_dead_lettered += u64::from(subject.has_dead_letters);
            }
            DeliveryEnd::Unknown => {}
        }
    }
}
