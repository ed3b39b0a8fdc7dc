//! Topics: making, finding and listing them.

use serde_json::json;

use crate::harness::Server;

#[tokio::test]
async fn a_topic_is_made_found_and_listed() {
    let server = Server::start().await;
    let made = server.sns("CreateTopic", json!({ "Name": "orders" })).await;
    let arn = "arn:aws:sns:us-east-1:000000000000:orders";
    made.is_told("CreateTopic", &format!("<CreateTopicResult><TopicArn>{arn}</TopicArn></CreateTopicResult>"));
    assert_eq!(server.topic("orders", json!({})).await, arn);
    let listed = server.sns("ListTopics", json!({})).await;
    let topics = format!("<Topics><member><TopicArn>{arn}</TopicArn></member></Topics>");
    listed.is_told("ListTopics", &format!("<ListTopicsResult>{topics}</ListTopicsResult>"));
}

#[tokio::test]
async fn a_name_that_breaks_the_rules_is_refused() {
    let server = Server::start().await;
    let text = "Invalid parameter: Topic Name";
    for name in ["", "a b", "a.fifo", &"x".repeat(257)] {
        server.sns_refuses("CreateTopic", json!({ "Name": name }), "InvalidParameter", text).await;
    }
    let fifo = json!({ "Name": "a", "Attributes": { "FifoTopic": "true" } });
    server.sns_refuses("CreateTopic", fifo, "InvalidParameter", text).await;
    let text =
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null";
    server.sns_refuses("CreateTopic", json!({}), "ValidationError", text).await;
}
