//! Subscriptions → what `Subscribe` takes: `AWS::SNS::Subscription`, and those inside of a topic.

use std::collections::BTreeMap;

use bongsu_delivery_policy::{Endpoint, SubscriptionDeliveryPolicy};
use bongsu_event_pattern::{FilterPolicy, PolicyFault, Scope};

use crate::error::Faults;
use crate::json::Scalars;
use crate::names::{self, FIFO_SUFFIX};
use crate::node::Text;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::{Definition, Stack};
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{FaultPolicy, Inputs};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::SNS::Subscription",
    identity,
    read: Read::Properties(|reading| read(reading).map(Definition::Subscription)),
    metadata: &["DeliveryPolicy", "Faults"],
    told: &[],
    replaced_by: &["Endpoint", "Protocol", "TopicArn"],
};

/// How a subscriber can be reached.
const PROTOCOLS: [&str; 9] =
    ["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"];

/// A subscription to make.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionResource {
    /// The name of the topic, which may exist already instead of being in the template.
    pub topic: String,
    /// `sqs`, `lambda`, `http` and so on.
    pub protocol: String,
    /// An ARN, a URL or an address, as the protocol has it.
    pub endpoint: String,
    /// Whether a `NoEcho` parameter is part of the endpoint: then it is not to be shown.
    pub endpoint_is_secret: bool,
    /// The attributes exactly as `Subscribe` takes them; those not given in the template are absent.
    pub attributes: BTreeMap<String, String>,
    /// What is to go wrong on purpose.
    pub faults: Option<FaultPolicy>,
}

impl SubscriptionResource {
    /// The name of the queue that it delivers to, if that is what it does.
    pub fn queue(&self) -> Option<&str> {
        if self.protocol == "sqs" { self.endpoint.rsplit(':').next() } else { None }
    }
}

/// A delivery policy as it is written, whoever it is for: among the properties, or under `Metadata: Bongsu:` where AWS
/// takes none.
pub(crate) struct DeliveryPolicy {
    pub(crate) line: u32,
    text: String,
}

impl DeliveryPolicy {
    pub(crate) const NAME: &str = "DeliveryPolicy";

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<DeliveryPolicy> {
        let line = reader.line_of(Self::NAME);
        reader.json(Self::NAME, Scalars::Unquoted).map(|text| DeliveryPolicy { line, text })
    }

    /// The attribute, if the policy is one for this protocol and says something; a fault otherwise.
    pub(crate) fn checked(&self, protocol: &str, raw: bool, reader: &mut Reader<'_>) -> Option<String> {
        let endpoint = match protocol {
            "http" | "https" => Endpoint::Http { raw },
            "lambda" => Endpoint::Function,
            _ => Endpoint::Other,
        };
        match SubscriptionDeliveryPolicy::parse(&self.text, endpoint) {
            Ok(read) => read.map(|_| self.text.clone()),
            Err(fault) => {
                reader.fault(self.line, format!("DeliveryPolicy: {fault}"));
                None
            }
        }
    }
}

/// How a subscriber is reached, and where.
struct Subscriber {
    protocol: String,
    endpoint: Text,
}

/// Its ARN ends in an id that is made when it is made.
fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let name = names::id(naming.inputs, naming.logical_id, 10);
    Identity { name, reference: None, attributes: vec![("Arn", None)] }
}

fn read(Reading { inputs, mut reader, metadata, .. }: Reading<'_, '_>) -> Option<SubscriptionResource> {
    let delivery_policy = metadata.delivery_policy.as_ref();
    let topic = topic(&mut reader, "TopicArn", inputs);
    let subscriber = subscriber(&mut reader, topic.as_deref(), inputs);
    check_region(&mut reader, inputs);
    let to_fifo = subscriber.as_ref().is_some_and(|subscriber| subscriber.endpoint.text.ends_with(FIFO_SUFFIX));
    let mut attributes = read_filter(&mut reader);
    attributes.extend(redrive_policy(&mut reader, to_fifo, inputs));
    let mut keep = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value);
        }
    };
    let raw = reader.boolean("RawMessageDelivery");
    keep("RawMessageDelivery", raw.map(|raw| raw.to_string()));
    keep("ReplayPolicy", reader.json("ReplayPolicy", Scalars::Texts).filter(|policy| policy != "{}"));
    keep("SubscriptionRoleArn", reader.string("SubscriptionRoleArn"));
    let own = DeliveryPolicy::read(&mut reader);
    if let (Some(_), Some(metadata)) = (&own, delivery_policy) {
        reader.fault(metadata.line, "there is a DeliveryPolicy among the properties too");
    }
    if let (Some(policy), Some(Subscriber { protocol, .. })) = (own.as_ref().or(delivery_policy), &subscriber) {
        keep(DeliveryPolicy::NAME, policy.checked(protocol, raw == Some(true), &mut reader));
    }
    if let (Some(faults), Some(topic)) = (&metadata.faults, &topic) {
        faults.check_order(topic.ends_with(FIFO_SUFFIX), &mut reader);
    }
    reader.finish();
    Some(resource(topic?, subscriber?, attributes, metadata.faults))
}

/// Reads the `Subscription` list of a topic.
pub(crate) fn read_list(topic: &str, inputs: &Inputs, reader: &mut Reader<'_>) -> Vec<SubscriptionResource> {
    let mut subscriptions = Vec::new();
    for node in reader.list("Subscription") {
        let Some(mut entry) = reader.within(node, "Subscription") else { continue };
        let subscriber = subscriber(&mut entry, Some(topic), inputs);
        entry.finish();
        let new = |subscriber| resource(topic.to_owned(), subscriber, BTreeMap::new(), None);
        subscriptions.extend(subscriber.map(new));
    }
    subscriptions
}

