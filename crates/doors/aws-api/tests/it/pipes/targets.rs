//! Targets: queues, topics, functions, executions, and messages that belong to an execution until it has ended.

use serde_json::{Value, json};

use super::{World, definition};

const PASS: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#;
const FAIL: &str = r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}"#;
const TARGET: &str = "arn:aws:sqs:us-east-1:000000000000:target";

fn forget() -> Value {
    json!({ "StepFunctionStateMachineParameters": { "InvocationType": "FIRE_AND_FORGET" } })
}

async fn bodies(world: &World, queue: &str) -> Vec<String> {
    let received = world.server.receive(queue).await;
    received.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect()
}

#[tokio::test]
async fn a_queue_gets_a_message_for_each_record() {
    let world = World::new().await;
    let target = world.server.queue("target", json!({})).await;
    world.pipe(TARGET, json!({ "TargetParameters": { "InputTemplate": "<$.body>" } })).await;
    for body in ["plain", r#"{"id":7}"#] {
        world.send(body).await;
    }
    world.until(&world.source, "0", "0").await;
    world.until(&target, "2", "0").await;
    let mut bodies = bodies(&world, &target).await;
    bodies.sort();
    assert_eq!(bodies, ["plain", r#"{"id":7}"#]);
}

#[tokio::test]
async fn without_a_template_a_queue_gets_the_record() {
    let world = World::new().await;
    let target = world.server.queue("target", json!({})).await;
    world.pipe(TARGET, json!({})).await;
    world.send("hello").await;
    world.until(&target, "1", "0").await;
    let record: Value = serde_json::from_str(&bodies(&world, &target).await[0]).expect("JSON");
    assert_eq!((&record["body"], &record["eventSource"]), (&json!("hello"), &json!("aws:sqs")));
}

#[tokio::test]
async fn group_and_deduplication_id_come_from_the_event_as_it_was() {
    let world = World::new().await;
    let target = world.server.queue("target.fifo", json!({ "FifoQueue": "true" })).await;
    let parameters = json!({
        "InputTemplate": "order <$.body.id>",
        "SqsQueueParameters": { "MessageGroupId": "$.body.mall", "MessageDeduplicationId": "$.messageId" },
    });
    world.pipe(&format!("{TARGET}.fifo"), json!({ "TargetParameters": parameters })).await;
    world.send(r#"{"id":7,"mall":"m-1"}"#).await;
    world.send(r#"{"id":8}"#).await;
    world.until(&target, "1", "0").await;
    // Without a mall there is no group, and so no message.
    world.until(&world.source, "0", "1").await;
    let names = json!(["MessageGroupId"]);
    let input = json!({ "QueueUrl": target, "AttributeNames": names });
    let received = world.server.ask("ReceiveMessage", input).await["Messages"][0].clone();
    assert_eq!((&received["Body"], &received["Attributes"]["MessageGroupId"]), (&json!("order 7"), &json!("m-1")));
}

#[tokio::test]
async fn a_queue_that_is_gone_fails_the_batch() {
    let world = World::new().await;
    let target = world.server.queue("target", json!({})).await;
    world.pipe(TARGET, json!({})).await;
    world.server.ask("DeleteQueue", json!({ "QueueUrl": target })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "1").await;
}

#[tokio::test]
async fn from_an_ordered_queue_nothing_overtakes_what_failed() {
    let world = World::new().await;
    let target = world.server.queue("target.fifo", json!({ "FifoQueue": "true" })).await;
    let parameters = json!({
        "InputTemplate": "<$.body.n>",
        "SqsQueueParameters": { "MessageGroupId": "$.body.group", "MessageDeduplicationId": "$.messageId" },
    });
    let more = json!({ "TargetParameters": parameters, "DesiredState": "STOPPED" });
    world.ordered_pipe(&format!("{TARGET}.fifo"), more).await;
    for body in [r#"{"n":1,"group":"g"}"#, r#"{"n":2}"#, r#"{"n":3,"group":"g"}"#] {
        world.send_in_order("a", body).await;
    }
    world.server.done("StartPipe", ("POST", "/v1/pipes/p/start", 200), Value::Null).await;
    world.until(&target, "1", "0").await;
    world.until(&world.ordered, "0", "2").await;
    assert_eq!(bodies(&world, &target).await, ["1"]);
}

#[tokio::test]
async fn a_topic_gets_a_notification_for_each_record() {
    let world = World::new().await;
    let topic = world.server.topic("topic", json!({})).await;
    let target = world.server.queue("target", json!({})).await;
    world.server.subscribe(&topic, "sqs", TARGET, json!({ "RawMessageDelivery": "true" })).await;
    world.pipe(&topic, json!({ "TargetParameters": { "InputTemplate": "got <$.body>" } })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    world.until(&target, "1", "0").await;
    assert_eq!(bodies(&world, &target).await, ["got hello"]);
}

#[tokio::test]
async fn a_function_that_nobody_waits_for_has_the_event_when_the_batch_is_done() {
    let world = World::new().await;
    let parameters = json!({ "LambdaFunctionParameters": { "InvocationType": "FIRE_AND_FORGET" } });
    let stuck = "arn:aws:lambda:us-east-1:000000000000:function:stuck";
    world.pipe(stuck, json!({ "TargetParameters": parameters })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    assert_eq!(world.functions.times("stuck"), 0, "the broker runs events, and has no runner here");
}

#[tokio::test]
async fn an_express_machine_is_waited_for_and_says_what_failed() {
    let world = World::new().await;
    let good = world.machine("good", "EXPRESS", PASS).await;
    world.pipe(&good, json!({})).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    let unreadable = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"batchItemFailures":[{}]},"End":true}}}"#;
    let unreadable = world.machine("unreadable", "EXPRESS", unreadable).await;
    let bad = world.machine("bad", "EXPRESS", FAIL).await;
    for (target, hidden) in [(unreadable, "1"), (bad, "2")] {
        let update = json!({ "RoleArn": super::ROLE, "Target": target });
        world.server.done("UpdatePipe", ("PUT", "/v1/pipes/p", 200), update).await;
        world.send("hello").await;
        world.until(&world.source, "0", hidden).await;
    }
}

#[tokio::test]
async fn an_execution_that_is_forgotten_lets_the_next_message_of_its_group_begin() {
    let world = World::new().await;
    let machine = world.machine("m", "STANDARD", WAIT).await;
    let source = json!({ "SqsQueueParameters": { "BatchSize": 1 } });
    world.ordered_pipe(&machine, json!({ "TargetParameters": forget(), "SourceParameters": source })).await;
    for body in ["1", "2"] {
        world.send_in_order("a", body).await;
    }
    world.until(&world.ordered, "0", "0").await;
    let running = json!({ "stateMachineArn": machine, "statusFilter": "RUNNING" });
    let running = world.states("ListExecutions", running).await["executions"].as_array().map(Vec::len);
    assert_eq!(running, Some(2), "both run at once");
}

#[tokio::test]
async fn an_execution_that_holds_its_group_lets_the_next_message_begin_when_it_has_ended() {
    let world = World::new().await;
    let machine = world.machine("m", "STANDARD", WAIT).await;
    let more = json!({
        "TargetParameters": forget(),
        "SourceParameters": { "SqsQueueParameters": { "BatchSize": 1 } },
        "Tags": { "bongsu:hold-group": "true" },
    });
    world.ordered_pipe(&machine, more).await;
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        world.send_in_order(group, body).await;
    }
    let begun = async |count: usize| {
        for _ in 0..super::TURNS {
            if world.inputs(&machine).await.len() == count {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{:?}", world.inputs(&machine).await);
    };
    begun(2).await;
    // Longer than the visibility timeout: the group stays locked.
    world.server.advance(59);
    assert_eq!(world.depth(&world.ordered).await, ("1".to_owned(), "2".to_owned()));
    world.server.advance(2);
    begun(3).await;
    let bodies: Vec<Value> = world.inputs(&machine).await.iter().map(|input| input[0]["body"].clone()).collect();
    assert_eq!(bodies[2], "a2");
    world.server.advance(61);
    world.until(&world.ordered, "0", "0").await;
}

#[tokio::test]
async fn messages_of_a_held_execution_that_failed_come_back() {
    let world = World::new().await;
    let machine = world.machine("m", "STANDARD", FAIL).await;
    let tags = json!({ "bongsu:hold-group": "true" });
    world.pipe(&machine, json!({ "TargetParameters": forget(), "Tags": tags })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "1").await;
    assert_eq!(world.inputs(&machine).await.len(), 1);
    world.server.advance(31);
    for _ in 0..super::TURNS {
        if world.inputs(&machine).await.len() == 2 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the message did not come back");
}

#[tokio::test]
async fn another_target_forgets_what_was_said_of_the_one_before() {
    let world = World::new().await;
    let queue = world.server.queue("target", json!({})).await;
    let parameters = json!({ "InputTemplate": "<$.body>", "SqsQueueParameters": { "MessageGroupId": "g" } });
    let whole = definition(super::SOURCE, TARGET, json!({ "TargetParameters": parameters }));
    world.server.done("CreatePipe", ("POST", "/v1/pipes/p", 200), whole).await;
    let update = json!({ "RoleArn": super::ROLE, "Target": super::ECHO });
    world.server.done("UpdatePipe", ("PUT", "/v1/pipes/p", 200), update).await;
    let told = world.server.done("DescribePipe", ("GET", "/v1/pipes/p", 200), Value::Null).await;
    assert_eq!(told["TargetParameters"], json!({ "InputTemplate": "<$.body>" }));
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    assert_eq!((world.functions.times("echo"), world.depth(&queue).await.0), (1, "0".to_owned()));
}
