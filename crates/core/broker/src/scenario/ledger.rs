//! The double entry: follows every message through the facts alone, and compares with what the broker has.

use std::collections::{BTreeMap, BTreeSet};

use crate::topic::Topic;
use crate::topic::subscription::Subscription;
use crate::{Broker, CopyTo, Fact, MessageId, QueueId, SubscriptionId, Timestamp, TopicId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Deleted,
    Expired,
    Purged,
    QueueDeleted,
    Redriven,
}

/// Where every message is, or how it ended: each exactly once.
#[derive(Default)]
pub(super) struct Ledger {
    alive: BTreeMap<(QueueId, u64), (MessageId, Timestamp)>,
    ended: BTreeMap<MessageId, End>,
    sent: usize,
    /// What is to be delivered to endpoints, with the identity that it would have in a queue; questions have none.
    rows: BTreeMap<(SubscriptionId, u64), Option<MessageId>>,
    /// What topics keep, and when it was published.
    archived: BTreeMap<(TopicId, u64), Timestamp>,
    last_sequence: BTreeMap<QueueId, u64>,
}

impl Ledger {
    /// Takes note of a fact that is about to be applied to `broker`.
    pub(super) fn note(&mut self, broker: &Broker, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Sent { queue, sequence, content, .. } => {
                self.sent += 1;
                self.enter(*queue, *sequence, content.message_id, at);
            }
            Fact::DeadLettered { from, sequence, to, new_sequence, sent_at, .. } => {
                let (id, _) = self.alive.remove(&(*from, *sequence)).expect("only present messages are moved");
                self.enter(*to, *new_sequence, id, *sent_at);
            }
            // One message ends, and another begins.
            Fact::Redriven { from, to, moves, .. } => {
                for redrive in moves {
                    let (id, _) =
                        self.alive.remove(&(*from, redrive.sequence)).expect("only present messages are moved");
                    assert_eq!(self.ended.insert(id, End::Redriven), None, "a message ends once");
                    self.sent += 1;
                    self.enter(*to, redrive.new_sequence, redrive.message_id, at);
                }
            }
            Fact::Published { topic, notification, copies, .. } => {
                for copy in copies {
                    // A replay brings the same identity once more; here each time counts.
                    let times = if notification.replayed { 1 + self.sent as u128 } else { 0 };
                    let id = MessageId(copy.form.message_id(notification).0 ^ times);
                    match copy.to {
                        CopyTo::Queue { queue, sequence, .. } => {
                            self.sent += 1;
                            self.enter(queue, sequence, id, at);
                        }
                        CopyTo::Archive { sequence } => {
                            let known = self.archived.insert((*topic, sequence), notification.published_at);
                            assert_eq!(known, None, "archived messages have numbers of their own");
                        }
                        CopyTo::Outbox { sequence } => self.queue_row((copy.form.subscription, sequence), Some(id)),
                    }
                }
            }
            Fact::QuestionQueued { subscription, sequence, .. } => self.queue_row((*subscription, *sequence), None),
            Fact::DeliveryEnded { subscription, sequence, .. } => drop(self.end_row((*subscription, *sequence))),
            Fact::DeliveryDeadLettered { subscription, sequence, to, new_sequence, .. } => {
                let id = self.end_row((*subscription, *sequence)).expect("a question is no message");
                self.sent += 1;
                self.enter(*to, *new_sequence, id, at);
            }
            Fact::Deleted { queue, sequences } => self.delete(*queue, sequences),
            Fact::AttemptEnded { attempt, deleted, .. } => self.delete(broker.attempts[attempt].queue, deleted),
            Fact::QueuePurged { id } => self.end_where(End::Purged, |queue, _| queue == *id),
            Fact::QueueDeleted { id } => self.end_where(End::QueueDeleted, |queue, _| queue == *id),
            _ => {}
        }
    }

    fn enter(&mut self, queue: QueueId, sequence: u64, id: MessageId, sent_at: Timestamp) {
        let last = self.last_sequence.insert(queue, sequence);
        assert!(last < Some(sequence), "sequence numbers only rise");
        self.alive.insert((queue, sequence), (id, sent_at));
    }

    fn queue_row(&mut self, row: (SubscriptionId, u64), id: Option<MessageId>) {
        assert_eq!(self.rows.insert(row, id), None, "deliveries have numbers of their own");
    }

    fn end_row(&mut self, row: (SubscriptionId, u64)) -> Option<MessageId> {
        self.rows.remove(&row).expect("only what is to be delivered ends")
    }

    fn delete(&mut self, queue: QueueId, sequences: &[u64]) {
        for sequence in sequences {
            let (id, _) = self.alive.remove(&(queue, *sequence)).expect("only present messages are deleted");
            assert_eq!(self.ended.insert(id, End::Deleted), None, "a message ends once");
        }
    }

    fn end_where(&mut self, end: End, ends: impl Fn(QueueId, Timestamp) -> bool) {
        let over = self.alive.extract_if(.., |(queue, _), (_, sent_at)| ends(*queue, *sent_at));
        for (_, (id, _)) in over {
            assert_eq!(self.ended.insert(id, end), None, "a message ends once");
        }
    }

    /// Writes off what is too old by now, and panics unless the broker has exactly what is left.
    pub(super) fn settle(&mut self, broker: &Broker) {
        let retention = |queue: QueueId| broker.queues[&queue].attributes().retention;
        self.end_where(End::Expired, |queue, sent_at| sent_at + retention(queue) <= broker.now());
        let present: BTreeSet<(QueueId, u64)> = broker
            .queues
            .values()
            .flat_map(|queue| queue.messages().map(|(sequence, _)| (queue.id, sequence)))
            .collect();
        assert!(self.alive.keys().eq(&present), "the broker has {present:?} and should have {:?}", self.alive.keys());
        self.rows.retain(|(subscription, _), _| broker.topics.subscription(*subscription).is_some());
        let rows = |(id, known): (&SubscriptionId, &Subscription)| {
            let id = *id;
            known.outbox.rows().map(|(sequence, _)| (id, sequence)).collect::<Vec<_>>()
        };
        let present: BTreeSet<(SubscriptionId, u64)> = broker.topics.subscriptions.iter().flat_map(rows).collect();
        assert!(self.rows.keys().eq(&present), "to be delivered is {present:?}, and should {:?}", self.rows.keys());
        let topics = &broker.topics.by_id;
        let retention = |topic: &TopicId| topics.get(topic)?.definition().attributes.archive;
        self.archived.retain(|(topic, _), at| retention(topic).is_some_and(|kept| *at + kept > broker.now()));
        let in_archive =
            |topic: &Topic| topic.archive.range(0, u64::MAX, usize::MAX).map(|(n, _)| n).collect::<Vec<_>>();
        let present = topics.values().flat_map(|topic| in_archive(topic).into_iter().map(|n| (topic.id, n)));
        assert!(self.archived.keys().copied().eq(present), "kept should be {:?}", self.archived.keys());
        assert_eq!(self.sent, self.alive.len() + self.ended.len(), "every message is there or has ended");
    }
}
