//! Takes typed properties out of a resolved map; what nobody took is an error.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::Reference;
use crate::error::Faults;
use crate::json::{self, Scalars};
use crate::node::{Entry, Node, Text, Value};
use crate::scope::known_later;

/// The properties of a resource, or a map inside of them. Accessors report a wrong type and then answer `None`.
pub(crate) struct Reader<'f> {
    line: u32,
    entries: Vec<Entry>,
    taken: Vec<bool>,
    faults: &'f mut Faults,
}

impl<'f> Reader<'f> {
    pub(crate) fn new(line: u32, entries: Vec<Entry>, faults: &'f mut Faults) -> Reader<'f> {
        Reader { line, taken: vec![false; entries.len()], entries, faults }
    }

    /// Reads a value that must be a map.
    pub(crate) fn of(node: Node, name: &str, faults: &'f mut Faults) -> Option<Reader<'f>> {
        match node.value {
            Value::Map(entries) => Some(Reader::new(node.line, entries, faults)),
            Value::Broken => None,
            _ => {
                faults.at(node.line, format!("{name} must be a map, not {}", node.kind()));
                None
            }
        }
    }

    pub(crate) fn fault(&mut self, line: u32, reason: impl Into<String>) {
        self.faults.at(line, reason);
    }

    /// The line of a property, or of the whole map when it is not given.
    pub(crate) fn line_of(&self, name: &str) -> u32 {
        self.entries.iter().find(|entry| entry.key == name).map_or(self.line, |entry| entry.line)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == name)
    }

    pub(crate) fn is_list(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == name && entry.node.as_list().is_some())
    }

    /// The value itself, of whatever kind but none.
    pub(crate) fn take(&mut self, name: &str) -> Option<Node> {
        let index = self.entries.iter().position(|entry| entry.key == name)?;
        self.taken[index] = true;
        let node = self.entries[index].node.clone();
        match node.value {
            Value::Broken => None,
            Value::Null => {
                self.fault(node.line, "a value is missing");
                None
            }
            _ => Some(node),
        }
    }

    /// A map as JSON text, or a text that is JSON already.
    pub(crate) fn json(&mut self, name: &str, scalars: Scalars) -> Option<String> {
        let node = self.take(name)?;
        let line = self.line_of(name);
        match node.as_text() {
            Some(text) => {
                self.hide(text);
                let is_object = serde_json::from_str::<serde_json::Map<_, _>>(&text.text).is_ok();
                if !is_object {
                    self.fault(line, format!("{name} must be a map, or a text that is one in JSON"));
                }
                is_object.then(|| text.text.clone())
            }
            None if node.as_map().is_some() => json::text(&node, scalars, self.faults),
            None => {
                self.fault(line, format!("{name} must be a map, not {}", node.kind()));
                None
            }
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<Text> {
        let node = self.take(name)?;
        match node.value {
            Value::Text(text) => {
                self.hide(&text);
                Some(text)
            }
            Value::Later(of, _) => {
                self.fault(self.line_of(name), known_later(&of));
                None
            }
            _ => {
                self.fault(self.line_of(name), format!("{name} must be a single value, not {}", node.kind()));
                None
            }
        }
    }

    /// A single value that the deployment may have to find.
    pub(crate) fn reference(&mut self, name: &str) -> Option<Reference> {
        match self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.node.value) {
            Some(Value::Later(..)) => self.take(name).and_then(|node| reference_of(&node)),
            _ => self.string(name).map(Reference::Known),
        }
    }

    /// A list of single values that the deployment may have to find.
    pub(crate) fn references(&mut self, name: &str) -> Vec<Reference> {
        let items = self.list(name);
        let found: Option<Vec<Reference>> = items.iter().map(reference_of).collect();
        if found.is_none() && !items.iter().any(|item| matches!(item.value, Value::Broken)) {
            self.fault(self.line_of(name), format!("{name} must be a list of texts"));
        }
        found.unwrap_or_default()
    }

    pub(crate) fn string(&mut self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.text)
    }

    pub(crate) fn required(&mut self, name: &str) -> Option<String> {
        self.require(name);
        self.string(name)
    }

