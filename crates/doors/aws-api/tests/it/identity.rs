//! Who calls: signatures, unknown keys, and the accounts of others.

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use bytes::Bytes;
use serde_json::json;

use crate::harness::{Answer, NOW, REGION, Server, form_request, json_request, query_request, sign};

const ALICE: Signer<'static> = Signer { access_key_id: "ALICE", secret: "a", region: REGION, service: "sqs" };
const BOB: Signer<'static> = Signer { access_key_id: "BOB", secret: "b", region: REGION, service: "sqs" };

async fn server() -> Server {
    let mut credentials = Credentials::new();
    for (signer, account, name) in [(ALICE, "000000000001", "alice"), (BOB, "000000000002", "bob")] {
        let Signer { access_key_id: id, secret, .. } = signer;
        let key = AccessKey { id, secret, session_token: None, account, principal: Principal::User(name) };
        assert!(credentials.add(key));
    }
    Server::with(Verifier::new(credentials, REGION)).await
}

async fn ask(server: &Server, signer: Signer<'_>, operation: &str, input: serde_json::Value) -> Answer {
    server.send(sign(signer, json_request(operation, input.to_string()), NOW)).await
}

#[tokio::test]
async fn a_signed_request_acts_for_its_account() {
    let server = server().await;
    let made = ask(&server, ALICE, "CreateQueue", json!({ "QueueName": "orders" })).await;
    let url = "http://127.0.0.1:4566/000000000001/orders";
    made.is_json(&format!(r#"{{"QueueUrl":"{url}"}}"#));
    let input = json!({ "QueueUrl": url, "MessageBody": "m" });
    let sent = server.send(sign(ALICE, query_request("SendMessage", &input), NOW)).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let input = json!({ "QueueUrl": url, "AttributeNames": ["SenderId"] });
    let received = ask(&server, ALICE, "ReceiveMessage", input).await.value();
    assert_eq!(received["Messages"][0]["Attributes"]["SenderId"], "AIDAX3TG3NX5C3X5K4MOO");
}

#[tokio::test]
async fn an_accounts_queues_are_closed_to_others() {
    let server = server().await;
    ask(&server, ALICE, "CreateQueue", json!({ "QueueName": "orders" })).await;
    let url = "http://127.0.0.1:4566/000000000001/orders";
    let text = |operation: &str| {
        let action = format!("sqs:{}", operation.to_lowercase());
        format!(
            "User: arn:aws:iam::000000000002:user/bob is not authorized to perform: {action} on resource: \
             arn:aws:sqs:us-east-1:000000000001:orders because no resource-based policy allows the {action} action"
        )
    };
    for (operation, input) in [
        ("SendMessage", json!({ "QueueUrl": url, "MessageBody": "m" })),
        ("ReceiveMessage", json!({ "QueueUrl": url })),
        ("GetQueueAttributes", json!({ "QueueUrl": url })),
        ("DeleteQueue", json!({ "QueueUrl": url })),
    ] {
        ask(&server, BOB, operation, input).await.is_json_error("AccessDeniedException", &text(operation));
    }
    let request = form_request("/000000000001/orders", "Action=ReceiveMessage");
    server.send(sign(BOB, request, NOW)).await.is_query_error("AccessDeniedException", &text("ReceiveMessage"));
    ask(&server, BOB, "ListQueues", json!({})).await.is_json("{}");
    let own = ask(&server, BOB, "CreateQueue", json!({ "QueueName": "orders" })).await;
    own.is_json(r#"{"QueueUrl":"http://127.0.0.1:4566/000000000002/orders"}"#);
}

#[tokio::test]
async fn a_request_that_proves_nothing_is_refused() {
    let server = server().await;
    let list = || json_request("ListQueues", "{}");
    let text = "Access to the resource 127.0.0.1:4566/ is denied.";
    server.send(list()).await.is_json_error("AccessDeniedException", text);
    server.send(query_request("ListQueues", &json!({}))).await.is_query_error("AccessDeniedException", text);

    let unknown = Signer { access_key_id: "MALLORY", ..ALICE };
    let text = "The security token included in the request is invalid.";
    server.send(sign(unknown, list(), NOW)).await.is_json_error("UnrecognizedClientException", text);

    let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                Access Key and signing method. Consult the service documentation for details.";
    let wrong = Signer { secret: "guessed", ..ALICE };
    server.send(sign(wrong, list(), NOW)).await.is_json_error("InvalidSignatureException", text);
    let mut changed = sign(ALICE, list(), NOW);
    *changed.body_mut() = Bytes::from_static(b"{\"MaxResults\":1}");
    server.send(changed).await.is_json_error("InvalidSignatureException", text);

    let old = server.send(sign(ALICE, list(), NOW - 901)).await;
    assert_eq!((old.status, old.header("x-amzn-query-error")), (403, "SignatureDoesNotMatch;Sender"));

    let mut broken = sign(ALICE, list(), NOW);
    broken.headers_mut().insert("authorization", "AWS4-HMAC-SHA256 Credential=ALICE".parse().unwrap());
    let broken = server.send(broken).await;
    assert_eq!((broken.status, broken.header("x-amzn-query-error")), (400, "IncompleteSignature;Sender"));
}

#[tokio::test]
async fn identity_comes_before_everything_else() {
    let server = server().await;
    for request in [json_request("FooBar", "{}"), json_request("SendMessage", "nonsense")] {
        assert_eq!(server.send(request).await.status, 403);
    }
}

#[tokio::test]
async fn in_development_mode_a_page_of_another_site_is_refused_and_one_of_this_machine_is_not() {
    let server = Server::with(Verifier::development("000000000000")).await;
    for (origin, status) in [("https://example.com", 403), ("http://localhost:3000", 200)] {
        let mut request = query_request("CreateQueue", &json!({ "QueueName": "orders" }));
        request.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(server.send(request).await.status, status, "{origin}");
    }
}
