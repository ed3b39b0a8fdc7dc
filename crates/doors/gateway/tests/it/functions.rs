//! Functions behind routes, and behind addresses of their own.

use std::time::Duration;

use bongsu_gateway::{Cors, EVENT_BYTES_MAX, FunctionUrl, PayloadFormat::*, Webhook};
use bongsu_http::Limits;
use serde_json::Value;

use crate::{
    harness::{http_api, slack, slack_headers},
    world::{World, function, rest_api},
};

const OUTCOMES: [&str; 5] = ["failing", "busy", "missing", "slow", r#"{"statusCode":"?"}"#];

#[tokio::test]
async fn a_function_gets_the_event_and_its_answer_is_told() {
    let returned = r#"{"statusCode":202,"headers":{"X-Own":"1"},"cookies":["a=b"],"body":"taken"}"#;
    let routes = vec![function("POST /echo/{id}", "echo", V2), function("ANY /own", returned, V2)];
    let world = World::new(vec![http_api("http", routes)]);
    let event = world.send("POST /_api/http/echo/7?a=1", &[("X-Id", "y")], "hello").await.json();
    assert_eq!(event["rawPath"], "/echo/7");
    assert_eq!(event["pathParameters"]["id"], "7");
    assert_eq!(event["headers"]["x-id"], "y");
    assert_eq!(event["body"], "hello");
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "192.0.2.7");
    let answer = world.send("PUT /own", &[], "").await;
    assert_eq!((answer.told().as_str(), answer.header("x-own")), ("202 taken", Some("1")));
    assert_eq!(answer.header("set-cookie"), Some("a=b"));
    let [first, second] = <[_; 2]>::try_from(world.functions.take()).unwrap();
    assert_eq!((first.function.as_str(), first.timeout), ("echo", Some(Duration::from_secs(29))));
    assert_eq!(event["headers"]["x-amzn-trace-id"], first.trace_id);
    assert_ne!(first.trace_id, second.trace_id);
}

