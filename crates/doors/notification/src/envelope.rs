//! The envelope of a notification, as queues and HTTP endpoints get it unless delivery is raw.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::json;
use crate::text::{Time, Uuid};
use crate::{Addresses, Notification, Signatures, SigningKeyError};

/// The body of the SQS message: JSON on one line.
pub fn render_sqs(
    notification: &Notification<'_>,
    signatures: &Signatures,
    addresses: &Addresses,
) -> Result<String, SigningKeyError> {
    let signed = Signed::of(notification, signatures, addresses)?;
    Ok(json::on_one_line(&Envelope::of(notification, signed.as_ref(), addresses)))
}

/// The body of the HTTP request: the same JSON, in lines.
pub fn render_http(
    notification: &Notification<'_>,
    signatures: &Signatures,
    addresses: &Addresses,
) -> Result<String, SigningKeyError> {
    let signed = Signed::of(notification, signatures, addresses)?;
    Ok(json::in_lines(&Envelope::of(notification, signed.as_ref(), addresses)))
}

struct Signed {
    version: &'static str,
    signature: Arc<str>,
    certificate_url: String,
}

impl Signed {
    /// `None` for a topic that does not sign.
    fn of(
        notification: &Notification<'_>,
        signatures: &Signatures,
        addresses: &Addresses,
    ) -> Result<Option<Signed>, SigningKeyError> {
        let Some(version) = notification.signature_version else { return Ok(None) };
        Ok(Some(Signed {
            version: version.as_str(),
            signature: signatures.sign(version, &notification.canonical())?,
            certificate_url: addresses.certificate_url(signatures.certificate()?),
        }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    r#type: &'static str,
    message_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<&'a str>,
    topic_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    #[serde(rename = "SigningCertURL", skip_serializing_if = "Option::is_none")]
    signing_cert_url: Option<&'a str>,
    #[serde(rename = "UnsubscribeURL")]
    unsubscribe_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "attributes")]
    message_attributes: Option<&'a Notification<'a>>,
}

impl<'a> Envelope<'a> {
    fn of(notification: &'a Notification<'a>, signed: Option<&'a Signed>, addresses: &Addresses) -> Envelope<'a> {
        Envelope {
            r#type: "Notification",
            message_id: Uuid(notification.message_id),
            sequence_number: notification.sequence_number,
            topic_arn: notification.topic_arn,
            subject: notification.subject,
            message: notification.message,
            timestamp: Time(notification.timestamp_ms),
            signature_version: signed.map(|signed| signed.version),
            signature: signed.map(|signed| &*signed.signature),
            signing_cert_url: signed.map(|signed| signed.certificate_url.as_str()),
            unsubscribe_url: notification.unsubscribe_url(addresses),
            replayed: notification.replayed.then_some("true"),
            message_attributes: notification.shown_attributes().next().map(|_| notification),
        }
    }
}

fn attributes<S: Serializer>(shown: &Option<&Notification<'_>>, serializer: S) -> Result<S::Ok, S::Error> {
    json::attributes(shown.iter().flat_map(|notification| notification.shown_attributes()), serializer)
}
