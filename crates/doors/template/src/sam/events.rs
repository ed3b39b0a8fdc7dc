//! `Events` of a function: mappings, subscriptions, schedules, routes, and what they are permitted by.

use super::build::{self, Bag, Made};
use super::function::{Invoked, OWN};
use super::{Expansion, Notification, Operation, Source, api, named, schedules};
use crate::metadata::RATE_LIMIT;
use crate::node::{Entry, Node, Value};

const KINDS: [&str; 7] = ["Api", "HttpApi", "S3", "SNS", "SQS", "Schedule", "ScheduleV2"];

/// Whom events reach.
pub(super) trait Target {
    /// What schedules and the like are told.
    fn arn(&self, line: u32) -> Node;
}

/// One event on its way.
pub(super) struct Event<'a, T> {
    pub(super) source: &'a Source<'a>,
    pub(super) target: &'a T,
    /// The logical id of whom it reaches, followed by the event's: what most of what is made is called.
    pub(super) logical_id: String,
    pub(super) line: u32,
    pub(super) bag: Bag,
}

/// What the function's metadata says of what its events make.
#[derive(Default)]
struct Used {
    delivery_policy: bool,
    rate_limit: bool,
    webhook: bool,
}

pub(super) fn expand(expansion: &mut Expansion<'_, '_>, source: &Source<'_>, invoked: &Invoked, events: Option<Entry>) {
    let mut used = Used::default();
    if let Some(events) = &events {
        let Some(entries) = events.node.as_map() else {
            let reason = format!("Events must be a map, not {}", events.node.kind());
            return expansion.faults.at(events.line, reason);
        };
        for entry in entries {
            expand_one(expansion, source, invoked, entry, &mut used);
        }
    }
    let unused = [
        ("DeliveryPolicy", used.delivery_policy, "no event of type SNS"),
        (RATE_LIMIT, used.rate_limit, "no event of type SQS"),
        ("Webhook", used.webhook, "no event of type Api or HttpApi"),
    ];
    for (name, is_used, what) in unused {
        if let Some(entry) = source.ours(name).filter(|_| !is_used) {
            expansion.faults.at(entry.line, format!("{name}: the function has {what} that it is for"));
        }
    }
    let ours = source.node.get("Metadata").and_then(|metadata| metadata.get("Bongsu")).and_then(Node::as_map);
    let is_known = |key: &str| key == OWN || unused.iter().any(|(name, ..)| key == *name);
    for entry in ours.unwrap_or_default().iter().filter(|entry| !is_known(&entry.key)) {
        expansion.faults.at(entry.line, format!("property {} is not supported", entry.key));
    }
}

fn expand_one(
    expansion: &mut Expansion<'_, '_>,
    source: &Source<'_>,
    invoked: &Invoked,
    entry: &Entry,
    used: &mut Used,
) {
    let Some((kind, mut event)) = opened(expansion, source, invoked, entry, &KINDS) else { return };
    match kind.as_str() {
        "SQS" => {
            used.rate_limit = true;
            sqs(expansion, &mut event);
        }
        "SNS" => used.delivery_policy |= sns(expansion, &mut event),
        "S3" => s3(expansion, &mut event),
        "Schedule" => schedule(expansion, &mut event),
        "ScheduleV2" => schedules::schedule(expansion, &mut event),
        kind => {
            used.webhook = true;
            route(expansion, &mut event, kind == "HttpApi");
        }
    }
    event.bag.finish(expansion.faults);
}

