//! The event that carries a queue's messages to a function, and what the function's answer says about each.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// One message as the function is to see it.
#[derive(Clone, Debug)]
pub struct EventRecord<'a> {
    /// The message's id.
    pub message_id: &'a str,
    /// The handle of this receive.
    pub receipt_handle: &'a str,
    /// The body as sent.
    pub body: &'a str,
    /// The system attributes under AWS's names, such as `ApproximateReceiveCount`.
    pub attributes: Vec<(&'a str, String)>,
    /// The sender's attributes.
    pub message_attributes: Vec<EventAttribute<'a>>,
    /// In hexadecimal digits.
    pub md5_of_body: &'a str,
    /// In hexadecimal digits; none when the message has no attributes.
    pub md5_of_message_attributes: Option<&'a str>,
    /// The queue's ARN.
    pub event_source_arn: &'a str,
    /// The queue's region.
    pub aws_region: &'a str,
}

/// One attribute that the sender put on a message.
#[derive(Clone, Debug)]
pub struct EventAttribute<'a> {
    /// The attribute's name.
    pub name: &'a str,
    /// Such as `String`, `Number` or `Binary`, with the sender's own suffix if any.
    pub data_type: &'a str,
    /// The value.
    pub value: EventAttributeValue<'a>,
}

/// The value of a message attribute.
#[derive(Clone, Copy, Debug)]
pub enum EventAttributeValue<'a> {
    /// Of a `String` or a `Number`.
    String(&'a str),
    /// Of a `Binary`.
    Binary(&'a [u8]),
}

/// What becomes of the messages of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchOutcome {
    /// All are done.
    AllSucceeded,
    /// Those at these places, in rising order, come back; the others are done.
    Failed(Vec<usize>),
    /// All come back.
    AllFailed,
}

/// The event for a batch of messages.
pub fn event(records: &[EventRecord<'_>]) -> Bytes {
    let event = WireEvent { records: records.iter().map(WireRecord::from).collect() };
    serde_json::to_vec(&event).expect("strings always serialize").into()
}

/// One message as a pipe hands it on: an element of an array, JSON.
pub fn record(record: &EventRecord<'_>) -> String {
    serde_json::to_string(&WireRecord::from(record)).expect("strings always serialize")
}

/// Reads a function's answer to the event of the messages `ids`.
///
/// Without `report_batch_item_failures` any answer means success. With it an answer that cannot be understood, or that
/// names a message which is not in the batch, fails the whole batch.
pub fn batch_outcome(response: &[u8], report_batch_item_failures: bool, ids: &[&str]) -> BatchOutcome {
    if !report_batch_item_failures || response.trim_ascii().is_empty() {
        return BatchOutcome::AllSucceeded;
    }
    let failures = match serde_json::from_slice(response) {
        Ok(Value::Null) => Value::Null,
        Ok(Value::Object(mut response)) => response.remove("batchItemFailures").unwrap_or_default(),
        Ok(_) | Err(_) => return BatchOutcome::AllFailed,
    };
    match failures {
        Value::Null => BatchOutcome::AllSucceeded,
        Value::Array(failures) if failures.is_empty() => BatchOutcome::AllSucceeded,
        Value::Array(failures) => match places(&failures, ids) {
            Some(places) => BatchOutcome::Failed(places.into_iter().collect()),
            None => BatchOutcome::AllFailed,
        },
        _ => BatchOutcome::AllFailed,
    }
}

/// Where in the batch the failed messages stand; none if one of them is not there.
fn places(failures: &[Value], ids: &[&str]) -> Option<BTreeSet<usize>> {
    let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    failures.iter().map(|failure| places.get(failure.get("itemIdentifier")?.as_str()?).copied()).collect()
}

#[derive(Serialize)]
struct WireEvent<'a> {
    #[serde(rename = "Records")]
    records: Vec<WireRecord<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRecord<'a> {
    message_id: &'a str,
    receipt_handle: &'a str,
    body: &'a str,
    attributes: Attributes<'a>,
    message_attributes: MessageAttributes<'a>,
    md5_of_body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<&'a str>,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
    aws_region: &'a str,
}

impl<'a> From<&'a EventRecord<'_>> for WireRecord<'a> {
    fn from(record: &'a EventRecord<'_>) -> WireRecord<'a> {
        WireRecord {
            message_id: record.message_id,
            receipt_handle: record.receipt_handle,
            body: record.body,
            attributes: Attributes(&record.attributes),
            message_attributes: MessageAttributes(&record.message_attributes),
            md5_of_body: record.md5_of_body,
            md5_of_message_attributes: record.md5_of_message_attributes,
            event_source: "aws:sqs",
            event_source_arn: record.event_source_arn,
            aws_region: record.aws_region,
        }
    }
}

