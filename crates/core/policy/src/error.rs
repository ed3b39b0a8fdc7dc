//! Why a policy is refused, or cannot be edited as asked.

use std::error::Error;
use std::fmt;

/// Why a text is not accepted as a policy. Displayed as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// More bytes than [`Limits`](crate::Limits) allow.
    TooLong {
        /// Of the text as given.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// More of something than [`Limits`](crate::Limits) allow. The sentence is the one that SQS answers with.
    TooMany {
        /// What was counted.
        counted: Counted,
        /// How many there are.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// Not a policy; the sentence says why.
    Malformed(Box<str>),
}

/// What [`Limits`](crate::Limits) count. The names stand in the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// In the policy.
    Statements,
    /// In the policy.
    Principals,
    /// In the policy.
    Conditions,
    /// In one statement.
    Actions,
}

/// Why a statement cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// A statement has this label already.
    LabelTaken,
    /// With the statement it would not be a policy.
    Refused(PolicyError),
}

/// No statement has this label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelUnknown;

impl PolicyError {
    pub(crate) fn malformed(sentence: impl Into<String>) -> PolicyError {
        PolicyError::Malformed(sentence.into().into_boxed_str())
    }
}

impl Counted {
    /// Refuses more than `max`.
    pub(crate) fn check(self, found: usize, max: usize) -> Result<(), PolicyError> {
        if found <= max { Ok(()) } else { Err(PolicyError::TooMany { counted: self, found, max }) }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyError::TooLong { bytes, bytes_max } => {
                write!(f, "The policy has {bytes} bytes, maximum allowed is {bytes_max}.")
            }
            PolicyError::TooMany { counted, found, max } => {
                write!(f, "{found} {counted:?} were found, maximum allowed is {max}.")
            }
            PolicyError::Malformed(sentence) => f.write_str(sentence),
        }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::LabelTaken => f.write_str("A statement has this label already."),
            EditError::Refused(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for LabelUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("No statement has this label.")
    }
}

impl Error for PolicyError {}

impl Error for EditError {}

impl Error for LabelUnknown {}
