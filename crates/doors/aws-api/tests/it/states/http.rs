//! `http:invoke`: what a call gives, and how it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bongsu_aws_api::events::HttpFault;
use bongsu_journal::MemoryJournal;
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};

use super::{MACHINE, World};
use crate::api::{Api, answer, header};
use crate::events::merge;
use crate::harness::Server;

const INVOKE: &str = "arn:aws:states:::http:invoke";

impl World {
    async fn calling(api: &Arc<Api>) -> World {
        World(Server::calling(&Arc::new(MemoryJournal::new()), api.clone()).await)
    }

    /// The ARN of a new connection by key.
    async fn connection(&self) -> String {
        let input = json!({
            "Name": "shop", "AuthorizationType": "API_KEY",
            "AuthParameters": {
                "ApiKeyAuthParameters": { "ApiKeyName": "x-key", "ApiKeyValue": "hush" },
                "InvocationHttpParameters": { "QueryStringParameters": [{ "Key": "v", "Value": "hush" }] },
            },
        });
        let request = Request::post("/").header("host", "h").header("x-amz-target", "AWSEvents.CreateConnection");
        let made = self.0.send(request.body(input.to_string()).expect("a request")).await;
        let made: Value = serde_json::from_str(&made.body).expect("JSON");
        made["ConnectionArn"].as_str().expect("an ARN").to_owned()
    }
}

fn call(connection: &str, more: Value) -> Value {
    let mut parameters = json!({
        "ApiEndpoint": "https://api.example.com/orders", "Method": "POST", "Authentication": { "ConnectionArn": connection },
    });
    merge(&mut parameters, more);
    parameters
}

