//! What a deep backlog costs: memory while it waits, time to start again after a kill, and whether receiving from it is
//! slower than from a queue that holds little.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_load::{BATCH, Queue, Shape, Workload};

use super::Findings;
use crate::cell::Cell;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::process;

const CONNECTIONS: usize = 64;

/// What is to be reached.
#[derive(Clone, Copy)]
pub struct Goals {
    /// Resident memory for each message, over that of an empty server.
    pub bytes_a_message: f64,
    /// From the start of the process to `Ready.`.
    pub ready_seconds: f64,
}

/// Queues `messages` messages, kills the server, starts it again, counts them, and receives for `duration`.
pub async fn measure(homes: &Homes, messages: u64, duration: Duration, goals: Goals) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let empty_bytes = process::resident_bytes(server.id())?;
    let queue = {
        let client = client(&server, false)?;
        let queue = Queue::create(&client, Shape::STANDARD).await?;
        let begun = Instant::now();
        let messages = queue.fill(&client, messages).await?;
        found.tell("messages", messages as f64, "");
        found.tell("queued in", begun.elapsed().as_secs_f64(), "s");
        queue
    };
    found.tell("server CPU for that", process::cpu_time(server.id())?.as_secs_f64(), "s");
    let messages = queue.length(&client(&server, false)?).await?;
    let full_bytes = process::resident_bytes(server.id())?;
    let each = |bytes: u64| bytes.saturating_sub(empty_bytes) as f64 / messages as f64;
    found.tell_bytes("resident memory, empty", empty_bytes);
    found.tell_bytes("resident memory, full", full_bytes);
    found.tell("resident memory a message", each(full_bytes), "bytes");
    drop(server); // With SIGKILL.
    found.tell_bytes("on disk", home.disk_bytes()?);

    let server = home.start(false).await?;
    found.tell("ready again after", server.ready_after.as_secs_f64(), "s");
    found.tell("server CPU for that", process::cpu_time(server.id())?.as_secs_f64(), "s");
    let restarted_bytes = process::resident_bytes(server.id())?;
    found.tell_bytes("resident memory, restarted", restarted_bytes);
    found.tell("resident memory a message", each(restarted_bytes), "bytes");
    let client = client(&server, false)?;
    let length = queue.length(&client).await?;
    ensure!(length == messages, "{messages} messages were acknowledged, {length} are there after the kill");

    let cell = Cell { client, server: server.id(), connections: CONNECTIONS, duration };
    let deep = cell.load(Workload::Receive, &queue, BATCH).await?.load.message_rate();
    found.tell("receive and delete, from the backlog", deep, "messages/s");
    let shallow = Queue::create(&cell.client, Shape::STANDARD).await?;
    let shallow = cell.receive(&shallow, BATCH).await?.load.message_rate();
    found.tell("receive and delete, from a queue of its own", shallow, "messages/s");

    let named = |what: &str| format!("backlog of {messages}, {what}");
    found.checks.push(Check::at_most(&named("memory a message"), each(full_bytes), goals.bytes_a_message, "bytes"));
    found.checks.push(Check::at_most(&named("start-up"), server.ready_after.as_secs_f64(), goals.ready_seconds, "s"));
    found.checks.push(Check::share(&named("receive rate, of a shallow queue"), deep, shallow, 0.8));
    Ok(found)
}
