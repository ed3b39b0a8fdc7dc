//! `twilio`: messages, calls and their states from Twilio.
//!
//! Signed with SHA-1 over the address as Twilio calls it, query included, and a form's fields. Of any other body the
//! address says the SHA-256. `I-Twilio-Idempotency-Token`, which is the same in every retry, is the deduplication id,
//! else the message's or call's id with its state. Nothing signed says when a request was sent.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `PublicUrl` | the address that Twilio calls, up to its query; without a path, the path that arrives counts | required |
//!
//! Where a route names no group, what goes on between two numbers is one. The answer is an empty list of instructions:
//! whoever works the message off acts through Twilio's API.

use std::time::Duration;

use hyper::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use sha2::{Digest, Sha256};

use super::{
    Answer, Judged, Provider, Refusal, Settings, SettingsError, Unverified,
    names::{Namer, Names},
    public_url::PublicUrl,
    scheme::{Encoding, Part, Scheme},
    signature::Algorithm,
};
use crate::BodyKind;

const SIGNATURE: &str = "x-twilio-signature";
const FORM: &str = "application/x-www-form-urlencoded";
/// The parameter of the address with the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

const NAMES: Names = Names {
    groups: &[],
    group_of_the_rest: Some("twilio"),
    ids: &["$request.header.I-Twilio-Idempotency-Token"],
    redelivery_window: Duration::from_secs(60 * 60),
    ..Names::NONE
};

/// Fields of a form that say which message or call it is about, and in which state that is.
const IDS: [&str; 3] = ["MessageSid", "SmsSid", "CallSid"];
const STATES: [&str; 3] = ["MessageStatus", "SmsStatus", "CallStatus"];

const NO_INSTRUCTIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;

struct Twilio {
    form: Scheme,
    other: Scheme,
    namer: Namer,
}

/// <https://www.twilio.com/docs/usage/security#validating-requests>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&["PublicUrl"])?;
    settings.required("PublicUrl")?;
    let public_url: Option<PublicUrl> = settings.parsed("PublicUrl")?;
    let keys = settings.secrets()?;
    let scheme = |message: &'static [Part]| Scheme {
        algorithm: Algorithm::HmacSha1,
        encoding: Encoding::Base64,
        message: message.into(),
        public_url: public_url.clone(),
        ..Scheme::new(SIGNATURE, keys.clone())
    };
    let (form, other) = (scheme(&[Part::Url, Part::SortedForm]), scheme(&[Part::Url]));
    Ok(Box::new(Twilio { form, other, namer: Namer::new(&NAMES) }))
}

impl Provider for Twilio {
    fn judge<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Judged<'a>, Refusal> {
        let is_form = is_form(request.headers());
        if is_form {
            self.form.verify(&request, now_ms)?;
        } else {
            self.other.verify(&request, now_ms)?;
            let digest = request.query_parameter(BODY_DIGEST).and_then(|digits| hex::decode(&*digits).ok());
            if digest.is_none_or(|digest| digest != Sha256::digest(request.body)[..]) {
                return Err(Refusal::SignatureWrong);
            }
        }
        let mut event = request.verified();
        self.namer.name(&mut event);
        if is_form {
            let field = |names: &[&str]| names.iter().find_map(|name| form_field(request.body, name));
            if let (Some(from), Some(to)) = (field(&["From"]), field(&["To"])) {
                event.group = Some(format!("{from}/{to}"));
            }
            let of_state = || Some(format!("{}/{}", field(&IDS)?, field(&STATES).unwrap_or_default()));
            event.deduplication = event.deduplication.take().or_else(of_state);
        }
        event.answer = Some(Answer { status: StatusCode::OK, content_type: "text/xml", body: NO_INSTRUCTIONS.into() });
        Ok(Judged::Event(event))
    }

    fn gives_group(&self) -> bool {
        self.namer.gives_group()
    }

    fn body(&self) -> BodyKind {
        BodyKind::Text
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}

