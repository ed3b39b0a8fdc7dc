//! The binary as its users meet it: one module a subject.

mod addresses;
mod functions;
mod harness;
mod serving;
mod starting;
mod strangers;
mod templates;
