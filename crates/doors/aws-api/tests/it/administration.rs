//! Operations around the messages: attributes that change, tags, purges, and who dead-letters where.

use serde_json::{Value, json};

use crate::harness::Server;

const INVALID: &str = "InvalidParameterValueException";

async fn attribute(server: &Server, url: &str, name: &str) -> Value {
    let input = json!({ "QueueUrl": url, "AttributeNames": [name] });
    server.ask("GetQueueAttributes", input).await["Attributes"][name].clone()
}

async fn set(server: &Server, url: &str, attributes: Value) {
    server.ask("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": attributes })).await;
}

#[tokio::test]
async fn attributes_change_in_both_protocols() {
    let server = Server::start().await;
    let url = server.standard().await;
    let created = attribute(&server, &url, "CreatedTimestamp").await;
    server.advance(5);
    let input = json!({ "QueueUrl": url, "Attributes": { "VisibilityTimeout": "7", "DelaySeconds": "1" } });
    let answer = server.json("SetQueueAttributes", input).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(attribute(&server, &url, "VisibilityTimeout").await, "7");
    assert_eq!(attribute(&server, &url, "CreatedTimestamp").await, created);
    assert_ne!(attribute(&server, &url, "LastModifiedTimestamp").await, created);

    let input = json!({ "QueueUrl": url, "Attributes": { "VisibilityTimeout": "8" } });
    server.query("SetQueueAttributes", &input).await.is_xml("SetQueueAttributes", "");
    assert_eq!(attribute(&server, &url, "VisibilityTimeout").await, "8");
    assert_eq!(attribute(&server, &url, "DelaySeconds").await, "1");
}

#[tokio::test]
async fn a_change_that_is_wrong_in_part_changes_nothing() {
    let server = Server::start().await;
    let url = server.standard().await;
    let input = json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "5", "VisibilityTimeout": "43201" } });
    let text = "Invalid value for the parameter VisibilityTimeout.";
    server.refuses("SetQueueAttributes", input, "InvalidAttributeValue", text).await;
    assert_eq!(attribute(&server, &url, "DelaySeconds").await, "0");
    let text = "The request must contain the parameter Attributes.";
    server.refuses("SetQueueAttributes", json!({ "QueueUrl": url }), "MissingRequiredParameterException", text).await;
}

#[tokio::test]
async fn a_queue_keeps_its_kind() {
    let server = Server::start().await;
    let (standard, fifo) = (server.standard().await, server.fifo().await);
    set(&server, &fifo, json!({ "FifoQueue": "true", "ContentBasedDeduplication": "True" })).await;
    assert_eq!(attribute(&server, &fifo, "ContentBasedDeduplication").await, "true");
    let text = "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.";
    let input = json!({ "QueueUrl": fifo, "Attributes": { "FifoQueue": "false" } });
    server.refuses("SetQueueAttributes", input, "InvalidAttributeValue", text).await;
    for name in ["FifoQueue", "ContentBasedDeduplication"] {
        let input = json!({ "QueueUrl": standard, "Attributes": { name: "true" } });
        let text = format!("Unknown Attribute {name}.");
        server.refuses("SetQueueAttributes", input, "InvalidAttributeName", &text).await;
    }
    let input = json!({ "QueueUrl": fifo, "Attributes": { "FifoThroughputLimit": "perMessageGroupId" } });
    let text = "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to \
                perMessageGroupId, the DeduplicationScope must be messageGroup.";
    server.refuses("SetQueueAttributes", input, "InvalidAttributeValue", text).await;
    set(&server, &fifo, json!({ "DeduplicationScope": "messageGroup" })).await;
    set(&server, &fifo, json!({ "FifoThroughputLimit": "perMessageGroupId" })).await;
}

