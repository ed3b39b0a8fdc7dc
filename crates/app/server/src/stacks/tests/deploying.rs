//! Template files, deployed to a broker by `up`: what is told, what is there, what arrives.

use std::collections::BTreeMap;

use bongsu_broker::{Account, Publication, QueueName, SubscriptionDescription, SubscriptionState, Text, TopicName};
use bytes::Bytes;

use super::site::Site;

const TEMPLATE: &str = r#"
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: { TopicName: jobs, DisplayName: Jobs }
  Queue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: emergency, MessageRetentionPeriod: 86400 }
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: sqs
      Endpoint: !GetAtt Queue.Arn
      RawMessageDelivery: true
      FilterPolicyScope: MessageBody
      FilterPolicy: { kind: [urgent] }
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: { Service: sns.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Queue.Arn
            Condition: { ArnEquals: { aws:SourceArn: !Ref Topic } }
"#;

impl Site {
    async fn subscriptions(&self) -> Vec<SubscriptionDescription> {
        self.broker().list_subscriptions_by_topic(topic(), None, 100).await.unwrap()
    }

    /// The only subscription's attributes.
    async fn attributes(&self) -> BTreeMap<String, String> {
        let [subscription] = &self.subscriptions().await[..] else { panic!("not one subscription") };
        let texts = subscription.definition.attributes.texts();
        texts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

fn topic() -> TopicName {
    TopicName { account: Account(0), name: "jobs".into() }
}

fn queue() -> QueueName {
    QueueName { account: Account(0), name: "emergency".into() }
}

#[tokio::test]
async fn what_is_published_reaches_the_subscribed_queue() {
    let site = Site::start().await;
    let told = site.deploy(TEMPLATE).await;
    for line in [
        "Queue    emergency  http://127.0.0.1:4566/000000000000/emergency\n",
        "Topic    jobs  arn:aws:sns:us-east-1:000000000000:jobs\n",
        "Policy   queue emergency\n",
        "Delivery jobs -> sqs arn:aws:sqs:us-east-1:000000000000:emergency\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert_eq!(told.lines().count(), 4, "{told}");
    let [subscription] = &site.subscriptions().await[..] else { panic!("not one subscription") };
    assert_eq!(subscription.definition.owner, Account(0));
    assert_eq!(&*subscription.definition.principal, "arn:aws:iam::000000000000:root");
    let body = r#"{"kind":"urgent"}"#;
    let publication = Publication {
        body: Text::from(body),
        bodies: Vec::new(),
        subject: None,
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        message_bytes: body.len(),
        group: None,
        deduplication_id: None,
        trace_header: None,
    };
    site.broker().publish(topic(), vec![publication], "us-east-1").await.unwrap();
    let received = site.broker().receive(queue(), 1, None, None).await.unwrap();
    assert_eq!(&*received[0].content.body, body);
}

#[tokio::test]
async fn a_template_that_is_deployed_again_changes_nothing() {
    let site = Site::start().await;
    let first = site.deploy(TEMPLATE).await;
    let before = (site.subscriptions().await, site.broker().describe_topic(topic()).await.unwrap());
    assert_eq!(site.deploy(TEMPLATE).await, first);
    assert_eq!((site.subscriptions().await, site.broker().describe_topic(topic()).await.unwrap()), before);
}

#[tokio::test]
async fn what_was_deleted_by_hand_is_there_again() {
    let site = Site::start().await;
    site.deploy(TEMPLATE).await;
    site.broker().delete_queue(queue()).await.unwrap();
    site.deploy(TEMPLATE).await;
    assert!(site.broker().describe_queue(queue()).await.is_ok());
}

#[tokio::test]
async fn what_differs_is_changed_and_what_a_template_no_longer_says_is_unset() {
    let site = Site::start().await;
    site.deploy(TEMPLATE).await;
    let changed = TEMPLATE
        .replace(", DisplayName: Jobs", "")
        .replace(", MessageRetentionPeriod: 86400", ", DelaySeconds: 1")
        .replace("RawMessageDelivery: true", "RedrivePolicy: { deadLetterTargetArn: !GetAtt Queue.Arn }")
        .replace("      FilterPolicyScope: MessageBody\n      FilterPolicy: { kind: [urgent] }\n", "")
        .replace("sqs:SendMessage", "sqs:*");
    let told = site.deploy(&changed).await;
    assert!(told.contains("Changed  jobs -> sqs ") && told.contains("Changed  emergency "), "{told}");
    let attributes = site.attributes().await;
    let attribute = |name: &str| attributes.get(name).map(String::as_str);
    assert!(matches!(attribute("FilterPolicy"), None | Some("" | "{}")), "{attributes:?}");
    assert!(matches!(attribute("FilterPolicyScope"), None | Some("MessageAttributes")), "{attributes:?}");
    assert_eq!(attribute("RawMessageDelivery"), Some("false"));
    assert!(attribute("RedrivePolicy").is_some_and(|policy| policy.contains(":emergency")), "{attributes:?}");
    let topic = site.broker().describe_topic(topic()).await.unwrap().definition;
    assert_eq!(topic.attributes.text("DisplayName"), None);
    let queue = site.broker().describe_queue(queue()).await.unwrap().attributes;
    assert_eq!((queue.retention.0, queue.delay.0), (345_600, 1));
    assert!(queue.policy.unwrap().text().contains("sqs:*"));
    assert!(!site.deploy(&changed).await.contains("Changed  jobs ->"));
}

#[tokio::test]
async fn a_policy_that_a_template_no_longer_names_is_gone() {
    let site = Site::start().await;
    site.deploy(TEMPLATE).await;
    site.deploy(TEMPLATE.split("  Policy:").next().unwrap()).await;
    assert_eq!(site.broker().describe_queue(queue()).await.unwrap().attributes.policy, None);
}

#[tokio::test]
async fn a_subscription_that_the_stack_made_goes_with_its_resource_and_others_are_told() {
    let site = Site::start().await;
    site.deploy(TEMPLATE).await;
    let (before, rest) = TEMPLATE.split_once("  Subscription:").unwrap();
    let without = format!("{before}  Policy:{}", rest.split_once("  Policy:").unwrap().1);
    let told = site.deploy(&without).await;
    let gone = "Removed  delivery jobs -> sqs arn:aws:sqs:us-east-1:000000000000:emergency\n";
    assert!(told.contains(gone) && !told.contains("Kept"), "{told}");
    assert_eq!(site.subscriptions().await, []);

    let added = bongsu_broker::SubscriptionAdded {
        owner: Account(0),
        principal: "somebody".into(),
        protocol: bongsu_broker::Protocol::Sqs,
        endpoint: "arn:aws:sqs:us-east-1:000000000000:theirs".into(),
        queue: Some(QueueName { account: Account(0), name: "theirs".into() }),
        attributes: bongsu_broker::SubscriptionAttributes::default(),
    };
    let (id, _) = site.broker().subscribe(topic(), added).await.unwrap();
    let told = site.deploy(&without).await;
    let arn = id.arn(&topic(), "us-east-1");
    assert!(told.contains(&format!("Kept     {arn} (sqs): the template does not name this subscription\n")), "{told}");
}

#[tokio::test]
async fn an_endpoint_that_has_to_confirm_is_told_until_it_has() {
    let template = "
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: { TopicName: jobs }
  Hook:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: http, Endpoint: 'http://127.0.0.1:9/' }
";
    let site = Site::start().await;
    for _ in 0..2 {
        let pending =
            "Pending  jobs -> http http://127.0.0.1:9/: it was asked to confirm, and gets nothing until then\n";
        let told = site.deploy(template).await;
        assert!(told.contains(pending), "{told}");
    }
    let [subscription] = &site.subscriptions().await[..] else { panic!("not one subscription") };
    let SubscriptionState::Pending { token, .. } = subscription.definition.state else { panic!("asked") };
    site.broker().confirm_subscription(token, true).await.unwrap();
    let told = site.deploy(template).await;
    assert!(!told.contains("Pending"), "{told}");
}

#[tokio::test]
async fn an_endpoint_with_a_secret_is_not_told() {
    let template = "
Parameters:
  Token: { Type: String, NoEcho: true, Default: s3cr3t }
Resources:
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: jobs } }
  Hook:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: https, Endpoint: !Sub 'https://127.0.0.1:9/${Token}' }
";
    let site = Site::start().await;
    let rotated = template.replace("s3cr3t", "n3w");
    let told = site.deploy(template).await + &site.deploy(&rotated).await;
    // The old one was never confirmed, and ends by itself.
    assert!(told.contains("jobs -> https ****") && told.contains("Kept"), "{told}");
    assert!(!told.contains("s3cr3t") && !told.contains("n3w"), "{told}");
    let endpoints = site.subscriptions().await;
    assert!(endpoints.iter().any(|known| &*known.definition.endpoint == "https://127.0.0.1:9/n3w"), "{endpoints:?}");
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_a_fault_of_its_subscription_and_leaves_nothing() {
    let site = Site::start().await;
    for resource in [
        "Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !Sub 'arn:aws:sns:us-east-1:${AWS::AccountId}:no', \
         Protocol: sqs, Endpoint: !GetAtt Queue.Arn }",
        "Type: AWS::SNS::TopicPolicy\n    Properties: { Topics: ['arn:aws:sns:us-east-1:000000000000:no'], \
         PolicyDocument: { Statement: { Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: '*' } } }",
    ] {
        let queue = "Resources:\n  Queue: { Type: 'AWS::SQS::Queue' }\n";
        let fault = site.try_deploy(&format!("{queue}  Lost:\n    {resource}\n")).await.unwrap_err().to_string();
        let (place, reason) = fault.split_once(": resource").unwrap();
        assert!(place.ends_with("T:3"), "{fault}");
        assert_eq!(reason, " Lost: its topic does not exist");
        assert_eq!(site.broker().list_queues(Account(0), String::new(), None, 10).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_template_that_fails_leaves_what_it_found() {
    let site = Site::start().await;
    let (attributes, tags) = (BTreeMap::new(), BTreeMap::new());
    crate::queues::bring_about(site.broker(), &queue(), &attributes, &tags, "us-east-1").await.unwrap();
    let failing = TEMPLATE.replace("TopicArn: !Ref Topic", "TopicArn: 'arn:aws:sns:us-east-1:000000000000:no'");
    site.try_deploy(&failing).await.unwrap_err();
    assert!(site.broker().describe_queue(queue()).await.is_ok());
    assert!(site.broker().describe_topic(topic()).await.is_err());
}
