//! `standard-webhooks` and `svix`: senders that keep to Standard Webhooks.
//!
//! Headers are called `webhook-…` or, by Svix and its customers, `svix-…`. Signed over id, timestamp and body, once for
//! each secret in use. A secret is `whsec_` and base64 of the key, a public key `whpk_` and base64 of it. The id is the
//! deduplication id.
//!
//! No options. A route to a FIFO queue names the group itself: nothing is said about what a webhook belongs to.

use std::{borrow::Cow, time::Duration};

use base64::Engine;
use hyper::header::HeaderName;

use super::{
    Provider, Secret, Settings, SettingsError,
    names::Names,
    scheme::{BASE64, Encoding, Part, Scheme, TOLERANCE_SECONDS, Timestamp, TimestampPlace},
    signature::Algorithm,
    signed::Signed,
};
use crate::BodyKind;

const SECRET: &str = "whsec_";
const PUBLIC_KEY: &str = "whpk_";

/// Id, timestamp and signature.
const HEADERS: [[&str; 3]; 2] =
    [["webhook-id", "webhook-timestamp", "webhook-signature"], ["svix-id", "svix-timestamp", "svix-signature"]];

const NAMES: Names = Names {
    ids: &["$request.header.webhook-id", "$request.header.svix-id"],
    // Retries come after five seconds, five minutes and half an hour, then hours.
    redelivery_window: Duration::from_secs(60 * 60),
    ..Names::NONE
};

/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
const MESSAGE: &[Part] =
    &[Part::Id, Part::Text(Cow::Borrowed(".")), Part::Timestamp, Part::Text(Cow::Borrowed(".")), Part::Body];

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let (mut keys, mut public_keys) = (Vec::new(), Vec::new());
    for secret in settings.secrets()? {
        let public_key = secret.bytes().strip_prefix(PUBLIC_KEY.as_bytes());
        let encoded = public_key.or_else(|| secret.bytes().strip_prefix(SECRET.as_bytes())).unwrap_or(secret.bytes());
        let key = BASE64.decode(encoded).ok().filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| settings.error("needs secrets in base64, behind `whsec_` or `whpk_`"))?;
        if public_key.is_some() { &mut public_keys } else { &mut keys }.push(Secret::from(key));
    }
    let kinds = [("v1,", Algorithm::HmacSha256, keys), ("v1a,", Algorithm::Ed25519, public_keys)];
    let schemes = kinds.iter().filter(|(.., keys)| !keys.is_empty()).flat_map(|(prefix, algorithm, keys)| {
        HEADERS.map(|[id, timestamp, signature]| Scheme {
            algorithm: *algorithm,
            separator: Some(' '),
            prefix: (*prefix).into(),
            encoding: Encoding::Base64,
            message: MESSAGE.into(),
            id: Some(HeaderName::from_static(id)),
            timestamp: Some(Timestamp {
                place: TimestampPlace::Header(HeaderName::from_static(timestamp)),
                tolerance_seconds: TOLERANCE_SECONDS,
            }),
            ..Scheme::new(signature, keys.clone())
        })
    });
    Ok(Box::new(Signed::new(schemes.collect(), &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        self, Refusal,
        testing::{Sent, check, check_body, ed25519, receive, webhook},
    };

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const NOW: u64 = 1_614_265_330;
    const RIGHT: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const BODY: &str = r#"{"test": 2432232314}"#;

    fn sent(prefix: &str, signature: &str) -> Sent {
        let names = ["id", "timestamp", "signature"].map(|name| format!("{prefix}-{name}"));
        let values = [ID, "1614265330", signature];
        let headers: Vec<_> = names.iter().map(String::as_str).zip(values).collect();
        Sent::post(&headers, BODY)
    }

    #[test]
    fn a_recorded_webhook_is_believed_under_both_names() {
        for provider in ["standard-webhooks", "svix"] {
            for prefix in ["webhook", "svix"] {
                let webhook = webhook(provider, &[KEY], &[]);
                assert_eq!(receive(&webhook, NOW, &sent(prefix, RIGHT)), Ok(format!("- / {ID}")));
            }
        }
        let webhook = webhook("standard-webhooks", &[KEY], &[]);
        check(&webhook, NOW, &sent("webhook", RIGHT), "webhook-signature", &format!("- / {ID}"));
        check_body(&webhook, NOW, &sent("webhook", RIGHT));
        assert_eq!(receive(&webhook, NOW + 301, &sent("webhook", RIGHT)), Err(Refusal::Stale));
    }

    #[test]
    fn any_signature_of_a_known_version_counts() {
        let webhook = webhook("standard-webhooks", &[KEY], &[]);
        let zeros = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        for signature in
            [format!("{zeros} {RIGHT}"), format!("v1a,AAAA v2,x {RIGHT}"), RIGHT.trim_end_matches('=').into()]
        {
            assert!(receive(&webhook, NOW, &sent("webhook", &signature)).is_ok(), "{signature}");
        }
        assert_eq!(receive(&webhook, NOW, &sent("webhook", zeros)), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn a_signature_by_a_private_key_is_believed() {
        let (pair, public) = ed25519();
        let key = format!("whpk_{}", BASE64.encode(public));
        let signature = BASE64.encode(pair.sign(format!("{ID}.{NOW}.{BODY}").as_bytes()));
        let both = webhook("standard-webhooks", &[&key, KEY], &[]);
        assert!(receive(&both, NOW, &sent("webhook", &format!("v1a,{signature}"))).is_ok());
        assert!(receive(&both, NOW, &sent("svix", RIGHT)).is_ok());
        let symmetric = receive(&both, NOW, &sent("webhook", &format!("v1,{signature}")));
        assert_eq!(symmetric, Err(Refusal::SignatureWrong));
        let public_alone = webhook("standard-webhooks", &[&key], &[]);
        assert!(receive(&public_alone, NOW, &sent("webhook", RIGHT)).is_err());
    }

    /// The public key is known to all: as a shared secret it would let all of them sign.
    #[test]
    fn a_public_key_is_no_shared_secret() {
        let public = ed25519().1;
        let key = format!("whpk_{}", BASE64.encode(&public));
        let message = format!("{ID}.{NOW}.{BODY}");
        let digits = providers::signature::hmac_sha256_hex(&Secret::from(public.clone()), &message);
        let signature = hex::decode(digits).unwrap();
        let keys = [Secret::from(public)];
        assert!(Algorithm::HmacSha256.signer(&keys, &[message.as_bytes()], std::slice::from_ref(&signature)).is_some());
        let forged = sent("webhook", &format!("v1,{}", BASE64.encode(signature)));
        assert!(receive(&webhook("standard-webhooks", &[&key], &[]), NOW, &forged).is_err());
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for key in ["", "whsec_", "whsec_***", "whpk_%", "not base64!"] {
            assert!(providers::make(&webhook("standard-webhooks", &[key], &[])).is_err(), "{key}");
        }
    }
}
