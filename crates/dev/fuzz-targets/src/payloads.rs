//! Requests on their way into functions, and what functions return on its way out: both payload formats.
//!
//! An input is a request (a line with method and target, a line for each header), a blank line, its body, a blank line,
//! and what the function returns.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bongsu_gateway::{ApiKind, FrontDoor, FunctionUrl, Integration, PayloadFormat};
use bytes::Bytes;
use serde_json::Value;

use crate::front_door::{Behind, answer, api, front_door, route};
use crate::http_text;

/// When every request comes, in milliseconds.
const NOW: u64 = 1_763_800_000_000;

static DOOR: LazyLock<(FrontDoor, Behind)> = LazyLock::new(|| {
    let function = |key: &str, payload| {
        let timeout = Duration::from_secs(29);
        route(key, Integration::Function { function: "f".to_owned(), payload, timeout }, None)
    };
    let http = vec![function("ANY /v1/{proxy+}", PayloadFormat::V1), function("ANY /v2/{proxy+}", PayloadFormat::V2)];
    let mut rest = api("rest", ApiKind::Rest, "prod", vec![function("ANY /{proxy+}", PayloadFormat::V1)]);
    rest.binary_media_types = vec!["image/*".to_owned()];
    let url = |streams: bool| {
        let id = if streams { "s" } else { "f" }.to_owned();
        FunctionUrl { function: id.clone(), id, iam: false, streams, cors: None }
    };
    front_door(vec![api("http", ApiKind::Http, "$default", http), rest], vec![url(false), url(true)], NOW)
});

/// Takes a request and what the function returns for it.
///
/// # Panics
///
/// If an answer says that the fault is ours, an event is no JSON of its format, or has another body than the request.
pub fn payloads(input: &[u8]) {
    let (head, rest) = http_text::split_at_blank_line(input);
    let (body, returned) = http_text::split_at_blank_line(rest);
    let Some(request) = http_text::request(head, body) else { return };
    let (door, behind) = &*DOOR;
    behind.set_returned(Bytes::copy_from_slice(returned));
    let (status, answered) = answer(door, request);
    let events = behind.take_events();
    assert!(events.len() <= 1, "a request is an event at most");
    let Some(event) = events.first() else { return assert!(status < 500, "{status}: {answered:?}") };
    let event: Value = serde_json::from_slice(event).unwrap_or_else(|error| panic!("{error}: {event:?}"));
    assert_eq!(body_of(&event), body, "{event}");
    assert!(event["requestContext"]["requestId"].is_string(), "{event}");
    let method =
        if event["version"] == "2.0" { &event["requestContext"]["http"]["method"] } else { &event["httpMethod"] };
    assert!(method.is_string(), "{event}");
    assert!((200..600).contains(&status), "{status}");
}

fn body_of(event: &Value) -> Vec<u8> {
    let text = event["body"].as_str().unwrap_or_default();
    match event["isBase64Encoded"].as_bool() {
        Some(true) => BASE64_STANDARD.decode(text).expect("a body in base64"),
        Some(false) => text.as_bytes().to_vec(),
        None => panic!("an event says how its body is written: {event}"),
    }
}
