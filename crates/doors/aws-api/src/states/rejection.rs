//! The one table from the broker's rejections about workflows to AWS's errors.

use bongsu_broker::{Rejection, WorkflowRejection, execution_arn};
use bongsu_runtime::Refusal;

use crate::error::{ApiError, ErrorKind};

/// AWS's error for a refusal of what was asked about `arn`.
pub(super) fn refused(refusal: Refusal, arn: &str) -> ApiError {
    match refusal {
        Refusal::Rejected(Rejection::Workflow(rejection)) => rejected(rejection, arn),
        other => other.into(),
    }
}

/// AWS's error for a refusal of what a task's token was shown for.
pub(super) fn refused_task(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Rejected(Rejection::Workflow(WorkflowRejection::InvalidJson | WorkflowRejection::PayloadTooLarge)) => {
            ApiError::new(ErrorKind::InvalidOutput, "Invalid Output: 'Invalid output'")
        }
        Refusal::Rejected(Rejection::Workflow(WorkflowRejection::ExecutionNotRunning)) => {
            rejected(WorkflowRejection::TaskDoesNotExist, "")
        }
        other => refused(other, ""),
    }
}

/// AWS's error for a rejection; `arn` is what it is about.
pub(crate) fn rejected(rejection: WorkflowRejection, arn: &str) -> ApiError {
    use ErrorKind::{
        ActivityDoesNotExist, ActivityLimitExceeded, ConflictException, ExecutionAlreadyExists, ExecutionDoesNotExist,
        ExecutionLimitExceeded, ExecutionNotRedrivable, InvalidDefinition, InvalidExecutionInput,
        ServiceQuotaExceededException, StateMachineAlreadyExists, StateMachineDoesNotExist, StateMachineLimitExceeded,
        StateMachineTypeNotSupported, StatesResourceNotFound, StatesTaskTimedOut, StatesValidationException,
    };
    match rejection {
        WorkflowRejection::MachineDoesNotExist { .. } => {
            ApiError::new(StateMachineDoesNotExist, format!("State Machine Does Not Exist: '{arn}'"))
        }
        WorkflowRejection::MachineAlreadyExists { arn } => {
            ApiError::new(StateMachineAlreadyExists, format!("State Machine Already Exists: '{arn}'"))
        }
        WorkflowRejection::DefinitionInvalid(text) => ApiError::new(InvalidDefinition, text.into_string()),
        WorkflowRejection::DefinitionUnreadable => {
            ApiError::new(InvalidDefinition, "Invalid State Machine Definition: 'this version cannot read it any more'")
        }
        WorkflowRejection::TooManyMachines => ApiError::new(StateMachineLimitExceeded, "State Machine Limit Exceeded"),
        WorkflowRejection::TooManyVersions => {
            ApiError::new(ServiceQuotaExceededException, "The state machine has as many versions as it may have")
        }
        WorkflowRejection::TooManyAliases => {
            ApiError::new(ServiceQuotaExceededException, "The state machine has as many aliases as it may have")
        }
        WorkflowRejection::TooManyActivities => ApiError::new(ActivityLimitExceeded, "Activity Limit Exceeded"),
        WorkflowRejection::TooManyExecutions => ApiError::new(ExecutionLimitExceeded, "Execution Limit Exceeded"),
        WorkflowRejection::RevisionChanged => ApiError::new(
            ConflictException,
            format!(
                "Failed to publish the State Machine version for revision. The current State Machine revision is another: {arn}"
            ),
        ),
        WorkflowRejection::VersionInUse { alias } => ApiError::new(
            ConflictException,
            format!(
                "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{alias}]"
            ),
        ),
        WorkflowRejection::AliasDoesNotExist { .. } => {
            ApiError::new(StatesResourceNotFound, format!("Request references a resource that does not exist: {arn}"))
        }
        WorkflowRejection::AliasAlreadyExists { .. } => ApiError::new(
            ConflictException,
            "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
        ),
        WorkflowRejection::ActivityDoesNotExist { .. } => {
            ApiError::new(ActivityDoesNotExist, format!("Activity Does Not Exist: '{arn}'"))
        }
        WorkflowRejection::ExecutionAlreadyExists { machine, name } => ApiError::new(
            ExecutionAlreadyExists,
            // Only standard executions have names of their own, and those need no identity.
            format!("Execution Already Exists: '{}'", execution_arn(&machine, &name, bongsu_broker::ExecutionId(0))),
        ),
        WorkflowRejection::ExecutionDoesNotExist => {
            ApiError::new(ExecutionDoesNotExist, format!("Execution Does Not Exist: '{arn}'"))
        }
        WorkflowRejection::ExecutionNotRunning => {
            ApiError::new(StatesValidationException, format!("The execution is not running: '{arn}'"))
        }
        WorkflowRejection::ExecutionNotRedrivable { reason } => {
            ApiError::new(ExecutionNotRedrivable, reason.into_string())
        }
        WorkflowRejection::MapRunDoesNotExist => {
            ApiError::new(StatesResourceNotFound, format!("Map Run Does Not Exist: '{arn}'"))
        }
        WorkflowRejection::MapRunDoesNotGoOn => {
            ApiError::new(StatesValidationException, format!("The Map Run is not running: '{arn}'"))
        }
        WorkflowRejection::TaskDoesNotExist => {
            ApiError::new(StatesTaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'")
        }
        WorkflowRejection::InvalidJson => {
            ApiError::new(InvalidExecutionInput, "Invalid State Machine Execution Input: 'Invalid execution input.'")
        }
        WorkflowRejection::PayloadTooLarge => ApiError::new(
            InvalidExecutionInput,
            "Invalid State Machine Execution Input: 'The input is longer than 262144 bytes.'",
        ),
        WorkflowRejection::MachineNotExpress => {
            ApiError::new(StateMachineTypeNotSupported, "This operation is not supported by this type of state machine")
        }
    }
}
