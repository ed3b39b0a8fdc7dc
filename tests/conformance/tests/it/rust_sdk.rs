//! The AWS SDK for Rust.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, ListMessageMoveTasksResultEntry, Message, MessageAttributeValue,
    MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use aws_sdk_sqs::{Client, Config};
use bongsu_testkit::Server;

const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn client(server: &Server) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(server.api_url())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A queue whose messages are given up once they were received twice, and the queue that these go to.
async fn queue_with_dead_letters(sqs: &Client) -> (String, String) {
    let dead = sqs.create_queue().queue_name("dead").send().await.unwrap().queue_url.unwrap();
    let arn = attribute(sqs, &dead, QueueAttributeName::QueueArn).await.unwrap();
    let policy = format!(r#"{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 2}}"#);
    let queue = sqs.create_queue().queue_name("rust").attributes(QueueAttributeName::RedrivePolicy, policy);
    (queue.send().await.unwrap().queue_url.unwrap(), dead)
}

/// One attribute of a queue, if that has it.
async fn attribute(sqs: &Client, queue: &str, name: QueueAttributeName) -> Option<String> {
    let answer = sqs.get_queue_attributes().queue_url(queue).attribute_names(name.clone()).send().await.unwrap();
    answer.attributes?.remove(&name)
}

/// What a long poll brings.
async fn receive(sqs: &Client, queue: &str) -> Vec<Message> {
    let receive = sqs.receive_message().queue_url(queue).wait_time_seconds(20);
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    receive.send().await.unwrap().messages.unwrap_or_default()
}

/// The newest move task of a dead-letter queue, as soon as it is as it should be.
async fn move_task(
    sqs: &Client,
    source: &str,
    is_as_it_should: impl Fn(&ListMessageMoveTasksResultEntry) -> bool,
) -> ListMessageMoveTasksResultEntry {
    let look = async || loop {
        let tasks = sqs.list_message_move_tasks().source_arn(source).send().await.unwrap().results.unwrap();
        if let Some(task) = tasks.into_iter().find(&is_as_it_should) {
            return task;
        }
    };
    tokio::time::timeout(TIMEOUT, look()).await.expect("the task is as it should be in time")
}

#[tokio::test]
async fn a_message_lives_its_whole_life() {
    let server = Server::ephemeral(&[]);
    let sqs = client(&server);
    let queue = sqs.create_queue().queue_name("rust").send().await.unwrap().queue_url.unwrap();
    assert_eq!(sqs.get_queue_url().queue_name("rust").send().await.unwrap().queue_url(), Some(queue.as_str()));
    assert_eq!(sqs.list_queues().send().await.unwrap().queue_urls(), [queue.as_str()]);

    let city = MessageAttributeValue::builder().data_type("String").string_value("Zürich").build().unwrap();
    let sent = sqs.send_message().queue_url(&queue).message_body("hello").message_attributes("city", city.clone());
    let sent = sent.send().await.unwrap();

    let receive = sqs.receive_message().queue_url(&queue).wait_time_seconds(20).message_attribute_names("All");
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    let received = receive.send().await.unwrap();
    let [message] = received.messages() else { panic!("not one message: {received:?}") };
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(message.body(), Some("hello"));
    assert_eq!(message.message_attributes().unwrap()["city"], city);
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount], "1");

    let handle = message.receipt_handle().unwrap();
    let change = sqs.change_message_visibility().queue_url(&queue).receipt_handle(handle).visibility_timeout(120);
    change.send().await.unwrap();
    sqs.delete_message().queue_url(&queue).receipt_handle(handle).send().await.unwrap();
    let counter = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
    let attributes = sqs.get_queue_attributes().queue_url(&queue).attribute_names(counter.clone());
    assert_eq!(attributes.send().await.unwrap().attributes().unwrap()[&counter], "0");
    sqs.delete_queue().queue_url(&queue).send().await.unwrap();
}

#[tokio::test]
async fn a_message_that_fails_is_tried_again_until_it_is_redriven() {
    let server = Server::ephemeral(&[]);
    let sqs = client(&server);
    let (queue, dead) = queue_with_dead_letters(&sqs).await;
    let dead_arn = attribute(&sqs, &dead, QueueAttributeName::QueueArn).await.unwrap();
    let sources = sqs.list_dead_letter_source_queues().queue_url(&dead).send().await.unwrap();
    assert_eq!(sources.queue_urls(), [queue.as_str()]);

    let sent = sqs.send_message().queue_url(&queue).message_body("poison").send().await.unwrap();
    for count in ["1", "2"] {
        let [message] = &receive(&sqs, &queue).await[..] else { panic!("not one message") };
        assert_eq!(message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount], count);
        let failed = sqs.change_message_visibility().queue_url(&queue).visibility_timeout(0);
        failed.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
    }
    let third = sqs.receive_message().queue_url(&queue).send().await.unwrap();
    assert!(third.messages().is_empty(), "{third:?}");
    assert_eq!(attribute(&sqs, &dead, QueueAttributeName::ApproximateNumberOfMessages).await.unwrap(), "1");

    sqs.start_message_move_task().source_arn(&dead_arn).send().await.unwrap();
    let task = move_task(&sqs, &dead_arn, |task| task.status() != Some("RUNNING")).await;
    assert_eq!((task.status(), task.approximate_number_of_messages_moved()), (Some("COMPLETED"), 1));
    let [message] = &receive(&sqs, &queue).await[..] else { panic!("not one message") };
    assert_eq!(message.body(), Some("poison"));
    assert_ne!(message.message_id(), sent.message_id());
    let done = sqs.delete_message().queue_url(&queue).receipt_handle(message.receipt_handle().unwrap());
    done.send().await.unwrap();
}

