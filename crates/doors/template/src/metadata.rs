//! `Metadata: Bongsu:` of a resource: what CloudFormation has no word for.

use std::collections::BTreeMap;
use std::fmt;

use bongsu_rate_limit::Rule;

use crate::api::authorizer::{self, JWKS};
use crate::api::openapi::WEBHOOK;
use crate::error::Faults;
use crate::function;
use crate::json::Scalars;
use crate::node::{Entry, Node, Value};
use crate::pipe;
use crate::reader::Reader;
use crate::subscription::DeliveryPolicy;
use crate::types::ResourceType;
use crate::webhook::{self, WebhookResource};

/// The most seconds that a fault policy may hold a message back; as long as a queue may delay one.
const DELAY_SECONDS_MAX: u32 = 900;
/// How long a message is held back when the policy does not say.
const DELAY_SECONDS_DEFAULT: u32 = 10;

/// Of a mapping.
pub(crate) const RATE_LIMIT: &str = "RateLimit";
/// Of a machine: a rule a state.
pub(crate) const RATE_LIMITS: &str = "RateLimits";
/// The tag of a mapping, and what the tags of machines begin with, before the state and a colon.
pub(crate) const RATE_LIMIT_TAG: &str = "bongsu:rate-limit";

/// What a webhook's settings have that is not to be shown.
const SECRET_SETTINGS: [&str; 2] = ["Secrets", "VerifyToken"];

/// What was read, each only where its resource type allows it.
#[derive(Default)]
pub(crate) struct Metadata {
    /// Of a route or method.
    pub(crate) webhook: Option<WebhookResource>,
    /// Of a subscription.
    pub(crate) delivery_policy: Option<DeliveryPolicy>,
    /// Of a function: its line, and the number.
    pub(crate) concurrency_per_process: Option<(u32, u32)>,
    /// Of a queue or subscription.
    pub(crate) faults: Option<FaultPolicy>,
    /// Of a pipe: whether messages belong to the execution that they start until it has ended.
    pub(crate) hold_group: bool,
    /// Of a mapping or pipe, or of the states of a machine by their names: as tags have them.
    pub(crate) rate_limits: BTreeMap<String, String>,
    /// Of an authorizer of tokens: its issuer's keys.
    pub(crate) keys: Option<String>,
}

/// What is made to go wrong on purpose, so that a consumer can prove that it copes.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPolicy {
    /// How likely a message overtakes the one before it, 0 to 1.
    pub reorder: f64,
    /// How likely a message comes twice, 0 to 1.
    pub duplicate: f64,
    /// How likely a message is held back, 0 to 1.
    pub delay: f64,
    /// How long it is held back, 1 to 900 seconds.
    pub delay_seconds: u32,
    /// How likely a message goes to the dead-letter queue at once, 0 to 1.
    pub drop: f64,
    /// Where the dice begin: the same seed gives the same faults.
    pub seed: u64,
}

/// As the tag of a queue and the attribute of a subscription have it: `reorder=0.1 seed=7`.
impl fmt::Display for FaultPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FaultPolicy { reorder, duplicate, delay, delay_seconds, drop, seed } = self;
        for (name, probability) in [("reorder", reorder), ("duplicate", duplicate), ("drop", drop)] {
            if *probability > 0.0 {
                write!(f, "{name}={probability} ")?;
            }
        }
        if *delay > 0.0 {
            write!(f, "delay={delay} delay-seconds={delay_seconds} ")?;
        }
        write!(f, "seed={seed}")
    }
}

impl FaultPolicy {
    /// What is FIFO keeps its order.
    pub(crate) fn check_order(&self, fifo: bool, reader: &mut Reader<'_>) {
        if fifo && self.reorder > 0.0 {
            reader.fault(reader.line_of(""), "Faults: Reorder is not for what is FIFO");
        }
    }
}

