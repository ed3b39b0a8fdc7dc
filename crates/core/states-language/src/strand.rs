//! Strands: the rows of an execution. The machine is one, and so is each branch and each iteration.

use std::sync::Arc;

use crate::Timestamp;
use crate::definition::StateId;
use crate::payload::PayloadId;
use crate::wire::{wire_enum, wire_struct};

/// A strand's number within its execution, rising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StrandId(pub(crate) u32);

/// One attempt of one state at something that is done outside: unique in its execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(pub u64);

impl TaskId {
    /// Names the strand, so that an answer finds it without looking for it.
    pub(crate) fn new(strand: StrandId, attempt: u32) -> TaskId {
        TaskId(u64::from(strand.0) << 32 | u64::from(attempt))
    }

    pub(crate) fn strand(self) -> StrandId {
        StrandId((self.0 >> 32) as u32)
    }
}

wire_struct! {
    /// Where one line of states has got to.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Strand {
        pub(crate) parent: Option<StrandId>,
        /// Which branch or iteration it is.
        pub(crate) index: u32,
        pub(crate) state: StateId,
        pub(crate) entered_event: u32,
        pub(crate) entered_at: Timestamp,
        /// The event that the next one follows.
        pub(crate) previous: u32,
        /// The state's raw input; what a branch or iteration begins with.
        pub(crate) input: PayloadId,
        /// What the iteration is about.
        pub(crate) item: Option<PayloadId>,
        pub(crate) variables: Vec<(Arc<str>, PayloadId)>,
        /// How often each retrier of the state has been used in this visit.
        pub(crate) retries: Vec<u32>,
        pub(crate) phase: Phase,
    }
}

wire_enum! {
    /// What a strand waits for.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) enum Phase {
        /// An iteration that has not begun.
        0 => Pending,
        /// The state is to be entered.
        1 => Enter,
        /// The state was entered; its work is to begin.
        2 => Attempt,
        3 => Waiting(until: Timestamp),
        4 => Retrying(at: Timestamp),
        5 => Calling(call: Box<Call>),
        6 => Children(children: Box<Children>),
        7 => Done(output: PayloadId),
        8 => Failed(error: Option<Arc<str>>, cause: Option<Arc<str>>),
    }
}

wire_struct! {
    /// Something that was asked of the outside.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Call {
        pub(crate) task: TaskId,
        pub(crate) secret: u128,
        pub(crate) purpose: Purpose,
        pub(crate) input: PayloadId,
        pub(crate) role: Option<Arc<str>>,
        pub(crate) scheduled_at: Timestamp,
        pub(crate) deadline: Option<Timestamp>,
        /// Seconds between two signs of life, and when the next one is due.
        pub(crate) heartbeat: Option<(u32, Timestamp)>,
        pub(crate) started: bool,
        pub(crate) submitted: bool,
    }
}

wire_enum! {
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) enum Purpose {
        /// The Resource of a Task.
        0 => Task,
        /// The ItemReader of a Map, and the run that it is read for.
        1 => Read(run: Run),
        /// The ResultWriter of a Map run: what is written, and the run.
        2 => Write(results: PayloadId, run: u128),
    }
}

wire_struct! {
    /// The branches or iterations of a state. Their strands have consecutive numbers.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Children {
        pub(crate) first: StrandId,
        pub(crate) count: u32,
        /// How many have begun.
        pub(crate) begun: u32,
        pub(crate) running: u32,
        pub(crate) succeeded: u32,
        /// Only those whose failure is tolerated, or was one too many.
        pub(crate) failed: u32,
        pub(crate) concurrency: u32,
        pub(crate) run: Option<Run>,
    }
}

wire_struct! {
    /// What a distributed Map has besides.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Run {
        pub(crate) id: u128,
        pub(crate) started_at: Timestamp,
        /// How many failures are tolerated; none at all if neither is given.
        pub(crate) tolerated_count: Option<u32>,
        pub(crate) tolerated_percentage: Option<u32>,
    }
}

impl Strand {
    /// When it has to be looked at next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Waiting(at) | Phase::Retrying(at) => Some(*at),
            Phase::Calling(call) => call.deadline.into_iter().chain(call.heartbeat.map(|(_, due)| due)).min(),
            _ => None,
        }
    }

    /// Whether it can go on at once: with its state, or with iterations that have not begun although they may.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.phase {
            Phase::Enter | Phase::Attempt => true,
            Phase::Children(children) => children.begun < children.count && children.running < children.concurrency,
            _ => false,
        }
    }

    /// The texts that it needs.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = PayloadId> {
        let of_phase = match &self.phase {
            Phase::Calling(call) => match call.purpose {
                Purpose::Write(results, _) => [Some(call.input), Some(results)],
                Purpose::Task | Purpose::Read(_) => [Some(call.input), None],
            },
            Phase::Done(output) => [Some(*output), None],
            _ => [None, None],
        };
        let variables = self.variables.iter().map(|(_, payload)| *payload);
        [self.input].into_iter().chain(self.item).chain(variables).chain(of_phase.into_iter().flatten())
    }
}

impl Run {
    /// Whether so many failures of so many children are tolerated.
    pub(crate) fn tolerates(&self, failed: u32, count: u32) -> bool {
        let (failed, count) = (u64::from(failed), u64::from(count));
        (self.tolerated_count.is_some() || self.tolerated_percentage.is_some())
            && self.tolerated_count.is_none_or(|most| failed <= u64::from(most))
            && self.tolerated_percentage.is_none_or(|most| failed * 100 <= u64::from(most) * count)
    }
}

impl Children {
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = StrandId> + use<> {
        (self.first.0..self.first.0 + self.count).map(StrandId)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.succeeded + self.failed == self.count
    }
}
