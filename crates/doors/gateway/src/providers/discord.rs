//! `discord`: interactions of Discord's apps: commands, components, modals.
//!
//! Signed with Ed25519 over the timestamp and the body; the secrets are the app's public keys, in hexadecimal digits. A
//! bad signature is answered 401, which Discord tries out, and a `PING` at once. Any other interaction has to be answered
//! within three seconds: it is told to wait once its message is durable, and whoever works the message off answers by
//! the token that it holds. An autocompletion cannot wait and is answered without choices. The interaction's `id` is the
//! deduplication id.
//!
//! No options. Where a route names no group, a channel is one.

use std::borrow::Cow;

use hyper::header::HeaderName;

use super::{
    Answer, Provider, Refusal, Secret, Settings, SettingsError,
    names::{Names, selector},
    scheme::{Part, Scheme, Timestamp, TimestampPlace},
    signature::Algorithm,
    signed::Signed,
};
use crate::BodyKind;

const TIMESTAMP: &str = "x-signature-timestamp";
const SIGNATURE: &str = "x-signature-ed25519";
const KEY_BYTES: usize = 32;

const NAMES: Names = Names {
    groups: &["$.channel_id", "$.guild_id"],
    group_of_the_rest: Some("discord"),
    ids: &["$.id"],
    ..Names::NONE
};

/// <https://docs.discord.com/developers/interactions/overview#validating-security-request-headers>
const MESSAGE: &[Part] = &[Part::Timestamp, Part::Body];

const PING: &str = "1";

/// The answer that each type of interaction takes.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding>
const ANSWERS: &[(&str, &str)] = &[
    // A command and a modal: a message will come.
    ("2", r#"{"type":5}"#),
    ("5", r#"{"type":5}"#),
    // A component: its message will change.
    ("3", r#"{"type":6}"#),
    ("4", r#"{"type":8,"data":{"choices":[]}}"#),
];

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let key = |secret: &Secret| hex::decode(secret.bytes()).ok().filter(|key| key.len() == KEY_BYTES);
    let keys: Option<Vec<Secret>> = settings.secrets()?.iter().map(|secret| key(secret).map(Secret::from)).collect();
    let keys = keys.ok_or_else(|| settings.error("needs public keys of 64 hexadecimal digits as secrets"))?;
    // Discord does not say how old a request may be; its timestamp is signed like a part of the body.
    let place = TimestampPlace::Header(HeaderName::from_static(TIMESTAMP));
    let scheme = Scheme {
        algorithm: Algorithm::Ed25519,
        message: Cow::Borrowed(MESSAGE),
        timestamp: Some(Timestamp { place, tolerance_seconds: u64::MAX }),
        ..Scheme::new(SIGNATURE, keys)
    };
    let kind = selector("$.type");
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json).with_look(Box::new(move |event, _, _| {
        let kind = event.select(&kind).ok_or(Refusal::BodyUnfit("The body is no interaction: it has no type"))?;
        let answer = ANSWERS.iter().find(|(own, _)| *own == kind).map(|(_, answer)| Answer::json(*answer));
        event.answer = answer;
        Ok((kind == PING).then(|| Answer::json(r#"{"type":1}"#)))
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        self,
        testing::{Sent, check, check_body, ed25519, receive, webhook},
    };

    fn sent(body: &str) -> Sent {
        let signature = ed25519().0.sign(format!("1763800000{body}").as_bytes());
        let headers = [("X-Signature-Ed25519", hex::encode(signature)), ("X-Signature-Timestamp", "1763800000".into())];
        Sent::post(&headers.each_ref().map(|(name, value)| (*name, value.as_str())), body)
    }

    fn key() -> String {
        hex::encode(ed25519().1)
    }

    #[test]
    fn a_command_is_believed_and_told_to_wait() {
        let webhook = webhook("discord", &[&key()], &[]);
        let sent = sent(r#"{"type":2,"id":"846","channel_id":"645","guild_id":"290","token":"A_UNIQUE_TOKEN"}"#);
        check(&webhook, 0, &sent, SIGNATURE, r#"645 / 846, 200 application/json {"type":5}"#);
        check_body(&webhook, 0, &sent);
    }

    #[test]
    fn a_ping_is_answered_once_verified() {
        let webhook = webhook("discord", &[&key()], &[]);
        let ping = r#"{"id":"1","type":1}"#;
        assert_eq!(receive(&webhook, 0, &sent(ping)).as_deref(), Ok(r#"200 application/json {"type":1}"#));
        let mut forged = sent(ping);
        forged.head.headers.insert(SIGNATURE, "00".repeat(64).parse().unwrap());
        let refusal = receive(&webhook, 0, &forged).unwrap_err();
        assert_eq!((refusal.status().as_u16(), refusal), (401, Refusal::SignatureWrong));
        let mut later = sent(ping);
        later.head.headers.insert(TIMESTAMP, "1763800001".parse().unwrap());
        assert_eq!(receive(&webhook, 0, &later), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn each_type_of_interaction_has_its_answer() {
        let webhook = webhook("discord", &[&key()], &[]);
        for (kind, answer) in [
            (3, r#", 200 application/json {"type":6}"#),
            (4, r#", 200 application/json {"type":8,"data":{"choices":[]}}"#),
            (5, r#", 200 application/json {"type":5}"#),
            (77, ""),
        ] {
            let sent = sent(&format!(r#"{{"type":{kind},"id":"9"}}"#));
            assert_eq!(receive(&webhook, 0, &sent), Ok(format!("discord / 9{answer}")), "{kind}");
        }
        assert!(matches!(receive(&webhook, 0, &sent("{}")), Err(Refusal::BodyUnfit(_))));
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        for key in ["", "not hexadecimal", "00ff", &"00".repeat(33)] {
            assert!(providers::make(&webhook("discord", &[key], &[])).is_err(), "{key}");
        }
    }
}
