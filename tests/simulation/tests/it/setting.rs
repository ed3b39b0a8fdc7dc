//! What there is in a life of pipelines: queues, functions that they feed, a topic, a bucket, a schedule.

use std::collections::BTreeMap;

use bongsu_broker::{
    Account, AttributesGiven, BucketName, Destination, EventOrigin, EventPattern, Function, FunctionRef,
    FunctionVersion, InvokeConfig, MappingDefinition, NotificationRule, Protocol, PutWhen, QueueName, SCHEDULE_AGE,
    SCHEDULE_RETRIES, ScheduleDefinition, ScheduleTarget, Seconds, Subscriber, SubscriptionAdded,
    SubscriptionAttributes, Text, Timestamp, TopicAttributes, TopicName,
};
use bongsu_runtime::{Handle, Refusal};

use crate::works::{EVENT_AGE_MAX, EVENT_RETRIES_MAX};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const WORKER: &str = "worker";
pub(crate) const HANDLER: &str = "handler";
pub(crate) const TOPIC: &str = "news";
pub(crate) const ENDPOINT: &str = "http://example.com/hook";
pub(crate) const WORKER_ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:worker";
pub(crate) const BUCKET: &str = "state";
pub(crate) const TICK: &str = "rule/tick";
/// The queues that feed the worker, and where what fails for good goes.
pub(crate) const MAPPED: [(&str, &str); 3] =
    [("orders", "orders-dead"), ("gathered", "gathered-dead"), ("ordered.fifo", "dead.fifo")];
/// The queues that clients work off; dead-letter queues come before their sources.
pub(crate) const INBOXES: [&str; 11] = [
    "orders-dead",
    "gathered-dead",
    "dead.fifo",
    "records",
    "dead-events",
    "changes",
    "ticks",
    "faulty-dead",
    "undelivered",
    "unworked",
    "faulty",
];
/// Invocations at once, of all who ask for one.
pub(crate) const RESERVED: [(&str, u32); 2] = [(WORKER, 4), (HANDLER, 3)];
/// Of one mapping.
pub(crate) const MAPPING_RUNS_MAX: u32 = 2;
/// How long a run may take.
pub(crate) const TIMEOUT: Seconds = Seconds(10);
/// Longer than a run lasts, with the steps in which the clock goes on.
const VISIBILITY: &str = "40";
/// What goes wrong on purpose.
const FAULTS: &str = "reorder=0.2 duplicate=0.2 delay=0.2 delay-seconds=5 drop=0.2 seed=3";

pub(crate) fn queue(name: &str) -> QueueName {
    QueueName { account: Account(0), name: name.into() }
}

pub(crate) fn topic() -> TopicName {
    TopicName { account: Account(0), name: TOPIC.into() }
}

pub(crate) fn bucket() -> BucketName {
    BucketName::parse(BUCKET).expect("a good name")
}

/// Makes everything, but for the confirmation of the endpoint.
pub(crate) async fn create(broker: &Handle) -> Result<(), Refusal> {
    for name in INBOXES.into_iter().chain(MAPPED.map(|(name, _)| name)) {
        let faults = (name == "faulty").then(|| ("bongsu:faults".into(), FAULTS.into()));
        broker.create_queue(queue(name), attributes(name), faults.into_iter().collect(), false).await?;
    }
    for (name, reserved) in RESERVED {
        broker.put_function(function(name), PutWhen::Always).await?;
        broker.set_concurrency(name, Some(reserved)).await?;
    }
    let config = InvokeConfig {
        retries_max: EVENT_RETRIES_MAX,
        age_max: EVENT_AGE_MAX,
        on_success: Some(queue("records").into()),
        on_failure: Some(queue("records").into()),
        details: "".into(),
    };
    broker.put_invoke_config(FunctionRef::latest(HANDLER), Some(config)).await?;
    for (name, _) in MAPPED {
        broker.put_mapping(None, mapping(name), PutWhen::Always).await?;
    }
    let attributes = TopicAttributes::parse(&BTreeMap::new(), &topic()).expect("no attributes");
    broker.create_topic(topic(), attributes, BTreeMap::new()).await?;
    broker.subscribe(topic(), subscription(Protocol::Http, ENDPOINT, "undelivered")).await?;
    broker.subscribe(topic(), subscription(Protocol::Lambda, WORKER_ARN, "unworked")).await?;
    broker.create_bucket(bucket(), Account(0), BTreeMap::new()).await?;
    let rule = |prefix: &str, target: Destination| NotificationRule {
        id: prefix.into(),
        events: vec![EventPattern::Created, EventPattern::Removed],
        prefix: prefix.into(),
        suffix: "".into(),
        target,
    };
    let rules = vec![rule("k", queue("changes").into()), rule("f", FunctionRef::latest(HANDLER).into())];
    broker.set_notification_rules(bucket(), rules, false, origin(0)).await?;
    broker.put_schedule(schedule(TICK, "rate(1 minute)", None)).await
}

