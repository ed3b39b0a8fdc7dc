//! `Events` of a SAM function: queues it reads, and topics it is subscribed to.

use std::collections::BTreeMap;

use crate::mapping::{self, MappingResource};
use crate::names;
use crate::node::Entry;
use crate::reader::Reader;
use crate::subscription::{self, DeliveryPolicy, SubscriptionResource};
use crate::template::Declared;
use crate::{Inputs, QueueResource};

/// What an event of type `SNS` says of its subscription.
const SUBSCRIPTION_PROPERTIES: [&str; 5] = ["Topic", "Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"];

/// Everything that a function's events ask for.
#[derive(Default)]
pub(crate) struct Events {
    pub(crate) mappings: Vec<MappingResource>,
    pub(crate) subscriptions: Vec<SubscriptionResource>,
    /// Those between a topic and the function.
    pub(crate) queues: Vec<QueueResource>,
}

/// Who the events are for.
struct Subscriber<'a> {
    declared: &'a Declared<'a>,
    function: &'a str,
    inputs: &'a Inputs,
}

/// Reads the events; the delivery policy of the function's metadata is for all of its subscriptions.
pub(crate) fn read(
    declared: &Declared<'_>,
    function: &str,
    delivery_policy: Option<&DeliveryPolicy>,
    inputs: &Inputs,
    reader: &mut Reader<'_>,
) -> Events {
    let entries = reader.map("Events").map(Reader::into_entries).unwrap_or_default();
    let subscriber = Subscriber { declared, function, inputs };
    let mut events = Events::default();
    for entry in entries {
        read_event(&subscriber, entry, reader, &mut events);
    }
    if let Some(policy) = delivery_policy {
        let direct = events.subscriptions.iter_mut().filter(|subscription| subscription.protocol == "lambda");
        let direct: Vec<_> = direct.collect();
        if direct.is_empty() {
            reader.fault(policy.line, "DeliveryPolicy: the function has no event of type SNS that it is for");
        }
        if let Some(text) = policy.checked("lambda", false, reader) {
            for subscription in direct {
                subscription.attributes.insert(DeliveryPolicy::NAME.to_owned(), text.clone());
            }
        }
    }
    events
}

fn read_event(
    subscriber: &Subscriber<'_>,
    Entry { key: name, line, node }: Entry,
    reader: &mut Reader<'_>,
    events: &mut Events,
) {
    let Some(mut event) = reader.within(node, &format!("event {name}")) else { return };
    let Some(kind) = event.required("Type") else { return };
    if !["SNS", "SQS"].contains(&kind.as_str()) {
        event.fault(event.line_of("Type"), format!("event {name}: type {kind} is not supported yet"));
        return;
    }
    if !event.has("Properties") {
        event.fault(line, format!("event {name}: Properties are missing"));
    }
    let Some(mut properties) = event.map("Properties") else { return };
    let logical_id = format!("{}{name}", subscriber.declared.logical_id);
    match kind.as_str() {
        "SNS" => read_sns(subscriber, logical_id, line, &mut properties, events),
        _ => {
            let Subscriber { function, inputs, .. } = subscriber;
            events.mappings.extend(mapping::read_event(logical_id, line, function, inputs, &mut properties));
        }
    }
    properties.finish();
    event.finish();
}

/// What stands between a topic and the function.
enum Between {
    Nothing,
    /// A queue of the event's own.
    OwnQueue,
    /// A queue that the template names.
    Named(MappingResource),
    /// Something that has been reported.
    Faulty,
}

/// A topic's notifications come as they are, or through a queue that the function reads.
fn read_sns(
    subscriber: &Subscriber<'_>,
    logical_id: String,
    line: u32,
    properties: &mut Reader<'_>,
    events: &mut Events,
) {
    let Subscriber { function, inputs, .. } = subscriber;
    let endpoint = match between(subscriber, &logical_id, line, properties) {
        Between::Nothing => ("lambda", names::function_arn(inputs, function)),
        Between::OwnQueue => {
            let queue = own_queue(&logical_id, line, inputs);
            let arn = queue.arn.clone();
            events.mappings.push(MappingResource::with_defaults(logical_id.clone(), line, function, &queue.name));
            events.queues.push(queue);
            ("sqs", arn)
        }
        Between::Named(mapping) => {
            let arn = names::queue_arn(inputs, &mapping.queue);
            events.mappings.push(mapping);
            ("sqs", arn)
        }
        Between::Faulty => return properties.pass(&SUBSCRIPTION_PROPERTIES),
    };
    events.subscriptions.extend(subscription::read_event(logical_id, line, endpoint, inputs, properties));
}

/// Reads `SqsSubscription`: `true` for a queue of the event's own, or a map that names one.
fn between(subscriber: &Subscriber<'_>, logical_id: &str, line: u32, properties: &mut Reader<'_>) -> Between {
    let Some(given) = properties.take("SqsSubscription") else {
        return if properties.has("SqsSubscription") { Between::Faulty } else { Between::Nothing };
    };
    if given.as_map().is_none() {
        return match properties.boolean("SqsSubscription") {
            Some(true) => Between::OwnQueue,
            Some(false) => Between::Nothing,
            None => Between::Faulty,
        };
    }
    let mapping =
        properties.within(given, "SqsSubscription").and_then(|named| read_named(subscriber, logical_id, line, named));
    mapping.map_or(Between::Faulty, Between::Named)
}

fn read_named(
    Subscriber { function, inputs, .. }: &Subscriber<'_>,
    logical_id: &str,
    line: u32,
    mut named: Reader<'_>,
) -> Option<MappingResource> {
    if !named.has("QueueArn") || !named.has("QueueUrl") {
        named.fault(named.line_of(""), "SqsSubscription: No QueueARN or QueueURL provided.");
    }
    // The ARN says it all; a policy is not needed within one account.
    named.pass(&["QueueUrl", "QueuePolicyLogicalId"]);
    let queue = named.string("QueueArn").and_then(|arn| {
        let queue = names::queue_of_arn(&arn, inputs);
        queue.map_err(|reason| named.fault(named.line_of("QueueArn"), format!("QueueArn: {reason}"))).ok()
    });
    let defaults =
        MappingResource::with_defaults(logical_id.to_owned(), line, function, queue.as_deref().unwrap_or_default());
    let batch_size = mapping::batch_size(&mut named, queue.as_deref());
    let enabled = named.boolean("Enabled").unwrap_or(true);
    named.finish();
    queue.map(|_| MappingResource { batch_size, enabled, ..defaults })
}

/// As SAM makes it: with nothing but defaults.
fn own_queue(logical_id: &str, line: u32, inputs: &Inputs) -> QueueResource {
    let logical_id = format!("{logical_id}Queue");
    let name = names::generated(inputs, &logical_id, "", names::QUEUE_NAME_MAX);
    let (url, arn) = (names::queue_url(inputs, &name), names::queue_arn(inputs, &name));
    QueueResource {
        logical_id,
        line,
        name,
        url,
        arn,
        attributes: BTreeMap::new(),
        tags: BTreeMap::new(),
        dead_letter_queue: None,
    }
}
