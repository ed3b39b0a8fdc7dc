//! A topic's notification as it stands in a queue: an envelope of JSON around what was published.

use std::collections::BTreeMap;

use bongsu_client::sqs::MessageAttribute;
use serde::Deserialize;

/// What a topic published. Members that are not there are empty.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notification {
    #[serde(rename = "Type")]
    kind: String,
    pub(crate) message_id: String,
    pub(crate) topic_arn: String,
    #[serde(default)]
    pub(crate) subject: Option<String>,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) timestamp: String,
    #[serde(default)]
    pub(crate) signature_version: String,
    #[serde(default)]
    pub(crate) signature: String,
    #[serde(default, rename = "SigningCertURL")]
    pub(crate) signing_cert_url: String,
    #[serde(default, rename = "UnsubscribeURL")]
    pub(crate) unsubscribe_url: String,
    #[serde(default)]
    pub(crate) message_attributes: BTreeMap<String, Attribute>,
}

/// An attribute of what was published.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    #[serde(rename = "Type")]
    pub(crate) data_type: String,
    /// Of a `Binary` in base64.
    pub(crate) value: String,
}

impl Notification {
    /// Reads a message's body, if it is an envelope.
    pub(crate) fn read(body: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(body).ok()?;
        (read.kind == "Notification").then_some(read)
    }

    /// The subscription by which it came; the topic if that is not told.
    pub(crate) fn subscription_arn(&self) -> &str {
        let subscription = self.unsubscribe_url.split_once("SubscriptionArn=").map(|(_, arn)| arn);
        subscription.filter(|arn| arn.starts_with("arn:")).unwrap_or(&self.topic_arn)
    }
}

impl Attribute {
    /// The same as messages have it.
    pub(crate) fn to_message_attribute(&self) -> MessageAttribute {
        let is_binary = self.data_type == "Binary" || self.data_type.starts_with("Binary.");
        let value = Some(self.value.clone());
        let (string_value, binary_value) = if is_binary { (None, value) } else { (value, None) };
        MessageAttribute { data_type: self.data_type.clone(), string_value, binary_value }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ENVELOPE: &str = r#"{"Type":"Notification","MessageId":"id","TopicArn":"arn:aws:sns:r:0:t",
        "Subject":"Hi","Message":"Hello","Timestamp":"2026-01-02T03:04:05.678Z","SignatureVersion":"1","Signature":"s",
        "SigningCertURL":"https://c","UnsubscribeURL":"https://u/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:r:0:t:1",
        "MessageAttributes":{"n":{"Type":"Number","Value":"1"},"b":{"Type":"Binary.x","Value":"/w=="}}}"#;

    #[test]
    fn an_envelope_is_read() {
        let read = Notification::read(ENVELOPE).unwrap();
        assert_eq!((read.message.as_str(), read.subject.as_deref()), ("Hello", Some("Hi")));
        assert_eq!(read.subscription_arn(), "arn:aws:sns:r:0:t:1");
        let attribute = |name: &str| read.message_attributes[name].to_message_attribute();
        assert_eq!(attribute("n").string_value.as_deref(), Some("1"));
        assert_eq!(attribute("b").binary_value.as_deref(), Some("/w=="));
    }

    #[test]
    fn what_a_fifo_topic_leaves_out_is_empty() {
        let body = r#"{"Type":"Notification","MessageId":"id","SequenceNumber":"1","TopicArn":"t","Message":"m"}"#;
        let read = Notification::read(body).unwrap();
        assert_eq!((read.subscription_arn(), read.subject.as_deref(), read.signature.as_str()), ("t", None, ""));
    }

    #[test]
    fn anything_else_is_no_notification() {
        for body in ["Hello", "{}", "[]", r#"{"Type":"Notification"}"#] {
            assert_eq!(Notification::read(body), None, "{body}");
        }
        assert_eq!(Notification::read(&ENVELOPE.replace("\"Notification\"", "\"SubscriptionConfirmation\"")), None);
    }
}
