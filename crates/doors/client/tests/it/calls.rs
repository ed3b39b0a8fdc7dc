//! Single calls, and many over one connection.

use bongsu_client::CallError;
use tokio::net::TcpListener;

use crate::scripted::{client, reply, serve, signing_client};

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const URL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"QueueUrl\":\"http://h/0/q\"}";

#[tokio::test]
async fn an_operation_is_called_in_json() {
    let (client, asked) = serve(vec![vec![URL], vec![EMPTY]]).await;
    let url = client.create_queue("q", &[("VisibilityTimeout", "600")]).await.unwrap();
    assert_eq!(url, "http://h/0/q");
    client.delete_queue(&url).await.unwrap();
    let asked = asked.await.unwrap();
    assert!(asked[0].contains("x-amz-target: AmazonSQS.CreateQueue\r\n"), "{}", asked[0]);
    assert!(asked[0].ends_with(r#"{"QueueName":"q","Attributes":{"VisibilityTimeout":"600"}}"#), "{}", asked[0]);
    assert!(asked[1].ends_with(r#"{"QueueUrl":"http://h/0/q"}"#), "{}", asked[1]);
    assert!(!asked[0].contains("authorization"), "{}", asked[0]);
}

#[tokio::test]
async fn a_connection_serves_many_calls_and_is_made_again_when_it_ends() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";
    let silent = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
    let (client, asked) = serve(vec![vec![EMPTY, chunked, closing], vec![silent], vec![EMPTY]]).await;
    let mut connection = client.connect().await.unwrap();
    let mut request = client.request("SendMessage");
    for expected in ["", "abcde", "hi", "until the end", ""] {
        connection.call(request.finish()).await.unwrap();
        assert_eq!(connection.body(), expected.as_bytes());
    }
    assert_eq!(asked.await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_in_use() {
    let refused = "HTTP/1.1 400 Bad Request\r\ncontent-length: 86\r\n\r\n\
                   {\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"The queue does not exist.\"}";
    let (client, asked) = serve(vec![vec![refused, EMPTY]]).await;
    let mut connection = client.connect().await.unwrap();
    let mut request = client.request("SendMessage");
    let error = connection.call(request.finish()).await.unwrap_err();
    assert!(error.is_refusal("QueueDoesNotExist"), "{error:?}");
    connection.call(request.finish()).await.unwrap();
    assert_eq!(asked.await.unwrap().len(), 2);
}

#[tokio::test]
async fn errors_say_whether_anything_was_asked() {
    let (cut_off, asked) = serve(vec![vec!["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"]]).await;
    let error = cut_off.queue_url("q", None).await.unwrap_err();
    assert!(matches!(error, CallError::Unanswered(_)), "{error:?}");
    asked.await.unwrap();

    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = client(&format!("http://{unused}")).queue_url("q", None).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().starts_with(&format!("cannot connect to http://{unused}: ")), "{error}");

    let (web_page, asked) = serve(vec![vec!["HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>"]]).await;
    let error = web_page.queue_url("q", None).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer is not understood: <html></html>");
    asked.await.unwrap();
}

#[tokio::test]
async fn messages_are_peeked_at_page_by_page_and_signed() {
    let page = "HTTP/1.1 200 OK\r\ncontent-length: 46\r\n\r\n{\"Messages\":[{\"Body\":\"one\"}],\"NextToken\":\"a+\"}";
    let (plain, asked) = serve(vec![vec![page], vec![EMPTY_PAGE]]).await;
    let client = signing_client(&plain.endpoint().to_string());
    let first = client.peek("http://h/0/q", None).await.unwrap();
    assert_eq!((first.messages[0].body.as_str(), first.next_token.as_deref()), ("one", Some("a+")));
    assert!(client.peek("http://h/0/q", first.next_token.as_deref()).await.unwrap().messages.is_empty());
    let asked = asked.await.unwrap();
    assert!(
        asked[0].starts_with("GET /_aws/sqs/messages?QueueUrl=http%3A%2F%2Fh%2F0%2Fq HTTP/1.1\r\n"),
        "{}",
        asked[0]
    );
    assert!(asked[1].contains("?NextToken=a%2B&QueueUrl="), "{}", asked[1]);
    assert!(asked[0].contains("SignedHeaders=accept;host;x-amz-date, Signature="), "{}", asked[0]);
}

const EMPTY_PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn single_calls_use_a_connection_again_if_they_may() {
    let closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    let (client, asked) = serve(vec![vec![EMPTY, EMPTY, closing], vec![EMPTY]]).await;
    let client = client.keeping_connections();
    for _ in 0..4 {
        client.delete_message("http://h/0/q", "handle").await.unwrap();
    }
    let asked = asked.await.unwrap();
    assert!(asked[3].ends_with(r#"{"QueueUrl":"http://h/0/q","ReceiptHandle":"handle"}"#), "{}", asked[3]);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_used_again() {
    let (client, asked) = serve(vec![vec![EMPTY], vec![EMPTY]]).await;
    let client = client.keeping_connections();
    client.delete_message("http://h/0/q", "one").await.unwrap();
    // The second call may only be made once the first connection's end has arrived.
    let mut second = Err(CallError::NotUnderstood(String::new()));
    while second.is_err() {
        tokio::task::yield_now().await;
        second = client.change_visibility("http://h/0/q", "two", 0).await;
    }
    let asked = asked.await.unwrap();
    assert!(asked[1].ends_with(r#""ReceiptHandle":"two","VisibilityTimeout":0}"#), "{}", asked[1]);
}

#[tokio::test]
async fn messages_are_received_with_all_that_belongs_to_them() {
    let message = r#"{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b","Attributes":{"SentTimestamp":"7"},
                      "MessageAttributes":{"n":{"DataType":"Number","StringValue":"1"}}}]}"#;
    let (client, asked) = serve(vec![vec![reply("200 OK", message)], vec![EMPTY_PAGE]]).await;
    let received = client.receive("u", 10, 60, 1).await.unwrap();
    assert_eq!((received[0].attribute("SentTimestamp"), received[0].body.as_str()), (Some("7"), "b"));
    assert_eq!(received[0].message_attributes["n"].string_value.as_deref(), Some("1"));
    assert_eq!(client.receive("u", 1, 60, 0).await.unwrap(), []);
    let asked = asked.await.unwrap();
    let input = "{\"QueueUrl\":\"u\",\"MaxNumberOfMessages\":10,\"VisibilityTimeout\":60,\"WaitTimeSeconds\":1,\
                 \"AttributeNames\":[\"All\"],\"MessageAttributeNames\":[\"All\"]}";
    assert!(asked[0].ends_with(input), "{}", asked[0]);
}
