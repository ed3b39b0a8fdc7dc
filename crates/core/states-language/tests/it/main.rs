//! The states language from outside: definitions that are judged, and machines that are played.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod definitions;
mod flow;
mod format;
mod handlers;
mod intrinsics;
mod jsonata;
mod maps;
mod parallels;
mod properties;
mod single_states;
mod story;
mod tasks;
