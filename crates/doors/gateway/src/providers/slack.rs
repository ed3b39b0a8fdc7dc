//! `slack`: Slack's Events API.
//!
//! Every request is signed over its timestamp and raw body; the handshake is signed too and is answered with its
//! challenge once verified. `event_id` is the same in every redelivery, so it is the deduplication id; notices such as
//! `app_rate_limited` have none, but say when they were made. Slash commands and interactivity send forms, not JSON, and
//! expect an answer from the application itself: they are refused.
//!
//! No options. Where a route names no group, events of a channel form one group, others one a workspace.

use std::{borrow::Cow, time::Duration};

use hyper::header::HeaderName;

use super::{
    Answer, Provider, Refusal, Settings, SettingsError,
    names::{Names, selector},
    scheme::{Part, Scheme, TOLERANCE_SECONDS, Timestamp, TimestampPlace},
    signed::Signed,
};
use crate::BodyKind;

const TIMESTAMP: &str = "x-slack-request-timestamp";
const SIGNATURE: &str = "x-slack-signature";

const NAMES: Names = Names {
    groups: &["$.event.channel", "$.event.channel.id", "$.event.item.channel", "$.team_id"],
    group_of_the_rest: Some("slack"),
    ids: &["$.event_id"],
    body_identifies: true,
    // Slack tries again at once, after one minute and after five; an hour covers a queue of its own that is late.
    redelivery_window: Duration::from_secs(60 * 60),
};

