//! Numbers in English words, Roman numerals and letters.

const UNITS: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];
const ORDINALS: [&str; 20] = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
];
const TENS: [&str; 8] = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"];
const MAGNITUDES: [&str; 4] = ["Thousand", "Million", "Billion", "Trillion"];

const ROMAN: [(u64, &str); 13] = [
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
];

/// Writes a number that is whole and not negative, its words capitalised.
pub(super) fn to_words(number: f64, is_ordinal: bool) -> String {
    let mut words = String::new();
    write_words(number, false, is_ordinal, &mut words);
    words
}

fn write_words(number: f64, is_continued: bool, is_ordinal: bool, words: &mut String) {
    if number < 100.0 {
        let small = number as usize;
        words.push_str(if is_continued { " and " } else { "" });
        if small < 20 {
            words.push_str(if is_ordinal { ORDINALS[small] } else { UNITS[small] });
            return;
        }
        let tens = TENS[small / 10 - 2];
        match (small % 10, is_ordinal) {
            (0, true) => words.push_str(&format!("{}ieth", &tens[..tens.len() - 1])),
            (0, false) => words.push_str(tens),
            (rest, _) => {
                words.push_str(&format!("{tens}-"));
                write_words(rest as f64, false, is_ordinal, words);
            }
        }
        return;
    }
    words.push_str(if is_continued { ", " } else { "" });
    let rest = if number < 1000.0 {
        words.push_str(UNITS[(number / 100.0) as usize]);
        words.push_str(" Hundred");
        number % 100.0
    } else {
        let magnitude = ((number.log10() / 3.0).floor() as usize).clamp(1, MAGNITUDES.len());
        let factor = 10f64.powi(3 * magnitude as i32);
        let count = (number / factor).floor();
        write_words(count, false, false, words);
        words.push(' ');
        words.push_str(MAGNITUDES[magnitude - 1]);
        (number - count * factor).max(0.0)
    };
    if rest > 0.0 {
        write_words(rest, true, is_ordinal, words);
    } else if is_ordinal {
        words.push_str("th");
    }
}

/// All words that numbers are written with, in lower case, and their values.
pub(super) fn word_values() -> impl Iterator<Item = (String, f64)> {
    let units = UNITS
        .iter()
        .zip(0..)
        .chain(ORDINALS.iter().zip(0..))
        .map(|(word, value)| (word.to_lowercase(), f64::from(value)));
    let tens = TENS.iter().zip(2..).flat_map(|(word, tens)| {
        let (word, value) = (word.to_lowercase(), f64::from(tens * 10));
        [(format!("{}ieth", &word[..word.len() - 1]), value), (word, value)]
    });
    let large = std::iter::once(("Hundred", 100.0))
        .chain(MAGNITUDES.iter().zip(1..).map(|(word, power)| (*word, 1000f64.powi(power))))
        .flat_map(|(word, value)| [(word.to_lowercase(), value), (format!("{}th", word.to_lowercase()), value)]);
    units.chain(tens).chain(large)
}

/// Reads a number in words, in lower case; NaN if there are others among them.
pub(super) fn from_words(text: &str) -> f64 {
    let text = text.replace(", ", " ").replace(" and ", " ");
    let mut segments = vec![0.0];
    for word in text.split([' ', '-', '\t', '\n', '\\']) {
        let value = word_values().find(|(known, _)| known == word).map_or(f64::NAN, |(_, value)| value);
        let last = segments.pop().unwrap_or(0.0);
        if value < 100.0 && last >= 1000.0 {
            segments.extend([last, value]);
        } else if value < 100.0 {
            segments.push(last + value);
        } else {
            segments.push(last * value);
        }
    }
    segments.iter().sum()
}

pub(super) fn to_roman(mut number: u64) -> String {
    let mut numerals = String::new();
    for (value, numeral) in ROMAN {
        while number >= value {
            numerals.push_str(numeral);
            number -= value;
        }
    }
    numerals
}

/// Reads Roman numerals in upper case; NaN if there are others among them.
pub(super) fn from_roman(text: &str) -> f64 {
    let (mut number, mut highest) = (0.0, 1.0);
    for numeral in text.chars().rev() {
        let value = match numeral {
            'M' => 1000.0,
            'D' => 500.0,
            'C' => 100.0,
            'L' => 50.0,
            'X' => 10.0,
            'V' => 5.0,
            'I' => 1.0,
            _ => f64::NAN,
        };
        if value < highest {
            number -= value;
        } else {
            highest = value;
            number += value;
        }
    }
    number
}

/// Writes a number as the columns of a spreadsheet are: a to z, then aa.
pub(super) fn to_letters(mut number: f64, first: char) -> String {
    let mut letters = Vec::new();
    while number > 0.0 {
        letters.push(char::from(first as u8 + ((number - 1.0) % 26.0) as u8));
        number = ((number - 1.0) / 26.0).floor();
    }
    letters.iter().rev().collect()
}

pub(super) fn from_letters(text: &str, first: char) -> f64 {
    let value = |letter: char| f64::from(letter as u32) - f64::from(first as u32) + 1.0;
    text.chars().fold(0.0, |number, letter| number * 26.0 + value(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for number in [0.0, 7.0, 19.0, 20.0, 21.0, 100.0, 105.0, 999.0, 1000.0, 1066.0, 12345.0, 3_000_001.0, 1e15] {
            for is_ordinal in [false, true] {
                let words = to_words(number, is_ordinal);
                assert_eq!(from_words(&words.to_lowercase()), number, "{words}");
            }
        }
        assert_eq!(to_words(12345.0, false), "Twelve Thousand, Three Hundred and Forty-Five");
        assert_eq!(to_words(1020.0, true), "One Thousand and Twentieth");
    }

    #[test]
    fn numerals_and_letters_are_read_as_they_are_written() {
        for number in 1..=3999u64 {
            assert_eq!(from_roman(&to_roman(number).to_uppercase()), number as f64);
            assert_eq!(from_letters(&to_letters(number as f64, 'a'), 'a'), number as f64);
        }
        assert_eq!(to_roman(1984), "mcmlxxxiv");
        assert_eq!(to_letters(703.0, 'A'), "AAA");
    }
}