    pub(crate) fn whole(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(name)?;
        let number = text.text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (low, high) = (range.start(), range.end());
            let reason = format!("{name} must be a whole number from {low} to {high}, not {}", text.text);
            self.fault(self.line_of(name), reason);
        }
        number
    }

    pub(crate) fn decimal(&mut self, name: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let text = self.text(name)?;
        let number = text.text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (low, high) = (range.start(), range.end());
            let reason = format!("{name} must be a number from {low} to {high}, not {}", text.text);
            self.fault(self.line_of(name), reason);
        }
        number
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        match text.text.as_str() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => {
                self.fault(self.line_of(name), format!("{name} must be true or false, not {}", text.text));
                None
            }
        }
    }

    pub(crate) fn one_of(&mut self, name: &str, allowed: &[&str]) -> Option<String> {
        let text = self.text(name)?;
        if !allowed.contains(&text.text.as_str()) {
            let reason = format!("{name} must be {}, not {}", allowed.join(" or "), text.text);
            self.fault(self.line_of(name), reason);
            return None;
        }
        Some(text.text)
    }

    /// The items of a list; none when it is not given.
    pub(crate) fn list(&mut self, name: &str) -> Vec<Node> {
        match self.take(name) {
            Some(Node { value: Value::List(items), .. }) => items,
            Some(node) => {
                self.fault(self.line_of(name), format!("{name} must be a list, not {}", node.kind()));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Option<Vec<Text>> {
        let node = self.take(name)?;
        let items = node.as_list().unwrap_or_default();
        let texts: Option<Vec<Text>> = items.iter().map(|item| item.as_text().cloned()).collect();
        match texts {
            Some(texts) if node.as_list().is_some() => {
                texts.iter().for_each(|text| self.hide(text));
                Some(texts)
            }
            _ if items.iter().any(|item| matches!(item.value, Value::Broken)) => None,
            _ => {
                self.fault(self.line_of(name), format!("{name} must be a list of texts"));
                None
            }
        }
    }

    /// A map of texts whose keys are of the user's choice.
    pub(crate) fn text_map(&mut self, name: &str) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        let Some(mut inner) = self.map(name) else { return texts };
        for key in inner.names() {
            if let Some(text) = inner.string(&key) {
                texts.insert(key, text);
            }
        }
        texts
    }

    /// The names of everything that is given.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.key.clone()).collect()
    }

    /// The items of a list of texts.
    pub(crate) fn strings(&mut self, name: &str) -> Vec<String> {
        self.texts(name).unwrap_or_default().into_iter().map(|text| text.text).collect()
    }

    /// The address of another server, if that is what a text is; anything else is left where it is.
    pub(crate) fn address(&mut self, name: &str) -> Option<String> {
        let text = self.entries.iter().find(|entry| entry.key == name).and_then(|entry| entry.node.as_text())?;
        let is_address = ["http://", "https://"].iter().any(|scheme| text.text.starts_with(scheme));
        if is_address { self.string(name) } else { None }
    }

    /// A fault unless the property is given.
    pub(crate) fn require(&mut self, name: &str) {
        if !self.has(name) {
            self.fault(self.line, format!("{name} is missing"));
        }
    }

    /// A `NoEcho` value must not appear in a fault about it.
    fn hide(&mut self, text: &Text) {
        if text.hidden {
            self.faults.hide(&text.text);
        }
    }

    pub(crate) fn map(&mut self, name: &str) -> Option<Reader<'_>> {
        let node = self.take(name)?;
        Reader::of(node, name, self.faults)
    }

    /// Reads a map that was found inside of this one.
    pub(crate) fn within(&mut self, node: Node, name: &str) -> Option<Reader<'_>> {
        Reader::of(node, name, self.faults)
    }

    /// The entries of a map whose keys are names of the user's choice.
    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Properties that need not be looked at.
    pub(crate) fn pass(&mut self, names: &[&str]) {
        for (entry, taken) in self.entries.iter().zip(&mut self.taken) {
            *taken |= names.contains(&entry.key.as_str());
        }
    }

    /// What is left need not be looked at: what it belongs to has been refused.
    pub(crate) fn pass_all(&mut self) {
        self.taken.fill(true);
    }

    /// Every property that was not taken is one that would have no effect: better refused than silently lost.
    pub(crate) fn finish(self) {
        for (entry, taken) in self.entries.iter().zip(&self.taken) {
            if !taken {
                self.faults.at(entry.line, format!("property {} is not supported", entry.key));
            }
        }
    }
}

fn reference_of(node: &Node) -> Option<Reference> {
    match &node.value {
        Value::Text(text) => Some(Reference::Known(text.text.clone())),
        Value::Later(logical_id, attribute) => {
            Some(Reference::Later { logical_id: logical_id.clone(), attribute: attribute.clone() })
        }
        _ => None,
    }
}
