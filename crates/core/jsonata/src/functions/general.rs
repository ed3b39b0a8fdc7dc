//! Functions of any value: truth, existence, types, errors, `$eval`.

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::{Evaluator, is_true, wrap_input};
use crate::expression::Expression;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("boolean", "<x-:b>", 1, boolean),
    ("not", "<x-:b>", 1, not),
    ("exists", "<x:b>", 1, exists),
    ("type", "<x:s>", 1, type_name),
    ("error", "<s?:x>", 1, error),
    ("assert", "<bs?:x>", 2, assert),
    ("eval", "<sx?:x>", 2, eval),
];

fn boolean(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    arguments.take(0).map(|value| is_true(&value).map(Value::from)).transpose()
}

fn not(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    arguments.take(0).map(|value| is_true(&value).map(|is_true| (!is_true).into())).transpose()
}

fn exists(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(Some(arguments.take(0).is_some().into()))
}

fn type_name(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let name = |value| match value {
        Value::Null => "null",
        Value::Boolean(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Function(_) => "function",
    };
    Ok(arguments.take(0).map(|value| name(value).into()))
}

fn error(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Err(Error::new("D3137").saying(said(&mut arguments, 0, "$error() function evaluated")))
}

fn assert(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    match arguments.take(0) {
        Some(Value::Boolean(true)) => Ok(None),
        _ => Err(Error::new("D3141").saying(said(&mut arguments, 1, "$assert() statement failed"))),
    }
}

fn said(arguments: &mut Arguments, at: usize, default: &str) -> String {
    arguments.text(at).filter(|text| !text.is_empty()).map_or(default.to_owned(), |text| text.to_string())
}

/// Parses and evaluates a text where it stands: it sees the variables around the call.
fn eval(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let input = match arguments.take(1) {
        Some(focus) => Some(wrap_input(focus)),
        None => arguments.context.take(),
    };
    evaluator.count_steps(text.len() as u64)?;
    let expression = Expression::parse(&text).map_err(|error| Error::new("D3120").with(error.message()))?;
    evaluator
        .evaluate(expression.node(), input.as_ref(), arguments.frame)
        .map_err(|error| if error.is_bound() { error } else { Error::new("D3121").with(error.message()) })
}
