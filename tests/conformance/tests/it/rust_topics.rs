//! The AWS SDK for Rust at topics.

use std::collections::BTreeSet;

use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use aws_sdk_sns::{Client, Config};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use bongsu_testkit::Server;

use crate::rust_sdk;

fn client(server: &Server) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(server.api_url())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A queue that is subscribed, as an ARN is made of its name; raw, and with further attributes.
async fn subscribe(server: &Server, topic: &str, queue: &str, attributes: &[(&str, &str)]) -> String {
    let create = rust_sdk::client(server).create_queue().queue_name(queue);
    let create = match queue.ends_with(".fifo") {
        true => create.attributes(QueueAttributeName::FifoQueue, "true"),
        false => create,
    };
    let url = create.send().await.unwrap().queue_url.unwrap();
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{queue}");
    let subscribe = client(server).subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
    let attributes = attributes.iter().chain([&("RawMessageDelivery", "true")]);
    let subscribe = attributes.fold(subscribe, |subscribe, (name, value)| subscribe.attributes(*name, *value));
    assert!(subscribe.send().await.unwrap().subscription_arn.unwrap().starts_with(topic));
    url
}

async fn receive(server: &Server, queue: &str) -> Vec<Message> {
    let sqs = rust_sdk::client(server);
    let receive = sqs.receive_message().queue_url(queue).max_number_of_messages(10).message_attribute_names("All");
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    receive.send().await.unwrap().messages.unwrap_or_default()
}

fn bodies(messages: &[Message]) -> BTreeSet<&str> {
    messages.iter().filter_map(Message::body).collect()
}

fn text(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}

#[tokio::test]
async fn a_topic_fans_out_to_three_queues_by_attributes_and_body() {
    let server = Server::ephemeral(&[]);
    let sns = client(&server);
    let topic = sns.create_topic().name("rust").send().await.unwrap().topic_arn.unwrap();
    let all = subscribe(&server, &topic, "all", &[]).await;
    let urgent = subscribe(&server, &topic, "urgent", &[("FilterPolicy", r#"{"urgent": ["yes"]}"#)]).await;
    let to_seoul = [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", r#"{"to": {"city": ["Seoul"]}}"#)];
    let seoul = subscribe(&server, &topic, "seoul", &to_seoul).await;

    let [slow, fast, far] = [r#"{"to": {"city": "Seoul"}}"#, r#"{"to": {"city": "Oslo"}}"#, "no JSON"];
    let published = sns.publish().topic_arn(&topic).message(slow).message_attributes("urgent", text("no"));
    assert!(published.send().await.unwrap().message_id.is_some());
    let entry = |id, message| {
        let entry = PublishBatchRequestEntry::builder().id(id).message(message);
        entry.message_attributes("urgent", text("yes")).build().unwrap()
    };
    let batch = sns.publish_batch().topic_arn(&topic);
    let batch = batch.publish_batch_request_entries(entry("a", fast)).publish_batch_request_entries(entry("b", far));
    let batch = batch.send().await.unwrap();
    assert_eq!((batch.successful().len(), batch.failed().len()), (2, 0));

    assert_eq!(bodies(&receive(&server, &all).await), BTreeSet::from([slow, fast, far]));
    let received = receive(&server, &urgent).await;
    assert_eq!(bodies(&received), BTreeSet::from([fast, far]));
    let attribute = &received[0].message_attributes().unwrap()["urgent"];
    assert_eq!((attribute.data_type(), attribute.string_value()), ("String", Some("yes")));
    assert_eq!(bodies(&receive(&server, &seoul).await), BTreeSet::from([slow]));
}

#[tokio::test]
async fn a_fifo_topic_keeps_its_groups_in_order() {
    let server = Server::ephemeral(&[]);
    let sns = client(&server);
    let create = sns.create_topic().name("rust.fifo").attributes("FifoTopic", "true");
    let topic = create.send().await.unwrap().topic_arn.unwrap();
    let queue = subscribe(&server, &topic, "rust.fifo", &[]).await;
    for number in 0..4 {
        for group in ["a", "b"] {
            let message = format!("{group}{number}");
            let publish = sns.publish().topic_arn(&topic).message(&message).message_group_id(group);
            let publish = publish.message_deduplication_id(&message);
            let first = publish.clone().send().await.unwrap();
            let again = publish.send().await.unwrap();
            assert_eq!((first.message_id, first.sequence_number), (again.message_id, again.sequence_number));
        }
    }
    let received = receive(&server, &queue).await;
    for group in ["a", "b"] {
        let of_group = received.iter().filter_map(Message::body).filter(|body| body.starts_with(group));
        let expected: Vec<String> = (0..4).map(|number| format!("{group}{number}")).collect();
        assert_eq!(of_group.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn what_is_wrong_is_an_error_of_the_sdks_own() {
    let server = Server::ephemeral(&[]);
    let sns = client(&server);
    let nowhere = "arn:aws:sns:us-east-1:000000000000:nowhere";
    let error = sns.publish().topic_arn(nowhere).message("x").send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");
    assert_eq!(error.message(), Some("Topic does not exist"));
    let topic = sns.create_topic().name("rust").send().await.unwrap().topic_arn.unwrap();
    let error = sns.publish().topic_arn(&topic).message("").send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_exception(), "{error:?}");
}
