//! Message attributes: from the wire through every check, and back. `stored` is the form in between.

use std::collections::BTreeMap;

use bongsu_broker::Facet;
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};

use crate::attributes_digest::{Digest, DigestValue};
use crate::characters;
use crate::codec::fields::serialize_base64;
use crate::codec::{Blob, Text};
use crate::error::{ApiError, ErrorKind};

mod published;
mod stored;

pub use published::PUBLISHED_ATTRIBUTES_MAX;
pub use stored::Malformed;

/// Attributes of one message.
pub const ATTRIBUTES_MAX: usize = 10;

/// Bytes of an attribute's name, and of its data type.
pub const NAME_BYTES_MAX: usize = 255;

/// Significant digits of a `Number`.
const NUMBER_DIGITS_MAX: usize = 38;

/// Decimal exponents of a `Number`: 1e-128 to 1e126.
const NUMBER_EXPONENTS: std::ops::RangeInclusive<i64> = -128..=126;

/// The one system attribute that a sender may set.
pub const TRACE_HEADER: &str = "AWSTraceHeader";

/// Bytes of a trace header. It does not count towards its message's size, so nothing else would bound it.
pub const TRACE_HEADER_BYTES_MAX: usize = 1024;

/// A message attribute's value as clients send it, not checked yet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MessageAttributeValue<'a> {
    /// `String`, `Number` or `Binary`, with or without `.label`.
    #[serde(borrow)]
    pub data_type: Option<Text<'a>>,
    /// The value of a `String` or `Number`.
    #[serde(borrow)]
    pub string_value: Option<Text<'a>>,
    /// The value of a `Binary`.
    pub binary_value: Option<Blob>,
    /// Reserved by AWS; refused.
    #[serde(borrow)]
    pub string_list_values: Option<Vec<Text<'a>>>,
    /// Reserved by AWS; refused.
    pub binary_list_values: Option<Vec<Blob>>,
}

impl MessageAttributeValue<'_> {
    /// What the attribute adds to its message's size besides its name.
    pub fn size_bytes(&self) -> usize {
        let text = |text: &Option<Text<'_>>| text.as_ref().map_or(0, |text| text.len());
        text(&self.data_type) + text(&self.string_value) + self.binary_value.as_ref().map_or(0, |blob| blob.0.len())
    }
}

/// Checked message attributes, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageAttributes {
    sorted: Vec<MessageAttribute>,
}

