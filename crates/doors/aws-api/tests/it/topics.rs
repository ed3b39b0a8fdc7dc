//! Topics: making, finding, changing, telling and listing them.

use serde_json::{Value, json};

use crate::harness::{Server, form_request};

const ORDERS: &str = "arn:aws:sns:us-east-1:000000000000:orders";
const DEFAULT_POLICY: &str = r#"{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:000000000000:orders","Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}}}]}"#;
const DEFAULT_DELIVERY: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;

async fn told(server: &Server, topic: &str) -> Vec<(String, String)> {
    server.attributes("GetTopicAttributes", json!({ "TopicArn": topic })).await
}

fn names(attributes: &[(String, String)]) -> Vec<&str> {
    attributes.iter().map(|(name, _)| name.as_str()).collect()
}

fn value<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

async fn set(server: &Server, topic: &str, name: &str, value: &str) {
    let input = json!({ "TopicArn": topic, "AttributeName": name, "AttributeValue": value });
    server.sns("SetTopicAttributes", input).await.is_told("SetTopicAttributes", "");
}

#[tokio::test]
async fn a_topic_is_made_found_listed_and_deleted() {
    let server = Server::start().await;
    let made = server.sns("CreateTopic", json!({ "Name": "orders" })).await;
    made.is_told("CreateTopic", &format!("<CreateTopicResult><TopicArn>{ORDERS}</TopicArn></CreateTopicResult>"));
    assert_eq!(server.topic("orders", json!({ "FifoTopic": "false" })).await, ORDERS);
    let listed = server.sns("ListTopics", json!({})).await;
    let topics = format!("<Topics><member><TopicArn>{ORDERS}</TopicArn></member></Topics>");
    listed.is_told("ListTopics", &format!("<ListTopicsResult>{topics}</ListTopicsResult>"));
    for _ in 0..2 {
        let deleted = server.sns("DeleteTopic", json!({ "TopicArn": ORDERS })).await;
        deleted.is_told("DeleteTopic", "");
    }
    let listed = server.sns("ListTopics", json!({})).await;
    listed.is_told("ListTopics", "<ListTopicsResult><Topics></Topics></ListTopicsResult>");
    let gone = json!({ "TopicArn": ORDERS });
    server.sns_refuses("GetTopicAttributes", gone, "NotFound", "Topic does not exist").await;
}

#[tokio::test]
async fn a_query_answered_in_json_and_a_link_say_the_same() {
    let server = Server::start().await;
    let mut request = form_request("/", "Action=CreateTopic&Name=orders");
    request.headers_mut().insert("accept", "application/json".parse().unwrap());
    let made = server.send(request).await.value();
    assert_eq!(made["CreateTopicResponse"]["CreateTopicResult"]["TopicArn"], ORDERS);
    let listed = server.send(hyper::Request::get("/?Action=ListTopics").body("").unwrap()).await;
    assert!(listed.body.contains(ORDERS), "{}", listed.body);
    let unknown = server.send(form_request("/", "Action=ListQueues&Version=2010-03-31")).await;
    unknown.is_sns_error("InvalidAction", "The action ListQueues is not valid for this endpoint.");
}

#[tokio::test]
async fn a_name_that_breaks_the_rules_is_refused() {
    let server = Server::start().await;
    let text = "Invalid parameter: Topic Name";
    for name in ["", "a b", "a.fifo", &"x".repeat(257)] {
        server.sns_refuses("CreateTopic", json!({ "Name": name }), "InvalidParameter", text).await;
    }
    let fifo = json!({ "Name": "a", "Attributes": { "FifoTopic": "true" } });
    server.sns_refuses("CreateTopic", fifo, "InvalidParameter", text).await;
    let text =
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null";
    server.sns_refuses("CreateTopic", json!({}), "ValidationError", text).await;
}

#[tokio::test]
async fn a_topic_is_found_only_with_what_it_was_made_with() {
    let server = Server::start().await;
    let tags = json!([{ "Key": "team", "Value": "a" }]);
    let made = json!({ "Name": "orders", "Attributes": { "DisplayName": "Orders" }, "Tags": tags });
    server.told("CreateTopic", made.clone()).await;
    for again in
        [json!({ "Name": "orders" }), made, json!({ "Name": "orders", "Attributes": { "SignatureVersion": "1" } })]
    {
        assert_eq!(server.told("CreateTopic", again).await.element("TopicArn"), ORDERS);
    }
    let other = json!({ "Name": "orders", "Attributes": { "DisplayName": "Others" } });
    let text = "Invalid parameter: Attributes Reason: Topic already exists with different attributes";
    server.sns_refuses("CreateTopic", other, "InvalidParameter", text).await;
    let other = json!({ "Name": "orders", "Tags": [{ "Key": "team", "Value": "b" }] });
    let text = "Invalid parameter: Tags Reason: Topic already exists with different tags";
    server.sns_refuses("CreateTopic", other, "InvalidParameter", text).await;
}

