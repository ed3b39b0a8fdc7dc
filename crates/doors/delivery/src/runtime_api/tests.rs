//! Plays the runtime over a raw socket.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// One connection of a runtime, which sees the bytes as they are.
struct Socket {
    stream: TcpStream,
    received: Vec<u8>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Socket {
    async fn connect(api: &RuntimeApi) -> Socket {
        Socket { stream: TcpStream::connect(api.address()).await.unwrap(), received: Vec::new() }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn receive(&mut self) -> Reply {
        let head_end = loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.receive_more().await;
        };
        let head = String::from_utf8(self.received.drain(..head_end).collect()).unwrap();
        let (status_line, fields) = head.split_once("\r\n").unwrap();
        let headers: BTreeMap<String, String> = fields
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            self.receive_more().await;
        }
        let body = String::from_utf8(self.received.drain(..length).collect()).unwrap();
        Reply { status: status_line.split(' ').nth(1).unwrap().parse().unwrap(), headers, body }
    }

    async fn receive_more(&mut self) {
        let read = self.stream.read_buf(&mut self.received).await.unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&self.received));
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.send(format!("GET /2018-06-01{path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
        self.receive().await
    }

    async fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> Reply {
        let length = body.len();
        let head = format!("POST /2018-06-01{path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n");
        self.send(head.as_bytes()).await;
        self.send(body).await;
        self.receive().await
    }

    async fn next(&mut self) -> Reply {
        self.get("/runtime/invocation/next").await
    }

    async fn ask_for_next(&mut self) {
        self.send(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\n\r\n").await;
    }
}

fn event(request_id: &str) -> Event {
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", request_id.parse().unwrap());
    Event { request_id: request_id.into(), headers, payload: Bytes::from_static(b"{\"n\": 1}") }
}

/// An API whose runtime has taken the event `a`.
async fn running() -> (RuntimeApi, Socket, oneshot::Receiver<Answer>) {
    let api = RuntimeApi::listen(1).await.unwrap();
    let mut socket = Socket::connect(&api).await;
    let answered = api.assign(event("a"));
    assert_eq!(socket.next().await.status, 200);
    assert_eq!(*api.init().borrow(), Init::Ready);
    (api, socket, answered)
}

fn assert_refused(answer: &Reply, status: u16, body: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (status, body));
    assert_eq!(answer.headers["content-type"], "application/json");
}

const INVALID_ID: &str = r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#;

