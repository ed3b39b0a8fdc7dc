//! Promises of the crate as its users see it: one module a subject.

mod access;
mod administration;
mod batches;
mod fan_out;
mod functions;
mod harness;
mod identity;
mod lambda;
mod logs;
mod messages;
mod mobile_push;
mod move_tasks;
mod peeking;
mod protocols;
mod publishing;
mod queues;
mod refusals;
mod stacks;
mod states;
mod strangers;
mod sts;
mod subscriptions;
mod text_messages;
mod topic_access;
mod topics;
mod two_protocols;
