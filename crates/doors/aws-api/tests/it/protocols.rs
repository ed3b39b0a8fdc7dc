//! How a request says what it wants: headers, paths, parameters; and the words for one that does not.

use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{Server, form_request, json_request, query_request};

const PATH: &str = "/000000000000/orders";

#[tokio::test]
async fn a_target_or_an_action_must_name_an_operation() {
    let server = Server::start().await;
    let not_valid = "The action FooBar is not valid for this endpoint.";
    server.refuses("FooBar", json!({}), "UnknownOperationException", not_valid).await;
    for target in ["", "SendMessage", "AmazonSNS.Publish", "AmazonSQS."] {
        let mut request = json_request("", "{}");
        request.headers_mut().insert("x-amz-target", target.parse().unwrap());
        let answer = server.send(request).await;
        assert_eq!(answer.header("x-amzn-query-error"), "InvalidAction;Sender", "{target}");
    }
    let mut request = json_request("", "{}");
    request.headers_mut().insert("x-amz-target", "AmazonSSM.GetParameter".parse().unwrap());
    let not_here = "The action AmazonSSM.GetParameter is not valid for this endpoint.";
    server.send(request).await.is_json_error("UnknownOperationException", not_here);
    let mut request = json_request("", "{}");
    request.headers_mut().remove("x-amz-target");
    let none = "The request names no operation.";
    server.send(request).await.is_json_error("UnknownOperationException", none);
    let answer = server.send(form_request("/", "Version=2012-11-05")).await;
    answer.is_query_error("UnknownOperationException", none);
}

