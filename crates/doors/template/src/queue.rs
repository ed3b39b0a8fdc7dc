//! `AWS::SQS::Queue` → the name, attributes and tags of `CreateQueue`.

use std::collections::BTreeMap;

use crate::FaultPolicy;
use crate::names::{self, FIFO_SUFFIX};
use crate::node::Value;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};

/// The visibility timeout of a queue that names none, in seconds.
const VISIBILITY_TIMEOUT_DEFAULT: u32 = 30;
/// How many queues may be named as the only sources of a dead-letter queue.
const SOURCE_QUEUES_MAX: usize = 10;

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::SQS::Queue",
    identity,
    read: Read::Properties(|reading| Some(Definition::Queue(read(reading)))),
    metadata: &["Faults"],
    told: &[],
    replaced_by: &["FifoQueue", "QueueName"],
};

/// A queue to create.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueResource {
    /// The queue's name, with `.fifo` for a FIFO queue.
    pub name: String,
    /// What `Ref` gives.
    pub url: String,
    /// What `Fn::GetAtt … Arn` gives.
    pub arn: String,
    /// The attributes exactly as `CreateQueue` takes them; those not given in the template are absent.
    pub attributes: BTreeMap<String, String>,
    /// The tags of the queue.
    pub tags: BTreeMap<String, String>,
    /// The name of the queue that its redrive policy points to, which may exist already instead of being in the template.
    pub dead_letter_queue: Option<String>,
    /// What is to go wrong on purpose.
    pub faults: Option<FaultPolicy>,
}

impl QueueResource {
    /// Whether it is a FIFO queue.
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(FIFO_SUFFIX)
    }

    /// How long a received message stays hidden, in seconds.
    pub fn visibility_timeout_seconds(&self) -> u32 {
        let given = self.attributes.get("VisibilityTimeout").and_then(|text| text.parse().ok());
        given.unwrap_or(VISIBILITY_TIMEOUT_DEFAULT)
    }

    pub(crate) fn has_content_based_deduplication(&self) -> bool {
        self.attributes.get("ContentBasedDeduplication").is_some_and(|text| text == "true")
    }
}

/// The name given, or a generated one, and what follows from it.
fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let suffix = if naming.is_true("FifoQueue") { FIFO_SUFFIX } else { "" };
    let (inputs, given) = (naming.inputs, naming.text("QueueName"));
    let name = given.unwrap_or_else(|| names::generated(inputs, naming.logical_id, suffix, names::QUEUE_NAME_MAX));
    let url = names::queue_url(inputs, &name);
    let attributes =
        vec![("Arn", names::queue_arn(inputs, &name)), ("QueueName", name.clone()), ("QueueUrl", url.clone())];
    Identity::new(name, url, attributes)
}

