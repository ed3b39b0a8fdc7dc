//! The event that a function gets: as a topic would have invoked it, or as a queue would.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bongsu_client::sqs::Received;
use bongsu_delivery::sqs_event::{self, EventAttribute, EventAttributeValue, EventRecord};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::notification::Notification;

/// The event of a message that is a notification.
pub(crate) fn of_topic(notification: &Notification) -> Vec<u8> {
    let record = Record {
        event_source: "aws:sns",
        event_version: "1.0",
        event_subscription_arn: notification.subscription_arn(),
        sns: Sns {
            kind: "Notification",
            message_id: &notification.message_id,
            topic_arn: &notification.topic_arn,
            subject: notification.subject.as_deref(),
            message: &notification.message,
            timestamp: &notification.timestamp,
            signature_version: &notification.signature_version,
            signature: &notification.signature,
            signing_cert_url: &notification.signing_cert_url,
            unsubscribe_url: &notification.unsubscribe_url,
            message_attributes: notification,
        },
    };
    serde_json::to_vec(&Event { records: [record] }).expect("strings always serialize")
}

/// The event of any other message of the queue with this ARN, in this region.
pub(crate) fn of_queue(message: &Received, queue_arn: &str, region: &str) -> Vec<u8> {
    // What the queue has is base64; anything else would be shown as empty.
    let decode = |base64: &String| BASE64_STANDARD.decode(base64).unwrap_or_default();
    let attributes: Vec<_> = message
        .message_attributes
        .iter()
        .map(|(name, attribute)| (name, attribute, attribute.binary_value.as_ref().map(decode)))
        .collect();
    let record = EventRecord {
        message_id: &message.message_id,
        receipt_handle: &message.receipt_handle,
        body: &message.body,
        attributes: message.attributes.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        message_attributes: attributes
            .iter()
            .map(|(name, attribute, bytes)| EventAttribute {
                name,
                data_type: &attribute.data_type,
                value: match bytes {
                    Some(bytes) => EventAttributeValue::Binary(bytes),
                    None => EventAttributeValue::String(attribute.string_value.as_deref().unwrap_or_default()),
                },
            })
            .collect(),
        md5_of_body: &message.md5_of_body,
        md5_of_message_attributes: message.md5_of_message_attributes.as_deref(),
        event_source_arn: queue_arn,
        aws_region: region,
    };
    sqs_event::event(&[record]).to_vec()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    records: [Record<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    event_source: &'static str,
    event_version: &'static str,
    event_subscription_arn: &'a str,
    sns: Sns<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Sns<'a> {
    #[serde(rename = "Type")]
    kind: &'static str,
    message_id: &'a str,
    topic_arn: &'a str,
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: &'a str,
    signature_version: &'a str,
    signature: &'a str,
    /// In the envelope these two end in `URL`.
    signing_cert_url: &'a str,
    unsubscribe_url: &'a str,
    #[serde(serialize_with = "attributes")]
    message_attributes: &'a Notification,
}

fn attributes<S: Serializer>(notification: &Notification, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Shown<'a> {
        #[serde(rename = "Type")]
        data_type: &'a str,
        value: &'a str,
    }
    let mut map = serializer.serialize_map(Some(notification.message_attributes.len()))?;
    for (name, attribute) in &notification.message_attributes {
        map.serialize_entry(name, &Shown { data_type: &attribute.data_type, value: &attribute.value })?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use bongsu_client::sqs::MessageAttribute;

    use super::super::notification::tests::ENVELOPE;
    use super::*;

    #[test]
    fn a_notification_becomes_what_its_topic_would_have_sent() {
        let event = of_topic(&Notification::read(ENVELOPE).unwrap());
        let expected = concat!(
            r#"{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"arn:aws:sns:r:0:t:1","#,
            r#""Sns":{"Type":"Notification","MessageId":"id","TopicArn":"arn:aws:sns:r:0:t","Subject":"Hi","#,
            r#""Message":"Hello","Timestamp":"2026-01-02T03:04:05.678Z","SignatureVersion":"1","Signature":"s","#,
            r#""SigningCertUrl":"https://c","#,
            r#""UnsubscribeUrl":"https://u/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:r:0:t:1","#,
            r#""MessageAttributes":{"b":{"Type":"Binary.x","Value":"/w=="},"n":{"Type":"Number","Value":"1"}}}}]}"#,
        );
        assert_eq!(String::from_utf8(event).unwrap(), expected);
    }

    #[test]
    fn an_absent_subject_is_null_and_absent_attributes_are_none() {
        let body = r#"{"Type":"Notification","MessageId":"id","TopicArn":"t","Message":"m"}"#;
        let event = String::from_utf8(of_topic(&Notification::read(body).unwrap())).unwrap();
        assert!(event.contains(r#""Subject":null"#) && event.contains(r#""MessageAttributes":{}"#), "{event}");
    }

    #[test]
    fn any_other_message_becomes_what_its_queue_would_have_sent() {
        let binary = MessageAttribute {
            data_type: "Binary".to_owned(),
            binary_value: Some("/w==".to_owned()),
            ..MessageAttribute::default()
        };
        let message = Received {
            message_id: "id".to_owned(),
            receipt_handle: "handle".to_owned(),
            body: "Hello".to_owned(),
            attributes: [("SentTimestamp".to_owned(), "7".to_owned())].into(),
            message_attributes: [("b".to_owned(), binary)].into(),
            md5_of_body: "5".to_owned(),
            md5_of_message_attributes: Some("6".to_owned()),
        };
        let event = of_queue(&message, "arn:q", "r");
        let expected = concat!(
            r#"{"Records":[{"messageId":"id","receiptHandle":"handle","body":"Hello","attributes":{"SentTimestamp":"7"},"#,
            r#""messageAttributes":{"b":{"binaryValue":"/w==","stringListValues":[],"binaryListValues":[],"#,
            r#""dataType":"Binary"}},"md5OfBody":"5","md5OfMessageAttributes":"6","eventSource":"aws:sqs","#,
            r#""eventSourceARN":"arn:q","awsRegion":"r"}]}"#,
        );
        assert_eq!(String::from_utf8(event).unwrap(), expected);
    }
}
