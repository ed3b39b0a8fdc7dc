//! Functions that a template feeds from queues: good ones, bad ones, and what becomes of their messages.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Server, exchange, folder};

const HANDLERS: &str = r#"
import os, time, urllib.parse, urllib.request

def send(queue, body):
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": queue, "MessageBody": body})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()

def good(event, context):
    for record in event["Records"]:
        print("working on", record["body"])
        send("results", record["body"])

def raises(event, context):
    raise ValueError("it does not work")

def hangs(event, context):
    time.sleep(60)

def exits(event, context):
    os._exit(3)

def prints(event, context):
    print("x" * (1 << 20))
    raise ValueError("and it does not work")

def answers(event, context):
    body = event["Records"][0]["body"]
    return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"] if body == "one" else body}]}

def holds(event, context):
    with open(os.environ["PIPE"], "w") as pipe:
        pipe.write(".")
        pipe.flush()
        time.sleep(60)
"#;

/// A queue of this name with a dead-letter queue after one receive, and the handler of the same name behind it. A
/// failed message comes back after `seconds`.
fn worker(name: &str, seconds: u32, more: &str) -> String {
    format!(
        "
  {name}Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: {name}
      VisibilityTimeout: {seconds}
      RedrivePolicy: {{ deadLetterTargetArn: !GetAtt {name}Dead.Arn, maxReceiveCount: 1 }}
  {name}Dead:
    Type: AWS::SQS::Queue
    Properties: {{ QueueName: {name}-dead }}
  {name}Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: {name}
      Runtime: python3.11
      Handler: app.{name}
      CodeUri: ./code
      {more}
      Events:
        Messages: {{ Type: SQS, Properties: {{ Queue: !GetAtt {name}Queue.Arn, BatchSize: 1 }} }}
"
    )
}

const RESULTS: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Results:
    Type: AWS::SQS::Queue
    Properties: { QueueName: results }
";

#[test]
fn a_message_whose_function_fails_ends_in_the_dead_letter_queue_and_others_go_on() {
    let bad = ["raises", "hangs", "exits", "prints"];
    let workers: String = bad.iter().map(|name| worker(name, 2, "Timeout: 1")).collect();
    let template = format!("{RESULTS}{workers}{}", worker("good", 30, "Timeout: 10"));
    let (_directory, file) = folder(&[("template.yaml", &template), ("code/app.py", HANDLERS)]);
    let server = Server::up(&file);
    for name in bad {
        server.sqs("SendMessage", json!({ "QueueUrl": name, "MessageBody": name }));
    }
    server.sqs("SendMessage", json!({ "QueueUrl": "good", "MessageBody": "done" }));
    assert_eq!(server.receive("results").as_deref(), Some("done"));
    for name in bad {
        let dead = server.receive(&format!("{name}-dead"));
        assert_eq!(dead.as_deref(), Some(name));
    }
    server.sqs("SendMessage", json!({ "QueueUrl": "good", "MessageBody": "again" }));
    assert_eq!(server.receive("results").as_deref(), Some("again"));
    let log = server.stop();
    let line = log.lines().find(|line| line.contains("working on done")).expect("the function's line");
    let (_, words) = line.split_once("function=good request_id=").expect("function and request");
    assert_eq!(words.split_once(' ').map(|(_, text)| text), Some("working on done"), "{line}");
    let is_traceback =
        |line: &str| line.contains("function=raises ") && line.ends_with("Traceback (most recent call last):");
    assert!(log.lines().any(is_traceback) && !log.contains('\r'), "{log}");
    let report = log.lines().find(|line| line.contains("REPORT")).expect("a report");
    assert!(report.contains(" REPORT Duration: ") && !report.contains(['\t']), "{report}");
    assert_eq!(report.matches("request_id=").count(), 1);
    assert!(!report.contains("RequestId"), "{report}");
}