/// Reads the resolved map; all other metadata belongs to other tools.
pub(crate) fn read(node: Option<&Node>, kind: &ResourceType, faults: &mut Faults) -> Metadata {
    let mut found = Metadata::default();
    let Some(mut reader) = node.and_then(|node| Reader::of(node.clone(), "Bongsu", faults)) else { return found };
    for name in kind.metadata {
        let line = reader.line_of(name);
        match *name {
            "ConcurrencyPerProcess" => {
                let number = reader.whole("ConcurrencyPerProcess", function::CONCURRENCY_PER_PROCESS);
                found.concurrency_per_process = number.map(|number| (line, number));
            }
            "DeliveryPolicy" => found.delivery_policy = DeliveryPolicy::read(&mut reader),
            JWKS => found.keys = authorizer::read_keys(&mut reader, JWKS),
            RATE_LIMIT => {
                found.rate_limits.extend(rate_limit(&mut reader, RATE_LIMIT).map(|rule| (String::new(), rule)))
            }
            RATE_LIMITS => found.rate_limits = rate_limits(&mut reader),
            "Faults" => found.faults = reader.map("Faults").map(|faults| fault_policy(line, faults)),
            pipe::HOLD_GROUP => found.hold_group = reader.boolean(pipe::HOLD_GROUP).unwrap_or(false),
            _ => found.webhook = reader.map("Webhook").and_then(|webhook| webhook::read(line, webhook)),
        }
    }
    reader.finish();
    found
}

/// Of each state.
fn rate_limits(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    let Some(mut states) = reader.map(RATE_LIMITS) else { return BTreeMap::new() };
    let names = states.names();
    let rules = names.into_iter().filter_map(|state| Some((state.clone(), rate_limit(&mut states, &state)?))).collect();
    states.finish();
    rules
}

/// As a tag has it.
fn rate_limit(reader: &mut Reader<'_>, name: &str) -> Option<String> {
    let line = reader.line_of(name);
    let text = reader.json(name, Scalars::Unquoted)?;
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    match Rule::from_json(&value) {
        Ok(rule) => Some(rule.to_string()),
        Err(fault) => {
            reader.fault(line, format!("{name}: {fault}"));
            None
        }
    }
}

fn fault_policy(line: u32, mut reader: Reader<'_>) -> FaultPolicy {
    let mut probability = |name: &str| reader.decimal(name, 0.0..=1.0).unwrap_or(0.0);
    let [reorder, duplicate, delay, drop] = ["Reorder", "Duplicate", "Delay", "Drop"].map(&mut probability);
    let delay_seconds = reader.whole("DelaySeconds", 1..=DELAY_SECONDS_MAX).unwrap_or(DELAY_SECONDS_DEFAULT);
    let seed = reader.whole("Seed", 0..=u32::MAX).unwrap_or(0);
    if ![reorder, duplicate, delay, drop].iter().any(|probability| *probability > 0.0) {
        reader.fault(line, "Faults must give Reorder, Duplicate, Delay or Drop a probability above 0");
    }
    reader.finish();
    FaultPolicy { reorder, duplicate, delay, delay_seconds, drop, seed: seed.into() }
}

/// Marks signing secrets as not to be shown, whether a parameter is `NoEcho` or they stand in the template: those of a
/// `Webhook` under `Metadata: Bongsu:`, and those inside of an API's `Body`.
pub(crate) fn hide_secrets(entries: &mut [Entry]) {
    for entry in entries {
        let is_webhook = matches!(entry.key.as_str(), "Webhook" | WEBHOOK);
        match &mut entry.node.value {
            Value::Map(webhook) if is_webhook => {
                let secret = webhook.iter_mut().filter(|entry| SECRET_SETTINGS.contains(&entry.key.as_str()));
                secret.for_each(|entry| hide(&mut entry.node));
            }
            Value::Map(inner) => hide_secrets(inner),
            _ => {}
        }
    }
}

/// Marks everything in a value as not to be shown.
pub(crate) fn hide(node: &mut Node) {
    match &mut node.value {
        Value::Text(text) => text.hidden = true,
        Value::List(items) => items.iter_mut().for_each(hide),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| hide(&mut entry.node)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_policy_prints_as_the_broker_reads_it() {
        let none = FaultPolicy { reorder: 0.0, duplicate: 0.0, delay: 0.0, delay_seconds: 10, drop: 0.5, seed: 0 };
        assert_eq!(none.to_string(), "drop=0.5 seed=0");
        let all = FaultPolicy { reorder: 0.1, duplicate: 0.000_001, delay: 1.0, ..none };
        assert_eq!(all.to_string(), "reorder=0.1 duplicate=0.000001 drop=0.5 delay=1 delay-seconds=10 seed=0");
    }
}
