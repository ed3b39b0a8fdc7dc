//! Subscriptions: making, confirming, changing, telling, listing and ending them.

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{Answer, NOW, REGION, Server, form_request, sign, sns_request};

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const SERVER: &str = "https://localhost:9/hook";
const OWNER: Signer<'static> = Signer { access_key_id: "ALICE", secret: "a", region: REGION, service: "sns" };

async fn told(server: &Server, subscription: &str) -> Vec<(String, String)> {
    server.attributes("GetSubscriptionAttributes", json!({ "SubscriptionArn": subscription })).await
}

fn value<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

async fn set(server: &Server, subscription: &str, name: &str, value: &str) {
    let input = json!({ "SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value });
    server.sns("SetSubscriptionAttributes", input).await.is_told("SetSubscriptionAttributes", "");
}

async fn topic_counts(server: &Server, topic: &str) -> [String; 3] {
    let attributes = server.attributes("GetTopicAttributes", json!({ "TopicArn": topic })).await;
    ["SubscriptionsConfirmed", "SubscriptionsPending", "SubscriptionsDeleted"]
        .map(|name| value(&attributes, name).expect("a count").to_owned())
}

/// By a link in a message: without a signature.
async fn follow(server: &Server, query: &str) -> Answer {
    server
        .send(Request::get(format!("/?{query}")).header("host", "127.0.0.1:4566").body("").expect("a good request"))
        .await
}

#[tokio::test]
async fn a_queue_is_subscribed_at_once_and_told_in_awss_order() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let input = json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE });
    let made = server.told("Subscribe", input.clone()).await;
    let arn = made.element("SubscriptionArn").to_owned();
    assert!(arn.starts_with(&format!("{topic}:")) && arn.len() == topic.len() + 37, "{arn}");
    assert_eq!(server.told("Subscribe", input).await.element("SubscriptionArn"), arn);
    let expected = [
        ("SubscriptionPrincipal", "arn:aws:iam::000000000000:root"),
        ("Owner", "000000000000"),
        ("RawMessageDelivery", "false"),
        ("TopicArn", &topic),
        ("Endpoint", QUEUE),
        ("Protocol", "sqs"),
        ("PendingConfirmation", "false"),
        ("ConfirmationWasAuthenticated", "true"),
        ("SubscriptionArn", &arn),
    ];
    let expected: Vec<_> = expected.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
    assert_eq!(told(&server, &arn).await, expected);
    assert_eq!(topic_counts(&server, &topic).await, ["1", "0", "0"]);
    let ended = server.sns("Unsubscribe", json!({ "SubscriptionArn": arn })).await;
    // Nobody signed this.
    let text = "The subscription was confirmed with authentication: ending it needs credentials";
    ended.is_sns_error("AuthorizationError", text);
    let signer = Signer { access_key_id: "test", secret: "x", ..OWNER };
    let unsubscribe = || sign(signer, sns_request("Unsubscribe", &json!({ "SubscriptionArn": arn })), NOW);
    for _ in 0..2 {
        server.send(unsubscribe()).await.is_told("Unsubscribe", "");
    }
    assert_eq!(topic_counts(&server, &topic).await, ["0", "0", "1"]);
    let gone = json!({ "SubscriptionArn": arn });
    server.sns_refuses("GetSubscriptionAttributes", gone, "NotFound", "Subscription does not exist").await;
}

