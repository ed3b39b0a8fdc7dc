//! What tests share: the release binary as a child, small HTTP and SQS clients, Slack's signature.
//!
//! Everything here blocks, on purpose: a test that drives a server through real sockets reads best as a list of steps,
//! and a load generator is a handful of threads. Nothing retries by itself; the errors say what the caller may do.

pub mod http;
pub mod server;
pub mod slack;
pub mod sqs;
pub mod wait;

pub use server::Server;
pub use sqs::Sqs;
