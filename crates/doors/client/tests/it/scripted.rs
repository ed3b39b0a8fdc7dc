//! A server that answers one connection after the other from a script, and remembers what it was asked.

use bongsu_client::{Client, Identity, Settings};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Each inner list is one connection, closed after its last answer. Ends with the requests.
pub(crate) async fn serve(script: Vec<Vec<&'static str>>) -> (Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let client = client(&format!("http://{}", listener.local_addr().expect("an address")));
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answers in script {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            answer(&mut stream, &answers, &mut asked).await;
        }
        asked
    });
    (client, asked)
}

/// An answer with this status line and these headers.
pub(crate) fn reply(head: &str, body: &str) -> &'static str {
    // A test's answers live as long as the test.
    Box::leak(format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_boxed_str())
}

/// Reads a request for each answer.
pub(crate) async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    answers: &[&str],
    asked: &mut Vec<String>,
) {
    for answer in answers {
        let mut request = Vec::new();
        while !is_whole(&request) {
            assert!(stream.read_buf(&mut request).await.expect("a test server") > 0, "a request ended early");
        }
        asked.push(String::from_utf8(request).expect("a test server"));
        stream.write_all(answer.as_bytes()).await.expect("a test server");
    }
    stream.flush().await.expect("a test server");
}

fn is_whole(request: &[u8]) -> bool {
    let text = std::str::from_utf8(request).expect("a test server");
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("content-length:").nth(1).expect("a test server");
    body.len() == length.lines().next().expect("a test server").trim().parse::<usize>().expect("a test server")
}

pub(crate) fn client(url: &str) -> Client {
    Client::new(Settings { endpoint: url.parse().expect("a URL"), identity: None, ca_bundle: None })
        .expect("a test server")
}

pub(crate) fn signing_client(url: &str) -> Client {
    let identity = Identity {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
        region: "us-east-1".to_owned(),
    };
    Client::new(Settings { endpoint: url.parse().expect("a URL"), identity: Some(identity), ca_bundle: None })
        .expect("a test server")
}
