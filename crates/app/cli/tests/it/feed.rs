//! `bongsu redrive --from`: an emergency queue is fed to a function, a queue or a topic.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake::{Endpoint, ask, asking, refusal, said};
use crate::harness::{Server, exchange, folder, path};

/// What each function does is told by its name. Results go to the queue of that name, in order of arrival.
const HANDLERS: &str = r#"
import json, os, time, urllib.parse, urllib.request

def send(queue, body):
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": queue, "MessageBody": body})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()

def tells(event, context):
    send("results", event["Records"][0]["body"])

def echoes(event, context):
    send("results", json.dumps(event))

def picky(event, context):
    if event["Records"][0]["body"].endswith("7"):
        raise ValueError("not this one")

def names(event, context):
    return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}

def returns(event, context):
    send("emergency", event["Records"][0]["body"])

def holds(event, context):
    send("results", "begun")
    time.sleep(60)
"#;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Emergency:
    Type: AWS::SQS::Queue
    Properties: { QueueName: emergency, VisibilityTimeout: 30 }
  Ordered:
    Type: AWS::SQS::Queue
    Properties: { QueueName: ordered.fifo, FifoQueue: true, ContentBasedDeduplication: true }
  OrderedCopy:
    Type: AWS::SQS::Queue
    Properties: { QueueName: copy.fifo, FifoQueue: true }
  Results:
    Type: AWS::SQS::Queue
    Properties: { QueueName: results }
";

/// A server with these functions, each with a queue of its own that stays empty.
fn serve(handlers: &[&str]) -> (TempDir, Server) {
    let mut template = TEMPLATE.to_owned();
    for handler in handlers {
        template += &format!(
            "  {handler}Function:
    Type: AWS::Serverless::Function
    Properties: {{ FunctionName: {handler}, Runtime: python3.11, Handler: app.{handler}, CodeUri: ./code, Timeout: 60 }}
"
        );
    }
    let (directory, file): (TempDir, PathBuf) = folder(&[("template.yaml", &template), ("code/app.py", HANDLERS)]);
    let server = Server::start(&["up", path(&file), "--ephemeral", "--test-clock"]);
    (directory, server)
}

fn fill(server: &Server, queue: &str, bodies: impl Iterator<Item = String>) {
    for body in bodies {
        let mut input = json!({ "QueueUrl": queue, "MessageBody": body });
        if queue.ends_with(".fifo") {
            // The first letter is the group.
            input["MessageGroupId"] = json!(body[..1]);
        }
        server.sqs("SendMessage", input);
    }
}

/// What is in the queue, visible or not.
fn counts(server: &Server, queue: &str) -> [u32; 2] {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let attributes = server.sqs("GetQueueAttributes", json!({ "QueueUrl": queue, "AttributeNames": names }));
    names.map(|name| attributes["Attributes"][name].as_str().expect("a count").parse().expect("a number"))
}

/// Takes everything out of a queue, in the order in which it comes.
fn drain(server: &Server, queue: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    loop {
        let received = server.sqs("ReceiveMessage", json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 }));
        let Some(messages) = received["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
            return bodies;
        };
        for message in messages {
            bodies.push(message["Body"].as_str().expect("a body").to_owned());
            server.sqs("DeleteMessage", json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] }));
        }
    }
}

fn url(server: &Server) -> String {
    format!("http://{}", server.api)
}

fn feed(server: &Server, arguments: &[&str]) -> (i32, String, String) {
    ask(&url(server), &[&["redrive", "--from"], arguments].concat())
}

