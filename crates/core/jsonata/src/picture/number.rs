//! Numbers as pictures such as `#,##0.00` describe them.

use super::integer::regular_interval;
use crate::error::Error;
use crate::number::round;
use crate::value::{Object, Value};

/// More digits than this are not written on either side of the point.
const DIGITS_MAX: usize = 400;

/// The characters that mean something in a picture.
struct Symbols {
    decimal: char,
    grouping: char,
    exponent: char,
    digit: char,
    pattern: char,
    zero: char,
    minus: String,
    percent: String,
    per_mille: String,
}

impl Symbols {
    fn new(options: Option<&Object>) -> Symbols {
        let text = |key: &str, default: &str| {
            let text = options.and_then(|options| options.get(key)).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
        };
        let symbol = |key: &str, default: char| text(key, "").chars().next().unwrap_or(default);
        Symbols {
            decimal: symbol("decimal-separator", '.'),
            grouping: symbol("grouping-separator", ','),
            exponent: symbol("exponent-separator", 'e'),
            digit: symbol("digit", '#'),
            pattern: symbol("pattern-separator", ';'),
            zero: symbol("zero-digit", '0'),
            minus: text("minus-sign", "-"),
            percent: text("percent", "%"),
            per_mille: text("per-mille", "\u{2030}"),
        }
    }

    /// Whether it is a digit that is always written.
    fn is_mandatory(&self, character: char) -> bool {
        (self.zero as u32..self.zero as u32 + 10).contains(&(character as u32))
    }

    fn is_digit(&self, character: char) -> bool {
        character == self.digit || self.is_mandatory(character)
    }

    fn is_active(&self, character: char) -> bool {
        self.is_digit(character) || [self.decimal, self.exponent, self.grouping, self.pattern].contains(&character)
    }

    /// A number in decimal digits, in the digits of the picture.
    fn localized(&self, digits: &str) -> String {
        let digit = |character: char| match character.to_digit(10) {
            Some(digit) => char::from_u32(self.zero as u32 + digit).unwrap_or(character),
            None => character,
        };
        digits.chars().map(digit).collect()
    }
}

/// A sub-picture, taken apart.
struct Parts<'a> {
    whole: &'a str,
    prefix: &'a str,
    suffix: &'a str,
    active: &'a str,
    integer: &'a str,
    fraction: &'a str,
    exponent: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn new(whole: &'a str, symbols: &Symbols) -> Parts<'a> {
        let begins = |character: char| symbols.is_active(character) && character != symbols.exponent;
        let start = whole.find(begins).unwrap_or(0);
        let end =
            whole.rfind(begins).map_or(whole.len(), |at| at + whole[at..].chars().next().map_or(0, char::len_utf8));
        let active = &whole[start..end.max(start)];
        let (mantissa, exponent) = match active.split_once(symbols.exponent) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (active, None),
        };
        let (integer, fraction) = mantissa.split_once(symbols.decimal).unwrap_or((mantissa, ""));
        Parts { whole, prefix: &whole[..start], suffix: &whole[end..], active, integer, fraction, exponent }
    }

    /// Refuses what XPath does not allow; of several faults the last is told.
    fn check(&self, symbols: &Symbols) -> Result<(), Error> {
        let count = |text: &str| self.whole.matches(text).count();
        let decimal = symbols.decimal.to_string();
        let grouping = symbols.grouping;
        let has_percent = count(&symbols.percent) > 0;
        let has_per_mille = count(&symbols.per_mille) > 0;
        let is_beside_decimal = self.whole.contains(&format!("{grouping}{decimal}"))
            || self.whole.contains(&format!("{decimal}{grouping}"));
        let after = |text: &str, is_first: &dyn Fn(char) -> bool, is_second: &dyn Fn(char) -> bool| {
            text.find(is_first).is_some_and(|at| text[at..].contains(is_second))
        };
        let is_optional = |character: char| character == symbols.digit;
        let is_mandatory = |character: char| symbols.is_mandatory(character);
        let has_decimal = count(&decimal) > 0;
        let faults = [
            ("D3081", count(&decimal) > 1),
            ("D3082", count(&symbols.percent) > 1),
            ("D3083", count(&symbols.per_mille) > 1),
            ("D3084", has_percent && has_per_mille),
            ("D3085", !format!("{}{}", self.integer, self.fraction).contains(|c| symbols.is_digit(c))),
            ("D3086", self.active.contains(|character| !symbols.is_active(character))),
            ("D3087", has_decimal && is_beside_decimal),
            ("D3088", !has_decimal && self.integer.ends_with(grouping)),
            ("D3089", self.whole.contains(&format!("{grouping}{grouping}"))),
            ("D3090", after(self.integer, &is_mandatory, &is_optional)),
            ("D3091", after(self.fraction, &is_optional, &is_mandatory)),
            ("D3092", self.exponent.is_some_and(|exponent| !exponent.is_empty()) && (has_percent || has_per_mille)),
            ("D3093", self.exponent.is_some_and(|exponent| exponent.is_empty() || !exponent.chars().all(is_mandatory))),
        ];
        match faults.iter().rev().find(|(_, is_so)| *is_so) {
            Some((code, _)) => Err(Error::new(code)),
            None => Ok(()),
        }
    }
}

