//! Numbers: doubles as JavaScript has them, and integers too large for a double, which pass through unchanged.

use std::fmt;

/// A whole double below this, either way, that was read with a point or an exponent is written with a point.
const POINT_MAX: f64 = 1e15;
/// Integers up to this size, either way, are exact in a double.
const EXACT_MAX: u64 = 1 << 53;

/// A number. Calculations and comparisons are those of doubles; an integer that a double cannot hold keeps its digits
/// until something is calculated with it, and so does `2.0` its point, as where JSON has integers and doubles.
#[derive(Clone, Copy, Debug)]
pub struct Number(Repr);

#[derive(Clone, Copy, Debug)]
enum Repr {
    Double(f64),
    /// Read with a point or an exponent.
    Decimal(f64),
    Signed(i64),
    Unsigned(u64),
}

impl Number {
    /// The nearest double.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Double(double) | Repr::Decimal(double) => double,
            Repr::Signed(integer) => integer as f64,
            Repr::Unsigned(integer) => integer as f64,
        }
    }

    /// The number as an integer, if it is one and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Double(double) | Repr::Decimal(double) => {
                let is_exact = double.trunc() == double && double.abs() <= EXACT_MAX as f64;
                is_exact.then_some(double as i64)
            }
            Repr::Signed(integer) => Some(integer),
            Repr::Unsigned(integer) => i64::try_from(integer).ok(),
        }
    }

    /// As it is read from JSON with a point or an exponent. What is `-0` there is nothing but zero.
    pub(crate) fn decimal(double: f64) -> Number {
        Number(if double == 0.0 && double.is_sign_negative() { Repr::Double(double) } else { Repr::Decimal(double) })
    }

    /// Whether it is whole, and written with a point all the same.
    pub(crate) fn has_point(self) -> bool {
        matches!(self.0, Repr::Decimal(double) if double.trunc() == double && double.abs() < POINT_MAX)
    }

    /// The integer that a double cannot hold, if this is one.
    pub(crate) fn large(self) -> Option<i128> {
        match self.0 {
            Repr::Double(_) | Repr::Decimal(_) => None,
            Repr::Signed(integer) => Some(integer.into()),
            Repr::Unsigned(integer) => Some(integer.into()),
        }
    }
}

impl From<f64> for Number {
    fn from(double: f64) -> Number {
        Number(Repr::Double(double))
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Number {
        let is_exact = integer.unsigned_abs() <= EXACT_MAX;
        Number(if is_exact { Repr::Double(integer as f64) } else { Repr::Signed(integer) })
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Number {
        Number(if integer <= EXACT_MAX { Repr::Double(integer as f64) } else { Repr::Unsigned(integer) })
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.as_f64() == other.as_f64()
    }
}

/// As JSON has it: JavaScript's shortest digits for doubles, all digits for large integers, `null` for what is neither.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Double(double) | Repr::Decimal(double) if double.is_finite() => {
                match self.as_i64() {
                    Some(integer) => integer.fmt(f)?,
                    None => f.write_str(&to_text(double))?,
                }
                f.write_str(if self.has_point() { ".0" } else { "" })
            }
            Repr::Double(_) | Repr::Decimal(_) => f.write_str("null"),
            Repr::Signed(integer) => integer.fmt(f),
            Repr::Unsigned(integer) => integer.fmt(f),
        }
    }
}

/// The shortest digits that read back as the same double, spelled as JavaScript does (`1e+21`, `1e-7`).
pub(crate) fn to_text(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if double == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:e}", double.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an e");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes an exponent");
    let digits = mantissa.replace('.', "");
    let sign = if double < 0.0 { "-" } else { "" };
    let count = digits.len() as i32;
    // The number of digits before the point, as in ECMAScript's Number::toString.
    let point = exponent + 1;
    if count <= point && point <= 21 {
        format!("{sign}{digits}{}", "0".repeat((point - count) as usize))
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{sign}{whole}.{fraction}")
    } else if -6 < point && point <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(-point as usize))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let plus = if point > 0 { "+" } else { "" };
        format!("{sign}{first}{dot}{rest}e{plus}{}", point - 1)
    }
}

