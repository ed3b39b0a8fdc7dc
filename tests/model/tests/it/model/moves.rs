//! Move tasks as the model has them: section 11 of the reference, and how the core says that a task goes on.
//!
//! A step takes the messages that a receive would find, in that order. Nobody is told which they were, so the model looks
//! at what is left in the source and at what is new in the destinations.

use bongsu_broker::{
    Content, Delivery, MoveTaskDescription, MoveTaskFailure, MoveTaskId, MoveTaskStatus, QueueId, Reply,
};

use super::{Answer, Fault, Message, Model, done, refused, reply};
use crate::attributes::is_fifo;

/// How many messages a step moves at most, and how many at a given rate: what falls to a tenth of a second.
const STEP_MESSAGES_MAX: usize = 100;
const STEPS_A_SECOND: u32 = 10;
/// How many tasks of a source are remembered.
const TASKS_MAX: usize = 10;

pub(super) struct MoveTask {
    id: MoveTaskId,
    destination: Option<String>,
    /// Messages a second.
    rate: Option<u32>,
    status: MoveTaskStatus,
    started_at: u64,
    next_step_at: u64,
    /// The numbers of the messages that were in the source at the start.
    found: Vec<u64>,
    moved: usize,
}

/// A message that the broker has in a queue by now.
pub(crate) struct Seen {
    pub(crate) id: u128,
    pub(crate) sequence: u64,
    pub(crate) group: Option<String>,
}

/// "Source unknown (also the source inside a cancel handle)."
macro_rules! resolve_source {
    ($model:ident, $name:ident, $answer:ident) => {
        match $model.queues.iter().position(|queue| queue.name == $name) {
            Some(place) => place,
            None => return refused($answer, &["MoveTaskSourceDoesNotExist"]),
        }
    };
}

impl MoveTask {
    pub(super) fn is_running(&self) -> bool {
        self.status == MoveTaskStatus::Running
    }

    /// When it goes on; none if it has ended.
    pub(super) fn next_step_at(&self) -> Option<u64> {
        self.is_running().then_some(self.next_step_at)
    }

    fn step_messages_max(&self) -> usize {
        self.rate.map_or(STEP_MESSAGES_MAX, |rate| STEP_MESSAGES_MAX.min(rate.div_ceil(STEPS_A_SECOND) as usize))
    }

    /// As long as so many messages take at the rate.
    fn rest(&self, messages: usize) -> u64 {
        self.rate.map_or(0, |rate| (messages as u64 * 1000).div_ceil(u64::from(rate)))
    }

    fn is_described_by(&self, source: &str, told: &MoveTaskDescription) {
        assert_eq!(told.id, self.id, "the id of a task");
        assert_eq!(told.status, self.status, "the status of a task");
        assert_eq!(&*told.source.name, source, "the source of a task");
        let destination = told.destination.as_ref().map(|queue| &*queue.name);
        assert_eq!(destination, self.destination.as_deref(), "the destination of a task");
        assert_eq!(told.messages_per_second, self.rate, "the rate of a task");
        let counts = (told.moved, told.to_move);
        assert_eq!(counts, (self.moved as u64, self.found.len() as u64), "moved, and to be moved, by a task");
        assert_eq!(told.started_at.0, self.started_at, "when a task was started");
    }
}

impl Model {
    pub(crate) fn start_move_task(&mut self, name: &str, to: Option<&str>, rate: Option<u32>, answer: &Answer) {
        let place = resolve_source!(self, name, answer);
        let faults = self.move_faults(name, to);
        if !faults.is_empty() {
            return refused(answer, &faults);
        }
        let now = self.now;
        let queue = &mut self.queues[place];
        // "One RUNNING task per source."
        if queue.tasks.iter().any(MoveTask::is_running) {
            return refused(answer, &["MoveTaskRunning"]);
        }
        let Reply::MoveTaskStarted(id) = *reply(answer) else { panic!("no task was started: {answer:?}") };
        let is_known = self.queues.iter().flat_map(|queue| &queue.tasks).any(|task| task.id == id);
        assert!(!is_known, "a task has an id of its own");
        let queue = &mut self.queues[place];
        let mut task = MoveTask {
            id,
            destination: to.map(str::to_owned),
            rate,
            status: MoveTaskStatus::Running,
            started_at: now,
            next_step_at: now,
            found: queue.messages.iter().map(|message| message.sequence).collect(),
            moved: 0,
        };
        task.next_step_at += task.rest(task.step_messages_max());
        queue.tasks.push(task);
    }

