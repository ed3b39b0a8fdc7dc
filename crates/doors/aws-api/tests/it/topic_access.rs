//! Topics under every kind of caller: who is let in, and in which words the others are refused.

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use serde_json::{Value, json};

use crate::harness::{Answer, NOW, REGION, Server, sign, sns_request};

const OWNER: Signer<'static> = Signer { access_key_id: "ALICE", secret: "a", region: REGION, service: "sns" };
const OTHER: Signer<'static> = Signer { access_key_id: "BOB", secret: "b", region: REGION, service: "sns" };
const BOB: &str = "arn:aws:iam::000000000002:user/bob";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000001:t";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000002:q";

/// An operation, what policies call the right to it, and a good request of it.
fn table() -> Vec<(&'static str, &'static str, Value)> {
    let topic = json!({ "TopicArn": TOPIC });
    let with = |mut members: Value| {
        members["TopicArn"] = json!(TOPIC);
        members
    };
    let permission = json!({ "Label": "new", "AWSAccountId": ["000000000003"], "ActionName": ["Publish"] });
    vec![
        ("GetTopicAttributes", "GetTopicAttributes", topic.clone()),
        (
            "SetTopicAttributes",
            "SetTopicAttributes",
            with(json!({ "AttributeName": "DisplayName", "AttributeValue": "x" })),
        ),
        ("AddPermission", "AddPermission", with(permission)),
        ("Subscribe", "Subscribe", with(json!({ "Protocol": "sqs", "Endpoint": QUEUE }))),
        ("ListSubscriptionsByTopic", "ListSubscriptionsByTopic", topic.clone()),
        ("Publish", "Publish", with(json!({ "Message": "m" }))),
        ("PublishBatch", "Publish", with(json!({ "PublishBatchRequestEntries": [{ "Id": "a", "Message": "m" }] }))),
        ("DeleteTopic", "DeleteTopic", topic),
    ]
}

/// Two accounts with a user each, and the first one's topic.
async fn world(policy: Option<(&str, &str)>) -> Server {
    let mut credentials = Credentials::new();
    for (signer, account, name) in [(OWNER, "000000000001", "alice"), (OTHER, "000000000002", "bob")] {
        let Signer { access_key_id: id, secret, .. } = signer;
        let key = AccessKey { id, secret, session_token: None, account, principal: Principal::User(name) };
        assert!(credentials.add(key));
    }
    let server = Server::with(Verifier::new(credentials, REGION)).await;
    let mut attributes = json!({});
    if let Some((effect, action)) = policy {
        let statement = json!({
            "Effect": effect, "Principal": { "AWS": "*" }, "Action": format!("SNS:{action}"), "Resource": TOPIC,
        });
        attributes["Policy"] = json!(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string());
    }
    let made = ask(&server, OWNER, "CreateTopic", &json!({ "Name": "t", "Attributes": attributes })).await;
    assert_eq!(made.element("TopicArn"), TOPIC);
    server
}

async fn ask(server: &Server, signer: Signer<'_>, operation: &str, input: &Value) -> Answer {
    server.send(sign(signer, sns_request(operation, input), NOW)).await
}

fn refusal(caller: &str, action: &str, resource: &str) -> String {
    format!(
        "User: {caller} is not authorized to perform: SNS:{action} on resource: {resource} because no resource-based \
         policy allows the SNS:{action} action"
    )
}

#[tokio::test]
async fn a_topic_is_its_owners_and_whose_its_policy_lets_in() {
    for (operation, action, input) in table() {
        let closed = world(None).await;
        let refused = ask(&closed, OTHER, operation, &input).await;
        refused.is_sns_error("AuthorizationError", &refusal(BOB, action, TOPIC));
        assert_eq!(ask(&closed, OWNER, operation, &input).await.status, 200, "{operation}");
        let open = world(Some(("Allow", action))).await;
        let answer = ask(&open, OTHER, operation, &input).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        let denying = world(Some(("Deny", action))).await;
        let refused = ask(&denying, OWNER, operation, &input).await;
        assert!(
            refused.status == 403 && refused.body.contains("with an explicit deny"),
            "{operation}: {}",
            refused.body
        );
    }
}

#[tokio::test]
async fn who_has_no_access_is_not_told_what_else_is_wrong() {
    let server = world(None).await;
    for (operation, action, input) in [
        ("Publish", "Publish", json!({ "TopicArn": TOPIC, "Message": "" })),
        ("Subscribe", "Subscribe", json!({ "TopicArn": TOPIC, "Protocol": "ftp" })),
        ("SetTopicAttributes", "SetTopicAttributes", json!({ "TopicArn": TOPIC })),
        ("TagResource", "TagResource", json!({ "ResourceArn": TOPIC })),
        ("ListTagsForResource", "ListTagsForResource", json!({ "ResourceArn": TOPIC })),
    ] {
        let refused = ask(&server, OTHER, operation, &input).await;
        refused.is_sns_error("AuthorizationError", &refusal(BOB, action, TOPIC));
    }
}

#[tokio::test]
async fn a_subscription_is_its_owners_and_the_topics_owners() {
    let server = world(Some(("Allow", "Subscribe"))).await;
    let subscribe = json!({ "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE });
    let arn = ask(&server, OTHER, "Subscribe", &subscribe).await.element("SubscriptionArn").to_owned();
    let own =
        ask(&server, OWNER, "Subscribe", &json!({ "TopicArn": TOPIC, "Protocol": "sms", "Endpoint": "+4930" })).await;
    let own = own.element("SubscriptionArn").to_owned();
    for (operation, members) in [
        ("GetSubscriptionAttributes", json!({})),
        ("SetSubscriptionAttributes", json!({ "AttributeName": "FilterPolicy", "AttributeValue": "{}" })),
        ("Unsubscribe", json!({})),
    ] {
        let of = |arn: &str| {
            let mut input = members.clone();
            input["SubscriptionArn"] = json!(arn);
            input
        };
        let refused = ask(&server, OTHER, operation, &of(&own)).await;
        refused.is_sns_error("AuthorizationError", &refusal(BOB, operation, &own));
        assert_eq!(ask(&server, OTHER, operation, &of(&arn)).await.status, 200, "{operation}");
        assert_eq!(ask(&server, OWNER, operation, &of(&own)).await.status, 200, "{operation}");
    }
}
