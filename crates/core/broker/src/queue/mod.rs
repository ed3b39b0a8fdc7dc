//! One queue: its messages and everything that is kept about them.
//!
//! The methods that change a queue are called by `apply` and `advance` alone. They assert; deciding is done elsewhere.

pub(crate) mod attributes;
mod deduplication;
mod groups;
pub(crate) mod name;
pub(crate) mod receipt;
pub(crate) mod redrive;
mod requests;
mod retention;
mod shelf;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

pub(crate) use deduplication::{DeduplicationWindow, Remembered};
pub(crate) use groups::{GroupIndex, Groups};
pub(crate) use requests::{ReceiveRequest, ReceiveRequests};
use retention::Retention;
use shelf::Shelf;

use crate::{Place, QueueAttributes, QueueId, QueueName, Seconds, Tags, Text, Timestamp};

/// What the broker keeps in memory of a message; its content stays in the journal, at `place`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) place: Place,
    pub(crate) sent_at: Timestamp,
    /// Zero until the first receive.
    pub(crate) first_received_at: Timestamp,
    /// The receive that counts for the 12-hour limit. Zero until the first.
    pub(crate) received_at: Timestamp,
    /// When a delayed or received message is visible again.
    pub(crate) hidden_until: Timestamp,
    pub(crate) receive_count: u32,
    pub(crate) group: GroupIndex,
    /// Index into the queue's `sources`, for a message that was dead-lettered here.
    pub(crate) source: Option<u16>,
    pub(crate) visibility: Visibility,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Visible,
    Delayed,
    InFlight,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: QueueName,
    pub(crate) attributes: QueueAttributes,
    pub(crate) tags: Tags,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Timestamp,
    /// Zero if it never was.
    pub(crate) purged_at: Timestamp,
    /// Where the newest full record of this definition lies.
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) id: QueueId,
    /// Absent only during a replay, until the kept definition is read.
    pub(crate) definition: Option<Definition>,
    pub(crate) deduplication: DeduplicationWindow,
    /// Receives of a FIFO queue that can be asked for again.
    pub(crate) requests: ReceiveRequests,
    pub(crate) next_sequence: u64,
    /// The queues whose messages were dead-lettered here.
    pub(crate) sources: Vec<QueueName>,
    messages: Shelf<Message>,
    groups: Groups,
    /// Delayed and received messages, by when they become visible.
    hidden: BTreeSet<(Timestamp, u64)>,
    retention: Retention,
    in_flight: usize,
    delayed: usize,
}

impl Queue {
    pub(crate) fn new(id: QueueId) -> Queue {
        Queue {
            id,
            definition: None,
            deduplication: DeduplicationWindow::default(),
            requests: ReceiveRequests::default(),
            next_sequence: 0,
            sources: Vec::new(),
            messages: Shelf::new(),
            groups: Groups::default(),
            hidden: BTreeSet::new(),
            retention: Retention::default(),
            in_flight: 0,
            delayed: 0,
        }
    }

    pub(crate) fn attributes(&self) -> &QueueAttributes {
        &self.definition.as_ref().expect("only a replay sees a queue without its definition").attributes
    }

