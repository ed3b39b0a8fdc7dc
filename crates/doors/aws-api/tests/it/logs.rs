//! CloudWatch Logs: what functions printed is found as the AWS tools look for it.

use std::sync::Arc;

use base64::Engine as _;
use bongsu_aws_api::lambda::NoFunctions;
use bongsu_function_log::{LogStore, NewLine, Source};
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::Server;

/// 2026-11-23T00:00:00Z.
const MIDNIGHT_MS: u64 = 1_795_392_000_000;
const DAY_MS: u64 = 86_400_000;

/// The end of an archive, and nothing before it.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// A function that never printed anything, and one that did.
const FUNCTIONS: [&str; 2] = ["silent", "til"];

struct World(Server);

impl World {
    /// Five lines of `til` on two days, and one of a function that is gone.
    async fn new() -> World {
        let store = LogStore::temporary(16 << 20).expect("a temporary folder");
        for (function, version, after_ms, text) in [
            ("til", "$LATEST", 1, "START RequestId: r-1"),
            ("til", "$LATEST", 2, r#"{"level":"ERROR","took":7}"#),
            ("gone", "$LATEST", 3, "ERROR long ago"),
            ("til", "3", 4, "fine"),
            ("til", "3", DAY_MS, "ERROR again"),
            ("til", "3", DAY_MS + 1, "END"),
        ] {
            store.keep(NewLine {
                time_ms: MIDNIGHT_MS + after_ms,
                function: function.into(),
                version: version.into(),
                request_id: Some("r-1".into()),
                source: Source::Stdout,
                text: text.to_owned(),
            });
        }
        let server = Server::with_logs(Arc::new(NoFunctions), Some(Arc::new(store))).await;
        for name in FUNCTIONS {
            let zip = base64::prelude::BASE64_STANDARD.encode(EMPTY_ZIP);
            let input = json!({
                "FunctionName": name, "Runtime": "python3.13", "Handler": "app.handler",
                "Role": "arn:aws:iam::000000000000:role/r", "Code": { "ZipFile": zip },
            });
            let request = Request::post("/2015-03-31/functions").header("host", "127.0.0.1:4566");
            let answer = server.send(request.body(input.to_string()).expect("a request")).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
        World(server)
    }

    async fn send(&self, operation: &str, input: &Value) -> (u16, Value) {
        let request = Request::post("/")
            .header("host", "127.0.0.1:4566")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Logs_20140328.{operation}"));
        let answer = self.0.send(request.body(input.to_string()).expect("a request")).await;
        assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.1");
        assert!(!answer.headers.contains_key("x-amzn-query-error"));
        (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
    }

    async fn ask(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.send(operation, &input).await;
        assert_eq!(status, 200, "{input}: {answer}");
        answer
    }

    async fn refusal(&self, operation: &str, input: Value) -> (String, String) {
        let (status, answer) = self.send(operation, &input).await;
        assert_eq!(status, 400, "{input}: {answer}");
        let text = |name: &str| answer[name].as_str().expect("text").to_owned();
        (text("__type").rsplit('#').next().expect("a shape").to_owned(), text("message"))
    }
}

fn messages(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().expect("a list");
    events.iter().map(|event| event["message"].as_str().expect("text")).collect()
}

const TIL: &str = "/aws/lambda/til";
const TIL_ARN: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/til";

#[tokio::test]
async fn lines_are_found_by_what_they_say_and_when_they_came() {
    let world = World::new().await;
    for (input, expected) in [
        (
            json!({ "logGroupName": TIL, "filterPattern": "ERROR" }),
            vec![r#"{"level":"ERROR","took":7}"#, "ERROR again"],
        ),
        (json!({ "logGroupName": TIL, "filterPattern": "{ $.took > 5 }" }), vec![r#"{"level":"ERROR","took":7}"#]),
        (json!({ "logGroupIdentifier": TIL_ARN, "filterPattern": "?END ?fine" }), vec!["fine", "END"]),
        (
            json!({ "logGroupIdentifier": TIL, "startTime": MIDNIGHT_MS + 4, "endTime": MIDNIGHT_MS + DAY_MS }),
            vec!["fine", "ERROR again"],
        ),
        (json!({ "logGroupName": TIL, "logStreamNames": ["2026/11/23/[3]", "2026/11/22/[3]"] }), vec!["fine"]),
        (json!({ "logGroupName": TIL, "logStreamNamePrefix": "2026/11/24" }), vec!["ERROR again", "END"]),
        (json!({ "logGroupName": "/aws/lambda/gone" }), vec!["ERROR long ago"]),
        (json!({ "logGroupName": "/aws/lambda/silent" }), vec![]),
    ] {
        let answer = world.ask("FilterLogEvents", input.clone()).await;
        assert_eq!(messages(&answer), expected, "{input}");
        assert!(answer.get("nextToken").is_none() && answer["searchedLogStreams"] == json!([]));
    }
    let answer = world.ask("FilterLogEvents", json!({ "logGroupName": TIL, "limit": 1 })).await;
    let event = &answer["events"][0];
    assert_eq!(
        (&event["logStreamName"], &event["timestamp"]),
        (&json!("2026/11/23/[$LATEST]"), &json!(MIDNIGHT_MS + 1))
    );
    assert_eq!(event["eventId"].as_str().map(str::len), Some(39));
}

#[tokio::test]
async fn tokens_lead_through_all_pages() {
    let world = World::new().await;
    let (mut token, mut seen) = (Value::Null, Vec::new());
    loop {
        let answer = world.ask("FilterLogEvents", json!({ "logGroupName": TIL, "limit": 2, "nextToken": token })).await;
        seen.extend(messages(&answer).into_iter().map(str::to_owned));
        token = answer["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert_eq!((seen[0].as_str(), seen[4].as_str()), ("START RequestId: r-1", "END"));
}

#[tokio::test]
async fn a_stream_is_read_from_its_end_or_its_beginning_until_its_token_stays() {
    let world = World::new().await;
    let get = |more: Value| {
        let mut input = json!({ "logGroupName": TIL, "logStreamName": "2026/11/24/[3]0123abc", "limit": 1 });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        world.ask("GetLogEvents", input)
    };
    let last = get(json!({})).await;
    assert_eq!(messages(&last), ["END"]);
    let before = get(json!({ "nextToken": last["nextBackwardToken"] })).await;
    assert_eq!(messages(&before), ["ERROR again"]);
    let nothing = get(json!({ "nextToken": before["nextBackwardToken"] })).await;
    assert!(messages(&nothing).is_empty() && nothing["nextBackwardToken"] == before["nextBackwardToken"]);
    let end = get(json!({ "nextToken": last["nextForwardToken"] })).await;
    assert!(messages(&end).is_empty() && end["nextForwardToken"] == last["nextForwardToken"]);
    let first = get(json!({ "startFromHead": true })).await;
    assert_eq!(messages(&first), ["ERROR again"]);
    let second = get(json!({ "nextToken": first["nextForwardToken"] })).await;
    assert_eq!(messages(&second), ["END"]);
}

#[tokio::test]
async fn groups_are_functions_and_streams_their_versions_by_day() {
    let world = World::new().await;
    let groups = |input| world.ask("DescribeLogGroups", input);
    let names = |answer: &Value, of: &str, name: &str| -> Vec<String> {
        let all = answer[of].as_array().expect("a list").iter();
        all.map(|one| one[name].as_str().expect("a name").to_owned()).collect()
    };
    let all = groups(json!({})).await;
    assert_eq!(names(&all, "logGroups", "logGroupName"), ["/aws/lambda/gone", TIL]);
    assert_eq!(all["logGroups"][1]["arn"], format!("{TIL_ARN}:*"));
    assert_eq!(all["logGroups"][1]["creationTime"], MIDNIGHT_MS + 1);
    let first = groups(json!({ "limit": 1 })).await;
    let rest = groups(json!({ "nextToken": first["nextToken"] })).await;
    assert_eq!(names(&rest, "logGroups", "logGroupName"), [TIL]);
    for input in [json!({ "logGroupNamePrefix": "/aws/lambda/t" }), json!({ "logGroupNamePattern": "TIL" })] {
        assert_eq!(names(&groups(input).await, "logGroups", "logGroupName"), [TIL]);
    }
    let streams = |more: Value| {
        let mut input = json!({ "logGroupName": TIL });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        world.ask("DescribeLogStreams", input)
    };
    let all = ["2026/11/23/[$LATEST]", "2026/11/23/[3]", "2026/11/24/[3]"];
    assert_eq!(names(&streams(json!({})).await, "logStreams", "logStreamName"), all);
    let latest = streams(json!({ "orderBy": "LastEventTime", "descending": true, "limit": 1 })).await;
    assert_eq!(names(&latest, "logStreams", "logStreamName"), all[2..]);
    assert_eq!(latest["logStreams"][0]["lastEventTimestamp"], MIDNIGHT_MS + DAY_MS + 1);
    let rest = json!({ "orderBy": "LastEventTime", "descending": true, "nextToken": latest["nextToken"] });
    assert_eq!(names(&streams(rest).await, "logStreams", "logStreamName").len(), 2);
    let of_day = streams(json!({ "logStreamNamePrefix": "2026/11/24" })).await;
    assert_eq!(names(&of_day, "logStreams", "logStreamName"), all[2..]);
}

#[tokio::test]
async fn refusals_are_those_of_cloudwatch_logs() {
    let world = World::new().await;
    for (operation, input, shape, text) in [
        (
            "FilterLogEvents",
            json!({ "logGroupName": "/aws/lambda/none" }),
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
        ("FilterLogEvents", json!({ "logGroupName": "mine" }), "ResourceNotFoundException", "log group"),
        (
            "FilterLogEvents",
            json!({ "logGroupIdentifier": "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/til" }),
            "ResourceNotFoundException",
            "log group",
        ),
        ("FilterLogEvents", json!({}), "InvalidParameterException", "is required"),
        (
            "FilterLogEvents",
            json!({ "logGroupName": TIL, "logGroupIdentifier": TIL }),
            "InvalidParameterException",
            "mutually exclusive",
        ),
        (
            "FilterLogEvents",
            json!({ "logGroupName": TIL, "filterPattern": "{ $.a }" }),
            "InvalidParameterException",
            "Invalid filter pattern: the filter pattern is wrong at character 7",
        ),
        ("FilterLogEvents", json!({ "logGroupName": TIL, "nextToken": "x" }), "InvalidParameterException", "nextToken"),
        ("FilterLogEvents", json!({ "logGroupName": TIL, "limit": 0 }), "InvalidParameterException", "'limit'"),
        (
            "FilterLogEvents",
            json!({ "logGroupName": TIL, "startTime": -1 }),
            "InvalidParameterException",
            "'startTime'",
        ),
        ("GetLogEvents", json!({ "logGroupName": TIL }), "InvalidParameterException", "log stream name"),
        (
            "GetLogEvents",
            json!({ "logGroupName": TIL, "logStreamName": "2020/01/01/[3]" }),
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
        ("DescribeLogStreams", json!({ "logGroupName": "/aws/lambda/none" }), "ResourceNotFoundException", "log group"),
        (
            "DescribeLogStreams",
            json!({ "logGroupName": TIL, "orderBy": "Size" }),
            "InvalidParameterException",
            "[LogStreamName, LastEventTime]",
        ),
        ("DescribeLogGroups", json!({ "limit": 51 }), "InvalidParameterException", "'limit'"),
        ("PutLogEvents", json!({}), "UnknownOperationException", "PutLogEvents"),
    ] {
        let (told, message) = world.refusal(operation, input.clone()).await;
        assert_eq!(told, shape, "{operation} {input}: {message}");
        assert!(message.contains(text), "{operation} {input}: {message}");
    }
}

#[tokio::test]
async fn a_server_that_keeps_no_log_says_so() {
    let world = World(Server::with_logs(Arc::new(NoFunctions), None).await);
    let (shape, text) = world.refusal("FilterLogEvents", json!({ "logGroupName": TIL })).await;
    assert_eq!(shape, "InvalidOperationException");
    assert!(text.contains("--function-logs"), "{text}");
}
