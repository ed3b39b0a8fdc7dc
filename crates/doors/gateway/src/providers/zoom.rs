//! `zoom`: events of Zoom.
//!
//! Signed over the timestamp and the body. The validation of an address, which is repeated every three days, is signed
//! too, and answered only then: its answer is a signature of whatever text it holds. Events have no id, but say when
//! they were: their body is the deduplication id.
//!
//! No options. Where a route names no group, a meeting is one, else an account.

use std::{borrow::Cow, time::Duration};

use hyper::header::HeaderName;
use serde::Serialize;

use super::{
    Answer, Provider, Refusal, Settings, SettingsError,
    names::{Names, selector},
    scheme::{Part, Scheme, TOLERANCE_SECONDS, Timestamp, TimestampPlace},
    signature::hmac_sha256_hex,
    signed::Signed,
};
use crate::BodyKind;

const TIMESTAMP: &str = "x-zm-request-timestamp";
const SIGNATURE: &str = "x-zm-signature";

const NAMES: Names = Names {
    groups: &["$.payload.object.id", "$.payload.account_id"],
    group_of_the_rest: Some("zoom"),
    ids: &[],
    body_identifies: true,
    // Retries come after five minutes, twenty and sixty.
    redelivery_window: Duration::from_secs(2 * 60 * 60),
};

/// <https://developers.zoom.us/docs/api/webhooks/#verify-with-zooms-header>
const MESSAGE: &[Part] =
    &[Part::Text(Cow::Borrowed("v0:")), Part::Timestamp, Part::Text(Cow::Borrowed(":")), Part::Body];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validated {
    plain_token: String,
    encrypted_token: String,
}

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let place = TimestampPlace::Header(HeaderName::from_static(TIMESTAMP));
    let scheme = Scheme {
        prefix: "v0=".into(),
        message: MESSAGE.into(),
        timestamp: Some(Timestamp { place, tolerance_seconds: TOLERANCE_SECONDS }),
        ..Scheme::new(SIGNATURE, settings.secrets()?)
    };
    let (kind, token) = (selector("$.event"), selector("$.payload.plainToken"));
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json).with_look(Box::new(move |event, key, _| {
        if event.select(&kind).as_deref() != Some("endpoint.url_validation") {
            return Ok(None);
        }
        let plain_token = event.select(&token).ok_or(Refusal::BodyUnfit("The validation has no plainToken"))?;
        let validated = Validated { encrypted_token: hmac_sha256_hex(key, &plain_token), plain_token };
        let body = serde_json::to_string(&validated).expect("texts under fixed names always serialise");
        Ok(Some(Answer::json(body)))
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identifier::digest,
        providers::{
            Secret,
            testing::{Sent, check, check_body, receive, webhook},
        },
    };

    const SECRET: &str = "zoom-secret";
    const NOW: u64 = 1_739_923_528;
    const BODY: &str = r#"{"event":"meeting.started"}"#;

    fn sent(body: &str) -> Sent {
        let digits = hmac_sha256_hex(&Secret::from(SECRET), &format!("v0:{NOW}:{body}"));
        Sent::post(&[(TIMESTAMP, &NOW.to_string()), (SIGNATURE, &format!("v0={digits}"))], body)
    }

    #[test]
    fn a_recorded_event_is_believed() {
        let signature = "v0=f071ad0a6fff6649bc14eee66b6f922029e0eb504d305ef6ea8200fedd714ce8";
        let sent = Sent::post(&[("x-zm-request-timestamp", "1739923528"), ("x-zm-signature", signature)], BODY);
        let webhook = webhook("zoom", &[SECRET], &[]);
        check(&webhook, NOW, &sent, SIGNATURE, &format!("zoom / {}", digest(BODY.as_bytes())));
        check_body(&webhook, NOW, &sent);
        assert_eq!(receive(&webhook, NOW + 301, &sent), Err(Refusal::Stale));
    }

    #[test]
    fn a_meeting_is_a_group() {
        let webhook = webhook("zoom", &[SECRET], &[]);
        let body = r#"{"event":"meeting.ended","payload":{"account_id":"a","object":{"id":"123456"}}}"#;
        assert_eq!(receive(&webhook, NOW, &sent(body)), Ok(format!("123456 / {}", digest(body.as_bytes()))));
    }

    const VALIDATION: &str =
        r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1}"#;

    #[test]
    fn a_validation_is_answered_with_the_secret_that_signed_it() {
        let webhook = webhook("zoom", &["the next one", SECRET], &[]);
        let encrypted = "b17f0320a1322a509340a1a835b3d9edbc491f0b0790ed2d20d0604d39dfe922";
        let expected =
            format!(r#"200 application/json {{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"{encrypted}"}}"#);
        assert_eq!(receive(&webhook, NOW, &sent(VALIDATION)), Ok(expected));
        let without = r#"{"event":"endpoint.url_validation","payload":{}}"#;
        assert!(matches!(receive(&webhook, NOW, &sent(without)), Err(Refusal::BodyUnfit(_))));
    }

    /// Else anybody could have any text signed, the text of an event too.
    #[test]
    fn a_validation_that_is_not_signed_is_refused() {
        let webhook = webhook("zoom", &[SECRET], &[]);
        let unsigned = Sent::post(&[(TIMESTAMP, &NOW.to_string())], VALIDATION);
        assert_eq!(receive(&webhook, NOW, &unsigned), Err(Refusal::HeaderMissing(SIGNATURE.parse().unwrap())));
        let zeros = format!("v0={}", "0".repeat(64));
        let forged = Sent::post(&[(TIMESTAMP, &NOW.to_string()), (SIGNATURE, &zeros)], VALIDATION);
        assert_eq!(receive(&webhook, NOW, &forged), Err(Refusal::SignatureWrong));
    }
}
