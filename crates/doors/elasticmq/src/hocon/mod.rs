//! HOCON, as far as configuration files of queues use it: text in, a tree whose every value knows its line out.
//!
//! Understood: comments, unquoted, quoted and multi-line texts, `=`, `:` or a bare `{`, commas or line breaks, nested and
//! dotted keys, objects that are merged, values side by side, and substitutions from the file or the environment.
//! Refused with their line: `+=`, lists side by side, and includes other than that of ElasticMQ's own defaults.

mod resolve;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Fault;

/// The largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// How deep objects and lists may be nested; every element of a dotted key counts.
pub const DEPTH_MAX: usize = 32;
/// How much substitutions may make of a file, in values and bytes of text.
pub const RESOLVED_MAX: usize = 4 << 20;

/// The members of an object.
pub(crate) type Members = BTreeMap<String, Node>;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// Numbers and booleans are texts: what they mean is up to whoever reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Object(Members),
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Members,
    /// The lines of includes of ElasticMQ's own defaults.
    pub(crate) default_includes: Vec<u32>,
    /// The names at the top level that substitutions read.
    pub(crate) referred: BTreeSet<String>,
}

/// Reads a file; `environment` tells the variables that substitutions may name.
pub(crate) fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Document, Fault> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Fault::new(1, format!("the file is larger than {FILE_BYTES_MAX} bytes")));
    }
    let (raw, default_includes) = syntax::parse(text)?;
    let (root, referred) = resolve::resolve(&raw, environment)?;
    Ok(Document { root, default_includes, referred })
}