#[test]
fn a_run_that_was_killed_is_taken_up_by_the_next() {
    let (_directory, server) = serve(&["tells"]);
    fill(&server, "emergency", (0..200).map(|number| number.to_string()));
    let arguments =
        ["redrive", "--from", "emergency", "--to", "function/tells", "--rate", "100/s", "--concurrency", "4"];
    let mut killed = asking(&url(&server), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut worked: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..40 {
        *worked.entry(server.receive("results").expect("a result")).or_default() += 1;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(counts(&server, "emergency") != [0, 0], "it was killed in the middle");
    // What it had in hand comes back after a minute.
    assert_eq!(exchange(server.api, "POST", "/_bongsu/clock/advance", &[], br#"{"seconds":60}"#).status, 200);
    let (code, stdout, stderr) = feed(&server, &arguments[2..]);
    assert!(code == 0 && stdout.ends_with(", failed 0, left 0.\n"), "{code} {stdout} {stderr}");
    for body in drain(&server, "results") {
        *worked.entry(body).or_default() += 1;
    }
    assert_eq!(worked.len(), 200, "every message was worked on");
    assert!(worked.values().filter(|times| **times > 1).count() <= 4, "only what was in hand was twice: {worked:?}");
    assert_eq!(counts(&server, "emergency"), [0, 0]);
}

#[test]
fn what_fails_is_left_and_the_exit_code_says_so() {
    let (_directory, server) = serve(&["picky", "names"]);
    fill(&server, "emergency", (1..=27).map(|number| number.to_string()));
    let (code, stdout, stderr) = feed(&server, &["emergency", "--to", "function/picky"]);
    assert_eq!((code, stdout.as_str()), (4, "Moved 24, failed 3, left 3.\n"), "{stderr}");
    assert_eq!(stderr.matches("the function failed: ValueError not this one").count(), 3, "{stderr}");
    assert_eq!(counts(&server, "emergency"), [3, 0], "they can be seen at once");
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:names";
    let (code, stdout, stderr) = feed(&server, &["emergency", "--to", arn]);
    assert_eq!((code, stdout.as_str()), (4, "Moved 0, failed 3, left 3.\n"), "{stderr}");
    let mut left = drain(&server, "emergency");
    left.sort_unstable();
    assert_eq!(left, ["17", "27", "7"]);
}

#[test]
fn an_interrupted_run_gives_back_what_is_in_hand() {
    let (_directory, server) = serve(&["holds"]);
    fill(&server, "emergency", (0..3).map(|number| number.to_string()));
    let arguments = ["redrive", "--from", "emergency", "--to", "function/holds", "--concurrency", "2"];
    let child = asking(&url(&server), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..2 {
        assert_eq!(server.receive("results").as_deref(), Some("begun"));
    }
    assert_eq!(counts(&server, "emergency"), [1, 2], "only what is worked on is taken");
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let (code, stdout, stderr) = said(&child.wait_with_output().unwrap());
    assert_eq!((code, stdout.as_str()), (130, "Moved 0, failed 0, left 3.\n"), "{stderr}");
    assert!(stderr.contains("the same command goes on from here"), "{stderr}");
    assert_eq!(counts(&server, "emergency"), [3, 0]);
}

#[test]
fn what_is_sent_meanwhile_is_left() {
    let (_directory, server) = serve(&["returns"]);
    fill(&server, "emergency", (0..5).map(|number| number.to_string()));
    let (code, stdout, stderr) = feed(&server, &["emergency", "--to", "function/returns"]);
    assert_eq!((code, stdout.as_str()), (0, "Moved 5, failed 0, left 5.\n"), "{stderr}");
    assert_eq!(counts(&server, "emergency"), [5, 0]);
}

#[test]
fn a_notification_reaches_the_function_as_its_topic_would_have_sent_it() {
    let (_directory, server) = serve(&["echoes"]);
    let envelope = json!({
        "Type": "Notification", "MessageId": "id", "TopicArn": "arn:aws:sns:us-east-1:000000000000:jobs",
        "Message": "work", "Timestamp": "2026-01-02T03:04:05.678Z", "SignatureVersion": "1", "Signature": "s",
        "SigningCertURL": "https://c", "UnsubscribeURL": "https://u",
    });
    let bodies = [envelope.to_string(), "plain".to_owned()];
    fill(&server, "emergency", bodies.into_iter());
    let (code, stdout, stderr) = feed(&server, &["emergency", "--to", "function/echoes", "--concurrency", "1"]);
    assert_eq!((code, stdout.as_str()), (0, "Moved 2, failed 0, left 0.\n"), "{stderr}");
    let results = drain(&server, "results");
    let [topics, queues]: [Value; 2] = [0, 1].map(|place| serde_json::from_str(&results[place]).expect("an event"));
    let record = &topics["Records"][0];
    assert_eq!((&record["EventSource"], &record["Sns"]["Message"]), (&json!("aws:sns"), &json!("work")));
    assert_eq!((&record["Sns"]["SigningCertUrl"], &record["Sns"]["Subject"]), (&json!("https://c"), &Value::Null));
    let record = &queues["Records"][0];
    assert_eq!((&record["eventSource"], &record["body"]), (&json!("aws:sqs"), &json!("plain")));
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:emergency");
}

#[test]
fn groups_keep_their_order_and_nothing_overtakes_what_fails() {
    let (_directory, server) = serve(&["picky"]);
    let bodies = || (1..=12).flat_map(|number| ["a", "b"].map(|group| format!("{group}{number:02}")));
    fill(&server, "ordered.fifo", bodies());
    let (code, stdout, stderr) = feed(&server, &["ordered.fifo", "--to", "copy.fifo", "--concurrency", "8"]);
    assert_eq!((code, stdout.as_str()), (0, "Moved 24, failed 0, left 0.\n"), "{stderr}");
    let (code, stdout, stderr) = feed(&server, &["copy.fifo", "--to", "function/picky", "--concurrency", "8"]);
    // Six of each group are worked on, then the seventh fails.
    assert_eq!((code, stdout.as_str()), (4, "Moved 12, failed 2, left 12.\n"), "{stderr}");
    let left = drain(&server, "copy.fifo");
    for group in ["a", "b"] {
        let of_group: Vec<_> = left.iter().filter(|body| body.starts_with(group)).cloned().collect();
        let expected: Vec<_> = (7..=12).map(|number| format!("{group}{number:02}")).collect();
        assert_eq!(of_group, expected);
    }
}

#[test]
fn a_target_that_is_not_there_ends_it_at_once() {
    let (_directory, server) = serve(&[]);
    fill(&server, "emergency", (0..30).map(|number| number.to_string()));
    for (to, told) in [
        (
            "function/gone",
            "nothing more can be handed on: ResourceNotFoundException: Function not found: arn:aws:lambda",
        ),
        ("gone", "gone: QueueDoesNotExist"),
        ("emergency", "emergency is where the messages come from"),
    ] {
        let (code, _, stderr) = feed(&server, &["emergency", "--to", to]);
        assert!(code == 1 && stderr.contains(told), "{to}: {code} {stderr}");
        assert_eq!(counts(&server, "emergency"), [30, 0]);
    }
    let (code, _, stderr) = feed(&server, &["nowhere", "--to", "results"]);
    assert!(code == 1 && stderr.starts_with("bongsu: nowhere: QueueDoesNotExist"), "{stderr}");
    let (code, _, stderr) = ask(&url(&server), &["redrive", "emergency", "--to", "function/gone"]);
    assert!(code == 1 && stderr.contains("name it with --from"), "{stderr}");
    let (code, _, stderr) = ask(&url(&server), &["redrive", "emergency", "--rate", "501"]);
    assert!(code == 1 && stderr.contains("1 to 500 a second"), "{stderr}");
}

/// Calls an operation of SNS, which must succeed.
fn sns(server: &Server, form: &str) -> String {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = exchange(server.api, "POST", "/", &headers, format!("Version=2010-03-31&{form}").as_bytes());
    assert_eq!(answer.status, 200, "{form}: {}", answer.body);
    answer.body
}

#[test]
fn an_emergency_queue_is_fed_to_its_function_or_to_its_topic_again() {
    let (_directory, server) = serve(&["echoes"]);
    sns(&server, "Action=CreateTopic&Name=jobs");
    let topic = "arn:aws:sns:us-east-1:000000000000:jobs";
    let queue = "arn:aws:sqs:us-east-1:000000000000:emergency";
    sns(&server, &format!("Action=Subscribe&TopicArn={topic}&Protocol=sqs&Endpoint={queue}"));
    let attribute = "MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=Number\
                     &MessageAttributes.entry.1.Value.StringValue=7";
    sns(&server, &format!("Action=Publish&TopicArn={topic}&Message=one&Subject=Hi&{attribute}"));
    sns(&server, &format!("Action=Publish&TopicArn={topic}&Message=two"));
    let (code, stdout, stderr) = feed(&server, &["emergency", "--to", "topic/jobs"]);
    assert_eq!((code, stdout.as_str()), (0, "Moved 2, failed 0, left 2.\n"), "what it published came back: {stderr}");
    let (code, stdout, stderr) = feed(&server, &["emergency", "--to", "function/echoes"]);
    assert_eq!((code, stdout.as_str()), (0, "Moved 2, failed 0, left 0.\n"), "{stderr}");
    let events: Vec<Value> =
        drain(&server, "results").iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    let notification = |message: &str| {
        let mut all = events.iter().map(|event| &event["Records"][0]["Sns"]);
        all.find(|notification| notification["Message"] == message).expect("an event of a topic").clone()
    };
    let (one, two) = (notification("one"), notification("two"));
    assert_eq!((&one["Subject"], &one["TopicArn"]), (&json!("Hi"), &json!(topic)));
    assert_eq!(one["MessageAttributes"], json!({ "n": { "Type": "Number", "Value": "7" } }));
    assert_eq!((&two["Subject"], &two["MessageAttributes"]), (&Value::Null, &json!({})));
    let subscription = events[0]["Records"][0]["EventSubscriptionArn"].as_str().expect("an ARN");
    assert!(subscription.starts_with(&format!("{topic}:")), "{subscription}");
    let (code, _, stderr) = feed(&server, &["results", "--to", "topic/gone"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "there is nothing to publish");
    fill(&server, "results", ["x".to_owned()].into_iter());
    let (code, _, stderr) = feed(&server, &["results", "--to", "topic/gone"]);
    assert!(code == 1 && stderr.contains("nothing more can be handed on: NotFound: Topic does not exist"), "{stderr}");
}

/// An endpoint with one message in its queue, and a topic that answers what it is told to.
fn endpoint(body: &'static str, published: Result<Value, Value>) -> Endpoint {
    let mut received = 0;
    Endpoint::serve(move |operation, _| match operation {
        "GetQueueUrl" => Ok(json!({ "QueueUrl": "http://sqs.test/000000000000/emergency" })),
        "GetQueueAttributes" => {
            let arn = "arn:aws:sqs:us-east-1:000000000000:emergency";
            Ok(json!({ "Attributes": { "QueueArn": arn, "ApproximateNumberOfMessages": "0" } }))
        }
        "ReceiveMessage" => {
            received += 1;
            let message = json!({ "MessageId": "m", "ReceiptHandle": "handle", "Body": body, "Attributes": {} });
            Ok(if received == 1 { json!({ "Messages": [message] }) } else { json!({}) })
        }
        "DeleteMessage" | "ChangeMessageVisibility" => Ok(json!({})),
        "/" => published.clone(),
        other => panic!("{other}"),
    })
}

#[test]
fn a_topic_gets_again_what_it_once_published() {
    let envelope = r#"{"Type":"Notification","MessageId":"id","TopicArn":"t","Subject":"Hi","Message":"Hello"}"#;
    let answer = json!("<PublishResponse><PublishResult><MessageId>n</MessageId></PublishResult></PublishResponse>");
    let endpoint = endpoint(envelope, Ok(answer));
    let (code, stdout, stderr) = ask(&endpoint.url, &["redrive", "--from", "emergency", "--to", "topic/jobs"]);
    assert_eq!((code, stdout.as_str()), (0, "Moved 1, failed 0, left 0.\n"), "{stderr}");
    let asked = endpoint.asked();
    let published = asked.iter().position(|(operation, _)| operation == "/").expect("it is published");
    let form = "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Ajobs&Message=Hello\
                &Subject=Hi";
    assert_eq!(asked[published].1, form);
    assert_eq!(asked[published + 1].0, "DeleteMessage", "only then it is deleted");
}

#[test]
fn what_a_topic_refuses_stays_in_the_queue() {
    let refused =
        "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>too long</Message></Error></ErrorResponse>";
    for (answer, expected, told) in [
        (Err(json!(refused)), 4, "m: InvalidParameter: too long\n"),
        (
            refusal("com.amazon.coral.service#AccessDeniedException", "No."),
            1,
            "handed on: AccessDeniedException: No.\n",
        ),
    ] {
        let endpoint = endpoint("plain", answer);
        let arn = "arn:aws:sns:us-east-1:000000000000:jobs";
        let (code, _, stderr) = ask(&endpoint.url, &["redrive", "--from", "emergency", "--to", arn]);
        assert!(code == expected && stderr.ends_with(told), "{code} {stderr}");
        let asked = endpoint.asked();
        assert!(asked.iter().all(|(operation, _)| operation != "DeleteMessage"));
        let shown = json!({ "QueueUrl": "http://sqs.test/000000000000/emergency", "ReceiptHandle": "handle", "VisibilityTimeout": 0 });
        assert!(asked.contains(&("ChangeMessageVisibility".to_owned(), shown)), "{asked:?}");
    }
}
