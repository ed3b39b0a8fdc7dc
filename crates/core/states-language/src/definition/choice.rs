//! Reads the rules of a Choice.

use std::sync::Arc;

use bongsu_jsonata::Value;

use super::StateId;
use super::fields::{Fields, Report};
use super::read::{Builder, Level};
use super::state::assign;
use crate::jsonpath::JsonPath;
use crate::template::{Language, Template};
use crate::timestamp::parse_nanoseconds;

/// Deepest nesting of And, Or and Not.
const DEPTH_MAX: usize = 32;

/// The rules of a Choice. Where it leads to if none holds is its state's `next`.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) rules: Vec<Rule>,
}

/// Where a Choice leads to if its condition is true.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) condition: Condition,
    pub(crate) next: StateId,
    pub(crate) assign: Vec<(Arc<str>, Template)>,
    pub(crate) output: Option<Template>,
}

#[derive(Debug)]
pub(crate) enum Condition {
    /// Of JSONata.
    Expression(Template),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Test(JsonPath, Test),
}

/// What a variable is held against.
#[derive(Debug)]
pub(crate) enum Test {
    Text(Order, Side),
    Number(Order, Side),
    Time(Order, Side),
    Boolean(Side),
    Matches(Box<str>),
    IsNull(bool),
    IsPresent(bool),
    IsNumeric(bool),
    IsString(bool),
    IsBoolean(bool),
    IsTimestamp(bool),
}

/// How two values of one type are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The right side of a comparison.
#[derive(Debug)]
pub(crate) enum Side {
    Literal(Value),
    Path(JsonPath),
}

pub(super) fn read(
    builder: &mut Builder,
    level: &mut Level,
    fields: &mut Fields<'_>,
) -> Option<(Choice, Option<StateId>)> {
    fields.require(&["Choices"], &mut builder.report);
    let default = if fields.has("Default") { builder.target(level, fields, "Default") } else { None };
    let list = fields.array("Choices", &mut builder.report)?;
    if list.is_empty() {
        builder.report.schema("Value cannot be empty", fields.at("Choices"));
        return None;
    }
    let mut rules = Vec::with_capacity(list.len());
    for (at, value) in list.iter().enumerate() {
        let location = format!("{}[{at}]", fields.at("Choices"));
        let mut fields = Fields::of(value, location, fields.language, &mut builder.report)?;
        rules.push(rule(builder, level, &mut fields));
        fields.finish(&mut builder.report);
    }
    let rules: Option<Vec<Rule>> = rules.into_iter().collect();
    Some((Choice { rules: rules? }, default))
}

fn rule(builder: &mut Builder, level: &mut Level, fields: &mut Fields<'_>) -> Option<Rule> {
    fields.require(&["Next"], &mut builder.report);
    let next = builder.target(level, fields, "Next");
    let assign = assign(fields, &mut builder.report);
    fields.text("Comment", &mut builder.report);
    let report = &mut builder.report;
    let (condition, output) = match fields.language {
        Language::Jsonata => (expression(fields, report), fields.template("Output", report)),
        Language::JsonPath => (condition(fields, 0, report), None),
    };
    Some(Rule { condition: condition?, next: next?, assign, output })
}

fn expression(fields: &mut Fields<'_>, report: &mut Report) -> Option<Condition> {
    fields.require(&["Condition"], report);
    let template = fields.template("Condition", report)?;
    if template.literal().is_some_and(|value| value.as_bool().is_none()) {
        report.schema("Value must be a boolean or a JSONata expression", fields.at("Condition"));
        return None;
    }
    Some(Condition::Expression(template))
}

fn condition(fields: &mut Fields<'_>, depth: usize, report: &mut Report) -> Option<Condition> {
    if depth > DEPTH_MAX {
        report.schema("Rules are nested too deeply", fields.location().to_string());
        return None;
    }
    fields.exclusive(&["And", "Or", "Not", "Variable"], report);
    for (name, join) in [("And", Condition::And as fn(_) -> _), ("Or", Condition::Or as fn(_) -> _)] {
        let Some(list) = fields.array(name, report) else { continue };
        if list.is_empty() {
            report.schema("Value cannot be empty", fields.at(name));
        }
        let location = fields.at(name);
        let parts =
            list.iter().enumerate().map(|(at, value)| nested(value, format!("{location}[{at}]"), depth, report));
        return parts.collect::<Option<_>>().map(join);
    }
    if let Some(value) = fields.take("Not") {
        return nested(value, fields.at("Not"), depth, report).map(|part| Condition::Not(Box::new(part)));
    }
    let Some(text) = fields.text("Variable", report) else {
        if !fields.has("Variable") {
            let message = "One of these fields is required: [Variable, And, Or, Not]";
            report.schema(message, fields.location().to_string());
        }
        return None;
    };
    let variable = path(text, fields.at("Variable"), report);
    let test = test(fields, report);
    Some(Condition::Test(variable?, test?))
}

