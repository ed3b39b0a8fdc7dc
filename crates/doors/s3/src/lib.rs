//! Speaks the S3 API: requests into objects, a file an operation.
//!
//! A request goes through `target` (is it for S3, and what is it about), `service` (identity, operation), `incoming`
//! (its body, compared with all that the request says of it), the operation's file under `operations/`, and back as an
//! `answer`. Contents pass in pieces, in both directions. Why the protocol is written here: ADR 9.

mod answer;
mod checksum;
mod chunked;
mod conditions;
mod context;
mod error;
mod incoming;
mod operations;
mod outgoing;
mod properties;
mod query;
mod range;
mod rejection;
mod service;
mod tags;
mod target;
mod xml;

pub use outgoing::Outgoing;
pub use service::{Config, S3};
pub use target::is_asked;
