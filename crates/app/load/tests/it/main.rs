//! Runs against a small queue in this process, which can be told to fail.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake;
mod runs;
