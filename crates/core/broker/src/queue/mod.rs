//! One queue: its messages and everything that is kept about them.
//!
//! The methods that change a queue are called by `apply` and `advance` alone. They assert; deciding is done elsewhere.

pub(crate) mod attributes;
mod groups;
pub(crate) mod name;
mod named;
pub(crate) mod receipt;
pub(crate) mod redrive;
mod retention;
mod sequences;
mod shelf;
pub(crate) mod statistics;
mod tenants;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use groups::Groups;
pub(crate) use named::GroupIndex;
use retention::Retention;
use shelf::{Shelf, chunk_of};
use tenants::Tenants;
pub(crate) use window::{DeduplicationWindow, ReceiveRequest, ReceiveRequests, Remembered};

use crate::move_task::MoveTasks;
use crate::{MessageId, Place, QueueAttributes, QueueId, QueueName, Seconds, Tags, Text, Timestamp};

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

/// Most of a backlog's memory are these.
const _: () = assert!(size_of::<Message>() <= 64);

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
    /// The tasks that move messages out of here.
    pub(crate) move_tasks: MoveTasks,
    /// Identities that move tasks gave to messages here, until they are in the messages' own records.
    pub(crate) new_ids: BTreeMap<u64, MessageId>,
    /// Visible messages are ready, but for those of tenants.
    messages: Shelf<Message>,
    /// Of a FIFO queue.
    groups: Groups,
    /// Of a standard queue.
    tenants: Tenants,
    /// Delayed and received messages, by when they become visible.
    hidden: BTreeSet<(Timestamp, u64)>,
    retention: Retention,
    /// As `retention`, of those messages of a standard queue that count when the oldest is looked for.
    waiting: Retention,
    in_flight: usize,
    delayed: usize,
    /// Of the records of its messages.
    bytes: u64,
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
            move_tasks: MoveTasks::default(),
            new_ids: BTreeMap::new(),
            messages: Shelf::new(),
            groups: Groups::default(),
            tenants: Tenants::default(),
            hidden: BTreeSet::new(),
            retention: Retention::default(),
            waiting: Retention::default(),
            in_flight: 0,
            delayed: 0,
            bytes: 0,
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
        match self.tenant(message) {
            Some(tenant) => Some(self.tenants.name(tenant)),
            None => self.id.is_fifo().then(|| self.groups.name(message.group)),
        }
    }

    fn tenant(&self, message: &Message) -> Option<GroupIndex> {
        (!self.id.is_fifo() && message.group != GroupIndex::NONE).then_some(message.group)
    }

    pub(crate) fn visible(&self) -> usize {
        self.messages.ready_len() + self.tenants.visible()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(crate) fn delayed(&self) -> usize {
        self.delayed
    }

    /// Whether a receive would find something.
    pub(crate) fn has_receivable(&self) -> bool {
        if self.id.is_fifo() { self.groups.is_anybody_in_line() } else { self.visible() > 0 }
    }

    /// Visits receivable messages in the order in which a receive hands them out: for standard queues the oldest
    /// first, but noisy tenants last; for FIFO queues group by group, each as far as its messages are visible.
    pub(crate) fn visit_receivable(&self, mut visit: impl FnMut(u64, &Message) -> ControlFlow<()>) {
        let mut all = || -> ControlFlow<()> {
            if !self.id.is_fifo() {
                let noisy = self.tenants.noisy(self.in_flight);
                self.quiet(&noisy).try_for_each(|(sequence, message)| visit(sequence, message))?;
                let mut of_noisy = self.tenants.visible_of(&noisy);
                return of_noisy.try_for_each(|sequence| visit(sequence, self.of_tenant(sequence)));
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

    /// The visible messages of a standard queue without those of noisy tenants, oldest first.
    fn quiet(&self, noisy: &[GroupIndex]) -> impl Iterator<Item = (u64, &Message)> {
        let of_tenants = self.tenants.visible_but_of(noisy);
        let mut of_tenants = of_tenants.map(|sequence| (sequence, self.of_tenant(sequence))).peekable();
        let mut others = self.messages.iter_ready().peekable();
        std::iter::from_fn(move || match (of_tenants.peek(), others.peek()) {
            (Some((of_tenant, _)), Some((other, _))) if of_tenant < other => of_tenants.next(),
            (_, Some(_)) => others.next(),
            (_, None) => of_tenants.next(),
        })
    }

    fn of_tenant(&self, sequence: u64) -> &Message {
        self.messages.get(sequence).expect("a tenant lists present messages")
    }

    /// Puts a message in at a free number; it is visible at once if its time has come.
    pub(crate) fn insert(&mut self, sequence: u64, mut message: Message, group: Option<&Text>, now: Timestamp) {
        message.group = match group {
            Some(name) if self.id.is_fifo() => self.groups.insert(name, sequence),
            Some(name) => self.tenants.open(name),
            None => GroupIndex::NONE,
        };
        assert!(group.is_some() || !self.id.is_fifo(), "every message of a FIFO queue has a group");
        if message.hidden_until <= now {
            message.visibility = Visibility::Visible;
        }
        self.retention.insert(sequence, message.sent_at);
        self.start_waiting(sequence, &message);
        self.bytes += u64::from(message.place.length);
        self.messages.insert(sequence, message.clone());
        self.enter(sequence, &message);
        self.next_sequence = self.next_sequence.max(sequence + 1);
        self.refresh_group(message.group);
    }

    /// Takes a message out for good.
    pub(crate) fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.get(sequence)?.clone();
        self.leave(sequence, &message);
        self.messages.remove(sequence);
        self.new_ids.remove(&sequence);
        self.bytes -= u64::from(message.place.length);
        if self.messages.iter_chunk(chunk_of(sequence)).next().is_none() {
            self.retention.forget(sequence);
        }
        self.stop_waiting(sequence);
        if self.id.is_fifo() {
            self.groups.remove(message.group, sequence);
            self.refresh_group(message.group);
        } else if let Some(tenant) = self.tenant(&message) {
            self.tenants.forget_idle(tenant);
        }
        Some(message)
    }

    /// Takes all messages out, and forgets every id. What the queue is, and its next number, stay.
    pub(crate) fn purge(&mut self) -> Queue {
        let emptied = Queue {
            definition: self.definition.clone(),
            next_sequence: self.next_sequence,
            sources: self.sources.clone(),
            move_tasks: self.move_tasks.clone(),
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
            self.hide_as(Visibility::Delayed, sequence, until, now);
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
        let (group, receive_count) = (message.group, message.receive_count);
        self.hide(sequence, hidden_until, now);
        if self.id.is_fifo() {
            // Even a message that stays visible sends its group to the end of the line.
            self.groups.set_receivable(group, false);
            self.refresh_group(group);
        } else if receive_count == statistics::AGE_RECEIVES_MAX {
            self.stop_waiting(sequence);
        }
    }

    /// Moves the end of the message's visibility timeout; a time that has passed makes it visible at once.
    pub(crate) fn hide(&mut self, sequence: u64, until: Timestamp, now: Timestamp) {
        self.hide_as(Visibility::InFlight, sequence, until, now);
    }

    fn hide_as(&mut self, hidden: Visibility, sequence: u64, until: Timestamp, now: Timestamp) {
        let before = self.messages.get(sequence).expect("only present messages are hidden").clone();
        self.leave(sequence, &before);
        let visibility = if until <= now { Visibility::Visible } else { hidden };
        let message = self.messages.get_mut(sequence).expect("looked up above");
        message.hidden_until = until;
        message.visibility = visibility;
        self.enter(sequence, &Message { hidden_until: until, visibility, ..before });
        self.refresh_group(before.group);
    }

    /// The message's identity, if a move task gave it another one than its record has.
    pub(crate) fn new_id(&self, sequence: u64) -> Option<MessageId> {
        self.new_ids.get(&sequence).copied()
    }

    /// Gives a message another identity than its record has.
    pub(crate) fn set_new_id(&mut self, sequence: u64, id: MessageId) {
        self.new_ids.insert(sequence, id);
    }

    /// Notes that the message's content now lies somewhere else, with its identity of today.
    pub(crate) fn relocate(&mut self, sequence: u64, place: Place) {
        let message = self.messages.get_mut(sequence).expect("only present messages are relocated");
        self.bytes -= u64::from(message.place.length);
        self.bytes += u64::from(place.length);
        message.place = place;
        self.new_ids.remove(&sequence);
    }

    /// Counts a present message where its visibility puts it.
    fn enter(&mut self, sequence: u64, message: &Message) {
        let tenant = self.tenant(message);
        if let Some(tenant) = tenant {
            self.tenants.enter(tenant, sequence, message.visibility);
        }
        match message.visibility {
            Visibility::Visible => return self.messages.set_ready(sequence, tenant.is_none()),
            Visibility::Delayed => self.delayed += 1,
            Visibility::InFlight => {
                self.in_flight += 1;
                if self.id.is_fifo() {
                    self.groups.lock(message.group);
                }
            }
        }
        self.hidden.insert((message.hidden_until, sequence));
    }

    /// Undoes what [`Queue::enter`] did for the message as it is until now.
    fn leave(&mut self, sequence: u64, message: &Message) {
        if let Some(tenant) = self.tenant(message) {
            self.tenants.leave(tenant, sequence, message.visibility);
        }
        match message.visibility {
            Visibility::Visible => return self.messages.set_ready(sequence, false),
            Visibility::Delayed => self.delayed -= 1,
            Visibility::InFlight => {
                self.in_flight -= 1;
                if self.id.is_fifo() {
                    self.groups.unlock(message.group);
                }
            }
        }
        let was_hidden = self.hidden.remove(&(message.hidden_until, sequence));
        assert!(was_hidden, "a hidden message has a deadline");
    }

    fn refresh_group(&mut self, group: GroupIndex) {
        if self.id.is_fifo()
            && let Some(first) = self.groups.first(group)
        {
            self.groups.set_receivable(group, self.messages.is_ready(first));
        }
    }

    /// When time next changes something here: a message becomes visible or expires, an id is forgotten.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let visible = self.hidden.first().map(|(until, _)| *until);
        let step = self.move_tasks.next_deadline();
        [visible, self.next_expiry(), self.deduplication.next_expiry(), self.requests.next_expiry(), step]
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
            } else if self.move_tasks.next_deadline() == Some(deadline) {
                self.move_tasks.pass_deadline();
            } else if self.next_expiry() == Some(deadline) {
                self.expire(self.attributes().retention, deadline, &mut expired);
            } else if self.deduplication.next_expiry() == Some(deadline) {
                self.deduplication.forget_first();
            } else {
                self.requests.forget_first();
            }
        }
        expired
    }

    /// Takes out what is too old by now, of a queue whose definition a replay has not come to.
    pub(crate) fn expire_by(&mut self, retention: Seconds, now: Timestamp) -> Vec<(u64, Message)> {
        let mut expired = Vec::new();
        while self.retention.oldest().is_some_and(|sent_at| sent_at + retention <= now) {
            self.expire(retention, now, &mut expired);
        }
        expired
    }

    fn expire(&mut self, retention: Seconds, deadline: Timestamp, expired: &mut Vec<(u64, Message)>) {
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
