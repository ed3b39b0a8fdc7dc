//! What is wrong with a configuration file, and where.

use std::fmt;

/// As many faults are told at once.
pub const ERRORS_MAX: usize = 50;
/// How long a reason may be, in characters; a longer one is cut.
pub const REASON_CHARS_MAX: usize = 500;

/// Everything that was found wrong with a file, in the order of its lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticMqErrors {
    file_name: String,
    faults: Vec<Fault>,
}

/// One fault of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands, counted from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: String,
}

impl ElasticMqErrors {
    /// Keeps the first [`ERRORS_MAX`] faults; there must be one.
    pub(crate) fn new(file_name: &str, mut faults: Vec<Fault>) -> ElasticMqErrors {
        assert!(!faults.is_empty(), "an error has a reason");
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(ERRORS_MAX);
        ElasticMqErrors { file_name: printable(file_name), faults }
    }

    /// The faults, in the order of their lines.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for ElasticMqErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Fault { line, reason }) in self.faults.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{}:{line}: {reason}", self.file_name)?;
        }
        Ok(())
    }
}

impl std::error::Error for ElasticMqErrors {}

impl Fault {
    pub(crate) fn new(line: u32, reason: impl AsRef<str>) -> Fault {
        Fault { line, reason: printable(reason.as_ref()) }
    }
}

/// Texts of the file end up on a terminal: control characters must not get there.
pub(crate) fn printable(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
