//! Why something about a workflow was refused.

use std::sync::Arc;

use super::StateMachine;

/// The broker's "no" about workflows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are what the refusal is about")]
pub enum WorkflowRejection {
    /// No machine, version or alias of that name.
    MachineDoesNotExist { machine: Box<str> },
    /// One of that name is there, and is another.
    MachineAlreadyExists { arn: Box<str> },
    /// What the validation of its definition says.
    DefinitionInvalid(Box<str>),
    /// An execution runs by a definition that this version cannot read.
    DefinitionUnreadable,
    /// Its executions are not express.
    MachineNotExpress,
    /// There would be more machines than may be.
    TooManyMachines,
    /// The machine would have more versions than it may have.
    TooManyVersions,
    /// The machine would have more aliases than it may have.
    TooManyAliases,
    /// There would be more activities than may be.
    TooManyActivities,
    /// More executions would run than may.
    TooManyExecutions,
    /// The machine is of another revision by now.
    RevisionChanged,
    /// An alias names the version.
    VersionInUse { alias: Box<str> },
    /// No alias of that name.
    AliasDoesNotExist { alias: Box<str> },
    /// One of that name is there, and is another.
    AliasAlreadyExists { alias: Box<str> },
    /// No activity of that name.
    ActivityDoesNotExist { activity: Box<str> },
    /// One of that name ran, or runs with another input.
    ExecutionAlreadyExists { machine: Arc<StateMachine>, name: Box<str> },
    /// No execution of that name, or it was forgotten.
    ExecutionDoesNotExist,
    /// It has ended.
    ExecutionNotRunning,
    /// It cannot be taken up again.
    ExecutionNotRedrivable { reason: Box<str> },
    /// No run of a distributed map of that id, or it was forgotten.
    MapRunDoesNotExist,
    /// It has ended.
    MapRunDoesNotGoOn,
    /// It has ended, or its token is not right.
    TaskDoesNotExist,
    /// What should be JSON is none.
    InvalidJson,
    /// An input or output is longer than may be.
    PayloadTooLarge,
}
