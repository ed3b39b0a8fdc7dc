//! Functions that apply functions.

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::{Evaluator, FrameId, is_true};
use crate::function::Function;
use crate::value::{Array, Object, Value};

pub(super) const ROWS: &[Row] = &[
    ("map", "<af>", 2, map),
    ("filter", "<af>", 2, filter),
    ("single", "<af?>", 2, single),
    ("reduce", "<afj?:j>", 3, reduce),
    ("each", "<o-f:a>", 2, each),
    ("sift", "<o-f?:o>", 2, sift),
];

/// Applies a function to a value, with where the value is and what it is in if the function takes that too.
fn apply(
    evaluator: &mut Evaluator<'_>,
    function: &Function,
    frame: FrameId,
    value: &Value,
    place: impl FnOnce() -> Value,
    whole: &Value,
) -> Result<Option<Value>, Error> {
    let mut arguments = vec![Some(value.clone())];
    let arity = function.arity();
    if arity >= 2 {
        arguments.push(Some(place()));
    }
    if arity >= 3 {
        arguments.push(Some(whole.clone()));
    }
    evaluator.invoke(function, arguments, frame)
}

fn holds(
    evaluator: &mut Evaluator<'_>,
    function: &Function,
    frame: FrameId,
    value: &Value,
    place: impl FnOnce() -> Value,
    whole: &Value,
) -> Result<bool, Error> {
    apply(evaluator, function, frame, value, place, whole)?.as_ref().map_or(Ok(false), is_true)
}

fn map(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(function), Some(array)) = (arguments.function(1), arguments.array(0)) else { return Ok(None) };
    let (whole, mut results) = (Value::Array(array.clone()), Vec::new());
    for (at, value) in array.iter().enumerate() {
        results.extend(apply(evaluator, &function, arguments.frame, value, || (at as f64).into(), &whole)?);
    }
    evaluator.charge_values(results.len())?;
    Ok(Some(Array::sequence(results).into()))
}

fn filter(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(function), Some(array)) = (arguments.function(1), arguments.array(0)) else { return Ok(None) };
    let (whole, mut results) = (Value::Array(array.clone()), Vec::new());
    for (at, value) in array.iter().enumerate() {
        if holds(evaluator, &function, arguments.frame, value, || (at as f64).into(), &whole)? {
            results.push(value.clone());
        }
    }
    evaluator.charge_values(results.len())?;
    Ok(Some(Array::sequence(results).into()))
}

fn single(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (function, Some(array)) = (arguments.function(1), arguments.array(0)) else { return Ok(None) };
    let (whole, mut found) = (Value::Array(array.clone()), None);
    for (at, value) in array.iter().enumerate() {
        let is_match = match &function {
            Some(function) => holds(evaluator, function, arguments.frame, value, || (at as f64).into(), &whole)?,
            None => true,
        };
        if is_match && found.is_some() {
            return Err(Error::new("D3138").argument(at));
        }
        if is_match {
            found = Some(value.clone());
        }
    }
    found.map(Some).ok_or_else(|| Error::new("D3139"))
}

fn reduce(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let initial = arguments.take(2);
    let (Some(function), Some(array)) = (arguments.function(1), arguments.array(0)) else { return Ok(None) };
    let arity = function.arity();
    if arity < 2 {
        return Err(Error::new("D3050").argument(1));
    }
    let first = usize::from(initial.is_none());
    let mut result = if initial.is_none() { array.first().cloned() } else { initial };
    for (at, value) in array.iter().enumerate().skip(first) {
        let mut values = vec![result, Some(value.clone())];
        if arity >= 3 {
            values.push(Some((at as f64).into()));
        }
        if arity >= 4 {
            values.push(Some(array.clone().into()));
        }
        result = evaluator.invoke(&function, values, arguments.frame)?;
    }
    Ok(result)
}

fn each(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(function), Some(Value::Object(object))) = (arguments.function(1), arguments.take(0)) else {
        return Ok(None);
    };
    let (whole, mut results) = (Value::Object(object.clone()), Vec::new());
    for (key, value) in object.shared() {
        let place = || Value::String(key.clone());
        results.extend(apply(evaluator, &function, arguments.frame, value, place, &whole)?);
    }
    evaluator.charge_values(results.len())?;
    Ok(Some(Array::sequence(results).into()))
}

fn sift(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(function), Some(Value::Object(object))) = (arguments.function(1), arguments.take(0)) else {
        return Ok(None);
    };
    let (whole, mut left) = (Value::Object(object.clone()), Object::new());
    for (key, value) in object.shared() {
        if holds(evaluator, &function, arguments.frame, value, || Value::String(key.clone()), &whole)? {
            left.insert(key.clone(), value.clone());
        }
    }
    evaluator.charge_values(left.len())?;
    Ok((!left.is_empty()).then(|| left.into()))
}
