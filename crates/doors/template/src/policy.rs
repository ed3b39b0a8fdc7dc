//! `AWS::SNS::TopicPolicy`, `AWS::SQS::QueuePolicy` and their inline forms → the access policies of topics and queues.

use std::collections::BTreeMap;

use bongsu_policy::{Limits, Policy};

use crate::Inputs;
use crate::error::Faults;
use crate::json::Scalars;
use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::{Definition, Stack};
use crate::types::{Naming, Read, Reading, ResourceType};

pub(crate) static QUEUE_POLICY: ResourceType = ResourceType {
    name: "AWS::SQS::QueuePolicy",
    identity,
    read: Read::Properties(|mut reading| {
        let of = many(&mut reading, "Queues", queue);
        read(reading, of, &Limits::QUEUE)
    }),
    metadata: &[],
    told: &[],
    replaced_by: &[],
};

pub(crate) static QUEUE_INLINE_POLICY: ResourceType = ResourceType {
    name: "AWS::SQS::QueueInlinePolicy",
    identity,
    read: Read::Properties(|mut reading| {
        let of = one(&mut reading, "Queue", queue);
        read(reading, of, &Limits::QUEUE)
    }),
    metadata: &[],
    told: &[],
    replaced_by: &["Queue"],
};

pub(crate) static TOPIC_POLICY: ResourceType = ResourceType {
    name: "AWS::SNS::TopicPolicy",
    identity,
    read: Read::Properties(|mut reading| {
        let of = many(&mut reading, "Topics", topic);
        read(reading, of, &Limits::TOPIC)
    }),
    metadata: &[],
    told: &[],
    replaced_by: &[],
};

pub(crate) static TOPIC_INLINE_POLICY: ResourceType = ResourceType {
    name: "AWS::SNS::TopicInlinePolicy",
    identity,
    read: Read::Properties(|mut reading| {
        let of = one(&mut reading, "TopicArn", topic);
        read(reading, of, &Limits::TOPIC)
    }),
    metadata: &[],
    told: &[],
    replaced_by: &["TopicArn"],
};

/// An access policy to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyResource {
    /// Whose it is to be; at least one.
    pub of: Vec<PolicyOf>,
    /// The policy, in JSON.
    pub document: String,
}

/// What an access policy is for; it may exist already instead of being in the template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyOf {
    /// The queue of this name.
    Queue(String),
    /// The topic of this name.
    Topic(String),
}

fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    Identity::named(names::id(naming.inputs, naming.logical_id, 10), Vec::new())
}

fn read(Reading { mut reader, .. }: Reading<'_, '_>, of: Vec<PolicyOf>, limits: &Limits) -> Option<Definition> {
    let document = document(&mut reader, limits);
    reader.finish();
    Some(Definition::Policy(PolicyResource { of, document: document? }))
}

fn document(reader: &mut Reader<'_>, limits: &Limits) -> Option<String> {
    const NAME: &str = "PolicyDocument";
    reader.require(NAME);
    let document = reader.json(NAME, Scalars::Texts)?;
    match Policy::parse(&document, limits) {
        Ok(_) => Some(document),
        Err(error) => {
            reader.fault(reader.line_of(NAME), format!("{NAME}: {error}"));
            None
        }
    }
}

fn topic(arn: &str, inputs: &Inputs) -> Result<PolicyOf, String> {
    names::topic_of_arn(arn, inputs).map(PolicyOf::Topic)
}

fn queue(url: &str, inputs: &Inputs) -> Result<PolicyOf, String> {
    names::queue_of_url(url, inputs).map(PolicyOf::Queue)
}

type Find = fn(&str, &Inputs) -> Result<PolicyOf, String>;

fn one(Reading { reader, inputs, .. }: &mut Reading<'_, '_>, name: &str, find: Find) -> Vec<PolicyOf> {
    let Some(text) = reader.required(name) else { return Vec::new() };
    found(reader, name, find(&text, inputs)).into_iter().collect()
}

fn many(Reading { reader, inputs, .. }: &mut Reading<'_, '_>, name: &str, find: Find) -> Vec<PolicyOf> {
    reader.require(name);
    let texts = reader.strings(name);
    texts.iter().filter_map(|text| found(reader, name, find(text, inputs))).collect()
}

fn found(reader: &mut Reader<'_>, name: &str, found: Result<PolicyOf, String>) -> Option<PolicyOf> {
    found.map_err(|reason| reader.fault(reader.line_of(name), format!("{name}: {reason}"))).ok()
}

/// A queue or topic has one policy: of two, the template does not say which.
pub(crate) fn check(stack: &Stack, faults: &mut Faults) {
    let mut seen: BTreeMap<&PolicyOf, &str> = BTreeMap::new();
    for (resource, policy) in stack.policies() {
        for of in &policy.of {
            if let Some(first) = seen.insert(of, &resource.logical_id) {
                let (PolicyOf::Queue(name) | PolicyOf::Topic(name)) = of;
                faults.concern(Some(&resource.logical_id));
                faults.at(resource.line, format!("{name} has the policy of resource {first} already"));
            }
        }
    }
    faults.concern(None);
}