#[tokio::test]
async fn the_request_id_of_an_event_is_that_of_the_answer() {
    let http = http_api("http", vec![function("GET /", "echo", V2)]);
    let rest = rest_api("rest", vec![function("GET /", r#"{"statusCode":200}"#, V1)]);
    let world = World::new(vec![http, rest]);
    let answer = world.send("GET /", &[], "").await;
    assert_eq!(answer.json()["requestContext"]["requestId"].as_str(), answer.header("apigw-requestid"));
    world.functions.take();
    let answer = world.send("GET /prod", &[], "").await;
    let event: Value = serde_json::from_slice(&world.functions.take()[0].payload).unwrap();
    assert_eq!(event["requestContext"]["requestId"].as_str(), answer.header("x-amzn-requestid"));
    assert_eq!(event["requestContext"]["extendedRequestId"].as_str(), answer.header("x-amz-apigw-id"));
    assert_eq!(event["requestContext"]["path"], "/prod");
    assert_eq!((&event["path"], &event["stageVariables"]["color"]), (&"/".into(), &"green".into()));
}

#[tokio::test]
async fn a_function_without_an_answer_is_told_in_the_words_of_its_api() {
    let http = OUTCOMES.iter().enumerate().map(|(n, name)| function(&format!("GET /{n}"), name, V2)).collect();
    let rest = OUTCOMES.iter().enumerate().map(|(n, name)| function(&format!("GET /{n}"), name, V1)).collect();
    let world = World::new(vec![http_api("http", http), rest_api("rest", rest)]);
    for (at, (http, rest)) in [
        ("500 Internal Server Error", "502 Internal server error"),
        ("503 Service Unavailable", "500 Internal server error"),
        ("500 Internal Server Error", "500 Internal server error"),
        ("503 Service Unavailable", "504 Endpoint request timed out"),
        ("500 Internal Server Error", "502 Internal server error"),
    ]
    .into_iter()
    .enumerate()
    {
        for (line, expected) in [(format!("GET /{at}"), http), (format!("GET /prod/{at}"), rest)] {
            let answer = world.send(&line, &[], "").await;
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert_eq!(format!("{} {message}", answer.status), expected, "{line}");
        }
    }
}

#[tokio::test]
async fn an_event_that_no_function_would_take_is_413() {
    let world = World::new(vec![http_api("http", vec![function("POST /", "echo", V2)])]);
    let fits = "a".repeat(EVENT_BYTES_MAX - 2_000);
    assert_eq!(world.send("POST /", &[], fits).await.status, 200);
    let answer = world.send("POST /", &[], "a".repeat(EVENT_BYTES_MAX)).await;
    assert_eq!(answer.told(), r#"413 {"message":"Request Too Long"}"#);
    // In base64 it is a third longer.
    let png = [("content-type", "image/png")];
    assert_eq!(world.send("POST /", &png, "a".repeat(5 << 20)).await.status, 413);
    assert_eq!(world.functions.take().len(), 1);
}

#[tokio::test]
async fn a_function_in_front_of_a_queue_gets_only_what_its_provider_vouches_for() {
    let mut route = function("POST /slack", "null", V2);
    route.webhook = Some(Webhook { ..slack() });
    let world = World::new(vec![http_api("http", vec![route])]);
    let send = async |body: &'static str, signed: bool| {
        let headers = if signed { slack_headers(body.as_bytes()) } else { Vec::new() };
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.send("POST /slack", &headers, body).await
    };
    assert_eq!(send(r#"{"type":"event_callback"}"#, false).await.status, 401);
    // The front door knows the handshake; a route without a webhook leaves it to the function.
    assert_eq!(send(r#"{"type":"url_verification","challenge":"c"}"#, true).await.told(), "200 c");
    assert_eq!(world.functions.take(), []);
    // Redeliveries are the function's business.
    for _ in 0..2 {
        assert_eq!(send(r#"{"type":"event_callback","event_id":"Ev1"}"#, true).await.told(), "200 null");
    }
    assert_eq!(world.functions.take().len(), 2);
}

fn url(id: &str, function: &str) -> FunctionUrl {
    FunctionUrl { id: id.into(), function: function.into(), iam: false, streams: false, cors: None }
}

#[tokio::test]
async fn a_functions_own_address_has_events_2_0_and_no_limit_of_time() {
    let urls = vec![url("u1", "echo"), url("u2", "failing")];
    let world = World::with(Vec::new(), urls, Limits { body_bytes_max: usize::MAX, ..Limits::default() });
    for (line, host, path) in [
        ("GET /_url/echo/a%20b?x=1", "localhost:8080", "/a%20b"),
        ("GET /a%20b?x=1", "u1.lambda-url.us-east-1.localhost:8080", "/a%20b"),
        ("GET /_url/echo?x=1", "localhost:8080", "/"),
    ] {
        let answer = world.send(line, &[("host", host)], "").await;
        let event = answer.json();
        assert_eq!(event["rawPath"], path, "{line}");
        assert_eq!((&event["routeKey"], &event["requestContext"]["stage"]), (&"$default".into(), &"$default".into()));
        assert_eq!((&event["rawQueryString"], &event["requestContext"]["apiId"]), (&"x=1".into(), &"u1".into()));
        assert_eq!(event["requestContext"]["requestId"].as_str(), answer.header("x-amzn-requestid"));
    }
    assert_eq!(world.functions.take()[0].timeout, None);
    assert_eq!(world.send("GET /_url/failing/", &[], "").await.told(), "502 Internal Server Error");
    assert_eq!(world.send("GET /_url/nobody/", &[], "").await.told(), r#"404 {"Message":"Not Found"}"#);
    assert_eq!(world.send("POST /_url/echo/", &[], "a".repeat(EVENT_BYTES_MAX + 1)).await.status, 413);
}

#[tokio::test]
async fn an_address_with_aws_iam_wants_a_signature() {
    let urls = vec![FunctionUrl { iam: true, ..url("u1", "echo") }];
    let world = World::with(Vec::new(), urls, Limits::default());
    let answer = world.send("GET /_url/echo/", &[], "").await;
    let refusal = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                   https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
    assert_eq!(answer.told(), format!(r#"403 {{"Message":"{refusal}"}}"#));
    assert_eq!(world.functions.take(), []);
    let event = world.send("GET /_url/echo/", &[("authorization", "orders")], "").await.json();
    let iam = &event["requestContext"]["authorizer"]["iam"];
    assert_eq!(iam["userArn"], "arn:aws:iam::000000000042:user/orders");
}

#[tokio::test]
async fn a_streamed_answer_is_collected_and_may_be_read_by_other_pages() {
    let returned = "{\"statusCode\":201,\"headers\":{\"a\":\"b\"}}\0\0\0\0\0\0\0\0body";
    let cors = Cors { origins: vec!["https://x".into()], ..Cors::default() };
    let urls = vec![FunctionUrl { streams: true, cors: Some(cors), ..url("u1", returned) }];
    let world = World::with(Vec::new(), urls, Limits::default());
    let host = ("host", "u1.lambda-url.us-east-1.localhost");
    let answer = world.send("GET /", &[host, ("origin", "https://x")], "").await;
    assert_eq!((answer.told().as_str(), answer.header("a")), ("201 body", Some("b")));
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://x"));
    let preflight = [host, ("origin", "https://x"), ("access-control-request-method", "GET")];
    let answer = world.send("OPTIONS /", &preflight, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("https://x")));
    assert_eq!(world.functions.take().len(), 1);
}
