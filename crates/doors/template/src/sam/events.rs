//! `Events` of a function: mappings, subscriptions, schedules, routes, and what they are permitted by.

use super::build::{self, Bag, Made};
use super::function::{Invoked, OWN};
use super::{Expansion, Notification, Operation, Source, api, named};
use crate::metadata::RATE_LIMIT;
use crate::node::{Entry, Node, Value};

const KINDS: [&str; 7] = ["Api", "HttpApi", "S3", "SNS", "SQS", "Schedule", "ScheduleV2"];

/// One event on its way.
struct Event<'a> {
    source: &'a Source<'a>,
    invoked: &'a Invoked,
    /// The function's logical id followed by the event's: what most of what is made is called.
    logical_id: String,
    line: u32,
    bag: Bag,
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
    Entry { key: name, line, node }: &Entry,
    used: &mut Used,
) {
    let line = *line;
    let Some(mut event) = Bag::of(node) else {
        return expansion.faults.at(line, format!("event {name} must be a map, not {}", node.kind()));
    };
    let (kind, properties) = (event.take("Type"), event.take("Properties"));
    event.finish(expansion.faults);
    if kind.is_none() {
        expansion.faults.at(line, "Type is missing");
    }
    let kind_line = kind.as_ref().map_or(line, |kind| kind.line);
    let Some(kind) = expansion.known_text(kind) else { return };
    if !KINDS.contains(&kind.as_str()) {
        let reason = match kind.as_str() {
            "CloudWatchEvent" | "EventBridgeRule" => "is not supported: there is no event bus; Schedule is",
            _ => "is not supported yet",
        };
        return expansion.faults.at(kind_line, format!("event {name}: type {kind} {reason}"));
    }
    let bag = match &properties {
        Some(properties) => Bag::of(&properties.node),
        None if ["Api", "HttpApi"].contains(&kind.as_str()) => Some(Bag::new(line, Vec::new())),
        None => return expansion.faults.at(line, format!("event {name}: Properties are missing")),
    };
    let Some(bag) = bag else {
        return expansion.faults.at(line, format!("event {name}: Properties must be a map"));
    };
    let logical_id = build::id(&[source.logical_id, name]);
    let mut event = Event { source, invoked, logical_id, line, bag };
    match kind.as_str() {
        "SQS" => {
            used.rate_limit = true;
            sqs(expansion, &mut event);
        }
        "SNS" => used.delivery_policy |= sns(expansion, &mut event),
        "S3" => s3(expansion, &mut event),
        "Schedule" => schedule(expansion, &mut event),
        "ScheduleV2" => schedule_v2(expansion, &mut event),
        kind => {
            used.webhook = true;
            route(expansion, &mut event, kind == "HttpApi");
        }
    }
    event.bag.finish(expansion.faults);
}

impl Event<'_> {
    /// A resource of the event's own name, followed by this.
    fn made(&self, suffix: &str, type_name: &str) -> Made {
        Made::new(format!("{}{suffix}", self.logical_id), self.line, type_name)
    }

    fn permission(&self, suffix: &str, principal: &str) -> Made {
        self.made(suffix, "AWS::Lambda::Permission")
            .with("Action", build::text(self.line, "lambda:InvokeFunction"))
            .with("FunctionName", self.invoked.name(self.line))
            .with("Principal", build::text(self.line, principal))
    }
}

