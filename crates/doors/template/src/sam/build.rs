//! Nodes and resources that nobody wrote: each has the line of what it was made for.

use sha2::{Digest, Sha256};

use crate::error::Faults;
use crate::json;
use crate::node::{Entry, Node, Text, Value};

/// How many digits of a hash SAM puts behind a logical id.
const HASH_DIGITS: usize = 10;

pub(super) fn text(line: u32, text: impl Into<String>) -> Node {
    Node { line, value: Value::Text(Text::plain(text)) }
}

pub(super) fn list(line: u32, items: Vec<Node>) -> Node {
    Node { line, value: Value::List(items) }
}

pub(super) fn entry(line: u32, key: impl Into<String>, node: Node) -> Entry {
    Entry { key: key.into(), line, node }
}

pub(super) fn map<const N: usize>(line: u32, entries: [(&str, Node); N]) -> Node {
    let entries = entries.into_iter().map(|(key, node)| entry(line, key, node));
    Node { line, value: Value::Map(entries.collect()) }
}

pub(super) fn reference(line: u32, logical_id: &str) -> Node {
    map(line, [("Ref", text(line, logical_id))])
}

pub(super) fn get_att(line: u32, logical_id: &str, attribute: &str) -> Node {
    map(line, [("Fn::GetAtt", list(line, vec![text(line, logical_id), text(line, attribute)]))])
}

pub(super) fn sub(line: u32, template: String) -> Node {
    map(line, [("Fn::Sub", text(line, template))])
}

/// What SAM puts behind a logical id so that another content makes another resource.
pub(super) fn hash(node: &Node) -> String {
    let mut hash = hex::encode(Sha256::digest(json::comparable(node).to_string()));
    hash.truncate(HASH_DIGITS);
    hash
}

/// Logical ids have letters and digits only; other characters of what they are made of are left out.
pub(super) fn id(parts: &[&str]) -> String {
    parts.concat().chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Adds an item to a list that maps of these keys lead to; what is missing is made. A place that is taken by something
/// else is left alone, and refused by whoever reads it.
pub(super) fn push(node: &mut Node, path: &[&str], item: Node) {
    let line = item.line;
    let Some((key, rest)) = path.split_first() else {
        if let Value::List(items) = &mut node.value {
            items.push(item);
        }
        return;
    };
    let Value::Map(entries) = &mut node.value else { return };
    if !entries.iter().any(|entry| entry.key == *key) {
        let value = if rest.is_empty() { Value::List(Vec::new()) } else { Value::Map(Vec::new()) };
        entries.push(entry(line, *key, Node { line, value }));
    }
    if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
        push(&mut entry.node, rest, item);
    }
}

/// Adds an entry to the map that these keys lead to, unless it is there; whether it was added.
pub(super) fn insert(node: &mut Node, path: &[&str], new: Entry) -> bool {
    let Value::Map(entries) = &mut node.value else { return false };
    let Some((key, rest)) = path.split_first() else {
        let is_free = !entries.iter().any(|entry| entry.key == new.key);
        if is_free {
            entries.push(new);
        }
        return is_free;
    };
    if !entries.iter().any(|entry| entry.key == *key) {
        entries.push(entry(new.line, *key, map(new.line, [])));
    }
    entries.iter_mut().find(|entry| entry.key == *key).is_some_and(|entry| insert(&mut entry.node, rest, new))
}

/// Properties that are taken one after the other.
pub(super) struct Bag {
    pub(super) line: u32,
    entries: Vec<Entry>,
}

impl Bag {
    pub(super) fn new(line: u32, entries: Vec<Entry>) -> Bag {
        Bag { line, entries }
    }

    /// The entries of a map; none of anything else.
    pub(super) fn of(node: &Node) -> Option<Bag> {
        node.as_map().map(|entries| Bag::new(node.line, entries.to_vec()))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == name)?;
        Some(self.entries.remove(index))
    }

    pub(super) fn drop(&mut self, names: &[&str]) {
        self.entries.retain(|entry| !names.contains(&entry.key.as_str()));
    }

    /// What SAM does not know would have no effect.
    pub(super) fn finish(self, faults: &mut Faults) {
        for entry in self.entries {
            faults.at(entry.line, format!("property {} is not supported", entry.key));
        }
    }
}

/// A resource of CloudFormation that is being made.
pub(super) struct Made {
    pub(super) logical_id: String,
    line: u32,
    type_name: String,
    properties: Vec<Entry>,
    /// What stands beside `Type` and `Properties`.
    pub(super) attributes: Vec<Entry>,
}

impl Made {
    pub(super) fn new(logical_id: impl Into<String>, line: u32, type_name: &str) -> Made {
        let (properties, attributes) = (Vec::new(), Vec::new());
        Made { logical_id: logical_id.into(), line, type_name: type_name.to_owned(), properties, attributes }
    }

    /// With a property that stands where the resource does.
    pub(super) fn with(mut self, name: &str, node: Node) -> Made {
        self.properties.push(entry(self.line, name, node));
        self
    }

    /// With a property from elsewhere, if it is there, under this name.
    pub(super) fn with_taken(mut self, name: &str, taken: Option<Entry>) -> Made {
        self.properties.extend(taken.map(|taken| Entry { key: name.to_owned(), ..taken }));
        self
    }

    /// With those of these properties that the bag has.
    pub(super) fn with_all(mut self, bag: &mut Bag, names: &[&str]) -> Made {
        self.properties.extend(names.iter().filter_map(|name| bag.take(name)));
        self
    }

    pub(super) fn with_attribute(mut self, name: &str, node: Node) -> Made {
        self.attributes.push(entry(self.line, name, node));
        self
    }

    /// The same as long as the properties are.
    pub(super) fn hash(&self) -> String {
        hash(&Node { line: self.line, value: Value::Map(self.properties.clone()) })
    }

    pub(super) fn entry(self) -> Entry {
        let line = self.line;
        let mut entries = vec![entry(line, "Type", text(line, self.type_name))];
        // A resource that goes on as it is written has its properties among the attributes.
        if !self.attributes.iter().any(|entry| entry.key == "Properties") {
            entries.push(entry(line, "Properties", Node { line, value: Value::Map(self.properties) }));
        }
        entries.extend(self.attributes);
        entry(line, self.logical_id, Node { line, value: Value::Map(entries) })
    }
}
