//! A server that runs: ready, healthy, and gone when told.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Server, connect, get, read_answer};

#[test]
fn ready_comes_last_and_health_is_told() {
    let server = Server::ephemeral();
    assert_eq!(server.announced.last().map(String::as_str), Some("Ready."));
    for path in ["/_bongsu/health", "/livez", "/readyz"] {
        let answer = get(server.api, path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"), "{path}");
    }
    assert_eq!(get(server.ingress, "/nothing").status, 404);
    server.stop();
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let server = Server::without_log(&["serve", "--ephemeral"]);
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    server.stop();
}

#[test]
fn a_stop_answers_those_who_wait_and_is_prompt() {
    let server = Server::ephemeral();
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    let mut waiting = connect(server.api);
    let body = json!({ "QueueUrl": "orders", "WaitTimeSeconds": 20 }).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: a\r\nx-amz-target: AmazonSQS.ReceiveMessage\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    waiting.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
    // An idle connection is no reason to stay either.
    let idle = connect(server.api);
    // The server reads what has arrived before it turns to connections that come later.
    for _ in 0..10 {
        server.sqs("ListQueues", json!({}));
    }
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let answer = read_answer(waiting);
    assert!(matches!(answer.status, 200 | 503), "{answer:?}");
    drop(idle);
}
