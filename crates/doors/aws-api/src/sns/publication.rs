//! A message on its way into a topic, as `Publish` and the entries of `PublishBatch` describe it.

use std::collections::BTreeMap;

use bongsu_broker::{Protocol, Publication, Text as Shared};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::parameters::{invalid, required};
use crate::codec::Text;
use crate::error::ApiError;
use crate::message_attributes::{MessageAttributeValue, MessageAttributes};
use crate::operation::Context;

/// Longest subject, in characters.
const SUBJECT_LENGTH_MAX: usize = 100;
/// Longest group id and deduplication id.
const ID_LENGTH_MAX: usize = 128;
/// The one structure that a message may say it has.
pub(super) const JSON: &str = "json";
/// The body for subscribers that have none of their own.
const DEFAULT: &str = "default";

/// The members that describe a message: of a `Publish` with where it goes, of a batch's entry with its id.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MessageInput<'a> {
    #[serde(borrow)]
    pub(super) topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) target_arn: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) phone_number: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) subject: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message_structure: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message_attributes: Option<BTreeMap<Text<'a>, MessageAttributeValue<'a>>>,
    #[serde(borrow)]
    pub(super) message_group_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message_deduplication_id: Option<Text<'a>>,
}

/// Why a message is refused.
pub(super) enum Fault {
    /// Other messages of the same batch may still be good.
    OfMessage(ApiError),
    /// The whole request is no good.
    OfRequest(ApiError),
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> ApiError {
        match fault {
            Fault::OfMessage(error) | Fault::OfRequest(error) => error,
        }
    }
}

impl MessageInput<'_> {
    /// Checks the message's attributes; `path` leads to the message in the request, in the service model's words.
    pub(super) fn attributes(&mut self, path: &str) -> Result<MessageAttributes, ApiError> {
        let given = self.message_attributes.take().unwrap_or_default();
        MessageAttributes::check_published(given, &format!("{path}messageAttributes"))
    }

    /// Checks everything else that can be checked without knowing the topic.
    pub(super) fn prepare(
        self,
        attributes: &MessageAttributes,
        path: &str,
        cx: &Context<'_>,
    ) -> Result<Publication, Fault> {
        let message = required(self.message, &format!("{path}message")).map_err(Fault::OfRequest)?;
        if message.is_empty() {
            return Err(Fault::OfMessage(invalid("Empty message")));
        }
        if self.subject.as_ref().is_some_and(|subject| !is_subject(subject)) {
            return Err(Fault::OfMessage(invalid("Subject")));
        }
        for (id, parameter) in
            [(&self.message_group_id, "MessageGroupId"), (&self.message_deduplication_id, "MessageDeduplicationId")]
        {
            id.as_ref().map_or(Ok(()), |id| check_id(id, parameter)).map_err(Fault::OfMessage)?;
        }
        let message_bytes = message.len();
        let (body, bodies) = match self.message_structure.as_deref() {
            None | Some("") => (cx.share(message), Vec::new()),
            Some(JSON) => by_protocol(&message).map_err(Fault::OfRequest)?,
            Some(_) => return Err(Fault::OfRequest(invalid("MessageStructure"))),
        };
        let mut encoded = Vec::new();
        if !attributes.is_empty() {
            attributes.encode(&mut encoded);
        }
        Ok(Publication {
            body,
            bodies,
            subject: self.subject.map(|subject| cx.share(subject)),
            attributes: Bytes::from(encoded),
            attributes_size: attributes.size_bytes(),
            attributes_count: attributes.len(),
            facets: attributes.facets(),
            message_bytes,
            group: self.message_group_id.map(|id| cx.share(id)),
            deduplication_id: self.message_deduplication_id.map(|id| cx.share(id)),
            trace_header: cx.trace_header(),
        })
    }
}

fn is_subject(subject: &str) -> bool {
    (1..=SUBJECT_LENGTH_MAX).contains(&subject.chars().count()) && !subject.contains(char::is_control)
}

fn check_id(id: &str, parameter: &str) -> Result<(), ApiError> {
    if (1..=ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(invalid(&format!("{parameter} Reason: {reason}")))
}

/// The body for everybody, and those for some protocols. What is not text counts as if it was not there.
fn by_protocol(message: &str) -> Result<(Shared, Vec<(Protocol, Shared)>), ApiError> {
    let unlike = |_| invalid("Message Structure - JSON message body failed to parse");
    let members: Map<String, Value> = serde_json::from_str(message).map_err(unlike)?;
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(Shared::from);
    let default = members.get(DEFAULT).and_then(text);
    let default = default.ok_or_else(|| invalid("Message Structure - No default entry in JSON message body"))?;
    let own = |(name, value): (&String, &Value)| Some((Protocol::parse(name)?, text(value)?));
    Ok((default, members.iter().filter_map(own).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_bodies_for_protocols_and_one_for_all_others() {
        let (body, bodies) =
            by_protocol(r#"{"default":"d","sqs":"one","sqs":"q","GCM":"{}","email-json":1,"https":"","email":"e"}"#)
                .unwrap();
        assert_eq!(&*body, "d");
        let bodies: Vec<_> = bodies.iter().map(|(protocol, body)| (*protocol, &**body)).collect();
        assert_eq!(bodies, [(Protocol::Email, "e"), (Protocol::Sqs, "q")]);
        for (message, text) in [
            (r#"{"sqs":"q"}"#, "Invalid parameter: Message Structure - No default entry in JSON message body"),
            (r#"{"default":1}"#, "Invalid parameter: Message Structure - No default entry in JSON message body"),
            ("[]", "Invalid parameter: Message Structure - JSON message body failed to parse"),
            ("{", "Invalid parameter: Message Structure - JSON message body failed to parse"),
        ] {
            assert_eq!(by_protocol(message).unwrap_err().message(), text, "{message}");
        }
    }

    #[test]
    fn a_subject_is_one_line_of_at_most_a_hundred_characters() {
        assert!(is_subject("Hi") && is_subject(&"ü".repeat(100)));
        for bad in ["", &"x".repeat(101), "a\nb", "a\u{7f}"] {
            assert!(!is_subject(bad), "{bad:?}");
        }
    }
}
