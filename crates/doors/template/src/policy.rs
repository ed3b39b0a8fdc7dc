//! `AWS::SNS::TopicPolicy`, `AWS::SQS::QueuePolicy` and their inline forms → the access policies of topics and queues.

use std::collections::BTreeMap;

use bongsu_policy::{Limits, Policy};

use crate::Inputs;
use crate::error::Faults;
use crate::json::Scalars;
use crate::names;
use crate::reader::Reader;
use crate::template::{Declared, Kind};

/// An access policy to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyResource {
    /// The resource's name inside the template.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// Whose it is to be.
    pub of: PolicyOf,
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

/// Reads the properties: one policy, and for each queue or topic that it names a resource of its own.
pub(crate) fn read(declared: &Declared<'_>, inputs: &Inputs, mut reader: Reader<'_>) -> Vec<PolicyResource> {
    let of = match declared.kind {
        Kind::TopicPolicy { inline: true } => one(&mut reader, "TopicArn", |arn| topic(arn, inputs)),
        Kind::TopicPolicy { inline: false } => many(&mut reader, "Topics", |arn| topic(arn, inputs)),
        Kind::QueuePolicy { inline: true } => one(&mut reader, "Queue", |url| queue(url, inputs)),
        _ => many(&mut reader, "Queues", |url| queue(url, inputs)),
    };
    let limits = match declared.kind {
        Kind::TopicPolicy { .. } => Limits::TOPIC,
        _ => Limits::QUEUE,
    };
    let document = document(&mut reader, &limits);
    reader.finish();
    let Some(document) = document else { return Vec::new() };
    let (logical_id, line) = (declared.logical_id, declared.line);
    let policy = |of| PolicyResource { logical_id: logical_id.to_owned(), line, of, document: document.clone() };
    of.into_iter().map(policy).collect()
}

fn document(reader: &mut Reader<'_>, limits: &Limits) -> Option<String> {
    const NAME: &str = "PolicyDocument";
    if !reader.has(NAME) {
        reader.fault(reader.line_of(""), format!("{NAME} is missing"));
    }
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

fn one(reader: &mut Reader<'_>, name: &str, find: impl Fn(&str) -> Result<PolicyOf, String>) -> Vec<PolicyOf> {
    let Some(text) = reader.required(name) else { return Vec::new() };
    found(reader, name, find(&text)).into_iter().collect()
}

fn many(reader: &mut Reader<'_>, name: &str, find: impl Fn(&str) -> Result<PolicyOf, String>) -> Vec<PolicyOf> {
    if !reader.has(name) {
        reader.fault(reader.line_of(""), format!("{name} is missing"));
    }
    let texts = reader.texts(name).unwrap_or_default();
    texts.iter().filter_map(|text| found(reader, name, find(&text.text))).collect()
}

fn found(reader: &mut Reader<'_>, name: &str, found: Result<PolicyOf, String>) -> Option<PolicyOf> {
    found.map_err(|reason| reader.fault(reader.line_of(name), format!("{name}: {reason}"))).ok()
}

/// A queue or topic has one policy: of two, the template does not say which.
pub(crate) fn check(policies: &[PolicyResource], faults: &mut Faults) {
    let mut seen: BTreeMap<&PolicyOf, &str> = BTreeMap::new();
    for PolicyResource { logical_id, line, of, .. } in policies {
        if let Some(first) = seen.insert(of, logical_id) {
            let (PolicyOf::Queue(name) | PolicyOf::Topic(name)) = of;
            faults.concern(Some(logical_id));
            faults.at(*line, format!("{name} has the policy of resource {first} already"));
        }
    }
    faults.concern(None);
}
