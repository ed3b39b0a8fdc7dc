//! An operation's shapes are written once and mean the same in JSON and in Query.

use std::collections::BTreeMap;

use bongsu_aws_api::attributes_digest::Digest;
use bongsu_aws_api::codec::{Envelope, Integer, Params, Protocol, SQS, Text, json};
use bongsu_aws_api::message_attributes::{MessageAttributeValue, MessageAttributes};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Input<'a> {
    #[serde(borrow)]
    queue_url: Text<'a>,
    #[serde(borrow)]
    entries: Option<Vec<Entry<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    message_body: Option<Text<'a>>,
    delay_seconds: Option<Integer>,
    #[serde(borrow)]
    message_attributes: Option<BTreeMap<Text<'a>, MessageAttributeValue<'a>>>,
}

fn check_input(input: Input<'_>) {
    assert_eq!(&*input.queue_url, "http://127.0.0.1/0/q");
    let entry = input.entries.and_then(|mut entries| entries.pop()).expect("an entry");
    assert_eq!((&*entry.id, entry.message_body.as_deref()), ("a", Some("one & two")));
    assert_eq!(entry.delay_seconds, Some(Integer(5)));
    let attributes = MessageAttributes::check(entry.message_attributes.expect("attributes")).expect("good ones");
    assert_eq!(attributes.digest().as_str(), "48dc1be2a4ad8137ff1a6fb996cd2479");
}

#[test]
fn an_input_reads_the_same() {
    let body = r#"{"QueueUrl":"http://127.0.0.1/0/q","Entries":[{"Id":"a","MessageBody":"one & two","DelaySeconds":5,
        "MessageAttributes":{"city":{"DataType":"String","StringValue":"Zürich"},
        "amount":{"DataType":"Number.int","StringValue":"42"},
        "blob":{"DataType":"Binary.png","BinaryValue":"AAH/"}}}]}"#;
    check_input(json::decode(body.as_bytes()).unwrap());

    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("QueueUrl", "http://127.0.0.1/0/q");
    for (name, value) in [
        ("Id", "a"),
        ("MessageBody", "one & two"),
        ("DelaySeconds", "5"),
        ("MessageAttribute.1.Name", "city"),
        ("MessageAttribute.1.Value.DataType", "String"),
        ("MessageAttribute.1.Value.StringValue", "Zürich"),
        ("MessageAttribute.2.Name", "blob"),
        ("MessageAttribute.2.Value.DataType", "Binary.png"),
        ("MessageAttribute.2.Value.BinaryValue", "AAH/"),
        ("MessageAttribute.3.Name", "amount"),
        ("MessageAttribute.3.Value.DataType", "Number.int"),
        ("MessageAttribute.3.Value.StringValue", "42"),
    ] {
        form.append_pair(&format!("SendMessageBatchRequestEntry.1.{name}"), value);
    }
    let form = form.finish();
    let params = Params::parse("Action=SendMessageBatch", form.as_bytes()).unwrap();
    assert_eq!(params.get("Action"), Some("SendMessageBatch"));
    check_input(params.decode(&SQS, "SendMessageBatch").unwrap());
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    messages: Vec<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    body: &'static str,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Digest,
    #[serde(skip_serializing_if = "MessageAttributes::is_empty")]
    message_attributes: MessageAttributes,
}

#[test]
fn an_output_is_written_in_each_protocols_form() {
    let wire = json::decode(br#"{"blob":{"DataType":"Binary","BinaryValue":"AAH/"}}"#).unwrap();
    let message =
        |message_attributes| Message { body: "message", md5_of_body: Digest::of_body("message"), message_attributes };
    let attributes = MessageAttributes::check(wire).unwrap();
    let output = Output { messages: vec![message(MessageAttributes::default()), message(attributes)] };
    let written = |protocol: Protocol| {
        let envelope = Envelope { dialect: &SQS, operation: "ReceiveMessage", request_id: "r" };
        String::from_utf8(protocol.encode(&output, envelope).unwrap()).unwrap()
    };
    assert_eq!(
        written(Protocol::Json),
        concat!(
            r#"{"Messages":[{"Body":"message","MD5OfBody":"78e731027d8fd50ed642340b7c9a63b3"},"#,
            r#"{"Body":"message","MD5OfBody":"78e731027d8fd50ed642340b7c9a63b3","#,
            r#""MessageAttributes":{"blob":{"BinaryValue":"AAH/","DataType":"Binary"}}}]}"#
        )
    );
    assert_eq!(
        written(Protocol::Query),
        concat!(
            r#"<?xml version="1.0"?><ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">"#,
            "<ReceiveMessageResult>",
            "<Message><Body>message</Body><MD5OfBody>78e731027d8fd50ed642340b7c9a63b3</MD5OfBody></Message>",
            "<Message><Body>message</Body><MD5OfBody>78e731027d8fd50ed642340b7c9a63b3</MD5OfBody>",
            "<MessageAttribute><Name>blob</Name><Value><BinaryValue>AAH/</BinaryValue><DataType>Binary</DataType>",
            "</Value></MessageAttribute></Message></ReceiveMessageResult>",
            "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ReceiveMessageResponse>"
        )
    );
    assert_eq!(
        written(Protocol::QueryJson),
        concat!(
            r#"{"ReceiveMessageResponse":{"ReceiveMessageResult":{"messages":["#,
            r#"{"Body":"message","MD5OfBody":"78e731027d8fd50ed642340b7c9a63b3"},"#,
            r#"{"Body":"message","MD5OfBody":"78e731027d8fd50ed642340b7c9a63b3","MessageAttributes":"#,
            r#"[{"Name":"blob","Value":{"BinaryValue":"AAH/","DataType":"Binary"}}]}]},"#,
            r#""ResponseMetadata":{"RequestId":"r"}}}"#
        )
    );
}
