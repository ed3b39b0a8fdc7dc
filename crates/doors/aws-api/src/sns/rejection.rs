//! The one table from the broker's rejections about topics to AWS's errors.

use bongsu_broker::Rejection;

use super::kept::too_busy;
use super::parameters::invalid;
use crate::error::{ApiError, ErrorKind};

/// How the ARNs of topics and subscriptions begin.
const OF_SNS: &str = "arn:aws:sns:";

/// AWS's error for a rejection that is about topics; any other is given back.
pub(crate) fn rejected(rejection: Rejection) -> Result<ApiError, Rejection> {
    use ErrorKind::{
        AuthorizationErrorException, BatchRequestTooLongException, FilterPolicyLimitExceededException,
        NotFoundException, SubscriptionLimitExceededException, TagLimitExceededException, TaggedResourceNotFound,
    };
    Ok(match rejection {
        Rejection::TopicDoesNotExist => ApiError::new(NotFoundException, "Topic does not exist"),
        Rejection::TaggedTopicDoesNotExist => ApiError::new(TaggedResourceNotFound, "Resource does not exist"),
        Rejection::SubscriptionDoesNotExist => ApiError::new(NotFoundException, "Subscription does not exist"),
        Rejection::TooManyTopicTags => {
            ApiError::new(TagLimitExceededException, "Could not complete request: tag quota of per resource exceeded")
        }
        Rejection::TooManySubscriptions => {
            ApiError::new(SubscriptionLimitExceededException, "The topic has as many subscriptions as it may have")
        }
        Rejection::TooManyFilterPolicies => {
            ApiError::new(FilterPolicyLimitExceededException, "The topic has as many filter policies as it may have")
        }
        Rejection::InvalidParameter(text) => invalid(&text),
        Rejection::PublishTooLong { batch: false } => invalid("Message too long"),
        Rejection::PublishTooLong { batch: true } => ApiError::new(
            BatchRequestTooLongException,
            "The length of all the messages put together is more than the limit.",
        ),
        Rejection::EntryChanged => too_busy(),
        Rejection::EntryTooLong => invalid("Attributes Reason: all together are too long"),
        Rejection::TooManyEntries => invalid("the account has as many of these as it may have"),
        Rejection::UnsubscribeNeedsCredentials => ApiError::new(
            AuthorizationErrorException,
            "The subscription was confirmed with authentication: ending it needs credentials",
        ),
        Rejection::AccessDenied { caller, operation, resource, by_deny } if resource.starts_with(OF_SNS) => {
            let action = format!("SNS:{operation}");
            let why = if by_deny {
                "with an explicit deny in a resource-based policy".to_owned()
            } else {
                format!("because no resource-based policy allows the {action} action")
            };
            let text = format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {why}");
            ApiError::new(AuthorizationErrorException, text)
        }
        other => return Err(other),
    })
}