#[tokio::test]
async fn a_web_server_is_asked_and_says_yes_by_a_link() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let input = json!({ "TopicArn": topic, "Protocol": "https", "Endpoint": SERVER });
    let made = server.sns("Subscribe", input.clone()).await;
    let pending = "<SubscribeResult><SubscriptionArn>pending confirmation</SubscriptionArn></SubscribeResult>";
    made.is_told("Subscribe", pending);
    let token = server.question().await;
    assert_eq!(topic_counts(&server, &topic).await, ["0", "1", "0"]);
    let arn = server.subscribe(&topic, "https", SERVER, json!({})).await;
    assert_eq!(server.question().await, token, "asked again with the same token");
    let listed = server.told("ListSubscriptions", json!({})).await;
    assert_eq!(listed.element("SubscriptionArn"), "PendingConfirmation");
    let text = "Invalid parameter: SubscriptionArn Reason: the subscription is pending confirmation";
    server.sns_refuses("Unsubscribe", json!({ "SubscriptionArn": arn }), "InvalidParameter", text).await;

    let query = format!("Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
    for _ in 0..2 {
        let result = format!("<SubscriptionArn>{arn}</SubscriptionArn>");
        let confirmed = follow(&server, &query).await;
        let result = format!("<ConfirmSubscriptionResult>{result}</ConfirmSubscriptionResult>");
        confirmed.is_told("ConfirmSubscription", &result);
    }
    // The token says it all.
    let elsewhere = query.replace(":t&", ":wrong&");
    assert_eq!(follow(&server, &elsewhere).await.element("SubscriptionArn"), arn);
    let attributes = told(&server, &arn).await;
    assert_eq!(value(&attributes, "PendingConfirmation"), Some("false"));
    assert_eq!(value(&attributes, "ConfirmationWasAuthenticated"), Some("false"));

    // By another link it ends, and by the one in the message about that it comes back.
    follow(&server, &format!("Action=Unsubscribe&SubscriptionArn={arn}")).await.is_told("Unsubscribe", "");
    let gone = json!({ "SubscriptionArn": arn });
    server.sns_refuses("GetSubscriptionAttributes", gone, "NotFound", "Subscription does not exist").await;
    let token = server.question().await;
    let restored = follow(&server, &format!("Action=ConfirmSubscription&TopicArn={topic}&Token={token}")).await;
    assert_eq!(restored.element("SubscriptionArn"), arn);
    assert_eq!(topic_counts(&server, &topic).await, ["1", "0", "0"]);
}

#[tokio::test]
async fn a_confirmation_that_proves_nothing_is_refused() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let missing = topic.replace(":t", ":none");
    for (arn, token, text) in [
        (topic.as_str(), "randomtoken", "Invalid token"),
        (&topic, "abc123", "Invalid parameter: Token"),
        (&missing, &"ab".repeat(32), "Invalid parameter: Token"),
        (&missing, &"ab".repeat(144), "Invalid parameter: Token"),
        ("arn:aws:sns:eu-west-1:000000000000:t", "abc123", "Invalid parameter: Topic"),
        ("t", "abc123", "Invalid parameter: Topic"),
    ] {
        let input = json!({ "TopicArn": arn, "Token": token });
        server.sns_refuses("ConfirmSubscription", input, "InvalidParameter", text).await;
    }
    for (input, member) in [(json!({ "Token": "ab" }), "topicArn"), (json!({ "TopicArn": topic }), "token")] {
        let text = format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        );
        server.sns_refuses("ConfirmSubscription", input, "ValidationError", &text).await;
    }
}

async fn with_credentials() -> Server {
    let mut credentials = Credentials::new();
    let Signer { access_key_id: id, secret, .. } = OWNER;
    let (account, principal) = ("000000000000", Principal::User("alice"));
    assert!(credentials.add(AccessKey { id, secret, session_token: None, account, principal }));
    Server::with(Verifier::new(credentials, REGION)).await
}

async fn signed(server: &Server, operation: &str, input: &Value) -> Answer {
    let answer = server.send(sign(OWNER, sns_request(operation, input), NOW)).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
    answer
}

