//! Executions: rows that say where each strand has got to. Steps change them; nothing is evaluated here.

use std::sync::Arc;

use bytes::Bytes;

use crate::Timestamp;
use crate::definition::{Definition, ItemReader, ItemSource, Kind, StateKind};
use crate::few::Few;
use crate::limits::{EVENTS_MAX, REDRIVES_MAX};
use crate::map_run::MapRun;
use crate::payload::{PayloadId, Payloads};
use crate::resource::Resource;
use crate::step::Step;
use crate::strand::{Call, Phase, Purpose, Strand, StrandId, TaskId};
use crate::wire::{Malformed, Wire, wire_enum, wire_struct};

/// The first byte of an encoded execution.
const VERSION: u8 = 1;

/// One run of a state machine, as far as it has got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Execution {
    pub(crate) head: Head,
    pub(crate) strands: Few<StrandId, Arc<Strand>>,
    pub(crate) payloads: Payloads,
}

wire_struct! {
    /// What an execution has once.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(crate) struct Head {
        pub(crate) status: Status,
        pub(crate) started_at: Timestamp,
        pub(crate) deadline: Option<Timestamp>,
        pub(crate) events: u32,
        pub(crate) redrives: u32,
        pub(crate) next_payload: u32,
        pub(crate) next_strand: u32,
        pub(crate) next_attempt: u32,
        pub(crate) outcome: Option<Box<Outcome>>,
    }
}

wire_enum! {
    /// Whether an execution runs, and how it ended.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Status {
        /// Nothing has happened yet.
        #[default]
        0 => NotStarted,
        /// It runs.
        1 => Running,
        /// It ended well.
        2 => Succeeded,
        /// It ended with an error.
        3 => Failed,
        /// It ran longer than it may.
        4 => TimedOut,
        /// It was stopped.
        5 => Aborted,
    }
}

impl Status {
    /// As AWS spells it. What has not begun runs, for whoever asks.
    pub fn name(self) -> &'static str {
        match self {
            Status::NotStarted | Status::Running => "RUNNING",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::TimedOut => "TIMED_OUT",
            Status::Aborted => "ABORTED",
        }
    }
}

wire_enum! {
    /// What came out.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Outcome {
        /// The output's text is kept with the execution.
        0 => Output(output: PayloadId),
        /// An error's name and its cause, if they were given.
        1 => Error(error: Option<Arc<str>>, cause: Option<Arc<str>>),
    }
}

/// Something that is asked of the outside.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The state that asks.
    pub state: &'a str,
    /// What it asks for.
    pub work: Work<'a>,
    /// The secret part of its token.
    pub secret: u128,
    /// Since when.
    pub scheduled_at: Timestamp,
    /// Until when, if a `TimeoutSeconds` was given.
    pub deadline: Option<Timestamp>,
    /// Seconds between signs of life, and when the next one is due.
    pub heartbeat: Option<(u32, Timestamp)>,
    /// Whether it is known that the work has begun.
    pub started: bool,
    /// Whether it is known that the request was accepted.
    pub submitted: bool,
}

/// What a state asks for.
#[derive(Clone, Copy, Debug)]
pub enum Work<'a> {
    /// The Resource of a Task.
    Call {
        /// What is called.
        resource: &'a Resource,
        /// JSON.
        input: &'a str,
        /// `Credentials.RoleArn`.
        role: Option<&'a str>,
    },
    /// The items of a distributed Map; the answer is a JSON array.
    ReadItems {
        /// How they are written.
        reader: &'a ItemReader,
        /// JSON: `Bucket`, `Key`, `Prefix`.
        parameters: &'a str,
    },
    /// The results of a distributed Map; the answer is JSON: `Bucket` and `Key` of the manifest.
    WriteResults {
        /// JSON: `Bucket`, `Prefix`.
        parameters: &'a str,
        /// A JSON array with an object a child: `Index`, `Input`, `Status`, and `Output` or `Error` and `Cause`.
        results: &'a str,
        /// The run's id.
        map_run: u128,
    },
}

impl Execution {
    /// Takes over what a step decided.
    ///
    /// # Panics
    ///
    /// If the step was decided for another execution, or for this one at another time.
    pub fn apply(&mut self, step: &Step) {
        assert_eq!(step.first_payload.0, self.head.next_payload, "a step follows the step before it");
        for (id, text) in step.payloads() {
            self.payloads.insert(id, text.clone());
        }
        for payload in step
            .head
            .payloads()
            .chain(step.strands.iter().flat_map(|(_, row)| row.iter().flat_map(|row| row.payloads())))
        {
            self.payloads.hold(payload);
        }
        for payload in self.head.payloads() {
            self.payloads.release(payload);
        }
        for (id, row) in &step.strands {
            let before = match row {
                Some(row) => self.strands.insert(*id, row.clone()),
                None => self.strands.remove(id),
            };
            for payload in before.iter().flat_map(|strand| strand.payloads()) {
                self.payloads.release(payload);
            }
        }
        for (id, _) in step.payloads() {
            self.payloads.drop_unneeded(id);
        }
        self.head = step.head.clone();
    }

    /// Whether it runs, and how it ended.
    pub fn status(&self) -> Status {
        self.head.status
    }

