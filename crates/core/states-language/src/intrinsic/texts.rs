//! Intrinsic functions about texts and JSON.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bongsu_jsonata::Value;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::limits::INTRINSIC_CHARS_MAX;

/// Fills the `{}` of the template. A backslash takes the next character as it is.
pub(super) fn format(template: &Value, arguments: &[Value]) -> Result<Value, String> {
    let template = text(template)?;
    let (mut filled, mut arguments) = (String::new(), arguments.iter());
    let mut rest = template.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => filled.extend(rest.next()),
            '{' if rest.peek() == Some(&'}') => {
                rest.next();
                let argument = arguments.next().ok_or("The number of arguments does not match the number of {}.")?;
                java(argument, &mut filled);
            }
            c => filled.push(c),
        }
    }
    match arguments.next() {
        Some(_) => Err("The number of arguments does not match the number of {}.".into()),
        None => Ok(Value::from(filled)),
    }
}

/// As Java prints its maps and lists: `{k=v, l=[1, 2]}`.
fn java(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                java(element, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (at, (key, value)) in object.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                out.push_str(key);
                out.push('=');
                java(value, out);
            }
            out.push('}');
        }
        plain => write!(out, "{plain}").expect("a String takes any text"),
    }
}

pub(super) fn string_to_json(value: &Value) -> Result<Value, String> {
    match text(value)?.trim() {
        "" => Ok(Value::Null),
        "-0" => Ok(Value::from(0_i64)),
        json => serde_json::from_str(json).map_err(|_| "The argument is not valid JSON.".into()),
    }
}

pub(super) fn base64_encode(value: &Value) -> Result<Value, String> {
    Ok(Value::from(STANDARD.encode(short_text(value)?)))
}

pub(super) fn base64_decode(value: &Value) -> Result<Value, String> {
    let bytes = STANDARD.decode(short_text(value)?).map_err(|_| "The argument is not valid Base64.")?;
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn hash(data: &Value, algorithm: &Value) -> Result<Value, String> {
    let data = match data {
        Value::String(text) => text.to_string(),
        other => other.to_string(),
    };
    if data.chars().count() > INTRINSIC_CHARS_MAX {
        return Err(too_long());
    }
    let digest = match text(algorithm)? {
        "MD5" => hex::encode(Md5::digest(data)),
        "SHA-1" => hex::encode(Sha1::digest(data)),
        "SHA-256" => hex::encode(Sha256::digest(data)),
        "SHA-384" => hex::encode(Sha384::digest(data)),
        "SHA-512" => hex::encode(Sha512::digest(data)),
        _ => return Err("The hash algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512.".into()),
    };
    Ok(Value::from(digest))
}

/// The members of both; those of the second win.
pub(super) fn json_merge(left: &Value, right: &Value, deep: &Value) -> Result<Value, String> {
    if deep.as_bool() != Some(false) {
        return Err("Deep merging is not supported: the third argument must be false.".into());
    }
    let (Some(left), Some(right)) = (left.as_object(), right.as_object()) else {
        return Err("The first two arguments must be objects.".into());
    };
    let mut merged = left.clone();
    for (key, value) in right.iter() {
        merged.insert(key, value.clone());
    }
    Ok(Value::Object(merged))
}

/// Any of the characters splits; empty pieces are left out.
pub(super) fn string_split(value: &Value, splitters: &Value) -> Result<Value, String> {
    let splitters = text(splitters)?;
    let pieces = text(value)?.split(|c| splitters.contains(c)).filter(|piece| !piece.is_empty());
    Ok(pieces.map(Value::from).collect::<Vec<Value>>().into())
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "The argument must be a string.".into())
}

fn short_text(value: &Value) -> Result<&str, String> {
    let text = text(value)?;
    if text.chars().count() > INTRINSIC_CHARS_MAX { Err(too_long()) } else { Ok(text) }
}

fn too_long() -> String {
    format!("The argument must not be longer than {INTRINSIC_CHARS_MAX} characters.")
}