fn resource(
    topic: String,
    Subscriber { protocol, endpoint: Text { text: endpoint, hidden, .. } }: Subscriber,
    attributes: BTreeMap<String, String>,
    faults: Option<FaultPolicy>,
) -> SubscriptionResource {
    SubscriptionResource { topic, protocol, endpoint, endpoint_is_secret: hidden, attributes, faults }
}

fn topic(reader: &mut Reader<'_>, property: &str, inputs: &Inputs) -> Option<String> {
    let arn = reader.required(property)?;
    let topic = names::topic_of_arn(&arn, inputs);
    topic.map_err(|reason| reader.fault(reader.line_of(property), format!("{property}: {reason}"))).ok()
}

fn check_region(reader: &mut Reader<'_>, inputs: &Inputs) {
    if reader.string("Region").is_some_and(|region| region != inputs.region) {
        reader.fault(reader.line_of("Region"), format!("the topic must be in the region {}", inputs.region));
    }
}

fn subscriber(reader: &mut Reader<'_>, topic: Option<&str>, inputs: &Inputs) -> Option<Subscriber> {
    reader.require("Protocol");
    reader.require("Endpoint");
    let protocol = reader.one_of("Protocol", &PROTOCOLS);
    let endpoint = reader.text("Endpoint");
    let (protocol, endpoint) = (protocol?, endpoint?);
    match check_endpoint(&protocol, &endpoint.text, topic, inputs) {
        Ok(()) => Some(Subscriber { protocol, endpoint }),
        Err(reason) => {
            reader.fault(reader.line_of("Endpoint"), format!("Endpoint: {reason}"));
            None
        }
    }
}

fn check_endpoint(protocol: &str, endpoint: &str, topic: Option<&str>, inputs: &Inputs) -> Result<(), String> {
    let to_fifo = endpoint.ends_with(FIFO_SUFFIX);
    match protocol {
        "sqs" => names::queue_of_arn(endpoint, inputs).map(drop)?,
        "lambda" => names::function_of_arn(endpoint, inputs).map(drop)?,
        "http" | "https" if !endpoint.starts_with(&format!("{protocol}://")) => {
            return Err("it must match the specified protocol".to_owned());
        }
        _ if endpoint.is_empty() => return Err("it is empty".to_owned()),
        _ => {}
    }
    match topic.map(|topic| topic.ends_with(FIFO_SUFFIX)) {
        Some(false) if protocol == "sqs" && to_fifo => {
            Err("FIFO SQS Queues can not be subscribed to standard SNS topics".to_owned())
        }
        Some(true) if protocol != "sqs" => Err("a FIFO topic delivers to queues only".to_owned()),
        _ => Ok(()),
    }
}

fn read_filter(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    let policy = reader.json("FilterPolicy", Scalars::AsWritten).filter(|policy| policy != "{}");
    let scope = reader.one_of("FilterPolicyScope", &["MessageAttributes", "MessageBody"]);
    let looks_at = if scope.as_deref() == Some("MessageBody") { Scope::MessageBody } else { Scope::MessageAttributes };
    if let Some(fault) = policy.as_ref().and_then(|policy| FilterPolicy::parse(policy, looks_at).err()) {
        let reason = match fault {
            // Its place is one in the JSON text, which nobody wrote.
            PolicyFault::Malformed { sentence, .. } => format!("FilterPolicy: {sentence}"),
            fault => fault.to_string(),
        };
        reader.fault(reader.line_of("FilterPolicy"), reason);
    }
    let attributes = [("FilterPolicy", policy), ("FilterPolicyScope", scope)];
    attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn redrive_policy(reader: &mut Reader<'_>, to_fifo: bool, inputs: &Inputs) -> Option<(String, String)> {
    let text = reader.json("RedrivePolicy", Scalars::Texts).filter(|policy| policy != "{}")?;
    match check_redrive_policy(&text, to_fifo, inputs) {
        Ok(()) => Some(("RedrivePolicy".to_owned(), text)),
        Err(reason) => {
            reader.fault(reader.line_of("RedrivePolicy"), format!("RedrivePolicy: {reason}"));
            None
        }
    }
}

fn check_redrive_policy(text: &str, to_fifo: bool, inputs: &Inputs) -> Result<(), String> {
    let policy: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
    let Some(arn) = policy.get("deadLetterTargetArn").filter(|_| policy.len() == 1) else {
        return Err("it must have deadLetterTargetArn, and nothing else".to_owned());
    };
    let queue = names::queue_of_arn(arn, inputs).map_err(|reason| format!("deadLetterTargetArn: {reason}"))?;
    match (to_fifo, queue.ends_with(FIFO_SUFFIX)) {
        (true, false) => Err("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.".to_owned()),
        (false, true) => Err("a FIFO queue takes the dead letters of FIFO queues only".to_owned()),
        _ => Ok(()),
    }
}

/// No two may be the same.
pub(crate) fn check(stack: &Stack, faults: &mut Faults) {
    let inside =
        stack.topics().flat_map(|(resource, topic)| topic.subscriptions.iter().map(move |one| (resource, one)));
    let mut seen: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    for (resource, subscription) in inside.chain(stack.subscriptions()) {
        let SubscriptionResource { topic, protocol, endpoint, .. } = subscription;
        faults.concern(Some(&resource.logical_id));
        if let Some(first) = seen.insert((topic, protocol, endpoint), &resource.logical_id) {
            faults.at(resource.line, format!("{first} already subscribes {endpoint} to the topic {topic}"));
        }
    }
    faults.concern(None);
}
