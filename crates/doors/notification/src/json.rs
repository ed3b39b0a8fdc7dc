//! The two ways JSON is laid out: on one line, and in the lines that AWS sends to HTTP endpoints.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::{Attribute, Value};

/// Objects that are deeper than this stay on one line.
const LINES_DEPTH_MAX: usize = 2;

/// The JSON of `value` on one line, without spaces.
pub(crate) fn on_one_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers under string keys are always JSON")
}

/// The JSON of `value` with a line for each member.
pub(crate) fn in_lines(value: &impl Serialize) -> String {
    let mut json = Vec::new();
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut json, Lines { depth: 0 }))
        .expect("strings and numbers under string keys are always JSON");
    String::from_utf8(json).expect("JSON of strings is UTF-8")
}

/// Message attributes as an object: name to type and value.
pub(crate) fn attributes<'a, S: Serializer>(
    attributes: impl Iterator<Item = Attribute<'a>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for attribute in attributes {
        map.serialize_entry(attribute.name, &Shown { r#type: attribute.data_type, value: attribute.value })?;
    }
    map.end()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    r#type: &'a str,
    value: Value<'a>,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Binary(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        }
    }
}

struct Lines {
    depth: usize,
}

impl Lines {
    fn line<W: ?Sized + Write>(&self, writer: &mut W, depth: usize) -> io::Result<()> {
        write!(writer, "\n{:indent$}", "", indent = 2 * depth)
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth > LINES_DEPTH_MAX { Ok(()) } else { self.line(writer, self.depth) }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.depth > LINES_DEPTH_MAX { b":" } else { b" : " })
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < LINES_DEPTH_MAX {
            self.line(writer, self.depth)?;
        }
        writer.write_all(b"}")
    }
}
