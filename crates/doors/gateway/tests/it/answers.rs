//! Every answer of the front door, and the message behind it.

use std::time::Duration;

use bongsu_gateway::{Apis, MESSAGE_BYTES_MAX};
use bongsu_http::Limits;
use http_body_util::Full;
use hyper::Request;
use serde_json::Value;

use crate::harness::{
    Heard, NOW, front_door, github, github_headers, hmac_sha256, http_api, post, routes, send, slack_headers,
};

const MINUTES_5: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);

const EVENT: &str =
    r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1"},"team_id":"T1"}"#;

#[track_caller]
fn assert_refused(heard: &Heard, status: u16, message: &str) {
    assert_eq!((heard.status, heard.content_type.as_str()), (status, "application/json"), "{heard:?}");
    assert_eq!(heard.body, format!(r#"{{"message":"{message}"}}"#));
}

fn result(heard: &Heard) -> Value {
    assert_eq!((heard.status, heard.content_type.as_str()), (200, "application/json"), "{heard:?}");
    let mut body: Value = serde_json::from_str(&heard.body).unwrap();
    body["SendMessageResponse"]["SendMessageResult"].take()
}

#[tokio::test]
async fn an_event_is_answered_as_api_gateway_answers_it() {
    let (door, queues) = front_door(Limits::default());
    let heard = post(&door, "/slack", &slack_headers(EVENT.as_bytes()), EVENT).await;
    assert_eq!((heard.status, heard.content_type.as_str()), (200, "application/json"));
    let (before, after) = heard.body.split_once(r#""RequestId":""#).unwrap();
    let (request_id, after) = after.split_at(36);
    assert_eq!(before, r#"{"SendMessageResponse":{"ResponseMetadata":{"#);
    assert!(request_id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'), "{request_id}");
    let result = concat!(
        r#""},"SendMessageResult":{"MD5OfMessageAttributes":null,"#,
        r#""MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592","MD5OfMessageSystemAttributes":null,"#,
        r#""MessageId":"message-0","SequenceNumber":"100"}}}"#,
    );
    assert_eq!(after, result);
    let message = queues.take_one();
    assert_eq!(message.body, EVENT);
    assert_eq!(message.group.as_deref(), Some("C1"));
    assert_eq!(message.deduplication_id.as_deref(), Some("Ev1"));
    assert_eq!(message.redelivery_window, Some(HOUR));
}

#[tokio::test]
async fn a_redelivery_gets_the_first_answer_again() {
    let (door, queues) = front_door(Limits::default());
    let first = result(&post(&door, "/slack", &slack_headers(EVENT.as_bytes()), EVENT).await);
    let mut headers = slack_headers(EVENT.as_bytes());
    headers.push(("x-slack-retry-num", "1".into()));
    headers.push(("x-slack-retry-reason", "http_timeout".into()));
    let second = result(&post(&door, "/_api/til/slack", &headers, EVENT).await);
    assert_eq!(first, second);
    queues.take_one();
}

#[tokio::test]
async fn the_handshake_is_answered_on_the_spot() {
    let (door, queues) = front_door(Limits::default());
    let body = r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd","type":"url_verification"}"#;
    let heard = post(&door, "/slack", &slack_headers(body.as_bytes()), body).await;
    assert_eq!((heard.status, heard.content_type.as_str()), (200, "text/plain; charset=utf-8"));
    assert_eq!(heard.body, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd");
    assert_refused(&post(&door, "/slack", &[], body).await, 401, "The header x-slack-request-timestamp is missing");
    assert_eq!(queues.take(), []);
}

#[tokio::test]
async fn slack_is_refused_for_these_reasons() {
    let (door, queues) = front_door(Limits::default());
    let headers = slack_headers(EVENT.as_bytes());
    let with = |index: usize, value: String| {
        let mut headers = headers.clone();
        headers[index].1 = value;
        headers
    };
    let stale = hmac_sha256("whatever", b"");
    for (headers, body, status, message) in [
        (headers[..1].to_vec(), EVENT, 401, "The header x-slack-signature is missing"),
        (with(0, "soon".into()), EVENT, 401, "The header x-slack-request-timestamp is malformed"),
        (with(1, "v0=xyz".into()), EVENT, 401, "The header x-slack-signature is malformed"),
        (with(0, (NOW - 301).to_string()), EVENT, 401, "The timestamp is too far from the present"),
        (with(0, (NOW + 301).to_string()), EVENT, 401, "The timestamp is too far from the present"),
        (with(1, format!("v0={stale}")), EVENT, 401, "The signature does not match"),
        (headers.clone(), "{}", 401, "The signature does not match"),
        (slack_headers(b"a=b"), "a=b", 400, "Only the Events API is taken here: a JSON object with a type"),
        (slack_headers(br#"{"type":"x"}!"#), r#"{"type":"x"}!"#, 400, "The body is not JSON"),
    ] {
        assert_refused(&post(&door, "/slack", &headers, body).await, status, message);
    }
    assert_eq!(queues.take(), []);
}

#[tokio::test]
async fn a_routes_own_selectors_come_first() {
    let (door, queues) = front_door(Limits::default());
    assert_eq!(post(&door, "/slack/chosen", &slack_headers(EVENT.as_bytes()), EVENT).await.status, 200);
    assert_eq!(queues.take_one().group.as_deref(), Some("C1"));
    let elsewhere = r#"{"type":"event_callback","event_id":"Ev2","team_id":"T1"}"#;
    assert_eq!(post(&door, "/slack/chosen", &slack_headers(elsewhere.as_bytes()), elsewhere).await.status, 200);
    // Of a kind that the selector's author did not think of: the provider's own default groups it.
    assert_eq!(queues.take_one().group.as_deref(), Some("T1"));
    let without_id = r#"{"type":"app_rate_limited","event":{"channel":"C1"}}"#;
    assert_eq!(post(&door, "/slack/chosen", &slack_headers(without_id.as_bytes()), without_id).await.status, 200);
    assert_eq!(queues.take_one().deduplication_id.unwrap().len(), 64);
}

#[tokio::test]
async fn a_standard_queue_gets_no_group_by_default_and_swallows_redeliveries_too() {
    let (door, queues) = front_door(Limits::default());
    let heard = post(&door, "/slack/standard", &slack_headers(EVENT.as_bytes()), EVENT).await;
    assert_eq!(result(&heard)["SequenceNumber"], Value::Null);
    let message = queues.take_one();
    assert_eq!((message.group, message.deduplication_id.as_deref()), (None, Some("Ev1")));
}

#[tokio::test]
async fn a_signed_text_is_taken_byte_for_byte() {
    let (door, queues) = front_door(Limits::default());
    let body = "Hello, World!";
    let headers = github_headers(body.as_bytes());
    assert_eq!(headers[0].1, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    assert_eq!(post(&door, "/github", &headers, body).await.status, 200);
    let message = queues.take_one();
    assert_eq!(message.body, body);
    assert_eq!(message.group.as_deref(), Some("github"));
    assert_eq!(message.deduplication_id.as_deref(), Some("72d3162e-cc78-11e3"));
    assert_eq!(message.redelivery_window, Some(MINUTES_5));

    let heard = post(&door, "/github", &headers[..1], body).await;
    assert_refused(&heard, 400, "$request.header.X-GitHub-Delivery selects nothing");
    let heard = post(&door, "/github", &headers[1..], body).await;
    assert_refused(&heard, 401, "The header x-hub-signature-256 is missing");
    assert_refused(&post(&door, "/github", &headers, "Hello!").await, 401, "The signature does not match");
}

#[tokio::test]
async fn equal_bodies_are_two_messages_unless_the_route_says_otherwise() {
    let (door, queues) = front_door(Limits::default());
    let body = r#"{"event_no":90023,"resource":{"mall_id":"my mall"}}"#;
    for _ in 0..2 {
        assert_eq!(post(&door, "/shop", &[], body).await.status, 200);
    }
    let messages = queues.take();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].1.deduplication_id, None);
    // A space is not allowed in a group: the SHA-256 of `my mall`.
    assert_eq!(messages[0].1.group.as_deref().unwrap().len(), 64);
    let heard = post(&door, "/shop", &[], r#"{"event_no":90143,"mall_id":"flat"}"#).await;
    assert_refused(&heard, 400, "$.resource.mall_id selects nothing");
}

#[tokio::test]
async fn unfit_bodies_are_refused() {
    let (door, queues) = front_door(Limits::default());
    for (path, body, message) in [
        ("/json", &b""[..], "The body is empty"),
        ("/json", b"a=b", "The body is not JSON"),
        ("/json", b"\"\xff\"", "The body is not UTF-8"),
        ("/json", b"\"\xed\xa0\x80\"", "The body is not UTF-8"),
        ("/plain", b"", "The body is empty"),
        ("/plain", b"nul \0", "The body has characters that SQS does not take"),
        ("/plain", "\u{ffff}".as_bytes(), "The body has characters that SQS does not take"),
    ] {
        assert_refused(&post(&door, path, &[], body).await, 400, message);
    }
    assert_eq!(queues.take(), []);
}

#[tokio::test]
async fn a_message_of_one_mebibyte_passes_and_not_a_byte_more() {
    let (door, queues) = front_door(Limits { body_bytes_max: usize::MAX, ..Limits::default() });
    assert_eq!(post(&door, "/plain", &[], vec![b'a'; MESSAGE_BYTES_MAX]).await.status, 200);
    assert_eq!(queues.take_one().body.len(), MESSAGE_BYTES_MAX);
    assert_refused(&post(&door, "/plain", &[], vec![b'a'; MESSAGE_BYTES_MAX + 1]).await, 413, "Request Too Long");
}

#[tokio::test]
async fn an_unknown_route_or_method_is_not_found() {
    let (door, _) = front_door(Limits::default());
    assert_refused(&post(&door, "/nothing", &[], EVENT).await, 404, "Not Found");
    assert_refused(&post(&door, "/_api/other/slack", &[], EVENT).await, 404, "Not Found");
    let get = Request::get("/slack").body(Full::default()).unwrap();
    assert_refused(&send(&door, get).await, 404, "Not Found");
}

#[tokio::test]
async fn the_sender_learns_whether_to_try_again() {
    let (door, _) = front_door(Limits::default());
    assert_refused(&post(&door, "/refusing", &[], "1").await, 400, "no such luck");
    // What is wrong inside is nobody else's business.
    assert_refused(&post(&door, "/full", &[], "1").await, 503, "Service Unavailable");
}

#[test]
fn two_apis_with_one_route_are_refused_by_name() {
    let mut second = routes().remove(3);
    second.webhook = Some(github());
    let apis = vec![http_api("til", routes()), http_api("shop", vec![second])];
    let error = Apis::new(apis, Vec::new()).err().unwrap();
    assert_eq!(error.to_string(), "`POST /github` is claimed by the APIs `til` and `shop`");
}
