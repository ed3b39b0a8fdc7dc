//! Random requests to every provider: each is judged, and none that nobody signed becomes an event.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    Judged, PROVIDERS,
    testing::{Sent, receive, webhook},
};
use crate::Webhook;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:orders";

/// One route of each provider, with secrets that nobody guesses.
fn routes() -> Vec<Webhook> {
    let key = "9f".repeat(32);
    PROVIDERS
        .iter()
        .map(|(name, _)| match *name {
            "none" | "sns" => webhook(name, &[], if *name == "sns" { &[("TopicArn", TOPIC)] } else { &[] }),
            "discord" => webhook(name, &[&key], &[]),
            "ed25519" => webhook(name, &[&key], &[("Header", "x-signature")]),
            "hmac" | "token" => webhook(name, &[&key], &[("Header", "x-signature")]),
            "square" | "twilio" => webhook(name, &[&key], &[("PublicUrl", "https://example.com")]),
            "meta" => webhook(name, &[&key], &[("VerifyToken", &key)]),
            _ => webhook(name, &[&key], &[]),
        })
        .collect()
}

const NAMES: &[&str] = &[
    "content-type",
    "linear-signature",
    "sentry-hook-signature",
    "stripe-signature",
    "svix-id",
    "svix-signature",
    "svix-timestamp",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-api-key",
    "x-gitlab-token",
    "x-hub-signature-256",
    "x-pagerduty-signature",
    "x-shopify-hmac-sha256",
    "x-signature",
    "x-signature-ed25519",
    "x-signature-timestamp",
    "x-slack-request-timestamp",
    "x-slack-signature",
    "x-square-hmacsha256-signature",
    "x-twilio-signature",
    "x-zm-request-timestamp",
    "x-zm-signature",
];

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "=",
    "&",
    "%",
    "\"",
    "\"type\":1",
    "\"type\":\"url_verification\"",
    "\"event\":\"endpoint.url_validation\"",
    "\"value\":[{\"clientState\":",
    "\"TopicArn\":\"arn:aws:sns:us-east-1:000000000000:orders\"",
    "\"webhookTimestamp\":0",
    "null",
    "가",
    "\u{0}",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "(sha256=|v0=|v1=|v1,|t=0,v1=)?[0-9a-f]{0,70}",
        "(v1,|v1a,)?[A-Za-z0-9+/]{0,50}={0,2}",
        Just("0".to_owned()),
        Just("application/x-www-form-urlencoded".to_owned()),
        "[ -~]{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_nobody_signed_is_no_event(
        method in select(&["POST", "GET", "PUT"][..]),
        target in "/[a-z]{0,5}(\\?(hub\\.mode=subscribe&hub\\.challenge=1|bodySHA256=00|[a-z=&%]{0,9}))?",
        headers in vec((select(NAMES), value()), 0..8),
        body in vec(select(WORDS), 0..16),
    ) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sent = Sent::new(method, &target, &headers, &body.concat());
        for route in routes() {
            match super::make(&route).expect("a provider").judge(sent.unverified(), 0) {
                Ok(Judged::Event(_)) => prop_assert_eq!(&route.provider, "none"),
                Ok(judged) => prop_assert!(false, "{}: {:?}", route.provider, judged),
                Err(refusal) => prop_assert!(!refusal.status().is_success()),
            }
        }
    }
}

#[test]
fn every_provider_refuses_options_that_it_does_not_know() {
    for mut route in routes() {
        assert!(receive(&route, 0, &Sent::post(&[], "")).is_err() || route.provider == "none");
        route.options.insert("Unknown".into(), "1".into());
        let error = super::make(&route).err().map(|error| error.to_string());
        assert_eq!(error, Some(format!("the provider `{}` has no option `Unknown`", route.provider)));
    }
}

#[test]
fn every_provider_but_two_needs_secrets() {
    for route in routes() {
        let without = Webhook { secrets: Vec::new(), ..route.clone() };
        assert_eq!(
            super::make(&without).is_ok(),
            matches!(route.provider.as_str(), "none" | "sns"),
            "{}",
            route.provider
        );
        let empty = Webhook { secrets: vec!["".into()], ..route.clone() };
        assert!(super::make(&empty).is_err(), "{}", route.provider);
    }
}
