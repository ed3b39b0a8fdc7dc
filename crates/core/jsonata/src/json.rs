//! Values from JSON and to JSON.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::number::{Number, to_fifteen_digits};
use crate::value::{Array, Object, VALUE_DEPTH_MAX, Value};

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<Value, E> {
        Ok(is_true.into())
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_f64<E>(self, double: f64) -> Result<Value, E> {
        Ok(Value::Number(Number::decimal(double)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        within_depth(Array::from(values).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some((key, value)) = access.next_entry::<String, Value>()? {
            object.insert(key, value);
        }
        within_depth(object.into())
    }
}

fn within_depth<E: serde::de::Error>(value: Value) -> Result<Value, E> {
    if value.depth() > VALUE_DEPTH_MAX { Err(E::custom("the value is nested too deep")) } else { Ok(value) }
}

/// Functions, which no outcome contains, are written as an empty text, and what no JSON number can be as `null`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(is_true) => serializer.serialize_bool(*is_true),
            Value::Number(number) => match (number.large(), number.as_i64()) {
                (Some(integer), _) => match u64::try_from(integer) {
                    Ok(integer) => serializer.serialize_u64(integer),
                    Err(_) => serializer.serialize_i64(integer as i64),
                },
                (None, Some(integer)) if !number.has_point() => serializer.serialize_i64(integer),
                (None, _) => serializer.serialize_f64(number.as_f64()),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(array) => {
                let mut sequence = serializer.serialize_seq(Some(array.len()))?;
                for value in array.iter() {
                    sequence.serialize_element(value)?;
                }
                sequence.end()
            }
            Value::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (key, value) in object.iter() {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Value::Function(_) => serializer.serialize_str(""),
        }
    }
}

/// Compact JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        Writer { digits: Digits::All, indent: None }.write(self, 0, &mut text);
        f.write_str(&text)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(is_true) => Value::Boolean(*is_true),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(integer), _) => integer.into(),
                (None, Some(integer)) => integer.into(),
                (None, None) => Value::Number(Number::decimal(number.as_f64().unwrap_or(f64::NAN))),
            },
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Array(values) => Value::Array(values.iter().map(Value::from).collect()),
            serde_json::Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (key.as_str(), Value::from(value)));
                Value::Object(fields.collect())
            }
        }
    }
}

impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> serde_json::Value {
        serde_json::to_value(value).expect("a value has string keys only, and nothing else can fail")
    }
}

/// How the digits of fractions are written.
#[derive(Clone, Copy)]
enum Digits {
    All,
    /// As `$string` does.
    Fifteen,
}

struct Writer {
    digits: Digits,
    indent: Option<usize>,
}

/// The text that `$string` makes of anything but a text: JSON with at most fifteen digits in fractions.
pub(crate) fn stringify(value: &Value, is_pretty: bool) -> String {
    let mut text = String::new();
    let indent = is_pretty.then_some(2);
    Writer { digits: Digits::Fifteen, indent }.write(value, 0, &mut text);
    text
}

impl Writer {
    fn write(&self, value: &Value, level: usize, text: &mut String) {
        match value {
            Value::Null => text.push_str("null"),
            Value::Boolean(is_true) => text.push_str(if *is_true { "true" } else { "false" }),
            Value::Number(number) => match self.digits {
                Digits::All => text.push_str(&number.to_string()),
                Digits::Fifteen => text.push_str(&crate::number::to_text(to_fifteen_digits(number.as_f64()))),
            },
            Value::String(string) => write_string(string, text),
            Value::Array(array) => {
                self.write_list('[', ']', array.iter(), level, text, |element, text| {
                    self.write(element, level + 1, text);
                });
            }
            Value::Object(object) => {
                self.write_list('{', '}', object.iter(), level, text, |(key, value), text| {
                    write_string(key, text);
                    text.push_str(if self.indent.is_some() { ": " } else { ":" });
                    self.write(value, level + 1, text);
                });
            }
            Value::Function(_) => text.push_str("\"\""),
        }
    }

    fn write_list<T>(
        &self,
        open: char,
        close: char,
        parts: impl ExactSizeIterator<Item = T>,
        level: usize,
        text: &mut String,
        mut write: impl FnMut(T, &mut String),
    ) {
        let is_empty = parts.len() == 0;
        text.push(open);
        for (at, part) in parts.enumerate() {
            if at > 0 {
                text.push(',');
            }
            self.new_line(level + 1, text);
            write(part, text);
        }
        if !is_empty {
            self.new_line(level, text);
        }
        text.push(close);
    }

    fn new_line(&self, level: usize, text: &mut String) {
        if let Some(width) = self.indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', level * width));
        }
    }
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            control if control < ' ' => text.push_str(&format!("\\u{:04x}", control as u32)),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            r#"{"z":1,"a":[true,null,-2.5,"x\n\u0001\"\\"],"m":{}}"#,
            "[18446744073709551615,-9223372036854775808,9007199254740993]",
            r#""é""#,
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(value.to_string(), text);
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
        }
    }

    #[test]
    fn values_go_to_and_from_those_of_serde_json() {
        let json = serde_json::json!({"a": [1, 2.5, "x", null, true], "b": u64::MAX});
        assert_eq!(serde_json::Value::from(&Value::from(&json)), json);
    }

    #[test]
    fn pretty_text_is_indented_by_two() {
        let value: Value = serde_json::from_str(r#"{"a":[1,{}],"b":[]}"#).unwrap();
        assert_eq!(stringify(&value, true), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    }
}
