//! What is wrong with a template: one line for each fault, with its place in the file.

use std::fmt;

/// How many faults are kept; what is found after them is left for the next try.
pub const ERRORS_MAX: usize = 50;
/// How long a reason may be, in characters; a longer one is cut.
pub const REASON_CHARS_MAX: usize = 500;

/// Everything that was found wrong with a template, in the order of its lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateErrors {
    file_name: String,
    errors: Vec<TemplateError>,
}

/// One fault of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Where it stands, counted from 1; absent when the fault is not in the file (a parameter from outside).
    pub line: Option<u32>,
    /// The logical id of the resource it concerns.
    pub resource: Option<String>,
    /// What is wrong. Values of `NoEcho` parameters do not appear in it.
    pub reason: String,
}

impl TemplateErrors {
    /// The faults, in the order of their lines.
    pub fn errors(&self) -> &[TemplateError] {
        &self.errors
    }
}

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{}", self.file_name)?;
            if let Some(line) = error.line {
                write!(f, ":{line}")?;
            }
            if let Some(resource) = &error.resource {
                write!(f, ": resource {resource}")?;
            }
            write!(f, ": {}", error.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateErrors {}

/// Why one value could not be read; the caller knows which resource it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    line: u32,
    reason: Option<String>,
}

/// As in `line 3: not valid YAML`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason.as_deref().unwrap_or("faulty"))
    }
}

impl Fault {
    pub(crate) fn new(line: u32, reason: impl Into<String>) -> Fault {
        Fault { line, reason: Some(reason.into()) }
    }

    /// The value rests on another one whose fault has been reported: once is enough.
    pub(crate) fn reported(line: u32) -> Fault {
        Fault { line, reason: None }
    }
}

/// Collects faults while a template is read, so that all of them can be shown at once.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    errors: Vec<TemplateError>,
    resource: Option<String>,
    hidden: Vec<String>,
}

impl Faults {
    /// Keeps a text out of every reason from now on.
    pub(crate) fn hide(&mut self, text: &str) {
        if !text.is_empty() && !self.hidden.iter().any(|hidden| hidden == text) {
            self.hidden.push(text.to_owned());
        }
    }

    /// Says which resource the faults that follow belong to.
    pub(crate) fn concern(&mut self, resource: Option<&str>) {
        self.resource = resource.map(printable);
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        if let Some(reason) = fault.reason {
            self.add(Some(fault.line), &reason);
        }
    }

    pub(crate) fn at(&mut self, line: u32, reason: impl Into<String>) {
        self.add(Some(line), &reason.into());
    }

    pub(crate) fn outside(&mut self, reason: impl Into<String>) {
        self.add(None, &reason.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// `Ok` when nothing was found wrong.
    pub(crate) fn into_result(mut self, file_name: &str) -> Result<(), TemplateErrors> {
        if self.errors.is_empty() {
            return Ok(());
        }
        self.errors.sort_by_key(|error| error.line);
        Err(TemplateErrors { file_name: printable(file_name), errors: self.errors })
    }

    fn add(&mut self, line: Option<u32>, reason: &str) {
        if self.errors.len() >= ERRORS_MAX {
            return;
        }
        let reason = self.hidden.iter().fold(reason.to_owned(), |reason, hidden| reason.replace(hidden, "***"));
        let error = TemplateError { line, resource: self.resource.clone(), reason: printable(&reason) };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }
}

/// Texts of the template end up on a terminal: control characters must not get there.
fn printable(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
