//! Phone numbers after E.164: a plus sign and digits.

use super::parameters::{invalid, required};
use crate::codec::Text;
use crate::error::ApiError;

const DIGITS: std::ops::RangeInclusive<usize> = 2..=15;

/// The number of a required member; `path` is its name in validation errors.
pub(super) fn read(number: Option<Text<'_>>, path: &str) -> Result<String, ApiError> {
    let number = required(number, path)?;
    if is_valid(&number) {
        return Ok(number.into_string());
    }
    Err(invalid("PhoneNumber Reason: input incorrectly formatted"))
}

/// The number that a message is published to.
pub(super) fn to_publish_to(number: &str) -> Result<&str, ApiError> {
    match number {
        "" => Err(invalid("PhoneNumber Reason: input incorrectly formatted")),
        number if is_valid(number) => Ok(number),
        _ => Err(invalid(&format!("PhoneNumber Reason: {number} is not valid to publish to"))),
    }
}

fn is_valid(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_a_plus_and_digits() {
        for good in ["+12", "+15551234567", "+123456789012345"] {
            assert_eq!(to_publish_to(good), Ok(good));
        }
        for bad in ["+1", "15551234567", "+1a234", "NAA+15551234567", "+1234567890123456", "+", "++12"] {
            let text = format!("Invalid parameter: PhoneNumber Reason: {bad} is not valid to publish to");
            assert_eq!(to_publish_to(bad).unwrap_err().message(), text);
            let text = "Invalid parameter: PhoneNumber Reason: input incorrectly formatted";
            assert_eq!(read(Some(Text::from(bad)), "phoneNumber").unwrap_err().message(), text);
        }
    }
}