    fn move_faults(&self, name: &str, to: Option<&str>) -> Vec<Fault> {
        // "Source must be the DLQ of at least one queue."
        let targets = self.queues.iter().filter_map(|queue| queue.attributes.redrive.as_ref());
        let rules = [
            (!targets.into_iter().any(|(target, _)| target == name), "NotADeadLetterQueue"),
            (to.is_some_and(|to| self.find(to).is_none()), "MoveTaskDestinationDoesNotExist"),
            (to == Some(name), "MoveTaskDestinationIsSource"),
            (to.is_some_and(|to| is_fifo(to) != is_fifo(name)), "MoveTaskKindsDiffer"),
        ];
        rules.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
    }

    /// "Only RUNNING; moved messages stay moved."
    pub(crate) fn cancel_move_task(&mut self, name: &str, id: MoveTaskId, answer: &Answer) {
        let place = resolve_source!(self, name, answer);
        let remembered = self.queues[place].tasks.iter_mut().rev().take(TASKS_MAX);
        let Some(task) = remembered.into_iter().find(|task| task.id == id) else {
            return refused(answer, &["MoveTaskUnknown"]);
        };
        if !task.is_running() {
            return refused(answer, &["MoveTaskNotRunning"]);
        }
        assert_eq!(reply(answer), &Reply::MoveTaskCancelled { moved: task.moved as u64 });
        task.status = MoveTaskStatus::Cancelled;
    }

    /// "Newest first."
    pub(crate) fn list_move_tasks(&self, name: &str, max: usize, answer: &Answer) {
        let place = resolve_source!(self, name, answer);
        let Reply::MoveTasks(told) = reply(answer) else { panic!("not a list of tasks: {answer:?}") };
        let remembered: Vec<&MoveTask> = self.queues[place].tasks.iter().rev().take(TASKS_MAX.min(max)).collect();
        assert_eq!(told.len(), remembered.len(), "how many tasks there are");
        remembered.into_iter().zip(told).for_each(|(task, told)| task.is_described_by(name, told));
    }

    /// The sources of tasks that can go on.
    pub(crate) fn due_moves(&self) -> Vec<QueueId> {
        let is_due = |task: &MoveTask| task.next_step_at().is_some_and(|at| at <= self.now);
        self.queues.iter().filter(|queue| queue.tasks.iter().any(is_due)).map(|queue| queue.id).collect()
    }

    /// A task takes a step, if there is one that is due; `status` is how the source's newest task stands now.
    pub(crate) fn move_messages(
        &mut self,
        source: QueueId,
        answer: &Answer,
        status: Option<MoveTaskStatus>,
        look: impl Fn(&str) -> Vec<Seen>,
    ) {
        done(answer);
        if !self.due_moves().contains(&source) {
            return;
        }
        let place = self.queues.iter().position(|queue| queue.id == source).expect("it has a task");
        let queue = &self.queues[place];
        let task = queue.tasks.last().expect("the newest one runs");
        let status = status.expect("there is a task");
        let left = look(&queue.name);
        let is_left = |message: &Message| left.iter().any(|seen| seen.sequence == message.sequence);
        let (mut moved, mut stopped_at, mut untouched) = (Vec::new(), Vec::new(), Vec::new());
        for group in queue.deliverable(self.now) {
            let found: Vec<&Message> =
                group.into_iter().filter(|message| task.found.contains(&message.sequence)).collect();
            let count = found.iter().take_while(|message| !is_left(message)).count();
            for message in &found[..count] {
                let destination = self.move_destination(task, message).expect("only what can be moved is moved");
                moved.push((destination, (*message).clone()));
            }
            match found.get(count) {
                Some(next) if count > 0 => stopped_at.push(*next),
                Some(next) => untouched.push(*next),
                None => {}
            }
        }
        assert!(stopped_at.len() <= 1, "messages of one group are moved before those of the next");
        let is_full = moved.len() == task.step_messages_max();
        let is_empty = stopped_at.is_empty() && untouched.is_empty();
        let next = if stopped_at.is_empty() { untouched } else { stopped_at };
        let expected = match (is_empty, is_full) {
            (true, _) => vec![MoveTaskStatus::Completed],
            (false, true) => vec![MoveTaskStatus::Running],
            (false, false) => {
                let failures = next.into_iter().filter_map(|message| self.move_destination(task, message).err());
                failures.map(MoveTaskStatus::Failed).collect()
            }
        };
        assert!(expected.contains(&status), "{status:?} instead of one of {expected:?} after {} moves", moved.len());
        assert!(moved.len() <= task.step_messages_max(), "a step is not longer than that");
        self.arrive(place, &moved, look);
        let now = self.now;
        let task = self.queues[place].tasks.last_mut().expect("seen above");
        task.status = status;
        task.moved += moved.len();
        task.next_step_at = now + task.rest(moved.len());
        // "MaxNumberOfMessagesPerSecond."
        let at_most = task.rate.map(|rate| u64::from(rate) * (now - task.started_at) / 1000);
        assert!(at_most.is_none_or(|at_most| task.moved as u64 <= at_most), "the rate is an upper limit");
    }