/// The number with at most fifteen significant digits, as `$string` shows fractions.
pub(crate) fn to_fifteen_digits(double: f64) -> f64 {
    if double.trunc() == double || !double.is_finite() {
        return double;
    }
    parse_double(&format!("{double:.14e}"))
}

/// The number times ten to the power, shifted in its digits so that no rounding comes in between.
pub(crate) fn shift_decimal(double: f64, places: i64) -> f64 {
    let scientific = format!("{double:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return double };
    let exponent: i64 = exponent.parse().expect("`{:e}` writes an exponent");
    parse_double(&format!("{mantissa}e{}", exponent.saturating_add(places)))
}

/// Rounds to the nearest number with so many decimal places, halves to the even one.
pub(crate) fn round(double: f64, places: i64) -> f64 {
    if !double.is_finite() {
        return double;
    }
    let shifted = if places == 0 { double } else { shift_decimal(double, places) };
    let rounded = if shifted.is_finite() { shifted.round_ties_even() } else { shifted };
    let result = if places == 0 { rounded } else { shift_decimal(rounded, -places) };
    // JSON has no negative zero.
    if result == 0.0 { 0.0 } else { result }
}

/// Reads a number of JSON's form, with the overflow of doubles: too large is infinite.
pub(crate) fn parse_double(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Writes the integer part of a number in a base of 2 to 36, in lower case.
pub(crate) fn to_base(double: f64, base: u32) -> String {
    if !double.is_finite() || base == 10 {
        return to_text(double);
    }
    let (mut rest, mut digits) = (double.abs().trunc(), Vec::new());
    let wide = f64::from(base);
    loop {
        let digit = (rest % wide) as u32;
        digits.push(char::from_digit(digit, base).expect("a remainder is a digit"));
        rest = (rest / wide).trunc();
        if rest == 0.0 {
            break;
        }
    }
    if double < 0.0 {
        digits.push('-');
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_spelled_as_javascript_does() {
        for (double, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (0.000001, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.25e300, "-1.25e+300"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            assert_eq!(to_text(double), text);
        }
    }

    #[test]
    fn large_integers_keep_their_digits() {
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
        assert_eq!(Number::from(i64::MIN).to_string(), "-9223372036854775808");
        assert_eq!(Number::from(1i64 << 53).large(), None);
        assert_eq!(Number::from((1i64 << 53) + 1).as_i64(), Some((1 << 53) + 1));
    }

    #[test]
    fn what_was_read_with_a_point_keeps_it() {
        for (double, text) in
            [(2.0, "2.0"), (-3.0, "-3.0"), (0.0, "0.0"), (2.5, "2.5"), (1e20, "100000000000000000000")]
        {
            assert_eq!(Number::decimal(double).to_string(), text);
        }
        assert_eq!(Number::decimal(-0.0).to_string(), "0");
        assert_eq!((Number::decimal(2.0).as_i64(), Number::decimal(2.0)), (Some(2), Number::from(2i64)));
    }

    #[test]
    fn halves_are_rounded_to_even_after_an_exact_shift() {
        assert_eq!(round(2.5, 0), 2.0);
        assert_eq!(round(3.5, 0), 4.0);
        assert_eq!(round(4.525, 2), 4.52);
        assert_eq!(round(4.515, 2), 4.52);
        assert_eq!(round(12345.0, -2), 12300.0);
        assert_eq!(round(-0.2, 0).to_bits(), 0.0f64.to_bits());
    }

    #[test]
    fn bases_are_written_in_lower_case() {
        assert_eq!(to_base(255.0, 16), "ff");
        assert_eq!(to_base(-2555.0, 2), "-100111111011");
        assert_eq!(to_base(0.0, 36), "0");
    }
}
