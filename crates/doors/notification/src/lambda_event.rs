//! The event a function gets: one record with the notification in it.

use serde::{Serialize, Serializer};

use crate::json;
use crate::text::{Time, Uuid};
use crate::{Addresses, Notification, SignatureVersion, Signatures, SigningKeyError};

/// The payload of the invocation: JSON on one line.
///
/// Functions get a signature of version 1 whatever the topic's version is, an absent subject as `null`, and URLs under
/// names that end in `Url`, not `URL`.
pub fn render_lambda_event(
    notification: &Notification<'_>,
    signatures: &Signatures,
    addresses: &Addresses,
) -> Result<String, SigningKeyError> {
    let signature = signatures.sign(SignatureVersion::V1, &notification.canonical())?;
    let record = Record {
        event_source: "aws:sns",
        event_version: "1.0",
        event_subscription_arn: notification.subscription_arn,
        sns: Sns {
            r#type: "Notification",
            message_id: Uuid(notification.message_id),
            topic_arn: notification.topic_arn,
            subject: notification.subject,
            message: notification.message,
            timestamp: Time(notification.timestamp_ms),
            signature_version: SignatureVersion::V1.as_str(),
            signature: &signature,
            signing_cert_url: &addresses.certificate_url(signatures.certificate()?),
            unsubscribe_url: &notification.unsubscribe_url(addresses),
            message_attributes: notification,
        },
    };
    Ok(json::on_one_line(&Event { records: [record] }))
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
    r#type: &'static str,
    message_id: Uuid,
    topic_arn: &'a str,
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: Time,
    signature_version: &'static str,
    signature: &'a str,
    signing_cert_url: &'a str,
    unsubscribe_url: &'a str,
    #[serde(serialize_with = "attributes")]
    message_attributes: &'a Notification<'a>,
}

fn attributes<S: Serializer>(shown: &Notification<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    json::attributes(shown.shown_attributes(), serializer)
}
