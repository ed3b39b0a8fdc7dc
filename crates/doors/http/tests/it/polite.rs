//! What a well-behaved client may rely on.

use std::sync::Arc;

use bongsu_http::Limits;
use tokio::{io::AsyncReadExt, sync::Barrier};

use crate::harness::{Client, LONG, SHORT, answer, ask, echo, limits, serve};

#[tokio::test]
async fn a_connection_is_kept_for_further_requests() {
    let server = echo(limits()).await;
    let mut client = Client::connect(&server).await;
    for path in ["/a", "/b", "/c"] {
        client.say(format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")).await;
        assert_eq!(client.hear().await, (200, format!("{path} hi")));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = echo(limits()).await;
    let mut client = Client::connect(&server).await;
    let requests: String =
        (0..50).map(|n| format!("POST /{n} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")).collect();
    client.say(requests).await;
    for n in 0..50 {
        assert_eq!(client.hear().await, (200, format!("/{n} x")));
    }
}

#[tokio::test]
async fn a_chunked_body_arrives_whole() {
    let server = echo(limits()).await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_eq!(ask(&server, request).await, (200, "/ abcde".into()));
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it_before_it_sends_the_body() {
    let server = echo(limits()).await;
    let mut client = Client::connect(&server).await;
    client.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.hear().await, (100, String::new()));
    client.say("hi").await;
    assert_eq!(client.hear().await, (200, "/ hi".into()));
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let server = echo(Limits { body_bytes_max: 1 << 20, ..limits() }).await;
    let body = "b".repeat(1 << 20);
    let request = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(ask(&server, request).await, (200, format!("/ {body}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_served_side_by_side() {
    let barrier = Arc::new(Barrier::new(32));
    let server = serve(limits(), move |_, _| {
        let barrier = barrier.clone();
        async move {
            barrier.wait().await;
            answer(200, "met")
        }
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..32 {
        let mut client = Client::connect(&server).await;
        client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.hear().await, (200, "met".into()));
    }
}

#[tokio::test]
async fn the_service_learns_who_asks() {
    let server = serve(limits(), |_, peer| async move { answer(200, peer.to_string()) }).await;
    let mut client = Client::connect(&server).await;
    client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.hear().await.1, client.0.local_addr().unwrap().to_string());
}

#[tokio::test]
async fn connections_beyond_the_maximum_wait_for_their_turn() {
    let server = echo(Limits { connections_max: 2, ..limits() }).await;
    let mut clients = Vec::new();
    for n in 0..40 {
        let mut client = Client::connect(&server).await;
        client.say(format!("GET /{n} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await;
        clients.push(client);
    }
    for (n, client) in clients.iter_mut().enumerate() {
        assert!(client.hear_all().await.ends_with(&format!("/{n} ")));
    }
}

#[tokio::test]
async fn a_large_answer_may_take_longer_than_a_connection_may_idle() {
    const ANSWER: usize = 16 << 20;
    let limits = Limits { idle_timeout: SHORT, header_timeout: SHORT, write_timeout: LONG, ..limits() };
    let server = serve(limits, |_, _| async { answer(200, vec![b'a'; ANSWER]) }).await;
    let mut client = Client::connect(&server).await;
    client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let mut buffer = vec![0; ANSWER / 100];
    let mut heard = 0;
    while heard < ANSWER {
        // A slow link, not a wait for something.
        tokio::time::sleep(SHORT / 25).await;
        let read = client.0.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "cut off after {heard} bytes");
        heard += read;
    }
}
