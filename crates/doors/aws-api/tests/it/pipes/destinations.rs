//! API destinations as targets and enrichments of pipes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Response;
use serde_json::{Value, json};

use super::{ROLE, TURNS, definition};
use crate::api::{Api, answer, header};
use crate::events::World;

const SOURCE: &str = "arn:aws:sqs:us-east-1:000000000000:source";
const TARGET: &str = "arn:aws:sqs:us-east-1:000000000000:target";

/// A queue `source`, and the ARN of an API destination.
async fn world(api: Arc<Api>) -> (World, String, String) {
    let world = World::new(api).await;
    let source = world.server.queue("source", json!({ "VisibilityTimeout": "30" })).await;
    let connection = world.key().await;
    let input = json!({
        "Name": "orders", "ConnectionArn": connection, "HttpMethod": "POST",
        "InvocationEndpoint": "https://api.example.com/malls/*/orders",
    });
    let made = world.ask("CreateApiDestination", input).await;
    let arn = made["ApiDestinationArn"].as_str().expect("an ARN").to_owned();
    (world, source, arn)
}

async fn pipe(world: &World, target: &str, more: Value) {
    let definition = definition(SOURCE, target, more);
    world.server.done("CreatePipe", ("POST", "/v1/pipes/p", 200), definition).await;
}

async fn send(world: &World, queue: &str, body: &str) {
    world.server.ask("SendMessage", json!({ "QueueUrl": queue, "MessageBody": body })).await;
}

/// Waits until a queue has so many messages: to be received, and under way.
async fn until(world: &World, queue: &str, wanted: [&str; 2]) {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let mut last = Value::Null;
    for _ in 0..TURNS {
        let input = json!({ "QueueUrl": queue, "AttributeNames": names });
        last = world.server.ask("GetQueueAttributes", input).await["Attributes"].clone();
        if names.map(|name| &last[name]) == wanted.map(Value::from).each_ref() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{queue} has {last}");
}

#[tokio::test]
async fn each_event_is_a_call_with_what_the_event_says() {
    let (world, source, arn) = world(Api::answering(202, "")).await;
    let parameters = json!({
        "InputTemplate": r#"{"order":<$.body.id>}"#,
        "HttpParameters": {
            "PathParameterValues": ["$.body.mall"],
            "HeaderParameters": { "x-message": "$.messageId", "x-static": "yes" },
            "QueryStringParameters": { "id": "$.body.id" },
        },
    });
    pipe(&world, &arn, json!({ "TargetParameters": parameters })).await;
    for id in [7, 8] {
        send(&world, &source, &format!(r#"{{"id":{id},"mall":"m-1"}}"#)).await;
    }
    until(&world, &source, ["0", "0"]).await;
    let mut asked = world.api.asked();
    asked.sort_by_key(|request| request.body.clone());
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].url, "https://api.example.com/malls/m-1/orders?id=7");
    assert_eq!((header(&asked[0], "x-static"), header(&asked[0], "x-message").len()), ("yes", 36));
    assert_eq!(asked[0].body, r#"{"order":7}"#);
}

#[tokio::test]
async fn another_answer_than_a_success_fails_the_message() {
    let (world, source, arn) = world(Api::answering(400, "no")).await;
    let parameters = json!({ "HttpParameters": { "PathParameterValues": ["m"] } });
    pipe(&world, &arn, json!({ "TargetParameters": parameters })).await;
    send(&world, &source, "hello").await;
    until(&world, &source, ["0", "1"]).await;
    assert_eq!(world.api.asked().len(), 1);
}

#[tokio::test]
async fn who_is_sent_away_for_now_comes_again_and_no_receive_is_counted() {
    let calls = AtomicUsize::new(0);
    let api = Api::new(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(Response::builder().status(429).body(Default::default()).expect("an answer")),
        _ => answer(200, "{}"),
    });
    let (world, source, arn) = world(api).await;
    let parameters = json!({ "HttpParameters": { "PathParameterValues": ["m"] } });
    pipe(&world, &arn, json!({ "TargetParameters": parameters })).await;
    send(&world, &source, "hello").await;
    let done = async {
        loop {
            let input = json!({ "QueueUrl": source, "AttributeNames": ["ApproximateNumberOfMessagesNotVisible"] });
            let attributes = world.server.ask("GetQueueAttributes", input).await["Attributes"].clone();
            if world.api.asked().len() > 1 || attributes["ApproximateNumberOfMessagesNotVisible"] == "0" {
                return;
            }
            // A limit that has learned of a pause waits by the test's clock.
            world.server.advance(1);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), done).await.expect("a pause ends");
    until(&world, &source, ["0", "0"]).await;
}

#[tokio::test]
async fn what_an_api_answers_takes_the_place_of_the_event() {
    let (world, source, arn) = world(Api::answering(200, r#"{"price":1.50}"#)).await;
    let target = world.server.queue("target", json!({})).await;
    let more = json!({
        "Enrichment": arn,
        "EnrichmentParameters": { "HttpParameters": { "PathParameterValues": ["$.body"] } },
        "TargetParameters": { "InputTemplate": "costs <$.price>" },
    });
    pipe(&world, TARGET, more).await;
    send(&world, &source, "m-2").await;
    until(&world, &source, ["0", "0"]).await;
    assert_eq!(world.api.asked()[0].url, "https://api.example.com/malls/m-2/orders");
    assert_eq!(world.server.receive(&target).await[0]["Body"], "costs 1.50");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before() {
    let (world, _, arn) = world(Api::answering(200, "{}")).await;
    let gone = arn.replace("/orders/", "/gone/");
    let header = json!({ "HttpParameters": { "HeaderParameters": { "host": "elsewhere" } } });
    for (target, parameters) in [(&gone, json!({})), (&arn, header)] {
        let definition = json!({ "Source": SOURCE, "Target": target, "RoleArn": ROLE, "TargetParameters": parameters });
        let answer = world.server.rest("CreatePipe", "POST", "/v1/pipes/p", definition).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}
