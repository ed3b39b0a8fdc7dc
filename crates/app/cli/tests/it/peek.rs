//! `bongsu peek` against an endpoint that shows messages.

use serde_json::{Value, json};

use crate::fake::{Endpoint, ask, refusal};
use crate::harness::Server;

const QUEUE: &str = "http://sqs.test/000000000000/orders";

fn endpoint() -> Endpoint {
    Endpoint::serve(|operation, input| match operation {
        "GetQueueUrl" if input["QueueName"] == "orders" => Ok(json!({ "QueueUrl": QUEUE })),
        "GetQueueUrl" => refusal("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."),
        "/_aws/sqs/messages" if input.as_str().expect("a query").contains("NextToken=2") => {
            Ok(json!({ "Messages": [{ "MessageId": "m-3", "Body": "three" }] }))
        }
        "/_aws/sqs/messages" => Ok(json!({
            "Messages": [
                { "MessageId": "m-1", "Body": "one", "State": "visible", "Attributes": { "ApproximateReceiveCount": "0" } },
                { "MessageId": "m-2", "Body": "two", "State": "inflight", "Attributes": { "ApproximateReceiveCount": "2" } },
            ],
            "NextToken": "2",
        })),
        _ => Err(json!("<html>what?</html>")),
    })
}

#[test]
fn messages_are_shown_page_by_page() {
    let endpoint = endpoint();
    let (code, stdout, stderr) = ask(&endpoint.url, &["peek", "orders"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(stdout, "visible  m-1\n    one\ninflight  m-2  received 2 times\n    two\nmessage  m-3\n    three\n");
    let asked: Vec<_> = endpoint.asked().into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(asked, ["GetQueueUrl", "/_aws/sqs/messages", "/_aws/sqs/messages"]);
}

#[test]
fn no_more_are_shown_than_asked_for() {
    let endpoint = endpoint();
    let (code, stdout, _) = ask(&endpoint.url, &["peek", QUEUE, "--max", "1", "--json"]);
    assert_eq!(code, 0);
    assert_eq!(stdout.lines().count(), 1);
    let message: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&message["MessageId"], &message["State"]), (&json!("m-1"), &json!("visible")));
    assert_eq!(endpoint.asked().len(), 1);
}

#[test]
fn a_queue_that_is_not_there_is_named() {
    let (code, stdout, stderr) = ask(&endpoint().url, &["peek", "gone"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert_eq!(stderr, "bongsu: gone: QueueDoesNotExist: The specified queue does not exist.\n");
}

#[test]
fn an_empty_queue_and_an_endpoint_that_cannot_peek_are_told_apart() {
    let empty = Endpoint::serve(|_, _| Ok(json!({})));
    assert_eq!(ask(&empty.url, &["peek", QUEUE]), (0, String::new(), "No messages.\n".to_owned()));
    let other = Endpoint::serve(|_, _| Err(json!("<html>what?</html>")));
    let (code, _, stderr) = ask(&other.url, &["peek", QUEUE]);
    assert_eq!(code, 1);
    assert!(stderr.contains("cannot show messages without receiving them (HTTP 400)"), "{stderr}");
}

#[test]
fn a_server_shows_what_its_queues_hold() {
    let server = Server::ephemeral();
    let endpoint = format!("http://{}", server.api);
    assert_eq!(ask(&endpoint, &["peek", "orders"]).0, 1);
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    assert_eq!(ask(&endpoint, &["peek", "orders"]), (0, String::new(), "No messages.\n".to_owned()));
    for number in 0..130 {
        let delay = if number == 129 { 900 } else { 0 };
        let input = json!({ "QueueUrl": "orders", "MessageBody": number.to_string(), "DelaySeconds": delay });
        server.sqs("SendMessage", input);
    }
    assert_eq!(server.receive("orders").as_deref(), Some("0"));
    let (code, stdout, stderr) = ask(&endpoint, &["peek", "orders", "--max", "200", "--json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let shown: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("a message")).collect();
    let bodies: Vec<_> = shown.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect();
    assert_eq!(bodies, (0..130).map(|number: u32| number.to_string()).collect::<Vec<_>>());
    assert_eq!(
        (&shown[0]["State"], &shown[0]["Attributes"]["ApproximateReceiveCount"]),
        (&json!("inflight"), &json!("1"))
    );
    assert_eq!((&shown[1]["State"], &shown[129]["State"]), (&json!("visible"), &json!("delayed")));
    assert_eq!(server.receive("orders").as_deref(), Some("1"), "nothing was received by looking");
}
