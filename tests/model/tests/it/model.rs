//! A naive model of SQS, and of topics that feed its queues: one list of messages a queue, looked through from its start
//! for every question.
//!
//! A rule stands beside the sentence of the reference that it comes from. Each operation is given the broker's answer and
//! panics unless that is one that the rules allow; where they leave a choice (ids, numbers, which group comes first), the
//! model follows the answer.

/// "Every queue operation resolves the queue first; unknown → QueueDoesNotExist."
macro_rules! resolve {
    ($model:ident, $name:ident, $answer:ident) => {
        match $model.queues.iter().position(|queue| queue.name == $name) {
            Some(place) => place,
            None => return refused($answer, &["QueueDoesNotExist"]),
        }
    };
}

mod administration;
mod moves;
mod shown;
mod topics;

use std::collections::BTreeMap;

use bongsu_broker::{
    Content, Delivery, Peeked, PeekedState, QueueDescription, QueueId, ReceiptHandle, Rejection, Reply, Sent,
};

use crate::attributes::{Attributes, Setting, is_fifo};
use moves::MoveTask;
pub(crate) use moves::Seen;
pub(crate) use topics::FUNCTION;
use topics::{Topic, sha256};

/// The broker's answer to a command.
pub(crate) type Answer = Result<Reply, Rejection>;
/// The name of a rejection.
pub(crate) type Fault = &'static str;

const MINUTE: u64 = 60_000;
const FIVE_MINUTES: u64 = 300_000;
const TWELVE_HOURS: u64 = 43_200_000;
const TAGS_MAX: usize = 50;
/// "A tenant is noisy when it holds more than 10 % of in-flight messages and at least 30 of them."
const NOISY_FROM: usize = 30;

/// Everything that a broker knows about queues.
#[derive(Default)]
pub(crate) struct Model {
    /// Milliseconds.
    pub(crate) now: u64,
    pub(crate) queues: Vec<Queue>,
    topics: Vec<Topic>,
    deleted: Vec<Deleted>,
    /// Ids of all messages that were ever accepted.
    ids: Vec<u128>,
}

/// A queue that is gone.
struct Deleted {
    name: String,
    at: u64,
    /// Whether the journal may have forgotten it.
    is_cleaned: bool,
}

pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) id: QueueId,
    pub(crate) attributes: Attributes,
    tags: BTreeMap<String, String>,
    created_at: u64,
    modified_at: u64,
    purged_at: Option<u64>,
    /// In the order in which they came.
    pub(crate) messages: Vec<Message>,
    remembered: Vec<Remembered>,
    requests: Vec<Request>,
    /// Those that move messages out of here, in the order in which they were started.
    tasks: Vec<MoveTask>,
    last_sequence: Option<u64>,
}

#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) id: u128,
    sequence: u64,
    pub(crate) body: String,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    sent_at: u64,
    delayed_until: u64,
    in_flight_until: u64,
    received_at: u64,
    first_received_at: u64,
    receives: u32,
    source: Option<String>,
    /// Whether a move task gave it an id that its record did not have when it was sent.
    is_moved: bool,
}

/// A deduplication id within its scope, and the message that was sent with it.
struct Remembered {
    group: Option<String>,
    deduplication_id: String,
    until: u64,
    id: u128,
    sequence: u64,
}

/// A receive that may be asked for again.
struct Request {
    name: String,
    until: u64,
    in_flight_until: u64,
    receives: Vec<(u64, u32)>,
}

/// A message on its way into a queue.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) body: String,
    pub(crate) attributes_size: usize,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    /// Seconds.
    pub(crate) delay: Option<u32>,
    /// Seconds for which a webhook's provider may deliver it again; `None` for `SendMessage`.
    pub(crate) window: Option<u32>,
}

impl Message {
    fn is_in_flight(&self, now: u64) -> bool {
        now < self.in_flight_until
    }

    fn is_delayed(&self, now: u64) -> bool {
        now < self.delayed_until
    }

    fn is_visible(&self, now: u64) -> bool {
        !self.is_in_flight(now) && !self.is_delayed(now)
    }

    fn expires_at(&self, attributes: &Attributes) -> u64 {
        self.sent_at + u64::from(attributes.retention) * 1000
    }
}

