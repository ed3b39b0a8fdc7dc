//! Takes JSON objects apart one level at a time and names what is wrong by its path.
//!
//! Nothing recurses over what a stranger nested: how deep a policy is read, its grammar says.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Fault;
use crate::fault::echo;

/// What a section may be instead of an object, so as to be unset.
const UNSET: [&str; 2] = ["null", "\"\""];

/// An object whose keys are all known and come once each.
pub(crate) struct Section<'a> {
    /// Empty for the whole policy.
    path: String,
    members: Vec<(String, &'a RawValue)>,
}

impl<'a> Section<'a> {
    /// The whole policy; nothing if the text is empty or null.
    pub(crate) fn whole(text: &'a str, known: &[&str]) -> Result<Option<Section<'a>>, Fault> {
        if text.is_empty() {
            return Ok(None);
        }
        let value = serde_json::from_str(text).map_err(not_json)?;
        Section::open(value, String::new(), known)
    }

    /// An object inside this one; nothing if it is absent, null or `""`.
    pub(crate) fn section(&self, key: &str, known: &[&str]) -> Result<Option<Section<'a>>, Fault> {
        match self.member(key) {
            Some(value) => Section::open(value, self.path_of(key), known),
            None => Ok(None),
        }
    }

    fn open(value: &'a RawValue, path: String, known: &[&str]) -> Result<Option<Section<'a>>, Fault> {
        if UNSET.contains(&value.get()) {
            return Ok(None);
        }
        if !value.get().starts_with('{') {
            let what = if path.is_empty() { "the policy" } else { &path };
            return Err(Fault::new(format!("{what} must be a JSON object")));
        }
        let Members(members) = serde_json::from_str(value.get()).map_err(not_json)?;
        let section = Section { path, members };
        section.check_keys(known)?;
        Ok(Some(section))
    }

    fn check_keys(&self, known: &[&str]) -> Result<(), Fault> {
        for (at, (key, _)) in self.members.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                return Err(Fault::new(format!("unknown key [{}]", self.path_of(echo(key)))));
            }
            if self.members[..at].iter().any(|(earlier, _)| earlier == key) {
                return Err(self.fault(key, "must not be given twice"));
            }
        }
        Ok(())
    }

    /// Whether the key has a value other than null or `""`.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.member(key).is_some_and(|value| !UNSET.contains(&value.get()))
    }

    /// Nothing if it is absent or null, as with the other values.
    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, Fault> {
        self.value(key, "must be an integer")
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, Fault> {
        self.value(key, "must be true or false")
    }

    pub(crate) fn string(&self, key: &str) -> Result<Option<String>, Fault> {
        self.value(key, "must be a string")
    }

    fn value<T: Deserialize<'a>>(&self, key: &str, rule: &str) -> Result<Option<T>, Fault> {
        let Some(value) = self.member(key).filter(|value| value.get() != "null") else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|_| self.fault(key, rule))
    }

    /// Says that the value of this key breaks a rule.
    pub(crate) fn fault(&self, key: &str, rule: impl fmt::Display) -> Fault {
        Fault::new(format!("{} {rule}", self.path_of(key)))
    }

    /// Says that the value of this key is not one of those that are allowed.
    pub(crate) fn value_fault(&self, key: &str, value: &str, rule: &str) -> Fault {
        Fault::new(format!("{}: the value [{}] {rule}", self.path_of(key), echo(value)))
    }

    /// Says that this section as a whole breaks a rule.
    pub(crate) fn whole_fault(&self, rule: impl fmt::Display) -> Fault {
        Fault::new(format!("{} {rule}", self.path))
    }

    fn member(&self, key: &str) -> Option<&'a RawValue> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn not_json(error: serde_json::Error) -> Fault {
    Fault::new(format!("failed to parse JSON. {error}"))
}

/// The members of an object as they were written, also those that come twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
