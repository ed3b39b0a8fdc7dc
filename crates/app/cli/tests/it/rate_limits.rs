//! A function that says that it was called too early gets the same messages again when it may, and not by a new receive.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Server, folder, get};

/// Refuses the first call of all, as the API that it calls does; then hands on what it got, and the how-manieth time.
const HANDLER: &str = r#"
import json, os, tempfile, urllib.parse, urllib.request

def send(queue, body):
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": queue, "MessageBody": body})
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).read()

def work(event, context):
    record = event["Records"][0]
    mark = os.path.join(os.environ["MARKS"], json.loads(record["body"])["mall"])
    if not os.path.exists(mark):
        open(mark, "w").close()
        return {"statusCode": 429, "headers": {"Retry-After": "3"}}
    send("results", record["body"] + " x" + record["attributes"]["ApproximateReceiveCount"])
    return {"statusCode": 200}
"#;

#[test]
fn messages_whose_time_has_not_come_are_not_received_again() {
    let marks = tempfile::tempdir().expect("a directory");
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Results:
    Type: AWS::SQS::Queue
    Properties: {{ QueueName: results }}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {{ QueueName: dead.fifo, FifoQueue: true }}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: work.fifo
      FifoQueue: true
      VisibilityTimeout: 2
      RedrivePolicy: {{ deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 }}
  Work:
    Type: AWS::Serverless::Function
    Metadata: {{ Bongsu: {{ RateLimit: {{ Key: $.body.mall, Rate: 50/s, Burst: 50 }} }} }}
    Properties:
      FunctionName: work
      Runtime: python3.11
      Handler: app.work
      CodeUri: ./code
      Timeout: 2
      Environment: {{ Variables: {{ MARKS: {} }} }}
      Events:
        Messages: {{ Type: SQS, Properties: {{ Queue: !GetAtt Queue.Arn, BatchSize: 1 }} }}
",
        marks.path().display()
    );
    let (_directory, file) = folder(&[("template.yaml", &template), ("code/app.py", HANDLER)]);
    let server = Server::up(&file);
    let began = Instant::now();
    for (mall, number) in [("a", 1), ("a", 2), ("b", 1)] {
        server.sqs(
            "SendMessage",
            json!({
                "QueueUrl": "work.fifo", "MessageBody": format!(r#"{{"mall": "{mall}", "n": {number}}}"#),
                "MessageGroupId": mall, "MessageDeduplicationId": format!("{mall}{number}"),
            }),
        );
    }
    let mut results: Vec<String> = (0..3).map(|_| server.receive("results").expect("a result")).collect();
    let place = |number: u32| {
        let text = format!(r#"{{"mall": "a", "n": {number}}} x1"#);
        results.iter().position(|result| *result == text).unwrap_or_else(|| panic!("{text}: {results:?}"))
    };
    assert!(place(1) < place(2), "{results:?}");
    results.sort_unstable();
    assert_eq!(results[2], r#"{"mall": "b", "n": 1} x1"#);
    assert!(began.elapsed() >= Duration::from_secs(3), "the function said when it would take it");
    let metrics = get(server.api, "/metrics").body;
    assert!(metrics.contains("bongsu_calls_refused_total{kind=\"mapping\"} 2"), "{metrics}");
    let count = server.sqs("GetQueueAttributes", json!({ "QueueUrl": "dead.fifo", "AttributeNames": ["All"] }));
    assert_eq!(count["Attributes"]["ApproximateNumberOfMessages"], "0");
}
