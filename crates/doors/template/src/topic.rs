//! `AWS::SNS::Topic` → the name, attributes and tags of `CreateTopic`, and the subscriptions it names itself.

use std::collections::BTreeMap;

use crate::json::Scalars;
use crate::names::{self, FIFO_SUFFIX};
use crate::queue;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::subscription::{self, SubscriptionResource};
use crate::types::{Naming, Read, Reading, ResourceType};

/// The longest display name, in characters.
const DISPLAY_NAME_CHARS_MAX: usize = 100;
/// What `DeliveryStatusLogging` calls an endpoint, and what the attributes' names begin with.
const LOGGED_PROTOCOLS: [(&str, &str); 5] = [
    ("application", "Application"),
    ("firehose", "Firehose"),
    ("http/s", "HTTP"),
    ("lambda", "Lambda"),
    ("sqs", "SQS"),
];

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::SNS::Topic",
    identity,
    read: Read::Properties(|reading| Some(Definition::Topic(read(reading)))),
    metadata: &[],
    told: &[("DataProtectionPolicy", "messages are not searched for sensitive data")],
    replaced_by: &["FifoTopic", "TopicName"],
};

/// A topic to create.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicResource {
    /// The topic's name, with `.fifo` for a FIFO topic.
    pub name: String,
    /// What `Ref` gives.
    pub arn: String,
    /// The attributes exactly as `CreateTopic` takes them; those not given in the template are absent.
    pub attributes: BTreeMap<String, String>,
    /// The tags of the topic.
    pub tags: BTreeMap<String, String>,
    /// Those that the topic's own list names.
    pub subscriptions: Vec<SubscriptionResource>,
}

/// The name given, or a generated one, and what follows from it.
fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let suffix = if naming.is_true("FifoTopic") { FIFO_SUFFIX } else { "" };
    let (inputs, given) = (naming.inputs, naming.text("TopicName"));
    let name = given.unwrap_or_else(|| names::generated(inputs, naming.logical_id, suffix, names::TOPIC_NAME_MAX));
    let arn = names::topic_arn(inputs, &name);
    let attributes = vec![("TopicArn", arn.clone()), ("TopicName", name.clone())];
    Identity::new(name, arn, attributes)
}

/// Reads the properties. A fault leaves its attribute out.
fn read(Reading { identity, inputs, mut reader, .. }: Reading<'_, '_>) -> TopicResource {
    let name = identity.name.clone();
    let is_fifo = check_name(&name, &mut reader);
    let mut attributes = BTreeMap::new();
    let mut keep = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value);
        }
    };
    // SNS ignores `FifoTopic` on a standard topic.
    keep("FifoTopic", is_fifo.then(|| "true".to_owned()));
    keep("DisplayName", display_name(&mut reader));
    keep("KmsMasterKeyId", reader.string("KmsMasterKeyId"));
    keep("SignatureVersion", reader.one_of("SignatureVersion", &["1", "2"]));
    keep("TracingConfig", reader.one_of("TracingConfig", &["PassThrough", "Active"]));
    keep("ArchivePolicy", reader.json("ArchivePolicy", Scalars::Texts).filter(|policy| policy != "{}"));
    keep("ContentBasedDeduplication", reader.boolean("ContentBasedDeduplication").map(|value| value.to_string()));
    keep("FifoThroughputScope", reader.one_of("FifoThroughputScope", &["Topic", "MessageGroup"]));
    attributes.extend(delivery_status_logging(&mut reader));
    for property in ["ContentBasedDeduplication", "FifoThroughputScope"] {
        if !is_fifo && reader.has(property) {
            reader.fault(reader.line_of(property), format!("{property} needs FifoTopic: true"));
        }
    }
    let subscriptions = subscription::read_list(&name, inputs, &mut reader);
    let tags = queue::tags(&mut reader);
    reader.finish();

    let arn = names::topic_arn(inputs, &name);
    TopicResource { name, arn, attributes, tags, subscriptions }
}

/// Whether it is a FIFO topic's.
fn check_name(name: &str, reader: &mut Reader<'_>) -> bool {
    let line = reader.line_of("TopicName");
    reader.text("TopicName");
    if !names::is_topic_name(name) {
        let reason = "TopicName can only include alphanumeric characters, hyphens, or underscores, 1 to 256 in length";
        reader.fault(line, reason);
    }
    let is_fifo = reader.boolean("FifoTopic").unwrap_or(false);
    match (is_fifo, name.ends_with(FIFO_SUFFIX)) {
        (true, false) => reader.fault(line, "the name of a FIFO topic must end in .fifo"),
        (false, true) => reader.fault(line, "a name that ends in .fifo needs FifoTopic: true"),
        _ => {}
    }
    is_fifo
}

fn display_name(reader: &mut Reader<'_>) -> Option<String> {
    let name = reader.string("DisplayName")?;
    if name.chars().count() > DISPLAY_NAME_CHARS_MAX {
        let reason = format!("DisplayName must have at most {DISPLAY_NAME_CHARS_MAX} characters");
        reader.fault(reader.line_of("DisplayName"), reason);
        return None;
    }
    Some(name)
}

/// Roles and a rate for each kind of endpoint.
fn delivery_status_logging(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    for entry in reader.list("DeliveryStatusLogging") {
        let Some(mut entry) = reader.within(entry, "DeliveryStatusLogging") else { continue };
        let allowed = LOGGED_PROTOCOLS.map(|(protocol, _)| protocol);
        if !entry.has("Protocol") {
            entry.fault(entry.line_of(""), "Protocol is missing");
        }
        let protocol = entry.one_of("Protocol", &allowed);
        let prefix = LOGGED_PROTOCOLS.iter().find(|(name, _)| Some(*name) == protocol.as_deref()).map(|row| row.1);
        let rate = entry.whole("SuccessFeedbackSampleRate", 0..=100).map(|rate| rate.to_string());
        let values = [
            ("SuccessFeedbackRoleArn", entry.string("SuccessFeedbackRoleArn")),
            ("SuccessFeedbackSampleRate", rate),
            ("FailureFeedbackRoleArn", entry.string("FailureFeedbackRoleArn")),
        ];
        entry.finish();
        let Some(prefix) = prefix else { continue };
        let given = values.into_iter().filter_map(|(name, value)| Some((format!("{prefix}{name}"), value?)));
        attributes.extend(given);
    }
    attributes
}