fn attributes(name: &str) -> AttributesGiven {
    let mut given = BTreeMap::new();
    if name.ends_with(".fifo") {
        given.insert("FifoQueue".to_owned(), "true".to_owned());
    }
    let dead_letters = MAPPED.into_iter().chain([("faulty", "faulty-dead")]).find(|(source, _)| *source == name);
    if let Some((_, target)) = dead_letters {
        let redrive = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, queue(target).arn(REGION));
        given.insert("RedrivePolicy".to_owned(), redrive);
        given.insert("VisibilityTimeout".to_owned(), VISIBILITY.to_owned());
    }
    AttributesGiven::parse(&given, &queue(name), REGION).expect("good attributes")
}

fn function(name: &str) -> Function {
    Function {
        name: name.into(),
        version: FunctionVersion::Latest,
        revision: 0,
        runtime: "python3.13".into(),
        handler: "app.handler".into(),
        code: "code".into(),
        code_digest: "".into(),
        layers: Vec::new(),
        timeout_seconds: TIMEOUT.0,
        memory_mb: 128,
        environment: Vec::new(),
        dead_letters: (name == HANDLER).then(|| queue("dead-events").into()),
        details: "".into(),
    }
}

fn mapping(name: &str) -> MappingDefinition {
    MappingDefinition {
        queue: queue(name),
        function: FunctionRef::latest(WORKER),
        batch_size: 4,
        window: Seconds(if name == "gathered" { 5 } else { 0 }),
        report_batch_item_failures: true,
        concurrency_max: Some(MAPPING_RUNS_MAX),
        enabled: true,
        filters: Vec::new(),
        details: "".into(),
    }
}

fn subscription(protocol: Protocol, endpoint: &str, dead_letters: &str) -> SubscriptionAdded {
    let subscriber = Subscriber { owner: Account(0), protocol, endpoint, of_fifo: false, region: REGION };
    let redrive = format!(r#"{{"deadLetterTargetArn":"{}"}}"#, queue(dead_letters).arn(REGION));
    let given = [("RedrivePolicy".to_owned(), redrive)].into();
    SubscriptionAdded {
        owner: Account(0),
        principal: "arn:aws:iam::000000000000:root".into(),
        protocol,
        endpoint: endpoint.into(),
        queue: None,
        attributes: SubscriptionAttributes::parse(&given, &subscriber).expect("good attributes"),
    }
}

/// One that sends an event to the queue of ticks, or a text once.
pub(crate) fn schedule(name: &str, expression: &str, input: Option<String>) -> ScheduleDefinition {
    ScheduleDefinition {
        name: name.into(),
        arn: "arn:aws:events:us-east-1:000000000000:rule/tick".into(),
        source: "aws.events".into(),
        expression: expression.into(),
        zone: "UTC".into(),
        enabled: true,
        start: None,
        end: None,
        deletes_itself: input.is_some(),
        targets: vec![ScheduleTarget {
            destination: queue("ticks").into(),
            input: input.map(String::into_boxed_str),
            group: None,
            retries_max: SCHEDULE_RETRIES,
            age_max: SCHEDULE_AGE,
            dead_letters: None,
        }],
        window: Seconds(0),
    }
}

/// `at(…)` this moment, to the second.
pub(crate) fn at(moment: Timestamp) -> String {
    format!("at({})", &moment.iso_8601()[..19])
}

pub(crate) fn origin(request: u64) -> EventOrigin {
    let request_id = Text::from(request.to_string());
    EventOrigin { region: Text::from(REGION), request_id, ..EventOrigin::default() }
}