/// What a sub-picture asks for.
struct Layout {
    integer_min: usize,
    fraction_min: usize,
    fraction_max: usize,
    exponent_min: usize,
    /// The digits before the point of a mantissa.
    scaling: i32,
    integer_groups: Vec<usize>,
    fraction_groups: Vec<usize>,
}

impl Layout {
    fn new(parts: &Parts<'_>, symbols: &Symbols) -> Layout {
        let mandatory = |text: &str| text.chars().filter(|character| symbols.is_mandatory(*character)).count();
        let digits = |text: &str| text.chars().filter(|character| symbols.is_digit(*character)).count();
        let separators = |text: &str, count: &dyn Fn(usize) -> usize| {
            text.match_indices(symbols.grouping).map(|(at, _)| count(at)).collect::<Vec<_>>()
        };
        let mut layout = Layout {
            integer_min: mandatory(parts.integer),
            fraction_min: mandatory(parts.fraction),
            fraction_max: digits(parts.fraction).min(DIGITS_MAX),
            exponent_min: parts.exponent.map_or(0, mandatory),
            scaling: mandatory(parts.integer) as i32,
            integer_groups: separators(parts.integer, &|at| digits(&parts.integer[at..])),
            fraction_groups: separators(parts.fraction, &|at| digits(&parts.fraction[..at])),
        };
        let has_exponent = parts.exponent.is_some();
        if layout.integer_min == 0 && layout.fraction_max == 0 {
            if has_exponent {
                (layout.fraction_min, layout.fraction_max) = (1, 1);
            } else {
                layout.integer_min = 1;
            }
        }
        if has_exponent && layout.integer_min == 0 && parts.integer.contains(symbols.digit) {
            layout.integer_min = 1;
        }
        if layout.integer_min == 0 && layout.fraction_min == 0 {
            layout.fraction_min = 1;
        }
        layout
    }
}

/// Writes a number as a picture says, with other symbols if the options have them.
pub(crate) fn format_number(number: f64, picture: &str, options: Option<&Object>) -> Result<String, Error> {
    if !number.is_finite() {
        return Err(Error::new("D1001").with(number));
    }
    let symbols = Symbols::new(options);
    let parts: Vec<Parts<'_>> = picture.split(symbols.pattern).map(|part| Parts::new(part, &symbols)).collect();
    if parts.len() > 2 {
        return Err(Error::new("D3080"));
    }
    parts.iter().try_for_each(|parts| parts.check(&symbols))?;
    // The second sub-picture is for negative numbers; if there is none, they have a minus sign.
    let (parts, sign) = match (number < 0.0, parts.get(1)) {
        (true, Some(negative)) => (negative, ""),
        (true, None) => (&parts[0], &*symbols.minus),
        (false, _) => (&parts[0], ""),
    };
    let layout = Layout::new(parts, &symbols);
    let factor = match parts.whole {
        whole if whole.contains(&symbols.percent) => 100.0,
        whole if whole.contains(&symbols.per_mille) => 1000.0,
        _ => 1.0,
    };
    let (mantissa, exponent) = scaled(number.abs() * factor, &layout);
    let mut text = format!("{sign}{}", parts.prefix);
    text.push_str(&mantissa_text(mantissa, &layout, &symbols, parts.whole.contains(symbols.decimal)));
    if layout.exponent_min > 0 {
        let digits = format!("{:0width$}", exponent.abs(), width = layout.exponent_min.min(DIGITS_MAX));
        text.push(symbols.exponent);
        text.push_str(if exponent < 0 { &symbols.minus } else { "" });
        text.push_str(&symbols.localized(&digits));
    }
    text.push_str(parts.suffix);
    Ok(text)
}

