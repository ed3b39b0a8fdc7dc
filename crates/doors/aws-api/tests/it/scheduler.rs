//! EventBridge Scheduler: schedules, their groups, and what they send.

use hyper::Request;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, NOW, Server};

const ROLE: &str = "arn:aws:iam::000000000000:role/r";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
const PASS: &str = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;

/// Turns of the runtime within which whatever needs no time has happened.
const TURNS: usize = 10_000;

struct World(Server);

impl World {
    async fn new() -> World {
        World(Server::start().await)
    }

    /// Asks as SDKs do: what the path and the query have is taken out of the members.
    async fn send(&self, operation: &str, mut input: Value) -> (u16, Value) {
        let members = input.as_object_mut().expect("an object");
        let mut take = |name: &str| members.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        let (method, path) = match operation {
            "CreateSchedule" => ("POST", format!("/schedules/{}", take("Name").expect("a name"))),
            "UpdateSchedule" => ("PUT", format!("/schedules/{}", take("Name").expect("a name"))),
            "GetSchedule" => ("GET", format!("/schedules/{}", take("Name").expect("a name"))),
            "DeleteSchedule" => ("DELETE", format!("/schedules/{}", take("Name").expect("a name"))),
            "ListSchedules" => ("GET", "/schedules".to_owned()),
            "CreateScheduleGroup" => ("POST", format!("/schedule-groups/{}", take("Name").expect("a name"))),
            "GetScheduleGroup" => ("GET", format!("/schedule-groups/{}", take("Name").expect("a name"))),
            "DeleteScheduleGroup" => ("DELETE", format!("/schedule-groups/{}", take("Name").expect("a name"))),
            "ListScheduleGroups" => ("GET", "/schedule-groups".to_owned()),
            of_tags => {
                let arn = take("ResourceArn").expect("an ARN").replace(':', "%3A").replace('/', "%2F");
                let methods = [("ListTagsForResource", "GET"), ("TagResource", "POST"), ("UntagResource", "DELETE")];
                let method = methods.iter().find(|(name, _)| *name == of_tags).expect("an operation").1;
                (method, format!("/tags/{arn}"))
            }
        };
        let mut uri = path;
        if ["GET", "DELETE"].contains(&method) {
            let names = match operation {
                "ListSchedules" => [("GroupName", "ScheduleGroup"), ("", "")],
                _ => [("GroupName", "groupName"), ("ClientToken", "clientToken")],
            };
            let mut query = Vec::new();
            for (name, value) in members.iter() {
                let name = names.iter().find(|(member, _)| member == name).map_or(name.as_str(), |(_, name)| name);
                let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                query.extend(values.iter().map(|value| {
                    format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                }));
            }
            uri = format!("{uri}?{}", query.join("&"));
        }
        let body = if ["GET", "DELETE"].contains(&method) { String::new() } else { input.to_string() };
        let request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1:4566");
        let answer = self.0.send(request.body(body).expect("a request")).await;
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    async fn ask(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.send(operation, input.clone()).await;
        assert_eq!(status, 200, "{operation} {input}: {answer}");
        answer
    }

    async fn refuses(&self, operation: &str, input: Value, status: u16, message: &str) {
        let answer = self.send(operation, input.clone()).await;
        assert_eq!((answer.0, answer.1["Message"].as_str()), (status, Some(message)), "{operation} {input}");
    }

    async fn ask_other(&self, target: &str, input: Value) -> Value {
        let request = Request::post("/")
            .header("host", "127.0.0.1:4566")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target);
        let answer = self.0.send(request.body(input.to_string()).expect("a request")).await;
        assert_eq!(answer.status, 200, "{target} {input}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    async fn queue(&self, name: &str) {
        self.ask_other("AmazonSQS.CreateQueue", json!({ "QueueName": name })).await;
    }

    /// The next message of a queue, which comes without time passing.
    async fn received(&self, queue: &str) -> Value {
        for _ in 0..TURNS {
            let found = self.receive_now(queue).await;
            if !found.is_null() {
                return found;
            }
            tokio::task::yield_now().await;
        }
        panic!("nothing comes to {queue}");
    }

    async fn receive_now(&self, queue: &str) -> Value {
        let url = format!("http://127.0.0.1:4566/{ACCOUNT}/{queue}");
        let input = json!({ "QueueUrl": url, "WaitTimeSeconds": 0, "MessageAttributeNames": ["All"] });
        self.ask_other("AmazonSQS.ReceiveMessage", input).await["Messages"][0].clone()
    }
}

/// A schedule that sends to a queue every hour, but for what is said otherwise.
fn hourly(name: &str, otherwise: Value) -> Value {
    let mut schedule = json!({
        "Name": name,
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": QUEUE, "RoleArn": ROLE, "Input": "tick" },
    });
    let members = schedule.as_object_mut().expect("an object");
    members.extend(otherwise.as_object().cloned().unwrap_or_default());
    schedule
}

fn to(arn: &str, more: Value) -> Value {
    let mut target = json!({ "Arn": arn, "RoleArn": ROLE });
    target.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    json!({ "Target": target })
}

#[tokio::test]
async fn a_schedule_is_made_told_of_changed_and_deleted() {
    let world = World::new().await;
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick";
    let made = world.ask("CreateSchedule", hourly("tick", json!({}))).await;
    assert_eq!(made, json!({ "ScheduleArn": arn }));
    let now = NOW as f64;
    let told = json!({
        "Arn": arn,
        "GroupName": "default",
        "Name": "tick",
        "ScheduleExpression": "rate(1 hour)",
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "CreationDate": now,
        "LastModificationDate": now,
        "Target": {
            "Arn": QUEUE,
            "RoleArn": ROLE,
            "Input": "tick",
            "RetryPolicy": { "MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185 },
        },
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "ActionAfterCompletion": "NONE",
    });
    assert_eq!(world.ask("GetSchedule", json!({ "Name": "tick" })).await, told);
    world.0.advance(5);
    let target = json!({
        "Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo",
        "RoleArn": ROLE,
        "SqsParameters": { "MessageGroupId": "g" },
        "DeadLetterConfig": { "Arn": QUEUE },
        "RetryPolicy": { "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0 },
    });
    let changed = json!({
        "ScheduleExpression": "cron(0 12 * * ? *)",
        "ScheduleExpressionTimezone": "Asia/Seoul",
        "StartDate": now + 60.0,
        "EndDate": now + 7200.5,
        "Description": "at noon",
        "State": "DISABLED",
        "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
        "Target": target,
        "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15 },
        "ActionAfterCompletion": "DELETE",
    });
    world.ask("UpdateSchedule", hourly("tick", changed.clone())).await;
    let mut told = changed;
    told.as_object_mut().expect("an object").extend(
        json!({ "Arn": arn, "GroupName": "default", "Name": "tick", "CreationDate": now, "LastModificationDate": now + 5.0 })
            .as_object()
            .cloned()
            .expect("an object"),
    );
    assert_eq!(world.ask("GetSchedule", json!({ "Name": "tick", "GroupName": "default" })).await, told);
    // An update that says less leaves nothing of what was said before.
    world.ask("UpdateSchedule", hourly("tick", json!({}))).await;
    let told = world.ask("GetSchedule", json!({ "Name": "tick" })).await;
    assert_eq!((&told["Description"], &told["State"]), (&Value::Null, &json!("ENABLED")));
    assert_eq!(world.ask("DeleteSchedule", json!({ "Name": "tick", "ClientToken": "t" })).await, json!({}));
    let missing = "Schedule tick does not exist.";
    for operation in ["GetSchedule", "DeleteSchedule"] {
        world.refuses(operation, json!({ "Name": "tick" }), 404, missing).await;
    }
    world.refuses("UpdateSchedule", hourly("tick", json!({})), 404, missing).await;
}

#[tokio::test]
async fn a_schedule_is_made_once_and_asking_again_with_its_token_changes_nothing() {
    let world = World::new().await;
    let once = hourly("tick", json!({ "ClientToken": "once" }));
    let made = world.ask("CreateSchedule", once.clone()).await;
    world.0.advance(5);
    assert_eq!(world.ask("CreateSchedule", once.clone()).await, made);
    assert_eq!(world.ask("GetSchedule", json!({ "Name": "tick" })).await["LastModificationDate"], NOW as f64);
    let exists = "Schedule tick already exists.";
    for other in [json!({ "ClientToken": "twice" }), json!({}), json!({ "ClientToken": "once", "State": "DISABLED" })] {
        world.refuses("CreateSchedule", hourly("tick", other), 409, exists).await;
    }
    let group = json!({ "Name": "g", "ClientToken": "once", "Tags": [{ "Key": "a", "Value": "b" }] });
    let made = world.ask("CreateScheduleGroup", group.clone()).await;
    assert_eq!(world.ask("CreateScheduleGroup", group).await, made);
    let exists = "Schedule group g already exists.";
    world.refuses("CreateScheduleGroup", json!({ "Name": "g", "ClientToken": "once" }), 409, exists).await;
    world.ask("CreateSchedule", hourly("tick", json!({ "GroupName": "g" }))).await;
}

#[tokio::test]
async fn groups_hold_schedules_of_their_own_and_take_them_along() {
    let world = World::new().await;
    let missing = "Schedule group g does not exist.";
    world.refuses("CreateSchedule", hourly("tick", json!({ "GroupName": "g" })), 404, missing).await;
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g";
    let made = world.ask("CreateScheduleGroup", json!({ "Name": "g" })).await;
    assert_eq!(made, json!({ "ScheduleGroupArn": arn }));
    for (name, group) in [("a", "default"), ("b", "g"), ("a", "g")] {
        world.ask("CreateSchedule", hourly(name, json!({ "GroupName": group }))).await;
    }
    let told = json!({
        "Arn": arn, "Name": "g", "State": "ACTIVE", "CreationDate": NOW as f64, "LastModificationDate": NOW as f64,
    });
    assert_eq!(world.ask("GetScheduleGroup", json!({ "Name": "g" })).await, told);
    let groups = world.ask("ListScheduleGroups", json!({})).await;
    assert_eq!(groups["ScheduleGroups"][0]["Name"], "default");
    assert_eq!(groups["ScheduleGroups"][1], told);
    assert_eq!(world.ask("ListScheduleGroups", json!({ "NamePrefix": "d" })).await["ScheduleGroups"][1], Value::Null);
    world.ask("DeleteScheduleGroup", json!({ "Name": "g" })).await;
    for operation in ["GetScheduleGroup", "DeleteScheduleGroup"] {
        world.refuses(operation, json!({ "Name": "g" }), 404, missing).await;
    }
    world.refuses("ListSchedules", json!({ "GroupName": "g" }), 404, missing).await;
    let left = world.ask("ListSchedules", json!({})).await;
    assert_eq!(left["Schedules"].as_array().map(Vec::len), Some(1));
    let refusal = "The default schedule group cannot be deleted.";
    world.refuses("DeleteScheduleGroup", json!({ "Name": "default" }), 400, refusal).await;
    let refusal = "Schedule group default already exists.";
    world.refuses("CreateScheduleGroup", json!({ "Name": "default" }), 409, refusal).await;
}

#[tokio::test]
async fn schedules_are_listed_page_by_page_and_by_what_is_asked() {
    let world = World::new().await;
    world.ask("CreateScheduleGroup", json!({ "Name": "g" })).await;
    for (name, more) in [
        ("tock", json!({})),
        ("tick", json!({ "GroupName": "g" })),
        ("tick", json!({ "State": "DISABLED" })),
        ("other", json!({})),
    ] {
        world.ask("CreateSchedule", hourly(name, more)).await;
    }
    let names = |answer: &Value| -> Vec<String> {
        let schedules = answer["Schedules"].as_array().expect("a list");
        let text = |schedule: &Value, name: &str| schedule[name].as_str().expect("a text").to_owned();
        schedules.iter().map(|told| format!("{}/{}", text(told, "GroupName"), text(told, "Name"))).collect()
    };
    let first = world.ask("ListSchedules", json!({ "MaxResults": 3 })).await;
    assert_eq!(names(&first), ["default/other", "default/tick", "default/tock"]);
    let token = first["NextToken"].clone();
    let second = world.ask("ListSchedules", json!({ "MaxResults": 3, "NextToken": token })).await;
    assert_eq!((names(&second), &second["NextToken"]), (vec!["g/tick".to_owned()], &Value::Null));
    for (asked, expected) in [
        (json!({ "GroupName": "g" }), vec!["g/tick"]),
        (json!({ "NamePrefix": "ti" }), vec!["default/tick", "g/tick"]),
        (json!({ "State": "DISABLED" }), vec!["default/tick"]),
        (json!({ "State": "ENABLED", "NamePrefix": "t" }), vec!["default/tock", "g/tick"]),
    ] {
        assert_eq!(names(&world.ask("ListSchedules", asked).await), expected);
    }
    assert_eq!(second["Schedules"][0]["Target"], json!({ "Arn": QUEUE }));
    world.refuses("ListSchedules", json!({ "NextToken": "?" }), 400, "Invalid NextToken.").await;
    let text = "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have \
                value less than or equal to 100";
    world.refuses("ListSchedules", json!({ "MaxResults": 101 }), 400, text).await;
    world.refuses("ListScheduleGroups", json!({ "MaxResults": 101 }), 400, text).await;
}

#[tokio::test]
async fn groups_have_tags() {
    let world = World::new().await;
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g";
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    world.ask("CreateScheduleGroup", json!({ "Name": "g", "Tags": [tag("a", "1"), tag("b", "2")] })).await;
    world.ask("TagResource", json!({ "ResourceArn": arn, "Tags": [tag("b", "3"), tag("c", "4")] })).await;
    world.ask("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["a", "x"] })).await;
    let told = world.ask("ListTagsForResource", json!({ "ResourceArn": arn })).await;
    assert_eq!(told, json!({ "Tags": [tag("b", "3"), tag("c", "4")] }));
    let default = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/default";
    world.ask("TagResource", json!({ "ResourceArn": default, "Tags": [tag("a", "1")] })).await;
    let told = world.ask("ListTagsForResource", json!({ "ResourceArn": default })).await;
    assert_eq!(told, json!({ "Tags": [tag("a", "1")] }));
    let missing = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/x";
    let text = "Schedule group x does not exist.";
    for (operation, more) in [
        ("ListTagsForResource", json!({})),
        ("TagResource", json!({ "Tags": [tag("a", "1")] })),
        ("UntagResource", json!({ "TagKeys": ["a"] })),
    ] {
        let mut input = json!({ "ResourceArn": missing });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        world.refuses(operation, input, 404, text).await;
    }
    let schedule = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick";
    let text = format!("{schedule} is not the ARN of a schedule group here.");
    world.refuses("ListTagsForResource", json!({ "ResourceArn": schedule }), 400, &text).await;
    let text = "1 validation error detected: Value '' at 'tags.1.member.value' failed to satisfy constraint: Member must \
                have length greater than or equal to 1";
    world.refuses("TagResource", json!({ "ResourceArn": arn, "Tags": [tag("a", "")] }), 400, text).await;
    let many: Vec<Value> = (0..60).map(|number| tag(&number.to_string(), "v")).collect();
    let text = "A schedule group has at most 50 tags.";
    world.refuses("TagResource", json!({ "ResourceArn": arn, "Tags": many }), 400, text).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_told() {
    let world = World::new().await;
    let fifo = "arn:aws:sqs:us-east-1:000000000000:q.fifo";
    let bus = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    let served = "queues, topics, functions, state machines, and universal targets of these services are";
    for (wrong, text) in [
        (
            json!({ "ScheduleExpression": "rate(1 hours)" }),
            "Invalid Schedule Expression rate(1 hours): 1 hour, but 2 hours.".to_owned(),
        ),
        (
            json!({ "ScheduleExpressionTimezone": "Moon/Crater" }),
            "Invalid Schedule Expression Timezone: `Moon/Crater` is no time zone of IANA's list.".to_owned(),
        ),
        (
            json!({ "FlexibleTimeWindow": { "Mode": "FLEXIBLE" } }),
            "MaximumWindowInMinutes is required when Mode is FLEXIBLE.".to_owned(),
        ),
        (
            json!({ "FlexibleTimeWindow": { "Mode": "OFF", "MaximumWindowInMinutes": 5 } }),
            "MaximumWindowInMinutes is only for the Mode FLEXIBLE.".to_owned(),
        ),
        (json!({ "StartDate": 20, "EndDate": 20 }), "The StartDate has to be before the EndDate.".to_owned()),
        (json!({ "StartDate": -5 }), "StartDate is no time between 1970 and 9999.".to_owned()),
        (to(fifo, json!({})), "SqsParameters with a MessageGroupId are required for a FIFO queue.".to_owned()),
        (
            to("arn:aws:sns:us-east-1:000000000000:t.fifo", json!({})),
            "A FIFO topic needs a message group, which only the universal target aws-sdk:sns:publish can give.".to_owned(),
        ),
        (
            to(MACHINE, json!({ "SqsParameters": { "MessageGroupId": "g" } })),
            "SqsParameters are for queues.".to_owned(),
        ),
        (to(MACHINE, json!({ "Input": "tick" })), "Input for this target is JSON.".to_owned()),
        (
            to(QUEUE, json!({ "DeadLetterConfig": { "Arn": fifo } })),
            format!("DeadLetterConfig names a standard queue here, not {fifo}."),
        ),
        (
            to(bus, json!({})),
            format!("Provided Arn {bus} is not in correct format, or no target here: {served}."),
        ),
        (
            to(bus, json!({ "EventBridgeParameters": { "DetailType": "d", "Source": "s" } })),
            "Target.EventBridgeParameters is not available: there is no event bus.".to_owned(),
        ),
        (
            to("arn:aws:scheduler:::aws-sdk:sqs:receiveMessage", json!({ "Input": "{}" })),
            "The operation receiveMessage only reads: it is no target of a schedule.".to_owned(),
        ),
        (
            to("arn:aws:scheduler:::aws-sdk:ecs:runTask", json!({ "Input": "{}" })),
            "The operation ecs:runTask is not available here.".to_owned(),
        ),
        (
            to("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", json!({})),
            "A universal target needs an Input: the parameters of the operation.".to_owned(),
        ),
        (
            to("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", json!({ "Input": "[]" })),
            "Input of a universal target is a JSON object.".to_owned(),
        ),
        (
            json!({ "ScheduleExpression": null, "Target": null, "FlexibleTimeWindow": null, "State": "ON" }),
            "4 validation errors detected: Value null at 'scheduleExpression' failed to satisfy constraint: Member must \
             not be null; Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: \
             [ENABLED, DISABLED]; Value null at 'target' failed to satisfy constraint: Member must not be null; Value \
             null at 'flexibleTimeWindow' failed to satisfy constraint: Member must not be null"
                .to_owned(),
        ),
        (
            json!({ "Target": { "RoleArn": "r", "RetryPolicy": { "MaximumRetryAttempts": 186 } } }),
            "3 validation errors detected: Value null at 'target.arn' failed to satisfy constraint: Member must not be \
             null; Value 'r' at 'target.roleArn' failed to satisfy constraint: Member must satisfy regular expression \
             pattern: ^arn:aws[a-z-]*:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+$; Value '186' at \
             'target.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or \
             equal to 185"
                .to_owned(),
        ),
        (
            json!({ "GroupName": "a b" }),
            "1 validation error detected: Value 'a b' at 'groupName' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: ^[0-9a-zA-Z-_.]+$"
                .to_owned(),
        ),
    ] {
        world.refuses("CreateSchedule", hourly("tick", wrong), 400, &text).await;
    }
    assert_eq!(world.ask("ListSchedules", json!({})).await, json!({ "Schedules": [] }));
}

#[tokio::test]
async fn a_message_says_when_and_why_it_was_sent() {
    let world = World::new().await;
    world.queue("q").await;
    let input =
        "<aws.scheduler.schedule-arn> at <aws.scheduler.scheduled-time>, attempt <aws.scheduler.attempt-number>";
    world.ask("CreateSchedule", hourly("tick", to(QUEUE, json!({ "Input": input })))).await;
    world.0.advance(3600);
    let body = world.received("q").await["Body"].clone();
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick";
    assert_eq!(body, format!("{arn} at 2026-01-02T04:04:05Z, attempt 1"));
}

#[tokio::test]
async fn an_execution_begins_when_its_time_has_come() {
    let world = World::new().await;
    let machine = json!({ "name": "m", "definition": PASS, "roleArn": ROLE });
    world.ask_other("AWSStepFunctions.CreateStateMachine", machine).await;
    let once = json!({ "ScheduleExpression": "at(2026-01-02T04:00:00)", "ActionAfterCompletion": "DELETE" });
    let mut schedule = hourly("once", to(MACHINE, json!({ "Input": r#"{"id":"<aws.scheduler.execution-id>"}"# })));
    schedule.as_object_mut().expect("an object").extend(once.as_object().cloned().expect("an object"));
    world.ask("CreateSchedule", schedule).await;
    world.0.advance(3600);
    let mut executions = Value::Null;
    for _ in 0..TURNS {
        let listed = world.ask_other("AWSStepFunctions.ListExecutions", json!({ "stateMachineArn": MACHINE })).await;
        executions = listed["executions"].clone();
        if executions[0]["status"] == "SUCCEEDED" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(executions[0]["status"], "SUCCEEDED", "{executions}");
    let arn = executions[0]["executionArn"].clone();
    let told = world.ask_other("AWSStepFunctions.DescribeExecution", json!({ "executionArn": arn })).await;
    assert_eq!(told["input"], format!(r#"{{"id":{}}}"#, told["name"]), "an execution is called by its id");
    world.refuses("GetSchedule", json!({ "Name": "once" }), 404, "Schedule once does not exist.").await;
}

#[tokio::test]
async fn an_operation_is_called_when_its_time_has_come_and_again_when_it_fails() {
    let world = World::new().await;
    let url = format!("http://127.0.0.1:4566/{ACCOUNT}/q");
    let input = json!({ "QueueUrl": url, "MessageBody": "attempt <aws.scheduler.attempt-number>" }).to_string();
    let universal = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage";
    world.ask("CreateSchedule", hourly("tick", to(universal, json!({ "Input": input })))).await;
    world.0.advance(3600);
    // The first attempt finds no queue. What it takes is decided before the last of these is answered.
    for _ in 0..100 {
        world.ask("ListSchedules", json!({})).await;
    }
    world.queue("q").await;
    let mut found = Value::Null;
    for _ in 0..10 {
        world.0.advance(1);
        for _ in 0..100 {
            found = world.receive_now("q").await;
            if !found.is_null() {
                break;
            }
            tokio::task::yield_now().await;
        }
        if !found.is_null() {
            break;
        }
    }
    let body = found["Body"].as_str().expect("a message");
    assert!(body.starts_with("attempt ") && body != "attempt 1", "{body}");
}

#[tokio::test]
async fn what_an_operation_refuses_for_good_is_dead_lettered_with_the_reason() {
    let world = World::new().await;
    world.queue("q").await;
    let group = "arn:aws:scheduler:::aws-sdk:scheduler:createScheduleGroup";
    let target = to(group, json!({ "Input": r#"{"Name":"a b"}"#, "DeadLetterConfig": { "Arn": QUEUE } }));
    world.ask("CreateSchedule", hourly("tick", target)).await;
    world.0.advance(3600);
    let letter = world.received("q").await;
    let attribute = |name: &str| letter["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!(letter["Body"], r#"{"Name":"a b"}"#);
    assert_eq!(attribute("ERROR_CODE"), "ValidationException");
    assert_eq!(attribute("TARGET_ARN"), group);
    assert_eq!(attribute("EXHAUSTED_RETRY_CONDITION"), Value::Null);
    // One that is right makes a group.
    world.ask("UpdateSchedule", hourly("tick", to(group, json!({ "Input": r#"{"Name":"made"}"# })))).await;
    world.0.advance(3600);
    for _ in 0..TURNS {
        if world.send("GetScheduleGroup", json!({ "Name": "made" })).await.0 == 200 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no group is made");
}

#[tokio::test]
async fn a_workflow_makes_a_schedule() {
    let world = World::new().await;
    let mut parameters = hourly("made", json!({ "StartDate": "2026-01-02T04:00:00Z", "Description": "by a task" }));
    parameters["Target"]["Input"] = json!("tick");
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:scheduler:createSchedule", "Parameters": parameters, "End": true,
    });
    let definition = json!({ "StartAt": "T", "States": { "T": task } }).to_string();
    let machine = json!({ "name": "m", "definition": definition, "roleArn": ROLE });
    world.ask_other("AWSStepFunctions.CreateStateMachine", machine).await;
    world.ask_other("AWSStepFunctions.StartExecution", json!({ "stateMachineArn": MACHINE })).await;
    for _ in 0..TURNS {
        let (status, told) = world.send("GetSchedule", json!({ "Name": "made" })).await;
        if status == 200 {
            assert_eq!((&told["Description"], &told["StartDate"]), (&json!("by a task"), &json!(1_767_326_400.0)));
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no schedule is made");
}

#[tokio::test]
async fn a_time_that_is_past_never_comes() {
    let world = World::new().await;
    world.queue("q").await;
    let past = json!({ "ScheduleExpression": "at(2026-01-01T00:00:00)", "ActionAfterCompletion": "DELETE" });
    world.ask("CreateSchedule", hourly("late", past)).await;
    world.0.advance(86_400);
    assert_eq!(world.receive_now("q").await, Value::Null);
    assert_eq!(world.ask("GetSchedule", json!({ "Name": "late" })).await["State"], "ENABLED");
}

#[tokio::test]
async fn strangers_and_nonsense_are_refused() {
    let world = World::new().await;
    let request = Request::post("/schedules/tick").header("host", "127.0.0.1:4566");
    let answer = world.0.send(request.body("{").expect("a request")).await;
    assert_eq!(
        (answer.status, &answer.headers["x-amzn-errortype"]),
        (400, &HeaderValue::from_static("SerializationException"))
    );
    let request = Request::post("/schedules").header("host", "127.0.0.1:4566");
    let answer = world.0.send(request.body("{}").expect("a request")).await;
    assert_eq!(
        (answer.status, &answer.headers["x-amzn-errortype"]),
        (400, &HeaderValue::from_static("UnknownOperationException"))
    );
}
