//! Facts about workflows, as the journal holds them.

use std::sync::Arc;

use bongsu_states_language::Step;
use bytes::Bytes;

use super::{Activity, ExecutionId, ExecutionStart, MachineAlias, MachineVersion, StateMachine};
use crate::Text;
use crate::fact::wire_enum;
use crate::wire::{Malformed, Wire};

/// What happened to a machine, an activity or an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in the types they are made of")]
pub enum WorkflowFact {
    /// A machine is like this from now on; so many versions of it were published.
    MachineSet { machine: StateMachine, last_version: u32 },
    /// A machine is gone, with its versions and aliases. Executions by it go on.
    MachineDeleted { name: Box<str> },
    /// A version of a machine exists from now on, and never changes.
    MachineVersionPublished { version: MachineVersion },
    /// A version is gone. Executions by it go on.
    MachineVersionDeleted { machine: Box<str>, number: u32 },
    /// An alias of a machine is like this from now on.
    MachineAliasSet { machine: Box<str>, alias: MachineAlias },
    /// An alias is gone.
    MachineAliasDeleted { machine: Box<str>, alias: Box<str> },
    /// A revision that is no machine's any more is still that of executions.
    RevisionKept { machine: StateMachine },
    /// An activity exists from now on.
    ActivityCreated { activity: Activity },
    /// An activity is gone.
    ActivityDeleted { name: Box<str> },
    /// An execution has begun, with its first step.
    ExecutionStarted { id: ExecutionId, start: ExecutionStart, step: RecordedStep },
    /// An execution has made a step; the first after its beginning has number 1.
    ExecutionStepped { id: ExecutionId, number: u32, step: RecordedStep },
    /// An execution that has ended is forgotten. Said, because what is left of its steps may be cut off at any of them.
    ExecutionForgotten { id: ExecutionId },
    /// An express execution is to run, from the beginning until it has ended.
    ExpressQueued { id: ExecutionId, start: ExecutionStart, input: Text },
    /// An express execution has ended.
    ExpressEnded { id: ExecutionId, succeeded: bool },
}

wire_enum!(WorkflowFact {
    1 => MachineSet { machine, last_version }
    2 => MachineDeleted { name }
    3 => MachineVersionPublished { version }
    4 => MachineVersionDeleted { machine, number }
    5 => MachineAliasSet { machine, alias }
    6 => MachineAliasDeleted { machine, alias }
    7 => RevisionKept { machine }
    8 => ActivityCreated { activity }
    9 => ActivityDeleted { name }
    10 => ExecutionStarted { id, start, step }
    11 => ExecutionStepped { id, number, step }
    12 => ExpressQueued { id, start, input }
    13 => ExpressEnded { id, succeeded }
    14 => ExecutionForgotten { id }
} and reads {});

/// A step of an execution, in the encoding that the states language gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStep(pub Arc<Step>);

/// No number in a step is not a number.
impl Eq for RecordedStep {}

impl Wire for RecordedStep {
    fn put(&self, out: &mut Vec<u8>) {
        let encoded = self.0.encode();
        (encoded.len() as u64).put(out);
        out.extend_from_slice(&encoded);
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        let encoded = <Bytes as Wire>::take(from)?;
        let step = Step::decode(encoded).map_err(|_| Malformed("not a step of an execution"))?;
        Ok(RecordedStep(Arc::new(step)))
    }
}