/// An event's type, which is one of these, and its properties.
pub(super) fn opened<'a, T>(
    expansion: &mut Expansion<'_, '_>,
    source: &'a Source<'a>,
    target: &'a T,
    Entry { key: name, line, node }: &Entry,
    kinds: &[&str],
) -> Option<(String, Event<'a, T>)> {
    let line = *line;
    let Some(mut event) = Bag::of(node) else {
        expansion.faults.at(line, format!("event {name} must be a map, not {}", node.kind()));
        return None;
    };
    let (kind, properties) = (event.take("Type"), event.take("Properties"));
    event.finish(expansion.faults);
    if kind.is_none() {
        expansion.faults.at(line, "Type is missing");
    }
    let kind_line = kind.as_ref().map_or(line, |kind| kind.line);
    let kind = expansion.known_text(kind)?;
    if !kinds.contains(&kind.as_str()) {
        let reason = match kind.as_str() {
            "CloudWatchEvent" | "EventBridgeRule" => "is not supported: there is no event bus; Schedule is",
            _ => "is not supported yet",
        };
        expansion.faults.at(kind_line, format!("event {name}: type {kind} {reason}"));
        return None;
    }
    let bag = match &properties {
        Some(properties) => Bag::of(&properties.node),
        None if ["Api", "HttpApi"].contains(&kind.as_str()) => Some(Bag::new(line, Vec::new())),
        None => {
            expansion.faults.at(line, format!("event {name}: Properties are missing"));
            return None;
        }
    };
    if bag.is_none() {
        expansion.faults.at(line, format!("event {name}: Properties must be a map"));
    }
    let logical_id = build::id(&[source.logical_id, name]);
    Some((kind, Event { source, target, logical_id, line, bag: bag? }))
}

impl<T> Event<'_, T> {
    /// A resource of the event's own name, followed by this.
    pub(super) fn made(&self, suffix: &str, type_name: &str) -> Made {
        Made::new(format!("{}{suffix}", self.logical_id), self.line, type_name)
    }
}

impl Target for Invoked {
    fn arn(&self, line: u32) -> Node {
        Invoked::arn(self, line)
    }
}

impl Event<'_, Invoked> {
    fn permission(&self, suffix: &str, principal: &str) -> Made {
        self.made(suffix, "AWS::Lambda::Permission")
            .with("Action", build::text(self.line, "lambda:InvokeFunction"))
            .with("FunctionName", self.target.name(self.line))
            .with("Principal", build::text(self.line, principal))
    }
}

fn sqs(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Invoked>) {
    let queue = event.bag.take("Queue");
    if queue.is_none() {
        expansion.faults.at(event.bag.line, "Queue is missing");
        return event.bag.drop(&MAPPING);
    }
    let mut made = mapping(event, "").with_taken("EventSourceArn", queue).with_all(&mut event.bag, &MAPPING);
    if let Some(rule) = event.source.ours(RATE_LIMIT) {
        made = made.with_attribute("Metadata", only(event.line, rule));
    }
    expansion.make(event.source, made);
}

/// Metadata that has only this of what the function's has.
fn only(line: u32, ours: &Entry) -> Node {
    build::map(line, [("Bongsu", Node { line, value: Value::Map(vec![ours.clone()]) })])
}

/// What an event of type `SQS` and a mapping both say.
const MAPPING: [&str; 10] = [
    "BatchSize",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "LoggingConfig",
    "MaximumBatchingWindowInSeconds",
    "MetricsConfig",
    "ProvisionedPollerConfig",
    "ScalingConfig",
];

fn mapping(event: &Event<'_, Invoked>, suffix: &str) -> Made {
    event.made(suffix, "AWS::Lambda::EventSourceMapping").with("FunctionName", event.target.name(event.line))
}

/// What an event of type `SNS` and a subscription both say.
const SUBSCRIPTION: [&str; 4] = ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"];

