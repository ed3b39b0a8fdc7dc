//! What a task's parameters are made into: the JSON that an operation reads, and back.

use std::collections::BTreeMap;

use bongsu_states_language::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::fault::Fault;

/// Parameters by their names, each as it stands in the task's input: members of objects keep their order.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// The parameters of a task. What is null is not given.
pub(super) fn members(input: &str) -> Result<Members, Fault> {
    let members: Members =
        serde_json::from_str(input).map_err(|_| Fault::runtime("The parameters of the task are not a JSON object."))?;
    Ok(members.into_iter().filter(|(_, value)| value.get() != "null").collect())
}

/// Where AWS takes any JSON for a text, that becomes its text.
pub(super) fn as_text(members: &mut Members, name: &str) {
    if let Some(value) = members.get_mut(name).filter(|value| !value.get().starts_with('"')) {
        *value = to_raw_value(value.get()).expect("a text is JSON");
    }
}

/// What a text says, or the JSON itself.
pub(super) fn text_of(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

/// The members as one document.
pub(super) fn document(members: &Members) -> Map<String, Value> {
    let value = |member: &RawValue| serde_json::from_str(member.get()).expect("a member is JSON");
    members.iter().map(|(name, member)| (name.clone(), value(member))).collect()
}

/// The same as text.
pub(super) fn json_text(members: &Members) -> String {
    serde_json::to_string(members).expect("members are JSON")
}

/// With all names, however deep, as `change` has them.
pub(super) fn renamed(value: Value, change: fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (change(&name), renamed(value, change))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(|value| renamed(value, change)).collect()),
        other => other,
    }
}

/// `stateMachineArn` of `StateMachineArn`.
pub(super) fn camel(name: &str) -> String {
    with_first(name, char::to_ascii_lowercase)
}

/// `StateMachineArn` of `stateMachineArn`.
pub(super) fn pascal(name: &str) -> String {
    with_first(name, char::to_ascii_uppercase)
}

fn with_first(name: &str, change: fn(&char) -> char) -> String {
    let mut characters = name.chars();
    characters.next().iter().map(change).chain(characters).collect()
}

/// Seconds since the epoch as the SDK's results tell times: `StartDate: "2026-01-01T00:00:00.000Z"`.
pub(super) fn times_as_texts(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_f64() {
                    Some(seconds) if name.ends_with("Date") || name == "Timestamp" => {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "a time of this server"
                        )]
                        let at = Timestamp((seconds * 1000.0).round() as u64);
                        *value = Value::String(at.to_string());
                    }
                    _ => times_as_texts(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(times_as_texts),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_json_can_be_a_text() {
        let mut given = members(r#"{"MessageBody":{"b":1.0,"a":[1]},"Subject":"s","Gone":null}"#).unwrap();
        as_text(&mut given, "MessageBody");
        as_text(&mut given, "Subject");
        assert_eq!(Value::Object(document(&given)), json!({ "MessageBody": r#"{"b":1.0,"a":[1]}"#, "Subject": "s" }));
        assert!(members("[]").is_err() && members("1").is_err());
    }

    #[test]
    fn names_and_times_are_the_sdks() {
        let mut value =
            renamed(json!({ "executionArn": "a", "list": [{ "startDate": 0.5, "name": "startDate" }] }), pascal);
        times_as_texts(&mut value);
        let expected =
            json!({ "ExecutionArn": "a", "List": [{ "StartDate": "1970-01-01T00:00:00.500Z", "Name": "startDate" }] });
        assert_eq!(value, expected);
        assert_eq!(camel("StateMachineArn"), "stateMachineArn");
    }
}
