//! A message's way: sent, received, hidden, deleted.

use serde_json::{Value, json};

use crate::harness::{NOW, Server, json_request};

const MD5_OF_MESSAGE: &str = "78e731027d8fd50ed642340b7c9a63b3";
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

#[tokio::test]
async fn a_send_answers_with_id_and_digests() {
    let server = Server::start().await;
    let url = server.standard().await;
    let plain = json!({ "QueueUrl": url, "MessageBody": "message" });
    let answer = server.json("SendMessage", plain.clone()).await;
    let id = answer.value()["MessageId"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36);
    answer.is_json(&format!(r#"{{"MessageId":"{id}","MD5OfMessageBody":"{MD5_OF_MESSAGE}"}}"#));

    let full = json!({
        "QueueUrl": url, "MessageBody": "message",
        "MessageAttributes": { "Foo": { "DataType": "String", "StringValue": "Bar" } },
        "MessageSystemAttributes": { "AWSTraceHeader": { "DataType": "String", "StringValue": TRACE } },
    });
    let answer = server.json("SendMessage", full.clone()).await;
    let id = answer.value()["MessageId"].as_str().unwrap().to_owned();
    let digests = [MD5_OF_MESSAGE, "ae7155c6026991b6d54b11589678bf9c", "5ae4d5d7636402d80f4eb6d213245a88"];
    answer.is_json(&format!(
        r#"{{"MessageId":"{id}","MD5OfMessageBody":"{}","MD5OfMessageAttributes":"{}","MD5OfMessageSystemAttributes":"{}"}}"#,
        digests[0], digests[1], digests[2]
    ));
    let answer = server.query("SendMessage", &full).await;
    let id = answer.element("MessageId").to_owned();
    answer.is_xml(
        "SendMessage",
        &format!(
            "<SendMessageResult><MessageId>{id}</MessageId><MD5OfMessageBody>{}</MD5OfMessageBody>\
             <MD5OfMessageAttributes>{}</MD5OfMessageAttributes>\
             <MD5OfMessageSystemAttributes>{}</MD5OfMessageSystemAttributes></SendMessageResult>",
            digests[0], digests[1], digests[2]
        ),
    );
}

#[tokio::test]
async fn a_receive_answers_with_what_was_asked_for_and_no_more() {
    let server = Server::start().await;
    let url = server.standard().await;
    server.json("ReceiveMessage", json!({ "QueueUrl": url })).await.is_json("{}");
    let empty = server.query("ReceiveMessage", &json!({ "QueueUrl": url })).await;
    empty.is_xml("ReceiveMessage", "<ReceiveMessageResult/>");

    let sent = json!({
        "QueueUrl": url, "MessageBody": "message",
        "MessageAttributes": { "Foo": { "DataType": "String", "StringValue": "Bar" } },
    });
    let id = server.ask("SendMessage", sent).await["MessageId"].as_str().unwrap().to_owned();
    let bare = json!({ "QueueUrl": url, "VisibilityTimeout": 0 });
    let answer = server.json("ReceiveMessage", bare.clone()).await;
    let handle = answer.value()["Messages"][0]["ReceiptHandle"].as_str().unwrap().to_owned();
    answer.is_json(&format!(
        r#"{{"Messages":[{{"MessageId":"{id}","ReceiptHandle":"{handle}","MD5OfBody":"{MD5_OF_MESSAGE}","Body":"message"}}]}}"#
    ));
    let answer = server.query("ReceiveMessage", &bare).await;
    let again = answer.element("ReceiptHandle").to_owned();
    assert_ne!(handle, again);
    answer.is_xml(
        "ReceiveMessage",
        &format!(
            "<ReceiveMessageResult><Message><MessageId>{id}</MessageId><ReceiptHandle>{again}</ReceiptHandle>\
             <MD5OfBody>{MD5_OF_MESSAGE}</MD5OfBody><Body>message</Body></Message></ReceiveMessageResult>"
        ),
    );

    let all = json!({
        "QueueUrl": url, "VisibilityTimeout": 0, "AttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
        "MessageAttributeNames": ["All"],
    });
    let message = &server.ask("ReceiveMessage", all.clone()).await["Messages"][0];
    let attributes = json!({ "ApproximateReceiveCount": "3", "SentTimestamp": format!("{NOW}000") });
    assert_eq!(message["Attributes"], attributes);
    assert_eq!(message["MessageAttributes"], json!({ "Foo": { "StringValue": "Bar", "DataType": "String" } }));
    assert_eq!(message["MD5OfMessageAttributes"], "ae7155c6026991b6d54b11589678bf9c");
    let answer = server.query("ReceiveMessage", &all).await;
    let handle = answer.element("ReceiptHandle").to_owned();
    answer.is_xml(
        "ReceiveMessage",
        &format!(
            "<ReceiveMessageResult><Message><MessageId>{id}</MessageId><ReceiptHandle>{handle}</ReceiptHandle>\
             <MD5OfBody>{MD5_OF_MESSAGE}</MD5OfBody><Body>message</Body>\
             <Attribute><Name>ApproximateReceiveCount</Name><Value>4</Value></Attribute>\
             <Attribute><Name>SentTimestamp</Name><Value>{NOW}000</Value></Attribute>\
             <MD5OfMessageAttributes>ae7155c6026991b6d54b11589678bf9c</MD5OfMessageAttributes>\
             <MessageAttribute><Name>Foo</Name><Value><StringValue>Bar</StringValue><DataType>String</DataType></Value>\
             </MessageAttribute></Message></ReceiveMessageResult>"
        ),
    );
}

#[tokio::test]
async fn system_attributes_tell_who_when_and_how_often() {
    let server = Server::start().await;
    let url = server.fifo().await;
    let sent = json!({
        "QueueUrl": url, "MessageBody": "same", "MessageGroupId": "g", "MessageDeduplicationId": "d",
        "MessageSystemAttributes": { "AWSTraceHeader": { "DataType": "String", "StringValue": TRACE } },
    });
    let sequence = server.ask("SendMessage", sent).await["SequenceNumber"].clone();
    server.advance(2);
    let all = json!({ "QueueUrl": url, "MessageSystemAttributeNames": ["All"] });
    let message = &server.ask("ReceiveMessage", all).await["Messages"][0];
    let expected = json!({
        "SenderId": message["Attributes"]["SenderId"], "SentTimestamp": format!("{NOW}000"),
        "ApproximateReceiveCount": "1", "ApproximateFirstReceiveTimestamp": format!("{}000", NOW + 2),
        "SequenceNumber": sequence, "MessageDeduplicationId": "d", "MessageGroupId": "g", "AWSTraceHeader": TRACE,
    });
    assert_eq!(message["Attributes"], expected);
    assert_eq!(sequence.as_str().map(str::len), Some(20));
}

#[tokio::test]
async fn the_newer_list_of_names_decides_unless_it_is_empty() {
    let server = Server::start().await;
    let url = server.standard().await;
    server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "message" })).await;
    let names = async |older: Value, newer: Value| -> Vec<String> {
        let input = json!({ "QueueUrl": url, "VisibilityTimeout": 0, "AttributeNames": older,
            "MessageSystemAttributeNames": newer });
        let output = server.ask("ReceiveMessage", input).await;
        let attributes = output["Messages"][0]["Attributes"].as_object().cloned().unwrap_or_default();
        attributes.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(json!(["All"]), json!(["SentTimestamp"])).await, ["SentTimestamp"]);
    assert_eq!(names(json!(["SentTimestamp"]), json!([])).await, ["SentTimestamp"]);
    assert_eq!(names(json!(["SentTimestamp"]), json!(["All"])).await.len(), 4);
    assert!(names(json!([]), json!([])).await.is_empty());
}

