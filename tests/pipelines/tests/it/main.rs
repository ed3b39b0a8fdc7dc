//! The example pipelines, end to end.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says so by failing")]

mod bad_endpoints;
mod data_entry;
mod front_door;
mod slack;
mod til_challenge;
mod til_document;