#[tokio::test]
async fn a_call_is_made_as_the_connection_says_and_gives_the_answer() {
    let api = Api::answering(201, r#"{"id":7}"#);
    let world = World::calling(&api).await;
    let connection = world.connection().await;
    let parameters = call(
        &connection,
        json!({
            "RequestBody": { "b": 1, "a": [2] }, "QueryParameters": { "q": ["1", "2"] }, "Headers": { "x-a": "b" },
        }),
    );
    let result = world.result(INVOKE, parameters).await;
    assert_eq!(
        result,
        json!({ "Headers": {}, "ResponseBody": { "id": 7 }, "StatusCode": 201, "StatusText": "Created" })
    );
    let [asked] = &api.asked()[..] else { panic!("one request") };
    assert_eq!(asked.url, "https://api.example.com/orders?q=1&q=2&v=hush");
    assert_eq!((header(asked, "x-key"), header(asked, "x-a")), ("hush", "b"));
    assert_eq!((header(asked, "content-type"), asked.timeout.as_secs()), ("application/json", 60));
    assert_eq!(serde_json::from_slice::<Value>(&asked.body).unwrap(), json!({ "b": 1, "a": [2] }));

    let form = json!({
        "RequestBody": { "b": "x y", "a": [2, 3] },
        "Transform": { "RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": { "ArrayFormat": "BRACKETS" } },
    });
    world.result(INVOKE, call(&connection, form)).await;
    let [asked] = &api.asked()[..] else { panic!("one request") };
    assert_eq!(asked.body, "a[]=2&a[]=3&b=x%20y");
}

#[tokio::test]
async fn every_status_but_2xx_is_an_error_of_its_own() {
    for (status, body, error) in [
        (429, "slow down", "States.Http.StatusCode.429"),
        (404, "", "States.Http.StatusCode.404"),
        (302, "", "States.Http.StatusCode.302"),
    ] {
        let world = World::calling(&Api::answering(status, body)).await;
        let connection = world.connection().await;
        let (told, cause) = world.failure(INVOKE, call(&connection, json!({}))).await;
        assert_eq!(told, error);
        assert!(body.is_empty() || cause == body, "{cause}");
    }
}

#[tokio::test]
async fn what_keeps_an_answer_away_has_a_name() {
    for (fault, error) in [
        (HttpFault::TimedOut, "States.Http.Socket"),
        (HttpFault::Unreachable("refused".into()), "States.Http.Socket"),
        (HttpFault::Forbidden("private".into()), "States.Http.Socket"),
        (HttpFault::TooLong, "States.DataLimitExceeded"),
    ] {
        let world = World::calling(&Api::new(move |_| Err(fault.clone()))).await;
        let connection = world.connection().await;
        assert_eq!(world.failure(INVOKE, call(&connection, json!({}))).await.0, error);
    }
    let world = World::calling(&Api::answering(200, "{}")).await;
    let gone = "arn:aws:events:us-east-1:000000000000:connection/gone/1";
    assert_eq!(world.failure(INVOKE, call(gone, json!({}))).await.0, "Events.ConnectionResource.NotFound");
    let connection = world.connection().await;
    let (error, cause) = world.failure(INVOKE, call(&connection, json!({ "Headers": { "Host": "a" } }))).await;
    assert_eq!((&*error, &*cause), ("States.Runtime", "The header 'Host' cannot be set."));
    let request = Request::post("/").header("host", "h").header("x-amz-target", "AWSEvents.DeauthorizeConnection");
    world.0.send(request.body(r#"{"Name":"shop"}"#.to_owned()).expect("a request")).await;
    let (error, _) = world.failure(INVOKE, call(&connection, json!({}))).await;
    assert_eq!(error, "Events.ConnectionResource.InvalidConnectionState");
}

#[tokio::test]
async fn a_test_shows_request_and_answer_and_secrets_only_if_asked_to() {
    let api = Api::new(|_| answer(200, r#"{"id":7}"#));
    let world = World::calling(&api).await;
    let connection = world.connection().await;
    let state = json!({ "Type": "Task", "Resource": INVOKE, "Parameters": call(&connection, json!({ "RequestBody": { "a": 1 } })), "End": true });
    let test = |level: &str, reveals: bool| json!({ "definition": state.to_string(), "inspectionLevel": level, "revealSecrets": reveals });
    let told = world.ask("TestState", test("TRACE", false)).await;
    assert_eq!(told["status"], "SUCCEEDED", "{told}");
    let data = &told["inspectionData"];
    assert_eq!(data["request"]["url"], "https://api.example.com/orders");
    assert_eq!((&data["request"]["method"], &data["request"]["body"]), (&json!("POST"), &json!(r#"{"a":1}"#)));
    assert_eq!((&data["response"]["statusCode"], &data["response"]["statusMessage"]), (&json!("200"), &json!("OK")));
    assert_eq!((&data["response"]["protocol"], &data["response"]["body"]), (&json!("https"), &json!(r#"{"id":7}"#)));
    assert!(!told.to_string().contains("hush"), "{told}");
    let told = world.ask("TestState", test("TRACE", true)).await;
    assert_eq!(told["inspectionData"]["request"]["url"], "https://api.example.com/orders?v=hush");
    assert!(told["inspectionData"]["request"]["headers"].as_str().unwrap().contains("x-key: hush"));
    let told = world.ask("TestState", test("DEBUG", true)).await;
    assert_eq!((&told["inspectionData"]["request"], &told["status"]), (&Value::Null, &json!("SUCCEEDED")));
}

/// Turns of the scheduler within which whatever needs no time has happened.
const TURNS: usize = 1_000;

/// Answers 429 once, and asks for a rest of three seconds.
fn busy_once() -> Arc<Api> {
    let is_first = AtomicBool::new(true);
    Api::new(move |_| match is_first.swap(false, Ordering::SeqCst) {
        true => {
            let answer = Response::builder().status(429).header("Retry-After", "3").body(Bytes::new());
            Ok(answer.expect("an answer"))
        }
        false => answer(200, "{}"),
    })
}

impl World {
    /// Starts a machine of this one call.
    async fn begun(&self, rule: Option<&str>) -> String {
        let connection = self.connection().await;
        let state =
            json!({ "Type": "Task", "Resource": INVOKE, "Parameters": call(&connection, json!({})), "End": true });
        self.machine(&json!({ "StartAt": "T", "States": { "T": state } }).to_string()).await;
        if let Some(rule) = rule {
            let tags = json!([{ "key": "bongsu:rate-limit:T", "value": rule }]);
            self.ask("TagResource", json!({ "resourceArn": MACHINE, "tags": tags })).await;
        }
        self.start(&json!({})).await
    }

    async fn settle(&self) {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn with_a_rule_a_call_that_came_too_early_is_made_again_when_the_api_wants_it() {
    let api = busy_once();
    let world = World::calling(&api).await;
    let execution = world.begun(Some("rate=5/s")).await;
    world.settle().await;
    world.0.advance(2);
    world.settle().await;
    assert_eq!(api.asked().len(), 1);
    world.0.advance(1);
    assert_eq!(world.ended(&execution).await["status"], "SUCCEEDED");
    assert_eq!(api.asked().len(), 1);
}

#[tokio::test]
async fn without_one_it_is_an_error_and_the_next_call_waits() {
    let api = busy_once();
    let world = World::calling(&api).await;
    let execution = world.begun(None).await;
    assert_eq!(world.ended(&execution).await["error"], "States.Http.StatusCode.429");
    let next = world.start(&json!({})).await;
    world.settle().await;
    assert_eq!(api.asked().len(), 1);
    world.0.advance(3);
    assert_eq!(world.ended(&next).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_task_that_is_over_does_not_call_any_more() {
    let api = busy_once();
    let world = World::calling(&api).await;
    let execution = world.begun(Some("rate=5/s")).await;
    world.settle().await;
    world.ask("StopExecution", json!({ "executionArn": execution })).await;
    world.0.advance(10);
    world.settle().await;
    assert_eq!(api.asked().len(), 1);
}
