//! Which key an event has: that of its queue, of its message group, of where it goes, or a value inside of it.

use std::fmt;

use serde_json::Value;

/// Bytes of a key; what is longer is cut, and then shares its limit with what begins alike.
pub const KEY_BYTES_MAX: usize = 256;

const STEPS_MAX: usize = 16;

/// Says which events share a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyExpression {
    /// All that comes from one queue.
    Queue,
    /// Each message group of a queue.
    Group,
    /// All that goes to one place.
    Destination,
    /// Events with the same value there.
    Path(Path),
}

/// `$.body.mall_id`, `$.items[0].id`, `$['mall id']`: names and places, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    text: Box<str>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(Box<str>),
    Place(usize),
}

impl KeyExpression {
    /// Reads `queue`, `group`, `destination`, or a path.
    pub fn parse(text: &str) -> Result<KeyExpression, InvalidKey> {
        match text {
            "queue" => Ok(KeyExpression::Queue),
            "group" => Ok(KeyExpression::Group),
            "destination" => Ok(KeyExpression::Destination),
            _ => Path::parse(text).map(KeyExpression::Path),
        }
    }
}

impl fmt::Display for KeyExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyExpression::Queue => "queue",
            KeyExpression::Group => "group",
            KeyExpression::Destination => "destination",
            KeyExpression::Path(path) => &path.text,
        })
    }
}

impl Path {
    fn parse(text: &str) -> Result<Path, InvalidKey> {
        let invalid = || InvalidKey(text.into());
        let mut rest = text.strip_prefix('$').ok_or_else(invalid)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest).ok_or_else(invalid)?;
            steps.push(step);
            rest = after;
        }
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(invalid());
        }
        Ok(Path { text: text.into(), steps })
    }

    /// The key of an event: the value there as text; empty where there is none. Text that is JSON, as a message's
    /// body may be, is looked into.
    pub fn key(&self, event: &Value) -> String {
        key(event, &self.steps)
    }
}

fn key(value: &Value, steps: &[Step]) -> String {
    let Some((step, rest)) = steps.split_first() else { return text(value) };
    let inner = match value {
        Value::String(body) => {
            return serde_json::from_str(body).map_or_else(|_| String::new(), |body| key_of_body(&body, steps));
        }
        _ => get(value, step),
    };
    inner.map_or_else(String::new, |inner| key(inner, rest))
}

/// Text inside of a body is text.
fn key_of_body(body: &Value, steps: &[Step]) -> String {
    let found = steps.iter().try_fold(body, get);
    found.map_or_else(String::new, text)
}

fn get<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Name(name) => value.as_object()?.get(&**name),
        Step::Place(place) => value.as_array()?.get(*place),
    }
}

fn text(value: &Value) -> String {
    let mut text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    text.truncate(text.floor_char_boundary(KEY_BYTES_MAX));
    text
}

/// `.name`, `[3]` or `['a name']`, and what follows.
fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        return is_plain.then(|| (Step::Name(name.into()), rest));
    }
    let rest = text.strip_prefix('[')?;
    if let Some(rest) = rest.strip_prefix('\'') {
        let (name, rest) = rest.split_once("']")?;
        return (!name.is_empty()).then(|| (Step::Name(name.into()), rest));
    }
    let (place, rest) = rest.split_once(']')?;
    Some((Step::Place(place.parse().ok()?), rest))
}

/// What is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key: say `queue`, `group`, `destination`, or a path such as `$.body.mall_id`")]
pub struct InvalidKey(String);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn key(path: &str, event: &Value) -> String {
        match KeyExpression::parse(path).unwrap() {
            KeyExpression::Path(path) => path.key(event),
            other => other.to_string(),
        }
    }

    #[test]
    fn a_path_leads_into_the_event_and_into_a_body_that_is_json() {
        let event =
            json!({"body": r#"{"mall_id": "m-1", "items": [{"id": 7}]}"#, "attributes": {"Message Group": "g"}});
        assert_eq!(key("$.body.mall_id", &event), "m-1");
        assert_eq!(key("$.body.items[0].id", &event), "7");
        assert_eq!(key("$.attributes['Message Group']", &event), "g");
        assert_eq!(key("$.body.items[1].id", &event), "");
        assert_eq!(key("$.body.mall_id.x", &event), "");
        assert_eq!(key("$.body", &json!({"body": "plain"})), "plain");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "$", "mall", "$.", "$..a", "$.a[", "$.a[x]", "$.a['']", "$.a b", "$[*]"] {
            let refused = KeyExpression::parse(text).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("`{text}` is not a key")), "{refused}");
        }
        assert!(KeyExpression::parse(&format!("${}", ".a".repeat(17))).is_err());
    }

    #[test]
    fn a_long_key_is_cut_between_characters() {
        let long = "é".repeat(200);
        let key = key("$.a", &json!({ "a": long }));
        assert_eq!(key.len(), 256);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\$?[.\\[\\]'a-c0-9*]{0,20}", body in ".{0,40}") {
            if let Ok(KeyExpression::Path(path)) = KeyExpression::parse(&text) {
                prop_assert_eq!(&Path::parse(&path.text).unwrap(), &path);
                let _key = path.key(&json!({ "a": body }));
            }
        }
    }
}
