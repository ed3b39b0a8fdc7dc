//! Templates with topics, deployed to a broker: what is told, what is there, what arrives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{Account, Publication, SubscriptionDescription, Text};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::{Clock, Options, Outside};
use bytes::Bytes;

use super::*;
use crate::Storage;

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

/// A broker, and templates deployed to it one after the other.
struct World {
    broker: Handle,
    config: Config,
}

impl World {
    async fn start() -> World {
        let outside = Outside::default();
        let options = Options { clock: Clock::System, seed: [7; 32], recent_bytes_max: 1 << 20, outside };
        let (broker, shard) = bongsu_runtime::start(Arc::new(MemoryJournal::new()), options).await.unwrap();
        tokio::spawn(shard.run());
        World { broker, config: config() }
    }

    async fn try_deploy(&self, template: &str) -> Result<String, DeployError> {
        let stack = bongsu_template::parse(template, "T", &Inputs::default()).unwrap();
        let plan = Plan { file: "T".to_owned(), folder: env!("CARGO_MANIFEST_DIR").into(), stack };
        plan.deploy(&self.broker, &self.config).await
    }

    async fn deploy(&self, template: &str) -> String {
        self.try_deploy(template).await.unwrap()
    }

    async fn subscriptions(&self) -> Vec<SubscriptionDescription> {
        self.broker.list_subscriptions_by_topic(topic(), None, 100).await.unwrap()
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

fn config() -> Config {
    Config {
        api: ([127, 0, 0, 1], 0).into(),
        api_also: Vec::new(),
        public_url: None,
        ingress: ([127, 0, 0, 1], 0).into(),
        storage: Storage::Ephemeral,
        account: Account(0),
        region: "us-east-1".to_owned(),
        credentials: None,
        cooldowns: false,
        insecure: false,
        metrics_open: false,
        test_clock: false,
        slow_after: Duration::from_secs(1),
        otlp_endpoint: None,
        recent_bytes_max: 1 << 20,
        launcher: bongsu_delivery::Launcher::default(),
        template: None,
        allowed_endpoints: Vec::new(),
        certificate_url: None,
        ca_bundle: None,
        elasticmq: None,
    }
}

#[tokio::test]
async fn what_is_published_reaches_the_subscribed_queue() {
    let world = World::start().await;
    let summary = world.deploy(TEMPLATE).await;
    assert_eq!(
        summary,
        "Queue    emergency  http://127.0.0.1:4566/000000000000/emergency\n\
         Topic    jobs  arn:aws:sns:us-east-1:000000000000:jobs\n\
         Policy   queue emergency\n\
         Delivery jobs -> sqs arn:aws:sqs:us-east-1:000000000000:emergency\n"
    );
    let [subscription] = &world.subscriptions().await[..] else { panic!("not one subscription") };
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
    world.broker.publish(topic(), vec![publication], "us-east-1").await.unwrap();
    let received = world.broker.receive(queue(), 1, None, None).await.unwrap();
    assert_eq!(&*received[0].content.body, body);
}

#[tokio::test]
async fn a_template_that_is_deployed_again_changes_nothing() {
    let world = World::start().await;
    let first = world.deploy(TEMPLATE).await;
    let before = (world.subscriptions().await, world.broker.describe_topic(topic()).await.unwrap());
    assert_eq!(world.deploy(TEMPLATE).await, first);
    assert_eq!((world.subscriptions().await, world.broker.describe_topic(topic()).await.unwrap()), before);
}

#[tokio::test]
async fn what_differs_is_changed_and_what_a_subscription_no_longer_says_is_unset() {
    let world = World::start().await;
    world.deploy(TEMPLATE).await;
    let changed = TEMPLATE
        .replace("DisplayName: Jobs", "DisplayName: Work")
        .replace("RawMessageDelivery: true", "RedrivePolicy: { deadLetterTargetArn: !GetAtt Queue.Arn }")
        .replace("      FilterPolicyScope: MessageBody\n      FilterPolicy: { kind: [urgent] }\n", "")
        .replace("sqs:SendMessage", "sqs:*");
    let summary = world.deploy(&changed).await;
    assert!(summary.contains("Changed  jobs  arn:aws:sns:"), "{summary}");
    assert!(summary.contains("Changed  jobs -> sqs "), "{summary}");
    let attributes = world.attributes().await;
    let attribute = |name: &str| attributes.get(name).map(String::as_str);
    assert!(matches!(attribute("FilterPolicy"), None | Some("" | "{}")), "{attributes:?}");
    assert!(matches!(attribute("FilterPolicyScope"), None | Some("MessageAttributes")), "{attributes:?}");
    assert_eq!(attribute("RawMessageDelivery"), Some("false"));
    assert!(attribute("RedrivePolicy").is_some_and(|policy| policy.contains(":emergency")), "{attributes:?}");
    let topic = world.broker.describe_topic(topic()).await.unwrap().definition;
    assert_eq!(topic.attributes.text("DisplayName"), Some("Work"));
    let policy = world.broker.describe_queue(queue()).await.unwrap().attributes.policy.unwrap();
    assert!(policy.text().contains("sqs:*"), "{}", policy.text());
    assert!(!world.deploy(&changed).await.contains("Changed  jobs ->"));
}

#[tokio::test]
async fn a_subscription_that_the_template_no_longer_names_is_kept_and_told() {
    let world = World::start().await;
    world.deploy(TEMPLATE).await;
    let before = world.subscriptions().await;
    let other = "Endpoint: arn:aws:sqs:us-east-1:000000000000:other";
    let without = TEMPLATE.replace("Endpoint: !GetAtt Queue.Arn", other);
    let summary = world.deploy(&without).await;
    let kept: Vec<&str> = summary.lines().filter(|line| line.starts_with("Kept")).collect();
    let arn = before[0].id.arn(&topic(), "us-east-1");
    assert_eq!(kept, [format!("Kept     {arn} (sqs): the template does not name this subscription")]);
    assert_eq!(world.subscriptions().await.len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_has_to_confirm_is_told_until_it_has() {
    let template = "
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: { TopicName: jobs, Subscription: [{ Protocol: http, Endpoint: 'http://127.0.0.1:9/' }] }
";
    let world = World::start().await;
    for _ in 0..2 {
        let told = "Pending  jobs -> http http://127.0.0.1:9/: it was asked to confirm, and gets nothing until then\n";
        let summary = world.deploy(template).await;
        assert!(summary.contains(told), "{summary}");
    }
    let [subscription] = &world.subscriptions().await[..] else { panic!("not one subscription") };
    let bongsu_broker::SubscriptionState::Pending { token, .. } = subscription.definition.state else {
        panic!("asked")
    };
    world.broker.confirm_subscription(token, true).await.unwrap();
    let summary = world.deploy(template).await;
    assert!(!summary.contains("Pending"), "{summary}");
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
    let world = World::start().await;
    let rotated = template.replace("s3cr3t", "n3w");
    let summary = world.deploy(template).await + &world.deploy(&rotated).await;
    assert!(summary.contains("jobs -> https ****") && summary.contains("Kept"), "{summary}");
    assert!(!summary.contains("s3cr3t") && !summary.contains("n3w"), "{summary}");
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_a_fault_of_its_subscription_or_policy() {
    let world = World::start().await;
    let mut faults = Vec::new();
    for resource in [
        "Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !Sub 'arn:aws:sns:us-east-1:${AWS::AccountId}:no', \
         Protocol: sqs, Endpoint: !GetAtt Queue.Arn }",
        "Type: AWS::SNS::TopicPolicy\n    Properties: { Topics: ['arn:aws:sns:us-east-1:000000000000:no'], \
         PolicyDocument: { Statement: { Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: '*' } } }",
    ] {
        let queue = "Resources:\n  Queue: { Type: 'AWS::SQS::Queue' }\n";
        faults.push(world.try_deploy(&format!("{queue}  Lost:\n    {resource}\n")).await.unwrap_err().to_string());
    }
    assert_eq!(faults, ["T:3: resource Lost: its topic does not exist"; 2]);
}
