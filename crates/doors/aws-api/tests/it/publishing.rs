//! Publishing: what a message may be, and what becomes of a batch.

use serde_json::{Value, json};

use crate::harness::Server;

async fn refused(server: &Server, topic: &str, members: Value, text: &str) {
    let mut input = json!({ "TopicArn": topic, "Message": "m" });
    let further = members.as_object().expect("members").clone();
    input.as_object_mut().expect("a structure").extend(further);
    server.sns_refuses("Publish", input, "InvalidParameter", &format!("Invalid parameter: {text}")).await;
}

/// A topic with one queue, which gets bare messages; the topic's ARN and the queue's URL.
async fn subscribed(server: &Server, fifo: bool) -> (String, String) {
    let (topic, queue) = if fifo {
        (server.topic("t.fifo", json!({ "FifoTopic": "true" })).await, server.fifo().await)
    } else {
        (server.topic("t", json!({})).await, server.standard().await)
    };
    let name = queue.rsplit('/').next().expect("a name");
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    server.subscribe(&topic, "sqs", &arn, json!({ "RawMessageDelivery": "true" })).await;
    (topic, queue)
}

#[tokio::test]
async fn a_message_reaches_whoever_subscribed() {
    let server = Server::start().await;
    let (topic, queue) = subscribed(&server, false).await;
    let published = server.told("Publish", json!({ "TopicArn": topic, "Message": "a<b&c", "Subject": "Hi" })).await;
    let id = published.element("MessageId").to_owned();
    published.is_told("Publish", &format!("<PublishResult><MessageId>{id}</MessageId></PublishResult>"));
    server.told("Publish", json!({ "TargetArn": topic, "Message": "two", "MessageGroupId": "tenant" })).await;
    let received = server.receive(&queue).await;
    let bodies: Vec<&str> = received.iter().map(|message| message["Body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["a<b&c", "two"]);
    assert_ne!(received[0]["MessageId"], id);
    assert_eq!(received[1]["Attributes"]["MessageGroupId"], "tenant");
}

#[tokio::test]
async fn a_requests_trace_goes_with_its_message() {
    let server = Server::start().await;
    let (topic, queue) = subscribed(&server, false).await;
    let mut request = crate::harness::sns_request("Publish", &json!({ "TopicArn": topic, "Message": "m" }));
    request.headers_mut().insert("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793".parse().unwrap());
    assert_eq!(server.send(request).await.status, 200);
    let header = &server.receive(&queue).await[0]["Attributes"]["AWSTraceHeader"];
    assert_eq!(header, "Root=1-5759e988-bd862e3fe1be46a994272793");
}

#[tokio::test]
async fn messages_are_refused() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    for (members, text) in [
        (json!({ "Message": "" }), "Empty message"),
        (json!({ "Subject": "" }), "Subject"),
        (json!({ "Subject": "x".repeat(101) }), "Subject"),
        (json!({ "Subject": "a\nb" }), "Subject"),
        (
            json!({ "MessageStructure": "json", "Message": r#"{"sqs":"q"}"# }),
            "Message Structure - No default entry in JSON message body",
        ),
        (
            json!({ "MessageStructure": "json", "Message": "{" }),
            "Message Structure - JSON message body failed to parse",
        ),
        (json!({ "MessageStructure": "xml" }), "MessageStructure"),
        (
            json!({ "MessageDeduplicationId": "a" }),
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for \
             this topic type",
        ),
        (
            json!({ "MessageGroupId": "a b" }),
            "MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in \
             length.",
        ),
        (json!({ "Message": "x".repeat(262_145) }), "Message too long"),
    ] {
        refused(&server, &topic, members, text).await;
    }
    let text =
        "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null";
    server.sns_refuses("Publish", json!({ "TopicArn": topic }), "ValidationError", text).await;
    let nowhere = "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter";
    server.sns_refuses("Publish", json!({ "Message": "m" }), "InvalidParameter", nowhere).await;
    let both = json!({ "TopicArn": topic, "PhoneNumber": "+12025550100", "Message": "m" });
    let text = "Invalid parameter: TopicArn, TargetArn and PhoneNumber Reason: only one of them can be given";
    server.sns_refuses("Publish", both, "InvalidParameter", text).await;
    let endpoint = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/x";
    let text = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified";
    server.sns_refuses("Publish", json!({ "TargetArn": endpoint, "Message": "m" }), "InvalidParameter", text).await;
}

#[tokio::test]
async fn attributes_count_towards_the_size_and_may_be_wrong() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({ "MaximumMessageSize": "1024" })).await;
    let attribute = |value: &str| json!({ "n": { "DataType": "String", "StringValue": value } });
    let publish =
        |bytes: usize| json!({ "TopicArn": topic, "Message": "x".repeat(bytes), "MessageAttributes": attribute("v") });
    server.told("Publish", publish(1024 - 8)).await;
    let text = "Invalid parameter: Message too long";
    server.sns_refuses("Publish", publish(1024 - 7), "InvalidParameter", text).await;
    let input = json!({ "TopicArn": topic, "Message": "m", "MessageAttributes": attribute("") });
    let text = "The message attribute 'n' must contain non-empty message attribute value for message attribute type \
                'String'.";
    server.sns_refuses("Publish", input, "ParameterValueInvalid", text).await;
    let input = json!({ "TopicArn": topic, "Message": "m", "MessageAttributes": { "n": { "StringValue": "v" } } });
    let text = "1 validation error detected: Value null at 'messageAttributes.n.member.dataType' failed to satisfy \
                constraint: Member must not be null";
    server.sns_refuses("Publish", input, "ValidationError", text).await;
}

#[tokio::test]
async fn a_missing_topic_is_told_before_other_faults() {
    let server = Server::start().await;
    let arn = "arn:aws:sns:us-east-1:000000000000:none";
    for input in [json!({ "TopicArn": arn, "Message": "m" }), json!({ "TopicArn": arn, "Message": "" })] {
        server.sns_refuses("Publish", input, "NotFound", "Topic does not exist").await;
    }
    let entries = json!([{ "Id": "?", "Message": "m" }]);
    let input = json!({ "TopicArn": arn, "PublishBatchRequestEntries": entries });
    server.sns_refuses("PublishBatch", input, "NotFound", "Topic does not exist").await;
}

#[tokio::test]
async fn a_message_to_a_telephone_is_answered() {
    let server = Server::start().await;
    let sent = server.told("Publish", json!({ "PhoneNumber": "+12025550100", "Message": "m" })).await;
    assert_eq!(sent.element("MessageId").len(), 36);
    for (number, text) in [
        ("12025550100", "12025550100 is not valid to publish to"),
        ("+1x", "+1x is not valid to publish to"),
        ("", "input incorrectly formatted"),
    ] {
        let text = format!("Invalid parameter: PhoneNumber Reason: {text}");
        let input = json!({ "PhoneNumber": number, "Message": "m" });
        server.sns_refuses("Publish", input, "InvalidParameter", &text).await;
    }
    let text = "Invalid parameter: Empty message";
    let empty = json!({ "PhoneNumber": "+12025550100", "Message": "" });
    server.sns_refuses("Publish", empty, "InvalidParameter", text).await;
}

#[tokio::test]
async fn a_fifo_topic_keeps_order_and_takes_no_duplicates() {
    let server = Server::start().await;
    let (topic, queue) = subscribed(&server, true).await;
    let publish = |message: &str, id: &str| json!({ "TopicArn": topic, "Message": message, "MessageGroupId": "g", "MessageDeduplicationId": id });
    let first = server.told("Publish", publish("one", "a")).await;
    let again = server.told("Publish", publish("other", "a")).await;
    let second = server.told("Publish", publish("two", "b")).await;
    let number = |answer: &crate::harness::Answer| answer.element("SequenceNumber").to_owned();
    assert_eq!((number(&again), again.element("MessageId")), (number(&first), first.element("MessageId")));
    assert!(number(&first) < number(&second) && number(&first).len() == 20);
    let received = server.receive(&queue).await;
    let bodies: Vec<&str> = received.iter().map(|message| message["Body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["one", "two"]);
    assert_eq!(received[0]["Attributes"]["MessageDeduplicationId"], "a");

    refused(&server, &topic, json!({}), "The MessageGroupId parameter is required for FIFO topics").await;
    let text = "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
                explicitly";
    refused(&server, &topic, json!({ "MessageGroupId": "g" }), text).await;
}

fn batch(topic: &str, entries: Value) -> Value {
    json!({ "TopicArn": topic, "PublishBatchRequestEntries": entries })
}

#[tokio::test]
async fn a_batch_is_answered_entry_by_entry() {
    let server = Server::start().await;
    let (topic, queue) = subscribed(&server, false).await;
    let entries = json!([
        { "Id": "a", "Message": "one", "MessageAttributes": { "n": { "DataType": "Number", "StringValue": "1" } } },
        { "Id": "b", "Message": "" },
        { "Id": "c", "Message": "three", "Subject": "x".repeat(101) },
        { "Id": "d", "Message": r#"{"default":"d","sqs":"four"}"#, "MessageStructure": "json" },
    ]);
    let answer = server.told("PublishBatch", batch(&topic, entries)).await;
    let failed = |id: &str, text: &str| {
        format!(
            "<member><Id>{id}</Id><Code>InvalidParameter</Code><Message>Invalid parameter: {text}</Message>\
             <SenderFault>true</SenderFault></member>"
        )
    };
    let failures = format!("<Failed>{}{}</Failed><Successful>", failed("b", "Empty message"), failed("c", "Subject"));
    assert!(answer.body.contains(&format!("<PublishBatchResult>{failures}<member><MessageId>")), "{}", answer.body);
    assert!(answer.body.contains("</MessageId><Id>a</Id></member><member>"), "{}", answer.body);
    let received = server.receive(&queue).await;
    let bodies: Vec<&str> = received.iter().map(|message| message["Body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["one", "four"]);

    let all_bad = server.sns("PublishBatch", batch(&topic, json!([{ "Id": "b", "Message": "" }]))).await;
    let result = format!("<Failed>{}</Failed><Successful></Successful>", failed("b", "Empty message"));
    all_bad.is_told("PublishBatch", &format!("<PublishBatchResult>{result}</PublishBatchResult>"));
}

#[tokio::test]
async fn a_batch_of_a_fifo_topic_has_sequence_numbers() {
    let server = Server::start().await;
    let (topic, queue) = subscribed(&server, true).await;
    let entry = |id: &str| json!({ "Id": id, "Message": id, "MessageGroupId": "g", "MessageDeduplicationId": id });
    let answer = server.told("PublishBatch", batch(&topic, json!([entry("a"), entry("b")]))).await;
    assert!(
        answer.body.contains("<Failed></Failed>") && answer.body.contains("</Id><SequenceNumber>"),
        "{}",
        answer.body
    );
    assert_eq!(server.receive(&queue).await.len(), 2);
    let groupless = json!([entry("c"), { "Id": "d", "Message": "d", "MessageDeduplicationId": "d" }]);
    let text = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics";
    server.sns_refuses("PublishBatch", batch(&topic, groupless), "InvalidParameter", text).await;
}

#[tokio::test]
async fn a_batch_is_checked_as_a_whole() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let entry = |id: &str| json!({ "Id": id, "Message": "m" });
    let eleven: Vec<Value> = (0..11).map(|number| entry(&number.to_string())).collect();
    let long = "x".repeat(81);
    let half = |id: &str| json!({ "Id": id, "Message": "x".repeat(131_073) });
    let untyped =
        json!([entry("a"), { "Id": "b", "Message": "m", "MessageAttributes": { "n": { "StringValue": "v" } } }]);
    let unfit = json!([entry("a"), { "Id": "b", "Message": "m", "MessageAttributes": { "n": { "DataType": "X", "StringValue": "v" } } }]);
    let no_default = json!([entry("a"), { "Id": "b", "Message": "{}", "MessageStructure": "json" }]);
    for (entries, code, text) in [
        (json!([]), "EmptyBatchRequest", "The batch request doesn't contain any entries."),
        (json!(eleven), "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."),
        (
            json!([entry("?"), entry("?")]),
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        ),
        (
            json!([entry(&long)]),
            "InvalidBatchEntryId",
            &format!("The Id of a batch entry in the batch request is too long: {long}"),
        ),
        (
            json!([entry("a?")]),
            "InvalidBatchEntryId",
            "The Id of a batch entry in the batch request contains an impermissible character: a?",
        ),
        (
            json!([half("a"), half("b")]),
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ),
        (
            json!([{ "Id": "a", "Message": "x".repeat(262_145) }]),
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ),
        (
            unfit,
            "ParameterValueInvalid",
            "The message attribute 'n' has an invalid message attribute type, the set of supported type prefixes is \
             Binary, Number, and String.",
        ),
        (
            untyped,
            "ValidationError",
            "1 validation error detected: Value null at \
             'publishBatchRequestEntries.2.member.messageAttributes.n.member.dataType' failed to satisfy constraint: \
             Member must not be null",
        ),
        (
            no_default,
            "InvalidParameter",
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            json!([{ "Id": "a" }]),
            "ValidationError",
            "1 validation error detected: Value null at 'publishBatchRequestEntries.1.member.message' failed to satisfy \
             constraint: Member must not be null",
        ),
        (
            json!([{ "Message": "m" }]),
            "ValidationError",
            "1 validation error detected: Value null at 'publishBatchRequestEntries.1.member.id' failed to satisfy \
             constraint: Member must not be null",
        ),
    ] {
        server.sns_refuses("PublishBatch", batch(&topic, entries), code, text).await;
    }
}
