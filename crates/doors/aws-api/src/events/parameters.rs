//! Parameters that several operations share, and the refusals of what is wrong with them.

use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};

const NAME_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 512;

/// A fault of a parameter's value.
pub(super) fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::EventsValidationException, text.into())
}

/// A member that asks for something that there is none of here.
pub(super) fn not_here(member: &str) -> ApiError {
    invalid(format!("{member} is not available here"))
}

/// What has to be given.
pub(super) fn required<T>(given: Option<T>, member: &str) -> Result<T, ApiError> {
    given.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// The name of a connection or a destination.
pub(super) fn name(given: Option<Text<'_>>) -> Result<String, ApiError> {
    let name = required(given, "name")?.into_string();
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if is_plain && (1..=NAME_CHARS_MAX).contains(&name.len()) {
        return Ok(name);
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must have 1 to \
         {NAME_CHARS_MAX} characters and satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
    )))
}

/// A description, if there is one.
pub(super) fn description(given: Option<Text<'_>>) -> Result<Option<String>, ApiError> {
    match given {
        Some(given) if given.chars().count() > DESCRIPTION_CHARS_MAX => Err(invalid(format!(
            "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length \
             less than or equal to {DESCRIPTION_CHARS_MAX}"
        ))),
        given => Ok(given.map(Text::into_string)),
    }
}

/// One of the values that a member may have.
pub(super) fn one_of<T: Copy>(given: &str, member: &str, known: &[(&str, T)]) -> Result<T, ApiError> {
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == given) {
        return Ok(*value);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    Err(invalid(format!(
        "1 validation error detected: Value '{given}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
        names.join(", ")
    )))
}

/// A number from 1 up to a maximum.
pub(super) fn count(given: Integer, member: &str, max: u32) -> Result<u32, ApiError> {
    let Integer(number) = given;
    u32::try_from(number).ok().filter(|number| (1..=max).contains(number)).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value '{number}' at '{member}' failed to satisfy constraint: Member must have \
             a value from 1 to {max}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for sound in ["a", "Shop.api_v1-2", &"x".repeat(64)] {
            assert_eq!(name(Some(Text::from(sound))).unwrap(), sound);
        }
        for odd in ["", "a b", "a/b", "é", &"x".repeat(65)] {
            assert!(name(Some(Text::from(odd))).is_err(), "{odd}");
        }
    }
}
