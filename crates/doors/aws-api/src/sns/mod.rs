//! Amazon SNS: one file an operation, and the one table that names them. It speaks the Query protocol alone.

mod add_permission;
mod attributes;
mod check_if_phone_number_is_opted_out;
mod confirm_subscription;
mod create_platform_application;
mod create_platform_endpoint;
mod create_sms_sandbox_phone_number;
mod create_topic;
mod delete_endpoint;
mod delete_platform_application;
mod delete_sms_sandbox_phone_number;
mod delete_topic;
mod direct;
mod endpoint;
mod get_data_protection_policy;
mod get_endpoint_attributes;
mod get_platform_application_attributes;
mod get_sms_attributes;
mod get_sms_sandbox_account_status;
mod get_subscription_attributes;
mod get_topic_attributes;
mod kept;
mod list_endpoints_by_platform_application;
mod list_origination_numbers;
mod list_phone_numbers_opted_out;
mod list_platform_applications;
mod list_sms_sandbox_phone_numbers;
mod list_subscriptions;
mod list_subscriptions_by_topic;
mod list_tags_for_resource;
mod list_topics;
mod opt_in_phone_number;
mod pages;
mod parameters;
mod phone_number;
mod platform_application;
mod platform_endpoint;
mod publication;
mod publish;
mod publish_batch;
mod put_data_protection_policy;
mod rejection;
mod remove_permission;
mod sandbox;
mod set_endpoint_attributes;
mod set_platform_application_attributes;
mod set_sms_attributes;
mod set_subscription_attributes;
mod set_topic_attributes;
mod sms_attributes;
mod subscribe;
mod subscriptions;
mod tag_resource;
mod tags;
mod unsubscribe;
mod untag_resource;
mod verify_sms_sandbox_phone_number;

use bongsu_broker::{Rejection, SubscriptionId, TopicName};
use bongsu_runtime::Refusal;

use crate::codec::SNS;
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

pub(crate) use publish::{Prepared, prepare_publish};
pub(crate) use rejection::rejected;

operations! {
    SNS, first_fault;
    "AddPermission" => add_permission,
    "CheckIfPhoneNumberIsOptedOut" => check_if_phone_number_is_opted_out,
    "ConfirmSubscription" => confirm_subscription,
    "CreatePlatformApplication" => create_platform_application,
    "CreatePlatformEndpoint" => create_platform_endpoint,
    "CreateSMSSandboxPhoneNumber" => create_sms_sandbox_phone_number,
    "CreateTopic" => create_topic,
    "DeleteEndpoint" => delete_endpoint,
    "DeletePlatformApplication" => delete_platform_application,
    "DeleteSMSSandboxPhoneNumber" => delete_sms_sandbox_phone_number,
    "DeleteTopic" => delete_topic,
    "GetDataProtectionPolicy" => get_data_protection_policy,
    "GetEndpointAttributes" => get_endpoint_attributes,
    "GetPlatformApplicationAttributes" => get_platform_application_attributes,
    "GetSMSAttributes" => get_sms_attributes,
    "GetSMSSandboxAccountStatus" => get_sms_sandbox_account_status,
    "GetSubscriptionAttributes" => get_subscription_attributes,
    "GetTopicAttributes" => get_topic_attributes,
    "ListEndpointsByPlatformApplication" => list_endpoints_by_platform_application,
    "ListOriginationNumbers" => list_origination_numbers,
    "ListPhoneNumbersOptedOut" => list_phone_numbers_opted_out,
    "ListPlatformApplications" => list_platform_applications,
    "ListSMSSandboxPhoneNumbers" => list_sms_sandbox_phone_numbers,
    "ListSubscriptions" => list_subscriptions,
    "ListSubscriptionsByTopic" => list_subscriptions_by_topic,
    "ListTagsForResource" => list_tags_for_resource,
    "ListTopics" => list_topics,
    "OptInPhoneNumber" => opt_in_phone_number,
    "Publish" => publish,
    "PublishBatch" => publish_batch,
    "PutDataProtectionPolicy" => put_data_protection_policy,
    "RemovePermission" => remove_permission,
    "SetEndpointAttributes" => set_endpoint_attributes,
    "SetPlatformApplicationAttributes" => set_platform_application_attributes,
    "SetSMSAttributes" => set_sms_attributes,
    "SetSubscriptionAttributes" => set_subscription_attributes,
    "SetTopicAttributes" => set_topic_attributes,
    "Subscribe" => subscribe,
    "TagResource" => tag_resource,
    "Unsubscribe" => unsubscribe,
    "UntagResource" => untag_resource,
    "VerifySMSSandboxPhoneNumber" => verify_sms_sandbox_phone_number,
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
pub(crate) async fn first_fault(cx: &Context<'_>, fault: ApiError) -> ApiError {
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
