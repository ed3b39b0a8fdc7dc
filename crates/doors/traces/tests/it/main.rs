//! Spans that reach a collector in this process, and what happens when there is none.

use std::time::{Duration, SystemTime};

use bongsu_traces::{SPANS_WAITING_MAX, Span, SpanKind, TraceContext, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PARENT: TraceContext = TraceContext { trace_id: 0xabc, parent: Some(0x12), sampled: true };

fn span(name: &str, context: Option<TraceContext>) -> Span {
    Span {
        name: name.to_owned(),
        kind: SpanKind::Server,
        context,
        ended_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045),
        took: Duration::from_millis(1500),
        attributes: vec![("rpc.method", name.to_owned())],
        failed: false,
    }
}

/// Takes one export and answers it.
async fn collect(listener: &TcpListener, status: &str) -> (String, Value) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.expect("a request");
        let text = String::from_utf8(request.clone()).expect("text");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() == length.unwrap_or(0) {
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).await.expect("a reader");
            return (head.to_owned(), serde_json::from_str(body).expect("JSON"));
        }
    }
}

async fn collector() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

#[tokio::test]
async fn spans_arrive_in_one_batch_with_their_parents() {
    let (listener, url) = collector().await;
    let (exporter, exporting) = start(url.parse().unwrap());
    exporter.record(span("SendMessage", Some(PARENT)));
    exporter.record(Span { failed: true, ..span("ReceiveMessage", None) });
    exporter.record(span("unseen", Some(TraceContext { sampled: false, ..PARENT })));
    let (arrived, ()) = tokio::join!(collect(&listener, "200 OK"), exporting.finish());
    let (head, body) = arrived;
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n") && head.contains("content-type: application/json"));
    let resource = &body["resourceSpans"][0];
    assert_eq!(
        resource["resource"]["attributes"][0],
        json!({ "key": "service.name", "value": { "stringValue": "bongsu" } })
    );
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2);
    let mut first = spans[0].clone();
    assert_eq!(first["spanId"].take().as_str().unwrap().len(), 16);
    assert_eq!(
        first,
        json!({
            "traceId": "00000000000000000000000000000abc", "spanId": null, "parentSpanId": "0000000000000012",
            "name": "SendMessage", "kind": 2,
            "startTimeUnixNano": "1767323043500000000", "endTimeUnixNano": "1767323045000000000",
            "attributes": [{ "key": "rpc.method", "value": { "stringValue": "SendMessage" } }],
        })
    );
    assert_eq!((&spans[1]["status"], spans[1].get("parentSpanId")), (&json!({ "code": 2 }), None));
    assert_ne!(spans[1]["traceId"], spans[0]["traceId"]);
    assert_eq!(exporter.dropped(), 0);
}

#[tokio::test]
async fn spans_that_a_collector_refuses_are_dropped_and_counted() {
    let (listener, url) = collector().await;
    let (exporter, exporting) = start(url.parse().unwrap());
    exporter.record(span("SendMessage", None));
    tokio::join!(collect(&listener, "503 Service Unavailable"), exporting.finish());
    assert_eq!(exporter.dropped(), 1);
}

#[tokio::test]
async fn without_a_collector_nobody_waits_and_spans_are_counted() {
    let (listener, url) = collector().await;
    drop(listener);
    let (exporter, exporting) = start(url.parse().unwrap());
    let extra = 10;
    for _ in 0..SPANS_WAITING_MAX + extra {
        exporter.record(span("SendMessage", None));
    }
    assert_eq!(exporter.dropped(), extra as u64, "what does not fit is dropped at once");
    exporting.finish().await;
    assert_eq!(exporter.dropped(), (SPANS_WAITING_MAX + extra) as u64);
}