    /// What came out of it; none while it runs.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.head.outcome.as_deref()
    }

    /// A text that is still needed: while it runs the input (number 0), later the output.
    pub fn payload(&self, id: PayloadId) -> Option<&str> {
        self.payloads.get(id).map(|text| &**text)
    }

    /// When it has to be looked at next, with [`Input::Proceed`](crate::Input::Proceed).
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.head.status != Status::Running {
            return None;
        }
        self.strands.values().filter_map(|strand| strand.deadline()).chain(self.head.deadline).min()
    }

    /// Whether something can go on at once, with [`Input::Proceed`](crate::Input::Proceed).
    pub fn is_runnable(&self) -> bool {
        self.head.status == Status::Running && self.strands.values().any(|strand| strand.is_ready())
    }

    /// All that was asked of the outside and is unanswered.
    pub fn open_tasks(&self) -> impl Iterator<Item = TaskId> {
        let running = self.head.status == Status::Running;
        self.strands.values().filter(move |_| running).filter_map(|strand| match &strand.phase {
            Phase::Calling(call) => Some(call.task),
            _ => None,
        })
    }

    /// What was asked for; none if it is answered, or if nobody waits for the answer any more.
    pub fn task<'a>(&'a self, definition: &'a Definition, id: TaskId) -> Option<Task<'a>> {
        let (strand, call) = self.call(id)?;
        let state = definition.state(strand.state);
        let work = match (&call.purpose, &state.work) {
            (Purpose::Task, StateKind::Task(task)) => {
                Work::Call { resource: &task.resource, input: self.payload(call.input)?, role: call.role.as_deref() }
            }
            (Purpose::Read(_), StateKind::Map(map)) => match &map.items {
                ItemSource::Reader(reader) => Work::ReadItems { reader, parameters: self.payload(call.input)? },
                ItemSource::Input(_) => return None,
            },
            (Purpose::Write(results, run), _) => Work::WriteResults {
                parameters: self.payload(call.input)?,
                results: self.payload(*results)?,
                map_run: *run,
            },
            _ => return None,
        };
        Some(Task {
            state: &state.name,
            work,
            secret: call.secret,
            scheduled_at: call.scheduled_at,
            deadline: call.deadline,
            heartbeat: call.heartbeat,
            started: call.started,
            submitted: call.submitted,
        })
    }

    /// The strand that waits for the answer.
    pub(crate) fn call(&self, id: TaskId) -> Option<(&Strand, &Call)> {
        let strand = self.strands.get(&id.strand()).filter(|_| self.head.status == Status::Running)?;
        match &strand.phase {
            Phase::Calling(call) if call.task == id => Some((strand, call)),
            _ => None,
        }
    }

    /// The distributed Maps that are under way.
    pub fn map_runs(&self, definition: &Definition) -> Vec<MapRun> {
        self.strands.values().filter_map(|strand| MapRun::of(definition, strand)).collect()
    }

    /// How many events the history has.
    pub fn events(&self) -> u32 {
        self.head.events
    }

    /// How often it was redriven.
    pub fn redrives(&self) -> u32 {
        self.head.redrives
    }

    /// Whether it can be redriven, or AWS's sentence why not.
    pub fn redrivable(&self, kind: Kind) -> Result<(), &'static str> {
        match self.head.status {
            Status::NotStarted | Status::Running => Err("Execution is RUNNING and cannot be redriven"),
            Status::Succeeded => Err("Execution is SUCCEEDED and cannot be redriven"),
            _ if kind == Kind::Express => Err("Express executions cannot be redriven"),
            _ if self.head.events + 1 >= EVENTS_MAX => Err("Execution event history limit exceeded"),
            _ if self.head.redrives >= REDRIVES_MAX => Err("Execution redrive limit exceeded"),
            _ if self.strands.is_empty() => Err("Execution redrivable period exceeded"),
            _ => Ok(()),
        }
    }

    /// Drops all rows of an execution that has ended; it cannot be redriven any more.
    pub fn forget(&mut self) {
        if self.head.outcome.is_some() {
            for strand in std::mem::take(&mut self.strands).values() {
                strand.payloads().for_each(|payload| self.payloads.release(payload));
            }
        }
    }

    /// The execution as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        self.head.put(&mut out);
        (self.payloads.len() as u64).put(&mut out);
        for (id, text) in self.payloads.iter() {
            id.put(&mut out);
            text.put(&mut out);
        }
        (self.strands.len() as u64).put(&mut out);
        for (id, strand) in self.strands.iter() {
            id.put(&mut out);
            strand.put(&mut out);
        }
        out
    }

    /// The execution from its bytes.
    pub fn decode(mut bytes: Bytes) -> Result<Execution, Malformed> {
        let from = &mut bytes;
        if u8::take(from)? != VERSION {
            return Err(Malformed("an execution of another version"));
        }
        let head = Head::take(from)?;
        let mut payloads = Payloads::default();
        for (id, text) in Vec::<(PayloadId, Arc<str>)>::take(from)? {
            payloads.insert(id, text);
        }
        let strands: Few<StrandId, Arc<Strand>> = Vec::<(StrandId, Arc<Strand>)>::take(from)?.into_iter().collect();
        let held = head.payloads().chain(strands.values().flat_map(|strand| strand.payloads()));
        for payload in held {
            if payloads.get(payload).is_none() {
                return Err(Malformed("a row without its text"));
            }
            payloads.hold(payload);
        }
        if from.is_empty() { Ok(Execution { head, strands, payloads }) } else { Err(Malformed("bytes left over")) }
    }
}

impl Head {
    /// The texts that it needs: the input while it can still be asked for, and the output.
    fn payloads(&self) -> impl Iterator<Item = PayloadId> + use<> {
        let input = (!matches!(self.status, Status::NotStarted | Status::Succeeded)).then_some(PayloadId(0));
        let output = match self.outcome.as_deref() {
            Some(Outcome::Output(output)) => Some(*output),
            _ => None,
        };
        input.into_iter().chain(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a hundred thousand of them waiting, every byte of a row counts.
    #[test]
    fn the_rows_of_a_waiting_execution_are_small() {
        assert!(size_of::<Strand>() <= 136, "{}", size_of::<Strand>());
        assert!(size_of::<Execution>() <= 104, "{}", size_of::<Execution>());
    }
}
