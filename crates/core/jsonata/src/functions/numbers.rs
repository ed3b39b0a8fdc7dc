//! Functions of numbers.

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::number::{parse_double, round, to_base};
use crate::picture::{format_integer, format_number, parse_integer};
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("number", "<(nsb)-:n>", 1, number),
    ("abs", "<n-:n>", 1, abs),
    ("floor", "<n-:n>", 1, floor),
    ("ceil", "<n-:n>", 1, ceil),
    ("round", "<n-n?:n>", 2, rounded),
    ("sqrt", "<n-:n>", 1, sqrt),
    ("power", "<n-n:n>", 2, power),
    ("random", "<:n>", 0, random),
    ("formatNumber", "<n-so?:s>", 3, formatted_number),
    ("formatBase", "<n-n?:s>", 2, formatted_base),
    ("formatInteger", "<n-s:s>", 2, formatted_integer),
    ("parseInteger", "<s-s:n>", 2, parsed_integer),
];

fn number(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(value) = arguments.take(0) else { return Ok(None) };
    let number = match &value {
        Value::Number(_) => return Ok(Some(value)),
        Value::Boolean(is_true) => Some(f64::from(u8::from(*is_true))),
        Value::String(text) => read_number(text),
        _ => None,
    };
    match number {
        Some(number) => Ok(Some(number.into())),
        None => Err(Error::new("D3030").with(value).argument(1)),
    }
}

/// Reads a number as JSON writes it, or in base 16, 8 or 2 after `0x`, `0o` or `0b`.
fn read_number(text: &str) -> Option<f64> {
    if let Some((zero @ ("0x" | "0X" | "0o" | "0O" | "0b" | "0B"), digits)) = text.split_at_checked(2) {
        let base = match zero.as_bytes()[1].to_ascii_lowercase() {
            b'x' => 16,
            b'o' => 8,
            _ => 2,
        };
        let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(base)).collect();
        let value =
            |digits: Vec<u32>| digits.iter().fold(0.0, |value, digit| value * f64::from(base) + f64::from(*digit));
        return digits.filter(|digits| !digits.is_empty()).map(value);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = is_digits(whole) && is_digits(fraction) && is_digits(exponent);
    is_number.then(|| parse_double(text)).filter(|number| number.is_finite())
}

fn of_one(arguments: &Arguments, calculate: fn(f64) -> f64) -> Option<Value> {
    arguments.number(0).map(|number| calculate(number).into())
}

fn abs(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(of_one(&arguments, f64::abs))
}

fn floor(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(of_one(&arguments, f64::floor))
}

fn ceil(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(of_one(&arguments, f64::ceil))
}

fn rounded(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    let places = arguments.number(1).unwrap_or(0.0);
    let rounded = |number| if places.trunc() == places { round(number, places as i64) } else { f64::NAN };
    Ok(arguments.number(0).map(|number| rounded(number).into()))
}

fn sqrt(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    match arguments.number(0) {
        Some(number) if number < 0.0 => Err(Error::new("D3060").with(number).argument(1)),
        number => Ok(number.map(|number| number.sqrt().into())),
    }
}

fn power(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(base), exponent) = (arguments.number(0), arguments.number(1)) else { return Ok(None) };
    let exponent = exponent.unwrap_or(f64::NAN);
    // In JavaScript, unlike C, no power of one makes a number of what is none.
    let is_undefined = exponent.is_nan() || base.abs() == 1.0 && exponent.is_infinite();
    let result = if is_undefined { f64::NAN } else { base.powf(exponent) };
    if !result.is_finite() {
        return Err(Error::new("D3061").with(base).and(exponent).argument(1));
    }
    Ok(Some(result.into()))
}

fn random(evaluator: &mut Evaluator<'_>, _: Arguments) -> Result<Option<Value>, Error> {
    Ok(Some(evaluator.host().random().into()))
}

fn formatted_number(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(number), Some(picture)) = (arguments.number(0), arguments.text(1)) else { return Ok(None) };
    let options = arguments.take(2);
    evaluator.charge(picture.len() as u64)?;
    format_number(number, &picture, options.as_ref().and_then(Value::as_object)).map(|text| Some(text.into()))
}

fn formatted_base(_: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(number) = arguments.number(0) else { return Ok(None) };
    let base = round(arguments.number(1).unwrap_or(10.0), 0);
    if !(2.0..=36.0).contains(&base) {
        return Err(Error::new("D3100").with(base));
    }
    Ok(Some(to_base(round(number, 0), base as u32).into()))
}

fn formatted_integer(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(number), Some(picture)) = (arguments.number(0), arguments.text(1)) else { return Ok(None) };
    evaluator.charge(picture.len() as u64)?;
    format_integer(number, &picture).map(|text| Some(text.into()))
}

fn parsed_integer(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(text), Some(picture)) = (arguments.text(0), arguments.text(1)) else { return Ok(None) };
    parse_integer(&text, &picture).map(|number| Some(number.into()))
}
