//! The runtime over journals that wait, fail, fill up and are cleaned, on a clock that only a test moves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission;
mod catching_up;
mod cleaning;
mod cramped;
mod deliveries;
mod durability;
mod entries;
mod events;
mod functions;
mod metrics;
mod move_tasks;
mod objects;
mod pipes;
mod restart;
mod room;
mod schedules;
mod slow_reads;
mod stopping;
mod waiting;
mod waiting_executions;
mod workflow_cuts;
mod workflows;
mod world;
