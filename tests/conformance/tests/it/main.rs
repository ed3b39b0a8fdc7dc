//! Published SDKs and raw requests against the release binary.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod programs;
mod query;
mod rust_sdk;
mod rust_topics;
