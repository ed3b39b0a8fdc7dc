//! JSON as `application/x-www-form-urlencoded`, with the spellings that servers have for lists.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::request::{Members, encode as percent};

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArrayFormat {
    /// `a[0]=1&a[1]=2`.
    Indices,
    /// `a=1&a=2`.
    Repeat,
    /// `a=1,2`.
    Commas,
    /// `a[]=1&a[]=2`.
    Brackets,
}

/// The members of an object, in their order.
pub(super) struct Object(pub(super) Members);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Members::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// The members as a form. A value that is null is an empty text; members of objects are named `a[b]`.
pub(super) fn encode(members: &Members, arrays: ArrayFormat) -> String {
    let mut pairs = Vec::new();
    for (name, value) in members {
        let value = serde_json::from_str(value.get()).unwrap_or_default();
        flatten(percent(name), &value, arrays, &mut pairs);
    }
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn flatten(name: String, value: &Value, arrays: ArrayFormat, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                flatten(format!("{name}[{}]", percent(member)), value, arrays, pairs);
            }
        }
        Value::Array(values) if arrays == ArrayFormat::Commas && values.iter().all(is_plain) => {
            let values: Vec<String> = values.iter().map(plain).collect();
            pairs.push((name, values.join(",")));
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                let name = match arrays {
                    ArrayFormat::Repeat => name.clone(),
                    ArrayFormat::Brackets => format!("{name}[]"),
                    // Lists of lists and objects have no other spelling.
                    ArrayFormat::Indices | ArrayFormat::Commas => format!("{name}[{index}]"),
                };
                flatten(name, value, arrays, pairs);
            }
        }
        plain_value => pairs.push((name, plain(plain_value))),
    }
}

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => percent(text),
        other => percent(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, arrays: ArrayFormat) -> String {
        encode(&serde_json::from_str::<Object>(text).unwrap().0, arrays)
    }

    #[test]
    fn lists_have_four_spellings() {
        let text = r#"{"z":[1,"b c"],"a":true}"#;
        for (arrays, expected) in [
            (ArrayFormat::Indices, "z[0]=1&z[1]=b%20c&a=true"),
            (ArrayFormat::Repeat, "z=1&z=b%20c&a=true"),
            (ArrayFormat::Commas, "z=1,b%20c&a=true"),
            (ArrayFormat::Brackets, "z[]=1&z[]=b%20c&a=true"),
        ] {
            assert_eq!(encoded(text, arrays), expected);
        }
    }

    #[test]
    fn what_lies_deeper_is_named_by_its_way() {
        let text = r#"{"a":{"b":[{"c":1.5}],"d":null},"e&":"="}"#;
        assert_eq!(encoded(text, ArrayFormat::Indices), "a[b][0][c]=1.5&a[d]=&e%26=%3D");
        assert_eq!(encoded("{}", ArrayFormat::Repeat), "");
        assert!(serde_json::from_str::<Object>("[]").is_err());
    }
}
