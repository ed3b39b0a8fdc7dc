//! Members of requests of which nothing is here: found, so that a service can refuse them.

use serde_json::{Map, Value};

/// Members by path, the operations that have them, and what is told.
pub(crate) type Unavailable = [(&'static str, &'static [&'static str], &'static str)];

/// The first of these members of which the request says something, and what is told of it. What is empty says nothing.
pub(crate) fn find(
    table: &Unavailable,
    operation: &str,
    members: &Map<String, Value>,
) -> Option<(&'static str, &'static str)> {
    let of_operation = table.iter().filter(|(_, operations, _)| operations.contains(&operation));
    of_operation.map(|(path, _, why)| (*path, *why)).find(|(path, _)| says_something(path, members))
}

fn says_something(path: &str, members: &Map<String, Value>) -> bool {
    let value = match path.split_once('.') {
        Some((outer, inner)) => members.get(outer).and_then(|outer| outer.get(inner)),
        None => members.get(path),
    };
    value.is_some_and(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "COPY",
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => members.values().any(|value| !value.is_null() && *value != Value::Array(Vec::new())),
        _ => true,
    })
}
