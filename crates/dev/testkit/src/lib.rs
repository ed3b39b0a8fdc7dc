//! What tests share: the release binary as a child, small HTTP, SQS and SNS clients, a web server that topics deliver to,
//! Slack's signature.
//!
//! Everything here blocks, on purpose: a test that drives a server through real sockets reads best as a list of steps,
//! and a load generator is a handful of threads. Nothing retries by itself; the errors say what the caller may do.

pub mod endpoint;
pub mod http;
pub mod server;
pub mod slack;
pub mod sns;
pub mod sqs;
pub mod wait;

pub use endpoint::Endpoint;
pub use server::Server;
pub use sns::Sns;
pub use sqs::Sqs;
