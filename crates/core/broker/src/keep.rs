//! What must be written again before the oldest part of the journal can go.

use crate::queue::{Message, Queue, Visibility};
use crate::topic::copy::CopyBegan;
use crate::{
    Attempt, AttemptId, Broker, Content, CopyForm, CopyTo, Deduplication, DeduplicationKey, Fact, Function, KeptAt,
    KeptCopy, KeptMessage, KeptState, MoveTaskId, Notification, Place, Question, QueueId, SubscriptionId, TopicId,
};

impl Broker {
    /// Given a fact and its place, the facts that carry on what is still alive of it; usually none.
    ///
    /// Cleaning appends these, waits until they are durable, and only then trims the journal behind `place`.
    pub fn still_needed(&self, fact: &Fact, place: Place) -> Vec<Fact> {
        match fact {
            Fact::Sent { content, queue, sequence, deduplication, .. } => {
                let mut needed = self.keep_message(*queue, *sequence, content, place);
                let id = deduplication.as_ref().and_then(|deduplication| self.keep_id(*queue, deduplication, place));
                needed.extend(id);
                needed
            }
            Fact::MessageKept { message } => {
                self.keep_message(message.queue, message.sequence, &message.content, place)
            }
            Fact::DeduplicationKept { queue, deduplication, .. } => {
                self.keep_id(*queue, deduplication, place).into_iter().collect()
            }
            Fact::QueueCreated { id, .. } | Fact::QueueKept { id, .. } => self.keep_queue(*id, place),
            Fact::FunctionSet { function, .. } => self.keep_function(&function.name, place).into_iter().collect(),
            Fact::VersionPublished { function: Function { name, version, .. } } => {
                let current = self.functions.get(name).and_then(|known| known.version(*version));
                unchanged(fact, current.map(|placed| placed.place), place)
            }
            Fact::AliasSet { function, alias } => {
                let current = self.functions.get(function).and_then(|known| known.aliases.get(&alias.name));
                unchanged(fact, current.map(|placed| placed.place), place)
            }
            Fact::InvokeConfigSet { function, .. } => {
                let known = self.functions.get(&function.name);
                let current = known.and_then(|known| known.invoke_configs.get(function.qualifier()));
                unchanged(fact, current.map(|placed| placed.place), place)
            }
            Fact::InvocationQueued { function, sequence, invocation, .. } => {
                let row = self.invocations.get(function).and_then(|outbox| outbox.get(*sequence));
                let current = row.filter(|row| row.place == place).map(|row| Fact::InvocationQueued {
                    function: function.clone(),
                    sequence: *sequence,
                    invocation: invocation.clone(),
                    pending: row.pending,
                });
                current.into_iter().collect()
            }
            Fact::ScheduleSet { definition, .. } => {
                let known = self.schedules.by_name.get(&definition.name).filter(|known| known.place == place);
                let current = known.map(|known| Fact::ScheduleSet {
                    definition: (*known.definition).clone(),
                    made_at: known.made_at,
                    next_at: known.next_at,
                });
                current.into_iter().collect()
            }
            Fact::ScheduleTried { schedule, number, .. } => {
                let row = self.schedules.attempts(schedule).and_then(|rows| rows.get(*number));
                let current = row.filter(|row| row.place == place).map(|row| Fact::ScheduleTried {
                    schedule: schedule.clone(),
                    number: *number,
                    again: Some(row.attempt()),
                });
                current.into_iter().collect()
            }
            Fact::MappingSet { id, .. } | Fact::PipeSet { id, .. } => {
                let current = self.feeds.get(id).map(|placed| placed.place);
                unchanged(fact, current, place)
            }
            Fact::Received { attempt: Some((attempt, _)), .. }
            | Fact::Dispatched { attempt, .. }
            | Fact::AttemptKept { attempt, .. }
            | Fact::AttemptBound { attempt, .. } => {
                let current = self.attempts.get(attempt).filter(|current| current.place == place);
                current.map(|current| keep_attempt(*attempt, current)).into_iter().collect()
            }
            Fact::MoveTaskStarted { source, task, .. } | Fact::MoveTaskKept { source, task, .. } => {
                self.keep_move_task(*source, *task, place).into_iter().collect()
            }
            Fact::ReceivedByRequest { queue, request, .. } | Fact::ReceiveRequestKept { queue, request, .. } => {
                self.keep_request(*queue, *request, place).into_iter().collect()
            }
            Fact::TopicDefined { id, .. } => self.keep_topic(*id, place).into_iter().collect(),
            Fact::SubscriptionDefined { id, definition } => {
                let kept = self.keep_subscription(*id, place);
                kept.or_else(|| self.keep_end_of_subscription(*id, definition.topic)).into_iter().collect()
            }
            Fact::Published { topic, notification, copies, deduplication } => {
                let began = copies.iter().map(|copy| (copy.form, copy.to.began()));
                let mut needed = self.keep_notification(Some(*topic), notification, began, place);
                for copy in copies {
                    if let CopyTo::Queue { queue, deduplication: Some(deduplication), .. } = &copy.to {
                        needed.extend(self.keep_id(*queue, deduplication, place));
                    }
                }
                let id = deduplication.as_ref().and_then(|id| self.keep_topic_id(*topic, id, place));
                needed.extend(id);
                needed
            }
            Fact::NotificationKept { notification, copies } => {
                let began = copies.iter().map(|copy| (copy.form, copy.at.began()));
                self.keep_notification(None, notification, began, place)
            }
            Fact::TopicDeduplicationKept { topic, deduplication, .. } => {
                self.keep_topic_id(*topic, deduplication, place).into_iter().collect()
            }
            Fact::ReplaySet { subscription, .. } => {
                let known = self.topics.subscription(*subscription).filter(|known| known.replay_place == place);
                let replay = known.and_then(|known| known.replay);
                replay.map(|replay| Fact::ReplaySet { subscription: *subscription, replay }).into_iter().collect()
            }
            Fact::EntryPut { key, .. } => {
                let current = self.entries.get(key.account, &key.path).filter(|placed| placed.place == place);
                current.map(|_| fact.clone()).into_iter().collect()
            }
            Fact::Workflow { fact } => {
                self.workflows.still_needed(fact, place).map(|fact| Fact::Workflow { fact }).into_iter().collect()
            }
            Fact::LimitSet { key, .. } => {
                let current = self.limits.known.get(key).map(|known| known.place);
                unchanged(fact, current, place)
            }
            Fact::Object { fact } => {
                self.objects.still_needed(fact, place).map(|fact| Fact::Object { fact }).into_iter().collect()
            }
            Fact::QuestionQueued { subscription, sequence, question, .. } => {
                self.keep_question(*subscription, *sequence, *question, place).into_iter().collect()
            }
            // These only change what another record introduced; that record is older, or was kept with the change.
            Fact::QueueDeleted { .. }
            | Fact::QueueAttributesSet { .. }
            | Fact::QueueTagged { .. }
            | Fact::QueuePurged { .. }
            | Fact::ReceiveRepeated { .. }
            | Fact::Received { attempt: None, .. }
            | Fact::Deleted { .. }
            | Fact::VisibilityChanged { .. }
            | Fact::DeadLettered { .. }
            | Fact::FunctionDeleted { .. }
            | Fact::VersionDeleted { .. }
            | Fact::AliasDeleted { .. }
            | Fact::InvocationFailed { .. }
            | Fact::InvocationEnded { .. }
            | Fact::ScheduleRemoved { .. }
            | Fact::ScheduleFired { .. }
            | Fact::FaultInjected { .. }
            | Fact::MappingDeleted { .. }
            | Fact::AttemptEnded { .. }
            | Fact::Redriven { .. }
            | Fact::MoveTaskEnded { .. }
            | Fact::TopicDeleted { .. }
            | Fact::Unsubscribed { .. }
            | Fact::DeliveryFailed { .. }
            | Fact::DeliveryEnded { .. }
            | Fact::DeliveryDeadLettered { .. }
            | Fact::EntryRemoved { .. } => Vec::new(),
        }
    }