#[tokio::test]
async fn only_what_links_need_is_taken_without_a_signature() {
    let server = with_credentials().await;
    let topic = signed(&server, "CreateTopic", &json!({ "Name": "t" })).await.element("TopicArn").to_owned();
    let subscribe =
        json!({ "TopicArn": topic, "Protocol": "https", "Endpoint": SERVER, "ReturnSubscriptionArn": true });
    let arn = signed(&server, "Subscribe", &subscribe).await.element("SubscriptionArn").to_owned();
    let token = server.question().await;
    let missing = "Request is missing Authentication Token";
    for operation in ["CreateTopic", "ListTopics", "Subscribe", "Publish", "GetSubscriptionAttributes"] {
        server.sns_refuses(operation, json!({}), "MissingAuthenticationToken", missing).await;
    }
    // Nobody signed, so nobody's word counts that only signers may end it.
    let query = format!("Action=ConfirmSubscription&TopicArn={topic}&Token={token}&AuthenticateOnUnsubscribe=true");
    assert_eq!(follow(&server, &query).await.element("SubscriptionArn"), arn);
    follow(&server, &format!("Action=Unsubscribe&SubscriptionArn={arn}")).await.is_told("Unsubscribe", "");
    let token = server.question().await;
    let confirm = json!({ "TopicArn": topic, "Token": token, "AuthenticateOnUnsubscribe": "true" });
    signed(&server, "ConfirmSubscription", &confirm).await;
    let text = "The subscription was confirmed with authentication: ending it needs credentials";
    let refused = follow(&server, &format!("Action=Unsubscribe&SubscriptionArn={arn}")).await;
    refused.is_sns_error("AuthorizationError", text);
    signed(&server, "Unsubscribe", &json!({ "SubscriptionArn": arn })).await.is_told("Unsubscribe", "");
    // A signature that is there has to be good.
    let mallory = Signer { secret: "m", ..OWNER };
    let request = sign(mallory, sns_request("Unsubscribe", &json!({ "SubscriptionArn": arn })), NOW);
    let refused = server.send(request).await;
    assert!(refused.status == 403 && refused.body.contains("SignatureDoesNotMatch"), "{}", refused.body);
}

#[tokio::test]
async fn without_credentials_only_what_links_need_is_anonymous() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let arn = server.subscribe(&topic, "sqs", QUEUE, json!({})).await;
    let refused = follow(&server, &format!("Action=Unsubscribe&SubscriptionArn={arn}")).await;
    assert!(refused.body.contains("AuthorizationError"), "{}", refused.body);
    let url = "X-Amz-Credential=test%2F20260102%2Fus-east-1%2Fsns%2Faws4_request";
    follow(&server, &format!("Action=Unsubscribe&SubscriptionArn={arn}&{url}")).await.is_told("Unsubscribe", "");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_confirm() {
    let server = Server::start().await;
    let mut request = form_request("/", "Action=ConfirmSubscription&TopicArn=t&Token=ab");
    request.headers_mut().insert("origin", "https://example.com".parse().unwrap());
    let refused = server.send(request).await;
    assert!(refused.status == 403 && refused.body.contains("AccessDenied"), "{}", refused.body);
}

