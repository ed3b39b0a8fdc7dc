//! An object of the file whose members are taken one by one: what nobody took is an unknown key.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::duration;
use crate::error::{Fault, printable};
use crate::hocon::{Members, Node, Value};
use crate::settings::{Notice, Weight};

/// What reading finds besides the settings.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<Fault>,
    pub(crate) notices: Vec<Notice>,
}

impl Findings {
    pub(crate) fn fault(&mut self, line: u32, reason: impl AsRef<str>) {
        self.faults.push(Fault::new(line, reason));
    }

    pub(crate) fn info(&mut self, line: u32, text: impl AsRef<str>) {
        self.notices.push(Notice { line, weight: Weight::Info, text: printable(text.as_ref()) });
    }

    pub(crate) fn warning(&mut self, line: u32, text: impl AsRef<str>) {
        self.notices.push(Notice { line, weight: Weight::Warning, text: printable(text.as_ref()) });
    }
}

/// An object that is being read.
pub(crate) struct Section<'a> {
    /// Where it begins.
    pub(crate) line: u32,
    name: String,
    members: Members,
    /// Members that may be left although they mean nothing.
    pub(crate) used: BTreeSet<String>,
    pub(crate) found: &'a mut Findings,
}

/// A text and its line.
pub(crate) struct Text {
    pub(crate) line: u32,
    pub(crate) text: String,
}

impl<'a> Section<'a> {
    /// A value that must be an object; otherwise that is a fault.
    fn new(name: String, node: Node, found: &'a mut Findings) -> Option<Section<'a>> {
        let Value::Object(members) = node.value else {
            found.fault(node.line, format!("{name} must be an object: {name} {{ … }}"));
            return None;
        };
        Some(Section { line: node.line, name, members, used: BTreeSet::new(), found })
    }

    /// The whole file.
    pub(crate) fn root(members: Members, found: &'a mut Findings) -> Section<'a> {
        Section { line: 1, name: String::new(), members, used: BTreeSet::new(), found }
    }

    /// Where a member stands, or the section if it is missing.
    pub(crate) fn line_of(&self, key: &str) -> u32 {
        self.members.get(key).map_or(self.line, |node| node.line)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.get(key).is_some_and(|node| node.value != Value::Null)
    }

    /// A member, unless it is missing or null.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        self.members.remove(key).filter(|node| node.value != Value::Null)
    }

    pub(crate) fn text(&mut self, key: &str) -> Option<Text> {
        let Node { line, value } = self.take(key)?;
        let Value::Text(text) = value else {
            self.found.fault(line, format!("{} must be a text or a number", self.path(key)));
            return None;
        };
        Some(Text { line, text })
    }

    /// The names of all members that are not null.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.members.keys().filter(|key| self.has(key)).cloned().collect()
    }

    /// A text of which `parse` makes something; otherwise `expected` says what it has to be.
    pub(crate) fn parsed<T>(&mut self, key: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let Text { line, text } = self.text(key)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.found.fault(line, format!("{} is {text:?}; {expected}", self.path(key)));
        }
        parsed
    }

    /// HOCON's ways to write a boolean.
    pub(crate) fn boolean(&mut self, key: &str) -> Option<bool> {
        self.parsed(key, "it must be true or false", |text| match text {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        })
    }

    pub(crate) fn whole(&mut self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let expected = format!("it must be a whole number from {} to {}", range.start(), range.end());
        self.parsed(key, &expected, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// A duration in seconds, up to `max`; what is not whole is rounded up, and that is said.
    pub(crate) fn seconds(&mut self, key: &str, max: u64) -> Option<u64> {
        let line = self.line_of(key);
        let expected = format!("it must be a duration of at most {max} seconds, such as 10 seconds or 500 millis");
        let whole = self.parsed(key, &expected, |text| duration::parse(text).filter(|whole| whole.seconds <= max))?;
        if whole.is_rounded {
            let text = format!("{} is rounded up to {} s: SQS counts in seconds", self.path(key), whole.seconds);
            self.found.info(line, text);
        }
        Some(whole.seconds)
    }

    /// The object under a key.
    pub(crate) fn section(&mut self, key: &str) -> Option<Section<'_>> {
        let node = self.take(key)?;
        Section::new(self.path(key), node, self.found)
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> Members {
        std::mem::take(&mut self.members)
    }

    pub(crate) fn fault(&mut self, line: u32, reason: &str) {
        self.found.fault(line, format!("{}: {reason}", self.name));
    }

    /// What nobody took is not understood.
    pub(crate) fn finish(mut self) {
        for (key, node) in self.rest() {
            if !self.used.contains(&key) {
                self.found.fault(node.line, format!("{} is not a known setting", self.path(&key)));
            }
        }
    }

    /// A member's name as one could write it at the top of the file.
    fn path(&self, key: &str) -> String {
        let is_plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let key = if key.chars().all(is_plain) { key.to_owned() } else { format!("{key:?}") };
        if self.name.is_empty() { key } else { format!("{}.{key}", self.name) }
    }
}