/// A topic's notifications come as they are, or through a queue that the function reads. Whether they come as they are.
fn sns(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Invoked>) -> bool {
    let line = event.line;
    let Some(topic) = event.bag.take("Topic") else {
        expansion.faults.at(event.bag.line, "Topic is missing");
        event.bag.drop(&SUBSCRIPTION);
        event.bag.drop(&["SqsSubscription"]);
        return true;
    };
    let between = event.bag.take("SqsSubscription");
    let subscription = event
        .made("", "AWS::SNS::Subscription")
        .with_taken("TopicArn", Some(topic.clone()))
        .with_all(&mut event.bag, &["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"]);
    let to_queue = |endpoint: Node| ("sqs", endpoint);
    let (protocol, endpoint) = match between.as_ref().map(|between| (between.line, Bag::of(&between.node), between)) {
        Some((line, Some(mut queue), _)) => {
            let (arn, url) = (queue.take("QueueArn"), queue.take("QueueUrl"));
            let (Some(arn), Some(_)) = (arn, url) else {
                expansion.faults.at(line, "SqsSubscription: No QueueARN or QueueURL provided.");
                return false;
            };
            // Within one account the queue's policy need not name the topic.
            queue.drop(&["QueuePolicyLogicalId"]);
            let made = mapping(event, "EventSourceMapping")
                .with_taken("EventSourceArn", Some(arn.clone()))
                .with_all(&mut queue, &["BatchSize", "Enabled"]);
            queue.finish(expansion.faults);
            expansion.make(event.source, made);
            to_queue(arn.node)
        }
        Some((line, None, given)) => match expansion.known_text(Some(given.clone())).as_deref() {
            Some("true" | "True") => to_queue(own_queue(expansion, event, topic.node.clone())),
            Some("false" | "False") => ("lambda", event.target.arn(line)),
            Some(other) => {
                expansion.faults.at(line, format!("SqsSubscription must be true, false or a map, not {other}"));
                return false;
            }
            None => return false,
        },
        None => ("lambda", event.target.arn(line)),
    };
    let mut subscription = subscription.with("Protocol", build::text(line, protocol)).with("Endpoint", endpoint);
    let is_direct = protocol == "lambda";
    if is_direct {
        if let Some(policy) = event.source.ours("DeliveryPolicy") {
            subscription = subscription.with_attribute("Metadata", only(line, policy));
        }
        let permission = event.permission("Permission", "sns.amazonaws.com").with_taken("SourceArn", Some(topic));
        expansion.make(event.source, permission);
    }
    expansion.make(event.source, subscription);
    is_direct
}

/// The queue between a topic and the function, which the topic may send to; its ARN.
fn own_queue(expansion: &mut Expansion<'_, '_>, event: &Event<'_, Invoked>, topic: Node) -> Node {
    let line = event.line;
    let queue = event.made("Queue", "AWS::SQS::Queue");
    let (url, arn) = (build::reference(line, &queue.logical_id), build::get_att(line, &queue.logical_id, "Arn"));
    let text = |text: &str| build::text(line, text);
    let statement = build::map(
        line,
        [
            ("Effect", text("Allow")),
            ("Principal", build::map(line, [("Service", text("sns.amazonaws.com"))])),
            ("Action", text("sqs:SendMessage")),
            ("Resource", arn.clone()),
            ("Condition", build::map(line, [("ArnEquals", build::map(line, [("aws:SourceArn", topic)]))])),
        ],
    );
    let document =
        build::map(line, [("Version", text("2012-10-17")), ("Statement", build::list(line, vec![statement]))]);
    let policy = event
        .made("QueuePolicy", "AWS::SQS::QueuePolicy")
        .with("Queues", build::list(line, vec![url]))
        .with("PolicyDocument", document);
    let mapping = mapping(event, "EventSourceMapping").with("EventSourceArn", arn.clone());
    for made in [queue, policy, mapping] {
        expansion.make(event.source, made);
    }
    arn
}

/// A bucket is told to notify the function, one configuration for each of the events.
fn s3(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Invoked>) {
    let (bucket, filter) = (event.bag.take("Bucket"), event.bag.take("Filter"));
    let events = event.bag.take("Events");
    let (Some(bucket), Some(events)) = (bucket, events) else {
        return expansion.faults.at(event.bag.line, "Bucket and Events are needed");
    };
    let Some(name) = named(&bucket.node) else {
        return expansion.faults.at(bucket.line, "Bucket must be !Ref of an AWS::S3::Bucket of this template");
    };
    let Some(known) = expansion.known(&events.node) else { return };
    for one in known.as_list().unwrap_or(std::slice::from_ref(&known)) {
        let line = one.line;
        let mut configuration =
            vec![build::entry(line, "Event", one.clone()), build::entry(line, "Function", event.target.arn(line))];
        configuration.extend(filter.clone());
        let configuration = Node { line, value: Value::Map(configuration) };
        if expansion.spend(line, configuration.size()).is_none() {
            return;
        }
        let (function, bucket) = (event.source.logical_id.to_owned(), name.to_owned());
        expansion.notifications.push(Notification { function, bucket, configuration });
    }
    let account = build::reference(event.line, "AWS::AccountId");
    let permission = event.permission("Permission", "s3.amazonaws.com").with("SourceAccount", account);
    expansion.make(event.source, permission);
}

