//! What Step Functions adds to the library, or has in its own way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

use super::encoding::decode_base64;
use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("partition", "<an:a>", 2, partition),
    ("range", "<nnn:a>", 3, range),
    ("hash", "<ss:s>", 2, hash),
    ("random", "<n?:n>", 1, random),
    ("uuid", "<:s>", 0, uuid),
    ("parse", "<s-:x>", 1, parse),
    ("base64encode", "<s-:s>", 1, base64_encode),
    ("base64decode", "<s-:s>", 1, base64_decode),
];

/// How many elements `$range` gives at most.
const RANGE_MAX: usize = 1_000;

fn invalid(text: impl Into<String>) -> Error {
    Error::new("D3141").saying(text.into())
}

fn partition(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(size) = arguments.number(1) else { return Ok(None) };
    let Some(array) = arguments.array(0) else { return Ok(None) };
    if size < 1.0 || size.trunc() != size {
        return Err(invalid("The second argument of partition function must be a positive integer"));
    }
    evaluator.charge_values(array.len())?;
    let parts = array.chunks(size as usize).map(|part| Value::from(part.to_vec()));
    Ok(Some(Value::Array(parts.collect())))
}

fn range(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(first), Some(last), Some(step)) = (arguments.number(0), arguments.number(1), arguments.number(2)) else {
        return Ok(None);
    };
    if [first, last, step].iter().any(|number| number.trunc() != *number || !number.is_finite()) {
        return Err(invalid("The arguments of range function must be integers"));
    }
    if step == 0.0 {
        return Err(invalid("The third argument of range function must not be zero"));
    }
    let count = ((last - first) / step).floor() + 1.0;
    if count > RANGE_MAX as f64 {
        return Err(invalid(format!("The range function must not give more than {RANGE_MAX} elements")));
    }
    let count = count.max(0.0) as usize;
    evaluator.charge_values(count)?;
    Ok(Some(Value::Array((0..count).map(|at| Value::from(first + at as f64 * step)).collect())))
}

fn hash(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let (Some(data), Some(algorithm)) = (arguments.text(0), arguments.text(1)) else { return Ok(None) };
    evaluator.count_steps(data.len() as u64 / 64)?;
    let digest = match &*algorithm {
        "MD5" => hex::encode(md5::Md5::digest(data.as_bytes())),
        "SHA-1" => hex::encode(sha1::Sha1::digest(data.as_bytes())),
        "SHA-256" => hex::encode(sha2::Sha256::digest(data.as_bytes())),
        "SHA-384" => hex::encode(sha2::Sha384::digest(data.as_bytes())),
        "SHA-512" => hex::encode(sha2::Sha512::digest(data.as_bytes())),
        _ => {
            return Err(invalid(
                "The second argument of hash function must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
            ));
        }
    };
    Ok(Some(digest.into()))
}

fn random(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(Some(match arguments.number(0) {
        Some(seed) => seeded(seed).into(),
        None => evaluator.host().random().into(),
    }))
}

/// A number from 0 to 1 that follows from the seed alone: one step of SplitMix64.
fn seeded(seed: f64) -> f64 {
    let mut bits = (seed as i64 as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

fn uuid(evaluator: &mut Evaluator<'_>, _: Arguments) -> Result<Option<Value>, Error> {
    Ok(Some(evaluator.host().uuid().into()))
}

fn parse(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    evaluator.charge(text.len() as u64 * 4)?;
    let parsed = serde_json::from_str(&text);
    parsed.map(Some).map_err(|error| invalid(format!("The argument of parse function is not valid JSON: {error}")))
}

/// Of texts in UTF-8, since nothing else can hold them.
fn base64_encode(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(arguments.text(0).map(|text| STANDARD.encode(text.as_bytes()).into()))
}

fn base64_decode(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    Ok(arguments.text(0).map(|text| String::from_utf8_lossy(&decode_base64(&text)).into_owned().into()))
}
