//! A listener and its clients over real sockets on loopback.

#![allow(clippy::unwrap_used, reason = "clippy sees helpers of an integration test as code that ships")]

mod harness;
mod hostile;
mod polite;
mod stop;
mod streams;
