//! Answers that are sent while they are made: here, of what the request still brings.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Client, Server, limits, serve};

const HEAD: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n";

/// Sends back every piece as it comes.
async fn mirror() -> Server {
    serve(limits(), |request, _| async { hyper::Response::new(request.into_body()) }).await
}

async fn hear(client: &mut Client, bytes: usize) -> String {
    let mut heard = vec![0; bytes];
    client.0.read_exact(&mut heard).await.unwrap();
    String::from_utf8(heard).unwrap()
}

async fn hear_head(client: &mut Client) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head += &hear(client, 1).await;
    }
    head
}

#[tokio::test]
async fn a_piece_is_sent_before_the_next_is_there() {
    let server = mirror().await;
    let mut client = Client::connect(&server).await;
    for _ in 0..2 {
        client.say(format!("{HEAD}ab")).await;
        assert!(hear_head(&mut client).await.contains("content-length: 4"));
        assert_eq!(hear(&mut client, 2).await, "ab");
        client.say("cd").await;
        assert_eq!(hear(&mut client, 2).await, "cd");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_the_connection() {
    let server = mirror().await;
    let mut client = Client::connect(&server).await;
    client.say(format!("{HEAD}ab")).await;
    hear_head(&mut client).await;
    assert_eq!(hear(&mut client, 2).await, "ab");
    client.0.shutdown().await.unwrap();
    assert_eq!(client.hear_all().await, "");
}
