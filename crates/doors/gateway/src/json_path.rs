//! Finds one value of a JSON document without building a tree of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A path to one value: `.event.items[0]['odd name']`, or nothing for the whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// Reads what follows the `$`.
    pub(crate) fn parse(path: &str) -> Result<Self, &'static str> {
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
        Ok(Self(steps))
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON of the value as it is written: a number of forty digits keeps them all. `None` where nothing is there,
    /// or the document is no JSON as far as it was read.
    ///
    /// Walks down step by step and skips over everything else: nothing recurses on a stranger's nesting.
    pub(crate) fn find<'b>(&self, document: &'b str) -> Option<&'b str> {
        if self.is_whole() {
            return serde_json::from_str::<&RawValue>(document).ok().map(RawValue::get);
        }
        let mut value = document;
        for step in &self.0 {
            value = serde_json::Deserializer::from_str(value).deserialize_any(Child(step)).ok()??.get();
        }
        Some(value)
    }

    /// The content of a string, or the JSON of a number or truth value. `None` also for `null`, objects and lists.
    pub(crate) fn scalar(&self, document: &str) -> Option<String> {
        let value = self.find(document)?;
        match value.as_bytes().first()? {
            b'{' | b'[' | b'n' => None,
            _ => text_of(value),
        }
    }

    /// The content of a string, or the JSON of anything else but `null`.
    pub(crate) fn text(&self, document: &str) -> Option<String> {
        self.find(document).filter(|value| *value != "null").and_then(text_of)
    }
}

fn text_of(value: &str) -> Option<String> {
    if value.starts_with('"') { serde_json::from_str(value).ok() } else { Some(value.to_owned()) }
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