fn form_field(body: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(body);
    fields.find(|(own, value)| own == name && !value.is_empty()).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;
    use crate::providers::{
        self,
        scheme::BASE64,
        testing::{Sent, check, receive, webhook},
    };

    const TARGET: &str = "/myapp.php?foo=1&bar=2";
    const FORM_HEADERS: [(&str, &str); 2] = [
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        (SIGNATURE, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ];
    /// In another order than it is signed in.
    const CALL: &str =
        "To=%2B18005551212&CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310";

    fn twilio(url: &str) -> crate::Webhook {
        webhook("twilio", &["12345"], &[("PublicUrl", url)])
    }

    fn sign(text: &str) -> String {
        use ::hmac::{Hmac, KeyInit, Mac};
        let mut mac = <Hmac<sha1::Sha1> as KeyInit>::new_from_slice(b"12345").unwrap();
        mac.update(text.as_bytes());
        BASE64.encode(mac.finalize().into_bytes())
    }

    #[test]
    fn a_recorded_call_is_believed_and_told_nothing() {
        let sent = Sent::new("POST", TARGET, &FORM_HEADERS, CALL);
        let expected = format!("+14158675310/+18005551212 / CA1234567890ABCDE/, 200 text/xml {NO_INSTRUCTIONS}");
        check(&twilio("https://example.com"), 0, &sent, SIGNATURE, &expected);
        check(&twilio("https://example.com/myapp.php"), 0, &sent, SIGNATURE, &expected);
    }

    #[test]
    fn another_address_or_field_is_refused() {
        let wrong = Err(Refusal::SignatureWrong);
        let sent = |target, body: &str| Sent::new("POST", target, &FORM_HEADERS, body);
        for (url, target) in [
            ("http://example.com", TARGET),
            ("https://example.org", TARGET),
            ("https://example.com", "/myapp.php?foo=1"),
            ("https://example.com", "/other.php?foo=1&bar=2"),
        ] {
            assert_eq!(receive(&twilio(url), 0, &sent(target, CALL)), wrong, "{url} {target}");
        }
        for body in [CALL.replace("1234&", "1235&"), format!("{CALL}&Extra=1"), CALL.replace("Digits=1234&", "")] {
            assert_eq!(receive(&twilio("https://example.com"), 0, &sent(TARGET, &body)), wrong, "{body}");
        }
    }

    #[test]
    fn the_state_of_a_message_is_part_of_its_name_unless_there_is_a_token() {
        let body = "MessageSid=SM1&MessageStatus=delivered&From=&To=%2B1";
        let signature = sign("https://example.com/webhookFromMessageSidSM1MessageStatusdeliveredTo+1");
        let headers = [FORM_HEADERS[0], (SIGNATURE, signature.as_str()), ("I-Twilio-Idempotency-Token", "t1")];
        let name = |headers: &[(&str, &str)]| {
            let heard = receive(&twilio("https://example.com"), 0, &Sent::post(headers, body)).unwrap();
            heard.split_once(',').unwrap().0.to_owned()
        };
        assert_eq!(name(&headers[..2]), "twilio / SM1/delivered");
        assert_eq!(name(&headers), "twilio / t1");
    }

    #[test]
    fn of_a_json_body_the_address_says_the_digest() {
        let body = r#"{"sid":"x"}"#;
        let target = |body: &str| format!("/hook?bodySHA256={}", hex::encode(Sha256::digest(body)));
        let receive = |target: &str, body: &str| {
            let signature = sign(&format!("https://example.com{target}"));
            let headers = [("Content-Type", "application/json"), (SIGNATURE, signature.as_str())];
            receive(&twilio("https://example.com"), 0, &Sent::new("POST", target, &headers, body))
        };
        assert!(receive(&target(body), body).is_ok());
        for (target, body) in [(target(body), "{}"), ("/hook".into(), body), ("/hook?bodySHA256=00".into(), body)] {
            assert_eq!(receive(&target, body), Err(Refusal::SignatureWrong), "{target} {body}");
        }
    }

    #[test]
    fn the_public_address_has_to_be_given() {
        assert!(providers::make(&webhook("twilio", &["12345"], &[])).is_err());
    }
}
