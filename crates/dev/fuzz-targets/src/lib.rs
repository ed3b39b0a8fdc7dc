//! What strangers and broken disks hand in, as functions of bytes: called by the fuzzer and by ordinary tests.
//!
//! A target takes any bytes, builds its world anew, so that an input always does the same, and panics when a promise
//! is broken. The binaries under `fuzz/` give these functions to libFuzzer; this crate's tests run the seeds and the
//! kept findings through them.

mod broker;
mod events;
mod facts;
mod filters;
mod front_door;
mod http_text;
mod journal;
mod json;
mod jsonata;
mod limits;
mod logs;
mod paths;
mod payloads;
mod query;
mod s3;
mod schedules;
mod sigv4;
mod stacks;
mod states;
mod templates;
mod webhooks;
mod xml;

pub use events::events;
pub use facts::facts;
pub use filters::filters;
pub use journal::journal;
pub use json::json;
pub use jsonata::jsonata;
pub use limits::limits;
pub use logs::logs;
pub use paths::paths;
pub use payloads::payloads;
pub use query::query;
pub use s3::s3;
pub use schedules::schedules;
pub use sigv4::sigv4;
pub use states::states;
pub use templates::templates;
pub use webhooks::webhooks;

/// A target and its name, which is also that of its binary and of its folders of seeds and findings.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("events", events),
    ("facts", facts),
    ("filters", filters),
    ("journal", journal),
    ("json", json),
    ("jsonata", jsonata),
    ("limits", limits),
    ("logs", logs),
    ("paths", paths),
    ("payloads", payloads),
    ("query", query),
    ("s3", s3),
    ("schedules", schedules),
    ("sigv4", sigv4),
    ("states", states),
    ("templates", templates),
    ("webhooks", webhooks),
];
