//! Integers as pictures describe them: digits with separators, letters, Roman numerals, words.

use super::words::{from_letters, from_roman, from_words, to_letters, to_roman, to_words};
use crate::error::Error;
use crate::number::to_text;

/// Roman numerals know no larger number than thousands, one by one.
const ROMAN_MAX: f64 = 1e6;

/// The zeros of the scripts that have decimal digits.
const ZEROS: [u32; 37] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// A picture of an integer.
#[derive(Debug)]
pub(super) struct IntegerPicture {
    pub(super) numerals: Numerals,
    pub(super) is_ordinal: bool,
}

#[derive(Debug)]
pub(super) enum Numerals {
    Decimal(Decimal),
    Letters {
        is_upper: bool,
    },
    Roman {
        is_upper: bool,
    },
    Words(Case),
    /// A numbering that nobody knows.
    Unknown(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Case {
    Upper,
    Lower,
    Title,
}

#[derive(Debug)]
pub(super) struct Decimal {
    zero: u32,
    /// How many digits there are at least.
    pub(super) mandatory: usize,
    pub(super) optional: usize,
    pub(super) grouping: Grouping,
    /// How many digits are read, if another number follows at once.
    pub(super) parsed_width: Option<usize>,
}

#[derive(Debug)]
pub(super) enum Grouping {
    /// A separator after every so many digits.
    Regular(usize, char),
    /// Separators at places counted from the right.
    Single(Vec<(usize, char)>),
}

pub(crate) fn format_integer(number: f64, picture: &str) -> Result<String, Error> {
    IntegerPicture::parse(picture)?.format(number.floor())
}

pub(crate) fn parse_integer(text: &str, picture: &str) -> Result<f64, Error> {
    IntegerPicture::parse(picture)?.read(text)
}

impl IntegerPicture {
    pub(super) fn parse(picture: &str) -> Result<IntegerPicture, Error> {
        let (primary, modifier) = picture.rsplit_once(';').unwrap_or((picture, ""));
        let numerals = match primary {
            "A" => Numerals::Letters { is_upper: true },
            "a" => Numerals::Letters { is_upper: false },
            "I" => Numerals::Roman { is_upper: true },
            "i" => Numerals::Roman { is_upper: false },
            "W" => Numerals::Words(Case::Upper),
            "w" => Numerals::Words(Case::Lower),
            "Ww" => Numerals::Words(Case::Title),
            _ => match Decimal::parse(primary)? {
                Some(decimal) => Numerals::Decimal(decimal),
                None => Numerals::Unknown(primary.to_owned()),
            },
        };
        Ok(IntegerPicture { numerals, is_ordinal: modifier.starts_with('o') })
    }

    /// The digits, if the number is written in digits.
    pub(super) fn decimal(&self) -> Option<&Decimal> {
        if let Numerals::Decimal(decimal) = &self.numerals { Some(decimal) } else { None }
    }

    pub(super) fn decimal_mut(&mut self) -> Option<&mut Decimal> {
        if let Numerals::Decimal(decimal) = &mut self.numerals { Some(decimal) } else { None }
    }

    /// Writes a whole number.
    pub(super) fn format(&self, number: f64) -> Result<String, Error> {
        let size = number.abs();
        if !number.is_finite() || matches!(self.numerals, Numerals::Roman { .. }) && size > ROMAN_MAX {
            return Err(Error::new("D1001").with(number));
        }
        let text = match &self.numerals {
            Numerals::Letters { is_upper } => to_letters(size, if *is_upper { 'A' } else { 'a' }),
            Numerals::Roman { is_upper: true } => to_roman(size as u64).to_uppercase(),
            Numerals::Roman { is_upper: false } => to_roman(size as u64),
            Numerals::Words(Case::Title) => to_words(size, self.is_ordinal),
            Numerals::Words(Case::Upper) => to_words(size, self.is_ordinal).to_uppercase(),
            Numerals::Words(Case::Lower) => to_words(size, self.is_ordinal).to_lowercase(),
            Numerals::Decimal(decimal) => {
                let mut text = decimal.format(size);
                if self.is_ordinal {
                    text.push_str(ordinal_suffix(&text));
                }
                text
            }
            Numerals::Unknown(picture) => return Err(Error::new("D3130").with(picture.as_str())),
        };
        Ok(if number < 0.0 { format!("-{text}") } else { text })
    }

    /// Reads a number; NaN if it is none.
    pub(super) fn read(&self, text: &str) -> Result<f64, Error> {
        Ok(match &self.numerals {
            Numerals::Letters { is_upper } => from_letters(text, if *is_upper { 'A' } else { 'a' }),
            Numerals::Roman { is_upper: true } => from_roman(text),
            Numerals::Roman { is_upper: false } => from_roman(&text.to_uppercase()),
            Numerals::Words(_) => from_words(&text.to_lowercase()),
            Numerals::Decimal(decimal) => {
                let suffix =
                    if self.is_ordinal { text.char_indices().rev().nth(1).map_or(0, |(at, _)| at) } else { text.len() };
                decimal.read(&text[..suffix])
            }
            Numerals::Unknown(picture) => return Err(Error::new("D3130").with(picture.as_str())),
        })
    }
}

impl Decimal {
    /// Reads a pattern of digits; nothing if there is no digit in it.
    fn parse(pattern: &str) -> Result<Option<Decimal>, Error> {
        let (mut zero, mut mandatory, mut optional) = (None, 0, 0);
        let mut separators: Vec<(usize, char)> = Vec::new();
        for character in pattern.chars().rev() {
            let code = character as u32;
            if let Some(known) = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)) {
                if *zero.get_or_insert(*known) != *known {
                    return Err(Error::new("D3131"));
                }
                mandatory += 1;
            } else if character == '#' {
                optional += 1;
            } else {
                separators.push((mandatory + optional, character));
            }
        }
        let Some(zero) = zero else { return Ok(None) };
        let places: Vec<usize> = separators.iter().map(|(place, _)| *place).collect();
        let grouping = match separators.first() {
            Some((_, first)) if separators.iter().all(|(_, character)| character == first) => {
                regular_interval(&places).map(|interval| Grouping::Regular(interval, *first))
            }
            _ => None,
        };
        let grouping = grouping.unwrap_or(Grouping::Single(separators));
        Ok(Some(Decimal { zero, mandatory, optional, grouping, parsed_width: None }))
    }

