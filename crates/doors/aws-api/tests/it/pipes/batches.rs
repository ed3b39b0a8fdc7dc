//! Batches: filters, enrichments, input templates, partial failures, and tries that do not count.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ECHO, SOURCE, World};

fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{name}")
}

#[tokio::test]
async fn a_function_gets_a_bare_array_of_records() {
    let world = World::new().await;
    world.pipe(ECHO, json!({})).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    let (_, event) = world.functions.seen().remove(0);
    assert_eq!(event.as_array().expect("an array").len(), 1);
    assert_eq!((&event[0]["body"], &event[0]["eventSource"]), (&json!("hello"), &json!("aws:sqs")));
    assert_eq!((&event[0]["eventSourceARN"], &event[0]["awsRegion"]), (&json!(SOURCE), &json!("us-east-1")));
    assert!(event[0]["messageId"].is_string() && event[0]["attributes"]["SentTimestamp"].is_string());
}

#[tokio::test]
async fn a_stopped_pipe_receives_nothing_until_it_is_started() {
    let world = World::new().await;
    world.pipe(ECHO, json!({ "DesiredState": "STOPPED" })).await;
    world.send("hello").await;
    world.until(&world.source, "1", "0").await;
    world.server.done("StartPipe", ("POST", "/v1/pipes/p/start", 200), Value::Null).await;
    world.until(&world.source, "0", "0").await;
    assert_eq!(world.functions.times("echo"), 1);
}