    fn keep_function(&self, name: &str, place: Place) -> Option<Fact> {
        let known = self.functions.get(name)?;
        let latest = known.latest.as_ref().filter(|latest| latest.place == place)?;
        let function = Function::clone(&latest.value);
        Some(Fact::FunctionSet { function, reserved: known.reserved, last_version: known.last_version })
    }

    fn keep_queue(&self, id: QueueId, place: Place) -> Vec<Fact> {
        let Some(queue) = self.queues.get(&id) else { return Vec::new() };
        let Some(definition) = queue.definition.as_ref().filter(|definition| definition.place == place) else {
            return Vec::new();
        };
        vec![Fact::QueueKept {
            id,
            name: definition.name.clone(),
            attributes: definition.attributes.clone(),
            tags: definition.tags.clone().into_iter().collect(),
            created_at: definition.created_at,
            modified_at: definition.modified_at,
            purged_at: definition.purged_at,
            next_sequence: queue.next_sequence,
        }]
    }

    fn keep_message(&self, queue: QueueId, sequence: u64, content: &Content, place: Place) -> Vec<Fact> {
        let (queue, sequence) = self.moved.get(&place.key()).copied().unwrap_or((queue, sequence));
        let Some(queue) = self.queues.get(&queue) else { return Vec::new() };
        let Some(message) = queue.message(sequence).filter(|message| message.place == place) else {
            return Vec::new();
        };
        vec![Fact::MessageKept {
            message: KeptMessage {
                queue: queue.id,
                sequence,
                content: Content {
                    message_id: queue.new_id(sequence).unwrap_or(content.message_id),
                    ..content.clone()
                },
                state: keep_state(queue, message),
            },
        }]
    }

