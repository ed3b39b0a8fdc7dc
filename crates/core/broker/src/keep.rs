//! What must be written again before the oldest part of the journal can go.

use crate::queue::Visibility;
use crate::{
    Attempt, AttemptId, Broker, Content, Deduplication, DeduplicationKey, Fact, KeptMessage, MoveTaskId, Place, QueueId,
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
            Fact::FunctionDefined { function } => {
                let current = self.functions.get(&function.name).filter(|placed| placed.place == place);
                current.map(|_| fact.clone()).into_iter().collect()
            }
            Fact::MappingDefined { id, .. } => {
                let current = self.mappings.get(id).filter(|placed| placed.place == place);
                current.map(|_| fact.clone()).into_iter().collect()
            }
            Fact::Received { attempt: Some((attempt, _)), .. } | Fact::AttemptKept { attempt, .. } => {
                let current = self.attempts.get(attempt).filter(|current| current.place == place);
                current.map(|current| keep_attempt(*attempt, current)).into_iter().collect()
            }
            Fact::MoveTaskStarted { source, task, .. } | Fact::MoveTaskKept { source, task, .. } => {
                self.keep_move_task(*source, *task, place).into_iter().collect()
            }
            Fact::ReceivedByRequest { queue, request, .. } | Fact::ReceiveRequestKept { queue, request, .. } => {
                self.keep_request(*queue, *request, place).into_iter().collect()
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
            | Fact::MappingDeleted { .. }
            | Fact::AttemptEnded { .. }
            | Fact::Redriven { .. }
            | Fact::MoveTaskEnded { .. } => Vec::new(),
        }
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
        let (queue, sequence) = self.moved.get(&place.position).copied().unwrap_or((queue, sequence));
        let Some(queue) = self.queues.get(&queue) else { return Vec::new() };
        let Some(message) = queue.message(sequence).filter(|message| message.place == place) else {
            return Vec::new();
        };
        let mut needed = vec![Fact::MessageKept {
            message: KeptMessage {
                queue: queue.id,
                sequence,
                content: Content {
                    message_id: queue.new_id(sequence).unwrap_or(content.message_id),
                    ..content.clone()
                },
                sent_at: message.sent_at,
                first_received_at: message.first_received_at,
                received_at: message.received_at,
                hidden_until: message.hidden_until,
                receive_count: message.receive_count,
                in_flight: message.visibility == Visibility::InFlight,
                source: message.source.and_then(|source| queue.sources.get(usize::from(source))).cloned(),
            },
        }];
        // A replay meets the hand-out before the message that is kept here, so the attempt has to follow the message:
        // otherwise the end of the attempt, which names messages by the attempt alone, would delete nothing.
        let of_message = |attempt| (queue.id, sequence, AttemptId(attempt));
        let attempts = self.worked_on.range(of_message(0)..=of_message(u64::MAX));
        needed.extend(attempts.map(|(_, _, id)| keep_attempt(*id, &self.attempts[id])));
        needed
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

fn keep_attempt(id: AttemptId, attempt: &Attempt) -> Fact {
    Fact::AttemptKept {
        attempt: id,
        mapping: attempt.mapping,
        queue: attempt.queue,
        messages: attempt.messages.clone(),
    }
}