#[tokio::test]
async fn messages_that_no_filter_lets_through_are_deleted() {
    let world = World::new().await;
    let filters = json!({ "Filters": [{ "Pattern": r#"{"body":{"kind":["order"]}}"# }] });
    let source = json!({ "FilterCriteria": filters });
    world.pipe(ECHO, json!({ "SourceParameters": source })).await;
    for body in [r#"{"kind":"other"}"#, r#"{"kind":"order"}"#, "plain"] {
        world.send(body).await;
    }
    world.until(&world.source, "0", "0").await;
    let bodies: Vec<Value> = world.functions.seen().into_iter().map(|(_, event)| event[0]["body"].clone()).collect();
    assert_eq!(bodies, [json!(r#"{"kind":"order"}"#)]);
}

#[tokio::test]
async fn an_input_template_forms_each_record() {
    let world = World::new().await;
    let template = r#"{"order":<$.body.id>,"pipe":"<aws.pipes.pipe-name>"}"#;
    world.pipe(ECHO, json!({ "TargetParameters": { "InputTemplate": template } })).await;
    world.send(r#"{"id":7}"#).await;
    world.until(&world.source, "0", "0").await;
    assert_eq!(world.functions.seen(), [("echo".to_owned(), json!([{ "order": 7, "pipe": "p" }]))]);
}

#[tokio::test]
async fn what_a_template_cannot_form_comes_back_as_failed() {
    let world = World::new().await;
    world.pipe(ECHO, json!({ "TargetParameters": { "InputTemplate": r#"{"order":<$.body.id>}"# } })).await;
    world.send(r#"{"id":"text without quotes"}"#).await;
    world.until(&world.source, "0", "1").await;
    assert_eq!(world.functions.times("echo"), 0);
}

#[tokio::test]
async fn text_of_a_template_is_a_json_string_for_a_function() {
    let world = World::new().await;
    world.pipe(ECHO, json!({ "TargetParameters": { "InputTemplate": "Order <$.body.id>" } })).await;
    world.send(r#"{"id":7}"#).await;
    world.until(&world.source, "0", "0").await;
    assert_eq!(world.functions.seen(), [("echo".to_owned(), json!(["Order 7"]))]);
}

#[tokio::test]
async fn an_enrichment_takes_the_place_of_the_events() {
    let world = World::new().await;
    let more = json!({
        "Enrichment": function("one"),
        "EnrichmentParameters": { "InputTemplate": "<$.body>" },
        "TargetParameters": { "InputTemplate": r#"{"counted":<$.count>}"# },
    });
    world.pipe(ECHO, more).await;
    world.send(r#"{"id":7}"#).await;
    world.until(&world.source, "0", "0").await;
    let expected = [("one".to_owned(), json!([{ "id": 7 }])), ("echo".to_owned(), json!([{ "counted": 1 }]))];
    assert_eq!(world.functions.seen(), expected);
}

#[tokio::test]
async fn an_express_machine_enriches_by_its_output() {
    let world = World::new().await;
    let pass = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"first.$":"$[0].body"},"End":true}}}"#;
    let machine = world.machine("m", "EXPRESS", pass).await;
    world.pipe(ECHO, json!({ "Enrichment": machine })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    assert_eq!(world.functions.seen(), [("echo".to_owned(), json!([{ "first": "hello" }]))]);
}

#[tokio::test]
async fn after_an_enrichment_that_answers_nothing_the_batch_is_done() {
    let world = World::new().await;
    world.pipe(ECHO, json!({ "Enrichment": function("none") })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    assert_eq!((world.functions.times("none"), world.functions.times("echo")), (1, 0));
}

#[tokio::test]
async fn an_enrichment_may_answer_more_events_than_there_were() {
    let world = World::new().await;
    world.pipe(ECHO, json!({ "Enrichment": function("twice") })).await;
    world.send("hello").await;
    world.until(&world.source, "0", "0").await;
    let (_, event) = world.functions.seen().remove(1);
    let bodies: Vec<&Value> = event.as_array().expect("an array").iter().map(|event| &event["body"]).collect();
    assert_eq!(bodies, ["hello", "hello"]);
}

#[tokio::test]
async fn a_failed_function_fails_the_batch_and_its_messages_come_back_after_the_timeout() {
    for more in [json!({}), json!({ "Enrichment": function("fails") })] {
        let world = World::new().await;
        let target = if more == json!({}) { function("fails") } else { ECHO.to_owned() };
        world.pipe(&target, more).await;
        world.send("hello").await;
        world.until(&world.source, "0", "1").await;
        assert_eq!((world.functions.times("fails"), world.functions.times("echo")), (1, 0));
        world.server.advance(31);
        for _ in 0..super::TURNS {
            if world.functions.times("fails") == 2 {
                break;
            }
            tokio::task::yield_now().await;
        }
        let event = world.functions.seen().pop().expect("a second try").1;
        assert_eq!(event[0]["attributes"]["ApproximateReceiveCount"], "2");
    }
}

#[tokio::test]
async fn messages_that_the_answer_names_come_back_and_the_others_are_done() {
    let world = World::new().await;
    let stopped = json!({ "DesiredState": "STOPPED" });
    world.pipe(&function("bad"), stopped).await;
    for body in ["good", "bad", "good"] {
        world.send(body).await;
    }
    world.server.done("StartPipe", ("POST", "/v1/pipes/p/start", 200), Value::Null).await;
    world.until(&world.source, "0", "1").await;
}

#[tokio::test]
async fn a_busy_function_is_asked_again_and_no_receive_is_counted() {
    let world = World::new().await;
    world.pipe(&function("busy"), json!({})).await;
    world.send("hello").await;
    let asked_again = async {
        while world.functions.times("busy") < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked_again).await.expect("two pauses take less than a second");
    world.until(&world.source, "0", "0").await;
    let counts = world.functions.seen().into_iter().map(|(_, event)| event[0]["attributes"].clone());
    assert!(counts.clone().all(|attributes| attributes["ApproximateReceiveCount"] == "1") && counts.count() == 3);
}

#[tokio::test]
async fn with_a_rate_limit_an_answer_that_came_too_early_is_asked_for_again() {
    let world = World::new().await;
    world.pipe(&function("limited"), json!({ "Tags": { "bongsu:rate-limit": "key=queue" } })).await;
    world.send("hello").await;
    let asked_again = async {
        while world.functions.times("limited") < 2 {
            // The pause that the answer wants is one of the test's clock.
            world.server.advance(1);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked_again).await.expect("the pause ends");
    world.until(&world.source, "0", "0").await;
    let (_, event) = world.functions.seen().remove(1);
    assert_eq!(event[0]["attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn groups_are_worked_on_in_order_and_side_by_side() {
    let world = World::new().await;
    let source = json!({ "SqsQueueParameters": { "BatchSize": 1 } });
    world.ordered_pipe(ECHO, json!({ "SourceParameters": source })).await;
    for number in 0..10 {
        for group in ["a", "b"] {
            world.send_in_order(group, &format!("{group}{number}")).await;
        }
    }
    world.until(&world.ordered, "0", "0").await;
    let seen = world.functions.seen();
    for group in ["a", "b"] {
        let bodies = seen.iter().map(|(_, event)| event[0]["body"].as_str().expect("a body"));
        let of_group: Vec<&str> = bodies.filter(|body| body.starts_with(group)).collect();
        let expected: Vec<String> = (0..10).map(|number| format!("{group}{number}")).collect();
        assert_eq!(of_group, expected);
    }
}
