//! From one topic to several queues, each of which gets what its filter lets through.

use serde_json::{Value, json};

use crate::harness::Server;

async fn queue(server: &Server, topic: &str, name: &str, attributes: Value) -> String {
    let url = server.queue(name, json!({})).await;
    server.subscribe(topic, "sqs", &format!("arn:aws:sqs:us-east-1:000000000000:{name}"), attributes).await;
    url
}

async fn bodies(server: &Server, queue: &str) -> Vec<String> {
    server.receive(queue).await.iter().map(|message| message["Body"].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn every_queue_gets_what_its_filter_lets_through() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let all = queue(&server, &topic, "all", json!({})).await;
    let filter = r#"{"kind":["created"],"price":[{"numeric":[">",10]}]}"#;
    let by_attributes = queue(&server, &topic, "by-attributes", json!({ "FilterPolicy": filter })).await;
    let filter = json!({ "FilterPolicy": r#"{"order":{"state":["paid"]}}"#, "FilterPolicyScope": "MessageBody" });
    let by_body = queue(&server, &topic, "by-body", filter).await;

    let publish = async |message: &str, kind: &str, price: &str| {
        let attributes = json!({
            "kind": { "DataType": "String", "StringValue": kind },
            "price": { "DataType": "Number", "StringValue": price },
        });
        server.told("Publish", json!({ "TopicArn": topic, "Message": message, "MessageAttributes": attributes })).await;
    };
    let (paid, open) = (r#"{"order":{"state":"paid"}}"#, r#"{"order":{"state":"open"}}"#);
    publish(paid, "created", "9").await;
    publish(open, "created", "11").await;
    publish("no JSON", "cancelled", "11").await;
    server.told("Publish", json!({ "TopicArn": topic, "Message": "bare" })).await;

    assert_eq!(bodies(&server, &all).await, [paid, open, "no JSON", "bare"]);
    assert_eq!(bodies(&server, &by_attributes).await, [open]);
    assert_eq!(bodies(&server, &by_body).await, [paid]);
}

#[tokio::test]
async fn a_filter_that_is_changed_counts_at_once_and_sees_its_own_protocols_body() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let url = server.queue("q", json!({})).await;
    let filter = json!({ "FilterPolicyScope": "MessageBody", "FilterPolicy": r#"{"a":[1]}"# });
    let arn = server.subscribe(&topic, "sqs", "arn:aws:sqs:us-east-1:000000000000:q", filter).await;
    let message = r#"{"default":"{\"a\":2}","sqs":"{\"a\":1}"}"#;
    let publish = json!({ "TopicArn": topic, "Message": message, "MessageStructure": "json" });
    server.told("Publish", publish.clone()).await;
    assert_eq!(bodies(&server, &url).await, [r#"{"a":1}"#]);
    let set = json!({ "SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": r#"{"a":[2]}"# });
    server.told("SetSubscriptionAttributes", set).await;
    server.told("Publish", publish.clone()).await;
    assert!(bodies(&server, &url).await.is_empty());
    let unset = json!({ "SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": "{}" });
    server.told("SetSubscriptionAttributes", unset).await;
    server.told("Publish", publish).await;
    assert_eq!(bodies(&server, &url).await, [r#"{"a":1}"#]);
}
