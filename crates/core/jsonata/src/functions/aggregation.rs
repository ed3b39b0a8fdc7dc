//! Functions that make one number of many.

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("sum", "<a<n>:n>", 1, sum),
    ("count", "<a:n>", 1, count),
    ("max", "<a<n>:n>", 1, max),
    ("min", "<a<n>:n>", 1, min),
    ("average", "<a<n>:n>", 1, average),
];

fn numbers(arguments: &mut Arguments) -> Option<Vec<f64>> {
    Some(arguments.array(0)?.iter().filter_map(Value::as_f64).collect())
}

fn sum(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    // From a positive zero on: the sum of nothing is not negative.
    Ok(numbers(&mut arguments).map(|numbers| numbers.iter().fold(0.0, |sum, number| sum + number).into()))
}

fn count(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(Some((arguments.array(0).map_or(0, |array| array.len()) as f64).into()))
}

fn max(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let numbers = numbers(&mut arguments).unwrap_or_default();
    Ok(numbers.into_iter().reduce(f64::max).map(Value::from))
}

fn min(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let numbers = numbers(&mut arguments).unwrap_or_default();
    Ok(numbers.into_iter().reduce(f64::min).map(Value::from))
}

fn average(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let numbers = numbers(&mut arguments).unwrap_or_default();
    let sum: f64 = numbers.iter().sum();
    Ok((!numbers.is_empty()).then(|| (sum / numbers.len() as f64).into()))
}
