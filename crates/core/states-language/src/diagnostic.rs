//! What is wrong with a definition, in AWS's words.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The definition is refused.
    Error,
    /// The definition works, and perhaps not as meant.
    Warning,
}

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind, such as `SCHEMA_VALIDATION_FAILED`.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Where it is, such as `/States/Charge/Resource`.
    pub location: Option<String>,
}

/// The definition is not JSON.
pub(crate) const INVALID_JSON: &str = "INVALID_JSON_DESCRIPTION";
/// A field is missing, unknown or has a value that it cannot have.
pub(crate) const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
/// A transition leads to a state that does not exist.
pub(crate) const MISSING_TARGET: &str = "MISSING_TRANSITION_TARGET";
/// No state ends the machine.
pub(crate) const NO_TERMINAL: &str = "NO_TERMINAL_STATE";

/// `CODE: message at location`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.location {
            Some(location) => write!(f, " at {location}"),
            None => Ok(()),
        }
    }
}

/// The message of the error `InvalidDefinition` for these.
pub fn invalid_definition(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let texts: Vec<String> = errors.map(Diagnostic::to_string).collect();
    format!("Invalid State Machine Definition: '{}'", texts.join(", "))
}
