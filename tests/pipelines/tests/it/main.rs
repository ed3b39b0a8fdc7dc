//! The example pipelines, end to end.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says so by failing")]

mod data_entry;
mod slack;
mod til_challenge;
