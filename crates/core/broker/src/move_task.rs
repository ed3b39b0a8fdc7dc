//! Message move tasks (redrives): which of them a queue has, how far each has come, and when it goes on.
//!
//! A task takes the messages that were in its source when it began to where they came from, or to one other queue, in
//! steps. Every step is a fact, so a task goes on after a restart, and what it has moved stays moved however it ends.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::queue::Visibility;
use crate::wire::{Malformed, Wire, wire_struct};
use crate::{Broker, MessageId, Place, QueueId, QueueName, Timestamp};

/// How many tasks of one source are remembered: the newest ones.
const TASKS_REMEMBERED_MAX: usize = 10;

/// A move task's identity: a random UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoveTaskId(pub u128);

wire_struct!(MoveTaskId(u128));

/// What a task was started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveTaskDefinition {
    /// Counts the tasks of the source; of two the higher is the newer.
    pub number: u32,
    /// Where messages go; back to the queue that each comes from if none is given.
    pub destination: Option<QueueName>,
    /// 1 to 500; as fast as it goes if none is given.
    pub messages_per_second: Option<u32>,
    /// The source's next sequence number at the start: messages from there on came later, and stay.
    pub below: u64,
    /// How many messages the source had at the start.
    pub to_move: u64,
}

wire_struct!(MoveTaskDefinition { number, destination, messages_per_second, below, to_move });

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveTaskStatus {
    /// It moves messages.
    Running,
    /// Nothing that it could move is left.
    Completed,
    /// Somebody cancelled it.
    Cancelled,
    /// It met a message that it could not move.
    Failed(MoveTaskFailure),
}

/// Why a task failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveTaskFailure {
    /// A message was to go back to where it came from, and was sent to the source directly.
    CouldNotDetermineMessageSource,
    /// The queue that a message was to go to is gone.
    DestinationDoesNotExist,
}

impl MoveTaskFailure {
    /// The `FailureReason` of the API.
    pub fn reason(self) -> &'static str {
        match self {
            MoveTaskFailure::CouldNotDetermineMessageSource => "CouldNotDetermineMessageSource",
            MoveTaskFailure::DestinationDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
        }
    }
}

const STATUSES: [(u8, MoveTaskStatus); 5] = [
    (0, MoveTaskStatus::Running),
    (1, MoveTaskStatus::Completed),
    (2, MoveTaskStatus::Cancelled),
    (3, MoveTaskStatus::Failed(MoveTaskFailure::CouldNotDetermineMessageSource)),
    (4, MoveTaskStatus::Failed(MoveTaskFailure::DestinationDoesNotExist)),
];

impl Wire for MoveTaskStatus {
    fn put(&self, out: &mut Vec<u8>) {
        let known = STATUSES.iter().find(|(_, status)| status == self);
        out.push(known.expect("every status has its byte").0);
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        let byte = u8::take(from)?;
        let known = STATUSES.iter().find(|(known, _)| *known == byte);
        known.map(|(_, status)| *status).ok_or(Malformed("not the status of a move task"))
    }
}

/// One message's way from the source of a task to its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// Its number in the source.
    pub sequence: u64,
    /// Its number in the destination.
    pub new_sequence: u64,
    /// Its identity in the destination.
    pub message_id: MessageId,
}

wire_struct!(Redrive { sequence, new_sequence, message_id });

/// Everything about a task that a client may know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it, and those of the definition's fields are explained there")]
pub struct MoveTaskDescription {
    pub id: MoveTaskId,
    pub status: MoveTaskStatus,
    pub source: QueueName,
    pub destination: Option<QueueName>,
    pub messages_per_second: Option<u32>,
    pub moved: u64,
    pub to_move: u64,
    pub started_at: Timestamp,
}

/// A task in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MoveTask {
    pub(crate) id: MoveTaskId,
    pub(crate) definition: MoveTaskDefinition,
    pub(crate) status: MoveTaskStatus,
    pub(crate) moved: u64,
    pub(crate) started_at: Timestamp,
    pub(crate) next_step_at: Timestamp,
    /// Where its newest full record lies.
    pub(crate) place: Place,
}

