//! `kill -9` in the middle of an execution that holds its group: the group is still locked, and goes on afterwards.

use std::path::Path;
use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::http::Client;
use bongsu_testkit::wait::until;
use serde_json::{Value, json};

/// Long enough for whatever comes next, on a machine that is busy.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longer than an execution takes.
const AN_EXECUTION: Duration = Duration::from_secs(601);
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:work";

/// What the executions of a state were given, in order.
fn inputs(server: &Server, status: &str) -> Vec<Value> {
    let mut client = Client::new(server.api(), TIMEOUT);
    let mut ask = |operation: &str, input: Value| {
        let target = format!("AWSStepFunctions.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let answer = client.post("/", &headers, input.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let listed = ask("ListExecutions", json!({ "stateMachineArn": MACHINE, "statusFilter": status }));
    let arns = listed["executions"].as_array().unwrap().iter().map(|execution| execution["executionArn"].clone());
    let mut inputs: Vec<Value> = arns
        .map(|arn| {
            let described = ask("DescribeExecution", json!({ "executionArn": arn }));
            serde_json::from_str::<Value>(described["input"].as_str().unwrap()).unwrap()[0].clone()
        })
        .collect();
    inputs.sort_by_key(ToString::to_string);
    inputs
}

#[test]
fn a_group_that_an_execution_holds_is_locked_through_kills() {
    let data = tempfile::tempdir().unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipes/template.yaml");
    let arguments = ["up".into(), template.into(), "--data".into(), data.path().into(), "--test-clock".into()];
    let mut server = Server::start(arguments).unwrap();
    let queue = format!("{}/000000000000/webhooks.fifo", server.api_url());
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        server.sqs().send_to_group(&queue, group, body, body).unwrap();
    }
    let until_running = |server: &Server, expected: &[&str]| {
        until("executions", TIMEOUT, || (inputs(server, "RUNNING") == expected).then_some(()));
    };
    until_running(&server, &["a1", "b1"]);
    for _ in 0..3 {
        server.kill_nine();
        server.restart().unwrap();
        // Longer than the queue's visibility timeout, and not as long as the execution takes.
        server.advance(Duration::from_secs(60));
        assert_eq!(inputs(&server, "RUNNING"), ["a1", "b1"]);
        assert_eq!(server.sqs().depth(&queue).unwrap(), 3);
    }
    server.advance(AN_EXECUTION);
    until_running(&server, &["a2"]);
    assert_eq!(server.sqs().depth(&queue).unwrap(), 1);
    server.kill_nine();
    server.restart().unwrap();
    server.advance(AN_EXECUTION);
    until("an empty queue", TIMEOUT, || (server.sqs().depth(&queue).unwrap() == 0).then_some(()));
    assert_eq!(inputs(&server, "SUCCEEDED"), ["a1", "a2", "b1"], "each once");
    assert!(server.stop().success(), "{}", server.output());
}
