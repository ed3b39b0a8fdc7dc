//! Every operation under every kind of caller: who is let in, and in which words the others are refused.

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use bytes::Bytes;
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{Answer, NOW, REGION, Server, description, json_request, query_request, sign};

const OWNER: Signer<'static> = Signer { access_key_id: "ALICE", secret: "a", region: REGION, service: "sqs" };
const OTHER: Signer<'static> = Signer { access_key_id: "BOB", secret: "b", region: REGION, service: "sqs" };

const ORDERS: &str = "http://127.0.0.1:4566/000000000001/orders";
const ORDERS_ARN: &str = "arn:aws:sqs:us-east-1:000000000001:orders";
const DEAD: &str = "http://127.0.0.1:4566/000000000001/dead";
const DEAD_ARN: &str = "arn:aws:sqs:us-east-1:000000000001:dead";

const EXPIRED: &str = "Signature expired: 20260102T024904Z is now earlier than 20260102T024905Z (20260102T030405Z - 15 \
                       min.)";
const EARLY: &str = "Signature not yet current: 20260102T031906Z is still later than 20260102T031905Z (20260102T030405Z + \
                     15 min.)";

/// What another account may ask of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Others {
    /// What the queue's policy allows.
    ByPolicy,
    /// Nothing: only the owner may, whatever the policy says.
    Never,
    /// The operation is about the caller's own account and no queue of anybody else.
    Apart,
}
use Others::{Apart, ByPolicy, Never};

