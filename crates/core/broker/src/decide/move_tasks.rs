//! Message move tasks: starting, cancelling and listing them, and the steps in which they move messages.

use std::ops::ControlFlow;

use crate::messages::SOURCES_MAX;
use crate::move_task::MoveTask;
use crate::queue::{Message, Queue};
use crate::{
    Account, Broker, Decision, Entropy, Fact, MessageId, MoveTaskDefinition, MoveTaskDescription, MoveTaskFailure,
    MoveTaskId, MoveTaskStatus, QueueId, QueueName, Redrive, Rejection, Reply, Timestamp,
};

/// How many messages one step moves at most, so that other requests get their turn.
const STEP_MESSAGES_MAX: usize = 100;
/// Into how many steps a second a given rate is divided, if it is high enough.
const STEPS_A_SECOND: u32 = 10;
/// How many tasks of one account may run at once.
const RUNNING_TASKS_MAX: usize = 100;

impl Broker {
    pub(super) fn decide_start_move_task(
        &self,
        source: &QueueName,
        destination: Option<QueueName>,
        messages_per_second: Option<u32>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let queue = self.move_source(source)?;
        if !self.dead_letter_sources.contains_key(source) {
            return Err(Rejection::NotADeadLetterQueue);
        }
        if let Some(destination) = &destination {
            let target = self.queue(destination).map_err(|_| Rejection::MoveTaskDestinationDoesNotExist)?;
            if target.id == queue.id {
                return Err(Rejection::MoveTaskDestinationIsSource);
            }
            if target.id.is_fifo() != queue.id.is_fifo() {
                return Err(Rejection::MoveTaskKindsDiffer);
            }
        }
        if queue.move_tasks.running().is_some() {
            return Err(Rejection::MoveTaskRunning);
        }
        if self.running_move_tasks(source.account) >= RUNNING_TASKS_MAX {
            return Err(Rejection::TooManyMoveTasks);
        }
        let id = MoveTaskId(entropy.next_uuid());
        let definition = MoveTaskDefinition {
            number: queue.move_tasks.newest().map_or(0, |newest| newest.definition.number + 1),
            destination,
            messages_per_second,
            below: queue.next_sequence,
            to_move: (queue.visible() + queue.in_flight() + queue.delayed()) as u64,
        };
        let next_step_at = self.next_step_at(messages_per_second, step_messages(messages_per_second));
        let facts = vec![Fact::MoveTaskStarted { source: queue.id, task: id, definition, next_step_at }];
        Ok(Decision { facts, reply: Reply::MoveTaskStarted(id), effects: Vec::new() })
    }

    /// Takes effect at once: no step is taken any more.
    pub(super) fn decide_cancel_move_task(&self, id: MoveTaskId, source: &QueueName) -> Result<Decision, Rejection> {
        let queue = self.move_source(source)?;
        let task = queue.move_tasks.get(id).ok_or(Rejection::MoveTaskUnknown)?;
        if task.status != MoveTaskStatus::Running {
            return Err(Rejection::MoveTaskNotRunning);
        }
        let facts = vec![Fact::MoveTaskEnded { source: queue.id, task: id, status: MoveTaskStatus::Cancelled }];
        Ok(Decision { facts, reply: Reply::MoveTaskCancelled { moved: task.moved }, effects: Vec::new() })
    }

    pub(super) fn decide_list_move_tasks(&self, source: &QueueName, max: usize) -> Result<Decision, Rejection> {
        let queue = self.move_source(source)?;
        let describe = |task: &MoveTask| MoveTaskDescription {
            id: task.id,
            status: task.status,
            source: source.clone(),
            destination: task.definition.destination.clone(),
            messages_per_second: task.definition.messages_per_second,
            moved: task.moved,
            to_move: task.definition.to_move,
            started_at: task.started_at,
        };
        Ok(Decision::reply(Reply::MoveTasks(queue.move_tasks.newest_first().take(max).map(describe).collect())))
    }

    fn move_source(&self, source: &QueueName) -> Result<&Queue, Rejection> {
        self.queue(source).map_err(|_| Rejection::MoveTaskSourceDoesNotExist)
    }

    fn running_move_tasks(&self, account: Account) -> usize {
        let running = self.queues.values().filter(|queue| queue.move_tasks.running().is_some());
        running.filter(|queue| self.name_of(queue.id).is_some_and(|name| name.account == account)).count()
    }

