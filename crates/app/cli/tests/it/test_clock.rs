//! `--test-clock`: a test puts the time forward, and finds done what was due by then.

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::harness::{Answer, Server, connect, exchange, folder, get, path, read_answer};

const DAY: u32 = 86_400;

fn serve(more: &[&str]) -> Server {
    Server::start(&[&["serve", "--test-clock"], more].concat())
}

fn ephemeral() -> Server {
    serve(&["--ephemeral"])
}

fn post(server: &Server, body: &str) -> Answer {
    exchange(server.api, "POST", "/_bongsu/clock/advance", &[], body.as_bytes())
}

fn told(answer: &Answer) -> Value {
    assert!(answer.head.contains("content-type: application/json"), "{answer:?}");
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Puts the time forward; returns what it is then. Such texts are ordered as the times are.
fn advance(server: &Server, seconds: u32) -> String {
    let answer = post(server, &json!({ "seconds": seconds }).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(told(&answer)["seconds"], seconds);
    told(&answer)["now"].as_str().expect("a time").to_owned()
}

fn now(server: &Server) -> String {
    let answer = get(server.api, "/_bongsu/clock");
    assert_eq!(answer.status, 200, "{answer:?}");
    told(&answer)["now"].as_str().expect("a time").to_owned()
}

fn create(server: &Server, name: &str) {
    server.sqs("CreateQueue", json!({ "QueueName": name }));
}

fn send(server: &Server, queue: &str, body: &str, delay: u32) {
    server.sqs("SendMessage", json!({ "QueueUrl": queue, "MessageBody": body, "DelaySeconds": delay }));
}

fn receive_at_once(server: &Server, queue: &str) -> Option<String> {
    let received = server.sqs("ReceiveMessage", json!({ "QueueUrl": queue, "WaitTimeSeconds": 0 }));
    received["Messages"][0]["Body"].as_str().map(str::to_owned)
}

#[test]
fn a_delay_of_fifteen_minutes_is_over_at_once() {
    let server = ephemeral();
    create(&server, "orders");
    send(&server, "orders", "later", 900);
    // A minute less, which the test itself surely does not take.
    let before = advance(&server, 840);
    assert_eq!(receive_at_once(&server, "orders"), None);
    assert!(advance(&server, 60) > before);
    assert_eq!(receive_at_once(&server, "orders").as_deref(), Some("later"));
    advance(&server, 30);
    assert_eq!(receive_at_once(&server, "orders").as_deref(), Some("later"), "its visibility timeout is over");
    let log = server.stop();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("THE TIME IS A TEST'S")), "{log}");
}

#[test]
fn a_message_is_gone_when_its_retention_is_over() {
    let server = ephemeral();
    create(&server, "orders");
    send(&server, "orders", "old", 0);
    let count = || {
        let asked = json!({ "QueueUrl": "orders", "AttributeNames": ["ApproximateNumberOfMessages"] });
        server.sqs("GetQueueAttributes", asked)["Attributes"]["ApproximateNumberOfMessages"].clone()
    };
    advance(&server, 4 * DAY - 600);
    assert_eq!(count(), "1");
    advance(&server, 600);
    assert_eq!(count(), "0");
    assert_eq!(receive_at_once(&server, "orders"), None);
}

#[test]
fn a_long_poll_gets_what_an_advance_makes_visible() {
    let server = ephemeral();
    create(&server, "orders");
    send(&server, "orders", "later", 900);
    let mut polling = connect(server.api);
    let body = json!({ "QueueUrl": "orders", "WaitTimeSeconds": 20 }).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: a\r\nx-amz-target: AmazonSQS.ReceiveMessage\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let begun = Instant::now();
    polling.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
    while !get(server.api, "/metrics").body.contains("bongsu_waiting_receives 1") {
        assert!(begun.elapsed() < Duration::from_secs(15), "it does not wait");
    }
    advance(&server, 900);
    let answer = read_answer(polling);
    assert!(answer.status == 200 && answer.body.contains("later"), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(19), "before its own time was over");
}

#[test]
fn an_hour_of_a_functions_retries_takes_a_moment() {
    const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Tries:
    Type: AWS::SQS::Queue
    Properties: { QueueName: tries }
  Dead:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead }
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: orders
      VisibilityTimeout: 1200
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: ./code
      Timeout: 60
      Events:
        Messages: { Type: SQS, Properties: { Queue: !GetAtt Orders.Arn, BatchSize: 1 } }
";
    const HANDLER: &str = r#"
import os, urllib.parse, urllib.request

def handler(event, context):
    count = event["Records"][0]["attributes"]["ApproximateReceiveCount"]
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": "tries", "MessageBody": count})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()
    raise ValueError("it does not work")
"#;
    let (_directory, template) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", HANDLER)]);
    let server = Server::start(&["up", path(&template), "--ephemeral", "--test-clock"]);
    send(&server, "orders", "broken", 0);
    for try_number in ["1", "2", "3"] {
        assert_eq!(server.receive("tries").as_deref(), Some(try_number));
        // Or it would come back when its own visibility timeout is over.
        server.sqs("PurgeQueue", json!({ "QueueUrl": "tries" }));
        advance(&server, 1200);
    }
    assert_eq!(receive_at_once(&server, "dead").as_deref(), Some("broken"));
}

