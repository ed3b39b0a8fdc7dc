//! `GET /_aws/sqs/messages`: a queue's messages, shown without being received.

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use bytes::Bytes;
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{Answer, NOW, REGION, Server, json_request};

const PATH: &str = "/_aws/sqs/messages";
const ALICE: Signer<'static> = Signer { access_key_id: "ALICE", secret: "a", region: REGION, service: "sqs" };
const BOB: Signer<'static> = Signer { access_key_id: "BOB", secret: "b", region: REGION, service: "sqs" };

fn looking(target: &str) -> Request<Bytes> {
    Request::get(target).header("host", "127.0.0.1:4566").body(Bytes::new()).expect("a good request")
}

async fn look(server: &Server, parameters: &str) -> Answer {
    server.send(looking(&format!("{PATH}?QueueUrl=orders{parameters}"))).await
}

fn bodies(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.value();
    let messages = answer["Messages"].as_array().expect("messages");
    messages.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect()
}

async fn send(server: &Server, input: Value) {
    let mut input = input;
    input["QueueUrl"] = json!("orders");
    server.ask("SendMessage", input).await;
}

/// A queue with a message in each state: `taken`, `free` and `later`.
async fn server() -> Server {
    let server = Server::start().await;
    server.standard().await;
    let attributes = json!({ "colour": { "DataType": "String", "StringValue": "red" } });
    let trace = json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793" } });
    let all = json!({ "MessageBody": "taken", "MessageAttributes": attributes, "MessageSystemAttributes": trace });
    send(&server, all).await;
    assert_eq!(server.receive("orders").await.len(), 1);
    send(&server, json!({ "MessageBody": "free" })).await;
    send(&server, json!({ "MessageBody": "later", "DelaySeconds": 60 })).await;
    server
}

