//! Receiving: the one way out of a queue, for consumers and for functions.

use std::ops::ControlFlow;

use crate::queue::{Message, Queue, Visibility};
use crate::{
    BATCH_MESSAGES_MAX, Broker, Decision, DeduplicationKey, Delivery, Fact, IN_FLIGHT_MAX, QueueId, QueueName,
    RECEIVE_REQUEST_INTERVAL, ReceiptHandle, Rejection, Reply, Seconds, Timestamp,
};

/// How many messages one receive may move to the dead-letter queue; the next one goes on.
const DEAD_LETTERS_MAX: usize = 100;

/// How many bytes of records one invocation gets at most: the event of them has to stay below 6 MB.
const EVENT_BYTES_MAX: u64 = 4 << 20;

/// What one receive takes out of a queue.
pub(super) struct Batch {
    /// Moves to the dead-letter queue, which come first.
    pub(super) facts: Vec<Fact>,
    /// The messages to hand out.
    pub(super) sequences: Vec<u64>,
    /// The same messages as the receiver sees them.
    pub(super) deliveries: Vec<Delivery>,
}

impl Broker {
    /// An empty answer names the queue, so that the caller can wait there.
    pub(super) fn decide_receive(
        &self,
        name: &QueueName,
        max: usize,
        visibility_timeout: Option<Seconds>,
        request: Option<DeduplicationKey>,
    ) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let hidden_until = self.now() + visibility_timeout.unwrap_or(queue.attributes().visibility_timeout);
        let request = request.filter(|_| queue.id.is_fifo());
        if let Some(repeated) = request.and_then(|request| self.repeat(queue, request, hidden_until)) {
            return Ok(repeated);
        }
        if queue.in_flight() >= IN_FLIGHT_MAX && !queue.id.is_fifo() {
            return Err(Rejection::TooManyInFlight { queue: queue.id });
        }
        let mut batch = self.batch(queue, max);
        if !batch.sequences.is_empty() {
            let queue = queue.id;
            batch.facts.push(match request {
                None => Fact::Received { queue, sequences: batch.sequences, hidden_until, attempt: None },
                Some(request) => {
                    let handles = batch.deliveries.iter().map(|delivery| delivery.handle);
                    let messages = handles.map(|handle| (handle.sequence, handle.receive_count)).collect();
                    let until = self.now() + RECEIVE_REQUEST_INTERVAL;
                    Fact::ReceivedByRequest { queue, messages, hidden_until, request, until }
                }
            });
        }
        let reply = Reply::Received { queue: queue.id, deliveries: batch.deliveries };
        Ok(Decision { facts: batch.facts, reply, effects: Vec::new() })
    }

    /// The messages that the same request was given before, hidden anew; `None` if it is a new request, or if any of them
    /// was deleted, became visible or had its visibility changed since.
    fn repeat(&self, queue: &Queue, request: DeduplicationKey, hidden_until: Timestamp) -> Option<Decision> {
        let before = queue.requests.get(&request)?;
        let untouched = |(sequence, receive_count): &(u64, u32)| {
            let message = queue.message(*sequence)?;
            let is_untouched = message.receive_count == *receive_count
                && message.visibility == Visibility::InFlight
                && message.hidden_until == before.hidden_until;
            is_untouched.then(|| self.delivery(queue, *sequence, message, *receive_count))
        };
        let deliveries = before.messages.iter().map(untouched).collect::<Option<Vec<Delivery>>>()?;
        let sequences = before.messages.iter().map(|(sequence, _)| *sequence).collect();
        let fact = Fact::ReceiveRepeated { queue: queue.id, sequences, hidden_until, request };
        let reply = Reply::Received { queue: queue.id, deliveries };
        Some(Decision { facts: vec![fact], reply, effects: Vec::new() })
    }

    /// The next messages for one invocation of a function: of one group, if there are groups that count.
    pub(super) fn batch_for_function(&self, queue: &Queue, max: usize) -> Batch {
        self.take_batch(queue, max, EVENT_BYTES_MAX, queue.id.is_fifo())
    }

    /// The next messages in the queue's order; those received too often are dead-lettered on the way.
    fn batch(&self, queue: &Queue, max: usize) -> Batch {
        self.take_batch(queue, max.min(BATCH_MESSAGES_MAX), u64::MAX, false)
    }

    fn take_batch(&self, queue: &Queue, max: usize, bytes_max: u64, one_group: bool) -> Batch {
        let mut batch = Batch { facts: Vec::new(), sequences: Vec::new(), deliveries: Vec::new() };
        let max = max.min(IN_FLIGHT_MAX.saturating_sub(queue.in_flight()));
        let mut bytes = 0;
        let dead_letters = self.dead_letters_of(queue);
        let mut group = None;
        queue.visit_receivable(|sequence, message| {
            if batch.sequences.len() >= max || batch.facts.len() >= DEAD_LETTERS_MAX {
                return ControlFlow::Break(());
            }
            match dead_letters {
                Some((target, receive_count_max)) if message.receive_count >= receive_count_max => {
                    let new_sequence = target.next_sequence + batch.facts.len() as u64;
                    batch.facts.push(dead_letter(queue, sequence, message, target.id, new_sequence, self.now()));
                }
                _ if one_group && *group.get_or_insert(message.group) != message.group => {
                    return ControlFlow::Break(());
                }
                _ if bytes + u64::from(message.place.length) > bytes_max && !batch.sequences.is_empty() => {
                    return ControlFlow::Break(());
                }
                _ => {
                    bytes += u64::from(message.place.length);
                    batch.sequences.push(sequence);
                    batch.deliveries.push(self.delivery(queue, sequence, message, message.receive_count + 1));
                }
            }
            ControlFlow::Continue(())
        });
        batch
    }

    /// The dead-letter queue and the limit. A target that is gone, or that is the queue itself, keeps messages here.
    pub(super) fn dead_letters_of(&self, queue: &Queue) -> Option<(&Queue, u32)> {
        let redrive = queue.attributes().redrive.as_ref()?;
        let target = self.queue(&redrive.target).ok()?;
        (target.id != queue.id && target.id.is_fifo() == queue.id.is_fifo())
            .then_some((target, redrive.receive_count_max))
    }

    /// The message as its receive number `receive_count` sees it.
    pub(super) fn delivery(&self, queue: &Queue, sequence: u64, message: &Message, receive_count: u32) -> Delivery {
        let first = message.first_received_at;
        Delivery {
            place: message.place,
            handle: ReceiptHandle { queue: queue.id, sequence, receive_count },
            sent_at: message.sent_at,
            first_received_at: if first == Timestamp(0) { self.now() } else { first },
            source: message.source.and_then(|source| queue.sources.get(usize::from(source))).cloned(),
            message_id: queue.new_id(sequence),
            is_moved: !self.moved.is_empty() && self.moved.contains_key(&message.place.key()),
        }
    }
}

fn dead_letter(
    queue: &Queue,
    sequence: u64,
    message: &Message,
    to: QueueId,
    new_sequence: u64,
    now: Timestamp,
) -> Fact {
    // A standard message keeps the time of its send, so that retention runs on; a FIFO message starts anew.
    let sent_at = if queue.id.is_fifo() { now } else { message.sent_at };
    let source = queue.definition.as_ref().expect("found by its name").name.clone();
    Fact::DeadLettered { from: queue.id, source, sequence, to, new_sequence, sent_at }
}