/// Panics unless the command was refused for one of these reasons.
fn refused(answer: &Answer, faults: &[Fault]) {
    let Err(rejection) = answer else { panic!("must be refused with one of {faults:?}: {answer:?}") };
    is_one_of(rejection, faults);
}

fn is_one_of(rejection: &Rejection, faults: &[Fault]) {
    let text = format!("{rejection:?}");
    let name = text.split([' ', '{', '(']).next().unwrap_or_default();
    assert!(faults.contains(&name), "refused with {text} instead of one of {faults:?}");
}

fn reply(answer: &Answer) -> &Reply {
    answer.as_ref().unwrap_or_else(|rejection| panic!("must not be refused: {rejection:?}"))
}

fn done(answer: &Answer) {
    assert_eq!(reply(answer), &Reply::Done);
}

impl Model {
    pub(crate) fn find(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.name == name)
    }

    /// "expired when now − sent ≥ MessageRetentionPeriod (also while in flight)."
    fn expire(&mut self) {
        for queue in &mut self.queues {
            queue.messages.retain(|message| self.now < message.expires_at(&queue.attributes));
        }
    }

    pub(crate) fn pass(&mut self, now: u64) {
        self.now = now;
        self.expire();
    }

    /// When something may change by itself, soonest first.
    pub(crate) fn deadlines(&self) -> Vec<u64> {
        let mut times: Vec<u64> = self.deleted.iter().map(|deleted| deleted.at + MINUTE).collect();
        times.extend(self.topics.iter().flat_map(Topic::deadlines));
        for queue in &self.queues {
            times.extend(queue.purged_at.map(|at| at + MINUTE));
            times.extend(queue.remembered.iter().map(|remembered| remembered.until));
            times.extend(queue.requests.iter().map(|request| request.until));
            times.extend(queue.tasks.iter().filter_map(MoveTask::next_step_at));
            for message in &queue.messages {
                times.extend([message.delayed_until, message.in_flight_until, message.expires_at(&queue.attributes)]);
            }
        }
        times.retain(|time| *time > self.now);
        times.sort_unstable();
        times.dedup();
        times
    }

    /// "On FIFO queues a bad entry fails the whole request"; on a standard queue it fails alone.
    pub(crate) fn send(&mut self, name: &str, entries: &[Entry], answer: &Answer) {
        let place = resolve!(self, name, answer);
        let queue = &mut self.queues[place];
        let faults: Vec<Vec<Fault>> = entries.iter().map(|entry| queue.faults(entry)).collect();
        if is_fifo(name) && faults.iter().any(|faults| !faults.is_empty()) {
            return refused(answer, &faults.concat());
        }
        let Reply::Sent(results) = reply(answer) else { panic!("not a result of sends: {answer:?}") };
        assert_eq!(results.len(), entries.len(), "one result an entry");
        for ((entry, faults), result) in entries.iter().zip(&faults).zip(results) {
            match result {
                Err(rejection) => is_one_of(rejection, faults),
                Ok(sent) => {
                    assert!(faults.is_empty(), "accepted in spite of {faults:?}");
                    queue.accept(entry, sent, self.now, &mut self.ids);
                }
            }
        }
        self.expire();
    }

    /// `look` tells of the messages that are in a queue now: where the answer moved dead letters to.
    pub(crate) fn receive(
        &mut self,
        name: &str,
        max: usize,
        visibility: Option<u32>,
        request: Option<&str>,
        answer: &Answer,
        look: impl Fn(&str) -> Vec<Seen>,
    ) {
        let place = resolve!(self, name, answer);
        let Reply::Received { queue, deliveries } = reply(answer) else { panic!("not a receive: {answer:?}") };
        let now = self.now;
        let target = self.dead_letters_of(place);
        let source = &mut self.queues[place];
        assert_eq!(*queue, source.id, "the queue that was asked");
        let in_flight_until = now + u64::from(visibility.unwrap_or(source.attributes.visibility)) * 1000;
        // "ReceiveRequestAttemptId: no effect on standard queues."
        let request = request.filter(|_| is_fifo(name));
        if let Some(repeated) = request.and_then(|request| source.repeated(request, now)) {
            return source.repeat(repeated, deliveries, in_flight_until);
        }
        let receive_count_max = target.map(|(_, receive_count_max)| receive_count_max);
        let judged = source.judge(deliveries, max, receive_count_max, now);
        for delivery in deliveries {
            let message = source.message_mut(delivery.handle.sequence).expect("it was judged");
            // "ApproximateReceiveCount counts receives"; "the timeout runs from the moment of the receive."
            message.receives += 1;
            message.received_at = now;
            message.in_flight_until = in_flight_until;
            if message.first_received_at == 0 {
                message.first_received_at = now;
            }
            source.is_as_handed_out(delivery);
        }
        if let Some(request) = request.filter(|_| !deliveries.is_empty()) {
            source.requests.retain(|known| known.name != request);
            let receives = deliveries.iter().map(|delivery| (delivery.handle.sequence, delivery.handle.receive_count));
            let receives = receives.collect();
            source.requests.push(Request {
                name: request.to_owned(),
                until: now + FIVE_MINUTES,
                in_flight_until,
                receives,
            });
        }
        if let Some((target, _)) = target {
            self.dead_letter(place, target, &judged, &look(&self.queues[target].name));
        }
    }

    /// The place of the queue for dead letters, and after how many receives a message goes there. "Deleting the DLQ
    /// leaves RedrivePolicy dangling: messages then stay in the source." So they do if it is the source itself.
    fn dead_letters_of(&self, place: usize) -> Option<(usize, u32)> {
        let (target, receive_count_max) = self.queues[place].attributes.redrive.as_ref()?;
        let target = self.queues.iter().position(|queue| queue.name == *target)?;
        (target != place).then_some((target, *receive_count_max))
    }

    /// Moves what must be moved, and what may be moved if it was; `there` is what the target has in the broker by now.
    fn dead_letter(&mut self, from: usize, to: usize, judged: &Judged, there: &[Seen]) {
        let source = self.queues[from].name.clone();
        for (number, moved) in judged.too_often.iter().enumerate() {
            let mut message = self.queues[from].message_mut(*moved).expect("it was judged").clone();
            // "Standard: the original enqueue time is kept. FIFO: enqueue time is reset on the move."
            if is_fifo(&source) {
                message.sent_at = self.now;
            }
            let arrived = there.iter().find(|seen| seen.id == message.id).map(|seen| seen.sequence);
            let is_too_old = self.now >= message.expires_at(&self.queues[to].attributes);
            if number >= judged.moved_surely && arrived.is_none() {
                continue;
            }
            self.queues[from].messages.retain(|message| message.sequence != *moved);
            if is_too_old {
                assert_eq!(arrived, None, "a message that is too old for the dead-letter queue is not kept there");
                continue;
            }
            let sequence = arrived.expect("a message that was received too often is moved");
            // "Keeps MessageId, body, attributes, group and dedup ids. ApproximateReceiveCount continues."
            message.sequence = sequence;
            message.in_flight_until = 0;
            message.source = Some(source.clone());
            self.queues[to].messages.push(message);
        }
        let target = &mut self.queues[to];
        target.messages.sort_by_key(|message| message.sequence);
        target.last_sequence = target.last_sequence.max(there.iter().map(|seen| seen.sequence).max());
        // In order within each group; a standard queue's as a whole.
        let order = |id: u128| there.iter().find(|seen| seen.id == id).map(|seen| seen.sequence);
        for group in &judged.order {
            let arrived: Vec<u64> = group.iter().filter_map(|id| order(*id)).collect();
            assert!(arrived.is_sorted(), "dead letters keep their order: {arrived:?}");
        }
    }

    /// The table of 6.4.
    pub(crate) fn delete(&mut self, name: &str, handles: &[ReceiptHandle], answer: &Answer) {
        let place = resolve!(self, name, answer);
        let queue = &mut self.queues[place];
        let Reply::Each(results) = reply(answer) else { panic!("not a result each: {answer:?}") };
        assert_eq!(results.len(), handles.len(), "one result a handle");
        let faults: Vec<_> = handles.iter().map(|handle| queue.delete_fault(*handle, self.now)).collect();
        for ((handle, fault), result) in handles.iter().zip(faults).zip(results) {
            agrees(result, fault);
            if fault.is_none() {
                queue.messages.retain(|message| message.sequence != handle.sequence);
            }
        }
    }

    /// The table of 6.4, and 6.3. The changes of one request are judged by how things are when it comes.
    pub(crate) fn change_visibility(&mut self, name: &str, changes: &[(ReceiptHandle, u32)], answer: &Answer) {
        let place = resolve!(self, name, answer);
        let queue = &mut self.queues[place];
        let Reply::Each(results) = reply(answer) else { panic!("not a result each: {answer:?}") };
        assert_eq!(results.len(), changes.len(), "one result a change");
        let faults: Vec<_> =
            changes.iter().map(|(handle, timeout)| queue.visibility_fault(*handle, *timeout, self.now)).collect();
        for (((handle, timeout), fault), result) in changes.iter().zip(faults).zip(results) {
            agrees(result, fault);
            if fault.is_none() {
                let message = queue.message_mut(handle.sequence).expect("else it is a fault");
                // "Sets a new timeout of N seconds from now; 0 makes it visible at once."
                message.in_flight_until = self.now + u64::from(*timeout) * 1000;
            }
        }
    }
}

