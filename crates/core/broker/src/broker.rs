//! The broker's state, and the two ways in which it changes: by a fact, and by time that passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::entries::Entries;
use crate::feed::Feed;
use crate::function::Placed;
use crate::function::queue::Invocations;
use crate::function::running::Running;
use crate::function::state::KnownFunction;
use crate::function::window::Windows;
use crate::limit::state::Limits;
use crate::move_task::MoveTask;
use crate::object::Objects;
use crate::pipe::HeldAttempts;
use crate::queue::{Definition, GroupIndex, Message, Queue, ReceiveRequest, Remembered, Visibility};
use crate::schedule::state::Schedules;
use crate::topic::state::Topics;
use crate::workflow::state::Workflows;
use crate::{
    Attempt, AttemptId, BlobId, COOLDOWN, DeduplicationKey, Fact, KeptMessage, MappingId, MoveTaskStatus,
    ObjectStatistics, Place, QueueAttributes, QueueId, QueueName, ReceiptHandle, Rejection, Seconds, Timestamp,
};

/// All queues, messages, functions and mappings of one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    pub(crate) now: Timestamp,
    /// During a replay facts may concern what was cleaned away; afterwards that is a bug.
    pub(crate) replaying: bool,
    pub(crate) queues: BTreeMap<QueueId, Queue>,
    pub(crate) by_name: BTreeMap<QueueName, QueueId>,
    /// Whose redrive policies name a queue, by the name of that queue, whether it exists or not.
    pub(crate) dead_letter_sources: BTreeMap<QueueName, BTreeSet<QueueName>>,
    /// The next deadline of each queue that has one.
    timers: BTreeSet<(Timestamp, QueueId)>,
    timer_of: BTreeMap<QueueId, Timestamp>,
    pub(crate) functions: BTreeMap<Box<str>, KnownFunction>,
    pub(crate) invocations: Invocations,
    pub(crate) running_outside: Running,
    pub(crate) windows: Windows,
    pub(crate) schedules: Schedules,
    pub(crate) limits: Limits,
    /// Whether fault policies have an effect.
    pub(crate) faults_allowed: bool,
    pub(crate) feeds: BTreeMap<MappingId, Placed<Feed>>,
    pub(crate) feeds_of: BTreeMap<QueueName, BTreeSet<MappingId>>,
    pub(crate) pipes: BTreeMap<Box<str>, MappingId>,
    pub(crate) attempts: BTreeMap<AttemptId, Attempt>,
    pub(crate) held: HeldAttempts,
    pub(crate) running: BTreeMap<MappingId, u32>,
    /// The functions of mappings that are gone while attempts of theirs still run.
    pub(crate) retired: BTreeMap<MappingId, Box<str>>,
    /// Messages that left the queue that their record names, by [`Place::key`].
    pub(crate) moved: BTreeMap<(u64, u32), (QueueId, u64)>,
    /// When queues were deleted, at least of the last minute.
    pub(crate) deleted_at: BTreeMap<QueueName, Timestamp>,
    /// Bytes of the records that hold live messages.
    pub(crate) alive_bytes: u64,
    /// How many messages share a record, if it is more than one, by the position of the record.
    pub(crate) shared: BTreeMap<u64, usize>,
    pub(crate) topics: Topics,
    pub(crate) entries: Entries,
    pub(crate) objects: Objects,
    pub(crate) workflows: Workflows,
    /// Queues at which a receive or a dispatch may succeed since [`Broker::take_woken`] was last called.
    pub(crate) woken: BTreeSet<QueueId>,
    /// Sources of move tasks whose step became due since [`Broker::take_due_moves`] was last called.
    pub(crate) due_moves: BTreeSet<QueueId>,
}

