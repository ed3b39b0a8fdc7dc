//! Amazon SNS: one file an operation, and the one table that names them. It speaks the Query protocol alone.

mod add_permission;
mod attributes;
mod confirm_subscription;
mod create_topic;
mod delete_topic;
mod endpoint;
mod get_data_protection_policy;
mod get_subscription_attributes;
mod get_topic_attributes;
mod list_subscriptions;
mod list_subscriptions_by_topic;
mod list_tags_for_resource;
mod list_topics;
mod pages;
mod parameters;
mod publication;
mod publish;
mod publish_batch;
mod put_data_protection_policy;
mod rejection;
mod remove_permission;
mod set_subscription_attributes;
mod set_topic_attributes;
mod subscribe;
mod subscriptions;
mod tag_resource;
mod tags;
mod unsubscribe;
mod untag_resource;

use bongsu_broker::{Rejection, SubscriptionId, TopicName};
use bongsu_runtime::Refusal;

use crate::codec::SNS;
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

pub(crate) use rejection::rejected;

operations! {
    SNS, first_fault;
    "AddPermission" => add_permission,
    "ConfirmSubscription" => confirm_subscription,
    "CreateTopic" => create_topic,
    "DeleteTopic" => delete_topic,
    "GetDataProtectionPolicy" => get_data_protection_policy,
    "GetSubscriptionAttributes" => get_subscription_attributes,
    "GetTopicAttributes" => get_topic_attributes,
    "ListSubscriptions" => list_subscriptions,
    "ListSubscriptionsByTopic" => list_subscriptions_by_topic,
    "ListTagsForResource" => list_tags_for_resource,
    "ListTopics" => list_topics,
    "Publish" => publish,
    "PublishBatch" => publish_batch,
    "PutDataProtectionPolicy" => put_data_protection_policy,
    "RemovePermission" => remove_permission,
    "SetSubscriptionAttributes" => set_subscription_attributes,
    "SetTopicAttributes" => set_topic_attributes,
    "Subscribe" => subscribe,
    "TagResource" => tag_resource,
    "Unsubscribe" => unsubscribe,
    "UntagResource" => untag_resource,
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

    /// The subscription that a request names by its ARN.
    fn subscription(&self, arn: Option<&str>) -> Result<SubscriptionId, ApiError> {
        let id = parameters::subscription_of_arn(arn, &self.config.region)?;
        id.ok_or_else(|| Refusal::Rejected(Rejection::SubscriptionDoesNotExist).into())
    }
}

/// The operations that call a topic a resource, and miss it in words of their own.
const OF_RESOURCES: [&str; 3] = ["ListTagsForResource", "TagResource", "UntagResource"];

/// A topic that does not exist, and one that the caller may not use so, are told before what else is wrong.
async fn first_fault(cx: &Context<'_>, fault: ApiError) -> ApiError {
    let is_told = fault.kind() == ErrorKind::AuthorizationErrorException;
    let Some(topic) = cx.seen.topic.get().filter(|_| !is_told) else { return fault };
    let is_of_resources = cx.seen.operation.get().is_some_and(|operation| OF_RESOURCES.contains(operation));
    match cx.broker.describe_topic(topic.clone()).await {
        Err(Refusal::Rejected(Rejection::TopicDoesNotExist)) if is_of_resources => {
            Refusal::Rejected(Rejection::TaggedTopicDoesNotExist).into()
        }
        Err(refusal @ Refusal::Rejected(Rejection::TopicDoesNotExist | Rejection::AccessDenied { .. })) => {
            refusal.into()
        }
        _ => fault,
    }
}
