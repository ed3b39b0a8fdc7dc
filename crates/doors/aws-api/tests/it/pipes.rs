//! Pipes: their operations, what is refused, and what becomes of messages on their way.

mod batches;
mod destinations;
mod targets;

use std::sync::{Arc, Mutex};

use bongsu_aws_api::lambda::{Answer as Answering, Invocation, InvokeRefusal, Invoked, Invoker};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_broker::FunctionVersion;
use bytes::Bytes;
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Server};

const SOURCE: &str = "arn:aws:sqs:us-east-1:000000000000:source";
const ORDERED: &str = "arn:aws:sqs:us-east-1:000000000000:source.fifo";
const ECHO: &str = "arn:aws:lambda:us-east-1:000000000000:function:echo";
const ROLE: &str = "arn:aws:iam::000000000000:role/r";
const PIPE: &str = "arn:aws:pipes:us-east-1:000000000000:pipe/p";
const TAGS: &str = "/tags/arn%3Aaws%3Apipes%3Aus-east-1%3A000000000000%3Apipe%2Fp";

/// Turns of the scheduler within which whatever needs no time has happened.
const TURNS: usize = 10_000;

/// Functions that do what their names say: `echo`, `fails`, `busy` twice, `none`, `twice`, `one` object, `bad` messages
/// fail, `limited` once.
#[derive(Default)]
struct Functions {
    /// What was invoked, and with which payload.
    seen: Mutex<Vec<(String, Value)>>,
}

const NAMES: [&str; 9] = ["echo", "fails", "busy", "none", "twice", "one", "bad", "limited", "stuck"];

impl Functions {
    fn seen(&self) -> Vec<(String, Value)> {
        self.seen.lock().expect("no test panics while it holds this").clone()
    }

    fn times(&self, function: &str) -> usize {
        self.seen().iter().filter(|(name, _)| name == function).count()
    }
}