fn agrees(result: &Result<(), Rejection>, fault: Option<Fault>) {
    match (result, fault) {
        (Ok(()), None) => {}
        (Err(rejection), Some(fault)) => is_one_of(rejection, &[fault]),
        _ => panic!("{result:?} instead of {fault:?}"),
    }
}

/// What a receive may, or must, move to the dead-letter queue.
#[derive(Default)]
struct Judged {
    /// Numbers of messages; those that are moved whatever the order of groups stand first.
    too_often: Vec<u64>,
    moved_surely: usize,
    /// Ids of the same messages by group: what must keep its order.
    order: Vec<Vec<u128>>,
}

impl Queue {
    fn message_mut(&mut self, sequence: u64) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.sequence == sequence)
    }

    fn message(&self, sequence: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.sequence == sequence)
    }

    /// Sections 5.1 and 7.
    fn faults(&self, entry: &Entry) -> Vec<Fault> {
        let is_fifo = is_fifo(&self.name);
        let has_id = entry.deduplication_id.is_some();
        let rules = [
            // "Limit inclusive."
            (entry.body.len() + entry.attributes_size > self.attributes.size as usize, "MessageTooLong"),
            (is_fifo && entry.group.is_none(), "GroupIdMissing"),
            (is_fifo && !has_id && !self.attributes.content_deduplication, "DeduplicationIdMissing"),
            (is_fifo && entry.delay.is_some_and(|delay| delay != 0), "DelayOnFifo"),
            (!is_fifo && has_id && entry.window.is_none(), "DeduplicationIdOnStandard"),
        ];
        rules.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
    }

    fn accept(&mut self, entry: &Entry, sent: &Sent, now: u64, ids: &mut Vec<u128>) {
        let is_fifo = is_fifo(&self.name);
        assert_eq!(sent.fifo, is_fifo);
        // "Explicit id wins over content hash."
        let content_id = (is_fifo && self.attributes.content_deduplication).then(|| sha256(&entry.body));
        let deduplication_id = entry.deduplication_id.clone().or(content_id);
        let scope = entry.group.clone().filter(|_| self.attributes.deduplicates_per_group);
        let is_same = |known: &&Remembered| {
            Some(&known.deduplication_id) == deduplication_id.as_ref() && known.group == scope && now < known.until
        };
        // "A duplicate send succeeds and returns the original MessageId and SequenceNumber."
        if let Some(original) = self.remembered.iter().find(is_same) {
            let told = (sent.duplicate, sent.message_id.0, sent.sequence);
            return assert_eq!(told, (true, original.id, original.sequence), "told of the original message");
        }
        assert!(!sent.duplicate, "it is no duplicate");
        assert!(!ids.contains(&sent.message_id.0), "a message has an id of its own");
        assert!(self.last_sequence < Some(sent.sequence), "sequence numbers only rise");
        ids.push(sent.message_id.0);
        self.last_sequence = Some(sent.sequence);
        if let Some(deduplication_id) = deduplication_id.clone() {
            // "5 minutes from the first accepted send, not extended by duplicates"; of webhooks as long as the
            // provider may deliver again.
            let until = now + FIVE_MINUTES.max(u64::from(entry.window.unwrap_or(0)) * 1000);
            let (id, sequence) = (sent.message_id.0, sent.sequence);
            self.remembered.retain(|known| now < known.until);
            self.remembered.push(Remembered { group: scope, deduplication_id, until, id, sequence });
        }
        // "DelaySeconds overrides the queue's; on a FIFO queue 0 is accepted and means the queue delay."
        let delay = entry.delay.filter(|_| !is_fifo).unwrap_or(self.attributes.delay);
        self.messages.push(Message {
            id: sent.message_id.0,
            sequence: sent.sequence,
            body: entry.body.clone(),
            group: entry.group.clone(),
            deduplication_id,
            sent_at: now,
            delayed_until: now + u64::from(delay) * 1000,
            in_flight_until: 0,
            received_at: 0,
            first_received_at: 0,
            receives: 0,
            source: None,
            is_moved: false,
        });
    }

    /// "For 5 minutes a retry with the same id returns the same messages and handles, unless one was deleted or its
    /// visibility changed."
    fn repeated(&self, name: &str, now: u64) -> Option<usize> {
        let place = self.requests.iter().position(|request| request.name == name && now < request.until)?;
        let request = &self.requests[place];
        let is_untouched = |(sequence, receive): &(u64, u32)| {
            self.message(*sequence).is_some_and(|message| {
                message.receives == *receive
                    && message.is_in_flight(now)
                    && message.in_flight_until == request.in_flight_until
            })
        };
        request.receives.iter().all(is_untouched).then_some(place)
    }

    /// "... and restarts their visibility timeout."
    fn repeat(&mut self, place: usize, deliveries: &[Delivery], in_flight_until: u64) {
        self.requests[place].in_flight_until = in_flight_until;
        let receives = self.requests[place].receives.clone();
        let handed_out: Vec<_> =
            deliveries.iter().map(|delivery| (delivery.handle.sequence, delivery.handle.receive_count)).collect();
        assert_eq!(handed_out, receives, "the same messages again");
        for delivery in deliveries {
            self.is_as_handed_out(delivery);
            self.message_mut(delivery.handle.sequence).expect("it is untouched").in_flight_until = in_flight_until;
        }
    }

    /// Groups of messages that could be received now, each in its order.
    fn deliverable(&self, now: u64) -> Vec<Vec<&Message>> {
        if !is_fifo(&self.name) {
            // Oldest first; "messages of quiet tenants are delivered first; noisy ones still flow when capacity is free."
            let visible = || self.messages.iter().filter(|message| message.is_visible(now));
            let quiet = visible().filter(|message| !self.is_noisy(message, now));
            return vec![quiet.chain(visible().filter(|message| self.is_noisy(message, now))).collect()];
        }
        let mut groups: Vec<Vec<&Message>> = Vec::new();
        for message in self.messages.iter().filter(|message| message.is_visible(now)) {
            // "A message is deliverable iff it is visible, not delayed, and no earlier message of its group is in
            // flight or delayed."
            let mut earlier = self.messages.iter().take_while(|other| other.sequence < message.sequence);
            if earlier.any(|other| other.group == message.group && !other.is_visible(now)) {
                continue;
            }
            match groups.iter_mut().find(|group| group[0].group == message.group) {
                Some(group) => group.push(message),
                None => groups.push(vec![message]),
            }
        }
        groups
    }

    pub(crate) fn has_deliverable(&self, now: u64) -> bool {
        self.deliverable(now).iter().any(|group| !group.is_empty())
    }

    fn is_noisy(&self, message: &Message, now: u64) -> bool {
        let in_flight = || self.messages.iter().filter(|message| message.is_in_flight(now));
        let of_tenant = in_flight().filter(|other| other.group == message.group).count();
        // "A message without an id is its own tenant."
        message.group.is_some() && of_tenant >= NOISY_FROM && of_tenant * 10 > in_flight().count()
    }

    /// Panics unless these may be handed out now. "One receive returns several messages of one group in order and takes
    /// as many as possible from a group before the next"; between groups any order is allowed.
    fn judge(&self, deliveries: &[Delivery], max: usize, receive_count_max: Option<u32>, now: u64) -> Judged {
        // "When a message that would be delivered has already been received maxReceiveCount times it is moved instead."
        let is_too_often = |message: &Message| receive_count_max.is_some_and(|max| message.receives >= max);
        let mut groups = self.deliverable(now);
        let mut rest = deliveries.iter().map(|delivery| delivery.handle.sequence).peekable();
        let (mut taken, mut judged) = (0, Judged::default());
        while let Some(first) = rest.peek() {
            let group = groups.iter().position(|group| group.iter().any(|message| message.sequence == *first));
            let group = groups.remove(group.unwrap_or_else(|| panic!("number {first} is not deliverable")));
            let mut moved = Vec::new();
            for message in &group {
                if taken == max {
                    break;
                }
                if is_too_often(message) {
                    moved.push(*message);
                } else {
                    assert_eq!(rest.next(), Some(message.sequence), "the next message of its group");
                    taken += 1;
                }
            }
            judged.note(&moved);
        }
        let is_full = taken == max;
        judged.moved_surely = judged.too_often.len();
        for group in groups {
            let too_often: Vec<&Message> = group.iter().copied().take_while(|message| is_too_often(message)).collect();
            // "That receive returns other messages or nothing."
            assert!(is_full || too_often.len() == group.len(), "a message is deliverable and was not handed out");
            // Whether a full receive came by here is not for the receiver to know.
            if too_often.len() == group.len() {
                judged.note(&too_often);
            }
        }
        if !is_full {
            judged.moved_surely = judged.too_often.len();
        }
        judged
    }

    /// Panics unless a delivery tells what is known of its message.
    fn is_as_handed_out(&self, delivery: &Delivery) {
        let message = self.message(delivery.handle.sequence).expect("only what is there is handed out");
        // "Handles must be unique per receive and identify queue, message and receive."
        let handle = ReceiptHandle { queue: self.id, sequence: message.sequence, receive_count: message.receives };
        assert_eq!(delivery.handle, handle);
        assert_eq!(delivery.sent_at.0, message.sent_at, "when it was sent");
        assert_eq!(delivery.first_received_at.0, message.first_received_at, "when it was first received");
        assert_eq!(delivery.source.as_ref().map(|queue| &*queue.name), message.source.as_deref(), "its source");
    }

    fn delete_fault(&self, handle: ReceiptHandle, now: u64) -> Option<Fault> {
        if handle.queue != self.id {
            return Some("ReceiptHandleInvalid");
        }
        // "Message already deleted or expired: ok, silent." A standard queue takes any handle of the message.
        let message = self.message(handle.sequence)?;
        (is_fifo(&self.name) && !message.is_held_by(handle, now)).then_some("ReceiptHandleExpired")
    }

    fn visibility_fault(&self, handle: ReceiptHandle, timeout: u32, now: u64) -> Option<Fault> {
        if handle.queue != self.id {
            return Some("ReceiptHandleInvalid");
        }
        let Some(message) = self.message(handle.sequence) else { return Some("MessageNotAvailable") };
        if is_fifo(&self.name) && !message.is_held_by(handle, now) {
            return Some("ReceiptHandleExpired");
        }
        // "12-hour cap counted from the receive of this delivery." Zero keeps nothing hidden for any time.
        let is_beyond = timeout > 0 && now + u64::from(timeout) * 1000 > message.received_at + TWELVE_HOURS;
        is_beyond.then_some("VisibilityBeyondLimit")
    }
}

impl Message {
    /// Whether the handle is of the latest receive, and its visibility timeout still runs.
    fn is_held_by(&self, handle: ReceiptHandle, now: u64) -> bool {
        self.receives == handle.receive_count && self.is_in_flight(now)
    }
}

impl Judged {
    fn note(&mut self, moved: &[&Message]) {
        self.too_often.extend(moved.iter().map(|message| message.sequence));
        self.order.push(moved.iter().map(|message| message.id).collect());
    }
}
