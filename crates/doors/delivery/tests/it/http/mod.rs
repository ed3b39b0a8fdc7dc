//! HTTP(S) endpoints end to end, and whatever they may do to their sender.

mod answers;
mod connections;
mod credentials;
mod fetched;
mod forwarded;
mod guarded;
mod harness;
mod hostile;
mod secure;
