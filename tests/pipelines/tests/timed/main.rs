//! Pipelines whose time is measured: a binary of its own, so that no other test takes the processors meanwhile.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says so by failing")]

mod figures;
mod malls;
mod shop;
mod shop_webhooks;
mod states;