#[tokio::test]
async fn a_slow_redrive_is_called_off() {
    let server = Server::ephemeral(&[]);
    let sqs = client(&server);
    let (queue, dead) = queue_with_dead_letters(&sqs).await;
    let entry = |id: usize| SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body("x").build();
    let entries = (0..10).map(|id| entry(id).unwrap()).collect();
    sqs.send_message_batch().queue_url(&dead).set_entries(Some(entries)).send().await.unwrap();

    let source = attribute(&sqs, &dead, QueueAttributeName::QueueArn).await.unwrap();
    let destination = attribute(&sqs, &queue, QueueAttributeName::QueueArn).await.unwrap();
    let start = sqs.start_message_move_task().source_arn(&source).destination_arn(&destination);
    let started = start.max_number_of_messages_per_second(1).send().await.unwrap();
    let running = move_task(&sqs, &source, |_| true).await;
    assert_eq!((running.status(), running.task_handle()), (Some("RUNNING"), started.task_handle()));
    assert_eq!(running.destination_arn(), Some(destination.as_str()));
    assert_eq!(running.max_number_of_messages_per_second(), Some(1));

    sqs.cancel_message_move_task().task_handle(started.task_handle().unwrap()).send().await.unwrap();
    let task = move_task(&sqs, &source, |task| !matches!(task.status(), Some("RUNNING" | "CANCELLING"))).await;
    assert_eq!(task.status(), Some("CANCELLED"));
    let left = attribute(&sqs, &dead, QueueAttributeName::ApproximateNumberOfMessages).await.unwrap();
    assert_eq!(left, (10 - task.approximate_number_of_messages_moved()).to_string());
}

#[tokio::test]
async fn a_queue_is_looked_after() {
    let server = Server::ephemeral(&[]);
    let sqs = client(&server);
    let queue = sqs.create_queue().queue_name("rust").tags("team", "mail").send().await.unwrap().queue_url.unwrap();
    sqs.tag_queue().queue_url(&queue).tags("stage", "test").send().await.unwrap();
    sqs.untag_queue().queue_url(&queue).tag_keys("team").send().await.unwrap();
    let tags = sqs.list_queue_tags().queue_url(&queue).send().await.unwrap().tags.unwrap();
    assert_eq!(tags, HashMap::from([("stage".to_owned(), "test".to_owned())]));

    let set = sqs.set_queue_attributes().queue_url(&queue);
    set.attributes(QueueAttributeName::VisibilityTimeout, "60").send().await.unwrap();
    assert_eq!(attribute(&sqs, &queue, QueueAttributeName::VisibilityTimeout).await.unwrap(), "60");

    let add = sqs.add_permission().queue_url(&queue).label("partner").aws_account_ids("222222222222");
    add.actions("SendMessage").send().await.unwrap();
    let policy = attribute(&sqs, &queue, QueueAttributeName::Policy).await.unwrap();
    assert!(policy.contains("arn:aws:iam::222222222222:root"), "{policy}");
    sqs.remove_permission().queue_url(&queue).label("partner").send().await.unwrap();
    assert_eq!(attribute(&sqs, &queue, QueueAttributeName::Policy).await, None);

    sqs.send_message().queue_url(&queue).message_body("first").send().await.unwrap();
    let [message] = &receive(&sqs, &queue).await[..] else { panic!("not one message") };
    let entry = |id: &str, handle: &str| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
        entry.visibility_timeout(0).build().unwrap()
    };
    let change = sqs.change_message_visibility_batch().queue_url(&queue);
    let change = change.entries(entry("good", message.receipt_handle().unwrap())).entries(entry("bad", "garbage"));
    let changed = change.send().await.unwrap();
    assert_eq!(changed.successful().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["good"]);
    assert_eq!(changed.failed()[0].code(), "ReceiptHandleIsInvalid");
    assert_eq!(receive(&sqs, &queue).await[0].message_id(), message.message_id());

    sqs.send_message().queue_url(&queue).message_body("second").send().await.unwrap();
    sqs.purge_queue().queue_url(&queue).send().await.unwrap();
    for counter in
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible]
    {
        assert_eq!(attribute(&sqs, &queue, counter).await.unwrap(), "0");
    }
}

#[tokio::test]
async fn refusals_arrive_as_modelled_errors() {
    let server = Server::ephemeral(&[]);
    let sqs = client(&server);
    let missing = sqs.get_queue_url().queue_name("nowhere").send().await.unwrap_err().into_service_error();
    assert!(missing.is_queue_does_not_exist(), "{missing:?}");
    assert_eq!(missing.message(), Some("The specified queue does not exist."));

    let queue = sqs.create_queue().queue_name("rust").send().await.unwrap().queue_url.unwrap();
    let bad = sqs.delete_message().queue_url(&queue).receipt_handle("garbage").send().await.unwrap_err();
    let bad = bad.into_service_error();
    assert!(bad.is_receipt_handle_is_invalid(), "{bad:?}");

    let arn = "arn:aws:sqs:us-east-1:000000000000:nowhere";
    let unknown = sqs.start_message_move_task().source_arn(arn).send().await.unwrap_err().into_service_error();
    assert!(unknown.is_resource_not_found_exception(), "{unknown:?}");
}