#[tokio::test]
async fn a_new_topic_is_told_in_awss_order() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let expected = [
        ("Policy", DEFAULT_POLICY),
        ("Owner", "000000000000"),
        ("SubscriptionsPending", "0"),
        ("TopicArn", ORDERS),
        ("EffectiveDeliveryPolicy", DEFAULT_DELIVERY),
        ("SubscriptionsConfirmed", "0"),
        ("DisplayName", ""),
        ("SubscriptionsDeleted", "0"),
    ];
    let expected: Vec<_> = expected.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
    assert_eq!(told(&server, &topic).await, expected);
    let attributes = json!({ "FifoTopic": "true", "ContentBasedDeduplication": "true" });
    let fifo = told(&server, &server.topic("orders.fifo", attributes).await).await;
    assert_eq!(names(&fifo)[8..], ["FifoTopic", "ContentBasedDeduplication"]);
    assert_eq!(value(&fifo, "ContentBasedDeduplication"), Some("true"));
}

#[tokio::test]
async fn what_is_set_is_told_in_awss_order() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let delivery = r#"{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":5}}}"#;
    for (name, value) in [
        ("DisplayName", "Orders"),
        ("SignatureVersion", "2"),
        ("TracingConfig", "Active"),
        ("KmsMasterKeyId", "alias/k"),
        ("DeliveryPolicy", delivery),
        ("MaximumMessageSize", "1024"),
        ("HTTPSuccessFeedbackSampleRate", "7"),
        ("LambdaFailureFeedbackRoleArn", "arn:aws:iam::000000000000:role/r"),
    ] {
        set(&server, &topic, name, value).await;
    }
    let attributes = told(&server, &topic).await;
    let expected = [
        "Policy",
        "SignatureVersion",
        "Owner",
        "SubscriptionsPending",
        "KmsMasterKeyId",
        "TopicArn",
        "TracingConfig",
        "EffectiveDeliveryPolicy",
        "SubscriptionsConfirmed",
        "DisplayName",
        "DeliveryPolicy",
        "SubscriptionsDeleted",
        "MaximumMessageSize",
        "HTTPSuccessFeedbackSampleRate",
        "LambdaFailureFeedbackRoleArn",
    ];
    assert_eq!(names(&attributes), expected);
    let kept = r#"{"http":{"disableSubscriptionOverrides":false,"defaultThrottlePolicy":{"maxReceivesPerSecond":5}}}"#;
    assert_eq!(value(&attributes, "DeliveryPolicy"), Some(kept));
    assert!(value(&attributes, "EffectiveDeliveryPolicy").unwrap().contains("maxReceivesPerSecond"));
    for unset in &expected[12..] {
        set(&server, &topic, unset, "").await;
    }
    for unset in ["SignatureVersion", "KmsMasterKeyId", "TracingConfig", "DeliveryPolicy"] {
        set(&server, &topic, unset, "").await;
    }
    let left = ["Policy", "Owner", "SubscriptionsPending", "TopicArn", "EffectiveDeliveryPolicy"];
    let left = [&left[..], &["SubscriptionsConfirmed", "DisplayName", "SubscriptionsDeleted"]].concat();
    assert_eq!(names(&told(&server, &topic).await), left);
}

#[tokio::test]
async fn values_are_refused() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let set = |name: &str, value: &str| json!({ "TopicArn": topic, "AttributeName": name, "AttributeValue": value });
    for (name, value, text) in [
        ("Nothing", "x", "AttributeName"),
        ("FifoTopic", "true", "AttributeName"),
        ("Owner", "x", "AttributeName"),
        ("DataProtectionPolicy", "{}", "AttributeName"),
        ("SignatureVersion", "3", "SignatureVersion: Invalid value. Must be 1 or 2."),
        ("TracingConfig", "On", "Invalid tracing config value: On"),
    ] {
        let text = format!("Invalid parameter: {text}");
        server.sns_refuses("SetTopicAttributes", set(name, value), "InvalidParameter", &text).await;
    }
    let long = json!({ "Name": "other", "Attributes": { "DisplayName": "x".repeat(101) } });
    let text = "Invalid parameter: Attributes Reason: DisplayName";
    server.sns_refuses("CreateTopic", long, "InvalidParameter", text).await;
    let text = "1 validation error detected: Value null at 'attributeName' failed to satisfy constraint: Member must \
                not be null";
    server.sns_refuses("SetTopicAttributes", json!({ "TopicArn": topic }), "ValidationError", text).await;
    // A rate that is out of range, deep in a policy.
    let policy = r#"{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":0}}}"#;
    let refused = server.sns("SetTopicAttributes", set("DeliveryPolicy", policy)).await;
    assert!(refused.element("Message").starts_with("Invalid parameter: DeliveryPolicy: "), "{}", refused.body);
}

