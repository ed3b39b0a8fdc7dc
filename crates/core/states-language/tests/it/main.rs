//! The states language from outside: definitions that are judged, and machines that are played.

mod flow;
mod handlers;
mod maps;
mod parallels;
mod story;
mod tasks;
