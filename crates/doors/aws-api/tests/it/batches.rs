//! Several messages in one request: each succeeds or fails alone, and the answer keeps the order.

use bongsu_aws_api::message_attributes::INVALID_CHARACTERS;
use serde_json::{Value, json};

use crate::harness::Server;

const MD5_OF_MESSAGE: &str = "78e731027d8fd50ed642340b7c9a63b3";

fn ids(entries: &Value) -> Vec<&str> {
    entries.as_array().map_or(Vec::new(), |entries| entries.iter().filter_map(|entry| entry["Id"].as_str()).collect())
}

#[tokio::test]
async fn a_good_batch_has_nothing_failed() {
    let server = Server::start().await;
    let url = server.fifo().await;
    let entry = |id: &str| {
        json!({ "Id": id, "MessageBody": "message", "MessageGroupId": "g",
        "MessageDeduplicationId": id })
    };
    let input = json!({ "QueueUrl": url, "Entries": [entry("b"), entry("a")] });
    let answer = server.json("SendMessageBatch", input.clone()).await;
    let sent = answer.value();
    let field = |number: usize, name: &str| sent["Successful"][number][name].as_str().unwrap();
    let success = |number: usize, id: &str| {
        format!(
            r#"{{"Id":"{id}","MessageId":"{}","MD5OfMessageBody":"{MD5_OF_MESSAGE}","SequenceNumber":"{}"}}"#,
            field(number, "MessageId"),
            field(number, "SequenceNumber")
        )
    };
    answer.is_json(&format!(r#"{{"Successful":[{},{}]}}"#, success(0, "b"), success(1, "a")));
    assert!(field(0, "SequenceNumber") < field(1, "SequenceNumber"));

    // The same again are duplicates, so that ids and numbers are known.
    let element = |number: usize, id: &str| {
        format!(
            "<SendMessageBatchResultEntry><Id>{id}</Id><MessageId>{}</MessageId>\
             <MD5OfMessageBody>{MD5_OF_MESSAGE}</MD5OfMessageBody><SequenceNumber>{}</SequenceNumber>\
             </SendMessageBatchResultEntry>",
            field(number, "MessageId"),
            field(number, "SequenceNumber")
        )
    };
    let result = format!("<SendMessageBatchResult>{}{}</SendMessageBatchResult>", element(0, "b"), element(1, "a"));
    server.query("SendMessageBatch", &input).await.is_xml("SendMessageBatch", &result);
}

#[tokio::test]
async fn a_bad_entry_of_a_standard_batch_fails_alone_and_in_its_place() {
    let server = Server::start().await;
    let url = server.queue("orders", json!({ "MaximumMessageSize": "1024" })).await;
    let input = json!({ "QueueUrl": url, "Entries": [
        { "Id": "big", "MessageBody": "x".repeat(1025) },
        { "Id": "good", "MessageBody": "message" },
        { "Id": "bodiless" },
        { "Id": "late", "MessageBody": "m", "DelaySeconds": 901 },
        { "Id": "deduplicated", "MessageBody": "m", "MessageDeduplicationId": "d" },
        { "Id": "also-good", "MessageBody": "message", "DelaySeconds": 1 },
    ] });
    let output = server.ask("SendMessageBatch", input.clone()).await;
    assert_eq!(ids(&output["Successful"]), ["good", "also-good"]);
    assert_eq!(ids(&output["Failed"]), ["big", "bodiless", "late", "deduplicated"]);
    let failed = |number: usize, id: &str, code: &str, message: &str| {
        let expected = json!({ "Id": id, "SenderFault": true, "Code": code, "Message": message });
        assert_eq!(output["Failed"][number], expected);
    };
    let invalid = "InvalidParameterValue";
    let text = "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.";
    failed(0, "big", invalid, text);
    let text = "The request must contain the parameter SendMessageBatchRequestEntry.3.MessageBody.";
    failed(1, "bodiless", "MissingParameter", text);
    let text = "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.";
    failed(2, "late", invalid, text);
    let text = "Value d for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that \
                is not valid for this queue type.";
    failed(3, "deduplicated", invalid, text);

    let answer = server.query("SendMessageBatch", &input).await;
    let first = "<BatchResultErrorEntry><Id>big</Id><SenderFault>true</SenderFault>\
                 <Code>InvalidParameterValue</Code><Message>One or more parameters cannot be validated. Reason: Message \
                 must be shorter than 1024 bytes.</Message></BatchResultErrorEntry>";
    assert!(answer.body.contains(first), "{}", answer.body);
}

#[tokio::test]
async fn a_bad_entry_of_a_fifo_batch_fails_them_all() {
    let server = Server::start().await;
    let url = server.fifo().await;
    let good = json!({ "Id": "good", "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d" });
    for (bad, shape, text) in [
        (
            json!({ "MessageBody": "m", "MessageDeduplicationId": "e" }),
            "InvalidParameterValueException",
            "The request must contain the parameter MessageGroupId.",
        ),
        (
            json!({ "MessageBody": "m", "MessageGroupId": "g" }),
            "InvalidParameterValueException",
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
             explicitly",
        ),
        (
            json!({ "MessageGroupId": "g", "MessageDeduplicationId": "e" }),
            "MissingRequiredParameterException",
            "The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.",
        ),
        (
            json!({ "MessageBody": "\u{1}", "MessageGroupId": "g", "MessageDeduplicationId": "e" }),
            "InvalidMessageContents",
            INVALID_CHARACTERS,
        ),
        (
            json!({ "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "e", "DelaySeconds": 2 }),
            "InvalidParameterValueException",
            "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid \
             for this queue type.",
        ),
    ] {
        let mut bad = bad;
        bad["Id"] = json!("bad");
        server.refuses("SendMessageBatch", json!({ "QueueUrl": url, "Entries": [good, bad] }), shape, text).await;
    }
    assert!(server.receive(&url).await.is_empty());
}

#[tokio::test]
async fn a_batch_of_deletes_keeps_the_order() {
    let server = Server::start().await;
    let (url, other) = (server.fifo().await, server.standard().await);
    server.ask("SendMessage", json!({ "QueueUrl": other, "MessageBody": "m" })).await;
    let foreign = server.receive(&other).await[0]["ReceiptHandle"].as_str().unwrap().to_owned();
    let entry = json!({ "Id": "a", "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "a" });
    server.ask("SendMessageBatch", json!({ "QueueUrl": url, "Entries": [entry] })).await;
    let expired = server.receive(&url).await[0]["ReceiptHandle"].as_str().unwrap().to_owned();
    server.advance(31);
    let current = server.receive(&url).await[0]["ReceiptHandle"].as_str().unwrap().to_owned();
    let input = json!({ "QueueUrl": url, "Entries": [
        { "Id": "foreign", "ReceiptHandle": foreign },
        { "Id": "expired", "ReceiptHandle": expired },
        { "Id": "garbage", "ReceiptHandle": "garbage" },
        { "Id": "none" },
        { "Id": "current", "ReceiptHandle": current },
        { "Id": "again", "ReceiptHandle": current },
    ] });
    let output = server.ask("DeleteMessageBatch", input.clone()).await;
    assert_eq!(output["Successful"], json!([{ "Id": "current" }, { "Id": "again" }]));
    let handle_is_invalid = |id: &str, handle: &str| {
        json!({ "Id": id, "SenderFault": true,
        "Code": "ReceiptHandleIsInvalid",
        "Message": format!("The input receipt handle \"{handle}\" is not a valid receipt handle.") })
    };
    let expected = json!([
        handle_is_invalid("foreign", &foreign),
        { "Id": "expired", "SenderFault": true, "Code": "InvalidParameterValue", "Message": format!(
            "Value {expired} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.") },
        handle_is_invalid("garbage", "garbage"),
        { "Id": "none", "SenderFault": true, "Code": "MissingParameter",
            "Message": "The request must contain the parameter ReceiptHandle." },
    ]);
    assert_eq!(output["Failed"], expected);

    let input = json!({ "QueueUrl": url, "Entries": [{ "Id": "again", "ReceiptHandle": current }] });
    let result = "<DeleteMessageBatchResult><DeleteMessageBatchResultEntry><Id>again</Id>\
                  </DeleteMessageBatchResultEntry></DeleteMessageBatchResult>";
    server.query("DeleteMessageBatch", &input).await.is_xml("DeleteMessageBatch", result);
    server.json("DeleteMessageBatch", input).await.is_json(r#"{"Successful":[{"Id":"again"}]}"#);
}

#[tokio::test]
async fn a_batch_is_checked_as_a_whole_first() {
    let server = Server::start().await;
    let url = server.standard().await;
    for operation in ["SendMessageBatch", "DeleteMessageBatch"] {
        let refuses = async |entries: Value, shape: &str, text: &str| {
            server.refuses(operation, json!({ "QueueUrl": url, "Entries": entries }), shape, text).await;
        };
        let entry = |id: &str| json!({ "Id": id, "MessageBody": "m", "ReceiptHandle": "h" });
        let text = "The request must contain the parameter Entries.";
        server.refuses(operation, json!({ "QueueUrl": url }), "MissingRequiredParameterException", text).await;
        let text = format!("There should be at least one {operation}RequestEntry in the request.");
        refuses(json!([]), "EmptyBatchRequest", &text).await;
        let text = "Maximum number of entries per request are 10. You have sent 20.";
        let many: Vec<_> = (0..20).map(|_| entry("same")).collect();
        refuses(json!(many), "TooManyEntriesInBatchRequest", text).await;
        let text = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at \
                    most 80 letters long.";
        for bad in ["", "a b", "a.b", "é", &"x".repeat(81)] {
            // A bad id is told before a repeated one.
            refuses(json!([entry("same"), entry("same"), entry(bad)]), "InvalidBatchEntryId", text).await;
        }
        let good = "x".repeat(80);
        let text = format!("Id {good} repeated.");
        refuses(json!([entry(&good), entry("a"), entry(&good)]), "BatchEntryIdsNotDistinct", &text).await;
    }
}

#[tokio::test]
async fn a_batch_counts_all_its_entries() {
    let server = Server::start().await;
    let url = server.standard().await;
    let sized = |bytes: usize| {
        json!({ "QueueUrl": url, "Entries": [
            // Counted even though its delay is refused.
            { "Id": "a", "MessageBody": "x".repeat(bytes - 500_010), "DelaySeconds": 901 },
            { "Id": "b", "MessageBody": "y".repeat(500_000), "MessageAttributes": {
                "n": { "DataType": "Binary", "BinaryValue": "AAH/" } } },
        ] })
    };
    let fits = server.ask("SendMessageBatch", sized(1_048_576)).await;
    assert_eq!((ids(&fits["Successful"]), ids(&fits["Failed"])), (vec!["b"], vec!["a"]));
    let text = "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.";
    server.refuses("SendMessageBatch", sized(1_048_577), "BatchRequestTooLong", text).await;
}
