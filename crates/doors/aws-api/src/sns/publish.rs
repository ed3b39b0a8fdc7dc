//! `Publish`: gives a message to everybody who wants it. The answer means that it is durable.

use bongsu_broker::TopicName;
use serde::Serialize;

use super::parameters::{invalid, is_mobile_endpoint};
use super::publication::MessageInput;
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
    /// To a telephone: nobody delivers it here.
    Phone,
}

pub(super) async fn call(mut input: MessageInput<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let target = target(&input, cx)?;
    let attributes = input.attributes("")?;
    let publication = input.prepare(&attributes, "", cx)?;
    let Target::Topic(topic) = target else {
        return Ok(Output { message_id: cx.request_id.to_string(), sequence_number: None });
    };
    let mut published = cx.broker.publish(topic, vec![publication], &cx.config.region).await?;
    let published = published.pop().ok_or_else(ApiError::internal_failure)?;
    Ok(Output {
        message_id: message_id(published.message_id),
        sequence_number: published.sequence.map(sequence_number),
    })
}

fn target(input: &MessageInput<'_>, cx: &Context<'_>) -> Result<Target, ApiError> {
    match (&input.topic_arn, &input.target_arn, &input.phone_number) {
        (Some(topic), None, None) => cx.topic(Some(topic), "TopicArn").map(Target::Topic),
        (None, Some(target), None) if is_mobile_endpoint(target) => {
            Err(invalid("TargetArn Reason: No endpoint found for the target arn specified"))
        }
        (None, Some(target), None) => cx.topic(Some(target), "TargetArn").map(Target::Topic),
        (None, None, Some(number)) => check_number(number).map(|()| Target::Phone),
        (None, None, None) => Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        _ => Err(invalid("TopicArn, TargetArn and PhoneNumber Reason: only one of them can be given")),
    }
}

/// Digits of a phone number, after E.164.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 2..=15;

fn check_number(number: &str) -> Result<(), ApiError> {
    if number.is_empty() {
        return Err(invalid("PhoneNumber Reason: input incorrectly formatted"));
    }
    let digits = number.strip_prefix('+').unwrap_or_default();
    if PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(invalid(&format!("PhoneNumber Reason: {number} is not valid to publish to")))
}
