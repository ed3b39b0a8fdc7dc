//! REST APIs that ask a service themselves, and those that ask nobody.

use bongsu_gateway::{
    Access, Integration, IntegrationResponse, Passthrough, RestIntegration, Route, SERVICE_REQUEST_BYTES_MAX, Service,
};

use crate::world::{SENT, World, aws, response, rest_api, texts};

/// What a queue's documentation shows: a form by template, and a fixed answer.
fn query_protocol(template: &str) -> RestIntegration {
    RestIntegration {
        parameters: texts(&[("integration.request.header.Content-Type", "'application/x-www-form-urlencoded'")]),
        templates: texts(&[("application/json", template)]),
        passthrough: Passthrough::Never,
        responses: vec![IntegrationResponse { status: 200, ..IntegrationResponse::default() }],
    }
}

const QUEUE: &str = "/000000000042/orders";

#[tokio::test]
async fn a_template_makes_the_form_that_a_queue_takes() {
    let template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)\
                    &MessageAttribute.1.Name=user-agent&MessageAttribute.1.Value.DataType=String\
                    &MessageAttribute.1.Value.StringValue=$input.params('HeaderFoo')";
    let world = World::new(vec![rest_api("api", vec![aws("POST /in", Service::Sqs, QUEUE, query_protocol(template))])]);
    let headers = [("content-type", "application/json; charset=utf-8"), ("headerfoo", "foo")];
    let answer = world.send("POST /prod/in", &headers, r#"{"a":"b&c+d"}"#).await;
    assert_eq!(answer.told(), format!("200 {SENT}"), "without a template the service's own answer is told");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let request = world.services.take_one();
    assert_eq!((request.service, request.target.as_str()), (Service::Sqs, QUEUE));
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.headers["accept"], "application/json");
    assert_eq!(
        request.body,
        "Action=SendMessage&MessageBody=%7B%22a%22%3A%22b%26c%2Bd%22%7D&MessageAttribute.1.Name=user-agent\
         &MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=foo"
    );
    // No body is the body of an empty object, and a request that names no type is JSON.
    assert_eq!(world.send("POST /prod/in", &[], "").await.status, 200);
    assert!(world.services.take_one().body.starts_with(b"Action=SendMessage&MessageBody=%7B%7D&"));
    let answer = world.send("POST /prod/in", &[("content-type", "text/xml")], "<a/>").await;
    assert_eq!(answer.told(), r#"415 {"message":"Unsupported Media Type"}"#);
}

#[tokio::test]
async fn a_template_makes_no_request_that_is_too_large_for_its_service() {
    let template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)";
    let world = World::new(vec![rest_api("api", vec![aws("POST /in", Service::Sqs, QUEUE, query_protocol(template))])]);
    let thrice_as_long = "=".repeat(SERVICE_REQUEST_BYTES_MAX / 3);
    let answer = world.send("POST /prod/in", &[], thrice_as_long).await;
    assert_eq!(answer.told(), r#"413 {"message":"Request Too Long"}"#);
}

