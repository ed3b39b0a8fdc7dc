//! What Amazon SNS takes as message attributes, and in which words it refuses the others.

use std::collections::BTreeMap;

use super::{
    BaseType, INVALID_CHARACTERS, MessageAttribute, MessageAttributeValue, MessageAttributes, NAME_BYTES_MAX, Value,
    is_number,
};
use crate::characters;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

/// Attributes of one notification. AWS says no limit; the stored form counts in one byte.
pub const PUBLISHED_ATTRIBUTES_MAX: usize = u8::MAX as usize;

impl MessageAttributes {
    /// Checks a notification's attributes; `path` leads to them in the request, in the service model's words.
    ///
    /// # Errors
    ///
    /// `ParameterValueInvalid` with AWS's text for the first fault; `ValidationError` for a data type that is missing.
    pub fn check_published(wire: BTreeMap<Text<'_>, MessageAttributeValue<'_>>, path: &str) -> Result<Self, ApiError> {
        if wire.len() > PUBLISHED_ATTRIBUTES_MAX {
            let count = wire.len();
            return Err(refused(format!(
                "Number of message attributes [{count}] exceeds the allowed maximum [{PUBLISHED_ATTRIBUTES_MAX}]."
            )));
        }
        let check = |(name, value): (Text<'_>, MessageAttributeValue<'_>)| {
            check_name(&name)?;
            check_value(name.into_string(), value, path)
        };
        Ok(MessageAttributes { sorted: wire.into_iter().map(check).collect::<Result<_, _>>()? })
    }
}

fn refused(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::MessageAttributeInvalid, text.into())
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(refused("Message attribute name can not be empty."));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(refused("Length of message attribute name must be less than 256 bytes."));
    }
    let is_allowed = |character: &char| character.is_ascii_alphanumeric() || "_-.".contains(*character);
    if let Some(character) = name.chars().find(|character| !is_allowed(character)) {
        return Err(refused(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include \
             alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(character)
        )));
    }
    if name.starts_with('.') {
        return Err(refused("Invalid message attribute name starting with character '.' was found."));
    }
    if name.ends_with('.') {
        return Err(refused("Invalid message attribute name ending with character '.' was found."));
    }
    if name.contains("..") {
        return Err(refused("Message attribute name can not have successive '.' character."));
    }
    Ok(())
}

fn check_value(name: String, wire: MessageAttributeValue<'_>, path: &str) -> Result<MessageAttribute, ApiError> {
    let Some(data_type) = wire.data_type.map(Text::into_string) else {
        return Err(ApiError::missing_member(&format!("{path}.{name}.member.dataType")));
    };
    let base = BaseType::of(&data_type).filter(|_| data_type.len() <= NAME_BYTES_MAX && !data_type.ends_with('.'));
    let Some(base) = base else {
        return Err(refused(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes \
             is Binary, Number, and String."
        )));
    };
    let empty = || {
        refused(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type \
             '{data_type}'."
        ))
    };
    if wire.string_value.is_none() && wire.binary_value.is_none() {
        return Err(empty());
    }
    let field = if base == BaseType::Binary { "Binary" } else { "String" };
    let value = match base {
        BaseType::Binary => wire.binary_value.map(|blob| Value::Binary(blob.0)),
        BaseType::String | BaseType::Number => wire.string_value.map(|text| Value::Text(text.into_string())),
    };
    let value = value.ok_or_else(|| {
        refused(format!("The message attribute '{name}' with type '{data_type}' must use field '{field}'."))
    })?;
    match &value {
        value if value.as_bytes().is_empty() => Err(empty()),
        Value::Text(text) if !characters::are_valid(text) => Err(refused(INVALID_CHARACTERS)),
        Value::Text(text) if base == BaseType::Number && !is_number(text) => {
            Err(refused(format!("Could not cast message attribute '{name}' value to number.")))
        }
        _ => Ok(MessageAttribute { name, data_type, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn check(wire: &str) -> Result<MessageAttributes, ApiError> {
        MessageAttributes::check_published(json::decode(wire.as_bytes()).expect(wire), "messageAttributes")
    }

    #[test]
    fn every_fault_is_told_in_awss_words() {
        let attribute = |name: &str, rest: &str| format!(r#"{{"{name}":{{{rest}}}}}"#);
        let string = r#""DataType":"String","StringValue":"v""#;
        let long = "x".repeat(256);
        for (wire, text) in [
            (
                attribute("X", r#""DataType":"String","StringValue":"""#),
                "The message attribute 'X' must contain non-empty message attribute value for message attribute type \
                 'String'.",
            ),
            (
                attribute("X", r#""DataType":"Number.int""#),
                "The message attribute 'X' must contain non-empty message attribute value for message attribute type \
                 'Number.int'.",
            ),
            (
                attribute("X", r#""DataType":"Number","BinaryValue":"AAAA""#),
                "The message attribute 'X' with type 'Number' must use field 'String'.",
            ),
            (
                attribute("X", r#""DataType":"Binary","StringValue":"v""#),
                "The message attribute 'X' with type 'Binary' must use field 'Binary'.",
            ),
            (
                attribute("X", r#""DataType":"Text","StringValue":"v""#),
                "The message attribute 'X' has an invalid message attribute type, the set of supported type prefixes \
                 is Binary, Number, and String.",
            ),
            (attribute(&long, string), "Length of message attribute name must be less than 256 bytes."),
            (
                attribute("a^b", string),
                "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include \
                 alphanumeric characters, hyphens, underscores, or dots.",
            ),
            (attribute(".a", string), "Invalid message attribute name starting with character '.' was found."),
            (attribute("a.", string), "Invalid message attribute name ending with character '.' was found."),
            (attribute("a..b", string), "Message attribute name can not have successive '.' character."),
            (attribute("", string), "Message attribute name can not be empty."),
            (
                attribute("X", r#""DataType":"Number","StringValue":"v""#),
                "Could not cast message attribute 'X' value to number.",
            ),
            (attribute("X", r#""DataType":"String","StringValue":"\u0000""#), INVALID_CHARACTERS),
        ] {
            let error = check(&wire).expect_err(&wire);
            assert_eq!((error.kind().code(), error.message()), ("ParameterValueInvalid", text), "{wire}");
        }
        let error = check(&attribute("attr1", r#""StringValue":"v""#)).unwrap_err();
        let text = "1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to \
                    satisfy constraint: Member must not be null";
        assert_eq!((error.kind().code(), error.message()), ("ValidationError", text));
    }

    #[test]
    fn more_than_ten_and_labelled_ones_are_taken() {
        let types = ["String", "String.Array", "Number", "Number.price", "String.label"];
        let value = |data_type: &str| if data_type.starts_with('N') { "1" } else { "[1]" };
        let one = |(n, data_type): (usize, &&str)| {
            format!(r#""n{n}":{{"DataType":"{data_type}","StringValue":"{}"}}"#, value(data_type))
        };
        let wire = |count| {
            let attributes: Vec<_> = types.iter().cycle().take(count).enumerate().map(one).collect();
            format!("{{{}}}", attributes.join(","))
        };
        assert_eq!(check(&wire(PUBLISHED_ATTRIBUTES_MAX)).unwrap().iter().count(), PUBLISHED_ATTRIBUTES_MAX);
        assert!(check(&wire(PUBLISHED_ATTRIBUTES_MAX + 1)).is_err());
    }
}
