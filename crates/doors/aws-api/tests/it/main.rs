//! Promises of the crate as its users see it: one module a subject.

mod access;
mod administration;
mod batches;
mod harness;
mod identity;
mod messages;
mod mobile_push;
mod move_tasks;
mod peeking;
mod protocols;
mod queues;
mod refusals;
mod strangers;
mod sts;
mod text_messages;
mod topics;
mod two_protocols;