#[tokio::test]
async fn arns_are_refused() {
    let server = Server::start().await;
    let member = |name: &str| {
        format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        )
    };
    for operation in
        ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe"]
    {
        server.sns_refuses(operation, json!({}), "ValidationError", &member("topicArn")).await;
        for (arn, text) in [
            ("arn:aws:sns:eu-west-1:000000000000:orders", "TopicArn"),
            ("arn:aws:sqs:us-east-1:000000000000:orders", "TopicArn"),
            ("orders", "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ] {
            let text = format!("Invalid parameter: {text}");
            server.sns_refuses(operation, json!({ "TopicArn": arn }), "InvalidParameter", &text).await;
        }
    }
    for operation in ["TagResource", "UntagResource", "ListTagsForResource", "GetDataProtectionPolicy"] {
        server.sns_refuses(operation, json!({}), "ValidationError", &member("resourceArn")).await;
        let text = "Invalid parameter: ResourceArn";
        let arn = "arn:aws:sns:eu-west-1:000000000000:orders";
        server.sns_refuses(operation, json!({ "ResourceArn": arn }), "InvalidParameter", text).await;
    }
}

#[tokio::test]
async fn topics_are_listed_in_pages_of_a_hundred() {
    let server = Server::start().await;
    for number in 0..101 {
        server.topic(&format!("t{number:03}"), json!({})).await;
    }
    let first = server.told("ListTopics", json!({})).await;
    assert_eq!(first.body.matches("<member>").count(), 100);
    let second = server.told("ListTopics", json!({ "NextToken": first.element("NextToken") })).await;
    assert!(second.body.contains(":t100<") && !second.body.contains("NextToken"), "{}", second.body);
    let text = "Invalid parameter: NextToken";
    server.sns_refuses("ListTopics", json!({ "NextToken": "?" }), "InvalidParameter", text).await;
}

#[tokio::test]
async fn permissions_are_statements_beside_the_default_one() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let added = |label: &str, actions: Value| json!({ "TopicArn": topic, "Label": label, "AWSAccountId": ["000000000002"], "ActionName": actions });
    server.sns("AddPermission", added("one", json!(["Publish"]))).await.is_told("AddPermission", "");
    server.told("AddPermission", added("two", json!(["Publish", "Subscribe"]))).await;
    let policy: Value = serde_json::from_str(value(&told(&server, &topic).await, "Policy").unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements[0]["Sid"], "__default_statement_ID");
    let expected = json!({
        "Sid": "one", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000002:root" }, "Action": "SNS:Publish",
        "Resource": ORDERS,
    });
    assert_eq!(statements[1], expected);
    assert_eq!(statements[2]["Action"], json!(["SNS:Publish", "SNS:Subscribe"]));
    let text = "Invalid parameter: Statement already exists";
    server.sns_refuses("AddPermission", added("one", json!(["Publish"])), "InvalidParameter", text).await;
    let text = "Invalid parameter: Policy statement action out of service scope!";
    server.sns_refuses("AddPermission", added("three", json!(["SendMessage"])), "InvalidParameter", text).await;
    for label in ["one", "two", "two"] {
        let removed = server.sns("RemovePermission", json!({ "TopicArn": topic, "Label": label })).await;
        removed.is_told("RemovePermission", "");
    }
    assert_eq!(value(&told(&server, &topic).await, "Policy"), Some(DEFAULT_POLICY));
    let missing = json!({ "TopicArn": topic.replace("orders", "none"), "Label": "one" });
    server.sns_refuses("RemovePermission", missing, "NotFound", "Topic does not exist").await;
}

