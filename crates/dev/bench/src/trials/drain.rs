//! A FIFO backlog in one queue, worked off to the end: as fast as a queue that is nearly empty?

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bongsu_client::Client;
use bongsu_load::{BATCH, Queue, Receiver, Shape};
use tokio::task::JoinSet;

use super::Findings;
use crate::cell::GROUPS;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::process;

const CONNECTIONS: usize = 16;
/// Of a group one batch is in flight at a time, so that more connections would only wait for each other.
const CONNECTIONS_FOR_ONE_GROUP: usize = 1;
const WAIT_SECONDS: u32 = 1;
/// A worker that gets nothing so often in a row, a second each, waits for messages that are lost.
const EMPTY_RECEIVES_MAX: u32 = 30;
/// A queue with this share of the backlog is nearly empty.
const NEARLY_EMPTY: u64 = 100;
/// So often is a nearly empty queue filled and worked off, or its time would be too short to tell.
const ROUNDS: u64 = 10;

/// Works off `messages` messages of one group, then of many.
pub async fn measure(homes: &Homes, messages: u64) -> Result<Findings> {
    let mut found = Findings::default();
    for (groups, connections) in [(1, CONNECTIONS_FOR_ONE_GROUP), (GROUPS, CONNECTIONS)] {
        measure_groups(homes, messages, groups, connections, &mut found).await?;
    }
    Ok(found)
}

async fn measure_groups(
    homes: &Homes,
    messages: u64,
    groups: u64,
    connections: usize,
    found: &mut Findings,
) -> Result<()> {
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let client = client(&server, false)?;
    let queue = Queue::create(&client, Shape::fifo(groups)).await?;
    let (mut shallow, mut shallow_messages) = (Duration::ZERO, 0);
    for _ in 0..ROUNDS {
        let filled = queue.fill(&client, messages.div_ceil(NEARLY_EMPTY)).await?;
        shallow += drain(&client, &queue, connections, filled).await?.whole;
        shallow_messages += filled;
    }
    let shallow = rate(shallow_messages, shallow);
    let messages = queue.fill(&client, messages).await?;
    let resident_bytes = process::resident_bytes(server.id())?;
    let cpu = process::cpu_time(server.id())?;
    let drained = drain(&client, &queue, connections, messages).await?;
    let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
    let (whole, end) = (rate(messages, drained.whole), rate(messages / 10, drained.last_tenth));

    let named = |what: &str| format!("{groups} groups, {what}");
    found.tell(named("messages"), messages as f64, "");
    found.tell_bytes(named("resident memory, full"), resident_bytes);
    found.tell(named("nearly empty"), shallow, "messages/s");
    found.tell(named("the whole backlog"), whole, "messages/s");
    found.tell(named("its last tenth"), end, "messages/s");
    found.tell(named("server CPU a message"), cpu.as_secs_f64() * 1e6 / messages as f64, "µs");
    let check = |what: &str, part| Check::share(&format!("fifo-drain, {}", named(what)), part, shallow, 0.8);
    found.checks.push(check("whole, of nearly empty", whole));
    found.checks.push(check("last tenth, of nearly empty", end));
    Ok(())
}

/// How long it took.
pub(super) struct Drained {
    /// From the first receive to the last delete.
    pub(super) whole: Duration,
    /// The same for the last tenth of the messages.
    pub(super) last_tenth: Duration,
}

/// Receives and deletes exactly `messages` messages, in batches of ten.
pub(super) async fn drain(client: &Client, queue: &Queue, connections: usize, messages: u64) -> Result<Drained> {
    let mut receivers = Vec::new();
    for _ in 0..connections {
        receivers.push(Receiver::new(client, queue, BATCH).await?);
    }
    let backlog = Arc::new(Backlog { left: AtomicU64::new(messages), tenth: messages / 10, reached: OnceLock::new() });
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for receiver in receivers {
        workers.spawn(work_off(receiver, backlog.clone()));
    }
    // The one that deletes the last message ends; who still waits for more then ends with the set.
    let ended = workers.join_next().await.context("nobody receives")???;
    let last_tenth = ended - *backlog.reached.get().unwrap_or(&begun);
    Ok(Drained { whole: ended - begun, last_tenth })
}

struct Backlog {
    left: AtomicU64,
    tenth: u64,
    /// When no more than a tenth was left.
    reached: OnceLock<Instant>,
}

/// Returns when the last message is deleted, if this worker deletes it; otherwise only with an error.
async fn work_off(mut receiver: Receiver, backlog: Arc<Backlog>) -> Result<Instant> {
    let mut empty = 0;
    loop {
        if receiver.receive(WAIT_SECONDS).await? == 0 {
            empty += 1;
            ensure!(empty < EMPTY_RECEIVES_MAX, "{} messages do not come", backlog.left.load(Relaxed));
            continue;
        }
        empty = 0;
        let deleted = receiver.delete().await?;
        ensure!(deleted.failed.is_empty(), "a delete failed: {}", deleted.failed[0]);
        let left = backlog.left.fetch_sub(deleted.done, Relaxed).checked_sub(deleted.done);
        let left = left.context("more messages came than were sent")?;
        if left <= backlog.tenth {
            backlog.reached.get_or_init(Instant::now);
        }
        if left == 0 {
            return Ok(Instant::now());
        }
    }
}

pub(super) fn rate(messages: u64, time: Duration) -> f64 {
    messages as f64 / time.as_secs_f64()
}
