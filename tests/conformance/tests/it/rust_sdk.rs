//! The AWS SDK for Rust.

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName};
use aws_sdk_sqs::{Client, Config};
use bongsu_testkit::Server;

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
}
