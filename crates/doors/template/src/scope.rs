//! What references can mean: parameters, mappings, conditions and resources; and the walk that resolves them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::Inputs;
use crate::error::{Fault, Faults};
use crate::node::{Entry, Node, Text, Value};

/// How many bytes all resolved texts of a template may have together: a `!Sub` that repeats a long parameter ends here.
pub const RESOLVED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Everything a reference can mean.
pub(crate) struct Scope<'a> {
    pub(crate) inputs: &'a Inputs,
    /// Whether the template asks for `AWS::LanguageExtensions`.
    pub(crate) language_extensions: bool,
    pub(crate) parameters: BTreeMap<String, Node>,
    pub(crate) mappings: Vec<Entry>,
    /// `None` for a condition that is faulty and has been reported.
    pub(crate) conditions: BTreeMap<String, Option<bool>>,
    /// Resources that a condition leaves out, with the condition.
    pub(crate) excluded: BTreeMap<String, String>,
    /// Other names of resources: SAM's `Function.Alias`, and layers, whose logical ids SAM changes.
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) identities: BTreeMap<String, Identity>,
    pub(crate) imports: RefCell<BTreeSet<String>>,
    uses: RefCell<BTreeSet<String>>,
    resolved_bytes: Cell<usize>,
}

/// What other resources can say about a resource. `None` is what only the deployment tells.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The resource's own name or id, as the service knows it.
    pub(crate) name: String,
    /// What `Ref` gives.
    pub(crate) reference: Option<String>,
    /// What `Fn::GetAtt` gives.
    pub(crate) attributes: Vec<(&'static str, Option<String>)>,
}

impl Identity {
    /// A resource that `Ref` names by its name, with these attributes.
    pub(crate) fn named(name: String, attributes: Vec<(&'static str, String)>) -> Identity {
        Identity::new(name.clone(), name, attributes)
    }

    pub(crate) fn new(name: String, reference: String, attributes: Vec<(&'static str, String)>) -> Identity {
        let attributes = attributes.into_iter().map(|(name, value)| (name, Some(value))).collect();
        Identity { name, reference: Some(reference), attributes }
    }
}

impl<'a> Scope<'a> {
    pub(crate) fn new(inputs: &'a Inputs) -> Scope<'a> {
        Scope {
            inputs,
            language_extensions: false,
            parameters: BTreeMap::new(),
            mappings: Vec::new(),
            conditions: BTreeMap::new(),
            excluded: BTreeMap::new(),
            aliases: BTreeMap::new(),
            identities: BTreeMap::new(),
            imports: RefCell::default(),
            uses: RefCell::default(),
            resolved_bytes: Cell::new(0),
        }
    }

    /// The logical ids that were referred to since this was last asked.
    pub(crate) fn take_uses(&self) -> BTreeSet<String> {
        self.uses.take()
    }

    /// Replaces every intrinsic function by its value; `None` is `AWS::NoValue`. What cannot be resolved is reported and
    /// becomes [`Value::Broken`], so that the rest is still checked.
    pub(crate) fn resolve(&self, node: &Node, faults: &mut Faults) -> Option<Node> {
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().filter_map(|item| self.resolve(item, faults)).collect()),
            Value::Map(entries) if function_of(node).is_none() => {
                let resolved = |entry: &Entry| Some(entry.with(self.resolve(&entry.node, faults)?));
                Value::Map(entries.iter().filter_map(resolved).collect())
            }
            _ => match self.evaluate(node) {
                Ok(node) => return node,
                Err(fault) => {
                    faults.push(fault);
                    Value::Broken
                }
            },
        };
        Some(Node { line: node.line, value })
    }

    /// Resolves every value of a map.
    pub(crate) fn resolve_entries(&self, entries: &[Entry], faults: &mut Faults) -> Vec<Entry> {
        entries.iter().filter_map(|entry| Some(entry.with(self.resolve(&entry.node, faults)?))).collect()
    }

    pub(crate) fn named_condition(&self, name: &str, line: u32) -> Result<bool, Fault> {
        match self.conditions.get(name) {
            Some(known) => known.ok_or_else(|| Fault::reported(line)),
            None => Err(Fault::new(line, format!("condition {name} is not defined, or depends on itself"))),
        }
    }

    /// Whether the condition that a resource or output names holds; without one it does.
    pub(crate) fn holds(&self, condition: Option<&Node>) -> Result<bool, Fault> {
        let Some(node) = condition else { return Ok(true) };
        self.named_condition(&literal(node, "Condition")?, node.line)
    }

    /// Strict: the first fault ends it.
    pub(crate) fn evaluate(&self, node: &Node) -> Result<Option<Node>, Fault> {
        let line = node.line;
        let value = match &node.value {
            // Whether a value may be missing is up to whoever reads it: JSON has a word for nothing.
            Value::Null => Value::Null,
            Value::Broken => Value::Broken,
            Value::Later(id, attribute) => Value::Later(id.clone(), attribute.clone()),
            Value::Text(text) => return self.made(line, text.clone()).map(Some),
            Value::List(items) => {
                Value::List(items.iter().filter_map(|item| self.evaluate(item).transpose()).collect::<Result<_, _>>()?)
            }
            Value::Map(entries) => match function_of(node) {
                Some((name, argument)) => return self.call(name, argument, line),
                None => {
                    let evaluated = |entry: &Entry| {
                        let node = self.evaluate(&entry.node).transpose()?;
                        Some(node.map(|node| entry.with(node)))
                    };
                    Value::Map(entries.iter().filter_map(evaluated).collect::<Result<_, _>>()?)
                }
            },
        };
        Ok(Some(Node { line, value }))
    }

    pub(crate) fn reference(&self, name: &str, line: u32) -> Result<Option<Node>, Fault> {
        let text = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::NotificationARNs" => return Ok(Some(Node { line, value: Value::List(Vec::new()) })),
            "AWS::Region" => self.inputs.region.clone(),
            "AWS::AccountId" => self.inputs.account.clone(),
            "AWS::StackName" => self.inputs.stack_name.clone(),
            "AWS::StackId" => self.inputs.stack_id.clone(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => {
                if let Some(parameter) = self.parameters.get(name) {
                    return self.copied(parameter, line).map(Some);
                }
                let (id, identity) = self.resource(name, line)?;
                match &identity.reference {
                    Some(text) => text.clone(),
                    None => return Ok(Some(Node { line, value: Value::Later(id.to_owned(), None) })),
                }
            }
        };
        self.made(line, Text::plain(text)).map(Some)
    }

    pub(crate) fn attribute(&self, name: &str, attribute: &str, line: u32) -> Result<Node, Fault> {
        let (id, identity) = self.resource(name, line)?;
        match identity.attributes.iter().find(|(known, _)| *known == attribute) {
            Some((_, Some(value))) => self.made(line, Text::plain(value)),
            Some((_, None)) => Ok(Node { line, value: Value::Later(id.to_owned(), Some(attribute.to_owned())) }),
            None => Err(Fault::new(line, format!("resource {name} has no attribute {attribute}"))),
        }
    }

    /// The resource of this name, which is noted as used.
    fn resource(&self, name: &str, line: u32) -> Result<(&str, &Identity), Fault> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        match self.identities.get_key_value(name) {
            Some((id, identity)) => {
                self.uses.borrow_mut().insert(id.clone());
                Ok((id, identity))
            }
            None => Err(self.unknown(name, line)),
        }
    }