    /// The copies of a notification that are left, each with its part of the record at `place` and where it began.
    fn keep_notification(
        &self,
        of: Option<TopicId>,
        notification: &Notification,
        copies: impl Iterator<Item = (CopyForm, CopyBegan)>,
        place: Place,
    ) -> Vec<Fact> {
        let mut kept = Vec::new();
        for (index, (form, began)) in copies.enumerate() {
            let place = place.part(index);
            if let Some(at) = self.keep_copy(of, form.subscription, began, place) {
                kept.push(KeptCopy { form, at });
            }
        }
        if kept.is_empty() {
            return Vec::new();
        }
        vec![Fact::NotificationKept { notification: notification.clone(), copies: kept }]
    }

    fn keep_copy(
        &self,
        of: Option<TopicId>,
        subscription: SubscriptionId,
        began: CopyBegan,
        place: Place,
    ) -> Option<KeptAt> {
        let began_in = match began {
            CopyBegan::Queue(queue, sequence) => Some((queue, sequence)),
            CopyBegan::Outbox(_) | CopyBegan::Archive(..) => None,
        };
        if let Some((queue, sequence)) = self.moved.get(&place.key()).copied().or(began_in) {
            let queue = self.queues.get(&queue)?;
            let message = queue.message(sequence).filter(|message| message.place == place)?;
            let (new_id, state) = (queue.new_id(sequence), keep_state(queue, message));
            return Some(KeptAt::Queue { queue: queue.id, sequence, new_id, state });
        }
        let sequence = match began {
            CopyBegan::Outbox(sequence) => sequence,
            CopyBegan::Archive(topic, sequence) => {
                let topic = topic.or(of)?;
                let archived = self.topics.by_id.get(&topic)?.archive.get(sequence);
                return archived
                    .filter(|archived| archived.place == place)
                    .map(|_| KeptAt::Archive { topic, sequence });
            }
            CopyBegan::Queue(..) => return None,
        };
        let row = self.topics.subscription(subscription)?.outbox.get(sequence).filter(|row| row.place == place)?;
        Some(KeptAt::Outbox { sequence, pending: row.pending })
    }

    fn keep_topic(&self, id: TopicId, place: Place) -> Option<Fact> {
        let topic = self.topics.by_id.get(&id).filter(|topic| topic.place == place)?;
        Some(Fact::TopicDefined { id, definition: topic.current() })
    }