fn invalid_transition(from: &str, to: &str) -> String {
    let text =
        format!("State transition from {from} to {to} failed for runtime. Error: State transition is not allowed");
    format!(r#"{{"errorMessage":"{text}","errorType":"InvalidStateTransition"}}"#)
}

#[tokio::test]
async fn a_second_next_returns_the_open_event_again() {
    let (_api, mut socket, _answered) = running().await;
    let again = socket.next().await;
    assert_eq!((again.status, again.body.as_str()), (200, "{\"n\": 1}"));
    assert_eq!(again.headers["lambda-runtime-aws-request-id"], "a");
    assert_eq!(again.headers["content-type"], "application/json");
}

#[tokio::test]
async fn next_waits_until_an_event_is_assigned() {
    let api = RuntimeApi::listen(1).await.unwrap();
    let mut socket = Socket::connect(&api).await;
    socket.ask_for_next().await;
    api.init().wait_for(|init| *init == Init::Ready).await.unwrap();
    let _answered = api.assign(event("a"));
    assert_eq!(socket.receive().await.status, 200);
    assert!(api.withdraw("a"));
}

#[tokio::test]
async fn each_of_several_polls_gets_an_event_of_its_own() {
    let api = RuntimeApi::listen(1).await.unwrap();
    let mut sockets = [Socket::connect(&api).await, Socket::connect(&api).await];
    for socket in &mut sockets {
        socket.ask_for_next().await;
    }
    while api.polls() < 2 {
        tokio::task::yield_now().await;
    }
    let mut answers = Vec::new();
    for id in ["a", "b"] {
        answers.push(api.assign(event(id)));
    }
    let mut ids = Vec::new();
    for socket in &mut sockets {
        let id = socket.receive().await.headers["lambda-runtime-aws-request-id"].clone();
        let path = format!("/runtime/invocation/{id}/response");
        assert_eq!(socket.post(&path, "", id.as_bytes()).await.status, 202);
        ids.push(id);
    }
    ids.sort();
    assert_eq!((ids, api.wanted_max()), (vec!["a".to_owned(), "b".to_owned()], 2));
    for (answer, id) in answers.into_iter().zip(["a", "b"]) {
        assert_eq!(answer.await.unwrap(), Answer::Returned(id.into()));
    }
}

#[tokio::test]
async fn an_event_is_not_given_to_a_client_that_has_hung_up() {
    let api = RuntimeApi::listen(1).await.unwrap();
    let mut gone = Socket::connect(&api).await;
    gone.ask_for_next().await;
    while api.polls() < 1 {
        tokio::task::yield_now().await;
    }
    drop(gone);
    while api.polls() > 0 {
        tokio::task::yield_now().await;
    }
    let mut socket = Socket::connect(&api).await;
    let _answered = api.assign(event("a"));
    assert_eq!(socket.next().await.headers["lambda-runtime-aws-request-id"], "a");
    assert_eq!(api.wanted_max(), 1);
}

#[tokio::test]
async fn a_response_is_accepted_and_passed_on_as_it_is() {
    let (_api, mut socket, answered) = running().await;
    let answer = socket.post("/runtime/invocation/a/response", "", b"not JSON").await;
    assert_eq!((answer.status, answer.body.as_str()), (202, r#"{"status":"OK"}"#));
    assert_eq!(answered.await.unwrap(), Answer::Returned(Bytes::from_static(b"not JSON")));
}

#[tokio::test]
async fn the_wrong_event_and_an_answered_one_are_invalid_request_ids() {
    let (_api, mut socket, _answered) = running().await;
    assert_refused(&socket.post("/runtime/invocation/b/response", "", b"1").await, 400, INVALID_ID);
    assert_refused(&socket.post("/runtime/invocation/b/error", "", b"1").await, 400, INVALID_ID);
    assert_eq!(socket.post("/runtime/invocation/a/response", "", b"1").await.status, 202);
    assert_refused(&socket.post("/runtime/invocation/a/response", "", b"1").await, 400, INVALID_ID);
    assert_refused(&socket.post("/runtime/invocation/a/error", "", b"1").await, 400, INVALID_ID);
}

#[tokio::test]
async fn an_answer_before_next_is_an_invalid_transition() {
    let api = RuntimeApi::listen(1).await.unwrap();
    let _answered = api.assign(event("a"));
    let mut socket = Socket::connect(&api).await;
    let answer = socket.post("/runtime/invocation/a/response", "", b"1").await;
    assert_refused(&answer, 403, &invalid_transition("Started", "InvocationResponse"));
    let answer = socket.post("/runtime/invocation/a/error", "", b"1").await;
    assert_refused(&answer, 403, &invalid_transition("Started", "InvocationErrorResponse"));
}

#[tokio::test]
async fn an_init_error_is_for_the_start_alone() {
    let (_api, mut socket, _answered) = running().await;
    let answer = socket.post("/runtime/init/error", "", b"{}").await;
    assert_refused(&answer, 403, &invalid_transition("Running", "InitError"));
}

#[tokio::test]
async fn nothing_follows_an_init_error() {
    let api = RuntimeApi::listen(1).await.unwrap();
    let mut socket = Socket::connect(&api).await;
    assert_eq!(socket.post("/runtime/init/error", "", b"{}").await.status, 202);
    assert_eq!(*api.init().borrow(), Init::Failed(Bytes::from_static(b"{}")));
    assert_refused(&socket.next().await, 403, &invalid_transition("InitError", "Ready"));
}

#[tokio::test]
async fn a_response_may_have_6_mib_and_100_bytes_and_no_more() {
    let (_api, mut socket, answered) = running().await;
    let largest = vec![b'x'; RESPONSE_BYTES_MAX];
    assert_eq!(socket.post("/runtime/invocation/a/response", "", &largest).await.status, 202);
    assert_eq!(answered.await.unwrap(), Answer::Returned(largest.into()));

    let (_api, mut socket, answered) = running().await;
    let answer = socket.post("/runtime/invocation/a/response", "", &vec![b'x'; RESPONSE_BYTES_MAX + 1]).await;
    let text = "Exceeded maximum allowed payload size (6291556 bytes).";
    let body = format!(r#"{{"errorMessage":"{text}","errorType":"RequestEntityTooLarge"}}"#);
    assert_refused(&answer, 413, &body);
    assert_eq!(answered.await.unwrap(), Answer::TooLarge);
}

#[tokio::test]
async fn a_header_may_have_a_mebibyte() {
    let (_api, mut socket, answered) = running().await;
    let cause = format!("Lambda-Runtime-Function-XRay-Error-Cause: {}\r\n", "x".repeat(1024 * 1024));
    assert_eq!(socket.post("/runtime/invocation/a/error", &cause, b"{}").await.status, 202);
    assert_eq!(answered.await.unwrap(), Answer::Failed(Bytes::from_static(b"{}")));
}

#[tokio::test]
async fn a_client_that_expects_it_is_told_to_continue() {
    let (_api, mut socket, answered) = running().await;
    let head = "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    socket.send(head.as_bytes()).await;
    assert_eq!(socket.receive().await.status, 100);
    socket.send(b"{}").await;
    assert_eq!(socket.receive().await.status, 202);
    assert_eq!(answered.await.unwrap(), Answer::Returned(Bytes::from_static(b"{}")));
}

const STREAMED: &str = "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nhost: x\r\n\
    lambda-runtime-function-response-mode: streaming\r\ntransfer-encoding: chunked\r\n\
    trailer: lambda-runtime-function-error-type, lambda-runtime-function-error-body\r\n\r\n";

#[tokio::test]
async fn a_streamed_response_is_collected() {
    let (_api, mut socket, answered) = running().await;
    socket.send(STREAMED.as_bytes()).await;
    socket.send(b"3\r\none\r\n4\r\n two\r\n0\r\n\r\n").await;
    assert_eq!(socket.receive().await.status, 202);
    assert_eq!(answered.await.unwrap(), Answer::Returned(Bytes::from_static(b"one two")));
}

#[tokio::test]
async fn a_stream_that_ends_in_an_error_is_a_failure() {
    let (_api, mut socket, answered) = running().await;
    socket.send(STREAMED.as_bytes()).await;
    let error = BASE64_STANDARD.encode(r#"{"errorType":"Late"}"#);
    let end = format!(
        "3\r\none\r\n0\r\nlambda-runtime-function-error-type: Late\r\nlambda-runtime-function-error-body: {error}\r\n\r\n"
    );
    socket.send(end.as_bytes()).await;
    assert_eq!(socket.receive().await.status, 202);
    assert_eq!(answered.await.unwrap(), Answer::Failed(Bytes::from_static(br#"{"errorType":"Late"}"#)));
}

#[tokio::test]
async fn an_unknown_response_mode_is_refused() {
    let (_api, mut socket, _answered) = running().await;
    let mode = "Lambda-Runtime-Function-Response-Mode: buffered\r\n";
    let body = r#"{"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"}"#;
    assert_refused(&socket.post("/runtime/invocation/a/response", mode, b"").await, 400, body);
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_refused_and_may_be_sent_again() {
    let (api, mut socket, answered) = running().await;
    let head = "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf";
    socket.send(head.as_bytes()).await;
    socket.stream.shutdown().await.unwrap();
    let body = r#"{"errorMessage":"Truncated HTTP request","errorType":"TruncatedHTTPRequest"}"#;
    assert_refused(&socket.receive().await, 400, body);

    let mut socket = Socket::connect(&api).await;
    assert_eq!(socket.post("/runtime/invocation/a/response", "", b"whole").await.status, 202);
    assert_eq!(answered.await.unwrap(), Answer::Returned(Bytes::from_static(b"whole")));
}

#[tokio::test]
async fn the_causes_of_an_error_are_not_shown_to_its_caller() {
    let (_api, mut socket, answered) = running().await;
    let kind = "Content-Type: application/vnd.aws.lambda.error.cause+json\r\n";
    let error = br#"{"errorMessage":"m","errorType":"t","stackTrace":["s"],"causes":[1]}"#;
    assert_eq!(socket.post("/runtime/invocation/a/error", kind, error).await.status, 202);
    let shown = Bytes::from_static(br#"{"errorMessage":"m","errorType":"t","stackTrace":["s"]}"#);
    assert_eq!(answered.await.unwrap(), Answer::Failed(shown));
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let (_api, mut socket, _answered) = running().await;
    assert_eq!(socket.get("/ping").await.status, 200);
    assert_eq!(socket.get("/extension/register").await.status, 404);
    assert_eq!(socket.post("/runtime/invocation/next", "", b"").await.status, 404);
}
