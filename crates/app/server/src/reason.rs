//! Tells people in a sentence why the broker refused.

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;

/// The sentence, without a full stop: it stands at the end of a line.
pub(crate) fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Rejected(rejection) => rejected(rejection),
        Refusal::Unavailable => "the server is stopping".to_owned(),
    }
}

fn rejected(rejection: &Rejection) -> String {
    match rejection {
        Rejection::TopicDoesNotExist | Rejection::TaggedTopicDoesNotExist => "its topic does not exist".to_owned(),
        Rejection::SubscriptionDoesNotExist => "its subscription does not exist".to_owned(),
        Rejection::TooManyFilterPolicies => "the topic would have more than 200 filter policies".to_owned(),
        Rejection::EntryChanged => "somebody else has changed it meanwhile".to_owned(),
        Rejection::EntryTooLong => "it is too long to be kept".to_owned(),
        Rejection::TooManyEntries => "the account has too many of these".to_owned(),
        Rejection::TooManyTopicTags => "the topic would have more than 50 tags".to_owned(),
        Rejection::TooManySubscriptions => "the topic would have more subscriptions than a topic may have".to_owned(),
        Rejection::InvalidParameter(text) => format!("a parameter is refused: {}", without_full_stop(text)),
        Rejection::PublishTooLong { .. } => "the message is longer than the topic allows".to_owned(),
        Rejection::UnsubscribeNeedsCredentials => "only somebody with credentials may end the subscription".to_owned(),
        Rejection::QueueDoesNotExist => "its queue does not exist".to_owned(),
        Rejection::QueueExists { attribute } => format!(
            "a queue of this name exists with another {attribute}; delete it, or change it back here (the queue \
             and its messages were left as they are)"
        ),
        Rejection::QueueNameInvalid { fifo: false } => {
            "a queue's name is 1 to 80 letters, digits, hyphens or underscores; only a FIFO queue's ends in .fifo"
                .to_owned()
        }
        Rejection::QueueNameInvalid { fifo: true } => {
            "a FIFO queue's name is letters, digits, hyphens or underscores, ends in .fifo and has at most 80 characters"
                .to_owned()
        }
        Rejection::AttributeUnknown { name } => format!("{name} is not an attribute of this kind of queue"),
        Rejection::AttributeInvalid { name, reason: None } => format!("the value of {name} is out of its range"),
        Rejection::AttributeInvalid { name, reason: Some(reason) } => {
            format!("the value of {name} is refused: {}", without_full_stop(reason))
        }
        Rejection::AttributeForFifoOnly { name } => format!("only FIFO queues have {name}"),
        Rejection::RedrivePolicyInvalid { reason, .. } => {
            format!("the redrive policy is refused: {}", without_full_stop(reason))
        }
        Rejection::TwoEncryptions => "there is one kind of encryption at a time: KMS or SQS".to_owned(),
        Rejection::AccessDenied { caller, operation, resource, .. } => {
            format!("{caller} is not allowed {operation} on {resource}")
        }
        Rejection::PermissionExists { label } => format!("there is a permission {label} already"),
        Rejection::PermissionUnknown { label } => format!("there is no permission {label}"),
        Rejection::PolicyTooLarge { reason } => without_full_stop(reason).to_owned(),
        Rejection::QueueDeletedRecently => "a queue of that name was deleted less than a minute ago".to_owned(),
        Rejection::PurgeInProgress { queue } => format!("the queue {queue} was purged less than a minute ago"),
        Rejection::TooManyTags { queue } => format!("the queue {queue} would have more than 50 tags"),
        Rejection::MessageTooLong { bytes_max } => {
            format!("the message is longer than the {bytes_max} bytes of its queue")
        }
        Rejection::GroupIdMissing => "a message of a FIFO queue needs a message group".to_owned(),
        Rejection::DeduplicationIdMissing => {
            "a message of this FIFO queue needs a deduplication id: give one, or set ContentBasedDeduplication"
                .to_owned()
        }
        Rejection::DeduplicationIdOnStandard { .. } => "a standard queue takes no deduplication id".to_owned(),
        Rejection::DelayOnFifo { .. } => "messages of a FIFO queue cannot be delayed one by one".to_owned(),
        Rejection::ReceiptHandleInvalid => "the receipt handle belongs to another queue".to_owned(),
        Rejection::ReceiptHandleExpired => "the receipt handle has expired".to_owned(),
        Rejection::MessageNotAvailable => "the message is deleted or expired".to_owned(),
        Rejection::VisibilityBeyondLimit { .. } => "a message stays hidden for at most twelve hours".to_owned(),
        Rejection::TooManyInFlight { .. } => "too many messages of the queue are in flight".to_owned(),
        Rejection::FunctionDoesNotExist { name } => format!("the function {name} does not exist"),
        Rejection::FunctionExists { name } => format!("the function {name} exists already"),
        Rejection::PipeExists => "a pipe of that name exists".to_owned(),
        Rejection::PipeDoesNotExist => "there is no pipe of that name".to_owned(),
        Rejection::TooManyPipes => "there are as many pipes as may be".to_owned(),
        Rejection::FunctionBusy => "as many invocations of the function go on as may".to_owned(),
        Rejection::AliasExists { name } => format!("the alias {name} exists already"),
        Rejection::AliasDoesNotExist { name } => format!("the alias {name} does not exist"),
        Rejection::RevisionChanged => "somebody else has changed it since it was read".to_owned(),
        Rejection::VersionHasAlias => "an alias stands for this version".to_owned(),
        Rejection::TooManyFunctions => "there would be more functions than there may be".to_owned(),
        Rejection::TooManyVersions => "the function would have more versions than it may have".to_owned(),
        Rejection::TooManyAliases => "the function would have more aliases than it may have".to_owned(),
        Rejection::TooManyInvocations => "more events wait for the function than may".to_owned(),
        Rejection::TooManyCalls => "more calls wait for their limits than may".to_owned(),
        Rejection::ScheduleInvalid { reason } => format!("the schedule is refused: {reason}"),
        Rejection::FaultsInvalid { reason } => format!("the faults are refused: {reason}"),
        Rejection::ScheduleDoesNotExist => "there is no such schedule".to_owned(),
        Rejection::TooManySchedules => "there would be more schedules than there may be".to_owned(),
        Rejection::MappingExists { .. } => "the queue feeds the function already".to_owned(),
        Rejection::MappingDoesNotExist => "there is no such mapping".to_owned(),
        Rejection::MoveTaskSourceDoesNotExist => "the queue to move messages from does not exist".to_owned(),
        Rejection::MoveTaskDestinationDoesNotExist => "the queue to move messages to does not exist".to_owned(),
        Rejection::MoveTaskDestinationIsSource => "messages cannot be moved to the queue they are in".to_owned(),
        Rejection::MoveTaskKindsDiffer => {
            "messages cannot be moved between a FIFO queue and a standard queue".to_owned()
        }
        Rejection::NotADeadLetterQueue => "the queue is not the dead-letter queue of any other".to_owned(),
        Rejection::MoveTaskRunning => "a move task is already running for the queue".to_owned(),
        Rejection::TooManyMoveTasks => "too many move tasks are running".to_owned(),
        Rejection::MoveTaskUnknown => "the move task does not exist".to_owned(),
        Rejection::MoveTaskNotRunning => "the move task has ended already".to_owned(),
        Rejection::Object(rejection) => format!("the object store refuses: {rejection:?}"),
        Rejection::Workflow(rejection) => format!("the workflows refuse: {rejection:?}"),
        Rejection::StorageFull => "the storage is full; delete messages or add space".to_owned(),
    }
}

fn without_full_stop(sentence: &str) -> &str {
    sentence.strip_suffix('.').unwrap_or(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_the_end_of_a_sentence() {
        for (rejection, expected) in [
            (
                Rejection::AttributeInvalid { name: "X".into(), reason: Some("It must not be.".into()) },
                "the value of X is refused: It must not be",
            ),
            (Rejection::AttributeInvalid { name: "X".into(), reason: None }, "the value of X is out of its range"),
            (
                Rejection::RedrivePolicyInvalid {
                    policy: "{}".into(),
                    reason: "Dead letter target does not exist.".into(),
                },
                "the redrive policy is refused: Dead letter target does not exist",
            ),
            (Rejection::FunctionDoesNotExist { name: "til".into() }, "the function til does not exist"),
        ] {
            assert_eq!(reason(&Refusal::Rejected(rejection)), expected);
        }
    }
}
