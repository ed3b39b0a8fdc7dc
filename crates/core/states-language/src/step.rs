//! Steps: what one input changed, whole, so that replay evaluates nothing.

use std::sync::Arc;

use bytes::Bytes;

use crate::execution::Head;
use crate::history::HistoryEvent;
use crate::map_run::MapRun;
use crate::payload::PayloadId;
use crate::strand::{Strand, StrandId, TaskId};
use crate::wire::{Malformed, Wire};

/// The first byte of an encoded step.
const VERSION: u8 = 1;

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What changes; to be made durable, and then applied.
    pub step: Step,
    /// What is to be done once the step is durable, in this order.
    pub effects: Vec<Effect>,
}

/// What is to be done outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Do what [`Execution::task`](crate::Execution::task) says, and answer.
    StartTask(TaskId),
    /// Nobody waits for the answer any more.
    CancelTask(TaskId),
    /// More can happen at once: come back with [`Input::Proceed`](crate::Input::Proceed).
    Proceed,
    /// The execution has ended.
    Finished,
}

/// What one input changed in an execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The number of the first of the texts.
    pub first_payload: PayloadId,
    /// New texts; rows and events name them by number.
    pub payloads: Vec<Arc<str>>,
    /// What is added to the history.
    pub events: Vec<HistoryEvent>,
    /// Runs of distributed Maps that began, went on or ended.
    pub map_runs: Vec<MapRun>,
    pub(crate) head: Head,
    /// Rows as they are now; none for those that are gone. Of one that is named twice, the last counts.
    pub(crate) strands: Vec<(StrandId, Option<Arc<Strand>>)>,
}

impl Step {
    /// The new texts with their numbers.
    pub fn payloads(&self) -> impl Iterator<Item = (PayloadId, &Arc<str>)> {
        (self.first_payload.0..).map(PayloadId).zip(&self.payloads)
    }

    /// Whether nothing happened, so that there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.strands.is_empty() && self.events.is_empty()
    }

    /// The step as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        self.first_payload.put(&mut out);
        self.payloads.put(&mut out);
        self.events.put(&mut out);
        self.map_runs.put(&mut out);
        self.head.put(&mut out);
        self.strands.put(&mut out);
        out
    }

    /// The step from its bytes.
    pub fn decode(mut bytes: Bytes) -> Result<Step, Malformed> {
        let from = &mut bytes;
        if u8::take(from)? != VERSION {
            return Err(Malformed("a step of another version"));
        }
        let step = Step {
            first_payload: Wire::take(from)?,
            payloads: Wire::take(from)?,
            events: Wire::take(from)?,
            map_runs: Wire::take(from)?,
            head: Wire::take(from)?,
            strands: Wire::take(from)?,
        };
        if from.is_empty() { Ok(step) } else { Err(Malformed("bytes left over")) }
    }
}