/// One checked message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// Unique among the message's attributes; never empty.
    pub name: String,
    /// `String`, `Number` or `Binary`, with or without `.label`.
    pub data_type: String,
    /// Never empty.
    pub value: Value,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of the types `String` and `Number`: the text as sent.
    Text(String),
    /// Of the type `Binary`.
    Binary(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BaseType {
    String,
    Number,
    Binary,
}

impl BaseType {
    fn of(data_type: &str) -> Option<Self> {
        match data_type.split('.').next()? {
            "String" => Some(BaseType::String),
            "Number" => Some(BaseType::Number),
            "Binary" => Some(BaseType::Binary),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            BaseType::String => "String",
            BaseType::Number => "Number",
            BaseType::Binary => "Binary",
        }
    }
}

impl MessageAttributes {
    /// Checks a message's attributes.
    ///
    /// # Errors
    ///
    /// `InvalidParameterValue` with AWS's text for the first fault; `UnsupportedOperation` for list values.
    pub fn check(wire: BTreeMap<Text<'_>, MessageAttributeValue<'_>>) -> Result<Self, ApiError> {
        let count = wire.len();
        if count > ATTRIBUTES_MAX {
            return Err(ApiError::invalid_parameter(format!(
                "Number of message attributes [{count}] exceeds the allowed maximum [{ATTRIBUTES_MAX}]."
            )));
        }
        let sorted = wire
            .into_iter()
            .map(|(name, value)| {
                check_name(&name)?;
                check_value(name.into_string(), value)
            })
            .collect::<Result<_, _>>()?;
        Ok(MessageAttributes { sorted })
    }

    /// Checks a message's system attributes: [`TRACE_HEADER`] of type `String` and not too long, or none.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), and `InvalidParameterValue` for any other name.
    pub fn check_system(wire: BTreeMap<Text<'_>, MessageAttributeValue<'_>>) -> Result<Self, ApiError> {
        let mut sorted = Vec::with_capacity(wire.len());
        for (name, value) in wire {
            if &*name != TRACE_HEADER {
                let text = format!("Message system attribute name '{name}' is invalid.");
                return Err(ApiError::invalid_parameter(text));
            }
            let attribute = check_value(name.into_string(), value)?;
            if attribute.data_type != "String" {
                return Err(invalid_type(&attribute.name, "String"));
            }
            if attribute.value.as_bytes().len() > TRACE_HEADER_BYTES_MAX {
                return Err(ApiError::invalid_parameter(format!(
                    "Message system attribute '{TRACE_HEADER}' must be at most {TRACE_HEADER_BYTES_MAX} bytes long."
                )));
            }
            sorted.push(attribute);
        }
        Ok(MessageAttributes { sorted })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The attributes in the order of their names' bytes.
    pub fn iter(&self) -> std::slice::Iter<'_, MessageAttribute> {
        self.sorted.iter()
    }

    /// The attribute of this name.
    pub fn get(&self, name: &str) -> Option<&MessageAttribute> {
        let at = self.sorted.binary_search_by(|attribute| attribute.name.as_str().cmp(name)).ok()?;
        Some(&self.sorted[at])
    }

    /// The same with one more, in place of one of its name; without it where there are as many as there may be.
    #[must_use]
    pub fn with(mut self, added: MessageAttribute) -> Self {
        match self.sorted.binary_search_by(|attribute| attribute.name.cmp(&added.name)) {
            Ok(at) => self.sorted[at] = added,
            Err(at) if self.sorted.len() < PUBLISHED_ATTRIBUTES_MAX => self.sorted.insert(at, added),
            Err(_) => {}
        }
        self
    }

    /// Whether there is none, so that the answer leaves out both the attributes and their digest.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// What the attributes add to the message's size: names, data types and values.
    pub fn size_bytes(&self) -> usize {
        self.sorted.iter().map(|it| it.name.len() + it.data_type.len() + it.value.as_bytes().len()).sum()
    }

    /// The attributes as filters see them.
    pub fn facets(&self) -> Vec<Facet> {
        let facet = |attribute: &MessageAttribute| Facet {
            name: attribute.name.as_str().into(),
            data_type: attribute.data_type.as_str().into(),
            value: match &attribute.value {
                Value::Text(text) => text.as_str().into(),
                Value::Binary(_) => "".into(),
            },
        };
        self.sorted.iter().map(facet).collect()
    }

    /// The digest over these attributes.
    pub fn digest(&self) -> Digest {
        Digest::of_attributes(self.sorted.iter().map(|it| {
            let value = match &it.value {
                Value::Text(text) => DigestValue::Text(text),
                Value::Binary(bytes) => DigestValue::Binary(bytes),
            };
            (it.name.as_str(), it.data_type.as_str(), value)
        }))
    }

    /// Keeps what a receiver asked for: exact names, `All`, `.*`, `*`, or `prefix.*`.
    pub fn retain_requested<S: AsRef<str>>(&mut self, requested: &[S]) {
        self.sorted.retain(|attribute| requested.iter().any(|pattern| is_requested(pattern.as_ref(), &attribute.name)));
    }
}

fn is_requested(pattern: &str, name: &str) -> bool {
    match pattern {
        "All" | "*" => true,
        _ => pattern == name || pattern.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix)),
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::invalid_parameter("The request must contain non-empty message (user) attribute names."));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(ApiError::invalid_parameter("Message (user) attribute name must be shorter than 256 bytes."));
    }
    if has_prefix_in_any_case(name, "aws.") || has_prefix_in_any_case(name, "amazon.") {
        return Err(ApiError::invalid_parameter(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. \
             These strings are reserved for internal use.",
        ));
    }
    // AWS documents ASCII letters, but was seen to take others.
    let spelled = name.chars().all(|character| character.is_alphanumeric() || "_-.".contains(character));
    if !spelled || name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        return Err(ApiError::invalid_parameter(format!(
            "The message (user) attribute name '{name}' is invalid. It can contain letters, digits, underscores, \
             hyphens and single periods, and cannot begin or end with a period."
        )));
    }
    Ok(())
}