    pub(crate) fn message(&self, sequence: u64) -> Option<&Message> {
        self.messages.get(sequence)
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = (u64, &Message)> {
        self.messages.iter()
    }

    /// The messages whose numbers are `first` or more.
    pub(crate) fn messages_from(&self, first: u64) -> impl Iterator<Item = (u64, &Message)> {
        self.messages.iter_from(first)
    }

    pub(crate) fn group_name(&self, message: &Message) -> Option<&Text> {
        (message.group != GroupIndex::NONE).then(|| self.groups.name(message.group))
    }

    pub(crate) fn visible(&self) -> usize {
        self.messages.ready_len()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(crate) fn delayed(&self) -> usize {
        self.delayed
    }

    /// Whether a receive would find something.
    pub(crate) fn has_receivable(&self) -> bool {
        if self.id.is_fifo() { self.groups.is_anybody_in_line() } else { self.messages.ready_len() > 0 }
    }

    /// Visits receivable messages in the order in which a receive hands them out: for standard queues the oldest
    /// first; for FIFO queues group by group, each as far as its messages are visible.
    pub(crate) fn visit_receivable(&self, mut visit: impl FnMut(u64, &Message) -> ControlFlow<()>) {
        let mut all = || -> ControlFlow<()> {
            if !self.id.is_fifo() {
                return self.messages.iter_ready().try_for_each(|(sequence, message)| visit(sequence, message));
            }
            for group in self.groups.in_line() {
                for sequence in self.groups.messages(group).take_while(|sequence| self.messages.is_ready(*sequence)) {
                    visit(sequence, self.messages.get(sequence).expect("a group lists present messages"))?;
                }
            }
            ControlFlow::Continue(())
        };
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = all();
    }

    /// Puts a message in at a free number; it is visible at once if its time has come.
    pub(crate) fn insert(&mut self, sequence: u64, mut message: Message, group: Option<&Text>, now: Timestamp) {
        if self.id.is_fifo() {
            let group = group.expect("every message of a FIFO queue has a group");
            message.group = self.groups.insert(group, sequence);
        }
        if message.hidden_until <= now {
            message.visibility = Visibility::Visible;
        }
        let (group, visibility) = (message.group, message.visibility);
        self.retention.insert(sequence, message.sent_at);
        match visibility {
            Visibility::Visible => {}
            Visibility::Delayed => self.delayed += 1,
            Visibility::InFlight => self.in_flight += 1,
        }
        if visibility != Visibility::Visible {
            self.hidden.insert((message.hidden_until, sequence));
        }
        self.messages.insert(sequence, message);
        self.messages.set_ready(sequence, visibility == Visibility::Visible);
        self.next_sequence = self.next_sequence.max(sequence + 1);
        self.refresh_group(group);
    }

    /// Takes a message out for good.
    pub(crate) fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.remove(sequence)?;
        self.unhide(sequence, &message);
        if self.messages.iter_chunk(shelf::chunk_of(sequence)).next().is_none() {
            self.retention.forget(sequence);
        }
        if message.group != GroupIndex::NONE {
            self.groups.remove(message.group, sequence);
            self.refresh_group(message.group);
        }
        Some(message)
    }

    /// Takes all messages out, and forgets every id. What the queue is, and its next number, stay.
    pub(crate) fn purge(&mut self) -> Queue {
        let emptied = Queue {
            definition: self.definition.clone(),
            next_sequence: self.next_sequence,
            sources: self.sources.clone(),
            ..Queue::new(self.id)
        };
        std::mem::replace(self, emptied)
    }

    /// Has messages that still wait for their delay wait for another one, counted from when they were sent.
    pub(crate) fn delay_from_send(&mut self, delay: Seconds, now: Timestamp) {
        let is_delayed = |sequence: u64| self.message(sequence).is_some_and(|m| m.visibility == Visibility::Delayed);
        let delayed: Vec<u64> = self.hidden.iter().map(|(_, sequence)| *sequence).filter(|s| is_delayed(*s)).collect();
        for sequence in delayed {
            let until = self.message(sequence).expect("listed above").sent_at + delay;
            self.hide(sequence, until, now);
            if until > now {
                self.messages.get_mut(sequence).expect("hidden above").visibility = Visibility::Delayed;
                self.in_flight -= 1;
                self.delayed += 1;
            }
        }
    }

    /// Counts a receive and hides the message until `hidden_until`.
    pub(crate) fn receive(&mut self, sequence: u64, hidden_until: Timestamp, now: Timestamp) {
        let message = self.messages.get_mut(sequence).expect("only present messages are received");
        // Counted when handed out, not when deleted: a consumer that dies still uses up one receive.
        message.receive_count += 1;
        message.received_at = now;
        if message.first_received_at == Timestamp(0) {
            message.first_received_at = now;
        }
        let group = message.group;
        self.hide(sequence, hidden_until, now);
        // Even a message that stays visible sends its group to the end of the line.
        if group != GroupIndex::NONE {
            self.groups.set_receivable(group, false);
            self.refresh_group(group);
        }
    }

    /// Moves the end of the message's visibility timeout; a time that has passed makes it visible at once.
    pub(crate) fn hide(&mut self, sequence: u64, until: Timestamp, now: Timestamp) {
        let before = self.messages.get(sequence).expect("only present messages are hidden").clone();
        self.unhide(sequence, &before);
        let visible = until <= now;
        let message = self.messages.get_mut(sequence).expect("looked up above");
        message.hidden_until = until;
        message.visibility = if visible { Visibility::Visible } else { Visibility::InFlight };
        self.messages.set_ready(sequence, visible);
        if !visible {
            self.in_flight += 1;
            self.hidden.insert((until, sequence));
        }
        self.refresh_group(before.group);
    }

    /// Notes that the message's content now lies somewhere else.
    pub(crate) fn relocate(&mut self, sequence: u64, place: Place) {
        self.messages.get_mut(sequence).expect("only present messages are relocated").place = place;
    }

    fn unhide(&mut self, sequence: u64, message: &Message) {
        match message.visibility {
            Visibility::Visible => return,
            Visibility::Delayed => self.delayed -= 1,
            Visibility::InFlight => self.in_flight -= 1,
        }
        let was_hidden = self.hidden.remove(&(message.hidden_until, sequence));
        assert!(was_hidden, "a hidden message has a deadline");
    }

    fn refresh_group(&mut self, group: GroupIndex) {
        if group != GroupIndex::NONE
            && let Some(first) = self.groups.first(group)
        {
            self.groups.set_receivable(group, self.messages.is_ready(first));
        }
    }

    /// When time next changes something here: a message becomes visible or expires, an id is forgotten.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let visible = self.hidden.first().map(|(until, _)| *until);
        [visible, self.next_expiry(), self.deduplication.next_expiry(), self.requests.next_expiry()]
            .into_iter()
            .flatten()
            .min()
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        let definition = self.definition.as_ref()?;
        self.retention.oldest().map(|sent_at| sent_at + definition.attributes.retention)
    }

