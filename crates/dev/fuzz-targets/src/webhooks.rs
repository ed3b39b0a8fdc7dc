//! Webhooks, as strangers send them and as their senders do.
//!
//! An input is a request: a line with method and target, a line for each header, a blank line, the body. The target's
//! path is the provider's name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bongsu_gateway::{ApiKind, BodyKind, FrontDoor, Selector, Webhook};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Request;
use hyper::header::HeaderValue;
use sha2::Sha256;

use crate::front_door::{Behind, answer, api, enqueue, front_door, route};
use crate::http_text;

/// When every request comes, in seconds.
const NOW: u64 = 1_763_800_000;
/// Later than any signed request is good for, in seconds.
const LATER: u64 = NOW + 24 * 60 * 60;
/// The only secret, good for every provider: hexadecimal digits, as public keys are written.
const SECRET: &str = "9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:orders";

/// The providers, and whether all that they believe is signed over the whole body.
const PROVIDERS: &[(&str, bool)] = &[
    ("cafe24", false),
    ("discord", true),
    ("ed25519", true),
    ("github", true),
    ("gitlab", false),
    ("hmac", true),
    ("linear", true),
    ("meta", true),
    ("microsoft-graph", false),
    ("none", false),
    ("pagerduty", true),
    ("sentry", true),
    ("shopify", true),
    ("slack", true),
    ("sns", true),
    ("square", true),
    ("standard-webhooks", true),
    ("stripe", true),
    ("svix", true),
    ("token", false),
    ("twilio", true),
    ("zoom", true),
];

/// Of these a signature counts for a while only.
const TIMED: &[&str] = &["slack", "standard-webhooks", "stripe", "svix", "zoom"];

struct Door {
    door: FrontDoor,
    behind: Behind,
}

static DOOR: LazyLock<Door> = LazyLock::new(|| Door::at(NOW));
static LATER_DOOR: LazyLock<Door> = LazyLock::new(|| Door::at(LATER));

impl Door {
    fn at(now: u64) -> Door {
        let routes = PROVIDERS.iter().map(|(name, _)| route(&format!("ANY /{name}"), enqueue(), Some(webhook(name))));
        let (door, behind) =
            front_door(vec![api("hooks", ApiKind::Http, "$default", routes.collect())], Vec::new(), now * 1000);
        Door { door, behind }
    }

    /// Whether a message came of it.
    fn takes(&self, request: Request<Bytes>) -> bool {
        let (status, body) = answer(&self.door, request);
        assert!(status < 500 || status == 503, "{status}: {body:?}");
        let messages = self.behind.take_messages().len();
        assert!(messages <= 1 && (messages == 0 || status < 300), "{status} and {messages} messages");
        messages == 1
    }
}

fn webhook(provider: &str) -> Webhook {
    let options: &[(&str, &str)] = match provider {
        "ed25519" | "hmac" | "token" => &[("Header", "x-signature")],
        "square" | "twilio" => &[("PublicUrl", "https://example.com")],
        "meta" => &[("VerifyToken", SECRET)],
        "sns" => &[("TopicArn", TOPIC)],
        _ => &[],
    };
    let has_secrets = !matches!(provider, "none" | "sns");
    let given = |text: &str| text.parse::<Selector>().ok();
    let selected = matches!(provider, "none" | "hmac" | "token" | "ed25519");
    Webhook {
        provider: provider.to_owned(),
        secrets: has_secrets.then(|| SECRET.into()).into_iter().collect(),
        options: options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect::<BTreeMap<_, _>>(),
        group: if selected { given("$.group") } else { given(provider) },
        deduplication: if selected { given("$.id") } else { None },
        body: if provider == "twilio" { BodyKind::Text } else { BodyKind::Json },
    }
}

/// Takes one request, as it is and signed.
///
/// # Panics
///
/// If an answer says that the fault is ours, a message breaks what is promised of messages, a signature opens another body
/// or counts for ever, or one that nobody made counts.
pub fn webhooks(input: &[u8]) {
    let (head, body) = http_text::split_at_blank_line(input);
    let Some(request) = http_text::request(head, body) else { return };
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let is_signed = PROVIDERS.iter().find(|(name, _)| *name == path).is_some_and(|(_, signed)| *signed);
    let is_taken = DOOR.takes(clone(&request, body));
    if is_taken && is_signed {
        nothing_else_is_taken(&path, &request, body);
    }
    let mut signed = clone(&request, body);
    if sign(&path, &mut signed) && DOOR.takes(clone(&signed, body)) {
        nothing_else_is_taken(&path, &signed, body);
    }
}

fn nothing_else_is_taken(provider: &str, request: &Request<Bytes>, body: &[u8]) {
    let longer = [body, b" "].concat();
    assert!(!DOOR.takes(clone(request, &longer)), "{request:?} opens another body");
    if TIMED.contains(&provider) {
        assert!(!LATER_DOOR.takes(clone(request, body)), "{request:?} counts for ever");
    }
}

fn clone(request: &Request<Bytes>, body: &[u8]) -> Request<Bytes> {
    let mut clone = Request::new(Bytes::copy_from_slice(body));
    *clone.method_mut() = request.method().clone();
    *clone.uri_mut() = request.uri().clone();
    *clone.headers_mut() = request.headers().clone();
    clone
}

/// Signs as the provider does; `false` for those whose way is not known here.
fn sign(provider: &str, request: &mut Request<Bytes>) -> bool {
    let body = request.body().clone();
    let (name, value, timestamp) = match provider {
        "slack" => {
            let signature = hex(&hmac(SECRET.as_bytes(), &[format!("v0:{NOW}:").as_bytes(), &body]));
            ("x-slack-signature", format!("v0={signature}"), Some("x-slack-request-timestamp"))
        }
        "zoom" => {
            let signature = hex(&hmac(SECRET.as_bytes(), &[format!("v0:{NOW}:").as_bytes(), &body]));
            ("x-zm-signature", format!("v0={signature}"), Some("x-zm-request-timestamp"))
        }
        "stripe" => {
            let signature = hex(&hmac(SECRET.as_bytes(), &[format!("{NOW}.").as_bytes(), &body]));
            ("stripe-signature", format!("t={NOW},v1={signature}"), None)
        }
        "github" | "meta" => {
            ("x-hub-signature-256", format!("sha256={}", hex(&hmac(SECRET.as_bytes(), &[&body]))), None)
        }
        "linear" => ("linear-signature", hex(&hmac(SECRET.as_bytes(), &[&body])), None),
        "sentry" => ("sentry-hook-signature", hex(&hmac(SECRET.as_bytes(), &[&body])), None),
        "pagerduty" => ("x-pagerduty-signature", format!("v1={}", hex(&hmac(SECRET.as_bytes(), &[&body]))), None),
        "shopify" => ("x-shopify-hmac-sha256", BASE64_STANDARD.encode(hmac(SECRET.as_bytes(), &[&body])), None),
        "hmac" => ("x-signature", hex(&hmac(SECRET.as_bytes(), &[&body])), None),
        _ => return false,
    };
    let header = |text: String| HeaderValue::try_from(text).expect("digits are a header");
    request.headers_mut().insert(name, header(value));
    if let Some(name) = timestamp {
        request.headers_mut().insert(name, header(NOW.to_string()));
    }
    true
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