fn has_prefix_in_any_case(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn check_value(name: String, wire: MessageAttributeValue<'_>) -> Result<MessageAttribute, ApiError> {
    let is_list = wire.string_list_values.is_some_and(|list| !list.is_empty())
        || wire.binary_list_values.is_some_and(|list| !list.is_empty());
    if is_list {
        return Err(ApiError::new(
            ErrorKind::UnsupportedOperation,
            "Message attribute list values in SendMessage operation are not supported.",
        ));
    }
    let data_type = wire.data_type.unwrap_or_default().into_string();
    if data_type.len() > NAME_BYTES_MAX {
        return Err(ApiError::invalid_parameter("Message (user) attribute type must be shorter than 256 bytes."));
    }
    let Some(base_type) = BaseType::of(&data_type) else {
        return Err(invalid_type(&name, "Binary, Number, String"));
    };
    if wire.string_value.is_none() && wire.binary_value.is_none() {
        return Err(ApiError::invalid_parameter(format!(
            "The message (user) attribute '{name}' must contain a non-empty message attribute value."
        )));
    }
    let value = match base_type {
        BaseType::Binary => Value::Binary(wire.binary_value.unwrap_or_default().0),
        BaseType::String | BaseType::Number => Value::Text(wire.string_value.unwrap_or_default().into_string()),
    };
    if value.as_bytes().is_empty() {
        return Err(ApiError::invalid_parameter(format!(
            "Message (user) attribute '{name}' must contain a non-empty value of type '{}'.",
            base_type.name()
        )));
    }
    if let Value::Text(text) = &value {
        check_text(&name, text, base_type)?;
    }
    Ok(MessageAttribute { name, data_type, value })
}

fn invalid_type(name: &str, supported: &str) -> ApiError {
    ApiError::invalid_parameter(format!(
        "The type of message (user) attribute '{name}' is invalid. \
         You must use only the following supported type prefixes: {supported}."
    ))
}

fn check_text(name: &str, text: &str, base_type: BaseType) -> Result<(), ApiError> {
    if !characters::are_valid(text) {
        return Err(ApiError::invalid_parameter(INVALID_CHARACTERS));
    }
    if base_type == BaseType::Number && !is_number(text) {
        return Err(ApiError::invalid_parameter(format!(
            "Can't cast the value of message (user) attribute '{name}' to a number."
        )));
    }
    Ok(())
}

/// What AWS says about a character that a message cannot hold.
pub const INVALID_CHARACTERS: &str = "Invalid characters found. Valid unicode characters are \
     #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

/// Whether the text is a decimal number within AWS's precision and magnitude.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        None => (unsigned, 0),
        Some((mantissa, exponent)) => match exponent.parse::<i32>() {
            Ok(exponent) => (mantissa, i64::from(exponent)),
            Err(_) => return false,
        },
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let Some(leading_zeros) = digits().position(|digit| digit != b'0') else { return true };
    let trailing_zeros = fraction.bytes().rev().chain(whole.bytes().rev()).take_while(|digit| *digit == b'0').count();
    let significant = whole.len() + fraction.len() - leading_zeros - trailing_zeros;
    let magnitude = whole.len() as i64 - 1 - leading_zeros as i64 + exponent;
    significant <= NUMBER_DIGITS_MAX && NUMBER_EXPONENTS.contains(&magnitude)
}

impl Value {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Value::Text(text) => text.as_bytes(),
            Value::Binary(bytes) => bytes,
        }
    }
}

impl Serialize for MessageAttributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.sorted.len()))?;
        for attribute in &self.sorted {
            map.serialize_entry(&attribute.name, &Wire(attribute))?;
        }
        map.end()
    }
}

