//! Promises of the crate as its users see it: one module a subject.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod bodies;
mod buckets;
mod conditions;
mod harness;
mod objects;
mod refusals;
mod uploads;