struct Attributes<'a>(&'a [(&'a str, String)]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct MessageAttributes<'a>(&'a [EventAttribute<'a>]);

impl Serialize for MessageAttributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for attribute in self.0 {
            map.serialize_entry(attribute.name, &WireAttribute::from(attribute))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireAttribute<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
    /// Always empty, as the next: AWS has announced lists of values and never offered them.
    string_list_values: [&'a str; 0],
    binary_list_values: [&'a str; 0],
    data_type: &'a str,
}

impl<'a> From<&'a EventAttribute<'_>> for WireAttribute<'a> {
    fn from(attribute: &'a EventAttribute<'_>) -> WireAttribute<'a> {
        let (string_value, binary_value) = match attribute.value {
            EventAttributeValue::String(value) => (Some(value), None),
            EventAttributeValue::Binary(value) => (None, Some(BASE64_STANDARD.encode(value))),
        };
        WireAttribute {
            string_value,
            binary_value,
            string_list_values: [],
            binary_list_values: [],
            data_type: attribute.data_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>() -> EventRecord<'a> {
        EventRecord {
            message_id: "059f36b4-87a3-44ab-83d2-661975830a7d",
            receipt_handle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            body: "say \"hi\"",
            attributes: vec![
                ("ApproximateReceiveCount", "1".to_owned()),
                ("SentTimestamp", "1545082649183".to_owned()),
                ("SenderId", "AIDAIENQZJOLO23YVJ4VO".to_owned()),
                ("ApproximateFirstReceiveTimestamp", "1545082649185".to_owned()),
            ],
            message_attributes: Vec::new(),
            md5_of_body: "098f6bcd4621d373cade4e832627b4f6",
            md5_of_message_attributes: None,
            event_source_arn: "arn:aws:sqs:us-east-1:000000000000:orders",
            aws_region: "us-east-1",
        }
    }

    #[test]
    fn a_record_has_the_members_of_aws_in_their_order() {
        let expected = concat!(
            r#"{"Records":[{"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","#,
            r#""receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a","body":"say \"hi\"","#,
            r#""attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183","#,
            r#""SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},"#,
            r#""messageAttributes":{},"md5OfBody":"098f6bcd4621d373cade4e832627b4f6","eventSource":"aws:sqs","#,
            r#""eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:orders","awsRegion":"us-east-1"}]}"#,
        );
        assert_eq!(event(&[record()]), expected);
    }

    #[test]
    fn message_attributes_keep_their_type_and_binary_ones_are_base64() {
        let text = EventAttribute { name: "Author", data_type: "String", value: EventAttributeValue::String("x") };
        let bytes =
            EventAttribute { name: "Key", data_type: "Binary.png", value: EventAttributeValue::Binary(&[0xff, 0xfe]) };
        let record = EventRecord {
            message_attributes: vec![text, bytes],
            md5_of_message_attributes: Some("d25a6aea97eb8f585bfa92d314504a92"),
            ..record()
        };
        let event = String::from_utf8(event(&[record]).to_vec()).unwrap();
        let expected = concat!(
            r#""messageAttributes":{"#,
            r#""Author":{"stringValue":"x","stringListValues":[],"binaryListValues":[],"dataType":"String"},"#,
            r#""Key":{"binaryValue":"//4=","stringListValues":[],"binaryListValues":[],"dataType":"Binary.png"}},"#,
            r#""md5OfBody":"098f6bcd4621d373cade4e832627b4f6","#,
            r#""md5OfMessageAttributes":"d25a6aea97eb8f585bfa92d314504a92","eventSource""#,
        );
        assert!(event.contains(expected), "{event}");
    }

    #[test]
    fn an_answer_decides_which_messages_come_back() {
        use BatchOutcome::{AllFailed, AllSucceeded, Failed};
        let cases = [
            ("", AllSucceeded),
            (" \n", AllSucceeded),
            ("null", AllSucceeded),
            ("{}", AllSucceeded),
            (r#"{"batchItemFailures":null}"#, AllSucceeded),
            (r#"{"batchItemFailures":[]}"#, AllSucceeded),
            (r#"{"other":1}"#, AllSucceeded),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, Failed(vec![1])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"c","why":"x"},{"itemIdentifier":"a"}]}"#, Failed(vec![0, 2])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}"#, Failed(vec![1])),
            ("not JSON", AllFailed),
            (r#""text""#, AllFailed),
            ("[]", AllFailed),
            ("[null]", AllFailed),
            (r#"{"batchItemFailures":"b"}"#, AllFailed),
            (r#"{"batchItemFailures":["b"]}"#, AllFailed),
            (r#"{"batchItemFailures":[["b"]]}"#, AllFailed),
            (r#"{"batchItemFailures":[{"foo":"b"}]}"#, AllFailed),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, AllFailed),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, AllFailed),
            (r#"{"batchItemFailures":[{"itemIdentifier":7}]}"#, AllFailed),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"z"}]}"#, AllFailed),
        ];
        for (response, expected) in cases {
            assert_eq!(batch_outcome(response.as_bytes(), true, &["a", "b", "c"]), expected, "{response}");
        }
    }

    #[test]
    fn a_list_of_failures_is_ignored_unless_it_was_agreed_on() {
        let response = br#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#;
        assert_eq!(batch_outcome(response, false, &["a"]), BatchOutcome::AllSucceeded);
    }
}
