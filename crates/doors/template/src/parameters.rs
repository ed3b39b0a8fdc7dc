//! The `Parameters` section: declarations, defaults, and the values the user gives.

use crate::error::{Fault, Faults};
use crate::node::{Entry, Node, Text, Value};
use crate::reader::Reader;
use crate::scope::Scope;
use crate::stack::Parameter;

/// The longest parameter value, in bytes; CloudFormation's own limit.
pub const PARAMETER_BYTES_MAX: usize = 4096;

/// Fills the scope with the value of every parameter, and tells them.
pub(crate) fn read(declared: &[Entry], scope: &mut Scope<'_>, faults: &mut Faults) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for name in scope.inputs.parameters.keys() {
        if !declared.iter().any(|entry| entry.key == *name) {
            faults.outside(format!("parameter {name} is given, but the template does not declare it"));
        }
    }
    for entry in declared {
        // A faulty parameter still has a value of some kind, so that its uses are not reported as well.
        let value = read_one(entry, scope, faults).unwrap_or(Value::Broken);
        let node = Node { line: entry.line, value };
        parameters.extend(told(&entry.key, &node));
        scope.parameters.insert(entry.key.clone(), node);
    }
    parameters
}

fn told(name: &str, node: &Node) -> Option<Parameter> {
    let texts = match &node.value {
        Value::List(items) => items.iter().filter_map(Node::as_text).map(|text| text.text.as_str()).collect(),
        _ => vec![node.as_text()?.text.as_str()],
    };
    let no_echo = node.is_hidden();
    let value = if no_echo { "****".to_owned() } else { texts.join(",") };
    Some(Parameter { name: name.to_owned(), value, no_echo })
}

fn read_one(entry: &Entry, scope: &Scope<'_>, faults: &mut Faults) -> Option<Value> {
    let Entry { key: name, line, node } = entry;
    let mut reader = Reader::of(node.clone(), &format!("parameter {name}"), faults)?;
    let kind = reader.required("Type");
    let hidden = reader.boolean("NoEcho").unwrap_or(false);
    let default = reader.string("Default");
    let given = scope.inputs.parameters.get(name).map(|secret| secret.expose().to_owned());
    let is_missing = given.is_none() && !reader.has("Default");
    let value = given.or(default);
    let rules = Rules {
        allowed: reader.texts("AllowedValues"),
        pattern: reader.string("AllowedPattern").map(|pattern| (reader.line_of("AllowedPattern"), pattern)),
        length: (reader.whole("MinLength", 0..=u32::MAX), reader.whole("MaxLength", 0..=u32::MAX)),
        range: (number(&mut reader, "MinValue"), number(&mut reader, "MaxValue")),
        explanation: reader.string("ConstraintDescription"),
    };
    reader.text("Description");
    reader.finish();
    if is_missing {
        faults.at(*line, format!("parameter {name} has no default: give it a value with --parameter {name}=…"));
    }
    let (kind, value) = (kind?, value?);
    let shown = if hidden { "***" } else { value.as_str() };
    let check = |value: &str| {
        rules.check(value).map_err(|why| Fault::new(*line, format!("parameter {name} is {shown}: {why}")))
    };
    let text = |text: &str| Value::Text(Text { hidden, ..Text::plain(text) });
    let listed = |check: &dyn Fn(&str) -> Result<(), Fault>| {
        let item = |item: &str| check(item.trim()).map(|()| Node { line: *line, value: text(item.trim()) });
        value.split(',').map(item).collect::<Result<_, _>>().map(Value::List)
    };
    let number = |number: &str| match decimal(number) {
        None => Err(Fault::new(*line, format!("parameter {name} is {shown}: a number is needed"))),
        Some(_) => check(number),
    };
    let checked = match kind.as_str() {
        _ if value.len() > PARAMETER_BYTES_MAX => {
            Err(Fault::new(*line, format!("parameter {name} is longer than {PARAMETER_BYTES_MAX} bytes")))
        }
        "Number" => number(&value).map(|()| text(&value)),
        "List<Number>" => listed(&number),
        "CommaDelimitedList" | "List<String>" => listed(&check),
        "String" => check(&value).map(|()| text(&value)),
        _ if kind.starts_with("AWS::SSM::Parameter::Value<") => {
            let reason = "there is no Parameter Store here: give the value itself, as a String";
            Err(Fault::new(*line, format!("parameter {name}: type {kind} is not supported: {reason}")))
        }
        // What EC2 and Route 53 call their things is not checked: there is nothing to check it against.
        _ if kind.starts_with("List<AWS::") && kind.ends_with('>') => listed(&check),
        _ if kind.starts_with("AWS::") => check(&value).map(|()| text(&value)),
        _ => Err(Fault::new(*line, format!("parameter {name}: type {kind} is not supported yet"))),
    };
    checked.map_err(|fault| faults.push(fault)).ok()
}

struct Rules {
    allowed: Option<Vec<Text>>,
    pattern: Option<(u32, String)>,
    length: (Option<u32>, Option<u32>),
    range: (Option<f64>, Option<f64>),
    explanation: Option<String>,
}

impl Rules {
    fn check(&self, value: &str) -> Result<(), String> {
        let refusal = self.refusal(value)?;
        match (refusal, &self.explanation) {
            (None, _) => Ok(()),
            (Some(_), Some(explanation)) => Err(explanation.clone()),
            (Some(reason), None) => Err(reason),
        }
    }

    fn refusal(&self, value: &str) -> Result<Option<String>, String> {
        if let Some(allowed) = &self.allowed
            && !allowed.iter().any(|allowed| allowed.text == value)
        {
            let allowed: Vec<&str> = allowed.iter().map(|text| text.text.as_str()).collect();
            return Ok(Some(format!("allowed are {}", allowed.join(", "))));
        }
        if let Some((line, pattern)) = &self.pattern {
            // CloudFormation's pattern must match the whole value.
            let regex = regex_lite::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
                format!("the AllowedPattern in line {line} is not a regular expression that is supported")
            })?;
            if !regex.is_match(value) {
                return Ok(Some(format!("the pattern {pattern} is not met")));
            }
        }
        let characters = value.chars().count();
        if self.length.0.is_some_and(|min| characters < min as usize) {
            return Ok(Some("it is too short".to_owned()));
        }
        if self.length.1.is_some_and(|max| characters > max as usize) {
            return Ok(Some("it is too long".to_owned()));
        }
        let number = decimal(value);
        if self.range.0.is_some_and(|min| number.is_none_or(|number| number < min)) {
            return Ok(Some("it is too small".to_owned()));
        }
        if self.range.1.is_some_and(|max| number.is_none_or(|number| number > max)) {
            return Ok(Some("it is too large".to_owned()));
        }
        Ok(None)
    }
}

fn number(reader: &mut Reader<'_>, name: &str) -> Option<f64> {
    let text = reader.string(name)?;
    let number = decimal(&text);
    if number.is_none() {
        reader.fault(reader.line_of(name), format!("{name} must be a number, not {text}"));
    }
    number
}

/// A number as CloudFormation takes it: no infinity, no `nan`.
fn decimal(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
}
