//! Making, finding, describing and deleting queues.

use serde_json::{Value, json};

use crate::harness::{NOW, Server, json_request, query_request};

const URL: &str = "http://127.0.0.1:4566/000000000000/orders";

#[tokio::test]
async fn a_queue_is_made_found_listed_and_deleted_in_both_protocols() {
    let server = Server::start().await;
    let (name, url) = (json!({ "QueueName": "orders" }), json!({ "QueueUrl": URL }));
    let in_json = format!(r#"{{"QueueUrl":"{URL}"}}"#);
    let in_xml = |operation: &str| format!("<{operation}Result><QueueUrl>{URL}</QueueUrl></{operation}Result>");

    server.json("CreateQueue", name.clone()).await.is_json(&in_json);
    server.query("CreateQueue", &name).await.is_xml("CreateQueue", &in_xml("CreateQueue"));
    server.json("GetQueueUrl", name.clone()).await.is_json(&in_json);
    server.query("GetQueueUrl", &name).await.is_xml("GetQueueUrl", &in_xml("GetQueueUrl"));
    server.json("ListQueues", json!({})).await.is_json(&format!(r#"{{"QueueUrls":["{URL}"]}}"#));
    server.query("ListQueues", &json!({})).await.is_xml("ListQueues", &in_xml("ListQueues"));

    server.json("DeleteQueue", url.clone()).await.is_json("");
    server.json("ListQueues", json!({})).await.is_json("{}");
    server.query("ListQueues", &json!({})).await.is_xml("ListQueues", "<ListQueuesResult/>");
    server.standard().await;
    server.query("DeleteQueue", &url).await.is_xml("DeleteQueue", "");
    let text = "The specified queue does not exist.";
    server.refuses("DeleteQueue", url, "QueueDoesNotExist", text).await;
    server.refuses("GetQueueUrl", name, "QueueDoesNotExist", text).await;
}

#[tokio::test]
async fn a_queues_url_has_the_host_that_the_client_used() {
    let server = Server::start().await;
    let mut request = json_request("CreateQueue", r#"{"QueueName":"orders"}"#);
    request.headers_mut().insert("host", "queues.internal:9324".parse().unwrap());
    let answer = server.send(request).await;
    answer.is_json(r#"{"QueueUrl":"http://queues.internal:9324/000000000000/orders"}"#);

    let mut request = query_request("GetQueueUrl", &json!({ "QueueName": "orders" }));
    request.headers_mut().remove("host");
    assert_eq!(server.send(request).await.element("QueueUrl"), URL);
}

#[tokio::test]
async fn a_public_url_begins_every_queue_url_and_its_path_is_understood() {
    let server = Server::public("https://sqs.example.com:9324/the/sqs/").await;
    let url = "https://sqs.example.com:9324/the/sqs/000000000000/orders";
    assert_eq!(server.standard().await, url);
    let listed = server.ask("ListQueues", json!({})).await;
    assert_eq!(listed["QueueUrls"], json!([url]));
    server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "by its URL" })).await;

    let at = |path: &str, form: &str| {
        let request = hyper::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        request.body(form.to_owned()).unwrap()
    };
    for path in ["/the/sqs/000000000000/orders", "/000000000000/orders"] {
        let sent = server.send(at(path, "Action=SendMessage&MessageBody=by+its+path")).await;
        assert_eq!(sent.status, 200, "{path}: {}", sent.body);
    }
    assert_eq!(server.receive(url).await.len(), 3);
    // The endpoint itself, whatever its path.
    for path in ["/", "/the/sqs", "/the/sqs/"] {
        assert_eq!(server.send(at(path, "Action=GetQueueUrl&QueueName=orders")).await.element("QueueUrl"), url);
        assert_eq!(server.send(at(path, "Action=ListQueues")).await.element("QueueUrl"), url);
    }
}

#[tokio::test]
async fn attributes_that_a_queue_was_made_with_come_back() {
    let server = Server::start().await;
    let dead = server.queue("dead.fifo", json!({ "FifoQueue": "true" })).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:dead.fifo";
    let given = json!({
        "FifoQueue": "true", "ContentBasedDeduplication": "True", "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId", "DelaySeconds": "5", "MaximumMessageSize": 2048,
        "MessageRetentionPeriod": "60", "ReceiveMessageWaitTimeSeconds": "20", "VisibilityTimeout": "43200",
        "RedrivePolicy": format!(r#"{{ "maxReceiveCount": "3", "deadLetterTargetArn": "{arn}" }}"#),
    });
    let url = server.queue("orders.fifo", given).await;
    let all = server.ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["All"] })).await;
    let expected = json!({
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId", "DelaySeconds": "5", "MaximumMessageSize": "2048",
        "MessageRetentionPeriod": "60", "ReceiveMessageWaitTimeSeconds": "20", "VisibilityTimeout": "43200",
        "RedrivePolicy": format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}"#),
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:orders.fifo", "SqsManagedSseEnabled": "true",
        "CreatedTimestamp": NOW.to_string(), "LastModifiedTimestamp": NOW.to_string(),
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    });
    assert_eq!(all["Attributes"], expected);
    server.ask("DeleteQueue", json!({ "QueueUrl": dead })).await;
}

#[tokio::test]
async fn a_standard_queue_shows_its_defaults_and_nothing_of_fifo() {
    let server = Server::start().await;
    let url = server.standard().await;
    let all = server.ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["All"] })).await;
    let expected = json!({
        "DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true",
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:orders",
        "CreatedTimestamp": NOW.to_string(), "LastModifiedTimestamp": NOW.to_string(),
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    });
    assert_eq!(all["Attributes"], expected);
}

