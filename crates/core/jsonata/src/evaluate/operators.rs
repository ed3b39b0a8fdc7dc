//! Operators between values: arithmetic, comparison, logic, texts, ranges.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Evaluator, FrameId};
use crate::error::Error;
use crate::json::stringify;
use crate::node::Node;
use crate::value::{Array, Value};

/// How many elements a range may have.
const RANGE_MAX: f64 = 1e7;
/// How much of a value is compared in a step.
const WEIGHT_OF_STEP: u64 = 64;

impl Evaluator<'_> {
    pub(super) fn negation(
        &mut self,
        node: &Node,
        inner: &Node,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let Some(value) = self.evaluate(inner, input, frame)? else { return Ok(None) };
        match numeric(&value)? {
            Some(number) => Ok(Some((-number).into())),
            None => Err(Error::new("D1002").at(node.position).of("-").with(value)),
        }
    }

    pub(super) fn binary(
        &mut self,
        node: &Node,
        operator: &'static str,
        left: &Node,
        right: &Node,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let left = self.evaluate(left, input, frame)?;
        if matches!(operator, "and" | "or") {
            let left =
                left.as_ref().map_or(Ok(false), is_true).map_err(|error| error.at(node.position).of(operator))?;
            // The right side is evaluated only if the left does not settle it.
            let is_true = if left == (operator == "or") { left } else { self.condition(right, input, frame)? };
            return Ok(Some(is_true.into()));
        }
        let right = self.evaluate(right, input, frame)?;
        let result = match operator {
            "=" | "!=" => self.equality(operator, left, right).map(Some),
            "<" | "<=" | ">" | ">=" => comparison(operator, left, right),
            "&" => self.concatenation(left, right).map(Some),
            ".." => self.range(left, right),
            "in" => self.membership(left, right).map(Some),
            _ => arithmetic(operator, left, right),
        };
        result.map_err(|error| error.at(node.position).of(operator))
    }

    fn equality(&mut self, operator: &str, left: Option<Value>, right: Option<Value>) -> Result<Value, Error> {
        let (Some(left), Some(right)) = (left, right) else { return Ok(false.into()) };
        let is_equal = self.is_equal(&left, &right)?;
        Ok((is_equal == (operator == "=")).into())
    }

    /// Compares two values, and counts it by their size.
    pub(crate) fn is_equal(&mut self, left: &Value, right: &Value) -> Result<bool, Error> {
        self.count_steps(left.weight().min(right.weight()) / WEIGHT_OF_STEP)?;
        Ok(left == right)
    }

    fn concatenation(&mut self, left: Option<Value>, right: Option<Value>) -> Result<Value, Error> {
        let weight = |side: &Option<Value>| side.as_ref().map_or(0, Value::weight);
        self.charge(weight(&left).saturating_add(weight(&right)))?;
        let text = |side: Option<Value>| side.as_ref().map_or(Ok("".into()), string);
        let (left, right) = (text(left)?, text(right)?);
        Ok([&*left, &*right].concat().into())
    }

    fn range(&mut self, left: Option<Value>, right: Option<Value>) -> Result<Option<Value>, Error> {
        let integer = |side: Option<&Value>, code| match side {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) if number.trunc() == number && number.is_finite() => Ok(Some(number)),
                _ => Err(Error::new(code).with(value.clone())),
            },
        };
        let (left, right) = (integer(left.as_ref(), "T2003")?, integer(right.as_ref(), "T2004")?);
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        if left > right {
            return Ok(None);
        }
        let size = right - left + 1.0;
        if size > RANGE_MAX {
            return Err(Error::new("D2014").with(size));
        }
        self.charge_values(size as usize)?;
        let values = (0..size as usize).map(|at| Value::from(left + at as f64)).collect();
        Ok(Some(Array::sequence(values).into()))
    }

    fn membership(&mut self, left: Option<Value>, right: Option<Value>) -> Result<Value, Error> {
        let (Some(left), Some(right)) = (left, right) else { return Ok(false.into()) };
        let Value::Array(right) = right else { return Ok(left.is_same(&right).into()) };
        self.count_steps(right.len() as u64)?;
        Ok(right.iter().any(|element| left.is_same(element)).into())
    }
}

fn arithmetic(operator: &str, left: Option<Value>, right: Option<Value>) -> Result<Option<Value>, Error> {
    let operand = |side: Option<Value>, code| match side {
        None => Ok(None),
        Some(value) => match numeric(&value)? {
            Some(number) => Ok(Some(number)),
            None => Err(Error::new(code).with(value)),
        },
    };
    let (left, right) = (operand(left, "T2001")?, operand(right, "T2002")?);
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    let result = match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "%" => left % right,
        _ => unreachable!("the parser knows no other operators"),
    };
    Ok(Some(result.into()))
}

fn comparison(operator: &str, left: Option<Value>, right: Option<Value>) -> Result<Option<Value>, Error> {
    for side in [&left, &right] {
        if let Some(value) = side
            && !is_ordered(value)
        {
            return Err(Error::new("T2010").with(value.clone()));
        }
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    let order = match (&left, &right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64().partial_cmp(&right.as_f64()),
        (Value::String(left), Value::String(right)) => Some(compare_texts(left, right)),
        _ => return Err(Error::new("T2009").with(left).and(right)),
    };
    let Some(order) = order else { return Ok(Some(false.into())) };
    let is_so = match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    };
    Ok(Some(is_so.into()))
}

/// Whether `<` and sorting take it.
pub(super) fn is_ordered(value: &Value) -> bool {
    matches!(value, Value::Number(_) | Value::String(_))
}

/// The order of texts: by UTF-16 code units, as in JavaScript.
pub(crate) fn compare_texts(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) }
}

/// The number, if it is one that can be calculated with.
pub(crate) fn numeric(value: &Value) -> Result<Option<f64>, Error> {
    match value.as_f64() {
        Some(number) if number.is_infinite() => Err(Error::new("D1001").with(value.clone())),
        Some(number) if !number.is_nan() => Ok(Some(number)),
        _ => Ok(None),
    }
}

/// Whether a value counts as true.
pub(crate) fn is_true(value: &Value) -> Result<bool, Error> {
    match value {
        Value::Null | Value::Function(_) => Ok(false),
        Value::Boolean(is_true) => Ok(*is_true),
        Value::Number(_) => Ok(numeric(value)?.is_some_and(|number| number != 0.0)),
        Value::String(text) => Ok(!text.is_empty()),
        Value::Object(object) => Ok(!object.is_empty()),
        Value::Array(array) => {
            for element in array.iter() {
                if is_true(element)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// The text that `$string` and `&` make of a value.
pub(crate) fn string(value: &Value) -> Result<Arc<str>, Error> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Function(_) => Ok("".into()),
        Value::Number(number) if !number.as_f64().is_finite() => Err(Error::new("D3001").with(value.clone())),
        Value::Array(array) if array.shape.wraps_input => string(&array[0]),
        other => {
            check_numbers(other)?;
            Ok(stringify(other, false).into())
        }
    }
}

/// Refuses infinities inside of a value.
pub(crate) fn check_numbers(value: &Value) -> Result<(), Error> {
    match value {
        Value::Number(_) => numeric(value).map(drop),
        Value::Array(array) => array.iter().try_for_each(check_numbers),
        Value::Object(object) => object.iter().try_for_each(|(_, value)| check_numbers(value)),
        _ => Ok(()),
    }
}
