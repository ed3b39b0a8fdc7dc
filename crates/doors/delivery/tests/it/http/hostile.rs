//! Endpoints that mean harm, or are broken.

use std::time::Duration;

use bongsu_delivery::http::{ANSWER_HEAD_BYTES_MAX, Fault, HttpSettings, Outcome, Post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::harness::{Drip, Flood, Hang, Say, Step, courier, impatient, notification, post, post_to, serve, settings};

const MIB: usize = 1024 * 1024;
/// What the two sockets of a loopback connection may hold.
const SOCKET_BUFFERS: usize = 16 * MIB;

/// A head, and then a flood on the same connection.
fn flood(head: &str, piece: &[u8], times: usize) -> Step {
    let mut first = head.as_bytes().to_vec();
    first.resize(piece.len().max(head.len()), piece[0]);
    assert_eq!(first.len(), piece.len(), "a head fits into a piece");
    first[head.len()..].copy_from_slice(&piece[head.len()..]);
    Flood { piece: first, times }
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 100 * MIB);
    let (attempt, mut served) = post_to(settings(), flood(&head, &vec![b'x'; MIB], 101)).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Delivered, Some(200)));
    let (_, written) = served.ended().await;
    assert!(written < SOCKET_BUFFERS, "{written}");
}

#[tokio::test]
async fn headers_without_end_are_no_answer() {
    let line = "x-header: 0123456789abcdef0123456789abcdef\r\n";
    let few_long = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(100 * ANSWER_HEAD_BYTES_MAX));
    let many = format!("HTTP/1.1 200 OK\r\n{}", line.repeat(100_000));
    for head in [few_long, many] {
        let (attempt, _) = post_to(settings(), Say(head)).await;
        assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None));
        assert!(matches!(attempt.fault, Some(Fault::NoAnswer(_))), "{attempt:?}");
    }
}

#[tokio::test]
async fn interim_answers_without_end_last_as_long_as_an_attempt() {
    let piece = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100);
    let (attempt, mut served) = post_to(impatient(), Flood { piece, times: usize::MAX }).await;
    assert_eq!((attempt.outcome, attempt.fault), (Outcome::Retry, Some(Fault::TimedOut)));
    served.ended().await;
}

#[tokio::test]
async fn garbage_is_no_answer() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\0\0\0\0\0",
        "HTTP/1.1 twohundred OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
        let (attempt, _) = post_to(settings(), Say(garbage.to_owned())).await;
        assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None), "{garbage:?}");
        assert!(matches!(attempt.fault, Some(Fault::NoAnswer(_))), "{attempt:?}");
    }
}

#[tokio::test]
async fn half_a_head_is_no_answer() {
    for half in ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\ncontent-le"] {
        let (attempt, mut served) = post_to(settings(), Say(half.to_owned())).await;
        assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None), "{half:?}");
        assert!(matches!(attempt.fault, Some(Fault::NoAnswer(_))), "{attempt:?}");
        served.request().await;
        assert_eq!(served.requests_left(), 0, "a fresh connection is no reason to try twice");
    }
}

#[tokio::test]
async fn an_endpoint_that_answers_before_it_has_read_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno").await.unwrap();
        std::future::pending::<()>().await;
    });
    let body = vec![b'x'; 2 * SOCKET_BUFFERS].into();
    let attempt = courier(settings()).post(Post { body, ..notification(&url) }).await;
    assert_eq!((attempt.outcome, attempt.status, attempt.fault), (Outcome::Refused, Some(413), None));
    assert_eq!(attempt.provider_response, "no");
}

#[tokio::test]
async fn half_a_body_is_an_answer() {
    for (status, outcome) in [(200, Outcome::Delivered), (500, Outcome::Retry)] {
        let half = format!("HTTP/1.1 {status} X\r\ncontent-length: 100\r\n\r\nhalf");
        let (attempt, _) = post_to(settings(), Say(half)).await;
        assert_eq!((attempt.outcome, attempt.status, attempt.fault), (outcome, Some(status), None));
        assert_eq!(attempt.provider_response, "half");
    }
}

#[tokio::test]
async fn an_answer_that_drips_ends_with_the_attempt() {
    let pause = Duration::from_millis(20);
    let head = format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(1000));
    let (attempt, mut served) = post_to(impatient(), Drip(head, pause)).await;
    assert_eq!((attempt.outcome, attempt.fault), (Outcome::Retry, Some(Fault::TimedOut)));
    served.ended().await;

    let served = serve(vec![vec![Drip("x".repeat(1000), pause)]]).await;
    let attempt = post(&courier(impatient()), &served.url()).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None));
}

#[tokio::test]
async fn a_body_that_never_ends_does_not_undo_the_status() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nwait";
    let script = Flood { piece: endless.as_bytes().to_vec(), times: 1 };
    let mut served = serve(vec![vec![script, Hang]]).await;
    // Long enough for the status to come on a busy machine.
    let patient = HttpSettings { timeout: Duration::from_secs(1), ..settings() };
    let attempt = post(&courier(patient), &served.url()).await;
    assert_eq!((attempt.outcome, attempt.status, attempt.fault), (Outcome::Delivered, Some(200), None));
    assert_eq!(attempt.provider_response, "wait");
    assert!(attempt.elapsed >= Duration::from_secs(1));
    served.ended().await;
}
