//! Random requests: every one is answered, and nothing unsigned becomes a message.

use bongsu_gateway::{
    Access, Cors, FunctionUrl, Integration, IntegrationResponse, PayloadFormat::*, RestIntegration, Route, Service,
};
use bongsu_http::Limits;
use http_body_util::Full;
use hyper::{Request, header::HeaderValue};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    harness::{PEER, front_door, github_headers, http_api, send, slack_headers},
    world::{World, aws, function, into_queue, rest_api, texts},
};

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
}}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_request_to_any_kind_of_route_is_answered(
        path in prop_oneof![select(TARGETS).prop_map(str::to_owned), "/(prod|echo|_url|_api)?/[a-z_/%{}+$.]{0,20}"],
        query in "[a-zA-Z0-9%&=+._-]{0,30}",
        method in select(&["POST", "GET", "OPTIONS", "BREW"][..]),
        headers in vec((select(HEADERS), header_value()), 0..6),
        body in body(),
    ) {
        let mut request = Request::builder().method(method).uri(format!("{path}?{query}"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let Ok(request) = request.body(Full::new(body.into())) else { return Ok(()) };
        let world = every_kind();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let answer = runtime.block_on(world.door.handle(request, PEER));
        prop_assert!(matches!(answer.status().as_u16(), 200 | 204 | 400 | 403 | 404 | 413 | 500 | 502), "{answer:?}");
        for invocation in world.functions.take() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&invocation.payload).is_ok());
            prop_assert!(invocation.trace_id.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
}

const TARGETS: &[&str] =
    &["/echo", "/echo/%ff", "/message/%00", "/notification", "/prod/rest/a", "/prod/mock", "/_url/echo/", "/prod/v1/x"];
const HEADERS: &[&str] = &[
    "content-type",
    "cookie",
    "host",
    "origin",
    "access-control-request-method",
    "x-amzn-trace-id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-mapped",
    "user-agent",
];

/// A route of each kind, with something of the request in every place where it may be.
fn every_kind() -> World {
    let mapped = "${request.header.x-mapped}${request.querystring.a}${request.body.a}${request.path}";
    let parameters = [("MessageBody", mapped), ("MessageGroupId", mapped), ("MessageAttributes", "$request.body")];
    let publish = Integration::Publish {
        topic_arn: "arn:aws:sns:us-east-1:000000000042:t".into(),
        parameters: texts(&[("Message", mapped), ("Subject", "$request.header.x-mapped")]),
    };
    let notification = Route {
        key: "ANY /notification".parse().unwrap(),
        integration: publish,
        webhook: None,
        access: Access::default(),
    };
    let mut http = http_api(
        "http",
        vec![
            function("ANY /echo/{proxy+}", "echo", V2),
            into_queue("ANY /message/{id}", "q", &parameters),
            notification,
        ],
    );
    http.cors = Some(Cors { origins: vec!["https://*".into()], ..Cors::default() });
    let template = "$util.urlEncode($input.body)$input.json('$.a')$input.path('$.a')$input.params('a')$context.path";
    let rest = RestIntegration {
        parameters: texts(&[
            ("integration.request.header.x-mapped", "method.request.header.x-mapped"),
            ("integration.request.querystring.a", "method.request.querystring.a"),
        ]),
        templates: texts(&[("application/json", template)]),
        responses: vec![IntegrationResponse { status: 200, ..IntegrationResponse::default() }],
        ..RestIntegration::default()
    };
    let mock = Route {
        key: "ANY /mock".parse().unwrap(),
        integration: Integration::Mock(rest.clone()),
        webhook: None,
        access: Access::default(),
    };
    let routes = vec![aws("ANY /rest/{id}", Service::Sqs, "/", rest), mock, function("ANY /v1/{id}", "echo", V1)];
    let url = FunctionUrl { id: "u".into(), function: "echo".into(), iam: false, streams: true, cors: None };
    World::with(vec![http, rest_api("rest", routes)], vec![url], Limits::default())
}
