//! `meta`: webhooks of Facebook, Instagram and WhatsApp.
//!
//! Signed over the body with the app's secret. The handshake is a GET that shows the verify token, and is answered with
//! its challenge: the route takes `ANY`, or there are two. A webhook of one message has its id as deduplication id; one
//! of several, or of none, is known by its body, which is the same in a retry.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `VerifyToken` | the verify token of the handshake | handshakes are refused |
//!
//! Where a route names no group, an entry's account is one: a page, a business account.

use std::time::Duration;

use hyper::Method;

use super::{
    Answer, Judged, Provider, Refusal, Secret, Settings, SettingsError, Unverified,
    names::{Names, selector},
    scheme::Scheme,
    signed::Signed,
};
use crate::{BodyKind, Selector, identifier::digest};

const SIGNATURE: &str = "x-hub-signature-256";

const NAMES: Names = Names {
    groups: &["$.entry[0].id"],
    group_of_the_rest: Some("meta"),
    ids: &["$.entry[0].changes[0].value.messages[0].id"],
    body_identifies: true,
    redelivery_window: Duration::from_secs(60 * 60),
};

/// Where a second one of something has a name.
const SECONDS: [&str; 3] =
    ["$.entry[1].id", "$.entry[0].changes[1].field", "$.entry[0].changes[0].value.messages[1].id"];

struct Meta {
    verify_token: Option<Secret>,
    events: Signed,
}

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&["VerifyToken"])?;
    let verify_token = settings.option("VerifyToken").map(|_| settings.required("VerifyToken")).transpose()?;
    let scheme = Scheme { prefix: "sha256=".into(), ..Scheme::new(SIGNATURE, settings.secrets()?) };
    let seconds: Vec<Selector> = SECONDS.map(selector).into();
    let events = Signed::new(vec![scheme], &NAMES, BodyKind::Json).with_look(Box::new(move |event, _, _| {
        if seconds.iter().any(|second| event.select(second).is_some()) {
            event.deduplication = Some(digest(event.body()));
        }
        Ok(None)
    }));
    Ok(Box::new(Meta { verify_token: verify_token.map(Secret::from), events }))
}

impl Provider for Meta {
    /// <https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests>
    fn judge<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Judged<'a>, Refusal> {
        if request.method() == Method::GET { self.shake_hands(&request) } else { self.events.judge(request, now_ms) }
    }

    fn gives_group(&self) -> bool {
        self.events.gives_group()
    }

    fn body(&self) -> BodyKind {
        self.events.body()
    }
}

impl Meta {
    fn shake_hands<'a>(&self, request: &Unverified<'_>) -> Result<Judged<'a>, Refusal> {
        let subscribes = request.query_parameter("hub.mode").as_deref() == Some("subscribe");
        let token = request.query_parameter("hub.verify_token").unwrap_or_default();
        let knows_token = self.verify_token.as_ref().is_some_and(|own| own.equals(token.as_bytes()));
        match request.query_parameter("hub.challenge") {
            Some(challenge) if subscribes && knows_token => Ok(Judged::Answer(Answer::text(challenge))),
            _ => Err(Refusal::Forbidden("The verify token does not match")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        self,
        signature::hmac_sha256_hex,
        testing::{Sent, check, check_body, receive, webhook},
    };

    fn sent(body: &str) -> Sent {
        let signature = format!("sha256={}", hmac_sha256_hex(&Secret::from("app-secret"), body));
        Sent::post(&[("X-Hub-Signature-256", &signature)], body)
    }

    #[test]
    fn a_recorded_event_is_believed() {
        let signature = "sha256=ae958d6f00b134dd32b95a9a76bedaaeb068c0949769358355023f7d1a0c580b";
        let sent = Sent::post(&[("X-Hub-Signature-256", signature)], r#"{"object":"page"}"#);
        let webhook = webhook("meta", &["app-secret"], &[]);
        check(&webhook, 0, &sent, SIGNATURE, &format!("meta / {}", digest(br#"{"object":"page"}"#)));
        check_body(&webhook, 0, &sent);
    }

    #[test]
    fn a_single_message_is_named_by_its_id_and_a_batch_by_its_body() {
        let webhook = webhook("meta", &["app-secret"], &[]);
        let message = |id: &str| format!(r#"{{"from":"1631","id":"{id}","text":{{"body":"h\u00e9"}}}}"#);
        let change = |messages: &str| format!(r#"{{"field":"messages","value":{{"messages":[{messages}]}}}}"#);
        let entry = |changes: &str| format!(r#"{{"id":"215","changes":[{changes}]}}"#);
        let event = |entries: &str| format!(r#"{{"object":"whatsapp_business_account","entry":[{entries}]}}"#);
        let one = change(&message("wamid.1"));
        assert_eq!(receive(&webhook, 0, &sent(&event(&entry(&one)))).as_deref(), Ok("215 / wamid.1"));
        let two_messages = change(&format!("{},{}", message("wamid.1"), message("wamid.2")));
        for body in [
            event(&entry(&two_messages)),
            event(&entry(&format!("{one},{one}"))),
            event(&format!("{},{}", entry(&one), entry(&one))),
            event(&entry(r#"{"field":"messages","value":{"statuses":[{"id":"wamid.1","status":"read"}]}}"#)),
        ] {
            assert_eq!(receive(&webhook, 0, &sent(&body)), Ok(format!("215 / {}", digest(body.as_bytes()))), "{body}");
        }
    }

    #[test]
    fn the_handshake_is_answered_to_whoever_knows_the_token() {
        let webhook = webhook("meta", &["app-secret"], &[("VerifyToken", "to ken")]);
        let ask = |query: &str| receive(&webhook, 0, &Sent::new("GET", &format!("/meta{query}"), &[], ""));
        let right = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=to%20ken";
        assert_eq!(ask(right).as_deref(), Ok("200 text/plain; charset=utf-8 1158201444"));
        for query in [
            "",
            "?hub.mode=subscribe&hub.challenge=1",
            "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=other",
            "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=to%20ken",
            "?hub.mode=subscribe&hub.verify_token=to%20ken",
        ] {
            assert_eq!(ask(query).unwrap_err().status().as_u16(), 403, "{query}");
        }
    }

    #[test]
    fn without_a_verify_token_nobody_shakes_hands() {
        let plain = webhook("meta", &["app-secret"], &[]);
        let sent = Sent::new("GET", "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", &[], "");
        assert_eq!(receive(&plain, 0, &sent), Err(Refusal::Forbidden("The verify token does not match")));
        assert!(providers::make(&webhook("meta", &["app-secret"], &[("VerifyToken", "")])).is_err());
    }
}
