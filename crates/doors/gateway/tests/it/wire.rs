//! The front door behind a real listener.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bongsu_http::{Limits, Listener};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Queues, front_door, slack_headers};

async fn serve(limits: Limits) -> (SocketAddr, Arc<Queues>) {
    let (door, queues) = front_door(limits.clone());
    let door = Arc::new(door);
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), limits).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = move |request, peer: SocketAddr| {
        let door = door.clone();
        async move { door.handle(request, peer.ip()).await }
    };
    tokio::spawn(listener.serve(service, std::future::pending()));
    (address, queues)
}

/// Sends raw bytes and reads until the server hangs up.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    String::from_utf8(heard).unwrap()
}

fn slack_request(body: &str) -> Vec<u8> {
    let headers: String =
        slack_headers(body.as_bytes()).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!("POST /slack HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[tokio::test]
async fn an_event_comes_in_over_a_socket() {
    let (address, queues) = serve(Limits::default()).await;
    let body = r#"{"type":"event_callback","event_id":"Ev1","event":{"channel":"C1","text":"가é"}}"#;
    let heard = exchange(address, &slack_request(body)).await;
    assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"), "{heard}");
    assert!(heard.contains("\r\napigw-requestid: "), "{heard}");
    assert!(heard.contains(r#""MessageId":"message-0""#), "{heard}");
    assert_eq!(queues.take_one().body, body);
}

#[tokio::test]
async fn the_challenge_comes_back_over_a_socket() {
    let (address, _) = serve(Limits::default()).await;
    let heard = exchange(address, &slack_request(r#"{"type":"url_verification","challenge":"c1"}"#)).await;
    assert!(heard.starts_with("HTTP/1.1 200 OK\r\n") && heard.ends_with("\r\n\r\nc1"), "{heard}");
}

#[tokio::test]
async fn a_body_that_is_too_long_or_never_ends_is_refused() {
    let (address, queues) = serve(Limits { body_timeout: Duration::from_millis(100), ..Limits::default() }).await;
    let large = vec![b'x'; 2 << 20];
    let head = format!("POST /plain HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", large.len());
    let heard = exchange(address, &[head.as_bytes(), &large].concat()).await;
    assert!(heard.starts_with("HTTP/1.1 413 ") && heard.ends_with(r#"{"message":"Request Too Long"}"#), "{heard}");
    let half = b"POST /plain HTTP/1.1\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhalf";
    let heard = exchange(address, half).await;
    assert!(heard.starts_with("HTTP/1.1 408 ") && heard.ends_with(r#"{"message":"Request Timeout"}"#), "{heard}");
    assert_eq!(queues.take(), []);
}
