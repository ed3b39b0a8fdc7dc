//! Tasks that keep to rate limits: they wait for their turns, and are made again when they came too early.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bongsu_aws_api::lambda::{Answer, Invocation, InvokeRefusal, Invoked, Invoker};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_broker::FunctionVersion;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{MACHINE, ROLE, TURNS, World};
use crate::harness::{ACCOUNT, Server};

const RULE: &str = "bongsu:rate-limit:Call";

/// Somebody else's API: answers as it is told to, and else with nothing special.
#[derive(Default)]
struct Shop {
    answers: Mutex<VecDeque<Value>>,
    calls: Mutex<Vec<Value>>,
}

impl Invoker for Shop {
    fn invoke(&self, _: &str, invocation: Invocation) -> Answer<Result<Invoked, InvokeRefusal>> {
        let event = serde_json::from_slice(&invocation.payload).expect("JSON");
        self.calls.lock().expect("no panic").push(event);
        let answer = self.answers.lock().expect("no panic").pop_front().unwrap_or_else(|| json!({ "statusCode": 200 }));
        let result = Ok(Bytes::from(answer.to_string()));
        Box::pin(async { Ok(Invoked { version: FunctionVersion::Latest, result, log_tail: Vec::new() }) })
    }

    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}
}

impl Shop {
    fn answers(&self, answer: Value) {
        self.answers.lock().expect("no panic").push_back(answer);
    }

    /// How many calls came since this was last asked.
    fn calls(&self) -> usize {
        self.calls.lock().expect("no panic").drain(..).count()
    }
}

async fn open(resource: &str, parameters: &str, rule: &str) -> (World, Arc<Shop>) {
    let shop = Arc::new(Shop::default());
    let world = World(Server::with_functions(Verifier::development(ACCOUNT), shop.clone()).await);
    let definition = format!(
        r#"{{"StartAt":"Call","States":{{"Call":{{"Type":"Task","Resource":"{resource}",{parameters}"End":true}}}}}}"#
    );
    let tags = json!([{ "key": RULE, "value": rule }]);
    let input = json!({ "name": "m", "definition": definition, "roleArn": ROLE, "tags": tags });
    world.ask("CreateStateMachine", input).await;
    (world, shop)
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:shop";

async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_key_has_a_rate_of_its_own() {
    let (world, shop) = open(FUNCTION, "", "key=$.mall rate=1/s").await;
    for mall in ["a", "a", "a", "b"] {
        world.start(&json!({ "mall": mall })).await;
    }
    settle().await;
    assert_eq!(shop.calls(), 2);
    for _ in 0..2 {
        world.0.advance(1);
        settle().await;
        assert_eq!(shop.calls(), 1);
    }
}

#[tokio::test]
async fn a_call_that_came_too_early_is_made_again_and_nothing_has_failed() {
    let parameters = r#""Parameters":{"FunctionName":"shop","Payload.$":"$"},"#;
    for (resource, parameters, rule) in
        [(FUNCTION, "", "key=$.mall"), ("arn:aws:states:::lambda:invoke", parameters, "key=$.Payload.mall")]
    {
        let (world, shop) = open(resource, parameters, rule).await;
        shop.answers(json!({ "statusCode": 429, "headers": { "Retry-After": "30" } }));
        let first = world.start(&json!({ "mall": "a" })).await;
        settle().await;
        let second = world.start(&json!({ "mall": "a" })).await;
        let other = world.start(&json!({ "mall": "b" })).await;
        settle().await;
        world.0.advance(29);
        settle().await;
        assert_eq!(shop.calls(), 2, "the first of a, and b: {resource}");
        world.0.advance(1);
        settle().await;
        assert_eq!(shop.calls(), 2);
        for arn in [first, second, other] {
            let ended = world.ask("DescribeExecution", json!({ "executionArn": arn })).await;
            assert_eq!(ended["status"], "SUCCEEDED", "{resource}");
            assert!(ended["output"].as_str().expect("an output").contains("200"));
        }
    }
}

#[tokio::test]
async fn a_task_that_waits_too_long_times_out_and_makes_no_call() {
    let (world, shop) = open(FUNCTION, r#""TimeoutSeconds":10,"#, "concurrency=1 rate=1/m").await;
    let done = world.start(&json!({})).await;
    settle().await;
    let late = world.start(&json!({})).await;
    settle().await;
    world.0.advance(10);
    settle().await;
    let status = |arn: &str| world.ask("DescribeExecution", json!({ "executionArn": arn }));
    assert_eq!(status(&done).await["status"], "SUCCEEDED");
    assert_eq!(status(&late).await["error"], "States.Timeout");
    world.0.advance(600);
    settle().await;
    assert_eq!(shop.calls(), 1);
}

#[tokio::test]
async fn an_express_execution_waits_too() {
    let (world, shop) = open(FUNCTION, "", "rate=1/s").await;
    let definition =
        format!(r#"{{"StartAt":"Call","States":{{"Call":{{"Type":"Task","Resource":"{FUNCTION}","End":true}}}}}}"#);
    let tags = json!([{ "key": RULE, "value": "rate=1/s" }]);
    let input = json!({ "name": "x", "type": "EXPRESS", "definition": definition, "roleArn": ROLE, "tags": tags });
    let machine = world.ask("CreateStateMachine", input).await["stateMachineArn"].clone();
    for _ in 0..3 {
        world.ask("StartExecution", json!({ "stateMachineArn": machine })).await;
    }
    settle().await;
    assert_eq!(shop.calls(), 1);
    world.0.advance(2);
    settle().await;
    world.0.advance(1);
    settle().await;
    assert_eq!(shop.calls(), 2);
}

#[tokio::test]
async fn a_rule_is_looked_at_whenever_it_or_the_machine_changes() {
    let (world, shop) = open(FUNCTION, "", "rate=1/h").await;
    world.start(&json!({})).await;
    world.start(&json!({})).await;
    settle().await;
    assert_eq!(shop.calls(), 1);
    let tag = |key: &str, value: &str| json!({ "resourceArn": MACHINE, "tags": [{ "key": key, "value": value }] });
    for (key, value, reason) in [
        (
            RULE,
            "rate=often",
            "bongsu:rate-limit:Call: `often` is not a rate: say `5/s`, `120/m`, `1000/h` or `10000/d`, with 1 to 1000000 calls",
        ),
        ("bongsu:rate-limit:Gone", "rate=1/s", "bongsu:rate-limit:Gone: the machine has no state Gone that is a Task"),
    ] {
        world.refuses("TagResource", tag(key, value), "ValidationException", reason).await;
    }
    let other = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;
    let update = json!({ "stateMachineArn": MACHINE, "definition": other });
    let reason = "bongsu:rate-limit:Call: the machine has no state Call that is a Task";
    world.refuses("UpdateStateMachine", update.clone(), "ValidationException", reason).await;
    world.ask("UntagResource", json!({ "resourceArn": MACHINE, "tagKeys": [RULE] })).await;
    world.ask("UpdateStateMachine", update).await;
}