fn nested(value: &Value, location: String, depth: usize, report: &mut Report) -> Option<Condition> {
    let mut fields = Fields::of(value, location, Language::JsonPath, report)?;
    let condition = condition(&mut fields, depth + 1, report);
    fields.finish(report);
    condition
}

fn test(fields: &mut Fields<'_>, report: &mut Report) -> Option<Test> {
    let given: Vec<&Operator> = OPERATORS.iter().filter(|operator| fields.has(operator.name)).collect();
    for operator in OPERATORS {
        if given.iter().any(|other| other.name == operator.name) {
            fields.take(operator.name);
        }
    }
    let [operator] = given[..] else {
        report.schema("Exactly one comparison operator is required", fields.location().to_string());
        return None;
    };
    let value = fields.take(operator.name)?;
    let location = fields.at(operator.name);
    let side = match operator.is_path {
        true => match value.as_str() {
            Some(text) => path(text, location.clone(), report).map(Side::Path)?,
            None => return wrong("Expected value of type String", location, report),
        },
        false => Side::Literal(value.clone()),
    };
    let admits = |what: fn(&Value) -> bool| match &side {
        Side::Literal(value) => what(value),
        Side::Path(_) => true,
    };
    match operator.family {
        Family::Text(order) if admits(|value| value.as_str().is_some()) => Some(Test::Text(order, side)),
        Family::Number(order) if admits(|value| value.as_f64().is_some()) => Some(Test::Number(order, side)),
        Family::Boolean if admits(|value| value.as_bool().is_some()) => Some(Test::Boolean(side)),
        Family::Time(order) if admits(|value| value.as_str().and_then(parse_nanoseconds).is_some()) => {
            Some(Test::Time(order, side))
        }
        Family::Matches => match value.as_str() {
            Some(pattern) => Some(Test::Matches(pattern.into())),
            None => wrong("Expected value of type String", location, report),
        },
        Family::Type(test) => match value.as_bool() {
            Some(wanted) => Some(test(wanted)),
            None => wrong("Expected value of type Boolean", location, report),
        },
        Family::Text(_) => wrong("Expected value of type String", location, report),
        Family::Number(_) => wrong("Expected value of type Number", location, report),
        Family::Boolean => wrong("Expected value of type Boolean", location, report),
        Family::Time(_) => wrong("Value is not a valid RFC3339 timestamp", location, report),
    }
}

fn wrong<T>(message: &str, location: String, report: &mut Report) -> Option<T> {
    report.schema(message, location);
    None
}

fn path(text: &str, location: String, report: &mut Report) -> Option<JsonPath> {
    match JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(unreadable) => {
            let message = format!("Value is not a valid JSONPath: {} at position {}", unreadable.why, unreadable.at);
            wrong(&message, location, report)
        }
    }
}

struct Operator {
    name: &'static str,
    family: Family,
    is_path: bool,
}

#[derive(Clone, Copy)]
enum Family {
    Text(Order),
    Number(Order),
    Time(Order),
    Boolean,
    Matches,
    Type(fn(bool) -> Test),
}

macro_rules! operators {
    ($($name:literal $family:expr;)*; $($single:literal $type:expr;)*) => {
        /// The 39 operators that there are.
        const OPERATORS: &[Operator] = &[
            $(Operator { name: $name, family: $family, is_path: false },
              Operator { name: concat!($name, "Path"), family: $family, is_path: true },)*
            $(Operator { name: $single, family: $type, is_path: false },)*
        ];
    };
}

operators! {
    "StringEquals" Family::Text(Order::Equals);
    "StringLessThan" Family::Text(Order::Less);
    "StringGreaterThan" Family::Text(Order::Greater);
    "StringLessThanEquals" Family::Text(Order::LessOrEqual);
    "StringGreaterThanEquals" Family::Text(Order::GreaterOrEqual);
    "NumericEquals" Family::Number(Order::Equals);
    "NumericLessThan" Family::Number(Order::Less);
    "NumericGreaterThan" Family::Number(Order::Greater);
    "NumericLessThanEquals" Family::Number(Order::LessOrEqual);
    "NumericGreaterThanEquals" Family::Number(Order::GreaterOrEqual);
    "TimestampEquals" Family::Time(Order::Equals);
    "TimestampLessThan" Family::Time(Order::Less);
    "TimestampGreaterThan" Family::Time(Order::Greater);
    "TimestampLessThanEquals" Family::Time(Order::LessOrEqual);
    "TimestampGreaterThanEquals" Family::Time(Order::GreaterOrEqual);
    "BooleanEquals" Family::Boolean;
    ;
    "StringMatches" Family::Matches;
    "IsNull" Family::Type(Test::IsNull);
    "IsPresent" Family::Type(Test::IsPresent);
    "IsNumeric" Family::Type(Test::IsNumeric);
    "IsString" Family::Type(Test::IsString);
    "IsBoolean" Family::Type(Test::IsBoolean);
    "IsTimestamp" Family::Type(Test::IsTimestamp);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_thirty_nine_operators() {
        assert_eq!(OPERATORS.len(), 39);
    }
}
