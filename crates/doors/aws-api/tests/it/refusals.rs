//! What is refused, in AWS's own words and in both protocols.

use serde_json::{Value, json};

use crate::harness::Server;

const INVALID: &str = "InvalidParameterValueException";
const MISSING: &str = "MissingRequiredParameterException";

/// `{…members, "QueueUrl": url}`
fn at(url: &str, members: &Value) -> Value {
    let mut input = members.clone();
    input["QueueUrl"] = json!(url);
    input
}

#[tokio::test]
async fn queue_names() {
    let server = Server::start().await;
    let refuses = async |name: &str, attributes: Value, text: &str| {
        let input = json!({ "QueueName": name, "Attributes": attributes });
        server.refuses("CreateQueue", input, INVALID, text).await;
    };
    let standard = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    for bad in ["a b", "a.b", "é", "orders.fifo", &"x".repeat(81)] {
        refuses(bad, json!({}), standard).await;
    }
    let fifo = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end \
                with .fifo suffix and be 1 to 80 in length";
    for bad in ["orders", ".fifo", "a.b.fifo", &format!("{}.fifo", "x".repeat(76))] {
        refuses(bad, json!({ "FifoQueue": "true" }), fifo).await;
    }
    refuses("", json!({}), "Queue name cannot be empty").await;
    let text = "Value for parameter QueueName is invalid. Reason: Must specify a queue name.";
    for operation in ["CreateQueue", "GetQueueUrl"] {
        server.refuses(operation, json!({}), INVALID, text).await;
    }
    server.queue(&"x".repeat(80), json!({})).await;
    server.queue(&format!("{}.fifo", "x".repeat(75)), json!({ "FifoQueue": "true" })).await;
}

#[tokio::test]
async fn attributes_of_new_queues() {
    let server = Server::start().await;
    let refuses = async |name: &str, attributes: Value, shape: &str, text: &str| {
        let input = json!({ "QueueName": name, "Attributes": attributes });
        server.refuses("CreateQueue", input, shape, text).await;
    };
    for (name, outside) in [
        ("DelaySeconds", ["-1", "901"]),
        ("MaximumMessageSize", ["1023", "1048577"]),
        ("MessageRetentionPeriod", ["59", "1209601"]),
        ("ReceiveMessageWaitTimeSeconds", ["-1", "21"]),
        ("VisibilityTimeout", ["-1", "43201"]),
    ] {
        for bad in outside.into_iter().chain(["", " 5", "5.0", "five", "99999999999999999999"]) {
            let text = format!("Invalid value for the parameter {name}.");
            refuses("orders", json!({ name: bad }), "InvalidAttributeValue", &text).await;
        }
    }
    for name in ["Foobar", "QueueArn", "CreatedTimestamp", "All"] {
        let text = format!("Unknown Attribute {name}.");
        refuses("orders", json!({ name: "x" }), "InvalidAttributeName", &text).await;
    }
    for name in ["FifoQueue", "ContentBasedDeduplication"] {
        let text = format!("Unknown Attribute {name}.");
        refuses("orders", json!({ name: "false" }), "InvalidAttributeName", &text).await;
    }
    for (name, value) in [("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")] {
        let text = format!("You can specify the {name} only when FifoQueue is set to true.");
        refuses("orders", json!({ name: value }), "InvalidAttributeName", &text).await;
    }
    for name in ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"] {
        let text = format!("Invalid value for the parameter {name}.");
        let attributes = json!({ "FifoQueue": "true", name: "maybe" });
        refuses("orders.fifo", attributes, "InvalidAttributeValue", &text).await;
    }
    let text = "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to \
                perMessageGroupId, the DeduplicationScope must be messageGroup.";
    let attributes = json!({ "FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId" });
    refuses("orders.fifo", attributes, "InvalidAttributeValue", text).await;
}