    fn unknown(&self, name: &str, line: u32) -> Fault {
        Fault::new(
            line,
            match self.excluded.get(name) {
                Some(condition) => format!("resource {name} is left out: its condition {condition} does not hold"),
                None => format!("{name} is no parameter or resource that can be referred to here"),
            },
        )
    }

    pub(crate) fn append(&self, made: &mut Text, part: &Text, line: u32) -> Result<(), Fault> {
        self.spend(part.text.len(), line)?;
        made.text.push_str(&part.text);
        made.hidden |= part.hidden;
        Ok(())
    }

    pub(crate) fn made(&self, line: u32, text: Text) -> Result<Node, Fault> {
        self.spend(text.text.len() + 1, line)?;
        Ok(Node { line, value: Value::Text(text) })
    }

    /// A text or a list of texts from a parameter or mapping; the line is that of its use.
    pub(crate) fn copied(&self, node: &Node, line: u32) -> Result<Node, Fault> {
        match &node.value {
            Value::Text(text) => self.made(line, text.clone()),
            Value::List(items) => {
                let items = items.iter().map(|item| self.copied(item, line)).collect::<Result<_, _>>()?;
                Ok(Node { line, value: Value::List(items) })
            }
            Value::Broken => Err(Fault::reported(line)),
            _ => Err(Fault::new(line, format!("a text or a list is needed, not {}", node.kind()))),
        }
    }

    fn spend(&self, bytes: usize, line: u32) -> Result<(), Fault> {
        let spent = self.resolved_bytes.get().saturating_add(bytes);
        self.resolved_bytes.set(spent);
        if spent > RESOLVED_BYTES_MAX {
            return Err(Fault::new(line, format!("the resolved template is larger than {RESOLVED_BYTES_MAX} bytes")));
        }
        Ok(())
    }
}

pub(crate) fn only_entry(node: &Node) -> Option<(&str, &Node)> {
    match node.as_map() {
        Some([entry]) => Some((&entry.key, &entry.node)),
        _ => None,
    }
}

/// The intrinsic function that stands here, if one does.
pub(crate) fn function_of(node: &Node) -> Option<(&str, &Node)> {
    only_entry(node).filter(|(key, _)| *key == "Ref" || key.starts_with("Fn::"))
}

pub(crate) fn literal(node: &Node, function: &str) -> Result<String, Fault> {
    text_of(node, function).map(|text| text.text.clone())
}

pub(crate) fn text_of<'n>(node: &'n Node, function: &str) -> Result<&'n Text, Fault> {
    match &node.value {
        Value::Text(text) => Ok(text),
        Value::Later(name, _) => Err(Fault::new(node.line, known_later(name))),
        _ => Err(Fault::new(node.line, format!("{function} needs a text, not {}", node.kind()))),
    }
}

/// Why a value cannot stand where it is needed before the deployment.
pub(crate) fn known_later(name: &str) -> String {
    format!("what {name} has is known only after deployment: it cannot be referred to here")
}