fn sqs(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) {
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

fn mapping(event: &Event<'_>, suffix: &str) -> Made {
    event.made(suffix, "AWS::Lambda::EventSourceMapping").with("FunctionName", event.invoked.name(event.line))
}

/// What an event of type `SNS` and a subscription both say.
const SUBSCRIPTION: [&str; 4] = ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"];

/// A topic's notifications come as they are, or through a queue that the function reads. Whether they come as they are.
fn sns(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) -> bool {
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
            Some("false" | "False") => ("lambda", event.invoked.arn(line)),
            Some(other) => {
                expansion.faults.at(line, format!("SqsSubscription must be true, false or a map, not {other}"));
                return false;
            }
            None => return false,
        },
        None => ("lambda", event.invoked.arn(line)),
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
fn own_queue(expansion: &mut Expansion<'_, '_>, event: &Event<'_>, topic: Node) -> Node {
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
fn s3(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) {
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
            vec![build::entry(line, "Event", one.clone()), build::entry(line, "Function", event.invoked.arn(line))];
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

fn schedule(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) {
    let line = event.line;
    let state = state(expansion, event);
    let dead_letter = dead_letter(expansion, event);
    event.bag.drop(&["RoleArn"]);
    let mut target = vec![
        build::entry(line, "Arn", event.invoked.arn(line)),
        build::entry(line, "Id", build::text(line, format!("{}LambdaTarget", event.logical_id))),
    ];
    target.extend(["Input", "RetryPolicy"].iter().filter_map(|name| event.bag.take(name)));
    target.extend(dead_letter);
    let target = Node { line, value: Value::Map(target) };
    let rule = event
        .made("", "AWS::Events::Rule")
        .with_taken("ScheduleExpression", event.bag.take("Schedule"))
        .with_all(&mut event.bag, &["Description", "Name"])
        .with_taken("State", state)
        .with("Targets", build::list(line, vec![target]));
    let permission = event
        .permission("Permission", "events.amazonaws.com")
        .with("SourceArn", build::get_att(line, &event.logical_id, "Arn"));
    expansion.make(event.source, rule);
    expansion.make(event.source, permission);
}

/// `Enabled: false` or `State: DISABLED`.
fn state(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) -> Option<Entry> {
    let (state, enabled) = (event.bag.take("State"), event.bag.take("Enabled"));
    match (state, enabled) {
        (Some(_), Some(enabled)) => {
            expansion.faults.at(enabled.line, "there is a State too");
            None
        }
        (None, Some(enabled)) => {
            let line = enabled.line;
            let state = match expansion.known_text(Some(enabled))?.as_str() {
                "true" | "True" => "ENABLED",
                "false" | "False" => "DISABLED",
                other => {
                    expansion.faults.at(line, format!("Enabled must be true or false, not {other}"));
                    return None;
                }
            };
            Some(build::entry(line, "State", build::text(line, state)))
        }
        (state, None) => state,
    }
}

/// A queue that is named, or one of the event's own.
fn dead_letter(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) -> Option<Entry> {
    let config = event.bag.take("DeadLetterConfig")?;
    let Some(mut bag) = Bag::of(&config.node) else { return Some(config) };
    let (arn, kind, id) = (bag.take("Arn"), bag.take("Type"), bag.take("QueueLogicalId"));
    bag.finish(expansion.faults);
    if arn.is_some() {
        let node = Node { line: config.node.line, value: Value::Map(arn.into_iter().collect()) };
        return Some(Entry { node, ..config });
    }
    if expansion.known_text(kind).as_deref() != Some("SQS") {
        expansion.faults.at(config.line, "DeadLetterConfig needs an Arn, or the Type SQS");
        return None;
    }
    let id = expansion.known_text(id).unwrap_or_else(|| format!("{}Queue", event.logical_id));
    let arn = build::get_att(config.line, &id, "Arn");
    expansion.make(event.source, Made::new(id, config.line, "AWS::SQS::Queue"));
    Some(Entry { node: build::map(config.line, [("Arn", arn)]), ..config })
}

fn schedule_v2(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>) {
    let line = event.line;
    let dead_letter = dead_letter(expansion, event);
    let omit = event.bag.take("OmitName");
    let is_unnamed = expansion.known_text(omit).is_some_and(|omit| omit.eq_ignore_ascii_case("true"));
    let name = match event.bag.take("Name") {
        None if !is_unnamed => Some(build::entry(line, "Name", build::text(line, &event.logical_id))),
        name => name,
    };
    event.bag.drop(&["PermissionsBoundary"]);
    let role = match event.bag.take("RoleArn") {
        Some(role) => role,
        None => {
            let made = event.made("Role", "AWS::IAM::Role");
            let arn = build::get_att(line, &made.logical_id, "Arn");
            expansion.make(event.source, made);
            build::entry(line, "RoleArn", arn)
        }
    };
    let mut target = vec![build::entry(line, "Arn", event.invoked.arn(line)), role];
    target.extend(["Input", "RetryPolicy"].iter().filter_map(|name| event.bag.take(name)));
    target.extend(dead_letter);
    let window = event.bag.take("FlexibleTimeWindow").unwrap_or_else(|| {
        build::entry(line, "FlexibleTimeWindow", build::map(line, [("Mode", build::text(line, "OFF"))]))
    });
    let made = event
        .made("", "AWS::Scheduler::Schedule")
        .with_taken("Name", name)
        .with_taken("FlexibleTimeWindow", Some(window))
        .with_all(
            &mut event.bag,
            &[
                "Description",
                "EndDate",
                "GroupName",
                "KmsKeyArn",
                "ScheduleExpression",
                "ScheduleExpressionTimezone",
                "StartDate",
                "State",
            ],
        )
        .with("Target", Node { line, value: Value::Map(target) });
    expansion.make(event.source, made);
}

/// An operation of the API that is named, or of the one that SAM makes.
fn route(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_>, is_http: bool) {
    let line = event.line;
    let (property, implicit, type_name) =
        if is_http { ("ApiId", api::IMPLICIT_HTTP, api::HTTP) } else { ("RestApiId", api::IMPLICIT_REST, api::REST) };
    let (path, method) = (event.bag.take("Path"), event.bag.take("Method"));
    let format = event.bag.take("PayloadFormatVersion").map(|format| format.node);
    let timeout = event.bag.take("TimeoutInMillis").map(|timeout| timeout.node);
    let auth = event.bag.take("Auth");
    let api = match event.bag.take(property) {
        None => implicit.to_owned(),
        Some(given) => {
            let named = named(&given.node).filter(|name| {
                expansion
                    .written
                    .iter()
                    .any(|entry| entry.key == *name && super::type_of(&entry.node) == Some(type_name))
            });
            let Some(named) = named else {
                let reason = format!("{property} must be !Ref of an {type_name} of this template");
                return expansion.faults.at(given.line, reason);
            };
            named.to_owned()
        }
    };
    let (path, method) = match (expansion.known_text(path), expansion.known_text(method)) {
        (Some(path), Some(method)) => (path, method),
        // An HTTP API's event that names neither is for everything.
        (None, None) if is_http => ("/$default".to_owned(), "ANY".to_owned()),
        _ => return expansion.faults.at(event.bag.line, "Path and Method are needed"),
    };
    let function = event.invoked.arn(line);
    let mut operation = vec![build::entry(line, "responses", build::map(line, []))];
    operation.push(build::entry(
        line,
        crate::api::openapi::INTEGRATION,
        api::integration(line, function, is_http, format, timeout),
    ));
    if let Some(webhook) = event.source.ours("Webhook") {
        operation.push(Entry { key: crate::api::openapi::WEBHOOK.to_owned(), ..webhook.clone() });
    }
    let permission = event
        .permission("Permission", "apigateway.amazonaws.com")
        .with("SourceArn", api::invocation_arn(line, &api, &method, &path));
    let permission = if is_http { permission } else { api::of_stage(expansion, permission, &api) };
    let node = Node { line, value: Value::Map(operation) };
    if expansion.spend(line, node.size()).is_none() {
        return;
    }
    expansion.operations.entry(api).or_default().push(Operation { path, method, line, node, auth });
    expansion.make(event.source, permission);
}