#[tokio::test]
async fn attributes_are_told_by_name_and_unset_ones_are_left_out() {
    let server = Server::start().await;
    let url = server.standard().await;
    let asked = |names: Value| json!({ "QueueUrl": url, "AttributeNames": names });
    let some = asked(json!(["VisibilityTimeout", "RedrivePolicy", "QueueArn"]));
    let arn = "arn:aws:sqs:us-east-1:000000000000:orders";
    let answer = server.json("GetQueueAttributes", some.clone()).await;
    answer.is_json(&format!(r#"{{"Attributes":{{"QueueArn":"{arn}","VisibilityTimeout":"30"}}}}"#));
    let answer = server.query("GetQueueAttributes", &some).await;
    let pair = |name: &str, value: &str| format!("<Attribute><Name>{name}</Name><Value>{value}</Value></Attribute>");
    let pairs = [pair("QueueArn", arn), pair("VisibilityTimeout", "30")].concat();
    let result = format!("<GetQueueAttributesResult>{pairs}</GetQueueAttributesResult>");
    answer.is_xml("GetQueueAttributes", &result);

    for nothing in [json!({ "QueueUrl": url }), asked(json!([])), asked(json!(["RedrivePolicy"]))] {
        server.json("GetQueueAttributes", nothing.clone()).await.is_json("{}");
        let answer = server.query("GetQueueAttributes", &nothing).await;
        answer.is_xml("GetQueueAttributes", "<GetQueueAttributesResult/>");
    }
    let unknown = asked(json!(["All", "Foobar"]));
    server.refuses("GetQueueAttributes", unknown, "InvalidAttributeName", "Unknown Attribute Foobar.").await;
}

/// Terraform and the SDKs ask for these by name.
#[tokio::test]
async fn attributes_that_were_never_set_are_left_out() {
    let server = Server::start().await;
    let url = server.standard().await;
    for name in [
        "Policy",
        "RedriveAllowPolicy",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "FifoQueue",
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoThroughputLimit",
    ] {
        let input = json!({ "QueueUrl": url, "AttributeNames": [name] });
        server.json("GetQueueAttributes", input).await.is_json("{}");
    }
}

#[tokio::test]
async fn messages_are_counted_by_what_holds_them() {
    let server = Server::start().await;
    let url = server.standard().await;
    for body in ["a", "b"] {
        server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": body })).await;
    }
    server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "c", "DelaySeconds": 9 })).await;
    server.ask("ReceiveMessage", json!({ "QueueUrl": url })).await;
    let names = json!([
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed"
    ]);
    let counted = server.ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": names })).await;
    let expected = json!({
        "ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "1",
        "ApproximateNumberOfMessagesDelayed": "1",
    });
    assert_eq!(counted["Attributes"], expected);
}

#[tokio::test]
async fn making_a_queue_again_compares_only_what_is_given() {
    let server = Server::start().await;
    let url = server.queue("orders", json!({ "DelaySeconds": "5", "VisibilityTimeout": "7" })).await;
    for same in [json!({}), json!({ "DelaySeconds": "5" }), json!({ "DelaySeconds": null })] {
        assert_eq!(server.queue("orders", same).await, url);
    }
    let other = json!({ "QueueName": "orders", "Attributes": { "DelaySeconds": "6", "VisibilityTimeout": "7" } });
    let text = "A queue already exists with the same name and a different value for attribute DelaySeconds";
    server.refuses("CreateQueue", other, "QueueNameExists", text).await;
    // Whoever copies a queue's attributes copies its counters too.
    let counted = json!({ "QueueName": "orders", "Attributes": { "ApproximateNumberOfMessagesDelayed": "7" } });
    server.ask("CreateQueue", counted).await;
}

#[tokio::test]
async fn listing_goes_by_prefix_and_page() {
    let server = Server::start().await;
    for name in ["a1", "a2", "a3", "b1", "A1"] {
        server.queue(name, json!({})).await;
    }
    let names = |output: &Value| -> Vec<String> {
        let urls = output["QueueUrls"].as_array().cloned().unwrap_or_default();
        urls.iter().map(|url| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
    };
    let all = server.ask("ListQueues", json!({ "QueueNamePrefix": "a" })).await;
    assert_eq!((names(&all), all.get("NextToken")), (vec!["a1".into(), "a2".into(), "a3".into()], None));

    let first = server.ask("ListQueues", json!({ "QueueNamePrefix": "a", "MaxResults": 2 })).await;
    assert_eq!(names(&first), ["a1", "a2"]);
    let next = json!({ "QueueNamePrefix": "a", "MaxResults": 2, "NextToken": first["NextToken"] });
    let second = server.ask("ListQueues", next.clone()).await;
    assert_eq!((names(&second), second.get("NextToken")), (vec!["a3".to_owned()], None));
    let answer = server.query("ListQueues", &next).await;
    answer.is_xml(
        "ListQueues",
        "<ListQueuesResult><QueueUrl>http://127.0.0.1:4566/000000000000/a3</QueueUrl></ListQueuesResult>",
    );
    let exactly = server.ask("ListQueues", json!({ "QueueNamePrefix": "a", "MaxResults": 3 })).await;
    assert_eq!((names(&exactly).len(), exactly.get("NextToken")), (3, None));
}