#[tokio::test]
async fn the_requests_trace_id_goes_with_the_message() {
    let server = Server::start().await;
    let url = server.standard().await;
    let body = json!({ "QueueUrl": url, "MessageBody": "message" }).to_string();
    let mut request = json_request("SendMessage", body);
    request.headers_mut().insert("x-amzn-trace-id", TRACE.parse().unwrap());
    let answer = server.send(request).await;
    assert!(!answer.body.contains("MD5OfMessageSystemAttributes"), "{}", answer.body);
    assert_eq!(server.receive(&url).await[0]["Attributes"]["AWSTraceHeader"], TRACE);
}

#[tokio::test]
async fn a_traceparent_goes_with_the_message_in_xrays_words_unless_xray_speaks_itself() {
    let server = Server::start().await;
    let url = server.standard().await;
    let body = json!({ "QueueUrl": url, "MessageBody": "message" }).to_string();
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let translated = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0";
    for (traceparent, xray, expected) in [
        (traceparent, None, json!(translated)),
        (traceparent, Some(TRACE), json!(TRACE)),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", None, json!(null)),
        ("nonsense", None, json!(null)),
    ] {
        let mut request = json_request("SendMessage", body.clone());
        request.headers_mut().insert("traceparent", traceparent.parse().unwrap());
        if let Some(xray) = xray {
            request.headers_mut().insert("x-amzn-trace-id", xray.parse().unwrap());
        }
        assert_eq!(server.send(request).await.status, 200);
        assert_eq!(server.receive(&url).await[0]["Attributes"]["AWSTraceHeader"], expected, "{traceparent}");
    }
}

