//! What clients were promised, and whether what they see keeps to it.

use std::collections::BTreeMap;

use bongsu_broker::{DEDUPLICATION_INTERVAL, MessageId, Sent, Timestamp};
use bongsu_runtime::Received;

/// A message as its sender numbered it: the number is its body, and on a FIFO queue its deduplication id.
pub(crate) type Number = u64;

/// One message, or on a FIFO queue everything that was sent under one id.
#[derive(Debug)]
struct Message {
    queue: &'static str,
    group: u64,
    first_asked_at: Timestamp,
    /// Known once a send was acknowledged, or the message was received.
    known: Option<(MessageId, u64)>,
    acknowledged: bool,
    /// Deletes that may have happened: not answered yet, or never answered because of a crash.
    deletes_open: u32,
    /// The moment at which a delete was acknowledged.
    deleted: Option<u64>,
}

/// Everything that clients know.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    messages: BTreeMap<Number, Message>,
    sequence_max: BTreeMap<&'static str, u64>,
}

impl Ledger {
    pub(crate) fn asks_send(&mut self, queue: &'static str, group: u64, number: Number, now: Timestamp) {
        self.messages.entry(number).or_insert(Message {
            queue,
            group,
            first_asked_at: now,
            known: None,
            acknowledged: false,
            deletes_open: 0,
            deleted: None,
        });
    }

    /// Whether the queue must still remember the id of this message.
    pub(crate) fn is_within_window(&self, number: Number, now: Timestamp) -> bool {
        now < self.messages[&number].first_asked_at + DEDUPLICATION_INTERVAL
    }

    /// The group of a message of a FIFO queue.
    pub(crate) fn group_of_fifo(&self, number: Number) -> Option<u64> {
        let message = &self.messages[&number];
        message.queue.ends_with(".fifo").then_some(message.group)
    }

    pub(crate) fn sequence_max(&self, queue: &str) -> Option<u64> {
        self.sequence_max.get(queue).copied()
    }

    /// `sequence_before`: the highest that was known when the send was asked.
    pub(crate) fn sent(&mut self, number: Number, sent: &Sent, sequence_before: Option<u64>) {
        let message = self.messages.get_mut(&number).expect("asked before");
        let identity = (sent.message_id, sent.sequence);
        if let Some(known) = message.known {
            assert_eq!(known, identity, "{number} came twice into {}", message.queue);
            assert!(sent.duplicate || !message.acknowledged, "{number} was new twice");
        } else if !sent.duplicate {
            assert!(sequence_before.is_none_or(|before| before < sent.sequence), "sequence numbers fell");
        }
        message.known = Some(identity);
        message.acknowledged = true;
        let highest = self.sequence_max.entry(message.queue).or_default();
        *highest = sent.sequence.max(*highest);
    }

    /// It was published at a topic that feeds the queue: its identity there is known when it is received.
    pub(crate) fn published(&mut self, number: Number) {
        self.messages.get_mut(&number).expect("asked before").acknowledged = true;
    }

    pub(crate) fn asks_delete(&mut self, number: Number) {
        self.messages.get_mut(&number).expect("received before").deletes_open += 1;
    }

    pub(crate) fn deleted(&mut self, number: Number, moment: u64, done: bool) {
        let message = self.messages.get_mut(&number).expect("received before");
        message.deletes_open -= 1;
        if done {
            message.deleted.get_or_insert(moment);
        }
    }

    /// What a receive got that was asked at the moment `asked`.
    pub(crate) fn received(&mut self, queue: &'static str, batch: &[Received], asked: u64) -> Vec<Number> {
        let numbers: Vec<Number> = batch.iter().map(number).collect();
        for (place, (number, received)) in numbers.iter().zip(batch).enumerate() {
            let message = self.messages.get_mut(number).expect("nobody sent this");
            assert_eq!(message.queue, queue, "{number} is in another queue");
            assert!(
                message.deleted.is_none_or(|deleted| deleted > asked),
                "{number} came back after its delete was acknowledged: {message:?}"
            );
            let is_moved = received.delivery.source.is_some();
            let identity = (received.content.message_id, received.delivery.handle.sequence);
            if !is_moved {
                let highest = self.sequence_max.entry(queue).or_default();
                *highest = identity.1.max(*highest);
            }
            match message.known {
                // A dead letter has another number in another queue.
                Some((message_id, _)) if is_moved => assert_eq!(message_id, identity.0, "{number} is there twice"),
                Some(known) => assert_eq!(known, identity, "{number} is there twice"),
                None => message.known = (!is_moved).then_some(identity),
            }
            if queue.ends_with(".fifo") {
                self.assert_first_of_group(*number, &numbers[..place]);
            }
        }
        numbers
    }

    fn assert_first_of_group(&self, number: Number, before: &[Number]) {
        let message = &self.messages[&number];
        for (other_number, other) in &self.messages {
            let is_earlier = other.queue == message.queue
                && other.group == message.group
                && other.known.is_some_and(|(_, sequence)| sequence < message.known.expect("received").1);
            let may_be_gone = other.deleted.is_some() || other.deletes_open > 0 || before.contains(other_number);
            assert!(!is_earlier || may_be_gone, "{number} overtook {other_number} of its group: {other:?}");
        }
    }

    /// How many messages are in a queue at least and at most.
    pub(crate) fn bounds(&self, queue: &str) -> (usize, usize) {
        let there = || self.messages.values().filter(|message| message.queue == queue && message.deleted.is_none());
        (there().filter(|message| message.acknowledged && message.deletes_open == 0).count(), there().count())
    }

    /// Every acknowledged message must have been deleted by now.
    pub(crate) fn assert_nothing_lost(&self) {
        for (number, message) in &self.messages {
            let is_lost = message.acknowledged && message.deleted.is_none() && message.deletes_open == 0;
            assert!(!is_lost, "{number} is lost: {message:?}");
        }
    }
}

/// The number of a message, which stands before the padding of its body.
fn number(received: &Received) -> Number {
    received.content.body.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}