#[tokio::test]
async fn attributes_about_encryption_are_kept_and_told() {
    let server = Server::start().await;
    let url = server.standard().await;
    assert_eq!(attribute(&server, &url, "SqsManagedSseEnabled").await, "true");
    set(&server, &url, json!({ "KmsMasterKeyId": "alias/aws/sqs", "KmsDataKeyReusePeriodSeconds": "60" })).await;
    assert_eq!(attribute(&server, &url, "SqsManagedSseEnabled").await, "false");
    assert_eq!(attribute(&server, &url, "KmsDataKeyReusePeriodSeconds").await, "60");
    let text =
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
    let input = json!({ "QueueUrl": url, "Attributes": { "SqsManagedSseEnabled": "true" } });
    server.refuses("SetQueueAttributes", input, "InvalidAttributeName", text).await;
    set(&server, &url, json!({ "KmsMasterKeyId": "" })).await;
    assert_eq!(attribute(&server, &url, "KmsMasterKeyId").await, Value::Null);
    assert_eq!(attribute(&server, &url, "KmsDataKeyReusePeriodSeconds").await, Value::Null);
    assert_eq!(attribute(&server, &url, "SqsManagedSseEnabled").await, "false");
}

#[tokio::test]
async fn a_dead_letter_queue_says_who_may_use_it() {
    let server = Server::start().await;
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    let allow = format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":["{}"]}}"#, arn("orders"));
    let dead = server.queue("dead", json!({ "RedriveAllowPolicy": allow })).await;
    assert_eq!(attribute(&server, &dead, "RedriveAllowPolicy").await, allow);
    let redrive = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, arn("dead"));
    let orders = server.queue("orders", json!({ "RedrivePolicy": redrive })).await;
    let other = server.queue("other", json!({})).await;
    let input = json!({ "QueueUrl": other, "Attributes": { "RedrivePolicy": redrive } });
    let text = format!(
        "Value {redrive} for parameter RedrivePolicy is invalid. Reason: The dead-letter queue's redrive allow policy \
         does not allow this source queue."
    );
    server.refuses("SetQueueAttributes", input, INVALID, &text).await;

    let input = json!({ "QueueUrl": dead });
    server.json("ListDeadLetterSourceQueues", input.clone()).await.is_json(&format!(r#"{{"queueUrls":["{orders}"]}}"#));
    let answer = server.query("ListDeadLetterSourceQueues", &input).await;
    let result =
        format!("<ListDeadLetterSourceQueuesResult><QueueUrl>{orders}</QueueUrl></ListDeadLetterSourceQueuesResult>");
    answer.is_xml("ListDeadLetterSourceQueues", &result);
    let nobody = server.json("ListDeadLetterSourceQueues", json!({ "QueueUrl": other })).await;
    nobody.is_json(r#"{"queueUrls":[]}"#);

    set(&server, &dead, json!({ "RedriveAllowPolicy": "" })).await;
    set(&server, &other, json!({ "RedrivePolicy": redrive })).await;
    let page = json!({ "QueueUrl": dead, "MaxResults": 1 });
    let first = server.ask("ListDeadLetterSourceQueues", page).await;
    assert_eq!(first["queueUrls"], json!([orders]));
    let page = json!({ "QueueUrl": dead, "MaxResults": 1, "NextToken": first["NextToken"] });
    let second = server.ask("ListDeadLetterSourceQueues", page).await;
    assert_eq!((&second["queueUrls"], second.get("NextToken")), (&json!([other]), None));
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy() {
    let server = Server::start().await;
    let url = server.standard().await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:orders";
    let one = json!({
        "QueueUrl": url, "Label": "one", "AWSAccountIds": ["111122223333"], "Actions": ["ReceiveMessage"],
    });
    assert_eq!(server.json("AddPermission", one.clone()).await.body, "");
    let statement = format!(
        r#"{{"Sid":"one","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:root"}},"Action":"SQS:ReceiveMessage","Resource":"{arn}"}}"#
    );
    let policy = |statements: &str| {
        format!(r#"{{"Version":"2008-10-17","Id":"{arn}/SQSDefaultPolicy","Statement":[{statements}]}}"#)
    };
    assert_eq!(attribute(&server, &url, "Policy").await, policy(&statement));
    let text = "Value one for parameter Label is invalid. Reason: Already exists.";
    server.refuses("AddPermission", one, INVALID, text).await;

    let form = "Action=AddPermission&QueueUrl=orders&Label=two&AWSAccountId.1=111122223333&AWSAccountId.2=444455556666\
                &ActionName.1=SendMessage&ActionName.2=GetQueueUrl";
    server.send(crate::harness::form_request("/", form)).await.is_xml("AddPermission", "");
    let second = format!(
        r#"{{"Sid":"two","Effect":"Allow","Principal":{{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]}},"Action":["SQS:SendMessage","SQS:GetQueueUrl"],"Resource":"{arn}"}}"#
    );
    assert_eq!(attribute(&server, &url, "Policy").await, policy(&format!("{statement},{second}")));

    server.query("RemovePermission", &json!({ "QueueUrl": url, "Label": "one" })).await.is_xml("RemovePermission", "");
    let text = "Value one for parameter Label is invalid. Reason: can't find label.";
    server.refuses("RemovePermission", json!({ "QueueUrl": url, "Label": "one" }), INVALID, text).await;
    server.ask("RemovePermission", json!({ "QueueUrl": url, "Label": "two" })).await;
    assert_eq!(attribute(&server, &url, "Policy").await, Value::Null);
}

#[tokio::test]
async fn a_permission_that_cannot_be_given_is_refused() {
    let server = Server::start().await;
    let url = server.standard().await;
    let refuses = async |label: &str, accounts: Value, actions: Value, shape: &str, text: &str| {
        let input = json!({ "QueueUrl": url, "Label": label, "AWSAccountIds": accounts, "Actions": actions });
        server.json("AddPermission", input).await.is_json_error(shape, text);
    };
    let missing = "MissingRequiredParameterException";
    let (account, send) = (json!(["111122223333"]), json!(["SendMessage"]));
    refuses("", account.clone(), send.clone(), missing, "The request must contain the parameter Label.").await;
    let text = "Value a b for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or \
                underscores. 1 to 80 in length.";
    refuses("a b", account.clone(), send.clone(), INVALID, text).await;
    let text = "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.";
    refuses("l", json!([]), send.clone(), INVALID, text).await;
    let text = "Value [me] for parameter PrincipalId is invalid. Reason: Unable to verify.";
    refuses("l", json!(["me"]), send, INVALID, text).await;
    refuses("l", account.clone(), json!([]), missing, "The request must contain the parameter Actions.").await;
    let text = "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to \
                invoke this action.";
    refuses("l", account.clone(), json!(["CreateQueue"]), INVALID, text).await;
    let text = "Value SQS:Fly for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a \
                list of valid actions. ";
    refuses("l", account.clone(), json!(["Fly"]), INVALID, text).await;
    let eight = json!(vec!["SendMessage"; 8]);
    refuses("l", account.clone(), eight, "OverLimit", "8 Actions were found, maximum allowed is 7.").await;
    for number in 0..20 {
        let input = json!({
            "QueueUrl": url, "Label": format!("l{number}"), "AWSAccountIds": account, "Actions": ["SendMessage"],
        });
        server.ask("AddPermission", input).await;
    }
    let text = "21 Statements were found, maximum allowed is 20.";
    refuses("more", account, json!(["SendMessage"]), "OverLimit", text).await;
}

#[tokio::test]
async fn a_policy_comes_back_without_its_white_space() {
    let server = Server::start().await;
    let url = server.standard().await;
    let policy = r#"{ "Statement": [{ "Effect": "Allow",  "Principal": "*", "Action": "sqs:*", "Resource": "*" }] }"#;
    set(&server, &url, json!({ "Policy": policy })).await;
    assert_eq!(attribute(&server, &url, "Policy").await, policy.replace(' ', ""));
    set(&server, &url, json!({ "Policy": "" })).await;
    assert_eq!(attribute(&server, &url, "Policy").await, Value::Null);
}

#[tokio::test]
async fn a_policy_that_makes_no_sense_is_refused_with_a_reason() {
    let server = Server::start().await;
    let url = server.standard().await;
    for policy in ["{", "[]", "{}", r#"{"Statement":[{"Effect":"Maybe"}]}"#, &"x".repeat(8193)] {
        let input = json!({ "QueueUrl": url, "Attributes": { "Policy": policy } });
        let answer = server.json("SetQueueAttributes", input).await;
        assert_eq!(answer.status, 400, "{policy}");
        let refused = answer.value();
        assert_eq!(refused["__type"], "com.amazonaws.sqs#InvalidAttributeValue");
        let message = refused["message"].as_str().unwrap();
        assert!(message.starts_with("Invalid value for the parameter Policy. Reason: "), "{message}");
    }
}

#[tokio::test]
async fn tags_come_back_and_go() {
    let server = Server::start().await;
    let input = json!({ "QueueName": "orders", "tags": { "team": "a", "stage": "" } });
    let url = server.ask("CreateQueue", input).await["QueueUrl"].as_str().unwrap().to_owned();
    let tags = json!({ "QueueUrl": url });
    server.json("ListQueueTags", tags.clone()).await.is_json(r#"{"Tags":{"stage":"","team":"a"}}"#);
    assert_eq!(server.json("TagQueue", json!({ "QueueUrl": url, "Tags": { "team": "b", "x": "y" } })).await.body, "");
    let form = "Action=TagQueue&QueueUrl=orders&Tag.1.Key=q&Tag.1.Value=r";
    server.send(crate::harness::form_request("/", form)).await.is_xml("TagQueue", "");
    let input = json!({ "QueueUrl": url, "TagKeys": ["stage", "absent"] });
    server.query("UntagQueue", &input).await.is_xml("UntagQueue", "");
    let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let result = [tag("q", "r"), tag("team", "b"), tag("x", "y")].concat();
    let answer = server.query("ListQueueTags", &tags).await;
    answer.is_xml("ListQueueTags", &format!("<ListQueueTagsResult>{result}</ListQueueTagsResult>"));
    server.ask("UntagQueue", json!({ "QueueUrl": url, "TagKeys": ["q", "team", "x"] })).await;
    server.json("ListQueueTags", tags).await.is_json("{}");
}

#[tokio::test]
async fn tags_have_limits() {
    let server = Server::start().await;
    let url = server.standard().await;
    let many: serde_json::Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!("v"))).collect();
    server.ask("TagQueue", json!({ "QueueUrl": url, "Tags": many })).await;
    let refuses = async |key: &str, value: &str, text: &str| {
        let input = json!({ "QueueUrl": url, "Tags": { key: value } });
        server.json("TagQueue", input).await.is_json_error(INVALID, text);
    };
    refuses("more", "v", "Too many tags added for queue orders.").await;
    let text = "Value  for parameter TagKey is invalid. Reason: A tag's key is 1 to 128 characters long.";
    refuses("", "v", text).await;
    let long = "é".repeat(257);
    let text =
        format!("Value {long} for parameter TagValue is invalid. Reason: A tag's value is 0 to 256 characters long.");
    refuses("k", &long, &text).await;
    for (operation, parameter) in [("TagQueue", "Tags"), ("UntagQueue", "TagKeys")] {
        let text = format!("The request must contain the parameter {parameter}.");
        server.refuses(operation, json!({ "QueueUrl": url }), "MissingRequiredParameterException", &text).await;
    }
}

#[tokio::test]
async fn a_purge_leaves_nothing() {
    let server = Server::start().await;
    let url = server.fifo().await;
    let input = json!({
        "QueueUrl": url, "MessageBody": "message", "MessageGroupId": "g", "MessageDeduplicationId": "d",
    });
    server.ask("SendMessage", input.clone()).await;
    assert_eq!(server.receive(&url).await.len(), 1);
    assert_eq!(server.json("PurgeQueue", json!({ "QueueUrl": url })).await.body, "");
    server.query("PurgeQueue", &json!({ "QueueUrl": url })).await.is_xml("PurgeQueue", "");
    assert_eq!(attribute(&server, &url, "ApproximateNumberOfMessagesNotVisible").await, "0");
    server.ask("SendMessage", input).await;
    assert_eq!(server.receive(&url).await.len(), 1, "the id was forgotten with the message");
}

#[tokio::test]
async fn awss_minute_of_waiting_is_kept_where_it_is_asked_for() {
    let server = Server::with_cooldowns().await;
    let url = server.standard().await;
    server.ask("PurgeQueue", json!({ "QueueUrl": url })).await;
    let text = "Only one PurgeQueue operation on orders is allowed every 60 seconds.";
    server.refuses("PurgeQueue", json!({ "QueueUrl": url }), "PurgeQueueInProgress", text).await;
    server.ask("DeleteQueue", json!({ "QueueUrl": url })).await;
    let text = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
    server.refuses("CreateQueue", json!({ "QueueName": "orders" }), "QueueDeletedRecently", text).await;
    server.advance(60);
    server.standard().await;
}

#[tokio::test]
async fn visibility_changes_in_batches() {
    let server = Server::start().await;
    let url = server.standard().await;
    for body in ["a", "b"] {
        server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": body })).await;
    }
    let received = server.receive(&url).await;
    let handle = |number: usize| received[number]["ReceiptHandle"].clone();
    let input = json!({ "QueueUrl": url, "Entries": [
        { "Id": "back", "ReceiptHandle": handle(0), "VisibilityTimeout": 0 },
        { "Id": "long", "ReceiptHandle": handle(1), "VisibilityTimeout": 43201 },
        { "Id": "none", "ReceiptHandle": handle(1) },
        { "Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 1 },
        { "Id": "later", "ReceiptHandle": handle(1), "VisibilityTimeout": 60 },
    ] });
    let output = server.ask("ChangeMessageVisibilityBatch", input.clone()).await;
    let failed = |id: &str, code: &str, message: &str| json!({ "Id": id, "SenderFault": true, "Code": code, "Message": message });
    let expected = json!({
        "Successful": [{ "Id": "back" }, { "Id": "later" }],
        "Failed": [
            failed(
                "long",
                "InvalidParameterValue",
                "Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer \
                 between 0 and 43200.",
            ),
            failed(
                "none",
                "MissingParameter",
                "The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.3.VisibilityTimeout.",
            ),
            failed(
                "bad",
                "ReceiptHandleIsInvalid",
                "The input receipt handle \"garbage\" is not a valid receipt handle.",
            ),
        ],
    });
    assert_eq!(output, expected);
    assert_eq!(server.receive(&url).await.len(), 1);
    let input = json!({ "QueueUrl": url, "Entries": [
        { "Id": "back", "ReceiptHandle": handle(1), "VisibilityTimeout": 0 },
    ] });
    let entry = "<ChangeMessageVisibilityBatchResultEntry><Id>back</Id></ChangeMessageVisibilityBatchResultEntry>";
    let result = format!("<ChangeMessageVisibilityBatchResult>{entry}</ChangeMessageVisibilityBatchResult>");
    let answer = server.query("ChangeMessageVisibilityBatch", &input).await;
    answer.is_xml("ChangeMessageVisibilityBatch", &result);
    let text = "There should be at least one ChangeMessageVisibilityBatchRequestEntry in the request.";
    let empty = json!({ "QueueUrl": url, "Entries": [] });
    server.json("ChangeMessageVisibilityBatch", empty).await.is_json_error("EmptyBatchRequest", text);
}

#[tokio::test]
async fn a_receive_is_repeated_by_its_attempt_id() {
    let server = Server::start().await;
    let url = server.fifo().await;
    for body in ["a", "b"] {
        let input = json!({
            "QueueUrl": url, "MessageBody": body, "MessageGroupId": body, "MessageDeduplicationId": body,
        });
        server.ask("SendMessage", input).await;
    }
    let receive = json!({ "QueueUrl": url, "ReceiveRequestAttemptId": "r" });
    let first = server.ask("ReceiveMessage", receive.clone()).await;
    server.advance(20);
    assert_eq!(server.ask("ReceiveMessage", receive.clone()).await, first);
    let message = &first["Messages"][0];
    server.advance(20);
    let delete = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
    server.ask("DeleteMessage", delete).await;
    let second = server.ask("ReceiveMessage", receive).await;
    assert_eq!(second["Messages"][0]["Body"], "b", "what was deleted is not given again");
}