    /// "Optional DestinationArn (default: each message's own source queue)."
    fn move_destination(&self, task: &MoveTask, message: &Message) -> Result<String, MoveTaskFailure> {
        let name = task.destination.clone().or(message.source.clone());
        let name = name.ok_or(MoveTaskFailure::CouldNotDetermineMessageSource)?;
        self.find(&name).map(|_| name).ok_or(MoveTaskFailure::DestinationDoesNotExist)
    }

    /// "Redriven messages get a new MessageId, enqueue time and retention." They keep their order: within their group, or
    /// as a whole in a standard queue.
    fn arrive(&mut self, from: usize, moved: &[(String, Message)], look: impl Fn(&str) -> Vec<Seen>) {
        let now = self.now;
        for target in 0..self.queues.len() {
            let name = self.queues[target].name.clone();
            let last = self.queues[target].last_sequence;
            let mut arrived: Vec<Seen> =
                look(&name).into_iter().filter(|seen| Some(seen.sequence) > last && target != from).collect();
            for (_, message) in moved.iter().filter(|(to, _)| *to == name) {
                self.queues[from].messages.retain(|other| other.sequence != message.sequence);
                let place = arrived.iter().position(|seen| !is_fifo(&name) || seen.group == message.group);
                let seen = arrived.remove(place.expect("a moved message arrives"));
                assert!(!self.ids.contains(&seen.id), "a moved message has a new id of its own");
                self.ids.push(seen.id);
                let target = &mut self.queues[target];
                target.messages.push(Message {
                    id: seen.id,
                    sequence: seen.sequence,
                    sent_at: now,
                    delayed_until: now + u64::from(target.attributes.delay) * 1000,
                    in_flight_until: 0,
                    received_at: 0,
                    first_received_at: 0,
                    receives: 0,
                    source: None,
                    is_moved: true,
                    ..message.clone()
                });
                target.last_sequence = target.last_sequence.max(Some(seen.sequence));
            }
            assert!(arrived.is_empty(), "nothing else comes to {name}");
            self.queues[target].messages.sort_by_key(|message| message.sequence);
        }
    }
}

impl Message {
    /// A moved message keeps its record, which has the id that it had before: the delivery has the one that counts.
    pub(super) fn is_known_as(&self, delivery: &Delivery, content: impl Fn(&Delivery) -> Content) {
        if !self.is_moved {
            return assert_eq!(delivery.message_id, None, "a message that was not moved keeps its id");
        }
        let content = content(delivery);
        assert_eq!(delivery.message_id.unwrap_or(content.message_id).0, self.id, "the id of a moved message");
        assert_eq!(&*content.body, self.body, "the body of a moved message");
        assert_eq!(content.group.as_deref(), self.group.as_deref(), "the group of a moved message");
    }
}
