//! The binary as its users meet it: one module a subject.

mod addresses;
mod bench;
mod fake;
mod feed;
mod fence;
mod functions;
mod harness;
mod invoke;
mod logs;
mod metrics;
mod peek;
mod rate_limits;
mod redrive;
mod serving;
mod stacks;
mod starting;
mod strangers;
mod templates;
mod test_clock;
mod traces;
