//! The front door as its senders see it.

#![allow(clippy::unwrap_used, reason = "clippy sees helpers of an integration test as code that ships")]

mod answers;
mod authorizers;
mod bounds;
mod functions;
mod harness;
mod keys;
mod messages;
mod proxies;
mod rest;
mod strangers;
mod wire;
mod workflows;
mod world;
