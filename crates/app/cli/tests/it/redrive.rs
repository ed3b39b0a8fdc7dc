//! `bongsu redrive` against an endpoint that answers as SQS does.

use serde_json::{Value, json};

use crate::fake::{Endpoint, ask, refusal};

const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:dlq";
const URL: &str = "http://sqs.test/000000000000/dlq";
const PARAMETER: &str = "com.amazon.coral.service#InvalidParameterValueException";

fn task(status: &str, moved: u64) -> Value {
    let mut task = json!({
        "Status": status, "SourceArn": ARN, "StartedTimestamp": 1_767_323_045_678_u64,
        "ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": 30,
    });
    if status == "RUNNING" {
        task["TaskHandle"] = json!("handle");
    }
    task
}

/// Answers what names and lists, and one look after the other at a task; the last look stays.
fn endpoint(looks: Vec<Value>, sources: Value, start: Result<Value, Value>) -> Endpoint {
    let mut looks = looks.into_iter().peekable();
    Endpoint::serve(move |operation, input| match operation {
        "GetQueueUrl" => Ok(json!({ "QueueUrl": URL.replace("dlq", input["QueueName"].as_str().expect("a name")) })),
        "GetQueueAttributes" => {
            let name = input["QueueUrl"].as_str().expect("a URL").rsplit('/').next().expect("a name");
            Ok(json!({ "Attributes": { "QueueArn": ARN.replace("dlq", name) } }))
        }
        "ListDeadLetterSourceQueues" => Ok(json!({ "queueUrls": sources })),
        "StartMessageMoveTask" => start.clone(),
        "CancelMessageMoveTask" => Ok(json!({ "ApproximateNumberOfMessagesMoved": 20 })),
        "ListMessageMoveTasks" => {
            let look = looks.peek().cloned();
            if looks.len() > 1 {
                looks.next();
            }
            Ok(json!({ "Results": look.into_iter().collect::<Vec<_>>() }))
        }
        other => panic!("{other}"),
    })
}

fn started() -> Result<Value, Value> {
    Ok(json!({ "TaskHandle": "handle" }))
}

#[test]
fn a_redrive_is_shown_until_it_has_ended() {
    let looks = vec![task("RUNNING", 10), task("RUNNING", 20), task("COMPLETED", 30)];
    let endpoint = endpoint(looks, json!([]), started());
    let (code, stdout, stderr) = ask(&endpoint.url, &["redrive", "dlq", "--to", "orders", "--rate", "50"]);
    assert_eq!((code, stdout.as_str()), (0, "COMPLETED  30 of 30 messages moved\n"), "{stderr}");
    assert_eq!(stderr, "RUNNING  10 of 30 messages moved\nRUNNING  20 of 30 messages moved\n");
    let asked = endpoint.asked();
    let (_, input) = asked.iter().find(|(operation, _)| operation == "StartMessageMoveTask").unwrap();
    let destination = "arn:aws:sqs:us-east-1:000000000000:orders";
    let expected = json!({ "SourceArn": ARN, "DestinationArn": destination, "MaxNumberOfMessagesPerSecond": 50 });
    assert_eq!(input, &expected);
}

#[test]
fn names_urls_and_arns_are_the_same_queue() {
    for queue in ["dlq", URL, ARN] {
        let endpoint = endpoint(vec![task("COMPLETED", 30)], json!([]), started());
        let (code, stdout, stderr) = ask(&endpoint.url, &["redrive", queue]);
        assert_eq!((code, stdout.as_str()), (0, "COMPLETED  30 of 30 messages moved\n"), "{queue}: {stderr}");
        let (operation, input) = endpoint.asked().into_iter().rev().nth(1).unwrap();
        assert_eq!((operation.as_str(), input), ("StartMessageMoveTask", json!({ "SourceArn": ARN })));
    }
}

#[test]
fn how_it_ended_is_in_the_exit_code() {
    let mut failed = task("FAILED", 5);
    failed["FailureReason"] = json!("AWS.SimpleQueueService.NonExistentQueue");
    for (look, expected, told) in [
        (task("CANCELLED", 20), 3, "CANCELLED  20 of 30 messages moved\n"),
        (failed, 1, "FAILED  5 of 30 messages moved: AWS.SimpleQueueService.NonExistentQueue\n"),
    ] {
        let endpoint = endpoint(vec![look], json!([]), started());
        let (code, stdout, _) = ask(&endpoint.url, &["redrive", ARN, "--watch"]);
        assert_eq!((code, stdout.as_str()), (expected, told));
    }
}

#[test]
fn refusals_say_what_is_the_matter() {
    let refused = || refusal(PARAMETER, "as the endpoint says it");
    for (looks, sources, told) in [
        (vec![], json!([]), "dlq is no dead-letter queue: no queue's RedrivePolicy names it (see --from dlq)"),
        (vec![task("RUNNING", 1)], json!(["u"]), "dlq: its messages are being moved already: see --watch and --cancel"),
        (vec![task("COMPLETED", 1)], json!(["u"]), "dlq: InvalidParameterValueException: as the endpoint says it"),
    ] {
        let (code, stdout, stderr) = ask(&endpoint(looks, sources, refused()).url, &["redrive", "dlq"]);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (1, "", format!("bongsu: {told}\n").as_str()));
    }
}

#[test]
fn only_what_runs_can_be_cancelled() {
    let running = endpoint(vec![task("RUNNING", 20)], json!([]), started());
    let (code, stdout, _) = ask(&running.url, &["redrive", ARN, "--cancel"]);
    assert_eq!((code, stdout.as_str()), (0, "Cancelled. 20 messages were moved before.\n"));
    let (operation, input) = running.asked().pop().unwrap();
    assert_eq!((operation.as_str(), input), ("CancelMessageMoveTask", json!({ "TaskHandle": "handle" })));
    let ended = endpoint(vec![task("COMPLETED", 30)], json!([]), started());
    let (code, _, stderr) = ask(&ended.url, &["redrive", ARN, "--cancel"]);
    assert_eq!((code, stderr.as_str()), (1, &*format!("bongsu: {ARN}: nothing is being moved\n")));
}

#[test]
fn the_last_tasks_are_listed_without_starting_one() {
    let endpoint = endpoint(vec![task("COMPLETED", 30)], json!([]), started());
    let (code, stdout, _) = ask(&endpoint.url, &["redrive", ARN, "--status"]);
    assert_eq!((code, stdout.as_str()), (0, "COMPLETED  30 of 30 messages moved\n"));
    assert_eq!(endpoint.asked().len(), 1);
}