fn schedule(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Invoked>) {
    event.bag.drop(&["RoleArn"]);
    schedules::rule(expansion, event, "LambdaTarget", None);
    let permission = event
        .permission("Permission", "events.amazonaws.com")
        .with("SourceArn", build::get_att(event.line, &event.logical_id, "Arn"));
    expansion.make(event.source, permission);
}

/// An operation of the API that is named, or of the one that SAM makes.
fn route(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Invoked>, is_http: bool) {
    let line = event.line;
    let format = event.bag.take("PayloadFormatVersion").map(|format| format.node);
    let timeout = event.bag.take("TimeoutInMillis").map(|timeout| timeout.node);
    let auth = event.bag.take("Auth");
    let Some(Place { api, path, method }) = place(expansion, event, is_http) else { return };
    let function = event.target.arn(line);
    let permission = event
        .permission("Permission", "apigateway.amazonaws.com")
        .with("SourceArn", api::invocation_arn(line, &api, &method, &path));
    let permission = if is_http { permission } else { api::of_stage(expansion, permission, &api) };
    let integration = api::integration(line, function, is_http, format, timeout);
    if add_operation(expansion, event, Place { api, path, method }, integration, auth) {
        expansion.make(event.source, permission);
    }
}

/// Where requests come in.
pub(super) struct Place {
    /// The logical id of the API.
    api: String,
    path: String,
    method: String,
}

/// The place that the event names.
pub(super) fn place<T>(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, T>, is_http: bool) -> Option<Place> {
    let (property, implicit, type_name) =
        if is_http { ("ApiId", api::IMPLICIT_HTTP, api::HTTP) } else { ("RestApiId", api::IMPLICIT_REST, api::REST) };
    let (path, method) = (event.bag.take("Path"), event.bag.take("Method"));
    let api = match event.bag.take(property) {
        None => implicit.to_owned(),
        Some(given) => {
            let named = named(&given.node).filter(|name| {
                expansion
                    .written
                    .iter()
                    .any(|entry| entry.key == *name && super::type_of(&entry.node) == Some(type_name))
            });
            if named.is_none() {
                let reason = format!("{property} must be !Ref of an {type_name} of this template");
                expansion.faults.at(given.line, reason);
            }
            named?.to_owned()
        }
    };
    match (expansion.known_text(path), expansion.known_text(method)) {
        (Some(path), Some(method)) => Some(Place { api, path, method }),
        // An HTTP API's event that names neither is for everything.
        (None, None) if is_http => Some(Place { api, path: "/$default".to_owned(), method: "ANY".to_owned() }),
        _ => {
            expansion.faults.at(event.bag.line, "Path and Method are needed");
            None
        }
    }
}

/// Tells the API who works on the requests; whether there was room for it.
pub(super) fn add_operation<T>(
    expansion: &mut Expansion<'_, '_>,
    event: &Event<'_, T>,
    Place { api, path, method }: Place,
    integration: Node,
    auth: Option<Entry>,
) -> bool {
    let line = event.line;
    let mut operation = vec![
        build::entry(line, "responses", build::map(line, [])),
        build::entry(line, crate::api::openapi::INTEGRATION, integration),
    ];
    if let Some(webhook) = event.source.ours("Webhook") {
        operation.push(Entry { key: crate::api::openapi::WEBHOOK.to_owned(), ..webhook.clone() });
    }
    let node = Node { line, value: Value::Map(operation) };
    let has_room = expansion.spend(line, node.size()).is_some();
    if has_room {
        expansion.operations.entry(api).or_default().push(Operation { path, method, line, node, auth });
    }
    has_room
}