#[tokio::test]
async fn message_attributes_come_back_as_they_were_sent() {
    let attributes = json!({
        "amount": { "DataType": "Number.int", "StringValue": "42" },
        "blob": { "DataType": "Binary.png", "BinaryValue": "AAH/" },
        "city": { "DataType": "String", "StringValue": "Zürich" },
    });
    let server = Server::start().await;
    let url = server.standard().await;
    let input = json!({ "QueueUrl": url, "MessageBody": "Zürich", "MessageAttributes": attributes });
    let digest = "48dc1be2a4ad8137ff1a6fb996cd2479";
    let sent = server.ask("SendMessage", input.clone()).await;
    assert_eq!(sent["MD5OfMessageBody"], "103a821a3a6a0b923c9f74a39662bb51");
    assert_eq!(sent["MD5OfMessageAttributes"], digest);
    assert_eq!(server.query("SendMessage", &input).await.element("MD5OfMessageAttributes"), digest);
    for message in server.receive(&url).await {
        assert_eq!(message["MessageAttributes"], attributes);
        assert_eq!(message["MD5OfMessageAttributes"], digest);
    }
}

#[tokio::test]
async fn attribute_names_are_filtered_by_name_and_prefix() {
    let server = Server::start().await;
    let url = server.standard().await;
    let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
    let attributes = json!({ "Hello": text("There"), "General": text("Kenobi"), "Help.Me": text("Me") });
    let input = json!({ "QueueUrl": url, "MessageBody": "message", "MessageAttributes": attributes });
    server.ask("SendMessage", input).await;
    for (wanted, digest) in [
        ("All", Some("4c360f3fdafd970e05fae2f149d997f5")),
        (".*", Some("4c360f3fdafd970e05fae2f149d997f5")),
        ("Hello", Some("a311262e065454b75da111d535b8dacd")),
        ("Hello.*", Some("a311262e065454b75da111d535b8dacd")),
        ("hello", None),
        ("None.*", None),
    ] {
        let input = json!({ "QueueUrl": url, "VisibilityTimeout": 0, "MessageAttributeNames": [wanted] });
        let message = &server.ask("ReceiveMessage", input).await["Messages"][0];
        assert_eq!(message.get("MD5OfMessageAttributes").and_then(Value::as_str), digest, "{wanted}");
        assert_eq!(message.get("MessageAttributes").is_some(), digest.is_some(), "{wanted}");
    }
}

#[tokio::test]
async fn a_duplicate_gets_the_first_ones_id_and_its_own_digest() {
    let server = Server::start().await;
    let url = server.fifo().await;
    let message = |body: &str| {
        json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": "g",
        "MessageDeduplicationId": "d" })
    };
    let first = server.ask("SendMessage", message("first")).await;
    let second = server.ask("SendMessage", message("message")).await;
    assert_eq!(first["MessageId"], second["MessageId"]);
    assert_eq!(first["SequenceNumber"], second["SequenceNumber"]);
    assert_eq!(second["MD5OfMessageBody"], MD5_OF_MESSAGE);
    server.advance(301);
    let third = server.ask("SendMessage", message("third")).await;
    assert_ne!(first["MessageId"], third["MessageId"]);
    assert!(first["SequenceNumber"].as_str() < third["SequenceNumber"].as_str());
    let bodies: Vec<_> = server.receive(&url).await.iter().map(|message| message["Body"].clone()).collect();
    assert_eq!(bodies, ["first", "third"]);
}

#[tokio::test]
async fn the_content_can_be_the_deduplication_id() {
    let server = Server::start().await;
    let url = server.queue("orders.fifo", json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" })).await;
    let input = json!({ "QueueUrl": url, "MessageBody": "same", "MessageGroupId": "g" });
    server.ask("SendMessage", input.clone()).await;
    server.query("SendMessage", &input).await;
    let messages = server.receive(&url).await;
    assert_eq!(messages.len(), 1);
    let id = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5";
    assert_eq!(messages[0]["Attributes"]["MessageDeduplicationId"], id);
}

#[tokio::test]
async fn a_standard_message_may_name_its_tenant() {
    let server = Server::start().await;
    let url = server.standard().await;
    let input = json!({ "QueueUrl": url, "MessageBody": "message", "MessageGroupId": "tenant-1" });
    assert!(server.ask("SendMessage", input).await.get("SequenceNumber").is_none());
    let attributes = &server.receive(&url).await[0]["Attributes"];
    assert_eq!(attributes["MessageGroupId"], "tenant-1");
    assert!(attributes.get("SequenceNumber").is_none() && attributes.get("MessageDeduplicationId").is_none());
}

#[tokio::test]
async fn a_deleted_message_is_gone_and_may_be_deleted_again() {
    let server = Server::start().await;
    let url = server.standard().await;
    for protocol in ["json", "query"] {
        server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "message" })).await;
        let handle = server.receive(&url).await[0]["ReceiptHandle"].clone();
        let input = json!({ "QueueUrl": url, "ReceiptHandle": handle });
        for _ in 0..2 {
            match protocol {
                "json" => server.json("DeleteMessage", input.clone()).await.is_json(""),
                _ => server.query("DeleteMessage", &input).await.is_xml("DeleteMessage", ""),
            }
        }
        server.advance(60);
        assert!(server.receive(&url).await.is_empty());
        let text = format!(
            "Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for \
             visibility timeout change.",
            handle.as_str().unwrap()
        );
        let input = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 1 });
        server.refuses("ChangeMessageVisibility", input, "InvalidParameterValueException", &text).await;
    }
}