    /// A replay that never hears of a subscription cannot count its end; the topic, written anew, has counted it.
    fn keep_end_of_subscription(&self, id: SubscriptionId, topic: TopicId) -> Option<Fact> {
        let topic = self.topics.by_id.get(&topic).filter(|_| self.topics.subscription(id).is_none())?;
        let definition = topic.current();
        let is_counted = definition.unsubscribed == topic.definition().unsubscribed;
        (!is_counted).then_some(Fact::TopicDefined { id: topic.id, definition })
    }

    fn keep_subscription(&self, id: SubscriptionId, place: Place) -> Option<Fact> {
        let subscription = self.topics.subscription(id).filter(|subscription| subscription.place == place)?;
        let definition = subscription.definition.as_deref()?.clone();
        Some(Fact::SubscriptionDefined { id, definition })
    }

    fn keep_question(
        &self,
        subscription: SubscriptionId,
        sequence: u64,
        question: Question,
        place: Place,
    ) -> Option<Fact> {
        let row = self.topics.subscription(subscription)?.outbox.get(sequence).filter(|row| row.place == place)?;
        Some(Fact::QuestionQueued { subscription, sequence, question, pending: row.pending })
    }

    fn keep_topic_id(&self, topic: TopicId, deduplication: &Deduplication, place: Place) -> Option<Fact> {
        let remembered = self.topics.by_id.get(&topic)?.deduplication.get(&deduplication.key)?;
        // As with the ids of queues.
        (remembered.position == place.position).then(|| Fact::TopicDeduplicationKept {
            topic,
            deduplication: deduplication.clone(),
            message_id: remembered.message_id,
            sequence: remembered.sequence,
        })
    }

    fn keep_move_task(&self, source: QueueId, id: MoveTaskId, place: Place) -> Option<Fact> {
        let task = self.queues.get(&source)?.move_tasks.get(id).filter(|task| task.place == place)?;
        Some(Fact::MoveTaskKept {
            source,
            task: id,
            definition: task.definition.clone(),
            status: task.status,
            moved: task.moved,
            started_at: task.started_at,
            next_step_at: task.next_step_at,
        })
    }

    fn keep_request(&self, queue: QueueId, request: DeduplicationKey, place: Place) -> Option<Fact> {
        let known = self.queues.get(&queue)?.requests.get(&request)?;
        // As with deduplication ids.
        (known.position == place.position).then(|| Fact::ReceiveRequestKept {
            queue,
            request,
            messages: known.messages.clone(),
            hidden_until: known.hidden_until,
            until: known.until,
        })
    }

    fn keep_id(&self, queue: QueueId, deduplication: &Deduplication, place: Place) -> Option<Fact> {
        let remembered = self.queues.get(&queue)?.deduplication.get(&deduplication.key)?;
        // A newer send may own the id by now, or a crash may have left two records of it; then the newest keeps it.
        (remembered.position == place.position).then(|| Fact::DeduplicationKept {
            queue,
            deduplication: deduplication.clone(),
            message_id: remembered.message_id,
            sequence: remembered.sequence,
        })
    }
}

/// The fact again, if its record is the newest.
fn unchanged(fact: &Fact, newest: Option<Place>, place: Place) -> Vec<Fact> {
    newest.filter(|newest| *newest == place).map(|_| fact.clone()).into_iter().collect()
}

fn keep_state(queue: &Queue, message: &Message) -> KeptState {
    KeptState {
        sent_at: message.sent_at,
        first_received_at: message.first_received_at,
        received_at: message.received_at,
        hidden_until: message.hidden_until,
        receive_count: message.receive_count,
        in_flight: message.visibility == Visibility::InFlight,
        source: message.source.and_then(|source| queue.sources.get(usize::from(source))).cloned(),
    }
}

fn keep_attempt(id: AttemptId, attempt: &Attempt) -> Fact {
    let (mapping, queue, messages) = (attempt.mapping, attempt.queue, attempt.messages.clone());
    match attempt.execution {
        Some(execution) => Fact::AttemptBound { attempt: id, mapping, queue, messages, execution },
        None => Fact::AttemptKept { attempt: id, mapping, queue, messages },
    }
}
