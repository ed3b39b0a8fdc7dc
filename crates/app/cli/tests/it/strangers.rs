//! Requests that are no good get a clear answer on both ports, and harm nobody else.

use std::io::Write as _;
use std::net::{Shutdown, SocketAddr};

use serde_json::json;

use crate::harness::{Server, connect, exchange, get, read_answer};

fn raw(address: SocketAddr, text: &str) -> u16 {
    let mut stream = connect(address);
    // A server that has heard enough may answer and close before everything is sent.
    stream.write_all(text.as_bytes()).unwrap_or_default();
    stream.shutdown(Shutdown::Write).unwrap_or_default();
    read_answer(stream).status
}

#[test]
fn floods_and_nonsense_are_answered() {
    let server = Server::ephemeral();
    for address in [server.api, server.ingress] {
        assert_eq!(raw(address, "nonsense\r\n\r\n"), 400);
        let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
        assert_eq!(raw(address, &format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n")), 431);
        let long = "y".repeat(300_000);
        assert_eq!(raw(address, &format!("GET / HTTP/1.1\r\nhost: a\r\nx: {long}\r\n\r\n")), 431);
    }
    assert_eq!(get(server.api, "/livez").status, 200);
    server.stop();
}

#[test]
fn a_half_sent_request_does_not_keep_the_server() {
    let server = Server::ephemeral();
    let mut half: Vec<_> = [server.api, server.ingress].map(connect).into();
    for stream in &mut half {
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf").unwrap();
    }
    assert_eq!(get(server.api, "/livez").status, 200);
    let mut broken = connect(server.api);
    let head = "POST / HTTP/1.1\r\nhost: a\r\nx-amz-target: AmazonSQS.ListQueues\r\ncontent-length: 9\r\n\r\n{";
    broken.write_all(head.as_bytes()).unwrap();
    drop(broken);
    drop(half);
    assert_eq!(get(server.api, "/livez").status, 200);
    server.stop();
}

#[test]
fn a_body_beyond_the_limit_is_refused_in_the_protocols_words() {
    let server = Server::ephemeral();
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    let body = vec![b'x'; (8 << 20) + 1];
    let target = [("x-amz-target", "AmazonSQS.SendMessage")];
    let answer = exchange(server.api, "POST", "/", &target, &body);
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("RequestEntityTooLarge"), "{}", answer.body);
    assert!(answer.head.contains("x-amzn-query-error: requestentitytoolarge;sender"), "{}", answer.head);
    // Two mebibytes are read, and are too long for a message.
    let long = server.try_sqs("SendMessage", &json!({ "QueueUrl": "orders", "MessageBody": "x".repeat(2 << 20) }));
    assert_eq!(long.status, 400);
    assert!(long.body.contains("Message must be shorter than 1048576 bytes."), "{}", long.body);
    assert!(matches!(exchange(server.ingress, "POST", "/", &[], &body).status, 404 | 413));
    server.stop();
}