#[tokio::test]
async fn tags_come_and_go() {
    let server = Server::start().await;
    let topic = server.topic("orders", json!({})).await;
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let tags = json!({ "ResourceArn": topic, "Tags": [tag("b", "2"), tag("a", "1")] });
    server.sns("TagResource", tags).await.is_told("TagResource", "<TagResourceResult/>");
    server.told("TagResource", json!({ "ResourceArn": topic, "Tags": [tag("b", "3")] })).await;
    let listed = server.sns("ListTagsForResource", json!({ "ResourceArn": topic })).await;
    let member = |key: &str, value: &str| format!("<member><Value>{value}</Value><Key>{key}</Key></member>");
    let tags = format!("<Tags>{}{}</Tags>", member("a", "1"), member("b", "3"));
    listed.is_told("ListTagsForResource", &format!("<ListTagsForResourceResult>{tags}</ListTagsForResourceResult>"));
    let removed = server.sns("UntagResource", json!({ "ResourceArn": topic, "TagKeys": ["a", "x"] })).await;
    removed.is_told("UntagResource", "<UntagResourceResult/>");
    assert!(!server.told("ListTagsForResource", json!({ "ResourceArn": topic })).await.body.contains("<Key>a"));

    let twice = json!({ "ResourceArn": topic, "Tags": [tag("a", "1"), tag("a", "2")] });
    let text = "Invalid parameter: Duplicated keys are not allowed.";
    server.sns_refuses("TagResource", twice, "InvalidParameter", text).await;
    let twice = json!({ "Name": "other", "Tags": [tag("a", "1"), tag("a", "2")] });
    server.sns_refuses("CreateTopic", twice, "InvalidParameter", text).await;
    let many: Vec<Value> = (0..51).map(|number| tag(&format!("k{number}"), "v")).collect();
    let text = "Could not complete request: tag quota of per resource exceeded";
    server.sns_refuses("TagResource", json!({ "ResourceArn": topic, "Tags": many }), "TagLimitExceeded", text).await;
    server.sns_refuses("CreateTopic", json!({ "Name": "other", "Tags": many }), "TagLimitExceeded", text).await;
    let missing = topic.replace("orders", "none");
    for (operation, input) in [
        ("TagResource", json!({ "ResourceArn": missing, "Tags": [tag("", "")] })),
        ("UntagResource", json!({ "ResourceArn": missing, "TagKeys": ["a"] })),
        ("ListTagsForResource", json!({ "ResourceArn": missing })),
    ] {
        server.sns_refuses(operation, input, "ResourceNotFound", "Resource does not exist").await;
    }
}

#[tokio::test]
async fn a_data_protection_policy_is_kept() {
    let server = Server::start().await;
    let policy = r#"{"Name":"p"}"#;
    let made = json!({ "Name": "other", "DataProtectionPolicy": policy });
    let other = server.told("CreateTopic", made).await.element("TopicArn").to_owned();
    let topic = server.topic("orders", json!({})).await;
    let get = async |topic: &str| server.sns("GetDataProtectionPolicy", json!({ "ResourceArn": topic })).await;
    assert_eq!(get(&topic).await.element("DataProtectionPolicy"), "");
    assert_eq!(get(&other).await.element("DataProtectionPolicy"), "{&quot;Name&quot;:&quot;p&quot;}");
    let put =
        server.sns("PutDataProtectionPolicy", json!({ "ResourceArn": topic, "DataProtectionPolicy": policy })).await;
    put.is_told("PutDataProtectionPolicy", "");
    assert_eq!(get(&topic).await.element("DataProtectionPolicy"), "{&quot;Name&quot;:&quot;p&quot;}");
    assert_eq!(value(&told(&server, &topic).await, "DataProtectionPolicy"), None);
    let bad = server.sns("PutDataProtectionPolicy", json!({ "ResourceArn": topic, "DataProtectionPolicy": "[" })).await;
    assert!(bad.body.contains("InvalidParameter"), "{}", bad.body);
}

#[tokio::test]
async fn a_topic_with_an_archive_cannot_be_deleted() {
    let server = Server::start().await;
    let archive = r#"{"MessageRetentionPeriod":"30"}"#;
    let topic = server.topic("t.fifo", json!({ "FifoTopic": "true", "ArchivePolicy": archive })).await;
    assert_eq!(value(&told(&server, &topic).await, "ArchivePolicy"), Some(archive));
    let text = "Invalid state: the topic has an ArchivePolicy, which must be removed before it can be deleted";
    server.sns_refuses("DeleteTopic", json!({ "TopicArn": topic }), "InvalidState", text).await;
    set(&server, &topic, "ArchivePolicy", "{}").await;
    server.told("DeleteTopic", json!({ "TopicArn": topic })).await;
}