/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
const MESSAGE: &[Part] =
    &[Part::Text(Cow::Borrowed("v0:")), Part::Timestamp, Part::Text(Cow::Borrowed(":")), Part::Body];

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let place = TimestampPlace::Header(HeaderName::from_static(TIMESTAMP));
    let scheme = Scheme {
        prefix: "v0=".into(),
        message: MESSAGE.into(),
        timestamp: Some(Timestamp { place, tolerance_seconds: TOLERANCE_SECONDS }),
        ..Scheme::new(SIGNATURE, settings.secrets()?)
    };
    let (kind, challenge) = (selector("$.type"), selector("$.challenge"));
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json).with_look(Box::new(move |event, _, _| {
        match event.select(&kind).as_deref() {
            None => Err(Refusal::BodyUnfit("Only the Events API is taken here: a JSON object with a type")),
            Some("url_verification") => match event.select(&challenge) {
                Some(challenge) => Ok(Some(Answer::text(challenge))),
                None => Err(Refusal::BodyUnfit("The url_verification has no challenge")),
            },
            Some(_) => Ok(None),
        }
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identifier::digest,
        providers::{
            Secret,
            signature::hmac_sha256_hex,
            testing::{self, Sent, check, check_body, webhook},
        },
    };

    const SECRET: &str = "unit-test-signing-secret";
    const NOW: u64 = 1_763_800_000;

    fn sign(secret: &str, timestamp: &str, body: &str) -> String {
        format!("v0={}", hmac_sha256_hex(&Secret::from(secret), &format!("v0:{timestamp}:{body}")))
    }

    fn receive(secrets: &[&str], now: u64, headers: &[(&str, &str)], body: &str) -> Result<String, Refusal> {
        testing::receive(&webhook("slack", secrets, &[]), now, &Sent::post(headers, body))
    }

    fn receive_signed(body: &str) -> Result<String, Refusal> {
        let timestamp = NOW.to_string();
        let signature = sign(SECRET, &timestamp, body);
        receive(&[SECRET], NOW, &[(TIMESTAMP, &timestamp), (SIGNATURE, &signature)], body)
    }

    /// A recorded event with text beyond ASCII.
    const BODY: &str =
        r#"{"type":"event_callback","event_id":"Ev08MFMKH6","event":{"type":"message","text":"가é \"q\""}}"#;
    const BODY_SIGNATURE: &str = "v0=499ad5aa16ba8c7de62dcba075a7fd50eaff796e3964a8b54326efd8896c4931";

    #[test]
    fn a_recorded_event_is_believed() {
        let headers = [("X-Slack-Request-Timestamp", "1763800000"), ("X-Slack-Signature", BODY_SIGNATURE)];
        let expected = Ok("slack / Ev08MFMKH6".to_owned());
        let (webhook, sent) = (webhook("slack", &[SECRET], &[]), Sent::post(&headers, BODY));
        check(&webhook, NOW, &sent, SIGNATURE, "slack / Ev08MFMKH6");
        check_body(&webhook, NOW, &sent);
        assert_eq!(receive(&[SECRET], NOW, &headers, BODY), expected);
        assert_eq!(receive(&["the next one", SECRET], NOW, &headers, BODY), expected);
        assert_eq!(receive(&[SECRET], NOW + 300, &headers, BODY), expected);
        assert_eq!(receive(&[SECRET], NOW - 300, &headers, BODY), expected);
    }

    #[test]
    fn a_recorded_event_is_refused_outside_its_window_or_changed() {
        let headers = [(TIMESTAMP, "1763800000"), (SIGNATURE, BODY_SIGNATURE)];
        assert_eq!(receive(&[SECRET], NOW + 301, &headers, BODY), Err(Refusal::Stale));
        assert_eq!(receive(&[SECRET], NOW - 301, &headers, BODY), Err(Refusal::Stale));
        assert_eq!(receive(&[SECRET], 0, &headers, BODY), Err(Refusal::Stale));
        assert_eq!(receive(&["other"], NOW, &headers, BODY), Err(Refusal::SignatureWrong));
        assert_eq!(receive(&[SECRET], NOW, &headers, &BODY.replace('é', "e")), Err(Refusal::SignatureWrong));
        let later = [(TIMESTAMP, "1763800001"), (SIGNATURE, BODY_SIGNATURE)];
        assert_eq!(receive(&[SECRET], NOW, &later, BODY), Err(Refusal::SignatureWrong));
        let cut = [(TIMESTAMP, "1763800000"), (SIGNATURE, &BODY_SIGNATURE[..35])];
        assert_eq!(receive(&[SECRET], NOW, &cut, BODY), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn headers_must_be_there_and_well_formed() {
        let missing = |name: &str| Err(Refusal::HeaderMissing(name.parse().unwrap()));
        let malformed = |name: &str| Err(Refusal::HeaderMalformed(name.parse().unwrap()));
        assert_eq!(receive(&[SECRET], NOW, &[], BODY), missing(TIMESTAMP));
        assert_eq!(receive(&[SECRET], NOW, &[(SIGNATURE, BODY_SIGNATURE)], BODY), missing(TIMESTAMP));
        assert_eq!(receive(&[SECRET], NOW, &[(TIMESTAMP, "1763800000")], BODY), missing(SIGNATURE));
        for timestamp in ["", "soon", "-1763800000", "1763800000.0", "99999999999999999999999"] {
            let headers = [(TIMESTAMP, timestamp), (SIGNATURE, BODY_SIGNATURE)];
            assert_eq!(receive(&[SECRET], NOW, &headers, BODY), malformed(TIMESTAMP), "{timestamp}");
        }
        for signature in ["", "v0", "v1=00", "v0=zz", "v0=0", &BODY_SIGNATURE[3..]] {
            let headers = [(TIMESTAMP, "1763800000"), (SIGNATURE, signature)];
            assert_eq!(receive(&[SECRET], NOW, &headers, BODY), malformed(SIGNATURE), "{signature}");
        }
    }

    /// Slack's published example is a slash command: its signature is right, but it is no event.
    #[test]
    fn a_slash_command_is_verified_and_then_refused() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
            &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
            &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
            &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        let headers = [(TIMESTAMP, "1531420618"), (SIGNATURE, signature)];
        let secret = "8f742231b10e8888abcd99yyyzzz85a5";
        let refusal = receive(&[secret], 1_531_420_618, &headers, body).unwrap_err();
        assert!(matches!(refusal, Refusal::BodyUnfit(_)), "{refusal}");
        assert_eq!(receive(&[SECRET], 1_531_420_618, &headers, body), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn the_handshake_is_answered_with_its_challenge_once_verified() {
        let body = r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
        let challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
        assert_eq!(receive_signed(body), Ok(format!("200 text/plain; charset=utf-8 {challenge}")));
        assert!(matches!(receive(&[SECRET], NOW, &[], body), Err(Refusal::HeaderMissing(_))));
        assert!(matches!(receive_signed(r#"{"type":"url_verification"}"#), Err(Refusal::BodyUnfit(_))));
    }

    #[test]
    fn every_event_has_a_group_and_an_id() {
        let rate_limited = r#"{"token":"t","type":"app_rate_limited","team_id":"T1","minute_rate_limited":1763800000}"#;
        for (body, expected) in [
            (r#"{"type":"event_callback","event_id":"Ev1","event":{"channel":"C1"},"team_id":"T1"}"#, "C1 / Ev1"),
            (
                r#"{"type":"event_callback","event_id":"Ev1","event":{"channel":{"id":"C2"}},"team_id":"T1"}"#,
                "C2 / Ev1",
            ),
            (
                r#"{"type":"event_callback","event_id":"Ev1","event":{"item":{"channel":"C3"}},"team_id":"T1"}"#,
                "C3 / Ev1",
            ),
            (r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"team_join"},"team_id":"T1"}"#, "T1 / Ev1"),
            (r#"{"type":"a type of tomorrow","event_id":"Ev1"}"#, "slack / Ev1"),
            (rate_limited, &format!("T1 / {}", digest(rate_limited.as_bytes()))),
        ] {
            assert_eq!(receive_signed(body).as_deref(), Ok(expected), "{body}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in ["", "null", "[]", "{}", "{", r#"{"type":7"#, r#"{"type":null}"#, r#"{"type":"\ud800"}"#] {
            assert!(matches!(receive_signed(body), Err(Refusal::BodyUnfit(_))), "{body}");
        }
    }
}
