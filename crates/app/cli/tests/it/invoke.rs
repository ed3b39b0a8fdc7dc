//! Lambda's `Invoke` over the real binary: processes, their logs, their limits.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, exchange, folder};

const HANDLERS: &str = r#"
import os, time, urllib.parse, urllib.request

def send(queue, body):
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": queue, "MessageBody": body})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()

def receive(queue):
    form = urllib.parse.urlencode({"Action": "ReceiveMessage", "QueueUrl": queue, "WaitTimeSeconds": "20"})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()

def adds(event, context):
    print("adding")
    return {"sum": event["a"] + event["b"], "id": context.aws_request_id}

def waits(event, context):
    send("begun", "x")
    receive("go")
    send("ended", "x")
"#;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Begun: { Type: AWS::SQS::Queue, Properties: { QueueName: begun } }
  Go: { Type: AWS::SQS::Queue, Properties: { QueueName: go } }
  Ended: { Type: AWS::SQS::Queue, Properties: { QueueName: ended } }
  Adds:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: adds, Runtime: python3.11, Handler: app.adds, CodeUri: ./code, Timeout: 30 }
  Waits:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: waits
      Runtime: python3.11
      Handler: app.waits
      CodeUri: ./code
      Timeout: 30
      ReservedConcurrentExecutions: 1
";

fn invoke(server: &Server, function: &str, headers: &[(&str, &str)], event: &Value) -> Answer {
    let target = format!("/2015-03-31/functions/{function}/invocations");
    exchange(server.api, "POST", &target, headers, event.to_string().as_bytes())
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(named, _)| *named == name).map(|(_, value)| value.trim())
}

#[test]
fn a_function_is_invoked_and_its_log_can_be_had() {
    let (_directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", HANDLERS)]);
    let server = Server::up(&file);
    let answer = invoke(&server, "adds", &[("x-amz-log-type", "Tail")], &json!({ "a": 1, "b": 2 }));
    assert_eq!(answer.status, 200, "{answer:?}");
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!((&body["sum"], body["id"].as_str()), (&json!(3), header(&answer, "x-amzn-requestid")));
    assert!(header(&answer, "x-amz-log-result").is_some_and(|log| !log.is_empty()), "{answer:?}");
    assert_eq!(header(&answer, "x-amz-function-error"), None);

    let answer = invoke(&server, "adds", &[], &json!({}));
    assert_eq!((answer.status, header(&answer, "x-amz-function-error")), (200, Some("unhandled")), "{answer:?}");
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["errorType"], "KeyError");
    let log = server.stop();
    assert!(log.lines().any(|line| line.contains("function=adds") && line.ends_with(" adding")), "{log}");
}

#[test]
fn a_functions_limit_holds_for_whoever_invokes_it_and_hanging_up_ends_nothing() {
    let (_directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", HANDLERS)]);
    let server = Server::up(&file);
    let mut stream = crate::harness::connect(server.api);
    let request = "POST /2015-03-31/functions/waits/invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("a request");
    assert_eq!(server.receive("begun").as_deref(), Some("x"));
    let answer = invoke(&server, "waits", &[], &json!({}));
    assert_eq!((answer.status, header(&answer, "x-amzn-errortype")), (429, Some("toomanyrequestsexception")));
    drop(stream);
    server.sqs("SendMessage", json!({ "QueueUrl": "go", "MessageBody": "x" }));
    assert_eq!(server.receive("ended").as_deref(), Some("x"));
    server.stop();
}
