//! Functions of texts. Lengths and places count characters.

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::{Evaluator, check_numbers, string};
use crate::json::stringify;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("string", "<x-b?:s>", 1, to_string),
    ("length", "<s-:n>", 1, length),
    ("substring", "<s-nn?:s>", 3, substring),
    ("substringBefore", "<s-s:s>", 2, substring_before),
    ("substringAfter", "<s-s:s>", 2, substring_after),
    ("lowercase", "<s-:s>", 1, lowercase),
    ("uppercase", "<s-:s>", 1, uppercase),
    ("trim", "<s-:s>", 1, trim),
    ("pad", "<s-ns?:s>", 3, pad),
    ("join", "<a<s>s?:s>", 2, join),
];

fn to_string(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(value) = arguments.take(0) else { return Ok(None) };
    evaluator.charge(value.weight())?;
    let is_pretty = matches!(arguments.take(1), Some(Value::Boolean(true)));
    match &value {
        Value::Array(array) if is_pretty && !array.shape.wraps_input => {}
        Value::Object(_) if is_pretty => {}
        other => return string(other).map(|text| Some(Value::String(text))),
    }
    check_numbers(&value)?;
    Ok(Some(stringify(&value, true).into()))
}

fn length(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(arguments.text(0).map(|text| (text.chars().count() as f64).into()))
}

fn substring(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let characters = text.chars().count() as f64;
    let mut start = arguments.number(1).unwrap_or(0.0);
    if characters + start < 0.0 {
        start = 0.0;
    }
    let end = match arguments.number(2) {
        Some(length) if length <= 0.0 => return Ok(Some("".into())),
        Some(length) if start >= 0.0 => start + length,
        Some(length) => characters + start + length,
        None => characters,
    };
    // Counted from the end if negative, towards zero if broken.
    let place = |at: f64| if at < 0.0 { (characters + at.trunc()).max(0.0) } else { at.trunc() } as usize;
    let (start, end) = (place(start), place(end));
    Ok(Some(text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>().into()))
}

fn substring_before(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let Some(part) = arguments.text(1) else { return Ok(Some(Value::String(text))) };
    Ok(Some(match text.split_once(&*part) {
        Some((before, _)) => before.into(),
        None => Value::String(text),
    }))
}

fn substring_after(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let Some(part) = arguments.text(1) else { return Ok(Some(Value::String(text))) };
    Ok(Some(match text.split_once(&*part) {
        Some((_, after)) => after.into(),
        None => Value::String(text),
    }))
}

fn lowercase(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(arguments.text(0).map(|text| text.to_lowercase().into()))
}

fn uppercase(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(arguments.text(0).map(|text| text.to_uppercase().into()))
}

fn trim(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let words =
        |text: &str| text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Ok(arguments.text(0).map(|text| words(&text).into()))
}

fn pad(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let width = arguments.number(1).unwrap_or(0.0).trunc();
    let filler = arguments.text(2).filter(|filler| !filler.is_empty()).unwrap_or(" ".into());
    let missing = width.abs() - text.chars().count() as f64;
    if missing <= 0.0 {
        return Ok(Some(Value::String(text)));
    }
    evaluator.charge((missing * 4.0) as u64)?;
    let padding: String = filler.chars().cycle().take(missing as usize).collect();
    Ok(Some(if width > 0.0 { format!("{text}{padding}") } else { format!("{padding}{text}") }.into()))
}

fn join(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(array) = arguments.array(0) else { return Ok(None) };
    let separator = arguments.text(1).unwrap_or("".into());
    let texts: Vec<&str> = array.iter().filter_map(Value::as_str).collect();
    let bytes = texts.iter().map(|text| (text.len() + separator.len()) as u64).sum();
    evaluator.charge(bytes)?;
    Ok(Some(texts.join(&separator).into()))
}
