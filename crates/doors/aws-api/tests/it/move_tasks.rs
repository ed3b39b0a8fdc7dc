//! Message move tasks: dead letters that go back, and how their tasks are told of.

use serde_json::{Value, json};

use crate::harness::{NOW, Server};

const INVALID: &str = "InvalidParameterValueException";
const NOT_FOUND: &str = "ResourceNotFoundException";

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// A queue with a dead-letter queue that holds so many of its messages; the URLs of both.
async fn with_dead_letters(server: &Server, count: usize) -> (String, String) {
    let dead = server.queue("dead", json!({})).await;
    let redrive = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, arn("dead"));
    let orders = server.queue("orders", json!({ "RedrivePolicy": redrive, "VisibilityTimeout": "0" })).await;
    for number in 0..count {
        server.ask("SendMessage", json!({ "QueueUrl": orders, "MessageBody": number.to_string() })).await;
    }
    while !server.receive(&orders).await.is_empty() {}
    (orders, dead)
}

async fn task(server: &Server) -> Value {
    server.ask("ListMessageMoveTasks", json!({ "SourceArn": arn("dead") })).await["Results"][0].clone()
}

/// The task as it ended; it goes on by itself between two requests.
async fn ended(server: &Server) -> Value {
    loop {
        let task = task(server).await;
        if task["Status"] != "RUNNING" {
            return task;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dead_letters_go_back_to_where_they_came_from() {
    let server = Server::start().await;
    let (orders, dead) = with_dead_letters(&server, 3).await;
    let before = server.receive(&dead).await;
    assert_eq!(before.len(), 3);
    server.advance(30);
    let started = server.ask("StartMessageMoveTask", json!({ "SourceArn": arn("dead") })).await;
    assert!(started["TaskHandle"].as_str().is_some_and(|handle| handle.starts_with("eyJ0YXNrSWQiOi")), "{started}");
    let expected = json!({
        "Status": "COMPLETED", "SourceArn": arn("dead"), "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3, "StartedTimestamp": (NOW + 30) * 1000,
    });
    assert_eq!(ended(&server).await, expected);
    let after = server.receive(&orders).await;
    assert_eq!(after.len(), 3);
    assert_eq!(after[0]["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(after[0]["Attributes"].get("DeadLetterQueueSourceArn"), None);
    let ids = |messages: &[Value]| messages.iter().map(|m| m["MessageId"].clone()).collect::<Vec<Value>>();
    assert!(ids(&after).iter().all(|id| !ids(&before).contains(id)), "a message that was moved is a new one");
    assert!(server.receive(&dead).await.is_empty());
}

#[tokio::test]
async fn a_task_keeps_to_its_rate_and_can_be_cancelled() {
    let server = Server::start().await;
    let (orders, _) = with_dead_letters(&server, 5).await;
    let other = server.queue("other", json!({})).await;
    let input = json!({
        "SourceArn": arn("dead"), "DestinationArn": arn("other"), "MaxNumberOfMessagesPerSecond": 1,
    });
    let handle = server.ask("StartMessageMoveTask", input.clone()).await["TaskHandle"].clone();
    let text =
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
    server.refuses("StartMessageMoveTask", input, INVALID, text).await;
    server.advance(1);
    while task(&server).await["ApproximateNumberOfMessagesMoved"] != 1 {
        tokio::task::yield_now().await;
    }
    let expected = json!({
        "TaskHandle": handle, "Status": "RUNNING", "SourceArn": arn("dead"), "DestinationArn": arn("other"),
        "MaxNumberOfMessagesPerSecond": 1, "ApproximateNumberOfMessagesMoved": 1,
        "ApproximateNumberOfMessagesToMove": 5, "StartedTimestamp": NOW * 1000,
    });
    assert_eq!(task(&server).await, expected);
    let cancel = json!({ "TaskHandle": handle });
    let answer = server.json("CancelMessageMoveTask", cancel.clone()).await;
    answer.is_json(r#"{"ApproximateNumberOfMessagesMoved":1}"#);
    assert_eq!(task(&server).await["Status"], "CANCELLED");
    let answer = server.query("ListMessageMoveTasks", &json!({ "SourceArn": arn("dead") })).await;
    assert_eq!(answer.element("Status"), "CANCELLED");
    assert!(answer.body.contains("<ListMessageMoveTasksResultEntry><Status>"), "{}", answer.body);
    server.refuses("CancelMessageMoveTask", cancel, INVALID, "Only active tasks can be cancelled.").await;
    assert_eq!(server.receive(&other).await.len(), 1, "what was moved stays moved");
    assert!(server.receive(&orders).await.is_empty());
}

#[tokio::test]
async fn a_task_may_take_longer_than_a_day_and_a_half() {
    let server = Server::start().await;
    let (orders, _) = with_dead_letters(&server, 2).await;
    let input = json!({ "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 1 });
    server.ask("StartMessageMoveTask", input).await;
    for hours in [18, 19] {
        assert_eq!(task(&server).await["Status"], "RUNNING");
        server.advance(hours * 3600);
    }
    assert_eq!(ended(&server).await["Status"], "COMPLETED");
    assert_eq!(server.receive(&orders).await.len(), 2);
}

#[tokio::test]
async fn a_message_without_a_source_ends_the_task() {
    let server = Server::start().await;
    let (_, dead) = with_dead_letters(&server, 0).await;
    server.ask("SendMessage", json!({ "QueueUrl": dead, "MessageBody": "direct" })).await;
    server.ask("StartMessageMoveTask", json!({ "SourceArn": arn("dead") })).await;
    let ended = ended(&server).await;
    assert_eq!(
        (&ended["Status"], &ended["FailureReason"]),
        (&json!("FAILED"), &json!("CouldNotDetermineMessageSource"))
    );
    assert_eq!(server.receive(&dead).await.len(), 1, "and the message stays");
}

#[tokio::test]
async fn tasks_that_cannot_be() {
    let server = Server::start().await;
    let (_, _) = with_dead_letters(&server, 0).await;
    let missing = "MissingRequiredParameterException";
    let text = "The request must contain the parameter SourceArn.";
    for operation in ["StartMessageMoveTask", "ListMessageMoveTasks"] {
        server.refuses(operation, json!({}), missing, text).await;
        let format = "You must use this format to specify the SourceArn: \
                      arn:<partition>:<service>:<region>:<account-id>:<resource-id>";
        server.refuses(operation, json!({ "SourceArn": "dead" }), INVALID, format).await;
        let unknown = "The resource that you specified for the SourceArn parameter doesn't exist.";
        server.refuses(operation, json!({ "SourceArn": arn("nowhere") }), NOT_FOUND, unknown).await;
    }
    let start = async |input: Value, shape: &str, text: &str| {
        server.refuses("StartMessageMoveTask", input, shape, text).await;
    };
    let text = "Source queue must be configured as a Dead Letter Queue.";
    start(json!({ "SourceArn": arn("orders") }), INVALID, text).await;
    let text = "The resource that you specified for the DestinationArn parameter doesn't exist.";
    start(json!({ "SourceArn": arn("dead"), "DestinationArn": arn("nowhere") }), NOT_FOUND, text).await;
    for rate in [0, 501] {
        let text = format!(
            "Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if \
             provided."
        );
        start(json!({ "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": rate }), INVALID, &text).await;
    }
    let cancel = async |handle: &str, shape: &str, text: &str| {
        server.refuses("CancelMessageMoveTask", json!({ "TaskHandle": handle }), shape, text).await;
    };
    cancel("", missing, "The request must contain the parameter TaskHandle.").await;
    cancel("garbage", INVALID, "Value for parameter TaskHandle is invalid.").await;
    // {"taskId":"a1b2c3d4-e5f6-4711-8899-aabbccddeeff","sourceArn":"arn:aws:sqs:us-east-1:000000000000:my-dlq"}
    let handle = "eyJ0YXNrSWQiOiJhMWIyYzNkNC1lNWY2LTQ3MTEtODg5OS1hYWJiY2NkZGVlZmYiLCJzb3VyY2VBcm4iOiJhcm46YXdzOnNxczp1cy1lYXN0LTE6MDAwMDAwMDAwMDAwOm15LWRscSJ9";
    cancel(handle, NOT_FOUND, "The resource that you specified for the SourceArn parameter doesn't exist.").await;
    server.queue("my-dlq", json!({})).await;
    cancel(handle, NOT_FOUND, "Task does not exist.").await;
}
