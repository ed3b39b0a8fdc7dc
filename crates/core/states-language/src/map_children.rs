//! What became of the children of a run of a distributed Map: told from the steps of its execution, whose history has
//! nothing of them.

use std::collections::BTreeMap;

use bongsu_jsonata::Value;

use crate::Timestamp;
use crate::definition::{Definition, StateKind};
use crate::execution::Status;
use crate::history::{Event, Problem};
use crate::map_run::{MapRun, MapRunStatus};
use crate::payload::PayloadId;
use crate::step::Step;
use crate::strand::{Phase, Purpose, Strand, StrandId};

/// The children of one run, as far as its execution's steps were told.
#[derive(Clone, Debug)]
pub struct MapChildren {
    run: u128,
    started_at: Timestamp,
    /// Whether children are given something else than their items.
    is_selected: bool,
    is_batched: bool,
    has_writer: bool,
    /// The Map's own strand, once it is known.
    parent: Option<StrandId>,
    writing: Writing,
    /// The strands of the children, once they are known.
    strands: Option<(StrandId, u32)>,
    children: BTreeMap<u32, MapChild>,
    /// How the run ended, and when, unless it runs.
    ended: Option<(MapRunStatus, Timestamp)>,
}

/// How far the results are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    NotBegun,
    Begun,
    Done,
}

/// One child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapChild {
    /// Which, from 0 on.
    pub index: u32,
    /// How it stands; some have not started.
    pub status: Status,
    /// The number of its input's text.
    pub input: PayloadId,
    /// The number of its output's text, if it has succeeded.
    pub output: Option<PayloadId>,
    /// The error's name and its cause, if it has failed.
    pub problem: Option<Problem>,
    /// Since when, if it has started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
}

impl MapChildren {
    /// Those of this run, of which nothing is known yet.
    pub fn new(run: &MapRun, definition: &Definition) -> MapChildren {
        let map = definition.states.iter().find_map(|state| match &state.work {
            StateKind::Map(map) if state.name == run.state => Some(map),
            _ => None,
        });
        MapChildren {
            run: run.id,
            started_at: run.started_at,
            is_selected: map.is_some_and(|map| map.selector.is_some()),
            is_batched: map.is_some_and(|map| map.batcher.is_some()),
            has_writer: map.is_some_and(|map| map.writer.is_some()),
            parent: None,
            writing: Writing::NotBegun,
            strands: None,
            children: BTreeMap::new(),
            ended: None,
        }
    }

    /// Whether a child's input is a batch: an object whose `Items` are those that it works on.
    pub fn is_batched(&self) -> bool {
        self.is_batched
    }

    /// Whether a ResultWriter is to write what they return.
    pub fn has_writer(&self) -> bool {
        self.has_writer
    }

    /// Whether it has.
    pub fn are_written(&self) -> bool {
        self.writing == Writing::Done
    }

    /// How many items there are in a batch, which is the input of a child.
    pub fn items(batch: &str) -> u32 {
        let batch: Option<Value> = serde_json::from_str(batch).ok();
        let items = batch.as_ref().and_then(Value::as_object).and_then(|batch| batch.get("Items"));
        items.and_then(Value::as_array).map_or(0, |items| items.len() as u32)
    }

    /// Takes over what a step says of them. All steps are to come, in order.
    pub fn take(&mut self, step: &Step) {
        for run in step.map_runs.iter().filter(|run| run.id == self.run) {
            self.ended = run.stopped_at.map(|at| (run.status, at));
        }
        for (id, strand) in &step.strands {
            match strand.as_ref().map(|strand| &strand.phase) {
                Some(Phase::Children(children)) if children.run.as_ref().is_some_and(|run| run.id == self.run) => {
                    (self.parent, self.strands) = (Some(*id), Some((children.first, children.count)));
                }
                Some(Phase::Calling(call)) if matches!(call.purpose, Purpose::Write(_, run) if run == self.run) => {
                    self.writing = Writing::Begun;
                }
                _ if self.parent == Some(*id) && self.writing == Writing::Begun => {
                    let is_done = step.events.iter().any(|event| matches!(event.event, Event::MapStateSucceeded));
                    self.writing = if is_done { Writing::Done } else { Writing::NotBegun };
                }
                _ => {}
            }
        }
        let Some((first, count)) = self.strands else { return };
        let is_child = |id: &StrandId| (first.0..first.0 + count).contains(&id.0);
        for (id, strand) in step.strands.iter().filter(|(id, _)| is_child(id)) {
            // The rows of those that have ended go with the run.
            if let Some(strand) = strand {
                self.see(id.0 - first.0, strand);
            }
        }
    }

    fn see(&mut self, index: u32, strand: &Strand) {
        let at = strand.entered_at;
        let (status, output, problem, stopped_at) = match &strand.phase {
            Phase::Pending => (Status::NotStarted, None, None, None),
            Phase::Done(output) => (Status::Succeeded, Some(*output), None, Some(at)),
            Phase::Failed(error, cause) => {
                (Status::Failed, None, Some(Problem { error: error.clone(), cause: cause.clone() }), Some(at))
            }
            _ => (Status::Running, None, None, None),
        };
        let given = strand.item.filter(|_| !self.is_selected).unwrap_or(strand.input);
        let new = MapChild { index, status, input: given, output, problem, started_at: at, stopped_at };
        let known = self.children.remove(&index).filter(|known| known.status != Status::NotStarted);
        let (input, started_at) = known.map_or((given, at), |known| (known.input, known.started_at));
        self.children.insert(index, MapChild { input, started_at, ..new });
    }

    /// All, in order. What still ran when the run ended was given up with it.
    pub fn children(&self) -> impl Iterator<Item = MapChild> {
        self.children.values().map(|child| {
            let mut child = child.clone();
            child.started_at = child.started_at.max(self.started_at);
            if let Some((_, at)) = self.ended.filter(|_| child.status == Status::Running) {
                (child.status, child.stopped_at) = (Status::Aborted, Some(at));
            }
            child
        })
    }
}