    fn format(&self, size: f64) -> String {
        let digits = to_text(size);
        let digits = format!("{}{digits}", "0".repeat(self.mandatory.saturating_sub(digits.len())));
        let digit = |character: char| match character.to_digit(10) {
            Some(digit) => char::from_u32(self.zero + digit).unwrap_or(character),
            None => character,
        };
        let count = digits.chars().count();
        let mut text = String::new();
        for (at, character) in digits.chars().enumerate() {
            if at > 0 {
                self.separators_before(count - at, &mut text);
            }
            text.push(digit(character));
        }
        text
    }

    /// Writes the separators that stand before so many last digits.
    fn separators_before(&self, rest: usize, text: &mut String) {
        match &self.grouping {
            Grouping::Regular(interval, separator) if rest.is_multiple_of(*interval) => text.push(*separator),
            Grouping::Regular(..) => {}
            Grouping::Single(separators) => {
                text.extend(
                    separators.iter().rev().filter(|(place, _)| *place == rest).map(|(_, separator)| separator),
                );
            }
        }
    }

    fn read(&self, text: &str) -> f64 {
        let is_separator = |character: char| match &self.grouping {
            Grouping::Regular(_, separator) => character == *separator,
            Grouping::Single(separators) => separators.iter().any(|(_, separator)| character == *separator),
        };
        let ascii = |character: char| match (character as u32).checked_sub(self.zero) {
            Some(digit @ 0..=9) => char::from_digit(digit, 10).unwrap_or(character),
            _ => character,
        };
        let digits: String = text.chars().filter(|character| !is_separator(*character)).map(ascii).collect();
        leading_integer(&digits)
    }
}

/// The distance at which separators repeat, if all their places are there and no others.
pub(super) fn regular_interval(places: &[usize]) -> Option<usize> {
    let divisor = |a: usize, b: usize| {
        let (mut a, mut b) = (a, b);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let interval = places.iter().copied().reduce(divisor).filter(|interval| *interval > 0)?;
    (1..=places.len()).all(|count| places.contains(&(count * interval))).then_some(interval)
}

/// The integer at the beginning of a text, as JavaScript's `parseInt` reads it; NaN if there is none.
pub(super) fn leading_integer(text: &str) -> f64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse::<f64>().map_or(f64::NAN, |number| sign * number)
}

fn ordinal_suffix(digits: &str) -> &'static str {
    let mut last = digits.chars().rev();
    match (last.next(), last.next()) {
        (_, Some('1')) => "th",
        (Some('1'), _) => "st",
        (Some('2'), _) => "nd",
        (Some('3'), _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_as_the_picture_says() {
        for (number, picture, text) in [
            (1234567.0, "#,##0", "1,234,567"),
            (1234567.0, "##,##,##0", "12,34,567"),
            (12.0, "#:###,##0", "12"),
            (1234567.0, "#:###,##0", "1:234,567"),
            (7.0, "000", "007"),
            (-42.0, "1", "-42"),
            (21.0, "1;o", "21st"),
            (112.0, "#,##0;o", "112th"),
            (123.0, "٠", "١٢٣"),
        ] {
            assert_eq!(format_integer(number, picture).unwrap(), text, "{picture}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for (number, picture) in
            [(1234567.0, "#,##0"), (99.0, "w"), (99.0, "W;o"), (99.0, "I"), (99.0, "a"), (3.0, "1;o"), (123.0, "٠")]
        {
            let text = format_integer(number, picture).unwrap();
            assert_eq!(parse_integer(&text, picture).unwrap(), number, "{text}");
        }
        assert_eq!(format_integer(1.0, "x").unwrap_err().code(), "D3130");
        assert_eq!(format_integer(1.0, "1٠").unwrap_err().code(), "D3131");
    }
}