#[tokio::test]
async fn json_is_taken_at_any_path() {
    let server = Server::start().await;
    for (operation, body) in [
        ("CreateQueue", r#"{"QueueName":"orders"}"#),
        ("ListQueues", ""),
        ("GetQueueUrl", r#"{"QueueName":"orders"}"#),
        ("SendMessage", r#"{"QueueUrl":"orders","MessageBody":"m"}"#),
    ] {
        let mut request = json_request(operation, body);
        *request.uri_mut() = PATH.parse().unwrap();
        request.headers_mut().insert("x-amzn-query-mode", "true".parse().unwrap());
        let answer = server.send(request).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
    }
    // In JSON only the input names the queue.
    let mut request = json_request("ReceiveMessage", "{}");
    *request.uri_mut() = PATH.parse().unwrap();
    let text = "The specified queue does not exist.";
    server.send(request).await.is_json_error("QueueDoesNotExist", text);
}

#[tokio::test]
async fn query_is_taken_at_a_queues_path() {
    let server = Server::start().await;
    server.standard().await;
    let other = server.queue("other", json!({})).await;
    let sent = server.send(form_request(PATH, "Action=SendMessage&MessageBody=one+%26+two")).await;
    assert_eq!(sent.element("MD5OfMessageBody"), "51b7a70f69602bf97ad4e0039f872fdb");
    let get = |path: &str| Request::get(path).header("host", "127.0.0.1:4566").body("").unwrap();
    let received = server.send(get(&format!("{PATH}?Action=ReceiveMessage&Version=2012-11-05"))).await;
    assert_eq!(received.element("Body"), "one &amp; two");

    // Parameters win over the path.
    let form = format!("Action=SendMessage&MessageBody=m&QueueUrl={other}");
    assert_eq!(server.send(form_request(PATH, form)).await.status, 200);
    assert_eq!(server.receive(&other).await.len(), 1);
    let found = server.send(form_request(PATH, "Action=GetQueueUrl&QueueName=other")).await;
    assert_eq!(found.element("QueueUrl"), other);

    for operation in ["CreateQueue", "ListQueues"] {
        let answer = server.send(form_request(PATH, format!("Action={operation}&QueueName=third"))).await;
        let text = format!("The action {operation} is not valid for this endpoint.");
        answer.is_query_error("UnknownOperationException", &text);
    }
}

#[tokio::test]
async fn a_queue_is_known_by_every_form_of_its_url() {
    let server = Server::start().await;
    server.standard().await;
    for url in [
        "orders",
        "000000000000/orders",
        "/000000000000/orders/",
        "http://127.0.0.1:4566/000000000000/orders",
        "https://sqs.us-east-1.amazonaws.com/000000000000/orders",
        "http://sqs.us-east-1.localhost:4566/000000000000/orders",
        "http://localhost:4566/queue/us-east-1/000000000000/orders",
    ] {
        let input = json!({ "QueueUrl": url, "MessageBody": "m" });
        server.ask("SendMessage", input.clone()).await;
        assert_eq!(server.query("SendMessage", &input).await.status, 200, "{url}");
    }
}

#[tokio::test]
async fn a_browser_at_a_queue_gets_the_unknown_operation_page() {
    let server = Server::start().await;
    server.standard().await;
    for accept in ["*/*", "application/json"] {
        for path in ["/", PATH, "/000000000000/orders?Version=2012-11-05"] {
            let request = Request::get(path).header("accept", accept).body("").unwrap();
            let answer = server.send(request).await;
            assert_eq!((answer.status, answer.body.as_str()), (404, "<UnknownOperationException/>"), "{accept}");
            assert_eq!(answer.header("content-type"), "text/xml");
        }
    }
}

#[tokio::test]
async fn a_query_request_may_accept_json() {
    let server = Server::start().await;
    let url = server.standard().await;
    let ask = async |operation: &str, input: Value| {
        let mut request = query_request(operation, &input);
        request.headers_mut().insert("accept", "application/json".parse().unwrap());
        let answer = server.send(request).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let id = json!({ "RequestId": answer.header("x-amzn-requestid") });
        (answer.status, answer.value(), id)
    };
    let (_, attributes, id) =
        ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["DelaySeconds"] })).await;
    let result = json!({ "Attributes": [{ "Name": "DelaySeconds", "Value": "0" }] });
    let expected = json!({ "GetQueueAttributesResponse": {
        "GetQueueAttributesResult": result, "ResponseMetadata": id } });
    assert_eq!(attributes, expected);
    ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "m" })).await;
    let (_, received, _) = ask("ReceiveMessage", json!({ "QueueUrl": url })).await;
    assert_eq!(received["ReceiveMessageResponse"]["ReceiveMessageResult"]["messages"][0]["Body"], "m");
    let (status, refused, id) = ask("ReceiveMessage", json!({ "QueueUrl": "nobody" })).await;
    assert_eq!(status, 400);
    assert_eq!(refused["RequestId"], id["RequestId"]);
    assert_eq!(refused["Error"]["Code"], "AWS.SimpleQueueService.NonExistentQueue");
}

#[tokio::test]
async fn wrong_types_are_refused_in_awss_words() {
    let server = Server::start().await;
    server.standard().await;
    for (operation, body, text) in [
        ("SendMessage", r#"{"QueueUrl":{}}"#, "Start of structure or map found where not expected."),
        ("SendMessage", r#"{"QueueUrl":[]}"#, "Start of list found where not expected"),
        ("SendMessage", r#"{"DelaySeconds":"5"}"#, "STRING_VALUE can not be converted to an Integer"),
        (
            "CreateQueue",
            r#"{"QueueName":"q","Attributes":{"DelaySeconds":["1"]}}"#,
            "Unrecognized collection type class java.lang.String",
        ),
        ("SendMessage", "nonsense", "The request body is not a JSON object."),
        ("SendMessage", "[]", "The request body is not a JSON object."),
        ("SendMessage", r#""text""#, "The request body is not a JSON object."),
    ] {
        server.send(json_request(operation, body)).await.is_json_error("SerializationException", text);
    }
    // Numbers and booleans are taken by their text.
    let sent = server.send(json_request("SendMessage", r#"{"QueueUrl":"orders","MessageBody":12.50}"#)).await;
    assert_eq!(sent.status, 200);
    let soon = form_request(PATH, "Action=SendMessage&MessageBody=m&DelaySeconds=soon");
    let text = "STRING_VALUE can not be converted to an Integer";
    server.send(soon).await.is_query_error("SerializationException", text);
}
