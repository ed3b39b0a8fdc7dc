//! A message on its way in, as `SendMessage` and the entries of `SendMessageBatch` describe it.

use std::collections::BTreeMap;

use bongsu_broker::{Outgoing, SendOrigin, Text as Shared};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Context;
use super::parameters::{check_id, delay};
use crate::attributes_digest::Digest;
use crate::characters;
use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};
use crate::message_attributes::{INVALID_CHARACTERS, MessageAttributeValue, MessageAttributes, TRACE_HEADER, Value};
use crate::received::{message_id, sequence_number};

/// The members that describe a message: of a `SendMessage` with its queue, of a batch's entry with its id.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MessageInput<'a> {
    #[serde(borrow)]
    pub(super) queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message_body: Option<Text<'a>>,
    /// Overrides the queue's delay.
    pub(super) delay_seconds: Option<Integer>,
    #[serde(borrow)]
    pub(super) message_attributes: Option<BTreeMap<Text<'a>, MessageAttributeValue<'a>>>,
    #[serde(borrow)]
    pub(super) message_system_attributes: Option<BTreeMap<Text<'a>, MessageAttributeValue<'a>>>,
    #[serde(borrow)]
    pub(super) message_group_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message_deduplication_id: Option<Text<'a>>,
}

/// By which a client checks that its message arrived as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Digests {
    body: Digest,
    attributes: Option<Digest>,
    system_attributes: Option<Digest>,
}

/// What a sender gets back; the entries of a batch with their ids.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SentOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: Digest,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<Digest>,
    #[serde(rename = "MD5OfMessageSystemAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_system_attributes: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

impl MessageInput<'_> {
    /// What counts towards the size of a batch, whether the message is good or not.
    pub(super) fn size_bytes(&self) -> usize {
        let attributes = self.message_attributes.iter().flatten();
        let attributes: usize = attributes.map(|(name, value)| name.len() + value.size_bytes()).sum();
        self.message_body.as_ref().map_or(0, |body| body.len()) + attributes
    }

    /// Checks everything that can be checked without knowing the queue. `body_name` is what a missing body is called.
    pub(super) fn prepare(self, body_name: &str, cx: &Context<'_>) -> Result<(Outgoing, Digests), ApiError> {
        let body = self.message_body.filter(|body| !body.is_empty());
        let body = body.ok_or_else(|| ApiError::missing_parameter(body_name))?;
        if !characters::are_valid(&body) {
            return Err(ApiError::new(ErrorKind::InvalidMessageContents, INVALID_CHARACTERS));
        }
        let delay = delay(self.delay_seconds)?;
        for (id, parameter) in
            [(&self.message_group_id, "MessageGroupId"), (&self.message_deduplication_id, "MessageDeduplicationId")]
        {
            id.as_ref().map_or(Ok(()), |id| check_id(id, parameter))?;
        }
        let attributes = MessageAttributes::check(self.message_attributes.unwrap_or_default())?;
        let system = MessageAttributes::check_system(self.message_system_attributes.unwrap_or_default())?;
        let digests = Digests {
            body: Digest::of_body(&body),
            attributes: (!attributes.is_empty()).then(|| attributes.digest()),
            system_attributes: (!system.is_empty()).then(|| system.digest()),
        };
        let mut encoded = Vec::new();
        if !attributes.is_empty() {
            attributes.encode(&mut encoded);
        }
        let outgoing = Outgoing {
            body_md5: digests.body.to_bytes(),
            body: cx.share(body),
            attributes: Bytes::from(encoded),
            attributes_size: attributes.size_bytes(),
            delay,
            group: self.message_group_id.map(|id| cx.share(id)),
            deduplication_id: self.message_deduplication_id.map(|id| cx.share(id)),
            sender: Shared::from(cx.caller.user_id()),
            trace_header: trace_header(&system, cx),
            origin: SendOrigin::Api,
        };
        Ok((outgoing, digests))
    }
}

/// The trace header that was sent as a system attribute, or else the request's own.
fn trace_header(system: &MessageAttributes, cx: &Context<'_>) -> Option<Shared> {
    match system.get(TRACE_HEADER).map(|attribute| &attribute.value) {
        Some(Value::Text(text)) => Some(Shared::from(text.as_str())),
        _ => cx.trace_header(),
    }
}

impl SentOutput {
    pub(super) fn new(id: Option<String>, sent: bongsu_broker::Sent, digests: Digests) -> SentOutput {
        SentOutput {
            id,
            message_id: message_id(sent.message_id),
            md5_of_message_body: digests.body,
            md5_of_message_attributes: digests.attributes,
            md5_of_message_system_attributes: digests.system_attributes,
            sequence_number: sent.fifo.then(|| sequence_number(sent.sequence)),
        }
    }
}
