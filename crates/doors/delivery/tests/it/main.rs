//! Deliveries end to end: real processes, real sockets.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod clients;
mod concurrency;
mod http;
mod lifetime;
mod limits;
mod node;
mod output;
mod provided;
mod python;
mod support;
