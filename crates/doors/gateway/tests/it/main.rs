//! The front door as its senders see it.

#![allow(clippy::unwrap_used, reason = "clippy sees helpers of an integration test as code that ships")]

mod answers;
mod harness;
mod strangers;
mod wire;
