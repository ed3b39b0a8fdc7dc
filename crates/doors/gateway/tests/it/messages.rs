//! Requests to HTTP APIs that become messages and notifications by parameter mapping.

use std::time::Duration;

use bongsu_gateway::{Access, Integration, MESSAGE_BYTES_MAX, NewMessage, Route, Service, Webhook};

use crate::{
    harness::{http_api, selector, slack, slack_headers, unsigned},
    world::{World, into_queue, texts},
};

#[tokio::test]
async fn every_parameter_of_a_message_can_be_mapped() {
    let attributes = r#"{"from":{"DataType":"String","StringValue":"${request.header.x-from}"}}"#;
    let system = r#"{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1-0-0"}}"#;
    let parameters = [
        ("QueueUrl", "http://localhost:4566/000000000042/orders.fifo"),
        ("Region", "us-east-1"),
        ("MessageBody", "$request.body.order"),
        ("MessageGroupId", "${request.path.shop}-${request.querystring.lane}"),
        ("MessageDeduplicationId", "$request.header.x-id"),
        ("MessageAttributes", attributes),
        ("MessageSystemAttributes", system),
    ];
    let delayed = [("MessageBody", "$request.body"), ("DelaySeconds", "$request.querystring.delay")];
    let routes = vec![into_queue("POST /{shop}", "orders.fifo", &parameters), into_queue("POST /", "plain", &delayed)];
    let world = World::new(vec![http_api("shop", routes)]);
    let headers = [("x-id", "id-1"), ("x-from", "me")];
    let answer = world.send("POST /s7?lane=2", &headers, r#"{"order": {"n": 1}, "rest": 2}"#).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let sent = NewMessage {
        body: r#"{"n": 1}"#.into(),
        group: Some("s7-2".into()),
        deduplication_id: Some("id-1".into()),
        attributes: Some(r#"{"from":{"DataType":"String","StringValue":"me"}}"#.into()),
        system_attributes: Some(system.into()),
        ..NewMessage::default()
    };
    assert_eq!(world.queues.take_one(), sent);

    assert_eq!(world.send("POST /?delay=900", &[], "x").await.status, 200);
    let sent = NewMessage { body: "x".into(), delay_seconds: Some(900), ..NewMessage::default() };
    assert_eq!(world.queues.take_one(), sent);

    for (line, headers, body, reason) in [
        ("POST /s7?lane=2", &headers[..], "{}", "The message's body is not there"),
        ("POST /s7?lane=2", &headers[..], "no json", "The message's body is not there"),
        ("POST /s7?lane=2", &headers[1..], r#"{"order":"x"}"#, "MessageDeduplicationId is not there"),
        (
            "POST /s7?lane=%20",
            &headers[..],
            r#"{"order":"x"}"#,
            "MessageGroupId is 1 to 128 letters, digits and punctuation characters",
        ),
        ("POST /s7?lane=2", &headers[..], r#"{"order":"\u0000"}"#, "The body has characters that SQS does not take"),
        ("POST /", &[], "x", "DelaySeconds is not there"),
        ("POST /?delay=901", &[], "x", "DelaySeconds is a number of at most 900"),
        ("POST /?delay=soon", &[], "x", "DelaySeconds is a number of at most 900"),
        ("POST /?delay=1", &[], "", "The body is empty"),
    ] {
        let answer = world.send(line, headers, body).await;
        assert_eq!(answer.told(), format!(r#"400 {{"message":"{reason}"}}"#), "{line} {body}");
    }
    assert_eq!(world.queues.take(), []);
}

#[tokio::test]
async fn a_mapped_body_is_as_long_as_a_message_and_no_longer() {
    let parameters = [("MessageBody", "$request.body.a")];
    let world = World::new(vec![http_api("shop", vec![into_queue("POST /", "q", &parameters)])]);
    let body = |bytes: usize| format!(r#"{{"a":"{}","b":"{}"}}"#, "a".repeat(bytes), "b".repeat(MESSAGE_BYTES_MAX));
    assert_eq!(world.send("POST /", &[], body(MESSAGE_BYTES_MAX)).await.status, 200);
    let answer = world.send("POST /", &[], body(MESSAGE_BYTES_MAX + 1)).await;
    assert_eq!(answer.told(), r#"413 {"message":"Request Too Long"}"#);
}

#[tokio::test]
async fn the_ids_that_a_webhooks_route_names_come_before_those_that_its_provider_knows() {
    let named = [
        ("MessageBody", "$request.body.event"),
        ("MessageGroupId", "$request.body.event.thread"),
        ("MessageDeduplicationId", "$request.body.event.id"),
    ];
    let with = |key: &str, webhook: Webhook, parameters: &[(&str, &str)]| Route {
        webhook: Some(webhook),
        ..into_queue(key, "q.fifo", parameters)
    };
    let selected = Webhook { group: selector("$.team"), deduplication: selector("$.event.channel"), ..slack() };
    let routes = vec![
        with("POST /named", slack(), &named),
        with("POST /selected", selected, &named),
        with("POST /known", slack(), &named[..1]),
        with("POST /unsigned", unsigned(), &named),
    ];
    let world = World::new(vec![http_api("til", routes)]);
    let send = async |path: &str, body: &'static str| {
        let headers = slack_headers(body.as_bytes());
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = world.send(&format!("POST {path}"), &headers, body).await;
        let Some((_, sent)) = world.queues.take().pop() else { return answer.told() };
        assert!(sent.redelivery_window >= Some(Duration::from_secs(300)) && sent.body.starts_with(b"{\"channel\""));
        format!("{} / {}", sent.group.unwrap(), sent.deduplication_id.unwrap())
    };
    let whole =
        r#"{"type":"event_callback","event_id":"Ev1","event":{"channel":"C1","thread":"T1","id":"I1"},"team":"W1"}"#;
    let bare = r#"{"type":"event_callback","event_id":"Ev2","event":{"channel":"C2"}}"#;
    for (path, of_whole, of_bare) in [
        ("/named", "T1 / I1", "C2 / Ev2"),
        ("/selected", "W1 / C1", "C2 / C2"),
        ("/known", "C1 / Ev1", "C2 / Ev2"),
        ("/unsigned", "T1 / I1", r#"400 {"message":"MessageGroupId is not there"}"#),
    ] {
        assert_eq!((send(path, whole).await.as_str(), send(path, bare).await.as_str()), (of_whole, of_bare), "{path}");
    }
}

#[tokio::test]
async fn the_answer_can_be_changed_but_for_its_body() {
    let mut route = into_queue("POST /", "q", &[("MessageBody", "$request.body")]);
    if let Integration::SendMessage { responses, .. } = &mut route.integration {
        let changes = texts(&[
            ("overwrite:statuscode", "202"),
            ("append:header.x-kind", "$response.header.content-type"),
            ("overwrite:header.x-request", "${context.httpMethod} ${request.path}"),
            ("overwrite:header.x-none", "$response.header.missing"),
            ("remove:header.content-type", ""),
        ]);
        responses.insert(200, changes);
    }
    let world = World::new(vec![http_api("shop", vec![route])]);
    let answer = world.send("POST /", &[], "x").await;
    assert!(answer.told().starts_with(r#"202 {"SendMessageResponse":"#), "{answer:?}");
    assert_eq!(answer.header("x-kind"), Some("application/json"));
    assert_eq!(answer.header("x-request"), Some("POST /"));
    assert_eq!((answer.header("x-none"), answer.header("content-type")), (None, None));
}

#[tokio::test]
async fn a_request_becomes_a_notification() {
    let arn = "arn:aws:sns:us-east-1:000000000042:orders.fifo";
    let attributes = r#"{"b":{"DataType":"Binary","BinaryValue":"eA=="},"a":{"DataType":"Number","StringValue":"1"}}"#;
    let parameters = texts(&[
        ("Message", "$request.body"),
        ("Subject", "$request.header.x-subject"),
        ("MessageGroupId", "$request.querystring.group"),
        ("MessageAttributes", attributes),
    ]);
    let integration = Integration::Publish { topic_arn: arn.into(), parameters };
    let route = Route { key: "POST /".parse().unwrap(), integration, webhook: None, access: Access::default() };
    let world = World::new(vec![http_api("shop", vec![route])]);
    let answer = world.send("POST /?group=g", &[("x-subject", "a & b")], "hello=1").await;
    assert_eq!(answer.status, 200);
    let request = world.services.take_one();
    assert_eq!((request.service, request.target.as_str()), (Service::Sns, "/"));
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        request.body,
        "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000042%3Aorders.fifo&Message=hello%3D1\
         &MessageGroupId=g&Subject=a+%26+b\
         &MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType=Number\
         &MessageAttributes.entry.1.Value.StringValue=1\
         &MessageAttributes.entry.2.Name=b&MessageAttributes.entry.2.Value.DataType=Binary\
         &MessageAttributes.entry.2.Value.BinaryValue=eA%3D%3D"
    );
    assert_eq!(world.send("POST /?group=g", &[], "x").await.told(), r#"400 {"message":"Subject is not there"}"#);
}
