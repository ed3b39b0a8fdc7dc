//! Amazon SNS: one file an operation, and the one table that names them. It speaks the Query protocol alone.

mod create_topic;
mod list_topics;
mod pages;
mod parameters;
mod rejection;
mod tags;

use bongsu_broker::{Rejection, TopicName};
use bongsu_runtime::Refusal;

use crate::codec::SNS;
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

pub(crate) use rejection::rejected;

operations! {
    SNS, first_fault;
    "CreateTopic" => create_topic,
    "ListTopics" => list_topics,
}

/// What anybody may call: whoever has the link in a message.
pub(crate) const UNSIGNED: [&str; 2] = ["ConfirmSubscription", "Unsubscribe"];

/// What policies call the right to an operation.
pub(crate) fn permission(operation: &'static str) -> &'static str {
    if operation == "PublishBatch" { "Publish" } else { operation }
}

impl Context<'_> {
    /// The topic that a request names by the ARN in this parameter.
    fn topic(&self, arn: Option<&str>, parameter: &str) -> Result<TopicName, ApiError> {
        let topic = parameters::topic_of_arn(arn, parameter, &self.config.region)?;
        self.seen.topic.get_or_init(|| topic.clone());
        Ok(topic)
    }
}

/// A topic that does not exist, and one that the caller may not use so, are told before what else is wrong.
async fn first_fault(cx: &Context<'_>, fault: ApiError) -> ApiError {
    let is_told = matches!(fault.kind(), ErrorKind::AuthorizationErrorException | ErrorKind::TaggedResourceNotFound);
    let Some(topic) = cx.seen.topic.get().filter(|_| !is_told) else { return fault };
    match cx.broker.describe_topic(topic.clone()).await {
        Err(refusal @ Refusal::Rejected(Rejection::TopicDoesNotExist | Rejection::AccessDenied { .. })) => {
            refusal.into()
        }
        _ => fault,
    }
}