    /// Takes the next step of the task that runs at the queue, if it is due. What was not in the queue when the task
    /// began stays, so that messages which fail again do not keep it running for ever; so does what cannot be received
    /// just now. When nothing else is left, the task is completed.
    pub(super) fn decide_move_messages(&self, source: QueueId, entropy: &mut Entropy) -> Decision {
        let due = self.queues.get(&source).and_then(|queue| Some((queue, queue.move_tasks.running()?)));
        let Some((queue, task)) = due.filter(|(_, task)| task.next_step_at <= self.now()) else {
            return Decision::reply(Reply::Done);
        };
        let mut step = Step { moves: Vec::new(), end: Some(MoveTaskStatus::Completed) };
        let messages_max = step_messages(task.definition.messages_per_second);
        queue.visit_receivable(|sequence, message| {
            if sequence >= task.definition.below {
                return ControlFlow::Continue(());
            }
            if step.moves.len() >= messages_max {
                step.end = None;
                return ControlFlow::Break(());
            }
            match self.destination_of(queue, task, message) {
                Ok(destination) => {
                    step.add(destination, sequence, MessageId(entropy.next_uuid()));
                    ControlFlow::Continue(())
                }
                Err(failure) => {
                    step.end = Some(MoveTaskStatus::Failed(failure));
                    ControlFlow::Break(())
                }
            }
        });
        let next_step_at = self.next_step_at(task.definition.messages_per_second, step.moves.len());
        Decision { facts: step.into_facts(self.now(), next_step_at, queue.id, task.id), ..Decision::reply(Reply::Done) }
    }

    /// The queue that the task takes a message to: one given name, or the name of where the message comes from.
    fn destination_of(&self, queue: &Queue, task: &MoveTask, message: &Message) -> Result<&Queue, MoveTaskFailure> {
        let own_source = || {
            // The last name of all may stand for others too.
            let known = message.source.map(usize::from).filter(|source| *source + 1 < SOURCES_MAX);
            known.and_then(|source| queue.sources.get(source))
        };
        let name = task.definition.destination.as_ref().or_else(own_source);
        let name = name.ok_or(MoveTaskFailure::CouldNotDetermineMessageSource)?;
        self.queue(name).map_err(|_| MoveTaskFailure::DestinationDoesNotExist)
    }

    /// When a task that moves so many messages now may go on. A step that comes late is not made up for: a rate is an
    /// upper limit.
    fn next_step_at(&self, messages_per_second: Option<u32>, messages: usize) -> Timestamp {
        let rest = messages_per_second.map_or(0, |rate| (messages as u64 * 1000).div_ceil(u64::from(rate)));
        Timestamp(self.now().0 + rest)
    }
}

/// How many messages a step moves: with a rate, a fraction of what a second may move.
fn step_messages(messages_per_second: Option<u32>) -> usize {
    messages_per_second.map_or(STEP_MESSAGES_MAX, |rate| STEP_MESSAGES_MAX.min(rate.div_ceil(STEPS_A_SECOND) as usize))
}

/// What a step does.
struct Step<'a> {
    /// In the order of the source, with the queue that each goes to.
    moves: Vec<(&'a Queue, Redrive)>,
    /// How the task ends with this step, if it does.
    end: Option<MoveTaskStatus>,
}

impl<'a> Step<'a> {
    fn add(&mut self, destination: &'a Queue, sequence: u64, message_id: MessageId) {
        let ahead = self.moves.iter().filter(|(other, _)| other.id == destination.id).count() as u64;
        let new_sequence = destination.next_sequence + ahead;
        self.moves.push((destination, Redrive { sequence, new_sequence, message_id }));
    }

    /// Neighbours with the same destination share a fact. No move is checked against the destination's deduplication
    /// ids: a message that came from there would be taken for a duplicate of itself, and be lost.
    fn into_facts(self, now: Timestamp, next_step_at: Timestamp, from: QueueId, task: MoveTaskId) -> Vec<Fact> {
        let neighbours = self.moves.chunk_by(|(one, _), (next, _)| one.id == next.id);
        let mut facts: Vec<Fact> = neighbours
            .map(|moves| {
                let destination = moves[0].0;
                let visible_at = now + destination.attributes().delay;
                let moves = moves.iter().map(|(_, redrive)| *redrive).collect();
                Fact::Redriven { task, from, to: destination.id, visible_at, next_step_at, moves }
            })
            .collect();
        facts.extend(self.end.map(|status| Fact::MoveTaskEnded { source: from, task, status }));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_by_small_steps() {
        for (rate, messages) in [(1, 1), (2, 1), (10, 1), (11, 2), (100, 10), (500, 50)] {
            assert_eq!(step_messages(Some(rate)), messages, "at {rate} a second");
        }
        assert_eq!(step_messages(None), STEP_MESSAGES_MAX);
    }

    #[test]
    fn no_rate_is_exceeded_by_more_than_a_part_of_a_step() {
        let broker = Broker::new();
        for rate in 1..=500 {
            let messages = step_messages(Some(rate)) as u64;
            let rest = broker.next_step_at(Some(rate), messages as usize).0;
            assert!(messages * 1000 <= u64::from(rate) * rest, "over time, at {rate} a second");
            let in_one_second = 1000_u64.div_ceil(rest) * messages;
            assert!(in_one_second < u64::from(rate) + messages, "{in_one_second} in one second at {rate}");
        }
    }
}
