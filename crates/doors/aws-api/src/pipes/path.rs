//! `$.body.items[0].id`: values of a JSON text, as they are written there.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

/// Names and places that a path may have, one after the other.
const STEPS_MAX: usize = 32;
/// The member whose text is looked into if it is JSON itself.
const BODY: &str = "body";

/// Where in an event something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(Box<str>),
    Place(usize),
    /// Of all elements.
    Every,
}

impl Path {
    /// Reads `$`, `$.name`, `$.name[0].other[*]`. Names have letters, digits, `_`, `-` and `/`.
    pub(super) fn parse(text: &str) -> Option<Path> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = read_step(rest)?;
            steps.push(step);
        }
        (steps.len() <= STEPS_MAX).then_some(Path(steps))
    }

    /// Whether a text is meant as a path: dynamic parameters are all path or none.
    pub(super) fn is_meant(text: &str) -> bool {
        text == "$" || text.starts_with("$.")
    }

    /// The JSON of what stands there; a body that is an object or an array in JSON counts as that.
    pub(super) fn find<'e>(&self, event: &'e str) -> Option<Cow<'e, str>> {
        let [Step::Name(first), rest @ ..] = &self.0[..] else { return walk(event, &self.0) };
        let value = member(event, first)?;
        match decoded(value).filter(|_| **first == *BODY) {
            Some(body) => walk(&body, rest).map(|found| Cow::Owned(found.into_owned())),
            None => walk(value, rest),
        }
    }
}

fn read_step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let (name, rest) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
        return is_name.then(|| (Step::Name(name.into()), rest));
    }
    let (place, rest) = text.strip_prefix('[')?.split_once(']')?;
    match place {
        "*" => Some((Step::Every, rest)),
        _ => Some((Step::Place(place.parse().ok()?), rest)),
    }
}

fn walk<'e>(value: &'e str, steps: &[Step]) -> Option<Cow<'e, str>> {
    let Some((step, rest)) = steps.split_first() else { return Some(Cow::Borrowed(value)) };
    match step {
        Step::Name(name) => walk(member(value, name)?, rest),
        Step::Place(place) => walk(elements(value)?.get(*place)?.get(), rest),
        Step::Every => {
            let of_each = elements(value)?;
            let found: Vec<_> = of_each.iter().filter_map(|element| walk(element.get(), rest)).collect();
            Some(Cow::Owned(format!("[{}]", found.join(","))))
        }
    }
}

fn member<'e>(object: &'e str, name: &str) -> Option<&'e str> {
    let members: HashMap<String, &'e RawValue> = serde_json::from_str(object).ok()?;
    members.get(name).map(|value| value.get())
}

/// The elements of an array, each as it is written.
pub(super) fn elements(array: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(array).ok()
}

/// The object or array that a JSON text holds as text.
fn decoded(value: &str) -> Option<String> {
    let text = text_of(value.starts_with('"').then_some(value)?);
    let is_document = text.trim_start().starts_with(['{', '[']) && is_json(&text);
    is_document.then(|| text.into_owned())
}

/// The event with its body as JSON, if that is what the body is.
pub(super) fn with_body_decoded(event: &str) -> Cow<'_, str> {
    let Some((body, decoded)) = member(event, BODY).and_then(|body| Some((body, decoded(body)?))) else {
        return Cow::Borrowed(event);
    };
    // The body is a part of the event's own text.
    let begin = body.as_ptr() as usize - event.as_ptr() as usize;
    Cow::Owned([&event[..begin], &decoded, &event[begin + body.len()..]].concat())
}

/// What a JSON string says; the JSON of anything else.
pub(super) fn text_of(json: &str) -> Cow<'_, str> {
    match serde_json::from_str::<String>(json) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(json),
    }
}

pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"messageId":"m","body":"{\"order\":{\"id\":\"o-1\",\"price\":1.50},\"items\":[{\"n\":1},{\"n\":2},{}]}","attributes":{"a/b":"x"}}"#;

    #[test]
    fn a_path_leads_into_the_event_and_into_a_body_that_is_json() {
        for (path, expected) in [
            ("$.messageId", Some(r#""m""#)),
            ("$.attributes.a/b", Some(r#""x""#)),
            ("$.body.order.price", Some("1.50")),
            ("$.body.items[1].n", Some("2")),
            ("$.body.items[*].n", Some("[1,2]")),
            ("$.body.order", Some(r#"{"id":"o-1","price":1.50}"#)),
            ("$.body.items[7]", None),
            ("$.body.order.id.more", None),
            ("$.messageId.more", None),
            ("$.nowhere", None),
        ] {
            assert_eq!(Path::parse(path).unwrap().find(EVENT).as_deref(), expected, "{path}");
        }
        assert_eq!(Path::parse("$").unwrap().find(EVENT).as_deref(), Some(EVENT));
    }

    #[test]
    fn a_body_that_is_no_document_stays_a_text() {
        for body in [r#""plain""#, r#""42""#, r#""{""#, r#""\"quoted\"""#] {
            let event = format!(r#"{{"body":{body}}}"#);
            assert_eq!(Path::parse("$.body").unwrap().find(&event).as_deref(), Some(body));
            assert_eq!(Path::parse("$.body.x").unwrap().find(&event), None);
            assert_eq!(with_body_decoded(&event), event);
        }
        assert_eq!(with_body_decoded(r#"{"a":1,"body":"[1]","b":2}"#), r#"{"a":1,"body":[1],"b":2}"#);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "a", "$a", "$.", "$..a", "$.a[", "$.a[x]", "$.a b", "$.a[-1]", "$['a']"] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
        assert_eq!(Path::parse(&format!("${}", ".a".repeat(33))), None);
        assert!(!Path::is_meant("$5") && Path::is_meant("$.a"));
    }
}
