//! A line as it comes, as it lies in a file, and as it is found. `docs/formats/function-logs.md` describes the file.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Cursor;
use crate::streams::{DAY_MS, stream_name};

/// A line that is to be kept.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// When it was written, in milliseconds since 1970.
    pub time_ms: u64,
    /// The function's name.
    pub function: Arc<str>,
    /// Its version, such as `$LATEST`.
    pub version: Arc<str>,
    /// The invocation that it belongs to, if one does.
    pub request_id: Option<Arc<str>>,
    /// Who wrote it.
    pub source: Source,
    /// The line without its end.
    pub text: String,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The function, on standard output.
    Stdout,
    /// The function, on standard error.
    Stderr,
    /// The platform: `START`, `END`, `REPORT`, and why an invocation ended early.
    Platform,
}

/// A line that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it was written, in milliseconds since 1970.
    #[serde(rename = "time")]
    pub time_ms: u64,
    /// The function's name.
    pub function: String,
    /// Its version.
    pub version: String,
    /// The invocation that it belongs to, if one does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// Who wrote it.
    #[serde(rename = "stream")]
    pub source: Source,
    /// The line without its end.
    pub text: String,
    /// The place before it.
    #[serde(skip, default)]
    pub at: Cursor,
}

/// A line in a file. The names of its members, and their order, are what searches look for in bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored<'a> {
    pub(crate) time: u64,
    #[serde(borrow)]
    pub(crate) function: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) version: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub(crate) request_id: Option<Cow<'a, str>>,
    pub(crate) stream: Source,
    #[serde(borrow)]
    pub(crate) text: Cow<'a, str>,
}

impl Line {
    /// The name of its log stream, as CloudWatch Logs has them.
    pub fn stream_name(&self) -> String {
        stream_name(self.time_ms / DAY_MS, &self.version)
    }
}

impl NewLine {
    /// Appends it to what is to be written.
    pub(crate) fn store(&self, to: &mut Vec<u8>) {
        let stored = Stored {
            time: self.time_ms,
            function: Cow::Borrowed(&self.function),
            version: Cow::Borrowed(&self.version),
            request_id: self.request_id.as_deref().map(Cow::Borrowed),
            stream: self.source,
            text: Cow::Borrowed(&self.text),
        };
        serde_json::to_writer(&mut *to, &stored).expect("texts and numbers have JSON, and memory takes it");
        to.push(b'\n');
    }
}

impl Stored<'_> {
    /// None for what is no whole line: the end of what a killed process was writing.
    pub(crate) fn read(bytes: &[u8]) -> Option<Stored<'_>> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn into_line(self, at: Cursor) -> Line {
        Line {
            time_ms: self.time,
            function: self.function.into_owned(),
            version: self.version.into_owned(),
            request_id: self.request_id.map(Cow::into_owned),
            source: self.stream,
            text: self.text.into_owned(),
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_stored() {
        let line = NewLine {
            time_ms: 1_700_000_000_123,
            function: "til".into(),
            version: "$LATEST".into(),
            request_id: Some("r-1".into()),
            source: Source::Stderr,
            text: "\"봉수\"\r\n\u{1b}[0m\\".to_owned(),
        };
        let mut bytes = Vec::new();
        line.store(&mut bytes);
        let text = std::str::from_utf8(&bytes).unwrap();
        let expected = r#"{"time":1700000000123,"function":"til","version":"$LATEST","request_id":"r-1","stream":"stderr","text":"\"봉수\"\r\n\u001b[0m\\"}"#;
        assert_eq!(text, format!("{expected}\n"));
        let read = Stored::read(&bytes).unwrap().into_line(Cursor::default());
        assert_eq!((read.text, read.request_id.as_deref()), (line.text, Some("r-1")));
        assert!(Stored::read(&bytes[..60]).is_none());
    }
}
