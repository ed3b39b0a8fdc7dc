//! `ReceiveMessage`: takes up to ten messages, waiting for the first if asked to.

use std::collections::BTreeMap;

use bongsu_broker::{DeduplicationKey, VISIBILITY_TIMEOUT_MAX};
use bongsu_runtime::Received;
use serde::{Deserialize, Serialize};

use super::Context;
use super::parameters::{ID_LENGTH_MAX, seconds};
use crate::attributes_digest::Digest;
use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};
use crate::message_attributes::MessageAttributes;
use crate::received::{SYSTEM_ATTRIBUTES, message_id, receipt_handle};

/// The largest request: it is kept while it waits, and there may be many that wait.
const REQUEST_BYTES_MAX: usize = 64 << 10;
/// Names of attributes in one list.
const NAMES_MAX: usize = 100;
/// Longest wait for a first message.
const WAIT_SECONDS_MAX: u32 = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    /// 1 to 10.
    max_number_of_messages: Option<Integer>,
    /// Absent: as long as the queue says. Zero: not at all.
    wait_time_seconds: Option<Integer>,
    visibility_timeout: Option<Integer>,
    /// The older name of `MessageSystemAttributeNames`.
    #[serde(borrow)]
    attribute_names: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    message_system_attribute_names: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    message_attribute_names: Option<Vec<Text<'a>>>,
    /// FIFO: a receive that is repeated with the same id gets the same messages again, while nobody touched them.
    #[serde(borrow)]
    receive_request_attempt_id: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Message>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message_id: String,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Digest,
    #[serde(serialize_with = "shared_text")]
    body: bongsu_broker::Text,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<Digest>,
    #[serde(skip_serializing_if = "MessageAttributes::is_empty")]
    message_attributes: MessageAttributes,
}

pub(super) fn shared_text<S: serde::Serializer>(text: &bongsu_broker::Text, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    if cx.body.len() > REQUEST_BYTES_MAX {
        return Err(ApiError::request_too_large(REQUEST_BYTES_MAX));
    }
    let max = match input.max_number_of_messages {
        None => 1,
        Some(Integer(max @ 1..=10)) => max as usize,
        Some(Integer(max)) => {
            let reason = "Must be between 1 and 10, if provided.";
            return Err(ApiError::invalid_value(max, "MaxNumberOfMessages", reason));
        }
    };
    let reason = "Must be >= 0 and <= 20, if provided.";
    let wait = seconds(input.wait_time_seconds, "WaitTimeSeconds", WAIT_SECONDS_MAX, reason)?;
    let reason = "Must be >= 0 and <= 43200, if provided.";
    let visibility = seconds(input.visibility_timeout, "VisibilityTimeout", VISIBILITY_TIMEOUT_MAX.0, reason)?;
    let request = input.receive_request_attempt_id.map(|id| request_key(&id)).transpose()?;
    let newer = input.message_system_attribute_names.filter(|names| !names.is_empty());
    let wanted = Wanted {
        system: newer.or(input.attribute_names).unwrap_or_default(),
        attributes: input.message_attribute_names.unwrap_or_default(),
    };
    wanted.check()?;
    let polled = cx.broker.receive_for(queue, max, visibility, wait, request).await?;
    cx.seen.waited.get_or_init(|| polled.waited);
    Ok(Output {
        messages: polled.messages.into_iter().map(|received| wanted.message(received, cx)).collect::<Result<_, _>>()?,
    })
}

fn request_key(id: &str) -> Result<DeduplicationKey, ApiError> {
    if (1..=ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(DeduplicationKey::of(&[id.as_bytes()]));
    }
    let reason =
        "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    Err(ApiError::invalid_value(id, "ReceiveRequestAttemptId", reason))
}

/// The attributes that the client asked for.
struct Wanted<'a> {
    system: Vec<Text<'a>>,
    attributes: Vec<Text<'a>>,
}

impl Wanted<'_> {
    fn check(&self) -> Result<(), ApiError> {
        let known = |name: &str| {
            matches!(name, "All" | "Policy" | "VisibilityTimeout") || SYSTEM_ATTRIBUTES.iter().any(|row| row.0 == name)
        };
        if self.system.len() > NAMES_MAX || self.attributes.len() > NAMES_MAX {
            return Err(ApiError::invalid_parameter(format!("At most {NAMES_MAX} attribute names can be asked for.")));
        }
        match self.system.iter().find(|name| !known(name)) {
            Some(name) => Err(ApiError::new(ErrorKind::InvalidAttributeName, format!("Unknown Attribute {name}."))),
            None => Ok(()),
        }
    }

    fn message(&self, received: Received, cx: &Context<'_>) -> Result<Message, ApiError> {
        let asked = |name: &str| self.system.iter().any(|wanted| **wanted == *name || **wanted == *"All");
        let system = SYSTEM_ATTRIBUTES.iter().filter(|(name, _)| asked(name));
        let region = &cx.config.region;
        let attributes = system.filter_map(|(name, value)| Some((*name, value(&received, region)?))).collect();
        let mut message_attributes = MessageAttributes::default();
        if !self.attributes.is_empty() && !received.content.attributes.is_empty() {
            message_attributes = MessageAttributes::decode(&mut &received.content.attributes[..])
                .map_err(|_| ApiError::internal_failure())?;
            message_attributes.retain_requested(&self.attributes);
        }
        Ok(Message {
            message_id: message_id(received.content.message_id),
            receipt_handle: receipt_handle(received.delivery.handle),
            md5_of_body: Digest::from_bytes(received.content.body_md5),
            body: received.content.body,
            attributes,
            md5_of_message_attributes: (!message_attributes.is_empty()).then(|| message_attributes.digest()),
            message_attributes,
        })
    }
}
