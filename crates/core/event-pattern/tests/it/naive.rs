//! Filter policies interpreted as literally as they are described, on trees of JSON: what the compiled ones must equal.
//!
//! `$or` is multiplied out, paths are looked up in maps, numbers are compared as they come. For valid policies only.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

/// Paths and the values that stand at each.
pub(crate) type Flat = BTreeMap<String, Vec<Value>>;

/// A policy without nesting and without `$or`: paths and the alternatives of each.
type FlatPolicy = Vec<(String, Vec<Value>)>;

/// Whether the policy admits what is flat.
pub(crate) fn admits(policy: &Value, flat: &Flat) -> bool {
    let holds = |(path, alternatives): &(String, Vec<Value>)| {
        let values = flat.get(path).map_or(&[][..], Vec::as_slice);
        alternatives.iter().any(|alternative| alternative_holds(alternative, values))
    };
    expand(policy, "").iter().any(|flat_policy| flat_policy.iter().all(holds))
}

/// The leaves of an object.
pub(crate) fn flatten(body: &Value) -> Flat {
    let mut flat = Flat::new();
    descend(body, "", &mut flat);
    flat
}

fn descend(value: &Value, path: &str, flat: &mut Flat) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| descend(value, &format!("{path}.{key}"), flat))
        }
        Value::Array(elements) => elements.iter().for_each(|element| descend(element, path, flat)),
        scalar => flat.entry(path.to_owned()).or_default().push(scalar.clone()),
    }
}

pub(crate) fn expand(policy: &Value, path: &str) -> Vec<FlatPolicy> {
    let mut expanded: Vec<FlatPolicy> = vec![Vec::new()];
    for (key, value) in policy.as_object().expect("an object") {
        let path_of_key = format!("{path}.{key}");
        let alternatives = match value {
            Value::Array(groups) if key == "$or" && groups[0].is_object() => {
                groups.iter().flat_map(|group| expand(group, path)).collect()
            }
            Value::Array(alternatives) => vec![vec![(path_of_key, alternatives.clone())]],
            nested => expand(nested, &path_of_key),
        };
        let joined = |left: &FlatPolicy| -> Vec<FlatPolicy> {
            alternatives.iter().map(|right| [left.as_slice(), right.as_slice()].concat()).collect()
        };
        expanded = expanded.iter().flat_map(joined).collect();
    }
    expanded
}

fn alternative_holds(alternative: &Value, values: &[Value]) -> bool {
    let Some(expression) = alternative.as_object() else {
        return values.iter().any(|value| equal(alternative, value));
    };
    let (operator, operand) = expression.iter().next().expect("an operator");
    match operator.as_str() {
        "exists" => operand == &Value::Bool(!values.is_empty()),
        "anything-but" => !values.is_empty() && !values.iter().any(|value| excluded(operand, value)),
        operator => values.iter().any(|value| matches(operator, operand, value)),
    }
}

pub(crate) fn matches(operator: &str, operand: &Value, value: &Value) -> bool {
    if operator == "numeric" {
        return value.as_f64().is_some_and(|number| within(operand.as_array().expect("an array"), number));
    }
    let (Some(text), Some(operand)) = (value.as_str(), operand.as_str()) else { return false };
    match operator {
        "prefix" => text.starts_with(operand),
        "suffix" => text.ends_with(operand),
        "equals-ignore-case" => text.to_lowercase() == operand.to_lowercase(),
        "cidr" => within_network(operand, text),
        other => panic!("{other} is no operator"),
    }
}

pub(crate) fn excluded(operand: &Value, value: &Value) -> bool {
    match operand {
        Value::Object(prefix) => matches("prefix", &prefix["prefix"], value),
        Value::Array(list) => list.iter().any(|one| equal(one, value)),
        one => equal(one, value),
    }
}

pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn within(terms: &[Value], number: f64) -> bool {
    terms.chunks(2).all(|term| {
        let bound = term[1].as_f64().expect("a number");
        match term[0].as_str().expect("an operator") {
            "=" => number == bound,
            "<" => number < bound,
            "<=" => number <= bound,
            ">" => number > bound,
            ">=" => number >= bound,
            other => panic!("{other} is no operator"),
        }
    })
}

/// Compares bit by bit.
fn within_network(network: &str, address: &str) -> bool {
    let bits = |address: IpAddr| -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
    };
    let (network, length) = network.split_once('/').expect("a network");
    let (network, length) = (bits(network.parse().expect("an address")), length.parse().expect("a length"));
    let Ok(address) = address.parse() else { return false };
    let address = bits(address);
    address.len() == network.len() && address[..length] == network[..length]
}
