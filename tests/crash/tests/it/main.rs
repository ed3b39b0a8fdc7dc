//! The release binary killed at random moments, cut from its power, and given bad data directories.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a test says so by failing")]

mod data_directory;
mod disk;
mod events;
mod kills;
mod ledger;
mod load;
mod objects;
mod pipes;
mod power;
mod random;
mod redrives;
mod topics;
mod workflows;

use std::io::Write;

/// Tells people, past the test runner's capture, that this machine cannot carry out a test.
fn skip(test: &str, reason: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{test} skipped: {reason}").unwrap();
}
