//! A queue's messages as functions and pipes get them, and which of them filters let through.

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_delivery::sqs_event::{self, EventAttribute, EventAttributeValue, EventRecord};
use bongsu_event_pattern::{Filters, Record, RecordAttribute};
use bongsu_runtime::Received;
use bytes::Bytes;

use crate::attributes_digest::Digest;
use crate::message_attributes::{MessageAttribute, MessageAttributes, Value};
use crate::received::{message_id, receipt_handle, system_attributes};

/// A message with everything of it that has to be written for a function or a pipe.
pub struct Written<'a> {
    message: &'a Received,
    id: String,
    handle: String,
    system: Vec<(&'static str, String)>,
    attributes: MessageAttributes,
    body_md5: Digest,
    attributes_md5: Option<Digest>,
}

/// Messages in their order. The region is for the ARNs in them.
pub fn written<'a>(messages: impl IntoIterator<Item = &'a Received>, region: &str) -> Vec<Written<'a>> {
    let written = messages.into_iter().map(|message| {
        // Written by this server; unreadable attributes are left out rather than the message.
        let stored = &mut &message.content.attributes[..];
        let attributes =
            if stored.is_empty() { Ok(MessageAttributes::default()) } else { MessageAttributes::decode(stored) };
        let attributes = attributes.unwrap_or_default();
        Written {
            id: message_id(message.content.message_id),
            handle: receipt_handle(message.delivery.handle),
            system: system_attributes(message, region).collect(),
            body_md5: Digest::from_bytes(message.content.body_md5),
            attributes_md5: (!attributes.is_empty()).then(|| attributes.digest()),
            attributes,
            message,
        }
    });
    written.collect()
}

impl Written<'_> {
    /// The message's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the filters let it through.
    pub fn is_admitted(&self, filters: &Filters) -> bool {
        if filters.is_empty() {
            return true;
        }
        let system: Vec<(&str, &str)> = self.system.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let encoded: Vec<Option<String>> = self.attributes.iter().map(base64_of).collect();
        let attributes: Vec<RecordAttribute<'_>> = self
            .attributes
            .iter()
            .zip(&encoded)
            .map(|(attribute, encoded)| RecordAttribute {
                name: &attribute.name,
                data_type: &attribute.data_type,
                string_value: match &attribute.value {
                    Value::Text(text) => Some(text),
                    Value::Binary(_) => None,
                },
                binary_value: encoded.as_deref(),
            })
            .collect();
        filters.admits(&Record {
            message_id: &self.id,
            receipt_handle: &self.handle,
            body: &self.message.content.body,
            md5_of_body: self.body_md5.as_str(),
            md5_of_message_attributes: self.attributes_md5.as_ref().map(Digest::as_str),
            attributes: &system,
            message_attributes: &attributes,
        })
    }
}

fn base64_of(attribute: &MessageAttribute) -> Option<String> {
    match &attribute.value {
        Value::Text(_) => None,
        Value::Binary(bytes) => Some(BASE64_STANDARD.encode(bytes)),
    }
}

/// The event that a function gets.
pub fn payload(messages: &[Written<'_>], queue_arn: &str, region: &str) -> Bytes {
    let records: Vec<EventRecord<'_>> = messages.iter().map(|written| record(written, queue_arn, region)).collect();
    sqs_event::event(&records)
}

/// One of the records that a pipe works on: JSON.
pub(crate) fn record_json(written: &Written<'_>, queue_arn: &str, region: &str) -> String {
    sqs_event::record(&record(written, queue_arn, region))
}

fn record<'a>(written: &'a Written<'_>, queue_arn: &'a str, region: &'a str) -> EventRecord<'a> {
    EventRecord {
        message_id: &written.id,
        receipt_handle: &written.handle,
        body: &written.message.content.body,
        attributes: written.system.iter().map(|(name, value)| (*name, value.clone())).collect(),
        message_attributes: written.attributes.iter().map(to_event).collect(),
        md5_of_body: written.body_md5.as_str(),
        md5_of_message_attributes: written.attributes_md5.as_ref().map(Digest::as_str),
        event_source_arn: queue_arn,
        aws_region: region,
    }
}

fn to_event(attribute: &MessageAttribute) -> EventAttribute<'_> {
    EventAttribute {
        name: &attribute.name,
        data_type: &attribute.data_type,
        value: match &attribute.value {
            Value::Text(text) => EventAttributeValue::String(text),
            Value::Binary(bytes) => EventAttributeValue::Binary(bytes),
        },
    }
}
