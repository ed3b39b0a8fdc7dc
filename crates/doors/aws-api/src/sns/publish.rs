//! `Publish`: gives a message to everybody who wants it. The answer means that it is durable.

use bongsu_broker::{Publication, TopicName};
use serde::Serialize;

use super::direct::{self, Recipient};
use super::parameters::{invalid, is_mobile_endpoint};
use super::publication::MessageInput;
use crate::codec::json;
use crate::error::ApiError;
use crate::operation::Context;
use crate::received::{message_id, sequence_number};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

/// Where a message goes.
enum Target {
    Topic(TopicName),
    /// To one telephone, past all topics.
    Direct(Recipient),
}

/// A message as far as it is without its topic.
pub(crate) enum Prepared {
    /// To be published.
    Publication(TopicName, Box<Publication>),
    /// It went to one telephone, and that is all.
    Sent {
        /// A UUID.
        message_id: String,
    },
}

/// Prepares the message that the request's body describes in JSON.
pub(crate) async fn prepare_publish(cx: &Context<'_>) -> Result<Prepared, ApiError> {
    prepare(json::decode(cx.body)?, cx).await
}

async fn prepare(mut input: MessageInput<'_>, cx: &Context<'_>) -> Result<Prepared, ApiError> {
    let topic = match target(&input, cx).await? {
        Target::Topic(topic) => topic,
        Target::Direct(recipient) => {
            return Ok(Prepared::Sent { message_id: direct::publish(recipient, input, cx).await? });
        }
    };
    let attributes = input.attributes("")?;
    let publication = input.prepare(&attributes, "", cx)?;
    Ok(Prepared::Publication(topic, Box::new(publication)))
}

pub(super) async fn call(input: MessageInput<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let (topic, publication) = match prepare(input, cx).await? {
        Prepared::Publication(topic, publication) => (topic, *publication),
        Prepared::Sent { message_id } => return Ok(Output { message_id, sequence_number: None }),
    };
    let mut published = cx.broker.publish(topic, vec![publication], &cx.config.region).await?;
    let published = published.pop().ok_or_else(ApiError::internal_failure)?;
    Ok(Output {
        message_id: message_id(published.message_id),
        sequence_number: published.sequence.map(sequence_number),
    })
}

async fn target(input: &MessageInput<'_>, cx: &Context<'_>) -> Result<Target, ApiError> {
    match (&input.topic_arn, &input.target_arn, &input.phone_number) {
        (Some(topic), None, None) => cx.topic(Some(topic), "TopicArn").map(Target::Topic),
        (None, Some(target), None) if is_mobile_endpoint(target) => {
            Recipient::endpoint(target, cx).await.map(Target::Direct)
        }
        (None, Some(target), None) => cx.topic(Some(target), "TargetArn").map(Target::Topic),
        (None, None, Some(number)) => Recipient::phone(number).map(Target::Direct),
        (None, None, None) => Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        _ => Err(invalid("TopicArn, TargetArn and PhoneNumber Reason: only one of them can be given")),
    }
}