#[test]
fn a_stack_trace_is_logged_line_by_line() {
    let template = format!("{RESULTS}{}", worker("raises", 10, "Timeout: 5"));
    let (_directory, file) = folder(&[("template.yaml", &template), ("code/app.py", HANDLERS)]);
    let server = Server::up(&file);
    server.sqs("SendMessage", json!({ "QueueUrl": "raises", "MessageBody": "m" }));
    assert_eq!(server.receive("raises-dead").as_deref(), Some("m"));
    let log = server.stop();
    assert!(!log.contains('\r'), "{log}");
    let printed: Vec<&str> =
        log.lines().filter_map(|line| line.split_once(" function=raises request_id=")).map(|(_, text)| text).collect();
    let at =
        printed.iter().position(|text| text.ends_with(" [ERROR] ValueError: it does not work")).expect("the error");
    assert!(printed[at + 1].ends_with(" Traceback (most recent call last):"), "{printed:?}");
    assert!(printed[at + 2].contains("code/app.py\", line"), "{printed:?}");
}

#[test]
fn an_answer_that_fails_messages_is_logged() {
    let template = format!("{RESULTS}{}", worker("answers", 2, "Timeout: 1"))
        .replace("BatchSize: 1", "BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures]");
    let (_directory, file) = folder(&[("template.yaml", &template), ("code/app.py", HANDLERS)]);
    let server = Server::up(&file);
    for body in ["one", "nobody"] {
        server.sqs("SendMessage", json!({ "QueueUrl": "answers", "MessageBody": body }));
    }
    assert!(server.receive("answers-dead").is_some());
    assert!(server.receive("answers-dead").is_some());
    let log = server.stop();
    for line in [
        "attempt partly failed function=answers queue=answers messages=1 failed=1",
        "attempt failed function=answers queue=answers messages=1 failure=",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[test]
fn a_function_works_off_webhooks() {
    let template = format!(
        "{RESULTS}{}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {{ Name: Shop, ProtocolType: HTTP }}
  ToQueue:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: \"1.0\"
      RequestParameters: {{ QueueUrl: !Ref goodQueue, MessageBody: $request.body }}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ ApiId: !Ref Api, RouteKey: POST /hook, Target: !Sub \"integrations/${{ToQueue}}\" }}
    Metadata: {{ Bongsu: {{ Webhook: {{ Provider: none }} }} }}
",
        worker("good", 30, "Timeout: 10")
    );
    let (_directory, file) = folder(&[("template.yaml", &template), ("code/app.py", HANDLERS)]);
    let server = Server::up(&file);
    assert_eq!(exchange(server.ingress, "POST", "/hook", &[], b"an order").status, 200);
    assert_eq!(server.receive("results").as_deref(), Some("an order"));
    server.stop();
}

#[test]
fn functions_do_not_outlive_a_killed_server() {
    let (_directory, mut server, mut held) = with_a_function_at_work();
    let killed = Instant::now();
    server.child.kill().unwrap();
    // The pipe's other end closes when the function's process is gone.
    held.read_to_end(&mut Vec::new()).unwrap();
    assert!(killed.elapsed() < Duration::from_secs(30), "{:?}", killed.elapsed());
}

#[test]
fn a_stop_does_not_wait_for_a_function_that_takes_long() {
    let (_directory, server, mut held) = with_a_function_at_work();
    let told = Instant::now();
    server.stop();
    held.read_to_end(&mut Vec::new()).unwrap();
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
}

/// A server whose function holds the other end of the pipe for a minute.
fn with_a_function_at_work() -> (TempDir, Server, File) {
    let (directory, file) = folder(&[("code/app.py", HANDLERS)]);
    let pipe = directory.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let environment = format!("Timeout: 60\n      Environment: {{ Variables: {{ PIPE: {} }} }}", pipe.display());
    std::fs::write(&file, format!("{RESULTS}{}", worker("holds", 90, &environment))).expect("a file");
    let server = Server::up(&file);
    server.sqs("SendMessage", json!({ "QueueUrl": "holds", "MessageBody": "m" }));
    let mut held = File::open(&pipe).expect("the pipe");
    held.read_exact(&mut [0]).expect("a byte");
    (directory, server, held)
}
