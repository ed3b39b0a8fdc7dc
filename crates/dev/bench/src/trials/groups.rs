//! Very many message groups in one FIFO queue, compared to a thousand.

use std::time::Instant;

use anyhow::Result;
use bongsu_load::{Queue, Shape};

use super::Findings;
use super::drain::{drain, rate};
use crate::cell::GROUPS;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::process;

const CONNECTIONS: usize = 64;
const MESSAGES_A_GROUP: u64 = 2;

/// Sends and works off two messages for each of `groups` groups, then as many over a thousand groups.
pub async fn measure(homes: &Homes, groups: u64) -> Result<Findings> {
    let mut found = Findings::default();
    let many = measure_groups(homes, groups, groups * MESSAGES_A_GROUP, &mut found).await?;
    let few = measure_groups(homes, GROUPS, groups * MESSAGES_A_GROUP, &mut found).await?;
    let check =
        |what: &str, many, few| Check::share(&format!("{groups} groups, {what}, of {GROUPS} groups"), many, few, 0.8);
    found.checks.push(check("send rate", many.send, few.send));
    found.checks.push(check("receive rate", many.receive, few.receive));
    Ok(found)
}

struct Rates {
    send: f64,
    receive: f64,
}

async fn measure_groups(homes: &Homes, groups: u64, messages: u64, found: &mut Findings) -> Result<Rates> {
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let client = client(&server, false)?;
    let empty_bytes = process::resident_bytes(server.id())?;
    let queue = Queue::create(&client, Shape::fifo(groups)).await?;
    let begun = Instant::now();
    let messages = queue.fill(&client, messages).await?;
    let send = rate(messages, begun.elapsed());
    let bytes = process::resident_bytes(server.id())?.saturating_sub(empty_bytes);
    let receive = rate(messages, drain(&client, &queue, CONNECTIONS, messages).await?.whole);
    let cpu = process::cpu_time(server.id())?;

    let named = |what: &str| format!("{groups} groups, {what}");
    found.tell(named("messages"), messages as f64, "");
    found.tell(named("send, batches of ten"), send, "messages/s");
    found.tell(named("receive and delete, batches of ten"), receive, "messages/s");
    found.tell(named("resident memory a message"), bytes as f64 / messages as f64, "bytes");
    found.tell(named("server CPU a message"), cpu.as_secs_f64() * 1e6 / messages as f64, "µs");
    Ok(Rates { send, receive })
}