/// Reads the properties. A fault leaves its attribute out.
fn read(Reading { identity, inputs, mut reader, metadata, .. }: Reading<'_, '_>) -> QueueResource {
    let name = identity.name.clone();
    let name_line = reader.line_of("QueueName");
    reader.text("QueueName");
    if !names::is_queue_name(&name) {
        reader.fault(
            name_line,
            "QueueName can only include alphanumeric characters, hyphens, or underscores, 1 to 80 in length",
        );
    }
    let is_fifo = reader.boolean("FifoQueue").unwrap_or(false);
    if is_fifo != name.ends_with(FIFO_SUFFIX) {
        let reason = if is_fifo {
            "the name of a FIFO queue must end in .fifo"
        } else {
            "a name that ends in .fifo needs FifoQueue: true"
        };
        reader.fault(name_line, reason);
    }

    let mut attributes = BTreeMap::new();
    let mut keep = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value);
        }
    };
    // SQS refuses `FifoQueue` on a standard queue even as "false".
    keep("FifoQueue", is_fifo.then(|| "true".to_owned()));
    for (name, range) in [
        ("DelaySeconds", 0..=900),
        ("KmsDataKeyReusePeriodSeconds", 60..=86_400),
        ("MaximumMessageSize", 1_024..=1_048_576),
        ("MessageRetentionPeriod", 60..=1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0..=20),
        ("VisibilityTimeout", 0..=43_200),
    ] {
        keep(name, reader.whole(name, range).map(|number| number.to_string()));
    }
    keep("KmsMasterKeyId", reader.string("KmsMasterKeyId"));
    keep("SqsManagedSseEnabled", reader.boolean("SqsManagedSseEnabled").map(|value| value.to_string()));
    keep("ContentBasedDeduplication", reader.boolean("ContentBasedDeduplication").map(|value| value.to_string()));
    keep("DeduplicationScope", reader.one_of("DeduplicationScope", &["queue", "messageGroup"]));
    keep("FifoThroughputLimit", reader.one_of("FifoThroughputLimit", &["perQueue", "perMessageGroupId"]));
    keep("RedriveAllowPolicy", redrive_allow_policy(&mut reader));

    let redrive_line = reader.line_of("RedrivePolicy");
    let redrive = redrive_policy(&mut reader);
    let mut dead_letter_queue = None;
    if let Some((arn, count)) = redrive {
        match names::queue_of_arn(&arn, inputs) {
            Ok(target) if target.ends_with(FIFO_SUFFIX) != is_fifo => {
                reader.fault(redrive_line, "Dead-letter queue must be same type of queue as the source.");
            }
            Ok(target) => dead_letter_queue = Some(target),
            Err(reason) => reader.fault(redrive_line, format!("deadLetterTargetArn: {reason}")),
        }
        let arn = serde_json::Value::String(arn);
        keep("RedrivePolicy", Some(format!(r#"{{"deadLetterTargetArn":{arn},"maxReceiveCount":{count}}}"#)));
    }
    check_couplings(&attributes, is_fifo, &mut reader);
    let tags = tags(&mut reader);
    let faults = metadata.faults;
    if let Some(faults) = &faults {
        faults.check_order(is_fifo, &mut reader);
        if faults.drop > 0.0 && dead_letter_queue.is_none() {
            reader.fault(reader.line_of(""), "Faults: Drop needs a RedrivePolicy: what is dropped is a dead letter");
        }
    }
    reader.finish();

    let (url, arn) = (names::queue_url(inputs, &name), names::queue_arn(inputs, &name));
    QueueResource { name, url, arn, attributes, tags, dead_letter_queue, faults }
}

fn redrive_policy(reader: &mut Reader<'_>) -> Option<(String, u32)> {
    let mut policy = reader.map("RedrivePolicy")?;
    let arn = policy.required("deadLetterTargetArn");
    if !policy.has("maxReceiveCount") {
        policy.fault(policy.line_of(""), "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    }
    let count = policy.whole("maxReceiveCount", 1..=1000);
    policy.finish();
    Some((arn?, count?))
}

fn redrive_allow_policy(reader: &mut Reader<'_>) -> Option<String> {
    let mut policy = reader.map("RedriveAllowPolicy")?;
    if !policy.has("redrivePermission") {
        policy.fault(policy.line_of(""), "redrivePermission is missing");
    }
    let permission = policy.one_of("redrivePermission", &["allowAll", "denyAll", "byQueue"]);
    let sources = policy.texts("sourceQueueArns").unwrap_or_default();
    let permission = permission?;
    let fits =
        if permission == "byQueue" { (1..=SOURCE_QUEUES_MAX).contains(&sources.len()) } else { sources.is_empty() };
    if !fits {
        let reason =
            format!("sourceQueueArns must have 1 to {SOURCE_QUEUES_MAX} ARNs with byQueue, and none otherwise");
        policy.fault(policy.line_of("sourceQueueArns"), reason);
    }
    policy.finish();
    let mut json = serde_json::Map::new();
    json.insert("redrivePermission".to_owned(), permission.into());
    if !sources.is_empty() {
        let sources: Vec<String> = sources.into_iter().map(|source| source.text).collect();
        json.insert("sourceQueueArns".to_owned(), sources.into());
    }
    Some(serde_json::Value::Object(json).to_string())
}

fn check_couplings(attributes: &BTreeMap<String, String>, is_fifo: bool, reader: &mut Reader<'_>) {
    if !is_fifo {
        for name in ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"] {
            if attributes.contains_key(name) {
                reader.fault(
                    reader.line_of(name),
                    format!("You can specify the {name} only when FifoQueue is set to true."),
                );
            }
        }
    }
    let is = |name: &str, value: &str| attributes.get(name).is_some_and(|given| given == value);
    if is("FifoThroughputLimit", "perMessageGroupId") && !is("DeduplicationScope", "messageGroup") {
        reader.fault(
            reader.line_of("FifoThroughputLimit"),
            "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.",
        );
    }
    if is("SqsManagedSseEnabled", "true") && attributes.contains_key("KmsMasterKeyId") {
        reader.fault(
            reader.line_of("SqsManagedSseEnabled"),
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
        );
    }
}

/// Reads `Tags`, a list of `Key` and `Value`.
pub(crate) fn tags(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let Some(list) = reader.take("Tags") else { return tags };
    let Value::List(list) = list.value else {
        reader.fault(reader.line_of("Tags"), "Tags must be a list of Key and Value");
        return tags;
    };
    for tag in list {
        let Some(mut tag) = reader.within(tag, "a tag") else { continue };
        if let (Some(key), Some(value)) = (tag.required("Key"), tag.required("Value")) {
            tags.insert(key, value);
        }
        tag.finish();
    }
    tags
}
