//! Random requests: every one is answered, and nothing unsigned becomes a message.

use bongsu_http::Limits;
use http_body_util::Full;
use hyper::{Request, header::HeaderValue};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::harness::{front_door, github_headers, send, slack_headers};

const NAMES: &[&str] = &[
    "x-slack-request-timestamp",
    "x-slack-signature",
    "x-hub-signature-256",
    "x-github-delivery",
    "x-slack-retry-num",
    "content-type",
];
const PATHS: &[&str] = &["/slack", "/slack/chosen", "/github", "/shop", "/plain", "/json", "/_api/til/slack", "/_api/"];
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "1e999",
    "-0",
    "123456789012345678901234567890",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"type\":",
    "\"event_callback\"",
    "\"url_verification\"",
    "\"challenge\":",
    "\"event\":",
    "\"channel\":",
    "\"event_id\":",
    "\"resource\":{\"mall_id\":",
    "\u{0}",
    "\u{ffff}",
    "가",
    " ",
];

fn header_value() -> impl Strategy<Value = HeaderValue> {
    let bytes = vec(any::<u8>(), 0..80).prop_filter_map("no header", |bytes| HeaderValue::from_bytes(&bytes).ok());
    let likely = "(v0=|sha256=)?[0-9a-fA-F]{0,70}".prop_map(|text| HeaderValue::from_str(&text).unwrap());
    let timestamp = any::<i128>().prop_map(|number| HeaderValue::from_str(&number.to_string()).unwrap());
    prop_oneof![bytes, likely, timestamp]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let soup = vec(select(TOKENS), 0..24).prop_map(|tokens| tokens.concat().into_bytes());
    let event = (vec(select(TOKENS), 0..6), "\\PC{0,200}").prop_map(|(tokens, text)| {
        let value = tokens.concat();
        format!(r#"{{"type":"event_callback","event_id":{text:?},"event":{{"channel":{value}}}}}"#).into_bytes()
    });
    let deep =
        (select(&["[", "{\"a\":"][..]), 0..20_000usize).prop_map(|(open, depth)| open.repeat(depth).into_bytes());
    prop_oneof![vec(any::<u8>(), 0..200), soup, event, deep]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_request_is_answered_and_counts_for_nothing_unsigned(
        path in prop_oneof![select(PATHS).prop_map(str::to_owned), "/[a-z_/%{}+$.]{0,20}"],
        method in select(&["POST", "POST", "POST", "GET", "BREW"][..]),
        random_headers in vec((select(NAMES), header_value()), 0..6),
        signed in any::<bool>(),
        body in body(),
    ) {
        let mut request = Request::builder().method(method);
        if signed {
            let headers = if path.contains("slack") { slack_headers(&body) } else { github_headers(&body) };
            for (name, value) in headers {
                request = request.header(name, value);
            }
        } else {
            for (name, value) in random_headers {
                request = request.header(name, value);
            }
        }
        let Ok(request) = request.uri(&path).body(Full::new(body.clone().into())) else { return Ok(()) };
        let (door, queues) = front_door(Limits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let heard = runtime.block_on(send(&door, request));

        prop_assert!(matches!(heard.status, 200 | 400 | 401 | 404), "{heard:?}");
        if heard.status != 200 {
            let refusal: serde_json::Value = serde_json::from_str(&heard.body).unwrap();
            prop_assert!(refusal["message"].is_string());
        }
        for (queue, message) in queues.take() {
            prop_assert_eq!(heard.status, 200);
            prop_assert!(signed || ["shop.fifo", "plain", "json"].contains(&queue.as_str()));
            prop_assert_eq!(&message.body[..], &body[..]);
            for id in [message.group, message.deduplication_id].into_iter().flatten() {
                prop_assert!((1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()), "{}", id);
            }
        }
    }
}
