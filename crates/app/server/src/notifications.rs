//! What subscribers get to see of the broker's notifications: ARNs, addresses and signatures of this server.

use bongsu_aws_api::message_attributes::{MessageAttribute, MessageAttributes, Value};
use bongsu_aws_api::received::sequence_number;
use bongsu_broker::{CopyForm, Facet, Notification, Token, TopicDefinition};
use bongsu_notification as wire;
use bongsu_notification::{Addresses, Certificate, SignatureVersion, Signatures, SigningKeyError};
use bongsu_runtime::Envelopes;
use bytes::Bytes;
use tracing::error;

/// Writes notifications as this server signs and addresses them.
pub(crate) struct Notifications {
    region: String,
    signatures: Signatures,
    addresses: Addresses,
}

impl Notifications {
    pub(crate) fn new(region: String, signatures: Signatures, addresses: Addresses) -> Notifications {
        Notifications { region, signatures, addresses }
    }

    /// What signatures are checked with.
    pub(crate) fn certificate(&self) -> Result<&Certificate, SigningKeyError> {
        self.signatures.certificate()
    }

    /// What a function is invoked with.
    pub(crate) fn event(&self, notification: &Notification, form: CopyForm) -> Result<String, SigningKeyError> {
        self.show(notification, form, |shown| wire::render_lambda_event(shown, &self.signatures, &self.addresses))
    }

    /// The headers of a request to a web server.
    pub(crate) fn headers(&self, notification: &Notification, form: CopyForm, content_type: &str) -> Vec<wire::Header> {
        self.show(notification, form, |shown| shown.headers(form.raw, Some(content_type)))
    }

    /// The body of a request to a web server: the bare message of a raw delivery, or else the signed envelope.
    pub(crate) fn request_body(&self, notification: &Notification, form: CopyForm) -> Result<Bytes, SigningKeyError> {
        if form.raw {
            return Ok(form.body(notification).clone().into_bytes());
        }
        let body = self.show(notification, form, |shown| wire::render_http(shown, &self.signatures, &self.addresses));
        body.map(Bytes::from)
    }

    /// What the owner of an endpoint is asked, or told, and the headers of it.
    pub(crate) fn question(
        &self,
        kind: wire::ConfirmationKind<'_>,
        message_id: u128,
        topic: &TopicDefinition,
        token: Token,
        timestamp_ms: u64,
    ) -> Result<(Vec<wire::Header>, String), SigningKeyError> {
        let confirmation = wire::Confirmation {
            kind,
            message_id,
            topic_arn: &topic.name.arn(&self.region),
            token: &token.to_string(),
            timestamp_ms,
            signature_version: SignatureVersion::of(topic.attributes.signature_version).unwrap_or(SignatureVersion::V1),
        };
        Ok((confirmation.headers(), confirmation.render(&self.signatures, &self.addresses)?))
    }

    fn show<T>(
        &self,
        notification: &Notification,
        form: CopyForm,
        then: impl FnOnce(&wire::Notification<'_>) -> T,
    ) -> T {
        let topic = &notification.topic;
        let (topic_arn, subscription_arn) = (topic.arn(&self.region), form.subscription.arn(topic, &self.region));
        let number = topic.is_fifo().then(|| sequence_number(notification.sequence));
        let given = attributes(notification);
        let attributes: Vec<wire::Attribute<'_>> = given
            .iter()
            .map(|attribute| wire::Attribute {
                name: &attribute.name,
                data_type: &attribute.data_type,
                value: match &attribute.value {
                    Value::Text(text) => wire::Value::Text(text),
                    Value::Binary(bytes) => wire::Value::Binary(bytes),
                },
            })
            .collect();
        then(&wire::Notification {
            message_id: notification.message_id.0,
            topic_arn: &topic_arn,
            subscription_arn: &subscription_arn,
            subject: notification.subject.as_deref(),
            message: form.body(notification),
            timestamp_ms: notification.published_at.0,
            sequence_number: number.as_deref(),
            signature_version: SignatureVersion::of(notification.signature_version),
            attributes: &attributes,
            replayed: notification.replayed,
            trace_header: notification.trace_header.as_deref(),
        })
    }
}

impl Envelopes for Notifications {
    fn body(&self, notification: &Notification, form: CopyForm) -> Option<String> {
        let body = self.show(notification, form, |shown| wire::render_sqs(shown, &self.signatures, &self.addresses));
        body.inspect_err(|error| error!(%error, "a notification cannot be signed; its consumer gets it later")).ok()
    }

    fn attributes(&self, notification: &Notification) -> Bytes {
        bare_attributes(notification)
    }

    fn facets(&self, notification: &Notification) -> Vec<Facet> {
        attributes(notification).facets()
    }

    fn region(&self) -> &str {
        &self.region
    }
}

/// Those that were published, and that it is a replay, if it is one.
fn bare_attributes(notification: &Notification) -> Bytes {
    let wire::Attribute { name, data_type, value: wire::Value::Text(value) } = wire::REPLAYED else {
        unreachable!("the mark of a replay is a text");
    };
    if !notification.replayed {
        return notification.attributes.clone();
    }
    let value = Value::Text(value.to_owned());
    let mark = MessageAttribute { name: name.to_owned(), data_type: data_type.to_owned(), value };
    let mut encoded = Vec::new();
    attributes(notification).with(mark).encode(&mut encoded);
    Bytes::from(encoded)
}

/// Written by this server; unreadable attributes are left out rather than the message.
fn attributes(notification: &Notification) -> MessageAttributes {
    let stored = &mut &notification.attributes[..];
    let given = if stored.is_empty() { Ok(MessageAttributes::default()) } else { MessageAttributes::decode(stored) };
    given.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bongsu_broker::{Account, MessageId, Timestamp, TopicName};

    use super::*;

    #[test]
    fn a_bare_message_says_that_it_is_a_replay() {
        let text = |name: &str, value: &str| MessageAttribute {
            name: name.to_owned(),
            data_type: "String".to_owned(),
            value: Value::Text(value.to_owned()),
        };
        let mut encoded = Vec::new();
        MessageAttributes::default().with(text("a", "1")).with(text("Replayed", "mine")).encode(&mut encoded);
        let published = Notification {
            message_id: MessageId(1),
            topic: TopicName { account: Account(1), name: "t".into() },
            published_at: Timestamp(0),
            sequence: 0,
            subject: None,
            body: "m".into(),
            bodies: Vec::new(),
            attributes: Bytes::from(encoded),
            group: None,
            deduplication_id: None,
            trace_header: None,
            signature_version: 1,
            replayed: false,
        };
        assert_eq!(bare_attributes(&published), published.attributes);
        let replayed = bare_attributes(&Notification { replayed: true, ..published });
        let replayed = MessageAttributes::decode(&mut &replayed[..]).unwrap();
        assert!(replayed.iter().eq(&[text("Replayed", "true"), text("a", "1")]));
    }
}