impl Broker {
    /// An empty state, ready to replay a journal into. Call [`Broker::finish_replay`] before deciding anything.
    #[allow(clippy::new_without_default, reason = "an empty broker is the start of a replay, not a default")]
    pub fn new() -> Broker {
        Broker {
            now: Timestamp(0),
            replaying: true,
            queues: BTreeMap::new(),
            by_name: BTreeMap::new(),
            dead_letter_sources: BTreeMap::new(),
            timers: BTreeSet::new(),
            timer_of: BTreeMap::new(),
            functions: BTreeMap::new(),
            invocations: Invocations::default(),
            running_outside: Running::default(),
            windows: Windows::default(),
            schedules: Schedules::default(),
            limits: Limits::default(),
            faults_allowed: false,
            feeds: BTreeMap::new(),
            feeds_of: BTreeMap::new(),
            pipes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            held: HeldAttempts::default(),
            running: BTreeMap::new(),
            retired: BTreeMap::new(),
            moved: BTreeMap::new(),
            deleted_at: BTreeMap::new(),
            alive_bytes: 0,
            shared: BTreeMap::new(),
            topics: Topics::default(),
            entries: Entries::default(),
            objects: Objects::default(),
            workflows: Workflows::default(),
            woken: BTreeSet::new(),
            due_moves: BTreeSet::new(),
        }
    }

    /// The whole journal is read: from now on a fact about something unknown is a bug.
    pub fn finish_replay(&mut self) {
        self.replaying = false;
        // Messages of a queue whose deletion came later than the journal reaches back; nobody can name them.
        let unknown: Vec<QueueId> =
            self.queues.values().filter(|queue| queue.definition.is_none()).map(|queue| queue.id).collect();
        unknown.into_iter().for_each(|id| self.forget_queue(id));
        self.finish_replay_of_topics();
        self.objects.finish_replay();
        self.finish_replay_of_functions();
        self.finish_replay_of_workflows();
    }

