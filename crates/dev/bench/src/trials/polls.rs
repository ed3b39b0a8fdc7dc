//! Very many long polls at one queue at once: what each costs while it waits, and how soon each is woken.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bongsu_load::{Queue, Receiver, Sender, Shape};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Findings;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::process;

const WAIT_SECONDS: u32 = 20;
const SENDERS: u64 = 16;
/// A server that uses no processor for this long has read everything that it was sent.
const QUIET: Duration = Duration::from_millis(200);
const QUIET_WITHIN: Duration = Duration::from_secs(10);

/// Has `count` connections wait for a message each, then sends that many.
pub async fn measure(homes: &Homes, count: u64) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let client = client(&server, false)?;
    let queue = Queue::create(&client, Shape::STANDARD).await?;
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        senders.push(Sender::new(&client, &queue, 1).await?);
    }
    let empty_bytes = process::resident_bytes(server.id())?;
    let epoch = Instant::now();
    let mut polls = JoinSet::new();
    for poll in 0..count {
        let receiver = Receiver::new(&client, &queue, 1).await;
        let mut receiver = receiver.with_context(|| format!("of {count} connections the server took {poll}"))?;
        polls.spawn(async move {
            let received = receiver.receive(WAIT_SECONDS).await;
            let now = nanos_since(epoch);
            received.map(|_| receiver.stamps().next().map(|stamp| now.saturating_sub(stamp)))
        });
    }
    found.tell("long polls", count as f64, "");
    found.tell("all asked after", epoch.elapsed().as_secs_f64(), "s");
    wait_until_quiet(server.id()).await?;
    let waiting_bytes = process::resident_bytes(server.id())?.saturating_sub(empty_bytes);
    found.tell("resident memory a waiting poll", waiting_bytes as f64 / count as f64, "bytes");

    let begun = Instant::now();
    let cpu = process::cpu_time(server.id())?;
    let mut sending = JoinSet::new();
    for (worker, mut sender) in (0..SENDERS).zip(senders) {
        // All together send exactly as many as wait.
        let messages = count / SENDERS + u64::from(worker < count % SENDERS);
        sending.spawn(async move {
            for _ in 0..messages {
                sender.send(nanos_since(epoch)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(sender) = sending.join_next().await {
        sender??;
    }
    let (mut woken, mut failed) = (Vec::new(), None);
    while let Some(poll) = polls.join_next().await {
        match poll? {
            Ok(latency) => woken.extend(latency),
            Err(error) => failed = Some(error),
        }
    }
    found.tell("all over after", begun.elapsed().as_secs_f64(), "s");
    let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
    found.tell("server CPU a poll", cpu.as_secs_f64() * 1e6 / count as f64, "µs");
    if let Some(error) = failed {
        ensure!(!woken.is_empty(), "no poll was woken: {error}");
    }
    woken.sort_unstable();
    let quantile =
        |permille: usize| woken.get((woken.len() * permille / 1000).min(woken.len().saturating_sub(1))).copied();
    for (what, permille) in [("woken, p50", 500), ("woken, p99", 990), ("woken, the last", 1000)] {
        found.tell(what, quantile(permille).unwrap_or_default() as f64 / 1e6, "ms");
    }
    found.checks.push(Check::all("long polls that were woken", woken.len() as u64, count));
    Ok(found)
}

/// Returns when the server has nothing more to do.
async fn wait_until_quiet(server: u32) -> Result<()> {
    let begun = Instant::now();
    let mut before = None;
    loop {
        let now = process::cpu_time(server)?;
        if before == Some(now) {
            return Ok(());
        }
        ensure!(begun.elapsed() < QUIET_WITHIN, "the server does not come to rest while polls wait");
        before = Some(now);
        sleep(QUIET).await;
    }
}

fn nanos_since(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_nanos()).expect("a run does not last for centuries")
}