#[tokio::test]
async fn redrive_policies() {
    let server = Server::start().await;
    server.queue("dead", json!({})).await;
    server.fifo().await;
    let refuses = async |policy: &str, reason: &str| {
        let input = json!({ "QueueName": "orders", "Attributes": { "RedrivePolicy": policy } });
        let text = format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}");
        server.refuses("CreateQueue", input, INVALID, &text).await;
    };
    let arn = "arn:aws:sqs:us-east-1:000000000000";
    for (policy, reason) in [
        (r#"{}"#.to_owned(), "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
        (
            r#"{"maxReceiveCount":1}"#.to_owned(),
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
        ),
        (
            format!(r#"{{"deadLetterTargetArn":"{arn}:dead","maxReceiveCount":0}}"#),
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
        (
            format!(r#"{{"deadLetterTargetArn":"{arn}:dead","maxReceiveCount":1001}}"#),
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
        ),
        (
            r#"{"deadLetterTargetArn":"dead","maxReceiveCount":1}"#.to_owned(),
            "Dead-letter target ARN should be fully qualified ARN.",
        ),
        (
            r#"{"deadLetterTargetArn":"arn:aws:sns:us-east-1:000000000000:dead","maxReceiveCount":1}"#.to_owned(),
            "Only SQS queues are valid resources for deadLetterTargetArn.",
        ),
        (
            r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":1}"#.to_owned(),
            "Dead-letter target must be in same region as the source.",
        ),
        (
            format!(r#"{{"deadLetterTargetArn":"{arn}:orders.fifo","maxReceiveCount":1}}"#),
            "Dead-letter queue must be same type of queue as the source.",
        ),
        (
            format!(r#"{{"deadLetterTargetArn":"{arn}:nobody","maxReceiveCount":1}}"#),
            "Dead letter target does not exist.",
        ),
        (
            format!(r#"{{"deadLetterTargetArn":"{arn}:dead","maxReceiveCount":1,"more":1}}"#),
            "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].",
        ),
    ] {
        refuses(&policy, reason).await;
    }
    let text = "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.";
    for no_map in ["x", "[]", "1", "{"] {
        let input = json!({ "QueueName": "orders", "Attributes": { "RedrivePolicy": no_map } });
        server.refuses("CreateQueue", input, "InvalidAttributeValue", text).await;
    }
}

#[tokio::test]
async fn queues_that_do_not_exist() {
    let server = Server::start().await;
    let text = "The specified queue does not exist.";
    for (operation, members) in [
        ("GetQueueAttributes", json!({})),
        ("SendMessage", json!({ "MessageBody": "m" })),
        ("SendMessageBatch", json!({ "Entries": [{ "Id": "a", "MessageBody": "m" }] })),
        ("ReceiveMessage", json!({})),
        ("DeleteQueue", json!({})),
    ] {
        server.refuses(operation, members.clone(), "QueueDoesNotExist", text).await;
        for url in ["", "nobody", "http://127.0.0.1:4566/000000000000/nobody", "http://127.0.0.1:4566/nobody"] {
            server.refuses(operation, at(url, &members), "QueueDoesNotExist", text).await;
        }
    }
}

#[tokio::test]
async fn other_accounts_queues() {
    let server = Server::start().await;
    let url = "http://127.0.0.1:4566/000000000042/orders";
    let text = "The specified queue does not exist.";
    server.refuses("ReceiveMessage", json!({ "QueueUrl": url }), "QueueDoesNotExist", text).await;
    server.standard().await;
    for owner in ["000000000042", "nonsense"] {
        let input = json!({ "QueueName": "orders", "QueueOwnerAWSAccountId": owner });
        server.refuses("GetQueueUrl", input, "QueueDoesNotExist", text).await;
    }
    server.ask("GetQueueUrl", json!({ "QueueName": "orders", "QueueOwnerAWSAccountId": "000000000000" })).await;
}

#[tokio::test]
async fn messages() {
    let server = Server::start().await;
    let url = server.queue("orders", json!({ "MaximumMessageSize": "1024" })).await;
    let invalid_characters = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF \
                              | #xE000 to #xFFFD | #x10000 to #x10FFFF";
    let too_long = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.";
    let attribute = |value: Value| json!({ "MessageBody": "m", "MessageAttributes": { "X": value } });
    let named = |name: &str| json!({ "MessageBody": "m", "MessageAttributes": { name: { "DataType": "String", "StringValue": "v" } } });
    let id = |name: &str, value: &str| json!({ "MessageBody": "m", name: value });
    let eleven: serde_json::Map<String, Value> =
        (0..11).map(|n| (format!("n{n}"), json!({ "DataType": "String", "StringValue": "v" }))).collect();
    for (members, shape, text) in [
        (json!({}), MISSING, "The request must contain the parameter MessageBody."),
        (json!({ "MessageBody": "" }), MISSING, "The request must contain the parameter MessageBody."),
        (json!({ "MessageBody": "\u{0}" }), "InvalidMessageContents", invalid_characters),
        (json!({ "MessageBody": "a\u{fffe}" }), "InvalidMessageContents", invalid_characters),
        (json!({ "MessageBody": "x".repeat(1025) }), INVALID, too_long),
        (json!({ "MessageBody": "ü".repeat(513) }), INVALID, too_long),
        (
            json!({ "MessageBody": "x".repeat(1016),
                "MessageAttributes": { "nn": { "DataType": "String", "StringValue": "v" } } }),
            INVALID,
            too_long,
        ),
        (
            json!({ "MessageBody": "m", "DelaySeconds": 1000 }),
            INVALID,
            "Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
        (
            json!({ "MessageBody": "m", "DelaySeconds": -1 }),
            INVALID,
            "Value -1 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
        (
            id("MessageDeduplicationId", "d"),
            INVALID,
            "Value d for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is \
             not valid for this queue type.",
        ),
        (
            id("MessageGroupId", "a b"),
            INVALID,
            "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric \
             and punctuation characters. 1 to 128 in length.",
        ),
        (
            id("MessageGroupId", ""),
            INVALID,
            "Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and \
             punctuation characters. 1 to 128 in length.",
        ),
        (
            attribute(json!({ "DataType": "String", "StringValue": "" })),
            INVALID,
            "Message (user) attribute 'X' must contain a non-empty value of type 'String'.",
        ),
        (
            attribute(json!({ "DataType": "Binary", "StringValue": "v" })),
            INVALID,
            "Message (user) attribute 'X' must contain a non-empty value of type 'Binary'.",
        ),
        (
            attribute(json!({ "DataType": "String" })),
            INVALID,
            "The message (user) attribute 'X' must contain a non-empty message attribute value.",
        ),
        (
            attribute(json!({ "DataType": "string", "StringValue": "v" })),
            INVALID,
            "The type of message (user) attribute 'X' is invalid. You must use only the following supported type \
             prefixes: Binary, Number, String.",
        ),
        (
            attribute(json!({ "DataType": "Number", "StringValue": "one" })),
            INVALID,
            "Can't cast the value of message (user) attribute 'X' to a number.",
        ),
        (attribute(json!({ "DataType": "String", "StringValue": "\u{1}" })), INVALID, invalid_characters),
        (
            attribute(json!({ "DataType": "String", "StringListValues": ["v"] })),
            "UnsupportedOperation",
            "Message attribute list values in SendMessage operation are not supported.",
        ),
        (named(""), INVALID, "The request must contain non-empty message (user) attribute names."),
        (
            named("aws.x"),
            INVALID,
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for \
             internal use.",
        ),
        (named(&"n".repeat(256)), INVALID, "Message (user) attribute name must be shorter than 256 bytes."),
        (
            json!({ "MessageBody": "m", "MessageAttributes": eleven }),
            INVALID,
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            json!({ "MessageBody": "m",
                "MessageSystemAttributes": { "Other": { "DataType": "String", "StringValue": "v" } } }),
            INVALID,
            "Message system attribute name 'Other' is invalid.",
        ),
    ] {
        server.refuses("SendMessage", at(&url, &members), shape, text).await;
    }
    assert!(server.receive(&url).await.is_empty());
    // The limits are inclusive, and system attributes do not count.
    let fits = json!({ "MessageBody": "x".repeat(1016),
        "MessageAttributes": { "n": { "DataType": "String", "StringValue": "v" } },
        "MessageSystemAttributes": { "AWSTraceHeader": { "DataType": "String", "StringValue": "trace" } } });
    server.ask("SendMessage", at(&url, &fits)).await;
}

#[tokio::test]
async fn fifo_messages() {
    let server = Server::start().await;
    let url = server.fifo().await;
    for (members, shape, text) in [
        (json!({ "MessageDeduplicationId": "d" }), MISSING, "The request must contain the parameter MessageGroupId."),
        (
            json!({ "MessageGroupId": "g" }),
            INVALID,
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
             explicitly",
        ),
        (
            json!({ "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 2 }),
            INVALID,
            "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid \
             for this queue type.",
        ),
        (
            json!({ "MessageGroupId": "g", "MessageDeduplicationId": "x".repeat(129) }),
            INVALID,
            &format!(
                "Value {} for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only \
                 include alphanumeric and punctuation characters. 1 to 128 in length.",
                "x".repeat(129)
            ),
        ),
    ] {
        let mut input = at(&url, &members);
        input["MessageBody"] = json!("m");
        server.refuses("SendMessage", input, shape, text).await;
    }
    let zero = json!({ "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 0 });
    server.ask("SendMessage", at(&url, &zero)).await;
}

#[tokio::test]
async fn receives() {
    let server = Server::start().await;
    let url = server.standard().await;
    for (name, bad, reason) in [
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("VisibilityTimeout", 43_201, "Must be >= 0 and <= 43200, if provided."),
        ("VisibilityTimeout", -1, "Must be >= 0 and <= 43200, if provided."),
    ] {
        let text = format!("Value {bad} for parameter {name} is invalid. Reason: {reason}");
        server.refuses("ReceiveMessage", at(&url, &json!({ name: bad })), INVALID, &text).await;
    }
    let unknown = json!({ "AttributeNames": ["Foobar"] });
    let text = "Unknown Attribute Foobar.";
    server.refuses("ReceiveMessage", at(&url, &unknown), "InvalidAttributeName", text).await;
    let names: Vec<String> = (0..101).map(|number| format!("n{number}")).collect();
    let text = "At most 100 attribute names can be asked for.";
    server.refuses("ReceiveMessage", at(&url, &json!({ "MessageAttributeNames": names })), INVALID, text).await;
    let long = json!({ "QueueUrl": url, "MessageAttributeNames": ["x".repeat(64 << 10)] });
    assert_eq!(server.json("ReceiveMessage", long).await.status, 413);
    for bad in ["x".repeat(129), "a b".to_owned(), "é".to_owned()] {
        let text = format!(
            "Value {bad} for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only \
             include alphanumeric and punctuation characters. 1 to 128 in length."
        );
        let input = json!({ "ReceiveRequestAttemptId": bad });
        server.refuses("ReceiveMessage", at(&url, &input), INVALID, &text).await;
    }
}

#[tokio::test]
async fn receipt_handles() {
    let server = Server::start().await;
    let (url, other) = (server.standard().await, server.queue("other", json!({})).await);
    server.ask("SendMessage", json!({ "QueueUrl": other, "MessageBody": "m" })).await;
    let foreign = server.receive(&other).await[0]["ReceiptHandle"].as_str().unwrap().to_owned();
    for operation in ["DeleteMessage", "ChangeMessageVisibility"] {
        let with = |handle: &str| json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 1 });
        let text = "The request must contain the parameter ReceiptHandle.";
        server.refuses(operation, with(""), MISSING, text).await;
        let absent = json!({ "QueueUrl": url, "VisibilityTimeout": 1 });
        server.refuses(operation, absent, MISSING, text).await;
        for bad in ["garbage", "<&\">", &foreign] {
            let text = format!("The input receipt handle \"{bad}\" is not a valid receipt handle.");
            server.refuses(operation, with(bad), "ReceiptHandleIsInvalid", &text).await;
        }
    }
}

#[tokio::test]
async fn visibility_timeouts() {
    let server = Server::start().await;
    let url = server.standard().await;
    server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "m" })).await;
    let handle = server.receive(&url).await[0]["ReceiptHandle"].clone();
    assert!(server.receive(&url).await.is_empty());
    let with = |timeout: Value| {
        let mut input = json!({ "QueueUrl": url, "ReceiptHandle": handle });
        if !timeout.is_null() {
            input["VisibilityTimeout"] = timeout;
        }
        input
    };
    let text = "The request must contain the parameter VisibilityTimeout.";
    server.refuses("ChangeMessageVisibility", with(Value::Null), MISSING, text).await;
    for bad in [-1, 43_201] {
        let text =
            format!("Value {bad} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.");
        server.refuses("ChangeMessageVisibility", with(json!(bad)), INVALID, &text).await;
    }
    server.advance(1);
    let text = "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the \
                message is beyond the limit [43200 seconds]";
    server.refuses("ChangeMessageVisibility", with(json!(43_200)), INVALID, text).await;
    server.ask("ChangeMessageVisibility", with(json!(43_199))).await;
}

#[tokio::test]
async fn pages() {
    let server = Server::start().await;
    let text = "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.";
    for bad in [-1, 0, 1001] {
        server.refuses("ListQueues", json!({ "MaxResults": bad }), INVALID, text).await;
    }
    let text = "Invalid or expired next token.";
    server.refuses("ListQueues", json!({ "MaxResults": 1, "NextToken": "*" }), INVALID, text).await;
}