    /// The latest time that this state has seen.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When time next changes something: [`Broker::advance`] is due then.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let of_queues = self.timers.first().map(|(deadline, _)| *deadline);
        let others = [
            self.topics.next_deadline(),
            self.invocations.next_deadline(),
            self.windows.next_deadline(),
            self.schedules.next_deadline(),
            self.workflows.next_deadline(),
            self.limits.next_deadline(),
        ];
        of_queues.into_iter().chain(others.into_iter().flatten()).min()
    }

    /// Bytes of the journal's records that hold live messages and objects: what cleaning cannot free.
    pub fn alive_bytes(&self) -> u64 {
        self.alive_bytes + self.objects.alive_bytes()
    }

    /// The object store in numbers.
    pub fn object_statistics(&self) -> ObjectStatistics {
        self.objects.statistics()
    }

    /// The blobs that objects and parts have.
    pub fn blobs(&self) -> impl Iterator<Item = BlobId> {
        self.objects.blobs()
    }

    /// Blobs that nobody has any more since this was last asked; they can be removed once what was decided is durable.
    pub fn take_freed_blobs(&mut self) -> Vec<BlobId> {
        self.objects.take_freed()
    }

    /// Queues at which a waiting receive, or a dispatch, may have become possible.
    pub fn take_woken(&mut self) -> BTreeSet<QueueId> {
        let woken = std::mem::take(&mut self.woken);
        if self.windows.are_used() {
            woken.iter().for_each(|queue| self.open_windows(*queue));
        }
        woken
    }

    /// Has [`Broker::take_woken`] name a queue again that could not be served to the end.
    pub fn wake(&mut self, queue: QueueId) {
        self.woken.insert(queue);
    }

    /// How long a receive waits at this queue that does not say so itself.
    pub fn receive_wait(&self, queue: QueueId) -> Option<Seconds> {
        Some(self.queues.get(&queue)?.definition.as_ref()?.attributes.receive_wait)
    }

    /// Where the content of a handed-out message lies now; `None` if it is gone.
    pub fn locate(&self, handle: ReceiptHandle) -> Option<Place> {
        Some(self.queues.get(&handle.queue)?.message(handle.sequence)?.place)
    }

    /// The number of the queue that has this name now.
    pub fn queue_id(&self, name: &QueueName) -> Option<QueueId> {
        self.by_name.get(name).copied()
    }

    /// The queue whose messages an attempt works on, while it does.
    pub fn queue_of_attempt(&self, attempt: AttemptId) -> Option<QueueId> {
        Some(self.attempts.get(&attempt)?.queue)
    }

    pub(crate) fn queue(&self, name: &QueueName) -> Result<&Queue, Rejection> {
        let id = self.by_name.get(name).ok_or(Rejection::QueueDoesNotExist)?;
        Ok(&self.queues[id])
    }

    pub(crate) fn name_of(&self, id: QueueId) -> Option<&QueueName> {
        self.queues.get(&id)?.definition.as_ref().map(|definition| &definition.name)
    }

    /// Lets time pass: what was hidden becomes visible, what is too old expires. Not journaled, because the facts say
    /// when: the same facts and the same time always give the same state, however often this is called in between.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while let Some((_, id)) = self.timers.first().copied().filter(|(deadline, _)| *deadline <= self.now) {
            let queue = self.queues.get_mut(&id).expect("only present queues have timers");
            let expired = queue.advance(self.now);
            if queue.has_receivable() {
                self.woken.insert(id);
            }
            if queue.move_tasks.is_due() {
                self.due_moves.insert(id);
            }
            for (_, message) in expired {
                self.forget_record(message.place);
            }
            self.reschedule(id);
        }
        self.advance_limits();
        self.advance_topics();
        self.advance_invocations();
        self.advance_windows();
        self.advance_schedules();
        self.advance_workflows();
    }

    /// Changes the state by one fact. Cannot fail: what could be refused was refused before the fact was made.
    pub fn apply(&mut self, fact: &Fact, at: Timestamp, place: Place) {
        self.advance(at);
        match fact {
            Fact::QueueCreated { id, name, attributes, tags } => {
                let definition = Definition {
                    name: name.clone(),
                    attributes: attributes.clone(),
                    tags: tags.iter().cloned().collect(),
                    created_at: at,
                    modified_at: at,
                    purged_at: Timestamp(0),
                    place,
                };
                self.deleted_at.remove(name);
                self.define_queue(*id, definition, 0);
            }
            Fact::QueueKept { id, name, attributes, tags, created_at, modified_at, purged_at, next_sequence } => {
                let definition = Definition {
                    name: name.clone(),
                    attributes: attributes.clone(),
                    tags: tags.iter().cloned().collect(),
                    created_at: *created_at,
                    modified_at: *modified_at,
                    purged_at: *purged_at,
                    place,
                };
                self.define_queue(*id, definition, *next_sequence);
            }
            Fact::QueueAttributesSet { id, attributes, delay_from_send } => {
                self.set_attributes(*id, attributes, *delay_from_send);
            }
            Fact::QueueTagged { id, tags } => match self.definition_mut(*id) {
                Some(definition) => definition.tags = tags.iter().cloned().collect(),
                None => self.assert_replaying(),
            },
            Fact::QueuePurged { id } => self.purge(*id),
            Fact::QueueDeleted { id } => {
                if let Some(name) = self.name_of(*id).cloned() {
                    self.deleted_at.retain(|_, deleted_at| *deleted_at + COOLDOWN > at);
                    self.deleted_at.insert(name, at);
                }
                self.forget_queue(*id);
            }
            Fact::Sent { queue, sequence, content, visible_at, deduplication } => {
                let message = Message {
                    place,
                    sent_at: at,
                    first_received_at: Timestamp(0),
                    received_at: Timestamp(0),
                    hidden_until: *visible_at,
                    receive_count: 0,
                    group: GroupIndex::NONE,
                    source: None,
                    visibility: Visibility::Delayed,
                };
                self.hold_record(place, 1);
                self.put(*queue, *sequence, message, content.group.as_ref());
                if let Some(deduplication) = deduplication {
                    let remembered = Remembered {
                        message_id: content.message_id,
                        sequence: *sequence,
                        until: deduplication.until,
                        position: place.position,
                    };
                    self.queue_or_placeholder(*queue).deduplication.remember(deduplication.key, remembered);
                }
                self.touch(*queue);
            }
            Fact::Received { queue, sequences, hidden_until, attempt } => {
                self.receive(*queue, sequences, *hidden_until, *attempt, place);
            }
            Fact::ReceivedByRequest { queue, messages, hidden_until, request, until } => {
                let sequences: Vec<u64> = messages.iter().map(|(sequence, _)| *sequence).collect();
                self.receive(*queue, &sequences, *hidden_until, None, place);
                let (messages, hidden_until, until) = (messages.clone(), *hidden_until, *until);
                let remembered = ReceiveRequest { messages, hidden_until, until, position: place.position };
                self.remember_request(*queue, *request, remembered);
            }
            Fact::ReceiveRepeated { queue, sequences, hidden_until, request } => {
                sequences.iter().for_each(|sequence| self.hide(*queue, *sequence, *hidden_until));
                let known = self.queues.get_mut(queue).and_then(|queue| queue.requests.get_mut(request));
                match known {
                    Some(known) => known.hidden_until = *hidden_until,
                    None => self.assert_replaying(),
                }
            }
            Fact::ReceiveRequestKept { queue, request, messages, hidden_until, until } => {
                let (messages, hidden_until, until) = (messages.clone(), *hidden_until, *until);
                let remembered = ReceiveRequest { messages, hidden_until, until, position: place.position };
                self.remember_request(*queue, *request, remembered);
            }
            Fact::Deleted { queue, sequences } => self.delete(*queue, sequences),
            Fact::VisibilityChanged { queue, sequence, hidden_until } => self.hide(*queue, *sequence, *hidden_until),
            Fact::DeadLettered { from, source, sequence, to, new_sequence, sent_at } => {
                self.dead_letter((*from, *sequence), source, (*to, *new_sequence), *sent_at);
            }
            Fact::FunctionSet { function, reserved, last_version } => {
                self.set_function(function, *reserved, *last_version, place);
            }
            Fact::FunctionDeleted { name } => self.remove_function(name),
            Fact::VersionPublished { function } => self.publish_version(function, place),
            Fact::VersionDeleted { function, version } => self.remove_version(function, *version),
            Fact::AliasSet { function, alias } => self.set_alias(function, alias, place),
            Fact::AliasDeleted { function, name } => self.remove_alias(function, name),
            Fact::InvokeConfigSet { function, config } => self.set_invoke_config(function, config.as_ref(), place),
            Fact::InvocationQueued { function, sequence, invocation, pending } => {
                self.queue_invocation(function, *sequence, invocation, *pending, place);
            }
            Fact::InvocationFailed { function, sequence, failed_attempts, next_attempt_at } => {
                self.invocation_failed(function, *sequence, *failed_attempts, *next_attempt_at);
            }
            Fact::InvocationEnded { function, sequence, .. } => self.invocation_ended(function, *sequence),
            Fact::ScheduleSet { definition, made_at, next_at } => {
                self.set_schedule(definition, *made_at, *next_at, place);
            }
            Fact::FaultInjected { .. } => {}
            Fact::ScheduleRemoved { name } => self.remove_schedule(name),
            Fact::ScheduleTried { schedule, number, again: None } => self.end_schedule_attempt(schedule, *number),
            Fact::ScheduleTried { number, again: Some(attempt), .. } => {
                self.set_schedule_attempt(*number, attempt, place);
            }
            Fact::ScheduleFired { name, next_at } => self.schedule_fired(name, *next_at),
            Fact::MappingSet { id, definition } => self.set_feed(*id, Feed::Mapping(definition.clone()), place),
            Fact::PipeSet { id, pipe } => self.set_feed(*id, Feed::Pipe(Arc::new(pipe.clone())), place),
            Fact::MappingDeleted { id } => self.forget_feed(*id),
            Fact::Dispatched { attempt, mapping, queue, messages, hidden_until } => {
                let sequences: Vec<u64> = messages.iter().map(|(sequence, _)| *sequence).collect();
                self.receive(*queue, &sequences, *hidden_until, None, place);
                let (messages, execution) = (messages.clone(), None);
                let begun = Attempt { mapping: *mapping, queue: *queue, messages, execution, place };
                self.put_attempt(*attempt, begun);
            }
            Fact::AttemptEnded { attempt, queue, deleted, released } => {
                self.end_attempt(*attempt, *queue, deleted, released);
            }
            Fact::AttemptKept { attempt, mapping, queue, messages } => {
                let (messages, execution) = (messages.clone(), None);
                let kept = Attempt { mapping: *mapping, queue: *queue, messages, execution, place };
                self.put_attempt(*attempt, kept);
            }
            Fact::AttemptBound { attempt, mapping, queue, messages, execution } => {
                let (messages, execution) = (messages.clone(), Some(*execution));
                let bound = Attempt { mapping: *mapping, queue: *queue, messages, execution, place };
                self.put_attempt(*attempt, bound);
            }
            Fact::MessageKept { message } => {
                self.hold_record(place, 1);
                let KeptMessage { queue, sequence, content, state } = message;
                self.put_kept((*queue, *sequence), state, content.group.as_ref(), place);
            }
            Fact::MoveTaskStarted { source, task, definition, next_step_at } => {
                let (status, moved) = (MoveTaskStatus::Running, 0);
                let (id, definition, next_step_at) = (*task, definition.clone(), *next_step_at);
                let task = MoveTask { id, definition, status, moved, started_at: at, next_step_at, place };
                self.put_move_task(*source, task);
            }
            Fact::MoveTaskKept { source, task, definition, status, moved, started_at, next_step_at } => {
                let (status, moved, started_at) = (*status, *moved, *started_at);
                let (id, definition, next_step_at) = (*task, definition.clone(), *next_step_at);
                let task = MoveTask { id, definition, status, moved, started_at, next_step_at, place };
                self.put_move_task(*source, task);
            }
            Fact::Redriven { task, from, to, visible_at, next_step_at, moves } => {
                self.redrive(*task, (*from, *to), *visible_at, *next_step_at, moves);
            }
            Fact::MoveTaskEnded { source, task, status } => self.end_move_task(*source, *task, *status),
            Fact::TopicDefined { id, definition } => self.define_topic(*id, definition, place),
            Fact::TopicDeleted { id } => self.forget_topic(*id),
            Fact::SubscriptionDefined { id, definition } => self.define_subscription(*id, definition, place),
            Fact::Unsubscribed { id } => self.forget_subscription(*id),
            Fact::Published { topic, notification, copies, deduplication } => {
                self.publish(*topic, notification, copies, deduplication.as_ref(), place);
            }
            Fact::QuestionQueued { subscription, sequence, pending, .. } => {
                self.queue_question(*subscription, *sequence, *pending, place);
            }
            Fact::DeliveryFailed { subscription, sequence, failed_attempts, next_attempt_at } => {
                self.delivery_failed(*subscription, *sequence, *failed_attempts, *next_attempt_at);
            }
            Fact::DeliveryEnded { subscription, sequence, .. } => self.delivery_ended(*subscription, *sequence),
            Fact::DeliveryDeadLettered { subscription, sequence, to, new_sequence, visible_at } => {
                self.dead_letter_delivery((*subscription, *sequence), (*to, *new_sequence), *visible_at);
            }
            Fact::ReplaySet { subscription, replay } => self.set_replay(*subscription, *replay, place),
            Fact::EntryPut { key, value } => self.entries.put(key, value, place),
            Fact::EntryRemoved { key } => {
                let is_known = self.entries.remove(key);
                assert!(is_known || self.replaying, "only an entry that is there is removed");
            }
            Fact::Object { fact } => self.objects.apply(fact, place, self.replaying),
            Fact::Workflow { fact } => self.apply_workflow(fact, place),
            Fact::LimitSet { key, bucket } => self.set_limit(key, bucket, place),
            Fact::NotificationKept { notification, copies } => self.put_kept_notification(notification, copies, place),
            Fact::TopicDeduplicationKept { topic, deduplication, message_id, sequence } => {
                self.remember_at_topic(*topic, deduplication, (*message_id, *sequence), place);
            }
            Fact::DeduplicationKept { queue, deduplication, message_id, sequence } => {
                if deduplication.until > self.now {
                    let remembered = Remembered {
                        message_id: *message_id,
                        sequence: *sequence,
                        until: deduplication.until,
                        position: place.position,
                    };
                    self.queue_or_placeholder(*queue).deduplication.remember(deduplication.key, remembered);
                    self.touch(*queue);
                }
            }
        }
        // A fact may put something in that is due already: a message too old for its dead-letter queue, a task's step.
        self.advance(at);
    }

    /// What a fact is about is not there: normal in a replay, whose beginning may have been cleaned away.
    pub(crate) fn assert_replaying(&self) {
        assert!(self.replaying, "a fact concerns something that does not exist");
    }

    fn define_queue(&mut self, id: QueueId, definition: Definition, next_sequence: u64) {
        self.unlink_redrive(id);
        self.by_name.insert(definition.name.clone(), id);
        let queue = self.queues.entry(id).or_insert_with(|| Queue::new(id));
        queue.definition = Some(definition);
        queue.next_sequence = queue.next_sequence.max(next_sequence);
        self.link_redrive(id);
        self.touch(id);
    }

    /// The queue's name, and that of the queue its redrive policy names.
    fn redrive_of(&self, id: QueueId) -> Option<(QueueName, QueueName)> {
        let definition = self.queues.get(&id)?.definition.as_ref()?;
        Some((definition.name.clone(), definition.attributes.redrive.as_ref()?.target.clone()))
    }

    fn link_redrive(&mut self, id: QueueId) {
        if let Some((source, target)) = self.redrive_of(id) {
            self.dead_letter_sources.entry(target).or_default().insert(source);
        }
    }

    fn unlink_redrive(&mut self, id: QueueId) {
        let Some((source, target)) = self.redrive_of(id) else { return };
        if let Some(sources) = self.dead_letter_sources.get_mut(&target) {
            sources.remove(&source);
            if sources.is_empty() {
                self.dead_letter_sources.remove(&target);
            }
        }
    }

    fn definition_mut(&mut self, id: QueueId) -> Option<&mut Definition> {
        self.queues.get_mut(&id)?.definition.as_mut()
    }

    fn set_attributes(&mut self, id: QueueId, attributes: &QueueAttributes, delay_from_send: bool) {
        let now = self.now;
        self.unlink_redrive(id);
        match self.definition_mut(id) {
            Some(definition) => {
                definition.attributes = attributes.clone();
                definition.modified_at = now;
            }
            None => {
                self.assert_replaying();
                let queue = self.queue_or_placeholder(id);
                let expired = queue.expire_by(attributes.retention, now);
                expired.iter().for_each(|(_, message)| self.forget_record(message.place));
            }
        }
        self.link_redrive(id);
        if delay_from_send && let Some(queue) = self.queues.get_mut(&id) {
            queue.delay_from_send(attributes.delay, now);
        }
        self.touch(id);
    }

    fn purge(&mut self, id: QueueId) {
        let now = self.now;
        let Some(queue) = self.queues.get_mut(&id) else { return self.assert_replaying() };
        let purged = queue.purge();
        if let Some(definition) = &mut queue.definition {
            definition.purged_at = now;
        }
        purged.messages().for_each(|(_, message)| self.forget_record(message.place));
        self.touch(id);
    }

    fn remember_request(&mut self, queue: QueueId, request: DeduplicationKey, remembered: ReceiveRequest) {
        if remembered.until > self.now {
            self.queue_or_placeholder(queue).requests.remember(request, remembered);
            self.touch(queue);
        }
    }

    /// During a replay a queue's messages may stand before its definition, which cleaning wrote again further on.
    pub(crate) fn queue_or_placeholder(&mut self, id: QueueId) -> &mut Queue {
        let replaying = self.replaying;
        self.queues.entry(id).or_insert_with(|| {
            assert!(replaying, "only existing queues get messages");
            Queue::new(id)
        })
    }

    fn forget_queue(&mut self, id: QueueId) {
        self.unlink_redrive(id);
        let Some(queue) = self.queues.remove(&id) else { return self.assert_replaying() };
        if let Some(definition) = &queue.definition
            && self.by_name.get(&definition.name) == Some(&id)
        {
            self.by_name.remove(&definition.name);
        }
        queue.messages().for_each(|(_, message)| self.forget_record(message.place));
        if let Some(deadline) = self.timer_of.remove(&id) {
            self.timers.remove(&(deadline, id));
        }
        self.due_moves.remove(&id);
        // Whoever waits there has to learn it.
        self.woken.insert(id);
    }

    /// After any change to a queue: its timer is set anew, and whoever waits for its messages may look.
    pub(crate) fn touch(&mut self, id: QueueId) {
        let queue = self.queues.get(&id);
        if queue.is_some_and(Queue::has_receivable) {
            self.woken.insert(id);
        }
        self.set_timer(id, queue.and_then(Queue::next_deadline));
    }

    pub(crate) fn reschedule(&mut self, id: QueueId) {
        self.set_timer(id, self.queues.get(&id).and_then(Queue::next_deadline));
    }

    fn set_timer(&mut self, id: QueueId, next: Option<Timestamp>) {
        let before = match next {
            Some(next) => self.timer_of.insert(id, next),
            None => self.timer_of.remove(&id),
        };
        if before != next {
            if let Some(before) = before {
                self.timers.remove(&(before, id));
            }
            if let Some(next) = next {
                self.timers.insert((next, id));
            }
        }
    }
}