/// An attribute without its name, as receivers get it.
struct Wire<'a>(&'a MessageAttribute);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Base64<'a>(&'a [u8]);

        impl Serialize for Base64<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_base64(self.0, serializer)
            }
        }

        let mut wire = serializer.serialize_struct("MessageAttributeValue", 2)?;
        match &self.0.value {
            Value::Text(text) => wire.serialize_field("StringValue", text)?,
            Value::Binary(bytes) => wire.serialize_field("BinaryValue", &Base64(bytes))?,
        }
        wire.serialize_field("DataType", &self.0.data_type)?;
        wire.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn check(wire: &str) -> Result<MessageAttributes, ApiError> {
        MessageAttributes::check(json::decode(wire.as_bytes()).expect(wire))
    }

    fn refused(wire: &str) -> (&'static str, String) {
        let error = check(wire).expect_err(wire);
        (error.kind().code(), error.message().to_owned())
    }

    fn three() -> MessageAttributes {
        check(
            r#"{"city":{"DataType":"String","StringValue":"Zürich"},
                "amount":{"DataType":"Number.int","StringValue":"42"},
                "blob":{"DataType":"Binary.png","BinaryValue":"AAH/"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn attributes_are_sorted_sized_and_digested() {
        let attributes = three();
        assert_eq!(attributes.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["amount", "blob", "city"]);
        assert_eq!(attributes.size_bytes() + "Zürich".len(), 59);
        assert_eq!(attributes.digest().as_str(), "48dc1be2a4ad8137ff1a6fb996cd2479");
        assert_eq!(attributes.get("blob").unwrap().value, Value::Binary(vec![0, 1, 255]));
        assert!(attributes.get("Blob").is_none());
    }

    #[test]
    fn receivers_get_the_wire_form_back() {
        assert_eq!(
            String::from_utf8(json::encode(&three()).unwrap()).unwrap(),
            concat!(
                r#"{"amount":{"StringValue":"42","DataType":"Number.int"},"#,
                r#""blob":{"BinaryValue":"AAH/","DataType":"Binary.png"},"#,
                r#""city":{"StringValue":"Zürich","DataType":"String"}}"#
            )
        );
    }

    #[test]
    fn every_fault_is_told_in_awss_words() {
        let invalid = "InvalidParameterValue";
        let attribute = |name: &str, rest: &str| format!(r#"{{"{name}":{{{rest}}}}}"#);
        let string = r#""DataType":"String","StringValue":"v""#;
        let long = "x".repeat(256);
        for (wire, text) in [
            (
                attribute("X", r#""DataType":"String","StringValue":"""#),
                "Message (user) attribute 'X' must contain a non-empty value of type 'String'.",
            ),
            (
                attribute("X", r#""DataType":"Binary.a","BinaryValue":"""#),
                "Message (user) attribute 'X' must contain a non-empty value of type 'Binary'.",
            ),
            (
                attribute("X", r#""DataType":"Binary","StringValue":"v""#),
                "Message (user) attribute 'X' must contain a non-empty value of type 'Binary'.",
            ),
            (
                attribute("X", r#""DataType":"String""#),
                "The message (user) attribute 'X' must contain a non-empty message attribute value.",
            ),
            (
                attribute("X", r#""DataType":"string","StringValue":"v""#),
                "The type of message (user) attribute 'X' is invalid. You must use only the following supported type \
                 prefixes: Binary, Number, String.",
            ),
            (
                attribute("X", r#""StringValue":"v""#),
                "The type of message (user) attribute 'X' is invalid. You must use only the following supported type \
                 prefixes: Binary, Number, String.",
            ),
            (
                attribute("X", r#""DataType":"Number","StringValue":"v""#),
                "Can't cast the value of message (user) attribute 'X' to a number.",
            ),
            (attribute("X", r#""DataType":"String","StringValue":"\u0000""#), INVALID_CHARACTERS),
            (attribute("", string), "The request must contain non-empty message (user) attribute names."),
            (
                attribute("aMaZoN.x", string),
                "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved \
                 for internal use.",
            ),
            (attribute(&long, string), "Message (user) attribute name must be shorter than 256 bytes."),
            (
                attribute("X", &format!(r#""DataType":"String.{long}","StringValue":"v""#)),
                "Message (user) attribute type must be shorter than 256 bytes.",
            ),
        ] {
            assert_eq!(refused(&wire), (invalid, text.to_owned()), "{wire}");
        }
        let lists = attribute("X", r#""DataType":"String","StringListValues":["a"]"#);
        assert_eq!(
            refused(&lists),
            (
                "AWS.SimpleQueueService.UnsupportedOperation",
                "Message attribute list values in SendMessage operation are not supported.".to_owned()
            )
        );
    }

    #[test]
    fn ten_attributes_are_taken_and_eleven_refused() {
        let wire = |count| {
            let attributes: Vec<_> =
                (0..count).map(|n| format!(r#""n{n}":{{"DataType":"String","StringValue":"v"}}"#)).collect();
            format!("{{{}}}", attributes.join(","))
        };
        assert!(check(&wire(10)).is_ok());
        assert_eq!(refused(&wire(11)).1, "Number of message attributes [11] exceeds the allowed maximum [10].");
    }

    #[test]
    fn names_have_letters_digits_and_single_inner_periods() {
        for name in ["a", "A-b_c.d", "0", "é", "aws", "awsome.x"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [".a", "a.", "a..b", "a b", "a/b", "AWS.a", "amazon."] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn numbers_keep_to_38_digits_and_the_magnitude() {
        let digits = "9".repeat(38);
        for number in
            ["0", "-1", "+1.5", "1.", ".5", "1e126", "1E-128", "0.000", "1234567890123456789012", digits.as_str()]
        {
            assert!(is_number(number), "{number}");
        }
        let digits = format!("{digits}.1");
        for number in
            ["", "-", ".", "e5", "1e", "0x1", "NaN", "inf", "1 ", "--1", "1e127", "1e-129", "1.2.3", digits.as_str()]
        {
            assert!(!is_number(number), "{number}");
        }
        assert!(is_number(&format!("1{}", "0".repeat(100))), "zeros at the end are not significant");
    }

    #[test]
    fn only_a_trace_header_is_taken_as_system_attribute() {
        let check = |wire: &str| MessageAttributes::check_system(json::decode(wire.as_bytes()).expect(wire));
        let attributes = check(r#"{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}}"#).unwrap();
        assert_eq!(attributes.get(TRACE_HEADER).unwrap().value, Value::Text("Root=1".into()));
        let error = check(r#"{"X":{"DataType":"String","StringValue":"v"}}"#).unwrap_err();
        assert_eq!(error.message(), "Message system attribute name 'X' is invalid.");
        assert!(check(r#"{"AWSTraceHeader":{"DataType":"Number","StringValue":"1"}}"#).is_err());
        let of_length =
            |bytes| format!(r#"{{"AWSTraceHeader":{{"DataType":"String","StringValue":"{}"}}}}"#, "x".repeat(bytes));
        assert!(check(&of_length(TRACE_HEADER_BYTES_MAX)).is_ok());
        assert!(check(&of_length(TRACE_HEADER_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn receivers_get_what_they_asked_for() {
        let all = check(
            r#"{"Foo":{"DataType":"String","StringValue":"v"},"Foobar":{"DataType":"String","StringValue":"v"},
                "Foo.x":{"DataType":"String","StringValue":"v"},"Other":{"DataType":"String","StringValue":"v"}}"#,
        )
        .unwrap();
        for (requested, names) in [
            (&[][..], &[][..]),
            (&["Foo", "absent", "other"], &["Foo"]),
            (&["All"], &["Foo", "Foo.x", "Foobar", "Other"]),
            (&[".*"], &["Foo", "Foo.x", "Foobar", "Other"]),
            (&["*"], &["Foo", "Foo.x", "Foobar", "Other"]),
            (&["Foo.*"], &["Foo", "Foo.x", "Foobar"]),
            (&["Foob.*", "Other"], &["Foobar", "Other"]),
        ] {
            let mut attributes = all.clone();
            attributes.retain_requested(requested);
            assert_eq!(attributes.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), names, "{requested:?}");
        }
    }
}
