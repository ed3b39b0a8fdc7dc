//! The one table from the broker's rejections to AWS's errors.

use bongsu_broker::{FAULTS_TAG, Rejection};
use bongsu_runtime::Refusal;

use super::move_tasks::resource_does_not_exist;
use super::parameters::handle_is_invalid;
use crate::error::{ApiError, ErrorKind};

/// What the refused request says, as far as AWS's texts quote it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quoted<'a> {
    /// The receipt handle as given.
    pub(super) handle: &'a str,
    /// Batches word some refusals differently.
    pub(super) in_batch: bool,
}

/// AWS's error for a refusal.
pub(super) fn to_error(refusal: Refusal, quoted: Quoted<'_>) -> ApiError {
    match refusal {
        Refusal::Unavailable => ApiError::stopping(),
        Refusal::Rejected(rejection) => rejected(rejection, quoted),
    }
}

pub(crate) fn rejected(rejection: Rejection, quoted: Quoted<'_>) -> ApiError {
    use ErrorKind::{
        AccessDeniedException, InvalidAttributeName, InvalidAttributeValue, OverLimit, PurgeQueueInProgress,
        QueueDeletedRecently, QueueNameExists, ResourceNotFoundException,
    };
    let invalid = |parameter: &str, reason: &str| ApiError::invalid_value(quoted.handle, parameter, reason);
    match rejection {
        Rejection::QueueDoesNotExist => ApiError::queue_does_not_exist(),
        Rejection::QueueExists { attribute } => ApiError::new(
            QueueNameExists,
            format!("A queue already exists with the same name and a different value for attribute {attribute}"),
        ),
        Rejection::QueueNameInvalid { fifo: false } => ApiError::invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ),
        Rejection::QueueNameInvalid { fifo: true } => ApiError::invalid_parameter(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with \
             .fifo suffix and be 1 to 80 in length",
        ),
        Rejection::AttributeUnknown { name } => {
            ApiError::new(InvalidAttributeName, format!("Unknown Attribute {name}."))
        }
        Rejection::AttributeInvalid { name, reason: None } => {
            ApiError::new(InvalidAttributeValue, format!("Invalid value for the parameter {name}."))
        }
        Rejection::AttributeInvalid { name, reason: Some(reason) } => {
            ApiError::new(InvalidAttributeValue, format!("Invalid value for the parameter {name}. Reason: {reason}"))
        }
        Rejection::AttributeForFifoOnly { name } => ApiError::new(
            InvalidAttributeName,
            format!("You can specify the {name} only when FifoQueue is set to true."),
        ),
        Rejection::RedrivePolicyInvalid { policy, reason } => ApiError::invalid_value(policy, "RedrivePolicy", &reason),
        Rejection::TwoEncryptions => ApiError::new(
            InvalidAttributeName,
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
        ),
        Rejection::AccessDenied { caller, operation, resource, by_deny } => {
            let action = format!("sqs:{}", operation.to_ascii_lowercase());
            let why = if by_deny {
                "with an explicit deny in a resource-based policy".to_owned()
            } else {
                format!("because no resource-based policy allows the {action} action")
            };
            let text = format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {why}");
            ApiError::new(AccessDeniedException, text)
        }
        Rejection::PermissionExists { label } => ApiError::invalid_value(label, "Label", "Already exists."),
        Rejection::PermissionUnknown { label } => ApiError::invalid_value(label, "Label", "can't find label."),
        Rejection::PolicyTooLarge { reason } => ApiError::new(OverLimit, reason.into_string()),
        Rejection::QueueDeletedRecently => ApiError::new(
            QueueDeletedRecently,
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        ),
        Rejection::PurgeInProgress { queue } => ApiError::new(
            PurgeQueueInProgress,
            format!("Only one PurgeQueue operation on {queue} is allowed every 60 seconds."),
        ),
        Rejection::TooManyTags { queue } => {
            ApiError::invalid_parameter(format!("Too many tags added for queue {queue}."))
        }
        Rejection::MessageTooLong { bytes_max } => {
            let verb = if quoted.in_batch { "cannot be validated" } else { "are invalid" };
            ApiError::invalid_parameter(format!(
                "One or more parameters {verb}. Reason: Message must be shorter than {bytes_max} bytes."
            ))
        }
        Rejection::GroupIdMissing if quoted.in_batch => {
            ApiError::invalid_parameter("The request must contain the parameter MessageGroupId.")
        }
        Rejection::GroupIdMissing => ApiError::missing_parameter("MessageGroupId"),
        Rejection::DeduplicationIdMissing => ApiError::invalid_parameter(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
             explicitly",
        ),
        Rejection::DeduplicationIdOnStandard { id } => ApiError::invalid_value(
            id,
            "MessageDeduplicationId",
            "The request includes a parameter that is not valid for this queue type.",
        ),
        // "include", as AWS has it.
        Rejection::DelayOnFifo { delay } => ApiError::invalid_value(
            delay,
            "DelaySeconds",
            "The request include parameter that is not valid for this queue type.",
        ),
        Rejection::ReceiptHandleInvalid => handle_is_invalid(quoted.handle),
        Rejection::ReceiptHandleExpired => invalid("ReceiptHandle", "The receipt handle has expired."),
        Rejection::MessageNotAvailable => {
            invalid("ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
        }
        Rejection::VisibilityBeyondLimit { timeout } => ApiError::invalid_value(
            timeout,
            "VisibilityTimeout",
            "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
        ),
        Rejection::TooManyInFlight { .. } => ApiError::new(OverLimit, "Too many messages in flight."),
        Rejection::MoveTaskSourceDoesNotExist => resource_does_not_exist("SourceArn"),
        Rejection::MoveTaskDestinationDoesNotExist => resource_does_not_exist("DestinationArn"),
        Rejection::MoveTaskDestinationIsSource => {
            ApiError::invalid_parameter("Source queue arn and destination queue arn must not be the same.")
        }
        Rejection::MoveTaskKindsDiffer => {
            ApiError::invalid_parameter("Source queue and destination queue must be of the same type.")
        }
        Rejection::NotADeadLetterQueue => {
            ApiError::invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
        }
        Rejection::MoveTaskRunning => ApiError::invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        ),
        Rejection::FaultsInvalid { reason } => {
            ApiError::invalid_parameter(format!("The tag {FAULTS_TAG} is refused: {reason}."))
        }
        Rejection::TooManyMoveTasks => ApiError::new(OverLimit, "Too many active message move tasks."),
        Rejection::MoveTaskUnknown => ApiError::new(ResourceNotFoundException, "Task does not exist."),
        Rejection::MoveTaskNotRunning => ApiError::invalid_parameter("Only active tasks can be cancelled."),
        // No operation of this service names functions.
        Rejection::FunctionDoesNotExist { .. }
        | Rejection::FunctionExists { .. }
        | Rejection::FunctionBusy
        | Rejection::PipeExists
        | Rejection::PipeDoesNotExist
        | Rejection::TooManyPipes
        | Rejection::AliasExists { .. }
        | Rejection::AliasDoesNotExist { .. }
        | Rejection::RevisionChanged
        | Rejection::VersionHasAlias
        | Rejection::TooManyFunctions
        | Rejection::TooManyVersions
        | Rejection::TooManyAliases
        | Rejection::TooManyInvocations
        | Rejection::TooManyCalls
        | Rejection::MappingExists { .. }
        | Rejection::ScheduleDoesNotExist
        | Rejection::ScheduleInvalid { .. }
        | Rejection::TooManySchedules
        | Rejection::MappingDoesNotExist => ApiError::internal_failure(),
        // Commands about queues are not refused so.
        Rejection::TopicDoesNotExist
        | Rejection::TaggedTopicDoesNotExist
        | Rejection::SubscriptionDoesNotExist
        | Rejection::TooManyTopicTags
        | Rejection::TooManySubscriptions
        | Rejection::TooManyFilterPolicies
        | Rejection::InvalidParameter(_)
        | Rejection::PublishTooLong { .. }
        | Rejection::EntryChanged
        | Rejection::EntryTooLong
        | Rejection::Object(_)
        | Rejection::Workflow(_)
        | Rejection::TooManyEntries
        | Rejection::UnsubscribeNeedsCredentials => ApiError::internal_failure(),
        Rejection::StorageFull => ApiError::storage_full(),
    }
}
