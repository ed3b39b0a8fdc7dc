//! The example pipelines, end to end.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says so by failing")]

mod bad_endpoints;
mod data_entry;
mod data_entry_whole;
mod front_door;
mod publishing;
mod shop_webhooks;
mod slack;
mod til_challenge;
mod til_document;
