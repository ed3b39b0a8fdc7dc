//! Traces from a request through a message into a function, told to a collector in this process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::harness::{Server, exchange, folder, path};

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Results:
    Type: AWS::SQS::Queue
    Properties: { QueueName: results }
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { QueueName: jobs }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.11
      Handler: app.handler
      CodeUri: ./code
      Events:
        Messages: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn, BatchSize: 1 } }
";

const HANDLER: &str = r#"
import os, urllib.parse, urllib.request

def handler(event, context):
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": "results", "MessageBody": os.environ["_X_AMZN_TRACE_ID"]})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()
"#;

/// Takes exports until one has a span of this name, and returns all spans so far.
fn collect(listener: TcpListener, until: &'static str) -> JoinHandle<Vec<Value>> {
    std::thread::spawn(move || {
        let mut spans: Vec<Value> = Vec::new();
        while !spans.iter().any(|span| span["name"] == until) {
            let (stream, _) = listener.accept().expect("a connection");
            let mut reader = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a header");
                if line == "\r\n" {
                    break;
                }
                if let Some(bytes) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = bytes.trim().parse().expect("a length");
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let export: Value = serde_json::from_slice(&body).expect("JSON");
            spans.extend(export["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone());
            reader.into_inner().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").expect("an answer");
        }
        spans
    })
}

fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a str> {
    let attributes = span["attributes"].as_array()?;
    attributes.iter().find(|attribute| attribute["key"] == key)?["value"]["stringValue"].as_str()
}

#[test]
fn a_trace_leads_from_the_request_through_the_message_into_the_function() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let collector = format!("http://{}", listener.local_addr().expect("an address"));
    let spans = collect(listener, "invoke worker");
    let (_directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", HANDLER)]);
    let server = Server::start(&["up", path(&file), "--ephemeral", "--otlp-endpoint", &collector]);
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "AmazonSQS.SendMessage"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    let input = json!({ "QueueUrl": "jobs", "MessageBody": "hush" }).to_string();
    assert_eq!(exchange(server.api, "POST", "/", &headers, input.as_bytes()).status, 200);
    let header = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
    assert_eq!(server.receive("results").as_deref(), Some(header));
    let log = server.stop();
    assert!(!log.contains("spans cannot be exported"), "{log}");

    let spans = spans.join().expect("spans");
    let sent = spans.iter().find(|span| span["name"] == "SendMessage").expect("a span of the request");
    assert_eq!(
        (attribute(sent, "messaging.destination.name"), attribute(sent, "bongsu.code")),
        (Some("jobs"), Some("OK"))
    );
    let run = spans.iter().find(|span| span["name"] == "invoke worker").expect("a span of the attempt");
    assert_eq!(attribute(run, "messaging.batch.message_count"), Some("1"));
    for span in [sent, run] {
        assert_eq!(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span["parentSpanId"], "00f067aa0ba902b7");
    }
    assert!(!json!(spans).to_string().contains("hush"));
}

#[test]
fn a_collector_behind_tls_is_refused_with_a_reason() {
    let output =
        crate::harness::bongsu(&["serve", "--otlp-endpoint", "https://collector:4318"]).output().expect("the binary");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && stderr.contains("without TLS"), "{stderr}");
}