    /// Lets time pass up to `now`, one deadline after the other, so that the result does not depend on how often this
    /// is called. Returns the messages that expired.
    pub(crate) fn advance(&mut self, now: Timestamp) -> Vec<(u64, Message)> {
        let mut expired = Vec::new();
        while let Some(deadline) = self.next_deadline().filter(|deadline| *deadline <= now) {
            if self.hidden.first().is_some_and(|(until, _)| *until == deadline) {
                let (until, sequence) = *self.hidden.first().expect("looked at above");
                self.hide(sequence, until, until);
            } else if self.next_expiry() == Some(deadline) {
                self.expire(deadline, &mut expired);
            } else if self.deduplication.next_expiry() == Some(deadline) {
                self.deduplication.forget_first();
            } else {
                self.requests.forget_first();
            }
        }
        expired
    }

    fn expire(&mut self, deadline: Timestamp, expired: &mut Vec<(u64, Message)>) {
        let retention = self.attributes().retention;
        let chunk = self.retention.oldest_chunk().expect("something is due");
        let in_chunk: Vec<(u64, Timestamp)> =
            self.messages.iter_chunk(chunk).map(|(sequence, message)| (sequence, message.sent_at)).collect();
        let (due, kept): (Vec<_>, Vec<_>) =
            in_chunk.into_iter().partition(|(_, sent_at)| *sent_at + retention <= deadline);
        self.retention.set(chunk, kept.iter().map(|(_, sent_at)| *sent_at).min());
        for (sequence, _) in due {
            expired.push((sequence, self.remove(sequence).expect("listed above")));
        }
    }
}