#[tokio::test]
async fn messages_are_shown_in_every_state_and_stay_as_they_are() {
    let server = server().await;
    let first = look(&server, "").await;
    assert_eq!(first.header("content-type"), "application/json");
    let shown = first.value();
    assert_eq!(bodies(&first), ["taken", "free", "later"]);
    assert_eq!(shown.get("NextToken"), None);
    let now = NOW * 1000;
    let [taken, free, later] = [0, 1, 2].map(|index| &shown["Messages"][index]);
    assert_eq!((&taken["State"], &taken["VisibleAt"]), (&json!("inflight"), &json!(now + 30_000)));
    assert_eq!((&free["State"], free.get("VisibleAt")), (&json!("visible"), None));
    assert_eq!((&later["State"], &later["VisibleAt"]), (&json!("delayed"), &json!(now + 60_000)));
    let time = now.to_string();
    assert_eq!(
        taken["Attributes"],
        json!({
            "SenderId": "000000000000", "SentTimestamp": time, "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": time, "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        })
    );
    assert_eq!(taken["MessageAttributes"]["colour"], json!({ "StringValue": "red", "DataType": "String" }));
    assert_eq!(taken["MD5OfBody"], "bad841dbbeb7132a68b2c649f4a7b875");
    assert_eq!(
        free["Attributes"],
        json!({ "SenderId": "000000000000", "SentTimestamp": time, "ApproximateReceiveCount": "0" })
    );
    assert!(free.get("MessageAttributes").is_none() && !first.body.contains("ReceiptHandle"));
    assert_eq!(look(&server, "").await.value(), shown);
    let received = server.receive("orders").await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["Attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn messages_in_flight_and_delayed_ones_can_be_left_out() {
    let server = server().await;
    assert_eq!(bodies(&look(&server, "&ShowInvisible=false").await), ["free", "later"]);
    assert_eq!(bodies(&look(&server, "&ShowInvisible=False&ShowDelayed=false").await), ["free"]);
    assert_eq!(bodies(&look(&server, "&ShowInvisible=true&ShowDelayed=true").await), ["taken", "free", "later"]);
    let refused = look(&server, "&ShowInvisible=perhaps").await;
    assert_eq!(refused.status, 400, "{}", refused.body);
}

#[tokio::test]
async fn pages_follow_one_another() {
    let server = server().await;
    let first = look(&server, "&MaxResults=2").await;
    assert_eq!(bodies(&first), ["taken", "free"]);
    let next = first.value()["NextToken"].as_str().expect("a token").to_owned();
    let second = look(&server, &format!("&MaxResults=2&NextToken={next}")).await;
    assert_eq!((bodies(&second), second.value().get("NextToken")), (vec!["later".to_owned()], None));
    for (max, token) in [("0", "0"), ("1001", "0"), ("1", "x")] {
        let refused = look(&server, &format!("&MaxResults={max}&NextToken={token}")).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains("InvalidParameterValueException"), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_page_has_bounded_bytes_and_at_least_one_message() {
    let server = Server::start().await;
    server.standard().await;
    for _ in 0..6 {
        send(&server, json!({ "MessageBody": "x".repeat(1 << 20) })).await;
    }
    let (mut token, mut pages, mut shown) = ("0".to_owned(), 0, 0);
    loop {
        let page = look(&server, &format!("&NextToken={token}")).await;
        assert!(page.body.len() < 5 << 20);
        (pages, shown) = (pages + 1, shown + bodies(&page).len());
        match page.value()["NextToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, shown), (2, 6));
}

#[tokio::test]
async fn a_deep_queue_is_shown_to_its_end_even_if_most_is_left_out() {
    let server = Server::start().await;
    server.standard().await;
    for batch in 0..250 {
        let entry =
            |id: usize| json!({ "Id": id.to_string(), "MessageBody": format!("{batch}-{id}"), "DelaySeconds": 60 });
        let entries: Vec<_> = (0..10).map(entry).collect();
        server.ask("SendMessageBatch", json!({ "QueueUrl": "orders", "Entries": entries })).await;
    }
    send(&server, json!({ "MessageBody": "last" })).await;
    assert_eq!(bodies(&look(&server, "&ShowDelayed=false").await), ["last"]);
}

#[tokio::test]
async fn a_queue_can_be_named_in_the_path() {
    let server = server().await;
    let named = server.send(looking(&format!("{PATH}/us-east-1/000000000000/orders"))).await;
    assert_eq!(bodies(&named), ["taken", "free", "later"]);
    for wrong in ["/eu-west-1/000000000000/orders", "/us-east-1/000000000000/gone", "/orders", "/"] {
        server
            .send(looking(&format!("{PATH}{wrong}")))
            .await
            .is_json_error("QueueDoesNotExist", "The specified queue does not exist.");
    }
    let elsewhere = server.send(looking("/_aws/sqs/messages-of-others?QueueUrl=orders")).await;
    assert_eq!((elsewhere.status, elsewhere.body.as_str()), (404, "<UnknownOperationException/>"));
}

#[tokio::test]
async fn whoever_accepts_only_xml_gets_the_answer_of_a_receive() {
    let server = server().await;
    let mut request = looking(&format!("{PATH}?QueueUrl=orders&MaxResults=1"));
    request.headers_mut().insert("accept", "application/xml".parse().unwrap());
    let answer = server.send(request).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml"));
    assert!(answer.body.contains("<ReceiveMessageResult><Message><MessageId>"), "{}", answer.body);
    assert_eq!((answer.element("Body"), answer.element("MD5OfBody")), ("taken", "bad841dbbeb7132a68b2c649f4a7b875"));
    let mut request = looking(&format!("{PATH}?QueueUrl=gone"));
    request.headers_mut().insert("accept", "text/xml".parse().unwrap());
    server.send(request).await.is_query_error("QueueDoesNotExist", "");
    let mut request = looking(&format!("{PATH}?QueueUrl=orders"));
    request.headers_mut().insert("accept", "application/json, application/xml;q=0.5".parse().unwrap());
    assert_eq!(server.send(request).await.header("content-type"), "application/json");
}

#[tokio::test]
async fn only_who_may_receive_is_shown_anything() {
    let mut credentials = Credentials::new();
    for (signer, account, name) in [(ALICE, "000000000001", "alice"), (BOB, "000000000002", "bob")] {
        let Signer { access_key_id: id, secret, .. } = signer;
        let key = AccessKey { id, secret, session_token: None, account, principal: Principal::User(name) };
        assert!(credentials.add(key));
    }
    let server = Server::with(Verifier::new(credentials, REGION)).await;
    let sign = |signer: Signer<'_>, request: Request<Bytes>| {
        let (mut head, body) = request.into_parts();
        signer.sign(&head.method, &head.uri, &mut head.headers, &body, NOW);
        Request::from_parts(head, body)
    };
    let url = "http://127.0.0.1:4566/000000000001/orders";
    let target = format!("{PATH}?QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F000000000001%2Forders");
    for (operation, input) in [
        ("CreateQueue", json!({ "QueueName": "orders" })),
        ("SendMessage", json!({ "QueueUrl": url, "MessageBody": "m" })),
    ] {
        assert_eq!(server.send(sign(ALICE, json_request(operation, input.to_string()))).await.status, 200);
    }
    assert_eq!(bodies(&server.send(sign(ALICE, looking(&target))).await), ["m"]);
    let bob = server.send(sign(BOB, looking(&target))).await;
    assert_eq!(bob.status, 403);
    assert!(bob.body.contains("not authorized to perform: sqs:receivemessage"), "{}", bob.body);
    let wrong = server.send(sign(Signer { secret: "b", ..ALICE }, looking(&target))).await;
    assert!(wrong.status == 403 && wrong.body.contains("InvalidSignatureException"), "{}", wrong.body);
    let unsigned = server.send(looking(&target)).await;
    assert!(matches!(unsigned.status, 400 | 403) && !unsigned.body.contains("\"m\""), "{}", unsigned.body);
    let grant = json!({
        "QueueUrl": url, "Label": "bob", "AWSAccountIds": ["000000000002"], "Actions": ["ReceiveMessage"],
    });
    assert_eq!(server.send(sign(ALICE, json_request("AddPermission", grant.to_string()))).await.status, 200);
    assert_eq!(bodies(&server.send(sign(BOB, looking(&target))).await), ["m"]);
}

#[tokio::test]
async fn a_page_of_another_site_is_shown_nothing() {
    let server = server().await;
    let mut request = looking(&format!("{PATH}?QueueUrl=orders"));
    request.headers_mut().insert("origin", "https://example.com".parse().unwrap());
    let refused = server.send(request).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.body.contains("taken"));
}
