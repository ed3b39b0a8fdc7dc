//! Functions that encode texts: base64 and URLs.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("base64encode", "<s-:s>", 1, base64_encode),
    ("base64decode", "<s-:s>", 1, base64_decode),
    ("encodeUrlComponent", "<s-:s>", 1, encode_url_component),
    ("encodeUrl", "<s-:s>", 1, encode_url),
    ("decodeUrlComponent", "<s-:s>", 1, decode_url_component),
    ("decodeUrl", "<s-:s>", 1, decode_url),
];

/// Characters that stand for themselves in a component of a URL, beside letters and digits.
const UNRESERVED: &str = "-_.!~*'()";
/// Characters that mean something in a URL as a whole.
const RESERVED: &str = ";/?:@&=+$,#";

/// Reads base64 with and without padding, and with a last digit whose spare bits are set.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a text in base64: digits of either alphabet count, up to the padding; anything else is passed over.
pub(super) fn decode_base64(text: &str) -> Vec<u8> {
    let before = text.split('=').next().unwrap_or_default();
    let digit = |byte: u8| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    };
    let mut digits: Vec<u8> = before.bytes().filter_map(digit).collect();
    // One digit alone is less than a byte.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    LENIENT.decode(digits).expect("these are base64's digits, and as many as make bytes")
}

/// Of each character one byte, the lowest of its code.
fn base64_encode(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let encode = |text: &str| STANDARD.encode(text.encode_utf16().map(|unit| unit as u8).collect::<Vec<_>>());
    Ok(arguments.text(0).map(|text| encode(&text).into()))
}

/// Each byte becomes the character of its code.
fn base64_decode(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let decode = |text: &str| decode_base64(text).into_iter().map(char::from).collect::<String>();
    Ok(arguments.text(0).map(|text| decode(&text).into()))
}

fn encode_url_component(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    encode(evaluator, arguments, "")
}

fn encode_url(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    encode(evaluator, arguments, RESERVED)
}

fn encode(evaluator: &mut Evaluator<'_>, mut arguments: Arguments, kept: &str) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    evaluator.charge(text.len() as u64 * 3)?;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric()
            || byte.is_ascii() && (UNRESERVED.contains(character) || kept.contains(character))
        {
            encoded.push(character);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(Some(encoded.into()))
}

fn decode_url_component(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    arguments.text(0).map(|text| decode(&text, "", "decodeUrlComponent")).transpose()
}

fn decode_url(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    arguments.text(0).map(|text| decode(&text, RESERVED, "decodeUrl")).transpose()
}

/// Decodes escapes, except those of characters that are kept as they are.
fn decode(text: &str, kept: &str, function: &str) -> Result<Value, Error> {
    let malformed = || Error::new("D3140").of(function).with(text);
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let mut code = [0];
        let digits = rest.get(..2).ok_or_else(malformed)?;
        hex::decode_to_slice(digits, &mut code).map_err(|_| malformed())?;
        if code[0].is_ascii() && kept.contains(char::from(code[0])) {
            decoded.push(b'%');
        } else {
            decoded.push(code[0]);
            rest = &rest[2..];
        }
    }
    String::from_utf8(decoded).map(Value::from).map_err(|_| malformed())
}
