//! The journal's engines from outside: the promises, and what only the file engine can meet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod file;
mod promises;