#[tokio::test]
async fn endpoints_and_protocols_are_refused() {
    let server = Server::start().await;
    let (topic, fifo) =
        (server.topic("t", json!({})).await, server.topic("t.fifo", json!({ "FifoTopic": "true" })).await);
    for (topic, protocol, endpoint, text) in [
        (&topic, "ftp", "x", "Invalid parameter: Amazon SNS does not support this protocol string: ftp"),
        (&topic, "http", SERVER, "Invalid parameter: Endpoint must match the specified protocol"),
        (&topic, "sqs", "q", "Invalid parameter: SQS endpoint ARN"),
        (&topic, "lambda", "f", "Invalid parameter: Lambda endpoint ARN"),
        (&topic, "firehose", "f", "Invalid parameter: Firehose endpoint ARN"),
        (&topic, "application", "f", "Invalid parameter: Application endpoint arn invalid"),
        (&topic, "email", "f", "Invalid parameter: Email address"),
        (&topic, "sms", "f", "Invalid SMS endpoint: f"),
        (
            &topic,
            "sqs",
            "arn:aws:sqs:us-east-1:000000000000:q.fifo",
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS \
             topics",
        ),
        (&fifo, "https", SERVER, "Invalid parameter: Invalid protocol type: https"),
    ] {
        let input = json!({ "TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint });
        server.sns_refuses("Subscribe", input, "InvalidParameter", text).await;
    }
    let missing = json!({ "TopicArn": topic.replace(":t", ":none"), "Protocol": "sqs", "Endpoint": QUEUE });
    server.sns_refuses("Subscribe", missing, "NotFound", "Topic does not exist").await;
    let text = "1 validation error detected: Value null at 'protocol' failed to satisfy constraint: Member must not be \
                null";
    server.sns_refuses("Subscribe", json!({ "TopicArn": topic }), "ValidationError", text).await;
    server.subscribe(&fifo, "sqs", "arn:aws:sqs:us-east-1:000000000000:q.fifo", json!({})).await;
    server.subscribe(&fifo, "sqs", QUEUE, json!({})).await;
}

#[tokio::test]
async fn attributes_are_refused_with_the_prefix_of_the_operation() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let arn = server.subscribe(&topic, "sqs", QUEUE, json!({})).await;
    for (name, value, text) in [
        ("RawMessageDelivery", "x", "RawMessageDelivery: Invalid value [x]. Must be true or false."),
        (
            "FilterPolicyScope",
            "X",
            "FilterPolicyScope: Invalid value [X]. Please use either MessageBody or MessageAttributes",
        ),
        ("RedrivePolicy", r#"{"deadLetterTargetArn":"x"}"#, "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        (
            "FilterPolicy",
            r#"{"a":{"b":["c"]}}"#,
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            "FilterPolicy",
            r#"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#,
            "FilterPolicy: Filter policy can not have more than 5 keys",
        ),
    ] {
        let set = json!({ "SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value });
        let refusal = format!("Invalid parameter: {text}");
        server.sns_refuses("SetSubscriptionAttributes", set, "InvalidParameter", &refusal).await;
        let attributes = json!({ name: value });
        let input = json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": attributes });
        let refusal = format!("Invalid parameter: Attributes Reason: {text}");
        server.sns_refuses("Subscribe", input, "InvalidParameter", &refusal).await;
    }
    let bad = json!({ "SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": r#"{"a":[]}"# });
    let refused = server.sns("SetSubscriptionAttributes", bad).await;
    let text = "Invalid parameter: FilterPolicy: Empty arrays are not allowed\n at [Source: ";
    assert!(refused.element("Message").starts_with(text), "{}", refused.body);
    for unknown in ["Nothing", "Protocol", "Endpoint"] {
        let set = json!({ "SubscriptionArn": arn, "AttributeName": unknown, "AttributeValue": "x" });
        let text = "Invalid parameter: AttributeName";
        server.sns_refuses("SetSubscriptionAttributes", set, "InvalidParameter", text).await;
    }
    let function = "arn:aws:lambda:us-east-1:000000000000:function:f";
    let raw = json!({ "RawMessageDelivery": "true" });
    let input = json!({ "TopicArn": topic, "Protocol": "lambda", "Endpoint": function, "Attributes": raw });
    let text =
        "Invalid parameter: Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.";
    server.sns_refuses("Subscribe", input, "InvalidParameter", text).await;
}

#[tokio::test]
async fn an_endpoint_is_found_only_with_what_it_was_subscribed_with() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let filter = json!({ "FilterPolicy": r#"{"a":["b"]}"# });
    let arn = server.subscribe(&topic, "sqs", QUEUE, filter.clone()).await;
    for same in [json!({}), filter, json!({ "FilterPolicy": r#"{"a": ["b"]}"#, "RawMessageDelivery": "false" })] {
        assert_eq!(server.subscribe(&topic, "sqs", QUEUE, same).await, arn);
    }
    let input = json!({
        "TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": { "RawMessageDelivery": "true" },
    });
    let text = "Invalid parameter: Attributes Reason: Subscription already exists with different attributes";
    server.sns_refuses("Subscribe", input, "InvalidParameter", text).await;
}

#[tokio::test]
async fn what_is_set_is_told_and_what_is_unset_vanishes() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let arn = server.subscribe(&topic, "https", SERVER, json!({})).await;
    let request = r#"{"requestPolicy":{"headerContentType":"text/csv"}}"#;
    let redrive = format!(r#"{{"deadLetterTargetArn":"{QUEUE}"}}"#);
    for (name, value) in [
        ("RawMessageDelivery", "True"),
        ("FilterPolicyScope", "MessageBody"),
        ("FilterPolicy", r#"{"a":{"b":["c"]}}"#),
        ("DeliveryPolicy", request),
        ("RedrivePolicy", &redrive),
    ] {
        set(&server, &arn, name, value).await;
    }
    let attributes = told(&server, &arn).await;
    let names: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "SubscriptionPrincipal",
        "Owner",
        "RawMessageDelivery",
        "FilterPolicy",
        "TopicArn",
        "Endpoint",
        "EffectiveDeliveryPolicy",
        "DeliveryPolicy",
        "FilterPolicyScope",
        "Protocol",
        "PendingConfirmation",
        "ConfirmationWasAuthenticated",
        "SubscriptionArn",
        "RedrivePolicy",
    ];
    assert_eq!(names, expected);
    let kept = r#"{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/csv"},"guaranteed":false}"#;
    assert_eq!(value(&attributes, "DeliveryPolicy"), Some(kept));
    let effective = value(&attributes, "EffectiveDeliveryPolicy").unwrap();
    assert!(effective.contains("text/csv") && effective.contains(r#""minDelayTarget":20"#), "{effective}");
    assert_eq!(value(&attributes, "FilterPolicy"), Some(r#"{"a":{"b":["c"]}}"#));
    for (name, unset) in [("FilterPolicy", "{}"), ("DeliveryPolicy", ""), ("RedrivePolicy", "{}")] {
        set(&server, &arn, name, unset).await;
    }
    let attributes = told(&server, &arn).await;
    assert!(
        ["FilterPolicy", "FilterPolicyScope", "DeliveryPolicy", "RedrivePolicy"]
            .iter()
            .all(|n| value(&attributes, n).is_none())
    );
}

#[tokio::test]
async fn a_replay_is_for_an_archive() {
    let server = Server::start().await;
    let archive = r#"{"MessageRetentionPeriod":"30"}"#;
    let fifo = server.topic("t.fifo", json!({ "FifoTopic": "true", "ArchivePolicy": archive })).await;
    let standard = server.topic("t", json!({ "ArchivePolicy": archive })).await;
    let policy = r#"{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00.000Z"}"#;
    for topic in [&fifo, &standard] {
        let arn = server.subscribe(topic, "sqs", QUEUE, json!({})).await;
        set(&server, &arn, "ReplayPolicy", policy).await;
        let attributes = told(&server, &arn).await;
        assert_eq!(value(&attributes, "ReplayPolicy"), Some(policy));
        assert!(["In progress", "Completed"].contains(&value(&attributes, "ReplayStatus").unwrap()));
        set(&server, &arn, "ReplayPolicy", "{}").await;
        assert_eq!(value(&told(&server, &arn).await, "ReplayStatus"), None);
    }
    let without = server.topic("u", json!({})).await;
    let arn = server.subscribe(&without, "sqs", QUEUE, json!({})).await;
    let set = json!({ "SubscriptionArn": arn, "AttributeName": "ReplayPolicy", "AttributeValue": policy });
    let text = "Invalid parameter: ReplayPolicy: the topic has no ArchivePolicy";
    server.sns_refuses("SetSubscriptionAttributes", set, "InvalidParameter", text).await;
}

#[tokio::test]
async fn subscription_arns_are_refused() {
    let server = Server::start().await;
    for operation in ["Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes"] {
        for (arn, text) in [
            ("a:b", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 2"),
            ("arn:aws:sns:us-east-1:000000000000:t", "Invalid parameter: SubscriptionId"),
            ("", "Invalid parameter: SubscriptionArn Reason: no value for required parameter"),
        ] {
            server.sns_refuses(operation, json!({ "SubscriptionArn": arn }), "InvalidParameter", text).await;
        }
        let text = "1 validation error detected: Value null at 'subscriptionArn' failed to satisfy constraint: Member must \
                    not be null";
        server.sns_refuses(operation, json!({}), "ValidationError", text).await;
    }
    let unknown = "arn:aws:sns:us-east-1:000000000000:t:01234567-89ab-4def-8000-0000000000ff";
    server.told("Unsubscribe", json!({ "SubscriptionArn": unknown })).await;
    for unknown in [unknown, "arn:aws:sns:us-east-1:000000000000:t:x"] {
        let input =
            json!({ "SubscriptionArn": unknown, "AttributeName": "RawMessageDelivery", "AttributeValue": "true" });
        let text = "Subscription does not exist";
        server.sns_refuses("SetSubscriptionAttributes", input, "NotFound", text).await;
    }
}

#[tokio::test]
async fn subscriptions_are_listed_in_pages_of_a_hundred() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let other = server.topic("u", json!({})).await;
    let arn = server.subscribe(&other, "sqs", QUEUE, json!({})).await;
    let listed = server.sns("ListSubscriptionsByTopic", json!({ "TopicArn": other })).await;
    let member = format!(
        "<Subscriptions><member><Owner>000000000000</Owner><Protocol>sqs</Protocol><Endpoint>{QUEUE}</Endpoint>\
         <SubscriptionArn>{arn}</SubscriptionArn><TopicArn>{other}</TopicArn></member></Subscriptions>"
    );
    let result = format!("<ListSubscriptionsByTopicResult>{member}</ListSubscriptionsByTopicResult>");
    listed.is_told("ListSubscriptionsByTopic", &result);
    for number in 0..101 {
        server.subscribe(&topic, "sqs", &format!("{QUEUE}{number}"), json!({})).await;
    }
    for (operation, input, rest) in
        [("ListSubscriptions", json!({}), 2), ("ListSubscriptionsByTopic", json!({ "TopicArn": topic }), 1)]
    {
        let first = server.told(operation, input.clone()).await;
        assert_eq!(first.body.matches("<member>").count(), 100);
        let mut next = input.clone();
        next["NextToken"] = json!(first.element("NextToken"));
        let second = server.told(operation, next.clone()).await;
        assert_eq!(second.body.matches("<member>").count(), rest);
        assert!(!second.body.contains("NextToken"));
        next["NextToken"] = json!("eA");
        server.sns_refuses(operation, next, "InvalidParameter", "Invalid parameter: NextToken").await;
    }
    let missing = json!({ "TopicArn": topic.replace(":t", ":none") });
    server.sns_refuses("ListSubscriptionsByTopic", missing, "NotFound", "Topic does not exist").await;
}

#[tokio::test]
async fn a_deleted_topic_takes_its_subscriptions_along() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let arn = server.subscribe(&topic, "sqs", QUEUE, json!({})).await;
    server.told("DeleteTopic", json!({ "TopicArn": topic })).await;
    let gone = json!({ "SubscriptionArn": arn });
    server.sns_refuses("GetSubscriptionAttributes", gone, "NotFound", "Subscription does not exist").await;
    assert!(!server.told("ListSubscriptions", json!({})).await.body.contains("<member>"));
}

#[tokio::test]
async fn a_topic_has_a_hundred_subscriptions_if_it_is_fifo() {
    let server = Server::start().await;
    let topic = server.topic("t.fifo", json!({ "FifoTopic": "true" })).await;
    for number in 0..100 {
        server.subscribe(&topic, "sqs", &format!("{QUEUE}{number}"), json!({})).await;
    }
    let input = json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE });
    let text = "The topic has as many subscriptions as it may have";
    server.sns_refuses("Subscribe", input, "SubscriptionLimitExceeded", text).await;
}

#[tokio::test]
async fn a_topic_has_two_hundred_filter_policies() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({})).await;
    let filter = json!({ "FilterPolicy": r#"{"a":["b"]}"# });
    for number in 0..200 {
        server.subscribe(&topic, "sqs", &format!("{QUEUE}{number}"), filter.clone()).await;
    }
    let text = "The topic has as many filter policies as it may have";
    let input = json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": filter });
    server.sns_refuses("Subscribe", input, "FilterPolicyLimitExceeded", text).await;
    let arn = server.subscribe(&topic, "sqs", QUEUE, json!({})).await;
    let set = json!({ "SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": r#"{"a":["b"]}"# });
    server.sns_refuses("SetSubscriptionAttributes", set, "FilterPolicyLimitExceeded", text).await;
}

#[tokio::test]
async fn large_messages_are_for_few_subscribers_that_can_take_them() {
    let server = Server::start().await;
    let topic = server.topic("t", json!({ "MaximumMessageSize": "1048576" })).await;
    let text = "Invalid parameter: MaximumMessageSize: a topic of messages larger than 262144 bytes can have up to 100 \
                subscriptions, of the protocols sqs, lambda and firehose";
    let input = json!({ "TopicArn": topic, "Protocol": "https", "Endpoint": SERVER });
    server.sns_refuses("Subscribe", input, "InvalidParameter", text).await;
    server.subscribe(&topic, "sqs", QUEUE, json!({})).await;
    let other = server.topic("u", json!({})).await;
    server.subscribe(&other, "https", SERVER, json!({})).await;
    let set = json!({ "TopicArn": other, "AttributeName": "MaximumMessageSize", "AttributeValue": "262145" });
    server.sns_refuses("SetTopicAttributes", set, "InvalidParameter", text).await;
}
