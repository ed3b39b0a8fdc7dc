//! Functions of objects.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Arguments, Row, append};
use crate::error::Error;
use crate::evaluate::{Evaluator, check_numbers};
use crate::number::to_fifteen_digits;
use crate::value::{Array, Object, Value};

pub(super) const ROWS: &[Row] = &[
    ("keys", "<x-:a<s>>", 1, keys),
    ("lookup", "<x-s:x>", 2, look_up),
    ("spread", "<x-:a<o>>", 1, spread),
    ("merge", "<a<o>:o>", 1, merge),
    ("clone", "<(oa)-:o>", 1, clone),
];

fn keys(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (mut keys, mut seen) = (Vec::new(), BTreeSet::new());
    if let Some(value) = arguments.take(0) {
        collect_keys(&value, &mut keys, &mut seen);
    }
    evaluator.charge_values(keys.len())?;
    Ok(Some(Array::sequence(keys.into_iter().map(Value::String).collect()).into()))
}

fn collect_keys(value: &Value, keys: &mut Vec<Arc<str>>, seen: &mut BTreeSet<Arc<str>>) {
    match value {
        Value::Array(array) => array.iter().for_each(|element| collect_keys(element, keys, seen)),
        Value::Object(object) => {
            for (key, _) in object.shared() {
                if seen.insert(key.clone()) {
                    keys.push(key.clone());
                }
            }
        }
        _ => {}
    }
}

fn look_up(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(key) = arguments.text(1) else { return Ok(None) };
    Ok(lookup(arguments.take(0).as_ref(), &key))
}

/// The value at a key; of an array, those of all its elements.
pub(crate) fn lookup(value: Option<&Value>, key: &str) -> Option<Value> {
    match value? {
        Value::Object(object) => object.get(key).cloned(),
        Value::Array(array) => {
            let mut found = Vec::new();
            for element in array.iter() {
                match lookup(Some(element), key) {
                    Some(Value::Array(inner)) => found.extend(inner.into_values()),
                    other => found.extend(other),
                }
            }
            Some(Array::sequence(found).into())
        }
        _ => None,
    }
}

fn spread(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(value) = arguments.take(0) else { return Ok(None) };
    evaluator.charge(value.weight())?;
    Ok(spread_out(value))
}

fn spread_out(value: Value) -> Option<Value> {
    match value {
        Value::Array(array) if array.is_empty() => None,
        Value::Array(array) => {
            let nothing: Option<Value> = Some(Array::default().into());
            array.iter().cloned().map(spread_out).fold(nothing, append)
        }
        Value::Object(object) => {
            let single =
                |(key, value): &(Arc<str>, Value)| [(key.clone(), value.clone())].into_iter().collect::<Object>();
            Some(Array::sequence(object.shared().iter().map(single).map(Value::Object).collect()).into())
        }
        other => Some(other),
    }
}

fn merge(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(array) = arguments.array(0) else { return Ok(None) };
    let objects: Vec<&Object> = array.iter().filter_map(Value::as_object).collect();
    let Some((first, others)) = objects.split_first() else { return Ok(Some(Object::new().into())) };
    evaluator.charge_values(objects.iter().map(|object| object.len()).sum())?;
    let mut merged = (*first).clone();
    for object in others {
        for (key, value) in object.shared() {
            merged.insert(key.clone(), value.clone());
        }
    }
    Ok(Some(merged.into()))
}

fn clone(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(value) = arguments.take(0) else { return Ok(None) };
    evaluator.charge(value.weight())?;
    deep_copy(&value).map(Some)
}

/// A copy that shares no array and no object with the original, nor one part of itself with another. It is what
/// writing and reading the value as a text would give: functions are empty texts, fractions have fifteen digits.
pub(crate) fn deep_copy(value: &Value) -> Result<Value, Error> {
    check_numbers(value)?;
    Ok(copied(value))
}

fn copied(value: &Value) -> Value {
    match value {
        Value::Array(array) => Value::Array(array.iter().map(copied).collect()),
        Value::Object(object) => {
            Value::Object(object.shared().iter().map(|(key, value)| (key.clone(), copied(value))).collect())
        }
        Value::Number(number) if number.large().is_none() => to_fifteen_digits(number.as_f64()).into(),
        Value::Function(_) => "".into(),
        other => other.clone(),
    }
}