#[tokio::test]
async fn a_message_comes_back_when_its_visibility_timeout_is_over() {
    let server = Server::start().await;
    let url = server.standard().await;
    server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "message" })).await;
    let change = async |seconds: u32| {
        let handle = server.receive(&url).await[0]["ReceiptHandle"].clone();
        let input = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": seconds });
        server.json("ChangeMessageVisibility", input.clone()).await.is_json("");
        server.query("ChangeMessageVisibility", &input).await.is_xml("ChangeMessageVisibility", "");
    };
    change(100).await;
    server.advance(99);
    assert!(server.receive(&url).await.is_empty());
    server.advance(1);
    change(0).await;
    assert_eq!(server.receive(&url).await[0]["Attributes"]["ApproximateReceiveCount"], "3");
}

#[tokio::test]
async fn handles_of_a_fifo_queue_expire() {
    let server = Server::start().await;
    let url = server.fifo().await;
    let input = json!({ "QueueUrl": url, "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d" });
    server.ask("SendMessage", input).await;
    let handle = server.receive(&url).await[0]["ReceiptHandle"].clone();
    server.advance(31);
    let text = format!(
        "Value {} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
        handle.as_str().unwrap()
    );
    let input = json!({ "QueueUrl": url, "ReceiptHandle": handle });
    server.refuses("DeleteMessage", input.clone(), "InvalidParameterValueException", &text).await;
    let input = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 9 });
    server.refuses("ChangeMessageVisibility", input, "InvalidParameterValueException", &text).await;
}

#[tokio::test]
async fn a_waiting_receive_is_woken_by_a_send() {
    let server = Server::start().await;
    let url = server.standard().await;
    let wait = json!({ "QueueUrl": url, "WaitTimeSeconds": 20 });
    let send = json!({ "QueueUrl": url, "MessageBody": "message" });
    let (received, _) = tokio::join!(server.ask("ReceiveMessage", wait), server.ask("SendMessage", send));
    assert_eq!(received["Messages"][0]["Body"], "message");
}

#[tokio::test]
async fn a_waiting_receive_ends_empty() {
    let server = Server::start().await;
    let url = server.queue("orders", json!({ "ReceiveMessageWaitTimeSeconds": "20" })).await;
    let time_passes = async {
        loop {
            server.advance(1);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        received = server.json("ReceiveMessage", json!({ "QueueUrl": url })) => received.is_json("{}"),
        () = time_passes => {}
    }
    // An explicit zero does not wait, whatever the queue says.
    server.json("ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 0 })).await.is_json("{}");
}

#[tokio::test]
async fn a_message_received_too_often_ends_in_the_dead_letter_queue() {
    let server = Server::start().await;
    let dead = server.queue("dead", json!({})).await;
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}"#;
    let url = server.queue("orders", json!({ "RedrivePolicy": policy, "VisibilityTimeout": "0" })).await;
    let id = server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "message" })).await["MessageId"].clone();
    assert_eq!(server.receive(&url).await.len(), 1);
    assert!(server.receive(&url).await.is_empty());
    let message = &server.receive(&dead).await[0];
    assert_eq!(message["MessageId"], id);
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "2");
    let source = "arn:aws:sqs:us-east-1:000000000000:orders";
    assert_eq!(message["Attributes"]["DeadLetterQueueSourceArn"], source);
}

#[tokio::test]
async fn every_character_that_a_message_may_hold_survives() {
    let server = Server::start().await;
    let url = server.standard().await;
    let body = "\t\n\r \"quoted\" <&> \u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff} é + %20 = ;";
    let input = json!({ "QueueUrl": url, "MessageBody": body });
    server.ask("SendMessage", input.clone()).await;
    server.query("SendMessage", &input).await;
    let messages = server.receive(&url).await;
    assert_eq!(messages.iter().map(|message| message["Body"].as_str().unwrap()).collect::<Vec<_>>(), [body, body]);
}
