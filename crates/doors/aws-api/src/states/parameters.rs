//! Parameters that several operations share, and the refusals of what is wrong with them.

use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

const NAME_CHARS_MAX: usize = 80;
const NOT_IN_NAMES: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// A fault of a parameter's value.
pub(super) fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::StatesValidationException, text.into())
}

/// What has to be given.
pub(super) fn required<'a>(given: Option<Text<'a>>, member: &str) -> Result<Text<'a>, ApiError> {
    given.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// The name of a machine, an execution or an activity.
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || NOT_IN_NAMES.contains(c);
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.contains(is_odd) {
        return Err(ApiError::new(ErrorKind::InvalidName, format!("Invalid Name: '{name}'")));
    }
    Ok(())
}

/// One of the values that a member may have.
pub(super) fn one_of<'a, T: Copy>(
    given: Option<&str>,
    member: &str,
    known: &'a [(&'a str, T)],
) -> Result<Option<T>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == given) {
        return Ok(Some(*value));
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    Err(invalid(format!(
        "1 validation error detected: Value '{given}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
        names.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["a", "order-Übergabe_1.2", &"x".repeat(80)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", " ", "a b", "a:b", "a/b", "a\u{7}", &"x".repeat(81)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
