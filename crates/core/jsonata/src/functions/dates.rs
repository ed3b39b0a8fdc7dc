//! Functions of dates and times.

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::picture::{format_date, parse_date, parse_iso};
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("now", "<s?s?:s>", 2, now),
    ("millis", "<:n>", 0, millis),
    ("fromMillis", "<n-s?s?:s>", 3, from_millis),
    ("toMillis", "<s-s?:n>", 2, to_millis),
];

fn now(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (picture, zone) = (arguments.text(0), arguments.text(1));
    let now = evaluator.now() as f64;
    format_date(now, picture.as_deref(), zone.as_deref()).map(|text| Some(text.into()))
}

fn millis(evaluator: &mut Evaluator<'_>, _: Arguments) -> Result<Option<Value>, Error> {
    Ok(Some(evaluator.now().into()))
}

fn from_millis(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(millis) = arguments.number(0) else { return Ok(None) };
    let (picture, zone) = (arguments.text(1), arguments.text(2));
    evaluator.charge(picture.as_ref().map_or(0, |picture| picture.len() as u64 * 8))?;
    format_date(millis, picture.as_deref(), zone.as_deref()).map(|text| Some(text.into()))
}

fn to_millis(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let Some(picture) = arguments.text(1) else { return parse_iso(&text).map(|millis| Some(millis.into())) };
    evaluator.charge(picture.len() as u64 * 64)?;
    Ok(parse_date(&text, &picture, evaluator.now())?.map(Value::from))
}
