//! Field types of operation inputs: what AWS coerces, what it refuses, and with which words.
//!
//! A field that borrows from the request is marked `#[serde(borrow)]`. Every field is an `Option` or carries
//! `#[serde(default)]`, so that the operation itself names the parameter that is missing; a JSON `null` counts as
//! missing.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use base64::alphabet;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::Engine;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

const STRUCTURE_UNEXPECTED: &str = "Start of structure or map found where not expected.";
const LIST_UNEXPECTED: &str = "Start of list found where not expected";
const LIST_IN_MAP: &str = "Unrecognized collection type class java.lang.String";

/// A string; numbers and booleans are taken by their text, as AWS does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<'a>(pub Cow<'a, str>);

/// A whole number. In JSON a string is refused; in Query the text is parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Integer(pub i64);

/// Bytes; base64 on the wire, with or without padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

/// A map from strings to strings, such as `Attributes` and `Tags`. A JSON `null` counts as not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TextMap<'a>(pub BTreeMap<Text<'a>, Text<'a>>);

/// For `#[serde(default, deserialize_with = "null_as_default")]`: a JSON `null` is a missing member.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl TextMap<'_> {
    /// The entries on their own.
    pub fn into_strings(self) -> BTreeMap<String, String> {
        self.0.into_iter().map(|(key, value)| (key.into_string(), value.into_string())).collect()
    }
}

impl Text<'_> {
    /// The text on its own, copied only if it was borrowed.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(Cow::Borrowed(text))
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TextSeed { list_refusal: LIST_UNEXPECTED }.deserialize(deserializer)
    }
}

struct TextSeed {
    list_refusal: &'static str,
}

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Text<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text)))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Text<'de>, E> {
        self.visit_string(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Text<'de>, E> {
        self.visit_string(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Text<'de>, E> {
        // `{:?}` keeps the point of a whole number: 1.0 stays "1.0".
        self.visit_string(format!("{value:?}"))
    }

    fn visit_unit<E: Error>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Text<'de>, A::Error> {
        Err(A::Error::custom(STRUCTURE_UNEXPECTED))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Text<'de>, A::Error> {
        Err(A::Error::custom(self.list_refusal))
    }
}

/// A map's value: absent when it is null.
struct EntrySeed;

impl<'de> DeserializeSeed<'de> for EntrySeed {
    type Value = Option<Text<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for EntrySeed {
    type Value = Option<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Text<'de>>, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<Text<'de>>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
        TextSeed { list_refusal: LIST_IN_MAP }.deserialize(deserializer).map(Some)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for TextMap<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextMapVisitor;

        impl<'de> Visitor<'de> for TextMapVisitor {
            type Value = TextMap<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_unit<E: Error>(self) -> Result<TextMap<'de>, E> {
                Ok(TextMap::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<TextMap<'de>, A::Error> {
                let mut map = BTreeMap::new();
                while let Some(key) = entries.next_key()? {
                    if let Some(text) = entries.next_value_seed(EntrySeed)? {
                        map.insert(key, text);
                    }
                }
                Ok(TextMap(map))
            }
        }

        deserializer.deserialize_map(TextMapVisitor)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerVisitor;

        impl<'de> Visitor<'de> for IntegerVisitor {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Integer, D::Error> {
                deserializer.deserialize_any(self)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Integer, E> {
                Ok(Integer(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Integer, E> {
                i64::try_from(value).map(Integer).map_err(|_| not_an_integer("NUMBER_VALUE"))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Integer, E> {
                Err(not_an_integer("NUMBER_VALUE"))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Integer, E> {
                Err(not_an_integer(if value { "TRUE_VALUE" } else { "FALSE_VALUE" }))
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Integer, E> {
                Err(not_an_integer("STRING_VALUE"))
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Integer, A::Error> {
                Err(A::Error::custom(STRUCTURE_UNEXPECTED))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Integer, A::Error> {
                Err(A::Error::custom(LIST_UNEXPECTED))
            }
        }

        deserializer.deserialize_newtype_struct(INTEGER, IntegerVisitor)
    }
}

/// The name by which the Query protocol, where all is text, knows that an integer is wanted.
pub(crate) const INTEGER: &str = "Integer";

/// The name by which a blob is told from other text.
pub(crate) const BLOB: &str = "Blob";

/// The refusal of a token that is no integer, in the words of AWS's JSON reader.
pub(super) fn not_an_integer<E: Error>(token: &str) -> E {
    E::custom(format_args!("{token} can not be converted to an Integer"))
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlobVisitor;

        impl<'de> Visitor<'de> for BlobVisitor {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a blob")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Blob, D::Error> {
                let text = Text::deserialize(deserializer)?;
                LENIENT.decode(text.as_bytes()).map(Blob).map_err(|_| D::Error::custom("A blob is not valid base64"))
            }
        }

        deserializer.deserialize_newtype_struct(BLOB, BlobVisitor)
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_base64(&self.0, serializer)
    }
}

/// Writes bytes as base64 text.
pub(crate) fn serialize_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}
