//! Requests that start and stop executions: by HTTP APIs' subtypes, and by REST APIs' templates.

use std::{collections::BTreeMap, time::Duration};

use bongsu_gateway::{
    Access, Api, Apis, Integration, IntegrationResponse, RestIntegration, Route, Service, WorkflowAction,
};
use serde_json::{Value, json};

use crate::harness::http_api;
use crate::world::{World, aws, rest_api, texts};

fn route(action: WorkflowAction, parameters: &[(&str, &str)]) -> Route {
    let timeout = Duration::from_secs(30);
    let responses = BTreeMap::from([(200, texts(&[("append:header.x-kind", "$response.header.content-type")]))]);
    let integration = Integration::Workflow { action, parameters: texts(parameters), responses, timeout };
    Route { key: "POST /".parse().unwrap(), integration, webhook: None, access: Access::default() }
}

/// Why an API is not served.
fn refused(apis: Vec<Api>) -> String {
    Apis::new(apis, Vec::new()).err().unwrap().to_string()
}

#[tokio::test]
async fn a_request_starts_an_execution_with_what_it_maps() {
    let machine = "arn:aws:states:us-east-1:000000000042:stateMachine:orders";
    let parameters = [("StateMachineArn", machine), ("Input", "$request.body"), ("Name", "$request.header.x-name")];
    let world = World::new(vec![http_api("shop", vec![route(WorkflowAction::StartExecution, &parameters)])]);
    let answer = world.send("POST /", &[("x-name", "one")], r#"{"n": "1"}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("x-kind"), Some("application/json"));
    let request = world.services.take_one();
    assert_eq!((request.service, request.target.as_str()), (Service::States, "/"));
    assert_eq!(request.headers["x-amz-target"], "AWSStepFunctions.StartExecution");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.0");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({ "stateMachineArn": machine, "input": r#"{"n": "1"}"#, "name": "one" }));
    assert_eq!(world.send("POST /", &[], "{}").await.told(), r#"400 {"message":"Name is not there"}"#);
}

#[tokio::test]
async fn each_action_has_its_own_parameters() {
    for (action, parameters, target, members) in [
        (
            WorkflowAction::StartSyncExecution,
            vec![("StateMachineArn", "m"), ("TraceHeader", "Root=1"), ("Region", "us-east-1")],
            "StartSyncExecution",
            json!({ "stateMachineArn": "m", "traceHeader": "Root=1" }),
        ),
        (
            WorkflowAction::StopExecution,
            vec![("ExecutionArn", "$request.body.arn"), ("Error", "Enough"), ("Cause", "said so")],
            "StopExecution",
            json!({ "executionArn": "e", "error": "Enough", "cause": "said so" }),
        ),
    ] {
        let world = World::new(vec![http_api("shop", vec![route(action, &parameters)])]);
        assert_eq!(world.send("POST /", &[], r#"{"arn":"e"}"#).await.status, 200);
        let request = world.services.take_one();
        assert_eq!(request.headers["x-amz-target"], format!("AWSStepFunctions.{target}"));
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), members);
    }
    for (action, parameters, reason) in [
        (WorkflowAction::StartExecution, vec![("Input", "{}")], "the request parameter StateMachineArn is missing"),
        (
            WorkflowAction::StopExecution,
            vec![("ExecutionArn", "e"), ("Input", "{}")],
            "there is no request parameter Input, only ExecutionArn, Cause, Error, Region",
        ),
    ] {
        let told = refused(vec![http_api("shop", vec![route(action, &parameters)])]);
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn a_rest_api_asks_for_an_action_with_what_its_template_makes() {
    let rest = |query: bool| RestIntegration {
        parameters: texts(if query { &[("integration.request.querystring.x", "'y'")] } else { &[] }),
        templates: texts(&[(
            "application/json",
            r#"{"input": "$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")", "stateMachineArn": "m"}"#,
        )]),
        responses: vec![IntegrationResponse { status: 200, ..IntegrationResponse::default() }],
        ..RestIntegration::default()
    };
    let start = |query| aws("POST /start", Service::States, "/?Action=StartExecution", rest(query));
    let world = World::new(vec![rest_api("api", vec![start(false)])]);
    let answer = world.send("POST /prod/start", &[], r#"{"name":"it's \"7\""}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let request = world.services.take_one();
    assert_eq!(request.target, "/");
    assert_eq!(request.headers["x-amz-target"], "AWSStepFunctions.StartExecution");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({ "stateMachineArn": "m", "input": r#"{"name":"it's \"7\""}"# }));
    let reason = refused(vec![rest_api("api", vec![start(true)])]);
    assert!(reason.contains("there is no request parameter integration.request.querystring.x"), "{reason}");
    let reason = refused(vec![rest_api("api", vec![aws("POST /", Service::States, "/path", rest(false))])]);
    assert!(reason.contains("`/path` names no action of workflows"), "{reason}");
}
