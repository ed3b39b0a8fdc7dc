//! Policies as trees of JSON, walked beside the tree of each notification: what a first version would do.

use std::net::Ipv4Addr;

use anyhow::Result;
use bongsu_event_pattern::{Attribute, Kind};
use serde_json::{Map, Value};

/// The attributes as a tree.
pub(super) fn tree(attributes: &[Attribute<'_>]) -> Result<Value> {
    let mut members = Map::new();
    for Attribute { name, kind, value } in attributes {
        let value = match kind {
            Kind::Number | Kind::StringArray => serde_json::from_str(value)?,
            Kind::String | Kind::Binary => Value::from(*value),
        };
        members.insert((*name).to_owned(), value);
    }
    Ok(Value::Object(members))
}

/// Whether the notification has all that the policy asks for. Knows what [`super::samples`] make.
pub(super) fn admits(policy: &Value, notification: &Value) -> bool {
    let Some(keys) = policy.as_object() else { return false };
    keys.iter().all(|(key, asked)| match asked {
        Value::Array(groups) if key == "$or" => groups.iter().any(|group| admits(group, notification)),
        Value::Array(alternatives) => {
            let values = match notification.get(key) {
                Some(Value::Array(elements)) => elements.iter().collect(),
                Some(value) => vec![value],
                None => Vec::new(),
            };
            alternatives.iter().any(|alternative| holds(alternative, &values))
        }
        nested => notification.get(key).is_some_and(|notification| admits(nested, notification)),
    })
}

fn holds(alternative: &Value, values: &[&Value]) -> bool {
    let Some((operator, operand)) = alternative.as_object().and_then(|expression| expression.iter().next()) else {
        return values.contains(&alternative);
    };
    match operator.as_str() {
        "exists" => operand.as_bool() != Some(values.is_empty()),
        "anything-but" => !values.is_empty() && !values.iter().any(|value| is_excluded(operand, value)),
        operator => values.iter().any(|value| is_like(operator, operand, value)),
    }
}

fn is_excluded(operand: &Value, value: &Value) -> bool {
    match operand {
        Value::Array(excluded) => excluded.contains(value),
        prefix => is_like("prefix", &prefix["prefix"], value),
    }
}

fn is_like(operator: &str, operand: &Value, value: &Value) -> bool {
    match (operator, operand, value) {
        ("numeric", Value::Array(terms), Value::Number(number)) => {
            number.as_f64().is_some_and(|number| terms.chunks(2).all(|term| is_within(term, number)))
        }
        ("prefix", Value::String(prefix), Value::String(text)) => text.starts_with(prefix.as_str()),
        ("suffix", Value::String(suffix), Value::String(text)) => text.ends_with(suffix.as_str()),
        ("equals-ignore-case", Value::String(other), Value::String(text)) => {
            text.to_lowercase() == other.to_lowercase()
        }
        ("cidr", Value::String(network), Value::String(address)) => is_in_network(network, address).unwrap_or(false),
        _ => false,
    }
}

fn is_within(term: &[Value], number: f64) -> bool {
    let Some(bound) = term[1].as_f64() else { return false };
    match term[0].as_str() {
        Some(">") => number > bound,
        Some(">=") => number >= bound,
        Some("<") => number < bound,
        _ => false,
    }
}

fn is_in_network(network: &str, address: &str) -> Option<bool> {
    let (network, prefix) = network.split_once('/')?;
    let bits = |text: &str| text.parse::<Ipv4Addr>().ok().map(u32::from);
    Some((bits(network)? ^ bits(address)?).leading_zeros() >= prefix.parse().ok()?)
}
