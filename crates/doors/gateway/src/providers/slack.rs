//! `slack`: Slack's Events API.
//!
//! Every request is signed over its timestamp and raw body; the handshake is signed too and is answered with its
//! challenge once verified. `event_id` is the same in every redelivery, so it is the deduplication id. Slash commands and
//! interactivity send forms, not JSON, and expect an answer from the application itself: they are refused.
//!
//! No options. Where a route names no group, events of a channel form one group, others one a workspace.

use std::time::Duration;

use super::{Provider, Received, Refusal, Secret, Settings, SettingsError, Unverified, signature::Hash};
use crate::{BodyKind, Selector, identifier::digest};

const TIMESTAMP: &str = "x-slack-request-timestamp";
const SIGNATURE: &str = "x-slack-signature";
const VERSION: &str = "v0=";

/// How far a request's timestamp may be from the present, on either side, so that a recording cannot be played later.
const WINDOW_SECONDS: u64 = 300;
/// Slack tries again at once, after one minute and after five; an hour covers a queue of its own that is late.
const REDELIVERY_WINDOW: Duration = Duration::from_secs(60 * 60);

/// Where an event says which conversation it belongs to, in the order they are tried.
const GROUPS: [&str; 4] = ["$.event.channel", "$.event.channel.id", "$.event.item.channel", "$.team_id"];
/// The group of what belongs to no workspace.
const GROUP_OF_THE_REST: &str = "slack";

struct Slack {
    secrets: Vec<Secret>,
    kind: Selector,
    challenge: Selector,
    event_id: Selector,
    groups: [Selector; GROUPS.len()],
}

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let selector = |path: &str| path.parse::<Selector>().expect("paths of this file are paths");
    Ok(Box::new(Slack {
        secrets: settings.secrets()?,
        kind: selector("$.type"),
        challenge: selector("$.challenge"),
        event_id: selector("$.event_id"),
        groups: GROUPS.map(selector),
    }))
}

impl Provider for Slack {
    fn receive<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Received<'a>, Refusal> {
        self.verify(&request, now_ms / 1000)?;
        let mut event = request.verified();
        match event.select(&self.kind).as_deref() {
            None => Err(Refusal::BodyUnfit("Only the Events API is taken here: a JSON object with a type")),
            Some("url_verification") => match event.select(&self.challenge) {
                Some(challenge) => Ok(Received::Answer(challenge)),
                None => Err(Refusal::BodyUnfit("The url_verification has no challenge")),
            },
            Some(_) => {
                let group = self.groups.iter().find_map(|selector| event.select(selector));
                event.group = Some(group.unwrap_or_else(|| GROUP_OF_THE_REST.into()));
                // Notices such as `app_rate_limited` have no id; they say when they were made, so the body will do.
                event.deduplication = event.select(&self.event_id).or_else(|| Some(digest(event.body())));
                event.redelivery_window = REDELIVERY_WINDOW;
                Ok(Received::Event(event))
            }
        }
    }

    fn gives_group(&self) -> bool {
        true
    }

    fn body(&self) -> BodyKind {
        BodyKind::Json
    }
}

impl Slack {
    /// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
    fn verify(&self, request: &Unverified<'_>, now_seconds: u64) -> Result<(), Refusal> {
        let timestamp = request.header(TIMESTAMP)?;
        let signature = request.header(SIGNATURE)?;
        let sent_seconds: u64 = timestamp.parse().map_err(|_| Refusal::HeaderMalformed(TIMESTAMP.into()))?;
        let signature = signature.strip_prefix(VERSION).and_then(|digits| hex::decode(digits).ok());
        let signature = signature.ok_or_else(|| Refusal::HeaderMalformed(SIGNATURE.into()))?;
        if now_seconds.abs_diff(sent_seconds) > WINDOW_SECONDS {
            return Err(Refusal::Stale);
        }
        let message: [&[u8]; 4] = [b"v0:", timestamp.as_bytes(), b":", request.body];
        if Hash::Sha256.is_signed(&self.secrets, &message, &signature) { Ok(()) } else { Err(Refusal::SignatureWrong) }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hmac::{Hmac, KeyInit, Mac};
    use hyper::HeaderMap;
    use sha2::Sha256;

    use super::*;
    use crate::Webhook;

    const SECRET: &str = "unit-test-signing-secret";
    const NOW: u64 = 1_763_800_000;

    fn sign(secret: &str, timestamp: &str, body: &str) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("v0:{timestamp}:{body}").as_bytes());
        format!("v0={}", hex::encode(mac.finalize().into_bytes()))
    }

    /// What the provider says: the answer to a handshake, or `group / deduplication id`.
    fn receive(secrets: &[&str], now: u64, headers: &[(&str, &str)], body: &str) -> Result<String, Refusal> {
        let webhook = Webhook {
            provider: "slack".into(),
            secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
            ..Webhook::default()
        };
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let provider = super::super::make(&webhook).unwrap();
        Ok(match provider.receive(Unverified::new(&headers, &body), now * 1000)? {
            Received::Answer(text) => text,
            Received::Event(event) => {
                assert_eq!(event.redelivery_window(), REDELIVERY_WINDOW);
                format!("{} / {}", event.default_group().unwrap(), event.default_deduplication().unwrap())
            }
        })
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
        let missing = |name: &str| Err(Refusal::HeaderMissing(name.into()));
        let malformed = |name: &str| Err(Refusal::HeaderMalformed(name.into()));
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
        assert_eq!(receive_signed(body), Ok(challenge.into()));
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
