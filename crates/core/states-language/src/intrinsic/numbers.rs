//! Intrinsic functions about numbers.

use bongsu_jsonata::Value;

/// The whole number next to it; halves go up, also below zero.
pub(super) fn rounded(value: &Value) -> Result<i64, String> {
    let number = value.as_f64().ok_or("The argument must be a number.")?;
    let whole = (number + 0.5).floor();
    if whole.abs() > f64::from(i32::MAX) + 1.0 {
        return Err("The number must be within the range of 32-bit integers.".into());
    }
    Ok(whole as i64)
}

pub(super) fn add(left: &Value, right: &Value) -> Result<Value, String> {
    let sum = rounded(left)? + rounded(right)?;
    i32::try_from(sum).map(|sum| Value::from(i64::from(sum))).map_err(|_| "The sum is not a 32-bit integer.".into())
}

/// A whole number from the first up to the second, without it.
pub(super) fn random(from: &Value, to: &Value, bits: u64) -> Result<Value, String> {
    let (from, to) = (rounded(from)?, rounded(to)?);
    let width = u64::try_from(to - from).ok().filter(|width| *width > 0);
    let width = width.ok_or("The start of the range must be less than its end.")?;
    // The upper half of the product: even enough for widths below 2^33.
    let offset = (u128::from(bits) * u128::from(width)) >> 64;
    Ok(Value::from(from + offset as i64))
}

/// The same each time for the same seed.
pub(super) fn seeded_random(from: &Value, to: &Value, seed: &Value) -> Result<Value, String> {
    random(from, to, mixed(rounded(seed)? as u64))
}

/// SplitMix64: spreads a small seed over all bits.
fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