#[tokio::test]
async fn a_template_makes_the_json_that_a_queue_takes() {
    let rest = RestIntegration {
        parameters: texts(&[
            ("integration.request.header.Content-Type", "'application/x-amz-json-1.0'"),
            ("integration.request.header.X-Amz-Target", "'AmazonSQS.SendMessage'"),
            ("integration.request.header.Accept", "method.request.header.Accept"),
            ("integration.request.querystring.from", "stageVariables.color"),
        ]),
        templates: texts(&[(
            "application/json",
            r#"{"QueueUrl":"$stageVariables.color","MessageBody":"$util.escapeJavaScript($input.json('$.order'))"}"#,
        )]),
        responses: vec![response(
            202,
            "",
            r#"{"id":"$input.path('$.SendMessageResponse.SendMessageResult.MessageId')"}"#,
        )],
        ..RestIntegration::default()
    };
    let world = World::new(vec![rest_api("api", vec![aws("POST /", Service::Sqs, "/?x=1", rest)])]);
    let answer = world.send("POST /prod/", &[("accept", "*/*")], r#"{"order": {"n": "\"1\""}}"#).await;
    assert_eq!(answer.told(), r#"202 {"id":"m-1"}"#);
    let request = world.services.take_one();
    assert_eq!(request.target, "/?x=1&from=green");
    assert_eq!(request.headers["x-amz-target"], "AmazonSQS.SendMessage");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.0");
    assert_eq!(request.headers["accept"], "*/*");
    let body = r#"{"QueueUrl":"green","MessageBody":"{\"n\": \"\\\"1\\\"\"}"}"#;
    assert_eq!(request.body, body);
    // What JSON would not take as a header is left out.
    assert_eq!(world.send("POST /prod/", &[], "{}").await.status, 202);
    assert_eq!(world.services.take_one().headers["accept"], "application/json");
}

#[tokio::test]
async fn the_answers_status_is_chosen_by_a_pattern_of_the_services() {
    let rest = RestIntegration {
        responses: vec![
            response(200, "", r#"{"message":"ok"}"#),
            response(400, "4\\d{2}", r#"{"message":"no"}"#),
            IntegrationResponse {
                parameters: texts(&[
                    ("method.response.header.X-Service", "integration.response.header.x-amzn-requestid"),
                    ("method.response.header.X-Fixed", "'yes'"),
                ]),
                ..response(502, "50(0|3)", "$input.body")
            },
        ],
        ..RestIntegration::default()
    };
    let routes = ["200", "204", "404", "503"]
        .map(|status| aws(&format!("GET /{status}"), Service::Sns, &format!("/status/{status}"), rest.clone()));
    let without_default = RestIntegration { responses: rest.responses[1..].to_vec(), ..rest.clone() };
    let mut routes = routes.to_vec();
    routes.push(aws("GET /none", Service::Sns, "/status/200", without_default));
    let world = World::new(vec![rest_api("api", routes)]);
    for (path, expected) in [
        ("200", r#"200 {"message":"ok"}"#),
        ("204", r#"200 {"message":"ok"}"#),
        ("404", r#"400 {"message":"no"}"#),
        ("none", r#"500 {"message":"Internal server error"}"#),
    ] {
        assert_eq!(world.send(&format!("GET /prod/{path}"), &[], "").await.told(), expected);
    }
    let answer = world.send("GET /prod/503", &[], "").await;
    assert_eq!(answer.told(), format!("502 {SENT}"));
    assert_eq!((answer.header("x-service"), answer.header("x-fixed")), (Some("r-1"), Some("yes")));
}

#[tokio::test]
async fn a_body_without_a_template_passes_as_its_integration_says() {
    let with = |passthrough, template: bool| {
        let templates = texts(if template { &[("application/json", "{}")] } else { &[] });
        RestIntegration { passthrough, templates, ..query_protocol("") }
    };
    let settings = [
        (Passthrough::WhenNoMatch, true, 200),
        (Passthrough::WhenNoTemplates, true, 415),
        (Passthrough::WhenNoTemplates, false, 200),
        (Passthrough::Never, false, 415),
    ];
    let route = |(at, (passthrough, template, _)): (usize, &(Passthrough, bool, u16))| {
        aws(&format!("POST /{at}"), Service::Sqs, QUEUE, with(*passthrough, *template))
    };
    let world = World::new(vec![rest_api("api", settings.iter().enumerate().map(route).collect())]);
    for (at, (.., status)) in settings.iter().enumerate() {
        let answer = world.send(&format!("POST /prod/{at}"), &[("content-type", "text/plain")], "raw").await;
        assert_eq!(answer.status, *status, "{at}");
        if answer.status == 200 {
            assert_eq!(world.services.take_one().body, "raw");
        }
    }
}

#[tokio::test]
async fn a_mock_answers_by_its_templates_alone() {
    let mock = |template: &str| {
        let rest = RestIntegration {
            templates: texts(&[("application/json", template)]),
            responses: vec![response(200, "2..", r#"{"you":"$context.identity.sourceIp"}"#), response(418, "", "no")],
            ..RestIntegration::default()
        };
        Integration::Mock(rest)
    };
    let route = |key: &str, template: &str| Route {
        key: key.parse().unwrap(),
        integration: mock(template),
        webhook: None,
        access: Access::default(),
    };
    let routes = vec![
        route("GET /ok", r#"{"statusCode": 200}"#),
        route("GET /other", r#"{"statusCode": $input.params('code')}"#),
        route("GET /wrong", "{}"),
    ];
    let world = World::new(vec![rest_api("api", routes)]);
    assert_eq!(world.send("GET /prod/ok", &[], "").await.told(), r#"200 {"you":"192.0.2.7"}"#);
    assert_eq!(world.send("GET /prod/other?code=301", &[], "").await.told(), "418 no");
    assert_eq!(world.send("GET /prod/other", &[], "").await.status, 500);
    assert_eq!(world.send("GET /prod/wrong", &[], "").await.told(), r#"500 {"message":"Internal server error"}"#);
}

#[tokio::test]
async fn a_route_that_a_rest_api_does_not_have_is_403() {
    let world = World::new(vec![rest_api("api", vec![aws("POST /in", Service::Sqs, QUEUE, query_protocol(""))])]);
    for line in ["GET /prod/in", "POST /prod/out", "POST /prod", "POST /in", "POST /_api/api/in"] {
        let answer = world.send(line, &[], "").await;
        assert_eq!(answer.told(), r#"403 {"message":"Missing Authentication Token"}"#, "{line}");
    }
}
