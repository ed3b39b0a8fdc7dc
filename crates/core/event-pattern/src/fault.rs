//! Why a text is not accepted as a filter policy or as an event pattern.

use std::error::Error;
use std::fmt;

use crate::json::SyntaxError;

/// Why a text is not accepted as a filter policy. SNS answers each with `InvalidParameter`.
///
/// Displayed as AWS's text from behind `Invalid parameter: ` and, in Subscribe, `Attributes Reason: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// Not a policy; the sentence says why.
    Malformed {
        /// In AWS's words.
        sentence: Box<str>,
        /// Behind what was read last.
        place: Place,
    },
    /// More than [`POLICY_BYTES_MAX`](crate::POLICY_BYTES_MAX).
    TooLong,
    /// More than [`KEYS_MAX`](crate::KEYS_MAX).
    TooManyKeys,
    /// More than [`COMPLEXITY_MAX`](crate::COMPLEXITY_MAX).
    TooComplex,
    /// Attributes are flat; a policy with nested keys is for bodies.
    NestedForAttributes,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in units of UTF-16.
    pub column: usize,
}

impl From<SyntaxError> for PolicyFault {
    fn from(SyntaxError { sentence, place }: SyntaxError) -> PolicyFault {
        PolicyFault::Malformed { sentence: format!("failed to parse JSON. {sentence}").into(), place }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyFault::Malformed { sentence, place: Place { line, column } } => write!(
                f,
                "FilterPolicy: {sentence}\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` \
                 disabled); line: {line}, column: {column}]"
            ),
            // AWS's own text is not known.
            PolicyFault::TooLong => f.write_str("FilterPolicy: Filter policy is too long"),
            PolicyFault::TooManyKeys => f.write_str("FilterPolicy: Filter policy can not have more than 5 keys"),
            PolicyFault::TooComplex => f.write_str("FilterPolicy: Filter policy is too complex"),
            PolicyFault::NestedForAttributes => {
                f.write_str("Filter policy scope MessageAttributes does not support nested filter policy")
            }
        }
    }
}

impl Error for PolicyFault {}

/// Why a text is not accepted as an event pattern. Displayed in the words of Lambda, which does not say why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPattern {
    reason: Box<str>,
}

impl InvalidPattern {
    pub(crate) fn new(reason: impl Into<Box<str>>) -> InvalidPattern {
        InvalidPattern { reason: reason.into() }
    }

    /// What is wrong, and where: what EventBridge tells behind `Event pattern is not valid. Reason: `.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<PolicyFault> for InvalidPattern {
    fn from(fault: PolicyFault) -> InvalidPattern {
        InvalidPattern::new(match fault {
            PolicyFault::Malformed { sentence, place: Place { line, column } } => {
                format!("{sentence} (line {line}, column {column})")
            }
            _ => "Rule is too complex".to_owned(),
        })
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invalid filter pattern definition.")
    }
}

impl Error for InvalidPattern {}
