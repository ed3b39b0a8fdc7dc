//! The intrinsic functions that make texts and lists.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::error::{Fault, Faults};
use crate::json::{self, Scalars};
use crate::node::{Node, Text, Value};
use crate::scope::{Scope, literal, text_of};

/// The zones that `Fn::GetAZs` tells of the region.
const ZONES: [&str; 3] = ["a", "b", "c"];

impl Scope<'_> {
    pub(crate) fn call(&self, name: &str, argument: &Node, line: u32) -> Result<Option<Node>, Fault> {
        match name {
            "Ref" => self.reference(&literal(argument, name)?, line),
            "Fn::If" => {
                let Some([condition, yes, no]) = argument.as_list() else {
                    return Err(Fault::new(line, "Fn::If needs a list of a condition's name and two values"));
                };
                let holds = self.named_condition(&literal(condition, name)?, condition.line)?;
                self.evaluate(if holds { yes } else { no })
            }
            "Fn::FindInMap" => self.find_in_map(argument, line),
            "Fn::GetAtt" => self.get_attribute(argument, line).map(Some),
            "Fn::Sub" => self.sub(argument, line).map(Some),
            "Fn::Join" => self.join(argument, line).map(Some),
            "Fn::Split" => self.split(argument, line).map(Some),
            "Fn::Select" => self.select(argument, line).map(Some),
            "Fn::Base64" => self.base64(argument, line).map(Some),
            "Fn::GetAZs" => self.zones(argument, line).map(Some),
            "Fn::ImportValue" => self.import(argument, line).map(Some),
            "Fn::Length" | "Fn::ToJsonString" if !self.language_extensions => {
                Err(Fault::new(line, format!("{name} needs Transform: AWS::LanguageExtensions")))
            }
            "Fn::Length" => self.length(argument, line).map(Some),
            "Fn::ToJsonString" => self.json_string(argument, line).map(Some),
            "Fn::And" | "Fn::Equals" | "Fn::Not" | "Fn::Or" => {
                Err(Fault::new(line, format!("{name} stands only in Conditions and Rules")))
            }
            _ => Err(Fault::new(line, format!("{name} is not supported"))),
        }
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
            let part = match (name.strip_prefix('!'), known.get(name)) {
                (Some(kept), _) => Text::plain(format!("${{{kept}}}")),
                (_, Some(variable)) => variable.clone(),
                _ => self.variable(name, line)?,
            };
            self.append(&mut made, &part, line)?;
        }
        self.append(&mut made, &Text::plain(rest), line)?;
        Ok(Node { line, value: Value::Text(made) })
    }

    /// `Name` or `Resource.Attribute` inside of `Fn::Sub`.
    fn variable(&self, name: &str, line: u32) -> Result<Text, Fault> {
        let node = match name.split_once('.') {
            Some((resource, attribute)) if !self.aliases.contains_key(name) => {
                Some(self.attribute(resource, attribute, line)?)
            }
            _ => self.reference(name, line)?,
        };
        let Some(node) = node else { return Err(Fault::new(line, "Fn::Sub cannot use AWS::NoValue")) };
        text_of(&node, "Fn::Sub").cloned()
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

    /// With language extensions a fourth argument says what stands for an entry that is missing.
    fn find_in_map(&self, argument: &Node, line: u32) -> Result<Option<Node>, Fault> {
        const NAME: &str = "Fn::FindInMap";
        let arguments = argument.as_list().unwrap_or_default();
        let (keys, default) = match arguments {
            [keys @ .., default] if keys.len() == 3 => (keys, default.get("DefaultValue")),
            keys => (keys, None),
        };
        let is_extended = arguments.len() == 4;
        let [map, first, second] = keys else {
            return Err(Fault::new(line, format!("{NAME} needs a list of a map's name and two keys")));
        };
        if is_extended && (default.is_none() || !self.language_extensions) {
            let reason = "a fourth argument must be DefaultValue, and needs Transform: AWS::LanguageExtensions";
            return Err(Fault::new(line, format!("{NAME}: {reason}")));
        }
        let [map, first, second] = [self.text(map, NAME)?, self.text(first, NAME)?, self.text(second, NAME)?];
        let found = self.mappings.iter().find(|entry| entry.key == map.text);
        match (found.and_then(|entry| entry.node.get(&first.text)?.get(&second.text)), default) {
            (Some(node), _) => self.copied(node, line).map(Some),
            (None, Some(default)) => self.evaluate(default),
            (None, None) => {
                let (map, first, second) = (map.shown(), first.shown(), second.shown());
                Err(Fault::new(line, format!("Mappings have no {map}, {first}, {second}")))
            }
        }
    }

    fn base64(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let Text { text, hidden, .. } = self.text(argument, "Fn::Base64")?;
        self.made(line, Text { hidden, ..Text::plain(BASE64_STANDARD.encode(text)) })
    }

    fn zones(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let given = self.text(argument, "Fn::GetAZs")?.text;
        let region = if given.is_empty() { self.inputs.region.clone() } else { given };
        let zone = |zone: &&str| self.made(line, Text::plain(format!("{region}{zone}")));
        Ok(Node { line, value: Value::List(ZONES.iter().map(zone).collect::<Result<_, _>>()?) })
    }

    fn import(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let name = self.text(argument, "Fn::ImportValue")?;
        let Some(value) = self.inputs.exports.get(&name.text) else {
            return Err(Fault::new(line, format!("No export named {} found.", name.shown())));
        };
        self.imports.borrow_mut().insert(name.text);
        self.made(line, Text::plain(value))
    }

    fn length(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        let length = self.list(argument, "Fn::Length")?.len().to_string();
        self.made(line, Text { bare: true, ..Text::plain(length) })
    }

    fn json_string(&self, argument: &Node, line: u32) -> Result<Node, Fault> {
        const NAME: &str = "Fn::ToJsonString";
        let node = self.evaluate(argument)?.filter(|node| matches!(node.value, Value::List(_) | Value::Map(_)));
        let Some(node) = node else { return Err(Fault::new(line, format!("{NAME} needs a map or a list"))) };
        let hidden = node.is_hidden();
        match json::text(&node, Scalars::AsWritten, &mut Faults::default()) {
            Some(text) => self.made(line, Text { hidden, ..Text::plain(text) }),
            None => Err(Fault::new(line, format!("{NAME} cannot use what is known only after deployment"))),
        }
    }

    pub(crate) fn arguments(&self, argument: &Node, function: &str) -> Result<Vec<Node>, Fault> {
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
}