/// The mantissa with as many digits before the point as the picture has, and the power of ten that it is short of.
fn scaled(mut mantissa: f64, layout: &Layout) -> (f64, i32) {
    let mut exponent = 0;
    if layout.exponent_min > 0 && mantissa != 0.0 && mantissa.is_finite() {
        let (max, min) = (10f64.powi(layout.scaling), 10f64.powi(layout.scaling - 1));
        while mantissa < min {
            mantissa *= 10.0;
            exponent -= 1;
        }
        while mantissa > max {
            mantissa /= 10.0;
            exponent += 1;
        }
    }
    (mantissa, exponent)
}

fn mantissa_text(mantissa: f64, layout: &Layout, symbols: &Symbols, has_decimal: bool) -> String {
    let rounded = round(mantissa, layout.fraction_max as i64);
    let digits = format!("{rounded:.*}", layout.fraction_max);
    let (integer, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let (integer, fraction) = (integer.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let integer_min = layout.integer_min.min(DIGITS_MAX);
    let integer = format!("{integer:0>integer_min$}");
    let fraction = format!("{fraction:0<width$}", width = layout.fraction_min.min(DIGITS_MAX));
    let mut text = String::new();
    let regular = regular_interval(&layout.integer_groups);
    for (at, digit) in symbols.localized(&integer).chars().enumerate() {
        let rest = integer.len() - at;
        let is_group = match regular {
            Some(interval) => rest.is_multiple_of(interval),
            None => layout.integer_groups.contains(&rest),
        };
        if at > 0 && is_group {
            text.push(symbols.grouping);
        }
        text.push(digit);
    }
    if !has_decimal || fraction.is_empty() {
        return text;
    }
    text.push(symbols.decimal);
    for (at, digit) in symbols.localized(&fraction).chars().enumerate() {
        if at > 0 && layout.fraction_groups.contains(&at) {
            text.push(symbols.grouping);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_picture_says() {
        for (number, picture, text) in [
            (12345.6, "#,###.00", "12,345.60"),
            (12345678.9, "9,999.99", "12,345,678.90"),
            (0.14, "01%", "14%"),
            (0.4857, "###.###\u{2030}", "485.7\u{2030}"),
            (-6.0, "000", "-006"),
            (-6.0, "0;(0)", "(6)"),
            (1234.5678, "00.000e0", "12.346e2"),
            (1234.5678, "0.0e00", "1.2e03"),
            (0.00012, "0.0e0", "1.2e-4"),
            (0.0, "0.0e0", "0.0e0"),
            (0.25, "#.##", ".25"),
            (0.0, "#", "0"),
            (1.5, "€0.00 net", "€1.50 net"),
            (1234567.0, "#,##,##,0", "12,34,56,7"),
            (0.123456, "0.00,00##", "0.12,3456"),
        ] {
            assert_eq!(format_number(number, picture, None).unwrap(), text, "{number} {picture}");
        }
    }

    #[test]
    fn symbols_can_be_others() {
        let options = [("decimal-separator", ","), ("grouping-separator", "."), ("zero-digit", "\u{0660}")];
        let options: Object = options.into_iter().map(|(key, symbol)| (key, Value::from(symbol))).collect();
        let text = format_number(1234.5, "#.##\u{0660},\u{0660}\u{0660}", Some(&options)).unwrap();
        assert_eq!(text, "١.٢٣٤,٥٠");
    }

    #[test]
    fn what_a_picture_must_not_have_is_refused() {
        for (picture, code) in [
            ("0;0;0", "D3080"),
            ("0.0.0", "D3081"),
            ("0%%", "D3082"),
            ("0\u{2030}\u{2030}", "D3083"),
            ("0%\u{2030}", "D3084"),
            (".", "D3085"),
            ("0+0", "D3086"),
            ("0,.0", "D3087"),
            ("0,", "D3088"),
            ("0,,0", "D3089"),
            ("0#", "D3090"),
            ("0.#0", "D3091"),
            ("0e0%", "D3092"),
            ("0e#", "D3093"),
        ] {
            assert_eq!(format_number(1.0, picture, None).unwrap_err().code(), code, "{picture}");
        }
    }
}
