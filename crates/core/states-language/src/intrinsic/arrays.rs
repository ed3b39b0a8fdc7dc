//! Intrinsic functions about arrays.

use bongsu_jsonata::Value;

use super::numbers::rounded;
use crate::limits::ARRAY_RANGE_MAX;

pub(super) fn partition(array: &Value, size: &Value) -> Result<Value, String> {
    let elements = elements(array)?;
    let size = usize::try_from(rounded(size)?).ok().filter(|size| *size > 0);
    let size = size.ok_or("The chunk size must be a positive, non-zero integer.")?;
    Ok(elements.chunks(size).map(|chunk| Value::from(chunk.to_vec())).collect::<Vec<Value>>().into())
}

pub(super) fn contains(array: &Value, value: &Value) -> Result<Value, String> {
    Ok(Value::from(elements(array)?.contains(value)))
}

pub(super) fn range(first: &Value, last: &Value, step: &Value) -> Result<Value, String> {
    let (first, last, step) = (rounded(first)?, rounded(last)?, rounded(step)?);
    if step == 0 {
        return Err("The step of a range must not be zero.".into());
    }
    let length = if (step > 0) == (first <= last) { (last - first) / step + 1 } else { i64::from(first == last) };
    if length > ARRAY_RANGE_MAX as i64 {
        return Err(format!("The range must not have more than {ARRAY_RANGE_MAX} elements."));
    }
    Ok((0..length).map(|at| Value::from(first + at * step)).collect::<Vec<Value>>().into())
}

pub(super) fn get_item(array: &Value, index: &Value) -> Result<Value, String> {
    let elements = elements(array)?;
    let index = rounded(index)?;
    let element = usize::try_from(index).ok().and_then(|index| elements.get(index));
    element
        .cloned()
        .ok_or_else(|| format!("The index {index} is out of bounds for an array of length {}.", elements.len()))
}

pub(super) fn length(array: &Value) -> Result<Value, String> {
    Ok(Value::from(elements(array)?.len() as u64))
}

/// The first of equal elements stays where it is.
pub(super) fn unique(array: &Value) -> Result<Value, String> {
    let mut kept: Vec<Value> = Vec::new();
    for element in elements(array)? {
        if !kept.contains(element) {
            kept.push(element.clone());
        }
    }
    Ok(Value::from(kept))
}

fn elements(array: &Value) -> Result<&[Value], String> {
    array.as_array().ok_or_else(|| "The first argument must be an array.".into())
}
