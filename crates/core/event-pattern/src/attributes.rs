//! A notification's message attributes, as policies see them.

use crate::fields::{Collector, Fields, Value};
use crate::json::{Reader, Token};

/// A message attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// What its value is.
    pub kind: Kind,
    /// Its text. Not looked at for [`Kind::Binary`].
    pub value: &'a str,
}

/// What a message attribute holds, by its data type without its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// A JSON array of strings, numbers, booleans and nulls, as text.
    StringArray,
    /// A number, as text.
    Number,
    /// Bytes, of which policies see only that they are there.
    Binary,
}

/// The attributes of one notification, read once and matched against many policies.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    pub(crate) fields: Fields<'a>,
    /// Whether there is none.
    pub(crate) is_empty: bool,
    /// Whether one is not what its type says.
    pub(crate) is_invalid: bool,
}

impl Kind {
    /// Of a data type such as `String`, `Number.price` or `String.Array`; `None` if it is none of SNS's.
    ///
    /// A label tells the receiver what the value means and does not change how it is matched.
    pub fn of(data_type: &str) -> Option<Kind> {
        if data_type == "String.Array" {
            return Some(Kind::StringArray);
        }
        match data_type.split_once('.').map_or(data_type, |(base, _)| base) {
            "String" => Some(Kind::String),
            "Number" => Some(Kind::Number),
            "Binary" => Some(Kind::Binary),
            _ => None,
        }
    }
}

impl<'a> Attributes<'a> {
    /// Reads them all. A value that is not what its type says is kept as one that nothing matches.
    pub fn read(attributes: &[Attribute<'a>]) -> Attributes<'a> {
        let mut collector = Collector::with_room(attributes.len());
        let mut is_invalid = false;
        for Attribute { name, kind, value } in attributes {
            let path = collector.keep_path(name);
            let value = match kind {
                Kind::String => Some(Value::String((*value).into())),
                Kind::Number => number(value).map(Value::Number),
                Kind::Binary => Some(Value::Binary),
                Kind::StringArray => match elements(value) {
                    Some(values) => {
                        values.into_iter().for_each(|value| collector.add(path, value));
                        continue;
                    }
                    None => None,
                },
            };
            is_invalid |= value.is_none();
            collector.add(path, value.unwrap_or(Value::Unmatchable));
        }
        Attributes { fields: collector.finish(), is_empty: attributes.is_empty(), is_invalid }
    }
}

/// Of a `String.Array`.
fn elements(text: &str) -> Option<Vec<Value<'_>>> {
    let mut reader = Reader::new(text);
    let Token::Array = reader.value().ok()? else { return None };
    let (mut first, mut values) = (true, Vec::new());
    while let Some(element) = reader.element(&mut first).ok()? {
        values.push(Value::of(element)?);
    }
    reader.end().ok()?;
    Some(values)
}

/// More spellings than JSON's (`+5`, `05`, `.5`), but not Rust's `inf` and `nan`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if is_decimal { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_does_not_change_the_kind() {
        let rows = [
            ("String", Some(Kind::String)),
            ("String.json", Some(Kind::String)),
            ("String.Array", Some(Kind::StringArray)),
            ("String.Array.x", Some(Kind::String)),
            ("Number.int.32", Some(Kind::Number)),
            ("Binary.png", Some(Kind::Binary)),
            ("string", None),
            ("Strings", None),
            ("", None),
        ];
        for (data_type, expected) in rows {
            assert_eq!(Kind::of(data_type), expected, "{data_type}");
        }
    }

    #[test]
    fn numbers_are_decimal() {
        for (text, expected) in [("5", 5.0), ("3.015e2", 301.5), ("+05.", 5.0), (" .5 ", 0.5), ("-1E-1", -0.1)] {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        for text in ["", "inf", "NaN", "0x1", "1_000", "1,5", "e", "five"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
