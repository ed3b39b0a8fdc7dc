//! What strangers and broken disks hand in, as functions of bytes: called by the fuzzer and by ordinary tests.
//!
//! A target takes any bytes, builds its world anew, so that an input always does the same, and panics when a promise
//! is broken. The binaries under `fuzz/` give these functions to libFuzzer; this crate's tests run the seeds and the
//! kept findings through them.

mod broker;
mod events;
mod facts;
mod filters;
mod http_text;
mod journal;
mod json;
mod query;
mod sigv4;
mod templates;
mod xml;

pub use events::events;
pub use facts::facts;
pub use filters::filters;
pub use journal::journal;
pub use json::json;
pub use query::query;
pub use sigv4::sigv4;
pub use templates::templates;

/// A target and its name, which is also that of its binary and of its folders of seeds and findings.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("events", events),
    ("facts", facts),
    ("filters", filters),
    ("journal", journal),
    ("json", json),
    ("query", query),
    ("sigv4", sigv4),
    ("templates", templates),
];