impl Invoker for Functions {
    fn invoke(&self, function: &str, invocation: Invocation) -> Answering<Result<Invoked, InvokeRefusal>> {
        let payload: Value = serde_json::from_slice(&invocation.payload).expect("JSON");
        let times = self.times(function);
        self.seen.lock().expect("no test panics").push((function.to_owned(), payload.clone()));
        let events = payload.as_array().cloned().unwrap_or_default();
        let result = match function {
            "echo" => Ok(payload),
            "busy" if times < 2 => return Box::pin(async { Err(InvokeRefusal::TooManyRunning) }),
            "limited" if times == 0 => Ok(json!({ "statusCode": 429, "headers": { "Retry-After": "1" } })),
            "busy" | "limited" => Ok(Value::Null),
            "none" => Ok(json!([])),
            "twice" => Ok(Value::from([events.clone(), events].concat())),
            "one" => Ok(json!({ "count": events.len() })),
            "bad" => {
                let is_bad = |event: &&Value| event["body"] == "bad";
                let failed = events.iter().filter(is_bad).map(|event| json!({ "itemIdentifier": event["messageId"] }));
                Ok(json!({ "batchItemFailures": failed.collect::<Vec<_>>() }))
            }
            "stuck" => return Box::pin(std::future::pending()),
            _ => Err(Bytes::from_static(br#"{"errorType":"Closed"}"#)),
        };
        let result = result.map(|answer| Bytes::from(answer.to_string()));
        Box::pin(async { Ok(Invoked { version: FunctionVersion::Latest, result, log_tail: Vec::new() }) })
    }

    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}
}

struct World {
    server: Server,
    functions: Arc<Functions>,
    source: String,
    ordered: String,
}

impl World {
    /// With the queues `source` and `source.fifo`, and all functions.
    async fn new() -> World {
        let functions = Arc::new(Functions::default());
        let server = Server::with_functions(Verifier::development(ACCOUNT), functions.clone()).await;
        let source = server.queue("source", json!({ "VisibilityTimeout": "30" })).await;
        let attributes = json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "30" });
        let ordered = server.queue("source.fifo", attributes).await;
        for name in NAMES {
            let definition = json!({
                "FunctionName": name, "Role": ROLE, "Runtime": "python3.11", "Handler": "app.handler",
                "Code": { "ZipFile": "UEsDBA==" },
            });
            server.done("CreateFunction", ("POST", "/2015-03-31/functions", 201), definition).await;
        }
        World { server, functions, source, ordered }
    }

    /// Makes the pipe `p` from `source`, with what else is said of it.
    async fn pipe(&self, target: &str, more: Value) -> Value {
        self.server.done("CreatePipe", ("POST", "/v1/pipes/p", 200), definition(SOURCE, target, more)).await
    }

    /// The same from `source.fifo`.
    async fn ordered_pipe(&self, target: &str, more: Value) {
        self.server.done("CreatePipe", ("POST", "/v1/pipes/p", 200), definition(ORDERED, target, more)).await;
    }

    /// A pipe is refused: its error and the member that is wrong.
    async fn refuses(&self, definition: Value) -> (String, String) {
        let answer = self.server.rest("CreatePipe", "POST", "/v1/pipes/p", definition).await;
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!((answer.status, answer.header("x-amzn-errortype")), (400, "ValidationException"));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&body["fieldList"][0]["name"]), text(&body["message"]))
    }

    async fn send(&self, body: &str) {
        self.server.ask("SendMessage", json!({ "QueueUrl": self.source, "MessageBody": body })).await;
    }

    async fn send_in_order(&self, group: &str, body: &str) {
        let input = json!({ "QueueUrl": self.ordered, "MessageBody": body, "MessageGroupId": group });
        self.server.ask("SendMessage", input).await;
    }

    /// How many messages a queue has: to be received, and under way.
    async fn depth(&self, queue: &str) -> (String, String) {
        let names = json!(["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]);
        let input = json!({ "QueueUrl": queue, "AttributeNames": names });
        let attributes = self.server.ask("GetQueueAttributes", input).await["Attributes"].clone();
        let number = |name: &str| attributes[name].as_str().expect("a number").to_owned();
        (number("ApproximateNumberOfMessages"), number("ApproximateNumberOfMessagesNotVisible"))
    }

    /// Waits until a queue has so many messages.
    async fn until(&self, queue: &str, visible: &str, hidden: &str) {
        let wanted = (visible.to_owned(), hidden.to_owned());
        for _ in 0..TURNS {
            if self.depth(queue).await == wanted {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{queue} has {:?}, not {wanted:?}: {:?}", self.depth(queue).await, self.functions.seen());
    }

    /// Makes a state machine.
    async fn machine(&self, name: &str, kind: &str, definition: &str) -> String {
        let input = json!({ "name": name, "definition": definition, "roleArn": ROLE, "type": kind });
        self.states("CreateStateMachine", input).await["stateMachineArn"].as_str().expect("an ARN").to_owned()
    }

    async fn states(&self, operation: &str, input: Value) -> Value {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let answer = self.server.send(request.body(input.to_string()).expect("a request")).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// The inputs of a machine's executions, the first first.
    async fn inputs(&self, machine: &str) -> Vec<Value> {
        let listed = self.states("ListExecutions", json!({ "stateMachineArn": machine })).await;
        let mut inputs = Vec::new();
        for execution in listed["executions"].as_array().expect("executions") {
            let described = json!({ "executionArn": execution["executionArn"] });
            let described = self.states("DescribeExecution", described).await;
            inputs.push(serde_json::from_str(described["input"].as_str().expect("an input")).expect("JSON"));
        }
        inputs.reverse();
        inputs
    }
}

fn definition(source: &str, target: &str, more: Value) -> Value {
    let mut whole = json!({ "Source": source, "Target": target, "RoleArn": ROLE });
    whole.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    whole
}

#[tokio::test]
async fn a_pipe_is_made_told_of_changed_and_deleted() {
    let world = World::new().await;
    let server = &world.server;
    let more = json!({
        "Description": "orders",
        "SourceParameters": { "FilterCriteria": { "Filters": [{ "Pattern": "{\"body\":[\"a\"]}" }] } },
        "TargetParameters": { "InputTemplate": "<$.body>" },
        "Tags": { "team": "shop" },
    });
    let made = world.pipe(ECHO, more.clone()).await;
    assert_eq!((&made["Arn"], &made["Name"]), (&json!(PIPE), &json!("p")));
    assert_eq!((&made["DesiredState"], &made["CurrentState"]), (&json!("RUNNING"), &json!("CREATING")));
    let describe = || server.done("DescribePipe", ("GET", "/v1/pipes/p", 200), Value::Null);
    let told = describe().await;
    assert_eq!((&told["CurrentState"], &told["RoleArn"]), (&json!("RUNNING"), &json!(ROLE)));
    for member in ["Description", "SourceParameters", "TargetParameters", "Tags"] {
        assert_eq!(told[member], more[member], "{member}");
    }
    assert!(told.get("Enrichment").is_none() && told["CreationTime"].is_number());

    let again = server.rest("CreatePipe", "POST", "/v1/pipes/p", definition(SOURCE, ECHO, json!({}))).await;
    let conflict: Value = serde_json::from_str(&again.body).expect("JSON");
    assert_eq!((again.status, &conflict["resourceId"], &conflict["resourceType"]), (409, &json!("p"), &json!("pipe")));

    let change = json!({ "RoleArn": ROLE, "DesiredState": "STOPPED", "TargetParameters": { "InputTemplate": "" } });
    let changed = server.done("UpdatePipe", ("PUT", "/v1/pipes/p", 200), change).await;
    assert_eq!((&changed["DesiredState"], &changed["CurrentState"]), (&json!("STOPPED"), &json!("UPDATING")));
    let told = describe().await;
    assert_eq!((&told["TargetParameters"], &told["SourceParameters"]), (&json!({}), &more["SourceParameters"]));

    let started = server.done("StartPipe", ("POST", "/v1/pipes/p/start", 200), Value::Null).await;
    assert_eq!((&started["DesiredState"], &started["CurrentState"]), (&json!("RUNNING"), &json!("STARTING")));
    let stopped = server.done("StopPipe", ("POST", "/v1/pipes/p/stop", 200), Value::Null).await;
    assert_eq!((&stopped["DesiredState"], &stopped["CurrentState"]), (&json!("STOPPED"), &json!("STOPPING")));

    let deleted = server.done("DeletePipe", ("DELETE", "/v1/pipes/p", 200), Value::Null).await;
    assert_eq!((&deleted["DesiredState"], &deleted["CurrentState"]), (&json!("DELETED"), &json!("DELETING")));
    let gone = server.rest("DescribePipe", "GET", "/v1/pipes/p", Value::Null).await;
    assert_eq!((gone.status, gone.header("x-amzn-errortype")), (404, "NotFoundException"));
    for (operation, method, path) in [
        ("UpdatePipe", "PUT", "/v1/pipes/p"),
        ("StartPipe", "POST", "/v1/pipes/p/start"),
        ("StopPipe", "POST", "/v1/pipes/p/stop"),
        ("DeletePipe", "DELETE", "/v1/pipes/p"),
        ("ListTagsForResource", "GET", TAGS),
    ] {
        let input = if operation == "UpdatePipe" { json!({ "RoleArn": ROLE }) } else { Value::Null };
        assert_eq!(server.rest(operation, method, path, input).await.status, 404, "{operation}");
    }
}

#[tokio::test]
async fn pipes_are_listed_by_name_page_by_page() {
    let world = World::new().await;
    let server = &world.server;
    for name in ["a1", "a2", "b"] {
        let path = format!("/v1/pipes/{name}");
        let state = if name == "a2" { "STOPPED" } else { "RUNNING" };
        let definition = definition(SOURCE, ECHO, json!({ "DesiredState": state }));
        server.done("CreatePipe", ("POST", &path, 200), definition).await;
    }
    let list = async |query: &str| {
        let path = format!("/v1/pipes?{query}");
        let listed = server.done("ListPipes", ("GET", &path, 200), Value::Null).await;
        let names = listed["Pipes"].as_array().expect("pipes").iter().map(|pipe| pipe["Name"].clone());
        (Value::from_iter(names), listed["NextToken"].as_str().map(str::to_owned))
    };
    let (names, token) = list("Limit=2").await;
    assert_eq!(names, json!(["a1", "a2"]));
    let rest = format!("Limit=2&NextToken={}", token.expect("there is one more"));
    assert_eq!(list(&rest).await, (json!(["b"]), None));
    for (query, names) in [
        ("NamePrefix=a", json!(["a1", "a2"])),
        ("DesiredState=STOPPED", json!(["a2"])),
        ("CurrentState=RUNNING&TargetPrefix=arn%3Aaws%3Alambda", json!(["a1", "b"])),
        ("SourcePrefix=arn%3Aaws%3Asns", json!([])),
        ("CurrentState=CREATE_FAILED", json!([])),
    ] {
        assert_eq!(list(query).await.0, names, "{query}");
    }
    for query in ["Limit=0", "Limit=101", "DesiredState=DELETED", "NextToken=%3F", "CurrentState=GONE"] {
        let answer = server.rest("ListPipes", "GET", &format!("/v1/pipes?{query}"), Value::Null).await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[tokio::test]
async fn tags_come_and_go_and_can_change_what_a_pipe_does() {
    let world = World::new().await;
    let server = &world.server;
    let standard = world.machine("m", "STANDARD", r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#).await;
    let forget = json!({ "StepFunctionStateMachineParameters": { "InvocationType": "FIRE_AND_FORGET" } });
    world.pipe(&standard, json!({ "TargetParameters": forget, "Tags": { "a": "1" } })).await;
    let tag = async |tags: Value| server.rest("TagResource", "POST", TAGS, json!({ "tags": tags })).await.status;
    assert_eq!(
        tag(json!({ "b": "2", "bongsu:hold-group": "true", "bongsu:rate-limit": "key=group rate=5/s" })).await,
        200
    );
    for bad in [json!({ "bongsu:hold-group": "yes" }), json!({ "bongsu:rate-limit": "rate=soon" }), json!({ "": "x" })]
    {
        assert_eq!(tag(bad).await, 400);
    }
    let keys = format!("{TAGS}?tagKeys=a&tagKeys=bongsu%3Arate-limit");
    assert_eq!(server.rest("UntagResource", "DELETE", &keys, Value::Null).await.status, 200);
    let told = server.done("ListTagsForResource", ("GET", TAGS, 200), Value::Null).await;
    assert_eq!(told, json!({ "tags": { "b": "2", "bongsu:hold-group": "true" } }));
    let other = "/tags/arn%3Aaws%3Apipes%3Aus-east-1%3A111111111111%3Apipe%2Fp";
    assert_eq!(server.rest("ListTagsForResource", "GET", other, Value::Null).await.status, 400);
}

#[tokio::test]
async fn bad_definitions_are_refused_with_the_member_that_is_wrong() {
    let world = World::new().await;
    world.server.queue("target.fifo", json!({ "FifoQueue": "true" })).await;
    world.server.topic("topic.fifo", json!({ "FifoTopic": "true" })).await;
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:000000000000:{rest}");
    let pass = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;
    let standard = world.machine("standard", "STANDARD", pass).await;
    let express = world.machine("express", "EXPRESS", pass).await;
    for (source, target, more, member) in [
        (&*arn("kinesis", "stream/s"), ECHO, json!({}), "Source"),
        (&arn("sqs", "gone"), ECHO, json!({}), "Source"),
        ("arn:aws:sqs:eu-west-1:000000000000:source", ECHO, json!({}), "Source"),
        ("queue", ECHO, json!({}), "Source"),
        (SOURCE, &arn("lambda", "function:gone"), json!({}), "Target"),
        (SOURCE, &arn("ecs", "cluster/c"), json!({}), "Target"),
        (SOURCE, &arn("states", "stateMachine:gone"), json!({}), "Target"),
        (SOURCE, &arn("sqs", "gone"), json!({}), "Target"),
        (SOURCE, &arn("sns", "topic.fifo"), json!({}), "Target"),
        (SOURCE, &standard, json!({}), "TargetParameters.StepFunctionStateMachineParameters.InvocationType"),
        (SOURCE, &arn("sqs", "target.fifo"), json!({}), "TargetParameters.SqsQueueParameters.MessageGroupId"),
        (
            SOURCE,
            &arn("sqs", "source"),
            json!({ "SourceParameters": { "SqsQueueParameters": { "BatchSize": 11 } } }),
            "SourceParameters.SqsQueueParameters.BatchSize",
        ),
        (
            ORDERED,
            ECHO,
            json!({ "SourceParameters": { "SqsQueueParameters": { "BatchSize": 11 } } }),
            "SourceParameters.SqsQueueParameters.BatchSize",
        ),
        (
            ORDERED,
            ECHO,
            json!({ "SourceParameters": { "SqsQueueParameters": { "MaximumBatchingWindowInSeconds": 1 } } }),
            "SourceParameters.SqsQueueParameters.MaximumBatchingWindowInSeconds",
        ),
        (
            SOURCE,
            ECHO,
            json!({ "SourceParameters": { "SqsQueueParameters": { "BatchSize": 0 } } }),
            "sourceParameters.sqsQueueParameters.batchSize",
        ),
        (
            SOURCE,
            ECHO,
            json!({ "SourceParameters": { "FilterCriteria": { "Filters": [{ "Pattern": "{" }] } } }),
            "SourceParameters.FilterCriteria",
        ),
        (
            SOURCE,
            ECHO,
            json!({ "SourceParameters": { "KinesisStreamParameters": { "StartingPosition": "LATEST" } } }),
            "SourceParameters.KinesisStreamParameters",
        ),
        (SOURCE, ECHO, json!({ "TargetParameters": { "InputTemplate": "<$.a b>" } }), "TargetParameters.InputTemplate"),
        (
            SOURCE,
            ECHO,
            json!({ "TargetParameters": { "InputTemplate": "x".repeat(8193) } }),
            "targetParameters.inputTemplate",
        ),
        (
            SOURCE,
            ECHO,
            json!({ "TargetParameters": { "SqsQueueParameters": { "MessageGroupId": "g" } } }),
            "TargetParameters.SqsQueueParameters",
        ),
        (
            SOURCE,
            &arn("sqs", "target.fifo"),
            json!({ "TargetParameters": { "SqsQueueParameters": { "MessageGroupId": "$.a b" } } }),
            "TargetParameters.SqsQueueParameters.MessageGroupId",
        ),
        (SOURCE, ECHO, json!({ "Enrichment": standard }), "Enrichment"),
        (SOURCE, ECHO, json!({ "Enrichment": SOURCE }), "Enrichment"),
        (SOURCE, ECHO, json!({ "Enrichment": arn("lambda", "function:gone") }), "Enrichment"),
        (
            SOURCE,
            ECHO,
            json!({ "Enrichment": ECHO, "EnrichmentParameters": { "HttpParameters": { "HeaderParameters": {} } } }),
            "EnrichmentParameters.HttpParameters",
        ),
        (SOURCE, ECHO, json!({ "KmsKeyIdentifier": "key" }), "KmsKeyIdentifier"),
        (SOURCE, ECHO, json!({ "LogConfiguration": { "Level": "INFO" } }), "LogConfiguration"),
        (SOURCE, ECHO, json!({ "LogConfiguration": { "Level": "LOUD" } }), "logConfiguration.level"),
        (SOURCE, ECHO, json!({ "DesiredState": "DELETED" }), "desiredState"),
        (SOURCE, ECHO, json!({ "Tags": { "bongsu:hold-group": "true" } }), "Tags"),
        (SOURCE, &express, json!({ "Tags": { "bongsu:hold-group": "true" } }), "Tags"),
    ] {
        let (found, text) = world.refuses(definition(source, target, more.clone())).await;
        assert_eq!(found, member, "{source} {target} {more}: {text}");
    }
    for (definition, served) in [
        (definition(&arn("kinesis", "stream/s"), ECHO, json!({})), "Pipes read SQS queues"),
        (definition(SOURCE, &arn("ecs", "cluster/c"), json!({})), "Pipes lead to Lambda functions"),
        (definition(SOURCE, ECHO, json!({ "Enrichment": arn("execute-api", "a/s/GET/p") })), "Events are enriched by"),
    ] {
        let (_, text) = world.refuses(definition).await;
        assert!(text.starts_with(served), "{text}");
    }
    let (member, text) = world.refuses(json!({})).await;
    assert_eq!(member, "source");
    assert!(text.starts_with("3 validation errors detected: Value null at 'source'"), "{text}");
    let name = world.server.rest("CreatePipe", "POST", "/v1/pipes/a%20b", definition(SOURCE, ECHO, json!({}))).await;
    assert_eq!(name.status, 400);
    let off = json!({ "LogConfiguration": { "Level": "OFF" } });
    world.pipe(ECHO, off).await;
    let answer = world.server.rest("UpdatePipe", "PUT", "/v1/pipes/p", json!({})).await;
    assert_eq!(answer.status, 400, "the role is missing");
    let broken = world.server.send(Request::post("/v1/pipes/p").body("{").expect("a request")).await;
    assert_eq!((broken.status, &broken.headers["x-amzn-errortype"]), (400, &"SerializationException".parse().unwrap()));
}
