//! Workflows: state machines with their versions and aliases, and the executions that run by them.

pub(crate) mod command;
pub(crate) mod execution;
pub(crate) mod fact;
pub(crate) mod machines;
pub(crate) mod map_runs;
pub(crate) mod rejection;
pub(crate) mod result;
pub(crate) mod state;
pub(crate) mod token;

use std::fmt;
use std::sync::Arc;

use crate::wire::wire_struct;
use crate::{DeduplicationKey, Text, Timestamp};

/// Machines that may exist: AWS's quota.
pub const MACHINES_MAX: usize = 10_000;
/// Versions of one machine: AWS's quota.
pub const MACHINE_VERSIONS_MAX: usize = 1_000;
/// Aliases of one machine: AWS's quota.
pub const MACHINE_ALIASES_MAX: usize = 100;
/// Activities that may exist: AWS's quota.
pub const ACTIVITIES_MAX: usize = 10_000;
/// Executions that run at once: AWS's quota.
pub const OPEN_EXECUTIONS_MAX: usize = 1_000_000;
/// How long an execution that has ended is remembered, with its history: AWS's quota.
pub const EXECUTION_RETENTION_DAYS: u64 = 90;
/// Until how long after its end an execution can be taken up again: AWS's quota.
pub const REDRIVE_DAYS: u64 = 14;

pub(crate) const DAY_MS: u64 = 24 * 3600 * 1000;

/// An execution's identity: a random UUID, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExecutionId(pub u128);

wire_struct!(ExecutionId(u128));

/// One revision of a state machine.
#[derive(Clone, PartialEq, Eq)]
pub struct StateMachine {
    /// 1 to 80 characters.
    pub name: Box<str>,
    /// As the door spells it; executions' own ARNs are made of it.
    pub arn: Box<str>,
    /// Changes with every change. Given by the broker.
    pub revision: u128,
    /// Whether its executions are short, and have no history.
    pub express: bool,
    /// In the Amazon States Language, as it was given.
    pub definition: Text,
    /// The role that it was given; nothing depends on it.
    pub role: Box<str>,
    /// What else a door keeps about it; the core does not look inside.
    pub details: Box<str>,
    /// When the machine was made. Given by the broker.
    pub created_at: Timestamp,
    /// When this revision was. Given by the broker.
    pub revised_at: Timestamp,
}

wire_struct!(StateMachine { name, arn, revision, express, definition, role, details, created_at, revised_at });

/// Definitions are long, and may hold what is nobody's business.
impl fmt::Debug for StateMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateMachine")
            .field("name", &self.name)
            .field("revision", &self.revision)
            .field("express", &self.express)
            .finish_non_exhaustive()
    }
}

/// A published version of a machine: it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineVersion {
    /// From 1 on, given once.
    pub number: u32,
    /// As it was then.
    pub machine: StateMachine,
    /// What its publisher said.
    pub description: Box<str>,
    /// When.
    pub published_at: Timestamp,
}

wire_struct!(MachineVersion { number, machine, description, published_at });

/// A name for one version of a machine, or for two in proportion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineAlias {
    /// 1 to 80 characters, not a number.
    pub name: Box<str>,
    /// What its maker said.
    pub description: Box<str>,
    /// Version and weight: one of 100, or two that make 100 together.
    pub routes: Vec<(u32, u32)>,
    /// When it was made. Given by the broker.
    pub created_at: Timestamp,
    /// When it was changed last. Given by the broker.
    pub updated_at: Timestamp,
}

wire_struct!(MachineAlias { name, description, routes, created_at, updated_at });

/// A machine as somebody names it who wants it run: the newest revision, a version, or an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRef {
    /// Its name.
    pub name: Box<str>,
    /// A version's number or an alias's name.
    pub qualifier: Option<Box<str>>,
}

wire_struct!(MachineRef { name, qualifier });

/// What is said about an execution when it begins. It is kept for as long as the execution is remembered, and there may
/// be a million of them: no text of it holds a whole request or record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionStart {
    /// By which machine, as it was asked for.
    pub machine: MachineRef,
    /// By which revision of it.
    pub revision: u128,
    /// Its own name.
    pub name: Arc<str>,
    /// When.
    pub started_at: Timestamp,
    /// Of its input: who starts it again by the same name and with the same input means this one.
    pub input_key: DeduplicationKey,
    /// The task of another execution that waits for its end.
    pub parent: Option<Box<ParentTask>>,
    /// An X-Ray trace header.
    pub trace_header: Option<Box<str>>,
}

wire_struct!(ExecutionStart { machine, revision, name, started_at, input_key, parent, trace_header });

/// A task that waits until the execution that it started has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentTask {
    /// Whose.
    pub execution: ExecutionId,
    /// Which.
    pub task: u64,
    /// Whether it gets input and output as JSON (`.sync:2`) or as texts (`.sync`).
    pub as_json: bool,
    /// With what it started the execution.
    pub input: Box<str>,
}

wire_struct!(ParentTask { execution, task, as_json, input });

/// Work that is done elsewhere, by whoever asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// 1 to 80 characters.
    pub name: Box<str>,
    /// When it was made.
    pub created_at: Timestamp,
}

wire_struct!(Activity { name, created_at });