/// Every operation, whether others may, and a request of it that is good in all other respects.
fn table(handle: &str, task: &str) -> Vec<(&'static str, Others, Value)> {
    let queue = json!({ "QueueUrl": ORDERS });
    let with = |mut members: Value| {
        members["QueueUrl"] = json!(ORDERS);
        members
    };
    let entries = |entry: Value| with(json!({ "Entries": [entry] }));
    vec![
        (
            "AddPermission",
            Never,
            with(json!({ "Label": "new", "AWSAccountIds": ["000000000003"], "Actions": ["SendMessage"] })),
        ),
        ("CancelMessageMoveTask", Never, json!({ "TaskHandle": task })),
        ("ChangeMessageVisibility", ByPolicy, with(json!({ "ReceiptHandle": handle, "VisibilityTimeout": 9 }))),
        (
            "ChangeMessageVisibilityBatch",
            ByPolicy,
            entries(json!({ "Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 9 })),
        ),
        ("CreateQueue", Apart, json!({ "QueueName": "orders" })),
        ("DeleteMessage", ByPolicy, with(json!({ "ReceiptHandle": handle }))),
        ("DeleteMessageBatch", ByPolicy, entries(json!({ "Id": "a", "ReceiptHandle": handle }))),
        ("DeleteQueue", Never, queue.clone()),
        ("GetQueueAttributes", ByPolicy, with(json!({ "AttributeNames": ["All"] }))),
        ("GetQueueUrl", ByPolicy, json!({ "QueueName": "orders", "QueueOwnerAWSAccountId": "000000000001" })),
        ("ListDeadLetterSourceQueues", ByPolicy, queue.clone()),
        ("ListMessageMoveTasks", Never, json!({ "SourceArn": DEAD_ARN })),
        ("ListQueueTags", Never, queue.clone()),
        ("ListQueues", Apart, json!({})),
        ("PurgeQueue", ByPolicy, queue.clone()),
        ("ReceiveMessage", ByPolicy, queue.clone()),
        ("RemovePermission", Never, with(json!({ "Label": "given" }))),
        ("SendMessage", ByPolicy, with(json!({ "MessageBody": "m" }))),
        ("SendMessageBatch", ByPolicy, entries(json!({ "Id": "a", "MessageBody": "m" }))),
        ("SetQueueAttributes", Never, with(json!({ "Attributes": { "DelaySeconds": "0" } }))),
        ("StartMessageMoveTask", Never, json!({ "SourceArn": DEAD_ARN, "DestinationArn": ORDERS_ARN })),
        ("TagQueue", Never, with(json!({ "Tags": { "team": "a" } }))),
        ("UntagQueue", Never, with(json!({ "TagKeys": ["team"] }))),
    ]
}

/// Two accounts with a user each, and the first one's queues: `orders` with a message in flight, and its dead letters, of
/// which a task is moving some unless the operation is to start one.
struct World {
    server: Server,
    handle: String,
    task: String,
}

impl World {
    /// With one more statement, about everything and everybody, in the policies of all queues.
    async fn with(effect: Option<&str>, is_moving: bool) -> World {
        let mut credentials = Credentials::new();
        for (signer, account, name) in [(OWNER, "000000000001", "alice"), (OTHER, "000000000002", "bob")] {
            let Signer { access_key_id: id, secret, .. } = signer;
            let key = AccessKey { id, secret, session_token: None, account, principal: Principal::User(name) };
            assert!(credentials.add(key));
        }
        let server = Server::with(Verifier::new(credentials, REGION)).await;
        let ask = async |operation: &str, input: Value| {
            let answer = server.send(sign(OWNER, json_request(operation, input.to_string()), NOW)).await;
            assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
            if answer.body.is_empty() { Value::Null } else { answer.value() }
        };
        ask("CreateQueue", json!({ "QueueName": "dead" })).await;
        let redrive = json!({ "deadLetterTargetArn": DEAD_ARN, "maxReceiveCount": 9 }).to_string();
        ask("CreateQueue", json!({ "QueueName": "orders", "Attributes": { "RedrivePolicy": redrive } })).await;
        ask("SendMessage", json!({ "QueueUrl": ORDERS, "MessageBody": "m" })).await;
        let received = ask("ReceiveMessage", json!({ "QueueUrl": ORDERS })).await;
        let handle = received["Messages"][0]["ReceiptHandle"].as_str().expect("text").to_owned();
        let mut task = String::new();
        if is_moving {
            for _ in 0..9 {
                ask("SendMessage", json!({ "QueueUrl": DEAD, "MessageBody": "m" })).await;
            }
            let start = json!({
                "SourceArn": DEAD_ARN, "DestinationArn": ORDERS_ARN, "MaxNumberOfMessagesPerSecond": 1,
            });
            task = ask("StartMessageMoveTask", start).await["TaskHandle"].as_str().expect("text").to_owned();
        }
        for (url, arn) in [(ORDERS, ORDERS_ARN), (DEAD, DEAD_ARN)] {
            let given = json!({
                "Sid": "given", "Effect": "Allow", "Principal": { "AWS": "000000000003" }, "Action": "sqs:SendMessage",
                "Resource": arn,
            });
            let more =
                effect.map(|effect| json!({ "Effect": effect, "Principal": "*", "Action": "sqs:*", "Resource": arn }));
            let statements: Vec<Value> = [given].into_iter().chain(more).collect();
            let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            ask("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "Policy": policy } })).await;
        }
        World { server, handle, task }
    }
}

/// Two protocols of the same request.
#[derive(Clone, Copy, Debug)]
enum Protocol {
    Json,
    Query,
}

impl Protocol {
    fn request(self, operation: &str, input: &Value) -> Request<Bytes> {
        match self {
            Protocol::Json => json_request(operation, input.to_string()),
            Protocol::Query => query_request(operation, input),
        }
    }

    fn is_refused(self, answer: &Answer, shape: &str, text: &str) {
        match self {
            Protocol::Json => answer.is_json_error(shape, text),
            Protocol::Query => answer.is_query_error(shape, text),
        }
    }
}

#[test]
fn every_operation_has_a_row() {
    let description = description();
    let all: Vec<&str> = description["operations"].as_object().unwrap().keys().map(String::as_str).collect();
    let rows: Vec<&str> = table("", "").iter().map(|row| row.0).collect();
    assert_eq!(rows, all);
}

#[tokio::test]
async fn whoever_cannot_show_who_they_are_is_refused_every_operation() {
    let world = World::with(Some("Allow"), true).await;
    let unknown = Signer { access_key_id: "MALLORY", ..OWNER };
    let wrong = Signer { secret: "guessed", ..OWNER };
    let elsewhere = Signer { service: "lambda", ..OWNER };
    let abroad = Signer { region: "eu-west-1", ..OWNER };
    let (denied, token, signature) =
        ("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException");
    let mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                    Access Key and signing method. Consult the service documentation for details.";
    let cases: &[(Option<Signer<'_>>, u64, &str, &str)] = &[
        (None, NOW, denied, "Access to the resource 127.0.0.1:4566/ is denied."),
        (Some(unknown), NOW, token, "The security token included in the request is invalid."),
        (Some(wrong), NOW, signature, mismatch),
        (Some(OWNER), NOW - 901, signature, EXPIRED),
        (Some(OWNER), NOW + 901, signature, EARLY),
        (Some(elsewhere), NOW, signature, "Credential should be scoped to correct service: 'sqs'."),
        (Some(abroad), NOW, signature, "Credential should be scoped to a valid region, not 'eu-west-1'."),
    ];
    for (operation, _, input) in table(&world.handle, &world.task) {
        for protocol in [Protocol::Json, Protocol::Query] {
            for (signer, at, shape, text) in cases {
                let request = protocol.request(operation, &input);
                let request = signer.map_or(request.clone(), |signer| sign(signer, request, *at));
                let answer = world.server.send(request).await;
                protocol.is_refused(&answer, shape, text);
            }
        }
    }
}

/// What the policies of the queues say of everybody, who calls, and who is let in by which outcome.
#[tokio::test]
async fn every_operation_knows_its_callers() {
    for protocol in [Protocol::Json, Protocol::Query] {
        for (operation, others, _) in table("", "") {
            for (effect, signer) in
                [(None, OWNER), (None, OTHER), (Some("Allow"), OTHER), (Some("Deny"), OTHER), (Some("Deny"), OWNER)]
            {
                let world = World::with(effect, operation != "StartMessageMoveTask").await;
                let rows = table(&world.handle, &world.task);
                let (.., input) = rows.into_iter().find(|row| row.0 == operation).unwrap();
                let answer = world.server.send(sign(signer, protocol.request(operation, &input), NOW)).await;
                let is_owner = signer.access_key_id == OWNER.access_key_id;
                let is_let_in = match effect {
                    _ if others == Apart => true,
                    Some("Deny") => false,
                    Some(_) => is_owner || others == ByPolicy,
                    None => is_owner,
                };
                if is_let_in {
                    assert_eq!(answer.status, 200, "{operation} {protocol:?} {effect:?}: {}", answer.body);
                    assert!(!answer.body.contains("FailedEntry") && !answer.body.contains("\"Failed\""));
                } else if operation == "GetQueueUrl" && !is_owner {
                    // Who has no access is not even told that there is a queue.
                    protocol.is_refused(&answer, "QueueDoesNotExist", "The specified queue does not exist.");
                } else {
                    protocol.is_refused(&answer, "AccessDeniedException", &refusal(operation, is_owner, effect));
                }
            }
        }
    }
}

#[tokio::test]
async fn who_has_no_access_is_not_told_what_else_is_wrong() {
    let world = World::with(None, true).await;
    for (operation, input) in [
        ("SendMessage", json!({ "QueueUrl": ORDERS })),
        ("ReceiveMessage", json!({ "QueueUrl": ORDERS, "MaxNumberOfMessages": 11 })),
        ("TagQueue", json!({ "QueueUrl": ORDERS })),
    ] {
        for protocol in [Protocol::Json, Protocol::Query] {
            let answer = world.server.send(sign(OTHER, protocol.request(operation, &input), NOW)).await;
            protocol.is_refused(&answer, "AccessDeniedException", &refusal(operation, false, None));
        }
    }
}

fn refusal(operation: &str, is_owner: bool, effect: Option<&str>) -> String {
    let caller = if is_owner { "arn:aws:iam::000000000001:user/alice" } else { "arn:aws:iam::000000000002:user/bob" };
    let action = format!("sqs:{}", operation.to_ascii_lowercase());
    let resource =
        if operation.ends_with("MoveTask") || operation.ends_with("MoveTasks") { DEAD_ARN } else { ORDERS_ARN };
    let why = match effect {
        Some("Deny") => "with an explicit deny in a resource-based policy".to_owned(),
        _ => format!("because no resource-based policy allows the {action} action"),
    };
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {why}")
}
