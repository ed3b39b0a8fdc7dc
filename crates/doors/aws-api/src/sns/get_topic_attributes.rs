//! `GetTopicAttributes`: tells what a topic is set to, and how many subscriptions it has.

use bongsu_broker::{EffectivePolicy, TopicDescription, default_topic_policy};
use serde::Deserialize;

use super::attributes::{Attributes, AttributesOutput};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
}

/// What is told after the others, where it is set, in this order.
const FURTHER: [&str; 18] = [
    "MaximumMessageSize",
    "FifoThroughputScope",
    "ArchivePolicy",
    "HTTPSuccessFeedbackRoleArn",
    "HTTPSuccessFeedbackSampleRate",
    "HTTPFailureFeedbackRoleArn",
    "SQSSuccessFeedbackRoleArn",
    "SQSSuccessFeedbackSampleRate",
    "SQSFailureFeedbackRoleArn",
    "LambdaSuccessFeedbackRoleArn",
    "LambdaSuccessFeedbackSampleRate",
    "LambdaFailureFeedbackRoleArn",
    "FirehoseSuccessFeedbackRoleArn",
    "FirehoseSuccessFeedbackSampleRate",
    "FirehoseFailureFeedbackRoleArn",
    "ApplicationSuccessFeedbackRoleArn",
    "ApplicationSuccessFeedbackSampleRate",
    "ApplicationFailureFeedbackRoleArn",
];

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<AttributesOutput, ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let topic = cx.broker.describe_topic(topic).await?;
    Ok(AttributesOutput { attributes: told(&topic, &cx.config.region) })
}

/// In AWS's order.
fn told(topic: &TopicDescription, region: &str) -> Attributes {
    let TopicDescription { definition, confirmed, pending, archived_since, .. } = topic;
    let (name, set) = (&definition.name, &definition.attributes);
    let arn = name.arn(region);
    let mut told = Attributes::default();
    let policy = set.text("Policy").map(str::to_owned);
    told.add("Policy", policy.unwrap_or_else(|| default_topic_policy(&arn, name.account)));
    told.add_if("SignatureVersion", set.text("SignatureVersion"));
    told.add("Owner", name.account.to_string());
    told.add("SubscriptionsPending", pending.to_string());
    told.add_if("KmsMasterKeyId", set.text("KmsMasterKeyId"));
    told.add("TopicArn", arn);
    told.add_if("TracingConfig", set.text("TracingConfig"));
    told.add("EffectiveDeliveryPolicy", EffectivePolicy::of(set.delivery.as_ref(), None).topic_text());
    told.add("SubscriptionsConfirmed", confirmed.to_string());
    told.add("DisplayName", set.text("DisplayName").unwrap_or_default());
    told.add_if("DeliveryPolicy", set.text("DeliveryPolicy"));
    told.add("SubscriptionsDeleted", definition.unsubscribed.to_string());
    if set.fifo {
        told.add("FifoTopic", "true");
        told.add("ContentBasedDeduplication", set.content_based_deduplication.to_string());
    }
    FURTHER.iter().for_each(|name| told.add_if(name, set.text(name)));
    told.add_if("BeginningArchiveTime", archived_since.map(|since| since.iso_8601()));
    told
}
