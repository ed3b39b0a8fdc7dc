//! Very many events that wait for a function: what they cost while they do.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use tokio::task::JoinSet;

use super::Findings;
use super::drain::rate;
use super::invokes::{event, path};
use crate::checks::Check;
use crate::function::{Language, Template};
use crate::home::{Homes, client};
use crate::{process, rest};

const FUNCTION: &str = "stopped";
const CALLERS: u64 = 16;
/// The event, which is kept for readers as recent messages are, and as much again.
const BYTES_MAX: f64 = 2048.0;
/// What is left of that when events have to be read from the disk.
const BYTES_RESTARTED_MAX: f64 = 512.0;

/// Has `events` events of 1 KiB wait for a function that may not run; kills the server, and starts it again.
pub async fn measure(homes: &Homes, events: u64) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let mut template = Template::default();
    template.function(FUNCTION, Language::Rust, &[], &json!({ "ReservedConcurrentExecutions": 0 }));
    let server = home.start_with(&template).await?;
    let client = client(&server, false)?;
    let before = process::resident_bytes(server.id())?;
    let headers = [("x-amz-invocation-type", "Event")];
    let request = rest::request(&client, "POST", &path(FUNCTION), &headers, &event());
    let each = events.div_ceil(CALLERS);
    let events = each * CALLERS;
    let begun = Instant::now();
    let mut calling = JoinSet::new();
    for _ in 0..CALLERS {
        let (mut connection, request) = (client.connect().await?, request.clone());
        calling.spawn(async move {
            for _ in 0..each {
                connection.call(&request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = calling.join_next().await {
        caller??;
    }
    let taken = rate(events, begun.elapsed());
    let full = process::resident_bytes(server.id())?;
    drop(server); // With SIGKILL.
    let server = home.start(false).await?;
    let restarted = process::resident_bytes(server.id())?;

    let a_piece = |bytes: u64| bytes.saturating_sub(before) as f64 / events as f64;
    found.tell("events of 1 KiB", events as f64, "");
    found.tell("taken", taken, "a second");
    found.tell_bytes("resident memory before", before);
    found.tell_bytes("resident memory with all of them", full);
    found.tell("resident memory an event", a_piece(full), "bytes");
    found.tell("ready again after", server.ready_after.as_secs_f64(), "s");
    found.tell_bytes("resident memory, restarted", restarted);
    found.tell("resident memory an event", a_piece(restarted), "bytes");
    found.checks.push(Check::at_most("memory a waiting event", a_piece(full), BYTES_MAX, "bytes"));
    let what = "memory a waiting event, restarted";
    found.checks.push(Check::at_most(what, a_piece(restarted), BYTES_RESTARTED_MAX, "bytes"));
    Ok(found)
}
