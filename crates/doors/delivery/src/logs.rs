//! Where a function's log lines go.

use std::sync::Arc;

/// One line that a function wrote, or that is written about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The function's name.
    pub function: Arc<str>,
    /// Which version of it, such as `$LATEST`.
    pub version: Arc<str>,
    /// The invocation during which the line was written. While a process has several, the one whose id the line names.
    /// None while the process was idle.
    pub request_id: Option<Arc<str>>,
    /// Who wrote it.
    pub stream: LogStream,
    /// The line without its end, at most [`LOG_LINE_BYTES_MAX`](crate::LOG_LINE_BYTES_MAX) bytes as written.
    pub text: String,
}

/// Who wrote a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// The function, on standard output.
    Stdout,
    /// The function, on standard error.
    Stderr,
    /// The platform: `START`, `END`, `REPORT`, and why an invocation ended early.
    Platform,
}

/// Receives every log line, in the order written for one process.
///
/// It is called between reading a function's output and answering its caller, so it must return at once.
pub trait LogSink: Send + Sync {
    /// Takes one line.
    fn line(&self, line: LogLine);
}