#[test]
fn a_killed_servers_clock_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let data = ["--data", path(directory.path())];
    let server = serve(&data);
    create(&server, "orders");
    send(&server, "orders", "later", 900);
    let before = advance(&server, DAY);
    // Killed, as by kill -9. Nothing but the advance itself says how late it was.
    drop(server);

    let server = serve(&data);
    assert!(now(&server) >= before, "{before}");
    assert_eq!(receive_at_once(&server, "orders").as_deref(), Some("later"));
    let before = now(&server);
    drop(server);

    // Without the flag time stands still until the machine's clock has come so far, and somebody is told.
    let server = Server::start(&["serve", data[0], data[1]]);
    assert_eq!(receive_at_once(&server, "orders"), None, "in flight");
    let log = server.stop();
    let told = log.lines().find(|line| line.contains("the data's latest time lies in the future")).expect("a warning");
    assert!(told.contains("WARN") && told.contains("ahead_seconds=86"), "{told}");

    let server = serve(&data);
    assert!(now(&server) >= before, "{before}");
    advance(&server, 30);
    assert_eq!(receive_at_once(&server, "orders").as_deref(), Some("later"));
    assert!(!server.stop().contains("lies in the future"));
}

#[test]
fn a_clock_whose_file_is_lost_goes_on_from_the_latest_message() {
    let directory = tempfile::tempdir().unwrap();
    let data = ["--data", path(directory.path())];
    let server = serve(&data);
    create(&server, "orders");
    let before = advance(&server, DAY);
    send(&server, "orders", "a", 0);
    drop(server);
    std::fs::remove_file(directory.path().join("test-clock")).unwrap();
    let server = serve(&data);
    assert!(now(&server) >= before, "{before}");
}

#[test]
fn signatures_of_the_machines_time_stay_good() {
    let (directory, _) = folder(&[("keys", "[a]\naws_access_key_id = A\naws_secret_access_key = s\n")]);
    let keys = directory.path().join("keys");
    let server = serve(&["--ephemeral", "--credentials", path(&keys)]);
    advance(&server, DAY);
    let url = format!("http://{}", server.api);
    let mut asking = Command::new(env!("CARGO_BIN_EXE_bongsu"));
    asking.args(["peek", "orders", "--endpoint-url", &url]);
    asking.envs([("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "us-east-1")]);
    let output = asking.env_remove("AWS_SESSION_TOKEN").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // Whoever is known is told that there is no such queue.
    assert!(said.contains("QueueDoesNotExist"), "{said}");
}

#[test]
fn what_is_no_advance_is_refused_and_changes_nothing() {
    let server = ephemeral();
    for (body, reason) in [
        ("", r#"The body is not {"seconds": 3600}"#),
        ("seconds=60", r#"The body is not {"seconds": 3600}"#),
        (r#"{"seconds": "60"}"#, "expected a JSON number"),
        (r#"{"minutes": 1}"#, "unknown field `minutes`"),
        (r#"{"seconds": -60}"#, "from 0 to 34560000"),
        (r#"{"seconds": 1e12}"#, "from 0 to 34560000"),
    ] {
        let answer = post(&server, body);
        let error = told(&answer)["error"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 400 && error.contains(reason), "{body}: {answer:?}");
    }
    assert_eq!(post(&server, &" ".repeat(2000)).status, 413);
    for (method, target, allowed) in [("GET", "/_bongsu/clock/advance", "post"), ("POST", "/_bongsu/clock", "get")] {
        let answer = exchange(server.api, method, target, &[], b"");
        assert_eq!(answer.status, 405, "{answer:?}");
        assert!(answer.head.contains(&format!("allow: {allowed}")), "{answer:?}");
    }
    let foreign = [("origin", "https://example.com")];
    let answer = exchange(server.api, "POST", "/_bongsu/clock/advance", &foreign, br#"{"seconds": 60}"#);
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(post(&server, r#"{"seconds": 0}"#).status, 200);
    let machine = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    create(&server, "orders");
    let asked = json!({ "QueueUrl": "orders", "AttributeNames": ["CreatedTimestamp"] });
    let created = server.sqs("GetQueueAttributes", asked)["Attributes"]["CreatedTimestamp"].clone();
    let created: u64 = created.as_str().and_then(|text| text.parse().ok()).expect("a time");
    assert!(created < machine.as_secs() + 60, "{created}");
    assert_eq!(get(server.api, "/_bongsu/health").body, "ok\n");
}

#[test]
fn without_the_flag_there_is_no_clock_to_ask() {
    let server = Server::ephemeral();
    for answer in [post(&server, r#"{"seconds": 60}"#), get(server.api, "/_bongsu/clock")] {
        assert_eq!(answer.status, 404, "{answer:?}");
        assert!(told(&answer)["error"].as_str().unwrap_or_default().contains("--test-clock"), "{answer:?}");
    }
    assert!(!server.stop().contains("TEST"));
}
