//! Functions of arrays.

use std::collections::BTreeSet;

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::{Evaluator, compare_texts};
use crate::value::{Array, Value};

pub(super) const ROWS: &[Row] = &[
    ("append", "<xx:a>", 2, append_both),
    ("reverse", "<a:a>", 1, reverse),
    ("sort", "<af?:a>", 2, sort),
    ("shuffle", "<a:a>", 1, shuffle),
    ("distinct", "<x:x>", 1, distinct),
    ("zip", "<a+>", 0, zip),
];

fn append_both(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (first, second) = (arguments.take(0), arguments.take(1));
    let length = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).map_or(1, <[Value]>::len);
    evaluator.charge_values(length(&first) + length(&second))?;
    Ok(append(first, second))
}

/// The elements of both in one array; nothing is nothing, and a single value one element.
pub(crate) fn append(first: Option<Value>, second: Option<Value>) -> Option<Value> {
    let (first, second) = match (first, second) {
        (Some(first), Some(second)) => (first, second),
        (first, second) => return first.or(second),
    };
    let mut values = match first {
        Value::Array(array) => array.into_values(),
        single => vec![single],
    };
    match second {
        Value::Array(array) => values.extend(array.into_values()),
        single => values.push(single),
    }
    Some(Array::from(values).into())
}

fn reverse(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(array) = arguments.array(0) else { return Ok(None) };
    if array.len() <= 1 {
        return Ok(Some(array.into()));
    }
    Ok(Some(Value::Array(array.iter().rev().cloned().collect())))
}

fn sort(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(array) = arguments.array(0) else { return Ok(None) };
    if array.len() <= 1 {
        return Ok(Some(array.into()));
    }
    let frame = arguments.frame;
    let sorted = match arguments.function(1) {
        Some(comparator) => evaluator.merge_sort(array.into_values(), &mut |evaluator, left, right| {
            let verdict = evaluator.invoke(&comparator, vec![Some(left.clone()), Some(right.clone())], frame)?;
            Ok(verdict.as_ref().is_some_and(is_script_true))
        })?,
        None => {
            let is_uniform = array.iter().all(|value| matches!(value, Value::Number(_)))
                || array.iter().all(|value| matches!(value, Value::String(_)));
            if !is_uniform {
                return Err(Error::new("D3070").argument(1));
            }
            evaluator.merge_sort(array.into_values(), &mut |_, left, right| Ok(is_greater(left, right)))?
        }
    };
    Ok(Some(sorted.into()))
}

/// Whether the verdict of a comparison counts as true: any array, object and function does, as in JavaScript.
fn is_script_true(verdict: &Value) -> bool {
    match verdict {
        Value::Null => false,
        Value::Boolean(is_true) => *is_true,
        Value::Number(number) => number.as_f64() != 0.0 && !number.as_f64().is_nan(),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) | Value::Function(_) => true,
    }
}

fn is_greater(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => compare_texts(left, right).is_gt(),
        (left, right) => left.as_f64() > right.as_f64(),
    }
}

fn shuffle(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(array) = arguments.array(0) else { return Ok(None) };
    if array.len() <= 1 {
        return Ok(Some(array.into()));
    }
    let mut values = array.into_values();
    for at in (1..values.len()).rev() {
        let other = (evaluator.host().random() * (at + 1) as f64) as usize;
        values.swap(at, other.min(at));
    }
    Ok(Some(values.into()))
}

fn distinct(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let array = match arguments.take(0) {
        Some(Value::Array(array)) if array.len() > 1 => array,
        other => return Ok(other),
    };
    let is_sequence = array.shape.is_sequence;
    let (mut values, mut texts, mut numbers): (Vec<Value>, BTreeSet<&str>, BTreeSet<u64>) = Default::default();
    for value in array.iter() {
        let is_new = match value {
            Value::String(text) => texts.insert(text),
            // Zero has two patterns of bits.
            Value::Number(number) => numbers.insert((number.as_f64() + 0.0).to_bits()),
            other => !contains(evaluator, &values, other)?,
        };
        if is_new {
            values.push(value.clone());
        }
    }
    evaluator.charge_values(values.len())?;
    Ok(Some(if is_sequence { Array::sequence(values).into() } else { values.into() }))
}

fn contains(evaluator: &mut Evaluator<'_>, values: &[Value], value: &Value) -> Result<bool, Error> {
    for known in values {
        evaluator.count_steps(1)?;
        if evaluator.is_equal(value, known)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn zip(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    let arrays: Vec<&[Value]> =
        arguments.values.iter().map(|value| value.as_ref().and_then(Value::as_array).unwrap_or_default()).collect();
    let length = arrays.iter().map(|array| array.len()).min().unwrap_or(0);
    evaluator.charge_values(length.saturating_mul(arrays.len()))?;
    let tuple = |at: usize| Value::Array(arrays.iter().map(|array| array[at].clone()).collect());
    Ok(Some(Value::Array((0..length).map(tuple).collect())))
}
