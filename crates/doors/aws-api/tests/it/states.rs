//! Step Functions: machines, executions, activities, and what tasks call.

mod http;
mod integrations;
mod limits;
mod map_runs;

use std::sync::Arc;

use bongsu_aws_api::lambda::{Answer as Answering, Invocation, InvokeRefusal, Invoked, Invoker};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_broker::FunctionVersion;
use bytes::Bytes;
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Server};

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:a";
const PASS: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#;
const ROLE: &str = "arn:aws:iam::000000000000:role/r";

/// Turns of the scheduler within which whatever needs no time has happened.
const TURNS: usize = 10_000;

/// `echo` returns its event, `fails` an error with a type, `dies` one without.
struct Functions;

impl Invoker for Functions {
    fn invoke(&self, function: &str, invocation: Invocation) -> Answering<Result<Invoked, InvokeRefusal>> {
        let result = match function.split(':').next() {
            Some("echo") => Ok(invocation.payload),
            Some("fails") => Err(Bytes::from_static(br#"{"errorType":"ShopClosed","errorMessage":"at night"}"#)),
            Some("dies") => Err(Bytes::from_static(br#"{"errorMessage":"gone"}"#)),
            Some("busy") => return Box::pin(async { Err(InvokeRefusal::TooManyRunning) }),
            _ => return Box::pin(async { Err(InvokeRefusal::DoesNotExist) }),
        };
        Box::pin(async { Ok(Invoked { version: FunctionVersion::Latest, result, log_tail: Vec::new() }) })
    }

    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}
}

struct World(Server);

impl World {
    async fn new() -> World {
        World(Server::with_functions(Verifier::development(ACCOUNT), Arc::new(Functions)).await)
    }

    async fn send(&self, operation: &str, input: &Value) -> (u16, Value) {
        let request = Request::post("/")
            .header("host", "127.0.0.1:4566")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let answer = self.0.send(request.body(input.to_string()).expect("a request")).await;
        (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
    }

    async fn ask(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.send(operation, &input).await;
        assert_eq!(status, 200, "{operation} {input}: {answer}");
        answer
    }

    async fn refuses(&self, operation: &str, input: Value, shape: &str, message: &str) {
        let (status, answer) = self.send(operation, &input).await;
        assert_eq!((status, &answer["__type"], &answer["message"]), (400, &json!(shape), &json!(message)), "{input}");
    }

    /// Makes the machine `m`, or gives it another definition.
    async fn machine(&self, definition: &str) {
        let input = json!({ "name": "m", "definition": definition, "roleArn": ROLE });
        if self.send("CreateStateMachine", &input).await.0 != 200 {
            self.ask("UpdateStateMachine", json!({ "stateMachineArn": MACHINE, "definition": definition })).await;
        }
    }

    async fn start(&self, input: &Value) -> String {
        let input = json!({ "stateMachineArn": MACHINE, "input": input.to_string() });
        self.ask("StartExecution", input).await["executionArn"].as_str().expect("an ARN").to_owned()
    }

    /// What is told of an execution once it does not run any more.
    async fn ended(&self, arn: &str) -> Value {
        for _ in 0..TURNS {
            let described = self.ask("DescribeExecution", json!({ "executionArn": arn })).await;
            if described["status"] != "RUNNING" {
                return described;
            }
            tokio::task::yield_now().await;
        }
        panic!("{arn} does not end");
    }

    /// Runs a machine of this one task, with what is said about it.
    async fn task(&self, resource: &str, parameters: Value, input: Value) -> Value {
        let state = json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true });
        self.machine(&json!({ "StartAt": "T", "States": { "T": state } }).to_string()).await;
        self.ended(&self.start(&input).await).await
    }

    /// The output of such a task.
    async fn result(&self, resource: &str, parameters: Value) -> Value {
        let ended = self.task(resource, parameters, json!({})).await;
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        serde_json::from_str(ended["output"].as_str().expect("an output")).expect("JSON")
    }

    /// Its error's name and cause.
    async fn failure(&self, resource: &str, parameters: Value) -> (String, String) {
        let ended = self.task(resource, parameters, json!({})).await;
        assert_eq!(ended["status"], "FAILED", "{ended}");
        let text = |name: &str| ended[name].as_str().unwrap_or_default().to_owned();
        (text("error"), text("cause"))
    }

    async fn kinds(&self, arn: &str) -> Vec<String> {
        let history = self.ask("GetExecutionHistory", json!({ "executionArn": arn })).await;
        let events = history["events"].as_array().expect("events");
        events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_machine_is_made_changed_and_deleted() {
    let world = World::new().await;
    let input = json!({ "name": "m", "definition": PASS, "roleArn": ROLE, "tags": [{ "key": "a", "value": "1" }] });
    let made = world.ask("CreateStateMachine", input.clone()).await;
    assert_eq!(made["stateMachineArn"], MACHINE);
    assert_eq!(world.ask("CreateStateMachine", input).await, made);
    let other = json!({ "name": "m", "definition": WAIT, "roleArn": ROLE });
    let exists = format!("State Machine Already Exists: '{MACHINE}'");
    world.refuses("CreateStateMachine", other, "StateMachineAlreadyExists", &exists).await;
    let machine = json!({ "stateMachineArn": MACHINE });
    let described = world.ask("DescribeStateMachine", machine.clone()).await;
    assert_eq!((&described["definition"], &described["status"]), (&json!(PASS), &json!("ACTIVE")));
    assert_eq!(world.ask("ListStateMachines", json!({})).await["stateMachines"][0]["name"], "m");
    world.ask("UpdateStateMachine", json!({ "stateMachineArn": MACHINE, "definition": WAIT })).await;
    assert_eq!(world.ask("DescribeStateMachine", machine.clone()).await["definition"], WAIT);
    world.ask("TagResource", json!({ "resourceArn": MACHINE, "tags": [{ "key": "b", "value": "2" }] })).await;
    world.ask("UntagResource", json!({ "resourceArn": MACHINE, "tagKeys": ["a"] })).await;
    let tags = world.ask("ListTagsForResource", json!({ "resourceArn": MACHINE })).await;
    assert_eq!(tags["tags"], json!([{ "key": "b", "value": "2" }]));
    world.ask("DeleteStateMachine", machine.clone()).await;
    world.ask("DeleteStateMachine", machine.clone()).await;
    let gone = format!("State Machine Does Not Exist: '{MACHINE}'");
    world.refuses("DescribeStateMachine", machine, "StateMachineDoesNotExist", &gone).await;
}

#[tokio::test]
async fn an_alias_stands_for_versions() {
    let world = World::new().await;
    world.machine(PASS).await;
    let machine = json!({ "stateMachineArn": MACHINE });
    let publish = json!({ "stateMachineArn": MACHINE, "description": "the first" });
    let version = world.ask("PublishStateMachineVersion", publish).await["stateMachineVersionArn"].clone();
    assert_eq!(version, format!("{MACHINE}:1"));
    let described = world.ask("DescribeStateMachine", json!({ "stateMachineArn": version })).await;
    assert_eq!(described["description"], "the first");
    let versions = world.ask("ListStateMachineVersions", machine.clone()).await;
    assert_eq!(versions["stateMachineVersions"][0]["stateMachineVersionArn"], version);
    let routes = json!([{ "stateMachineVersionArn": version, "weight": 100 }]);
    let alias = world.ask("CreateStateMachineAlias", json!({ "name": "live", "routingConfiguration": routes })).await;
    let alias = json!({ "stateMachineAliasArn": alias["stateMachineAliasArn"] });
    let described = world.ask("DescribeStateMachineAlias", alias.clone()).await;
    assert_eq!(described["routingConfiguration"], routes);
    let mut changed = alias.clone();
    changed["description"] = json!("what customers get");
    world.ask("UpdateStateMachineAlias", changed).await;
    assert_eq!(world.ask("DescribeStateMachineAlias", alias.clone()).await["description"], "what customers get");
    let aliases = world.ask("ListStateMachineAliases", machine).await;
    assert_eq!(aliases["stateMachineAliases"][0]["stateMachineAliasArn"], alias["stateMachineAliasArn"]);
    let started = world.ask("StartExecution", json!({ "stateMachineArn": alias["stateMachineAliasArn"] })).await;
    let ended = world.ended(started["executionArn"].as_str().expect("an ARN")).await;
    assert_eq!(ended["stateMachineAliasArn"], alias["stateMachineAliasArn"]);
    let (status, refused) =
        world.send("DeleteStateMachineVersion", &json!({ "stateMachineVersionArn": version })).await;
    assert_eq!((status, &refused["__type"]), (400, &json!("ConflictException")));
    world.ask("DeleteStateMachineAlias", alias).await;
    world.ask("DeleteStateMachineVersion", json!({ "stateMachineVersionArn": version })).await;
}

#[tokio::test]
async fn a_definition_is_judged_before_it_is_kept() {
    let world = World::new().await;
    let verdict = world.ask("ValidateStateMachineDefinition", json!({ "definition": PASS })).await;
    assert_eq!(verdict, json!({ "result": "OK", "diagnostics": [], "truncated": false }));
    let resource = "arn:aws:states:::events:putEvents";
    let definition =
        json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": resource, "End": true } } });
    let verdict = world.ask("ValidateStateMachineDefinition", json!({ "definition": definition.to_string() })).await;
    let message = format!(
        "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is not \
         available in this region."
    );
    let diagnostic = &verdict["diagnostics"][0];
    assert_eq!((&diagnostic["message"], &diagnostic["location"]), (&json!(message), &json!("/States/T/Resource")));
    let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": ROLE });
    let text = format!("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {message} at /States/T/Resource'");
    world.refuses("CreateStateMachine", input, "InvalidDefinition", &text).await;
    let input = json!({ "name": "m", "definition": "{}", "roleArn": ROLE });
    let (_, refused) = world.send("CreateStateMachine", &input).await;
    assert_eq!(refused["__type"], "InvalidDefinition");
}

#[tokio::test]
async fn an_execution_is_started_once_by_its_name() {
    let world = World::new().await;
    world.machine(WAIT).await;
    let input = json!({ "stateMachineArn": MACHINE, "name": "one", "input": "{\"n\":1}" });
    let started = world.ask("StartExecution", input.clone()).await;
    assert_eq!(world.ask("StartExecution", input.clone()).await, started);
    let arn = format!("{}:one", MACHINE.replace("stateMachine", "execution"));
    assert_eq!(started["executionArn"], arn);
    let exists = format!("Execution Already Exists: '{arn}'");
    let other = json!({ "stateMachineArn": MACHINE, "name": "one", "input": "{\"n\":2}" });
    world.refuses("StartExecution", other, "ExecutionAlreadyExists", &exists).await;
    world.0.advance(60);
    let ended = world.ended(&arn).await;
    assert_eq!((&ended["status"], &ended["output"]), (&json!("SUCCEEDED"), &json!("{\"n\":1}")));
    world.refuses("StartExecution", input, "ExecutionAlreadyExists", &exists).await;
    let kinds = ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"];
    assert_eq!(world.kinds(&arn).await, kinds);
}

#[tokio::test]
async fn an_execution_is_stopped_and_taken_up_again() {
    let world = World::new().await;
    world.machine(WAIT).await;
    let arn = world.start(&json!({})).await;
    world.ask("StopExecution", json!({ "executionArn": arn, "error": "Enough", "cause": "said so" })).await;
    let ended = world.ended(&arn).await;
    assert_eq!(
        (&ended["status"], &ended["error"], &ended["cause"]),
        (&json!("ABORTED"), &json!("Enough"), &json!("said so"))
    );
    world.ask("RedriveExecution", json!({ "executionArn": arn })).await;
    let listed = world.ask("ListExecutions", json!({ "stateMachineArn": MACHINE, "statusFilter": "RUNNING" })).await;
    assert_eq!(listed["executions"][0]["executionArn"], arn);
    let machine = world.ask("DescribeStateMachineForExecution", json!({ "executionArn": arn })).await;
    assert_eq!(machine["definition"], WAIT);
    tokio::task::yield_now().await;
    world.0.advance(60);
    assert_eq!(world.ended(&arn).await["redriveCount"], 1);
    let unknown = format!("{}:other", MACHINE.replace("stateMachine", "execution"));
    let gone = format!("Execution Does Not Exist: '{unknown}'");
    world.refuses("DescribeExecution", json!({ "executionArn": unknown }), "ExecutionDoesNotExist", &gone).await;
}

#[tokio::test]
async fn an_express_execution_answers_with_its_end() {
    let world = World::new().await;
    let input = json!({ "name": "m", "definition": PASS, "roleArn": ROLE, "type": "EXPRESS" });
    world.ask("CreateStateMachine", input).await;
    let ended = world.ask("StartSyncExecution", json!({ "stateMachineArn": MACHINE, "input": "[1]" })).await;
    assert_eq!((&ended["status"], &ended["output"]), (&json!("SUCCEEDED"), &json!("[1]")));
    let arn = ended["executionArn"].as_str().expect("an ARN");
    assert!(arn.starts_with("arn:aws:states:us-east-1:000000000000:express:m:"), "{arn}");
    let text = "Invalid Arn: 'Resource type not valid in this context: express'";
    world.refuses("DescribeExecution", json!({ "executionArn": arn }), "InvalidArn", text).await;
    world.ask("DeleteStateMachine", json!({ "stateMachineArn": MACHINE })).await;
    world.machine(PASS).await;
    let text = "This operation is not supported by this type of state machine";
    let input = json!({ "stateMachineArn": MACHINE });
    world.refuses("StartSyncExecution", input, "StateMachineTypeNotSupported", text).await;
}

#[tokio::test]
async fn a_worker_does_an_activity() {
    let world = World::new().await;
    assert_eq!(world.ask("CreateActivity", json!({ "name": "a" })).await["activityArn"], ACTIVITY);
    assert_eq!(world.ask("DescribeActivity", json!({ "activityArn": ACTIVITY })).await["name"], "a");
    assert_eq!(world.ask("ListActivities", json!({})).await["activities"][0]["name"], "a");
    world
        .machine(
            &json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": ACTIVITY, "End": true } } })
                .to_string(),
        )
        .await;
    let take = || world.ask("GetActivityTask", json!({ "activityArn": ACTIVITY, "workerName": "w" }));
    let arn = world.start(&json!(1)).await;
    let task = take().await;
    assert_eq!(task["input"], "1");
    let token = json!({ "taskToken": task["taskToken"] });
    world.ask("SendTaskHeartbeat", token.clone()).await;
    let answer = json!({ "taskToken": task["taskToken"], "output": "{\"done\":true}" });
    world.ask("SendTaskSuccess", answer).await;
    assert_eq!(world.ended(&arn).await["output"], "{\"done\":true}");
    let text = "Task Timed Out: 'Provided task does not exist anymore'";
    world.refuses("SendTaskHeartbeat", token, "TaskTimedOut", text).await;
    let arn = world.start(&json!(2)).await;
    let task = take().await;
    world.ask("SendTaskFailure", json!({ "taskToken": task["taskToken"], "error": "No", "cause": "why not" })).await;
    assert_eq!(world.ended(&arn).await["error"], "No");
    world.ask("DeleteActivity", json!({ "activityArn": ACTIVITY })).await;
}

#[tokio::test]
async fn a_state_is_tested_by_itself() {
    let world = World::new().await;
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:fails", "Next": "After",
        "Catch": [{ "ErrorEquals": ["ShopClosed"], "Next": "Closed" }],
    });
    let state = state.to_string();
    let tested = world.ask("TestState", json!({ "definition": state, "input": "{}" })).await;
    assert_eq!((&tested["status"], &tested["nextState"]), (&json!("CAUGHT_ERROR"), &json!("Closed")));
    let mock = json!({ "result": "{\"n\":1}" });
    let input = json!({ "definition": state, "input": "{}", "mock": mock, "inspectionLevel": "DEBUG" });
    let tested = world.ask("TestState", input).await;
    assert_eq!((&tested["output"], &tested["nextState"]), (&json!("{\"n\":1}"), &json!("After")));
    assert_eq!(tested["inspectionData"]["result"], "{\"n\":1}");
    let input = json!({ "definition": state, "stateConfiguration": { "retrierRetryCount": 1 } });
    world.refuses("TestState", input, "ValidationException", "stateConfiguration is not available here").await;
}
