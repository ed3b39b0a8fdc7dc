//! Selects one value of a request: by a path into its JSON body, by a header's name, or fixed.

use std::{fmt, str::FromStr};

use hyper::{HeaderMap, header::HeaderName};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Where a message's group or deduplication id is found.
///
/// Written `$.event.channel`, `$.items[0]['odd name']` (a path into the JSON body, also in API Gateway's spelling
/// `$request.body.event.channel`), `$request.header.X-GitHub-Delivery`, or as the fixed text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Json(Vec<Step>),
    Header(HeaderName),
    Fixed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// A selector that begins like a path and is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no selector: {reason}")]
pub struct SelectorError {
    text: String,
    reason: &'static str,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let kind = if text.is_empty() {
            Err("it is empty")
        } else if let Some(name) = text.strip_prefix("$request.header.") {
            name.parse().map(Kind::Header).map_err(|_| "that is no name of a header")
        } else if let Some(path) = text.strip_prefix("$request.body").or_else(|| text.strip_prefix('$')) {
            parse_steps(path).map(Kind::Json)
        } else {
            Ok(Kind::Fixed)
        };
        match kind {
            Ok(kind) => Ok(Self { text: text.into(), kind }),
            Err(reason) => Err(SelectorError { text: text.into(), reason }),
        }
    }
}

impl Selector {
    /// Whether the body must be JSON for it.
    pub fn looks_into_body(&self) -> bool {
        matches!(self.kind, Kind::Json(_))
    }
}

fn parse_steps(path: &str) -> Result<Vec<Step>, &'static str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let step;
        (step, rest) = if let Some(after) = rest.strip_prefix('.') {
            let (key, rest) = after.split_at(after.find(['.', '[']).unwrap_or(after.len()));
            if key.is_empty() || !key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                return Err("a step is `.name`, `['name']` or `[0]`");
            }
            (Step::Key(key.into()), rest)
        } else if let Some(after) = rest.strip_prefix("['") {
            let (key, rest) = after.split_once("']").ok_or("`['` is not closed by `']`")?;
            (Step::Key(key.into()), rest)
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, rest) = after.split_once(']').ok_or("`[` is not closed by `]`")?;
            (Step::Index(index.parse().map_err(|_| "an index is a number, counted from 0")?), rest)
        } else {
            return Err("a step is `.name`, `['name']` or `[0]`");
        };
        steps.push(step);
    }
    if steps.is_empty() { Err("it selects the whole body") } else { Ok(steps) }
}

impl Selector {
    /// The value selected: a header, or the JSON string's content, or a JSON number or truth value as it is written.
    /// `None` where nothing is there, or `null`, an object, a list or an empty text.
    pub(crate) fn select(&self, headers: &HeaderMap, body: &str) -> Option<String> {
        let selected = match &self.kind {
            Kind::Fixed => Some(self.text.clone()),
            Kind::Header(name) => headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned),
            Kind::Json(steps) => select_json(steps, body),
        };
        selected.filter(|value| !value.is_empty())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Walks down step by step and skips over everything else: no tree is built, nothing recurses on a stranger's nesting,
/// and a number of forty digits keeps them all.
fn select_json(steps: &[Step], body: &str) -> Option<String> {
    let mut value = body;
    for step in steps {
        value = serde_json::Deserializer::from_str(value).deserialize_any(Child(step)).ok()??.get();
    }
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.to_owned()),
    }
}

/// Picks one member of an object or one element of a list.
struct Child<'s>(&'s Step);

impl<'de> Visitor<'de> for Child<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    /// The last of several equal names counts, as it does for the consumers' parsers.
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let wanted = match self.0 {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        };
        let mut found = None;
        while let Some(is_wanted) = map.next_key_seed(IsKey(wanted))? {
            if is_wanted {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut before = match self.0 {
            Step::Index(index) => *index,
            Step::Key(_) => usize::MAX,
        };
        let mut found = None;
        loop {
            if before == 0 && found.is_none() {
                found = seq.next_element()?;
                if found.is_none() {
                    return Ok(None);
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            before = before.saturating_sub(1);
        }
    }
}

/// Compares an object's next name without keeping it.
struct IsKey<'s>(Option<&'s str>);

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(selector: &str, body: &str) -> Option<String> {
        let headers = [("x-id".parse().unwrap(), "h 1".parse().unwrap())].into_iter().collect();
        selector.parse::<Selector>().unwrap().select(&headers, body)
    }

    #[test]
    fn values_are_selected() {
        let body = r#" {"a": {"b": "x", "list": [1, {"k": "y"}, -0.50]}, "odd ]name": true, "b": "", "n": null} "#;
        for (selector, expected) in [
            ("$.a.b", Some("x")),
            ("$request.body.a.b", Some("x")),
            ("$['a']['b']", Some("x")),
            ("$.a.list[0]", Some("1")),
            ("$.a.list[1].k", Some("y")),
            ("$.a.list[2]", Some("-0.50")),
            ("$.a.list[3]", None),
            ("$.a.list.k", None),
            ("$.a[0]", None),
            ("$['odd ]name']", Some("true")),
            ("$.a", None),
            ("$.b", None),
            ("$.n", None),
            ("$.n.x", None),
            ("$.missing.b", None),
            ("$request.header.X-Id", Some("h 1")),
            ("$request.header.x-other", None),
            ("fixed text", Some("fixed text")),
        ] {
            assert_eq!(select(selector, body).as_deref(), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "$", "$.", "$..a", "$.*", "$[", "$['a", "$[-1]", "$[a]", "$a", "$.a b", "$request.header. "] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }

    #[test]
    fn digits_and_escapes_survive() {
        let long = "1234567890".repeat(4);
        assert_eq!(select("$.n", &format!(r#"{{"n":{long}}}"#)), Some(long));
        assert_eq!(select("$.n", r#"{"n":1e999}"#).as_deref(), Some("1e999"));
        assert_eq!(select("$.s", r#"{"s":"\ud55c\"\n"}"#).as_deref(), Some("한\"\n"));
        assert_eq!(select("$.k", r#"{"\u006b":"v"}"#).as_deref(), Some("v"));
        assert_eq!(select("$.k", r#"{"k":"first","k":"last"}"#).as_deref(), Some("last"));
    }

    #[test]
    fn hostile_documents_select_nothing() {
        let deep = format!(r#"{{"x":{}"v"}}"#, "[".repeat(500_000));
        for body in ["", "nonsense", "{", r#"{"k":"\ud800"}"#, r#"{"k":1"#, r#"{"k":"v"#, "[1]", "\"k\"", &deep] {
            assert_eq!(select("$.k", body), None);
        }
        let deep = format!(r#"{{"x":{}{},"k":"v"}}"#, "[".repeat(400_000), "]".repeat(400_000));
        assert_eq!(select("$.k", &deep).as_deref(), Some("v"));
    }
}
