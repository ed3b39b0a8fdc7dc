//! What is wrong with the members of a request, all told at once, in the words of AWS's validation.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::codec::Integer;
use crate::error::{ApiError, ErrorKind, InvalidField};

/// Gathers the faults of one request. Paths are the service model's, in camel case.
#[derive(Default)]
pub(crate) struct Constraints(Vec<InvalidField>);

impl Constraints {
    pub(crate) fn fault(&mut self, path: &str, value: impl Display, constraint: impl Display) {
        let text = format!("Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}");
        self.0.push(InvalidField { name: path.to_owned(), text });
    }

    /// The member, or an empty text and a fault.
    pub(crate) fn required(&mut self, path: &str, value: Option<String>) -> String {
        if value.is_none() {
            self.missing(path);
        }
        value.unwrap_or_default()
    }

    pub(crate) fn missing(&mut self, path: &str) {
        let text = format!("Value null at '{path}' failed to satisfy constraint: Member must not be null");
        self.0.push(InvalidField { name: path.to_owned(), text });
    }

    /// The number in these bounds, or the default.
    pub(crate) fn number(&mut self, path: &str, value: Option<Integer>, range: RangeInclusive<i64>) -> Option<u32> {
        let Integer(number) = value?;
        if number > *range.end() {
            self.fault(path, number, format_args!("have value less than or equal to {}", range.end()));
        } else if number < *range.start() {
            self.fault(path, number, format_args!("have value greater than or equal to {}", range.start()));
        }
        u32::try_from(number).ok()
    }

    pub(crate) fn length(&mut self, path: &str, value: Option<&str>, range: RangeInclusive<usize>) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        if length > *range.end() {
            self.fault(path, value, format_args!("have length less than or equal to {}", range.end()));
        } else if length < *range.start() {
            self.fault(path, value, format_args!("have length greater than or equal to {}", range.start()));
        }
    }

    pub(crate) fn choice(&mut self, path: &str, value: Option<&str>, choices: &[&str]) {
        if let Some(value) = value.filter(|value| !choices.contains(value)) {
            self.fault(path, value, format_args!("satisfy enum value set: [{}]", choices.join(", ")));
        }
    }

    pub(crate) fn pattern(&mut self, path: &str, value: &str, pattern: &str, is_matched: bool) {
        if !is_matched {
            self.fault(path, value, format_args!("satisfy regular expression pattern: {pattern}"));
        }
    }

    /// All faults, if there are any, as Lambda tells them.
    pub(crate) fn check(self) -> Result<(), ApiError> {
        self.check_as(ErrorKind::MemberInvalid)
    }

    /// All faults, if there are any, as one error of this kind.
    pub(crate) fn check_as(self, kind: ErrorKind) -> Result<(), ApiError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (count, plural) = (self.0.len(), if self.0.len() == 1 { "" } else { "s" });
        let texts: Vec<&str> = self.0.iter().map(|fault| &*fault.text).collect();
        let text = format!("{count} validation error{plural} detected: {}", texts.join("; "));
        Err(ApiError::new(kind, text).about(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once() {
        let mut constraints = Constraints::default();
        assert_eq!(constraints.number("timeout", Some(Integer(3)), 1..=900), Some(3));
        constraints.number("timeout", Some(Integer(901)), 1..=900);
        constraints.number("memorySize", Some(Integer(1)), 128..=10_240);
        constraints.length("description", Some("xy"), 0..=1);
        constraints.choice("runtime", Some("cobol"), &["a", "b"]);
        assert_eq!(constraints.required("role", None), "");
        let text = "5 validation errors detected: \
            Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900; \
            Value '1' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128; \
            Value 'xy' at 'description' failed to satisfy constraint: Member must have length less than or equal to 1; \
            Value 'cobol' at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [a, b]; \
            Value null at 'role' failed to satisfy constraint: Member must not be null";
        assert_eq!(constraints.check().unwrap_err().message(), text);
        assert!(Constraints::default().check().is_ok());
    }
}
