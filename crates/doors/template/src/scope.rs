//! What the intrinsic functions see: parameters, mappings, conditions and the names of resources.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::Inputs;
use crate::error::{Fault, Faults};
use crate::node::{Entry, Node, Text, Value};

/// How many bytes all resolved texts of a template may have together: a `!Sub` that repeats a long parameter ends here.
pub const RESOLVED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Everything a reference can mean.
pub(crate) struct Scope<'a> {
    pub(crate) inputs: &'a Inputs,
    pub(crate) parameters: BTreeMap<String, Node>,
    pub(crate) mappings: Vec<Entry>,
    /// `None` for a condition that is faulty and has been reported.
    pub(crate) conditions: BTreeMap<String, Option<bool>>,
    /// Resources that a condition leaves out, with the condition.
    pub(crate) excluded: BTreeMap<String, String>,
    pub(crate) identities: BTreeMap<String, Identity>,
    resolved_bytes: Cell<usize>,
}

/// What other resources can say about a resource.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The resource's own name or id, as the service knows it.
    pub(crate) name: String,
    /// What `Ref` gives; nothing when only the deployment tells.
    pub(crate) reference: Option<String>,
    /// What `Fn::GetAtt` gives.
    pub(crate) attributes: Vec<(&'static str, String)>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(inputs: &'a Inputs) -> Scope<'a> {
        Scope {
            inputs,
            parameters: BTreeMap::new(),
            mappings: Vec::new(),
            conditions: BTreeMap::new(),
            excluded: BTreeMap::new(),
            identities: BTreeMap::new(),
            resolved_bytes: Cell::new(0),
        }
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

    /// Whether a condition holds: its name, or one of the condition functions.
    pub(crate) fn condition(&self, node: &Node) -> Result<bool, Fault> {
        let line = node.line;
        let Some((name, argument)) = only_entry(node) else {
            return Err(Fault::new(line, format!("a condition function is needed, not {}", node.kind())));
        };
        match name {
            "Condition" => self.named_condition(&literal(argument, "Condition")?, line),
            "Fn::Equals" => {
                let [left, right] = &*self.arguments(argument, name)? else {
                    return Err(Fault::new(line, "Fn::Equals needs a list of two values"));
                };
                Ok(text_of(left, name)?.text == text_of(right, name)?.text)
            }
            "Fn::Not" => match argument.as_list() {
                Some([condition]) => Ok(!self.condition(condition)?),
                _ => Err(Fault::new(line, "Fn::Not needs a list of one condition")),
            },
            "Fn::And" | "Fn::Or" => {
                let conditions = argument.as_list().unwrap_or_default();
                if !(2..=10).contains(&conditions.len()) {
                    return Err(Fault::new(line, format!("{name} needs a list of 2 to 10 conditions")));
                }
                let values: Vec<bool> = conditions.iter().map(|node| self.condition(node)).collect::<Result<_, _>>()?;
                Ok(if name == "Fn::And" { values.iter().all(|value| *value) } else { values.contains(&true) })
            }
            _ => Err(Fault::new(line, format!("{name} is not a condition function"))),
        }
    }

    pub(crate) fn named_condition(&self, name: &str, line: u32) -> Result<bool, Fault> {
        match self.conditions.get(name) {
            Some(known) => known.ok_or_else(|| Fault::reported(line)),
            None => Err(Fault::new(line, format!("condition {name} is not defined, or depends on itself"))),
        }
    }

    /// Strict: the first fault ends it.
    fn evaluate(&self, node: &Node) -> Result<Option<Node>, Fault> {
        let line = node.line;
        let value = match &node.value {
            // Whether a value may be missing is up to whoever reads it: JSON has a word for nothing.
            Value::Null => Value::Null,
            Value::Broken => Value::Broken,
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

    fn call(&self, name: &str, argument: &Node, line: u32) -> Result<Option<Node>, Fault> {
        match name {
            "Ref" => self.reference(&literal(argument, name)?, line),
            "Fn::GetAtt" => self.get_attribute(argument, line).map(Some),
            "Fn::Sub" => self.sub(argument, line).map(Some),
            "Fn::Join" => self.join(argument, line).map(Some),
            "Fn::Split" => self.split(argument, line).map(Some),
            "Fn::Select" => self.select(argument, line).map(Some),
            "Fn::FindInMap" => self.find_in_map(argument, line).map(Some),
            "Fn::If" => {
                let Some([condition, yes, no]) = argument.as_list() else {
                    return Err(Fault::new(line, "Fn::If needs a list of a condition's name and two values"));
                };
                let holds = self.named_condition(&literal(condition, name)?, condition.line)?;
                self.evaluate(if holds { yes } else { no })
            }
            "Fn::And" | "Fn::Equals" | "Fn::Not" | "Fn::Or" => {
                Err(Fault::new(line, format!("{name} stands only in Conditions")))
            }
            _ => Err(Fault::new(line, format!("{name} is not supported yet"))),
        }
    }

    fn reference(&self, name: &str, line: u32) -> Result<Option<Node>, Fault> {
        let text = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => self.inputs.region.clone(),
            "AWS::AccountId" => self.inputs.account.clone(),
            "AWS::StackName" => self.inputs.stack_name.clone(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => {
                if let Some(parameter) = self.parameters.get(name) {
                    return self.copied(parameter, line).map(Some);
                }
                match self.identities.get(name) {
                    Some(identity) => identity.reference.clone().ok_or_else(|| known_later(name, line))?,
                    None => return Err(self.unknown(name, line)),
                }
            }
        };
        self.made(line, Text::plain(text)).map(Some)
    }

    fn attribute(&self, name: &str, attribute: &str, line: u32) -> Result<Node, Fault> {
        let Some(identity) = self.identities.get(name) else { return Err(self.unknown(name, line)) };
        match identity.attributes.iter().find(|(known, _)| *known == attribute) {
            Some((_, value)) => self.made(line, Text::plain(value)),
            None if identity.reference.is_none() => Err(known_later(name, line)),
            None => Err(Fault::new(line, format!("resource {name} has no attribute {attribute}"))),
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

    fn get_attribute(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let (name, attribute) = match &argument.value {
            Value::Text(text) => {
                text.text.split_once('.').map(|(name, attribute)| (name.to_owned(), attribute.to_owned()))
            }
            Value::List(items) => match &items[..] {
                [name, attribute] => Some((literal(name, "Fn::GetAtt")?, self.text(attribute, "Fn::GetAtt")?.text)),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| Fault::new(line, "Fn::GetAtt needs a resource and an attribute: Resource.Attribute"))?;
        self.attribute(&name, &attribute, line)
    }

    fn sub(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let (template, variables) = match &argument.value {
            Value::List(items) => match &items[..] {
                [template, variables] => (literal(template, "Fn::Sub")?, variables.as_map()),
                _ => (String::new(), None),
            },
            _ => (literal(argument, "Fn::Sub")?, Some(&[][..])),
        };
        let Some(variables) = variables else {
            return Err(Fault::new(line, "Fn::Sub needs a text, or a list of a text and a map"));
        };
        let mut known = BTreeMap::new();
        for variable in variables {
            known.insert(variable.key.as_str(), self.text(&variable.node, "Fn::Sub")?);
        }
        let mut made = Text::plain("");
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err(Fault::new(line, "Fn::Sub: a ${ is not closed"));
            };
            self.append(&mut made, &Text::plain(before), line)?;
            rest = after;
            let part = match (name.strip_prefix('!'), known.get(name), name.split_once('.')) {
                (Some(kept), ..) => Text::plain(format!("${{{kept}}}")),
                (_, Some(variable), _) => variable.clone(),
                (_, _, Some((resource, attribute))) => {
                    text_of(&self.attribute(resource, attribute, line)?, "Fn::Sub")?.clone()
                }
                _ => match self.reference(name, line)? {
                    Some(node) => text_of(&node, "Fn::Sub")?.clone(),
                    None => return Err(Fault::new(line, "Fn::Sub cannot use AWS::NoValue")),
                },
            };
            self.append(&mut made, &part, line)?;
        }
        self.append(&mut made, &Text::plain(rest), line)?;
        Ok(Node { line, value: Value::Text(made) })
    }

    fn join(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let Some([delimiter, list]) = argument.as_list() else {
            return Err(Fault::new(line, "Fn::Join needs a list of a delimiter and a list"));
        };
        let delimiter = Text::plain(literal(delimiter, "Fn::Join")?);
        let mut made = Text::plain("");
        for (index, item) in self.list(list, "Fn::Join")?.iter().enumerate() {
            if index > 0 {
                self.append(&mut made, &delimiter, line)?;
            }
            self.append(&mut made, text_of(item, "Fn::Join")?, line)?;
        }
        Ok(Node { line, value: Value::Text(made) })
    }

    fn split(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let Some([delimiter, text]) = argument.as_list() else {
            return Err(Fault::new(line, "Fn::Split needs a list of a delimiter and a text"));
        };
        let delimiter = literal(delimiter, "Fn::Split")?;
        if delimiter.is_empty() {
            return Err(Fault::new(line, "Fn::Split needs a delimiter that is not empty"));
        }
        let Text { text, hidden, .. } = self.text(text, "Fn::Split")?;
        let part = |part: &str| self.made(line, Text { hidden, ..Text::plain(part) });
        Ok(Node { line, value: Value::List(text.split(&delimiter).map(part).collect::<Result<_, _>>()?) })
    }

    fn select(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let Some([index, list]) = argument.as_list() else {
            return Err(Fault::new(line, "Fn::Select needs a list of an index and a list"));
        };
        let index = self.text(index, "Fn::Select")?;
        let position: Option<usize> = index.text.parse().ok();
        let mut list = self.list(list, "Fn::Select")?;
        match position {
            Some(position) if position < list.len() => Ok(list.swap_remove(position)),
            _ => Err(Fault::new(line, format!("Fn::Select: no entry {} in a list of {}", index.shown(), list.len()))),
        }
    }

    fn find_in_map(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let [map, first, second] = &*self.arguments(argument, "Fn::FindInMap")? else {
            return Err(Fault::new(line, "Fn::FindInMap needs a list of a map's name and two keys"));
        };
        let [map, first, second] =
            [text_of(map, "Fn::FindInMap")?, text_of(first, "Fn::FindInMap")?, text_of(second, "Fn::FindInMap")?];
        let found = self.mappings.iter().find(|entry| entry.key == map.text);
        let found = found.and_then(|entry| entry.node.get(&first.text)?.get(&second.text));
        match found {
            Some(node) => self.copied(node, line),
            None => {
                let (map, first, second) = (map.shown(), first.shown(), second.shown());
                Err(Fault::new(line, format!("Mappings have no {map}, {first}, {second}")))
            }
        }
    }

    fn arguments(&self, argument: &Node, function: &str) -> Result<Vec<Node>, Fault> {
        match &argument.value {
            Value::List(items) => items.iter().filter_map(|item| self.evaluate(item).transpose()).collect(),
            _ => Err(Fault::new(argument.line, format!("{function} needs a list"))),
        }
    }

    fn list(&self, node: &Node, function: &str) -> Result<Vec<Node>, Fault> {
        match self.evaluate(node)?.map(|node| node.value) {
            Some(Value::List(items)) => Ok(items),
            _ => Err(Fault::new(node.line, format!("{function} needs a list"))),
        }
    }

    fn text(&self, node: &Node, function: &str) -> Result<Text, Fault> {
        match self.evaluate(node)? {
            Some(found) => text_of(&found, function).cloned(),
            None => Err(Fault::new(node.line, format!("{function} cannot use AWS::NoValue"))),
        }
    }

    fn append(&self, made: &mut Text, part: &Text, line: u32) -> Result<(), Fault> {
        self.spend(part.text.len(), line)?;
        made.text.push_str(&part.text);
        made.hidden |= part.hidden;
        Ok(())
    }

    fn made(&self, line: u32, text: Text) -> Result<Node, Fault> {
        self.spend(text.text.len() + 1, line)?;
        Ok(Node { line, value: Value::Text(text) })
    }

    /// A text or a list of texts from a parameter or mapping; the line is that of its use.
    fn copied(&self, node: &Node, line: u32) -> Result<Node, Fault> {
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

fn only_entry(node: &Node) -> Option<(&str, &Node)> {
    match node.as_map() {
        Some([entry]) => Some((&entry.key, &entry.node)),
        _ => None,
    }
}

fn known_later(name: &str, line: u32) -> Fault {
    Fault::new(line, format!("the ARN of {name} is known only after deployment: it cannot be referred to here"))
}

/// The intrinsic function that stands here, if one does.
fn function_of(node: &Node) -> Option<(&str, &Node)> {
    only_entry(node).filter(|(key, _)| *key == "Ref" || key.starts_with("Fn::"))
}

fn literal(node: &Node, function: &str) -> Result<String, Fault> {
    text_of(node, function).map(|text| text.text.clone())
}

fn text_of<'n>(node: &'n Node, function: &str) -> Result<&'n Text, Fault> {
    node.as_text().ok_or_else(|| Fault::new(node.line, format!("{function} needs a text, not {}", node.kind())))
}
