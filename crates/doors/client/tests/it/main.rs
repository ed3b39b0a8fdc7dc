//! The client against servers that say what a test tells them to.

mod beside;
mod calls;
mod scripted;
mod secure;