/// The tasks whose source is one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MoveTasks {
    /// By rising number; only the last one can be running.
    tasks: Vec<MoveTask>,
    /// When the next step is due; none once its time has come.
    next_deadline: Option<Timestamp>,
}

impl MoveTasks {
    pub(crate) fn get(&self, id: MoveTaskId) -> Option<&MoveTask> {
        self.tasks.iter().find(|task| task.id == id)
    }

    pub(crate) fn newest(&self) -> Option<&MoveTask> {
        self.tasks.last()
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &MoveTask> {
        self.tasks.iter().rev()
    }

    pub(crate) fn running(&self) -> Option<&MoveTask> {
        self.newest().filter(|task| task.status == MoveTaskStatus::Running)
    }

    /// When the running task's next step will be due.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.next_deadline
    }

    /// The time of the next deadline has come: the step is due from now on.
    pub(crate) fn pass_deadline(&mut self) {
        self.next_deadline = None;
    }

    /// Whether the running task's next step is due.
    pub(crate) fn is_due(&self) -> bool {
        self.next_deadline.is_none() && self.running().is_some()
    }

    /// Adds a task, or replaces what is known of it; the oldest beyond the limit are forgotten.
    fn put(&mut self, task: MoveTask) {
        match self.tasks.binary_search_by_key(&task.definition.number, |known| known.definition.number) {
            Ok(place) => self.tasks[place] = task,
            Err(place) => self.tasks.insert(place, task),
        }
        let beyond = self.tasks.len().saturating_sub(TASKS_REMEMBERED_MAX);
        self.tasks.drain(..beyond);
        self.set_deadline();
    }

    fn change(&mut self, id: MoveTaskId, change: impl FnOnce(&mut MoveTask)) -> Option<()> {
        change(self.tasks.iter_mut().find(|task| task.id == id)?);
        self.set_deadline();
        Some(())
    }

    fn set_deadline(&mut self) {
        self.next_deadline = self.running().map(|task| task.next_step_at);
    }
}

impl Broker {
    /// Sources of tasks whose next step is due: `MoveMessages` takes it.
    pub fn take_due_moves(&mut self) -> BTreeSet<QueueId> {
        std::mem::take(&mut self.due_moves)
    }

    /// Has [`Broker::take_due_moves`] name a source again whose step could not be taken.
    pub fn postpone_move(&mut self, source: QueueId) {
        self.due_moves.insert(source);
    }

    pub(crate) fn put_move_task(&mut self, source: QueueId, task: MoveTask) {
        self.queue_or_placeholder(source).move_tasks.put(task);
        self.reschedule(source);
    }

    /// Each message arrives as if it had just been sent, but for its content, which stays where it is written.
    pub(crate) fn redrive(
        &mut self,
        task: MoveTaskId,
        (from, to): (QueueId, QueueId),
        visible_at: Timestamp,
        next_step_at: Timestamp,
        moves: &[Redrive],
    ) {
        let now = self.now;
        for Redrive { sequence, new_sequence, message_id } in moves {
            self.carry((from, *sequence), (to, *new_sequence), Some(*message_id), |message, _| {
                message.sent_at = now;
                message.first_received_at = Timestamp(0);
                message.received_at = Timestamp(0);
                message.hidden_until = visible_at;
                message.receive_count = 0;
                message.source = None;
                message.visibility = Visibility::Delayed;
            });
        }
        self.change_move_task(from, task, |task| {
            task.moved += moves.len() as u64;
            task.next_step_at = next_step_at;
        });
        self.touch(to);
    }

    pub(crate) fn end_move_task(&mut self, source: QueueId, task: MoveTaskId, status: MoveTaskStatus) {
        self.change_move_task(source, task, |task| task.status = status);
        self.due_moves.remove(&source);
    }

    fn change_move_task(&mut self, source: QueueId, id: MoveTaskId, change: impl FnOnce(&mut MoveTask)) {
        let queue = self.queues.get_mut(&source);
        if queue.and_then(|queue| queue.move_tasks.change(id, change)).is_none() {
            self.assert_replaying();
        }
        self.touch(source);
    }
}
