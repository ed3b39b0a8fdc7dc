//! Messages one by one: receive, send, hide, delete.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Empty;
use crate::{CallError, Client};

/// A message as it was received. Members that an endpoint does not send are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Received {
    /// Given to it when it was sent.
    pub message_id: String,
    /// Of this receive.
    pub receipt_handle: String,
    /// What was sent.
    pub body: String,
    /// `SentTimestamp`, `ApproximateReceiveCount`, `MessageGroupId` and so on.
    pub attributes: BTreeMap<String, String>,
    /// The sender's own.
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    /// Hexadecimal digits.
    #[serde(rename = "MD5OfBody")]
    pub md5_of_body: String,
    /// Hexadecimal digits; none without attributes.
    #[serde(rename = "MD5OfMessageAttributes")]
    pub md5_of_message_attributes: Option<String>,
}

impl Received {
    /// A system attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// An attribute that a message's sender gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, perhaps with a label.
    pub data_type: String,
    /// Of a `String` or a `Number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Of a `Binary`, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

/// A message to be sent.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outgoing<'a> {
    /// Where to.
    pub queue_url: &'a str,
    /// The body.
    pub message_body: &'a str,
    /// At most ten.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_attributes: BTreeMap<&'a str, &'a MessageAttribute>,
    /// `AWSTraceHeader`, if any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_system_attributes: BTreeMap<&'a str, MessageAttribute>,
    /// FIFO queues need one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_group_id: Option<&'a str>,
    /// For FIFO queues only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_deduplication_id: Option<&'a str>,
}

/// A message in hand, for its queue to do something about.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InHand<'a> {
    queue_url: &'a str,
    receipt_handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility_timeout: Option<u32>,
}

impl Client {
    /// `ReceiveMessage`: up to `max` messages (1 to 10) with all their attributes, hidden for `hidden_seconds`. Waits up
    /// to `wait_seconds` (0 to 20) for the first.
    pub async fn receive(
        &self,
        queue_url: &str,
        max: usize,
        hidden_seconds: u32,
        wait_seconds: u32,
    ) -> Result<Vec<Received>, CallError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            queue_url: &'a str,
            max_number_of_messages: usize,
            visibility_timeout: u32,
            wait_time_seconds: u32,
            // The name that every endpoint knows; its successor is younger.
            attribute_names: [&'a str; 1],
            message_attribute_names: [&'a str; 1],
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            #[serde(default)]
            messages: Vec<Received>,
        }
        let input = Input {
            queue_url,
            max_number_of_messages: max,
            visibility_timeout: hidden_seconds,
            wait_time_seconds: wait_seconds,
            attribute_names: ["All"],
            message_attribute_names: ["All"],
        };
        let output: Output = self.call("ReceiveMessage", &input).await?;
        Ok(output.messages)
    }

    /// `SendMessage`.
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<(), CallError> {
        let _: Empty = self.call("SendMessage", message).await?;
        Ok(())
    }

    /// `ChangeMessageVisibility`: hidden for so long from now; visible at once with 0.
    pub async fn change_visibility(
        &self,
        queue_url: &str,
        receipt_handle: &str,
        hidden_seconds: u32,
    ) -> Result<(), CallError> {
        let input = InHand { queue_url, receipt_handle, visibility_timeout: Some(hidden_seconds) };
        let _: Empty = self.call("ChangeMessageVisibility", &input).await?;
        Ok(())
    }

    /// `DeleteMessage`.
    pub async fn delete_message(&self, queue_url: &str, receipt_handle: &str) -> Result<(), CallError> {
        let input = InHand { queue_url, receipt_handle, visibility_timeout: None };
        let _: Empty = self.call("DeleteMessage", &input).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_members_of_a_received_message_are_empty() {
        let message: Received = serde_json::from_str(r#"{"MessageId":"m","Body":"b","Attributes":{"A":"1"}}"#).unwrap();
        assert_eq!((message.attribute("A"), message.attribute("B")), (Some("1"), None));
        assert_eq!((message.receipt_handle.as_str(), message.md5_of_message_attributes), ("", None));
    }

    #[test]
    fn what_a_message_does_not_have_is_not_sent() {
        let message = Outgoing {
            queue_url: "u",
            message_body: "b",
            message_attributes: BTreeMap::new(),
            message_system_attributes: BTreeMap::new(),
            message_group_id: Some("g"),
            message_deduplication_id: None,
        };
        let sent = serde_json::to_string(&message).unwrap();
        assert_eq!(sent, r#"{"QueueUrl":"u","MessageBody":"b","MessageGroupId":"g"}"#);
    }
}
