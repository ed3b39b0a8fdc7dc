//! `sns`: notifications of an SNS topic over HTTP(S), in their envelope.
//!
//! Signed by a certificate that stands at an address of SNS's; it is fetched once. No secrets: what makes a notification
//! this route's is its topic. A subscription is confirmed by visiting the address that its signed confirmation holds.
//! `MessageId` is the deduplication id. Raw delivery is not signed and is refused.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `TopicArn` | the topic | required |
//! | `Origin` | a server that is trusted like AWS's, such as a broker of one's own: `http://127.0.0.1:4566` | only AWS's |
//!
//! Where a route names no group, the topic is one.

use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use serde::Deserialize;

use super::{
    Answer, Judged, Provider, Refusal, Settings, SettingsError, Unverified,
    names::{Namer, Names},
    scheme::BASE64,
    sns_certificate::{Certificate, Certificates, Origins, SignatureVersion},
};
use crate::BodyKind;

/// How far a notification's time may be from the present. SNS tries for up to an hour and keeps the time of publishing.
const TOLERANCE_MS: u64 = 2 * 60 * 60 * 1000;

const NAMES: Names = Names {
    groups: &["$.TopicArn"],
    group_of_the_rest: Some("sns"),
    ids: &["$.MessageId"],
    redelivery_window: Duration::from_secs(60 * 60),
    ..Names::NONE
};

struct Sns {
    topic_arn: String,
    origins: Origins,
    certificates: Certificates,
    namer: Namer,
}

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    message_id: String,
    topic_arn: String,
    message: String,
    timestamp: String,
    subject: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.no_secrets()?;
    settings.only_options(&["TopicArn", "Origin"])?;
    let own = settings.option("Origin").map(|_| settings.required("Origin")).transpose()?;
    let is_origin =
        |origin: &str| origin.split_once("://").is_some_and(|(_, host)| !host.contains(['/', '@', '?', '#']));
    if own.is_some_and(|own| !own.starts_with("http") || !is_origin(own)) {
        return Err(settings.error("takes as `Origin` scheme, host and port alone: `http://127.0.0.1:4566`"));
    }
    Ok(Box::new(Sns {
        topic_arn: settings.required("TopicArn")?.into(),
        origins: Origins { own: own.map(str::to_owned) },
        certificates: Certificates::default(),
        namer: Namer::new(&NAMES),
    }))
}

impl Provider for Sns {
    fn asks_for(&self, request: &Unverified<'_>) -> Result<Option<String>, Refusal> {
        let address = self.read(request)?.signing_cert_url;
        Ok(if self.certificates.get(&address).is_none() { Some(address) } else { None })
    }

    fn learn(&self, address: String, found: &Bytes) -> Result<(), Refusal> {
        let certificate = Certificate::read(found).ok_or(Refusal::Unavailable("SNS's certificate cannot be read"))?;
        self.certificates.keep(address, certificate);
        Ok(())
    }

    fn judge<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Judged<'a>, Refusal> {
        let envelope = self.read(&request)?;
        self.verify(&envelope, now_ms)?;
        match (envelope.r#type.as_str(), envelope.subscribe_url) {
            ("Notification", _) => {
                let mut event = request.verified();
                self.namer.name(&mut event);
                Ok(Judged::Event(event))
            }
            ("SubscriptionConfirmation", Some(address)) if self.origins.trust(&address) => Ok(Judged::Visit(address)),
            ("UnsubscribeConfirmation", _) => Ok(Judged::Answer(Answer::text(""))),
            _ => Err(Refusal::BodyUnfit("The envelope is of no known type, or confirms nothing of SNS's")),
        }
    }

    fn gives_group(&self) -> bool {
        self.namer.gives_group()
    }

    fn body(&self) -> BodyKind {
        BodyKind::Json
    }
}

impl Sns {
    /// Nothing is fetched for whoever does not even name the topic, nor from anywhere but SNS.
    fn read(&self, request: &Unverified<'_>) -> Result<Envelope, Refusal> {
        let envelope: Envelope = serde_json::from_slice(request.body)
            .map_err(|_| Refusal::BodyUnfit("Only SNS's envelope is taken here; raw delivery is not signed"))?;
        if envelope.topic_arn != self.topic_arn {
            return Err(Refusal::Forbidden("The notification is of another topic"));
        }
        if !envelope.signing_cert_url.ends_with(".pem") || !self.origins.trust(&envelope.signing_cert_url) {
            return Err(Refusal::Forbidden("The SigningCertURL is not SNS's"));
        }
        Ok(envelope)
    }

    fn verify(&self, envelope: &Envelope, now_ms: u64) -> Result<(), Refusal> {
        let version = match envelope.signature_version.as_str() {
            "1" => SignatureVersion::Sha1,
            "2" => SignatureVersion::Sha256,
            _ => return Err(Refusal::SignatureWrong),
        };
        let signature = BASE64.decode(&envelope.signature).map_err(|_| Refusal::SignatureWrong)?;
        let sent: jiff::Timestamp = envelope.timestamp.parse().map_err(|_| Refusal::Stale)?;
        let sent_ms = u64::try_from(sent.as_millisecond()).map_err(|_| Refusal::Stale)?;
        if now_ms.abs_diff(sent_ms) > TOLERANCE_MS {
            return Err(Refusal::Stale);
        }
        let certificate = self.certificates.get(&envelope.signing_cert_url);
        let certificate = certificate.ok_or(Refusal::Unavailable("SNS's certificate was forgotten meanwhile"))?;
        let is_signed = certificate.signed(&envelope.signed_text(), &signature, version, now_ms);
        if is_signed { Ok(()) } else { Err(Refusal::SignatureWrong) }
    }
}

impl Envelope {
    /// Names and values line by line, sorted by name.
    fn signed_text(&self) -> String {
        let is_notification = self.r#type == "Notification";
        let only = |wanted: bool, value: &'_ Option<String>| value.clone().filter(|_| wanted);
        let fields = [
            ("Message", Some(self.message.clone())),
            ("MessageId", Some(self.message_id.clone())),
            ("Subject", only(is_notification, &self.subject)),
            ("SubscribeURL", only(!is_notification, &self.subscribe_url)),
            ("Timestamp", Some(self.timestamp.clone())),
            ("Token", only(!is_notification, &self.token)),
            ("TopicArn", Some(self.topic_arn.clone())),
            ("Type", Some(self.r#type.clone())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", value?))).collect()
    }
}

#[cfg(test)]
mod tests;
