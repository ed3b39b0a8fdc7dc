//! Event patterns interpreted as literally as they are described: every way to choose a leaf for each test is tried.
//!
//! Leaves that are chosen together may not stand in different elements of the same array. For valid patterns only.

use serde_json::Value;

use crate::naive;

/// A leaf, the path to it, and in which element of which array it stands.
struct Leaf<'v> {
    path: String,
    value: &'v Value,
    elements: Vec<(usize, usize)>,
}

/// Whether the pattern admits the event.
pub(crate) fn admits(pattern: &Value, event: &Value) -> bool {
    let mut leaves = Vec::new();
    descend(event, "", &[], &mut 0, &mut leaves);
    let holds = |tests: Vec<(String, Vec<Value>)>| choose(&tests, &leaves, &[], &[]);
    naive::expand(pattern, "").into_iter().any(holds)
}

fn descend<'v>(
    value: &'v Value,
    path: &str,
    elements: &[(usize, usize)],
    arrays: &mut usize,
    leaves: &mut Vec<Leaf<'v>>,
) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| descend(value, &format!("{path}.{key}"), elements, arrays, leaves));
        }
        Value::Array(list) => {
            *arrays += 1;
            let array = *arrays;
            for (at, value) in list.iter().enumerate() {
                descend(value, path, &[elements, &[(array, at)]].concat(), arrays, leaves);
            }
        }
        value => leaves.push(Leaf { path: path.to_owned(), value, elements: elements.to_vec() }),
    }
}

fn consistent(left: &[(usize, usize)], right: &[(usize, usize)]) -> bool {
    left.iter().all(|(array, at)| right.iter().all(|(other, place)| array != other || at == place))
}

/// Whether the tests hold beside the elements that are chosen, and nothing exists at the paths that are to be absent.
fn choose(tests: &[(String, Vec<Value>)], leaves: &[Leaf<'_>], chosen: &[(usize, usize)], absent: &[&str]) -> bool {
    let Some(((path, alternatives), rest)) = tests.split_first() else {
        let is_absent =
            |path: &&str| !leaves.iter().any(|leaf| leaf.path == **path && consistent(&leaf.elements, chosen));
        return absent.iter().all(is_absent);
    };
    let may_be_absent = alternatives.iter().any(|alternative| alternative["exists"] == Value::Bool(false));
    let absence = may_be_absent && choose(rest, leaves, chosen, &[absent, &[path.as_str()]].concat());
    absence
        || leaves.iter().any(|leaf| {
            leaf.path == *path
                && consistent(&leaf.elements, chosen)
                && alternatives.iter().any(|alternative| holds(alternative, leaf.value))
                && choose(rest, leaves, &[chosen, &leaf.elements].concat(), absent)
        })
}

fn holds(alternative: &Value, value: &Value) -> bool {
    let Some(expression) = alternative.as_object() else { return naive::equal(alternative, value) };
    let (operator, operand) = expression.iter().next().expect("an operator");
    match operator.as_str() {
        "exists" => operand == &Value::Bool(true),
        "anything-but" => match operand.as_object().and_then(|operand| operand.iter().next()) {
            Some((operator, Value::Array(list))) => !list.iter().any(|one| matches(operator, one, value)),
            Some((operator, one)) => !matches(operator, one, value),
            None => !naive::excluded(operand, value),
        },
        operator => matches(operator, operand, value),
    }
}

fn matches(operator: &str, operand: &Value, value: &Value) -> bool {
    match (operator, operand.get("equals-ignore-case"), value.as_str()) {
        ("wildcard", _, text) => text.is_some_and(|text| wildcard(operand.as_str().expect("a text"), text)),
        (_, Some(operand), text) => text.is_some_and(|text| {
            let operand = operand.as_str().expect("a text").to_lowercase().into();
            naive::matches(operator, &operand, &text.to_lowercase().into())
        }),
        _ => naive::matches(operator, operand, value),
    }
}

fn wildcard(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|at| text.is_char_boundary(at) && wildcard(rest.as_str(), &text[at..])),
        Some(char) => {
            let char = if char == '\\' { rest.next().expect("an escape") } else { char };
            text.strip_prefix(char).is_some_and(|text| wildcard(rest.as_str(), text))
        }
    }
}
