//! Why somebody did not take what a schedule sent: the reason in the words of AWS, and whether it passes.

use crate::{Rejection, WorkflowRejection};

/// Why a target did not take what was sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFault {
    /// What the target's service calls it.
    pub code: Box<str>,
    /// For people.
    pub message: Box<str>,
    /// Whether the same would be refused at any time: then it is not tried again.
    pub is_for_good: bool,
}

impl TargetFault {
    /// The scheduler passes on what the service says, rules have codes of their own.
    pub(crate) fn of(rejection: &Rejection, is_scheduler: bool) -> TargetFault {
        let (of_rules, of_service, message) = told(rejection);
        let message = message.map_or_else(|| format!("{rejection:?}"), str::to_owned);
        TargetFault {
            code: if is_scheduler { of_service } else { of_rules }.into(),
            message: message.into(),
            is_for_good: is_for_good(rejection),
        }
    }
}

fn told(rejection: &Rejection) -> (&'static str, &'static str, Option<&'static str>) {
    let (of_rules, of_service, message) = match rejection {
        Rejection::QueueDoesNotExist => {
            ("NO_RESOURCE", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        }
        Rejection::TopicDoesNotExist => ("NO_RESOURCE", "NotFound", "Topic does not exist"),
        Rejection::FunctionDoesNotExist { .. } | Rejection::AliasDoesNotExist { .. } => {
            ("NO_RESOURCE", "ResourceNotFoundException", "Function not found")
        }
        Rejection::Workflow(
            WorkflowRejection::MachineDoesNotExist { .. } | WorkflowRejection::AliasDoesNotExist { .. },
        ) => ("NO_RESOURCE", "StateMachineDoesNotExist", "State Machine Does Not Exist"),
        Rejection::Workflow(WorkflowRejection::TooManyExecutions) => {
            ("THROTTLING", "ExecutionLimitExceeded", "As many executions run as may.")
        }
        Rejection::Workflow(WorkflowRejection::InvalidJson | WorkflowRejection::PayloadTooLarge) => {
            ("INVALID_PARAMETER", "InvalidExecutionInput", "What is sent is no input of an execution.")
        }
        Rejection::AccessDenied { .. } => ("NO_PERMISSIONS", "AccessDeniedException", "The target does not allow it."),
        Rejection::TooManyInvocations => {
            ("THROTTLING", "TooManyRequestsException", "As many events wait for the function as may.")
        }
        Rejection::MessageTooLong { .. } | Rejection::PublishTooLong { .. } => {
            ("INVALID_PARAMETER", "InvalidParameterValue", "What is sent is longer than the target takes.")
        }
        _ => return ("INVALID_PARAMETER", "InvalidParameterValue", None),
    };
    (of_rules, of_service, Some(message))
}

/// Whether the same would be refused at any time. Who is not there may be there later.
fn is_for_good(rejection: &Rejection) -> bool {
    !matches!(
        rejection,
        Rejection::QueueDoesNotExist
            | Rejection::TopicDoesNotExist
            | Rejection::FunctionDoesNotExist { .. }
            | Rejection::AliasDoesNotExist { .. }
            | Rejection::TooManyInvocations
            | Rejection::AccessDenied { .. }
            | Rejection::StorageFull
            | Rejection::Workflow(
                WorkflowRejection::MachineDoesNotExist { .. }
                    | WorkflowRejection::AliasDoesNotExist { .. }
                    | WorkflowRejection::TooManyExecutions
            )
    )
}
