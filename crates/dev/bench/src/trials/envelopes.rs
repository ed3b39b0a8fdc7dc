//! What the consumers of a subscribed queue pay for envelopes and their signatures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_client::Client;
use bongsu_load::{BATCH, Queue, Receiver, Shape};
use tokio::task::JoinSet;

use super::Findings;
use super::drain::rate;
use crate::home::{Homes, client};
use crate::process;
use crate::topic::Topic;

const CONNECTIONS: usize = 64;
const FILL_CONNECTIONS: u64 = 16;
/// Without signatures, of which a server makes hundreds in a second, a trial would be over too soon to tell.
const UNSIGNED_TIMES: u64 = 5;
const WAIT_SECONDS: u32 = 1;
/// Messages that do not come by then are lost.
const OVER_WITHIN: Duration = Duration::from_secs(120);

/// What is in the queue.
#[derive(Clone, Copy)]
enum Kind {
    /// What was sent to it.
    Plain,
    /// The bare messages of a topic.
    Raw,
    /// Envelopes with a signature of this version.
    Signed(&'static str),
}

/// Receives and deletes what is in queues of each kind: `signed` messages, or some times as many without signatures.
pub async fn measure(homes: &Homes, signed: u64) -> Result<Findings> {
    let mut found = Findings::default();
    for (what, kind, messages) in [
        ("sent messages", Kind::Plain, signed * UNSIGNED_TIMES),
        ("raw notifications", Kind::Raw, signed * UNSIGNED_TIMES),
        ("envelopes, version 1", Kind::Signed("1"), signed),
        ("envelopes, version 2", Kind::Signed("2"), signed),
    ] {
        measure_kind(homes, what, kind, messages, &mut found).await?;
    }
    Ok(found)
}

/// From one queue, and then, for envelopes, from another one that has the same.
async fn measure_kind(homes: &Homes, what: &str, kind: Kind, messages: u64, found: &mut Findings) -> Result<()> {
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let client = client(&server, false)?;
    let (first, second) =
        (Queue::create(&client, Shape::STANDARD).await?, Queue::create(&client, Shape::STANDARD).await?);
    match kind {
        Kind::Plain => first.fill(&client, messages).await.map(drop)?,
        Kind::Raw => publish(&client, &[&first], messages, "1", "true").await?,
        Kind::Signed(version) => publish(&client, &[&first, &second], messages, version, "false").await?,
    }
    empty(&client, server.id(), &first, what, messages, found).await?;
    if let Kind::Signed(_) = kind {
        let what = format!("{what}, from the next queue");
        empty(&client, server.id(), &second, &what, messages, found).await?;
    }
    Ok(())
}

/// Receives and deletes, one by one, until so many messages are gone.
async fn empty(
    client: &Client,
    server: u32,
    queue: &Queue,
    what: &str,
    messages: u64,
    found: &mut Findings,
) -> Result<()> {
    let gone = Arc::new(AtomicU64::new(0));
    let mut receivers = Vec::new();
    for _ in 0..CONNECTIONS {
        receivers.push(Receiver::new(client, queue, 1).await?);
    }
    let (begun, cpu) = (Instant::now(), process::cpu_time(server)?);
    let mut workers = JoinSet::new();
    for receiver in receivers {
        workers.spawn(work_off(receiver, gone.clone(), messages, begun));
    }
    let mut times = Vec::new();
    let mut elapsed = Duration::ZERO;
    while let Some(worker) = workers.join_next().await {
        let (of_worker, last) = worker??;
        times.extend(of_worker);
        elapsed = elapsed.max(last);
    }
    let cpu = process::cpu_time(server)?.saturating_sub(cpu);
    times.sort_unstable();
    let quantile = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    found.tell(format!("{what}: received and deleted"), rate(messages, elapsed), "messages/s");
    found.tell(format!("{what}: p50"), quantile(50).as_secs_f64() * 1e3, "ms");
    found.tell(format!("{what}: p99"), quantile(99).as_secs_f64() * 1e3, "ms");
    found.tell(format!("{what}: server CPU a message"), cpu.as_secs_f64() * 1e6 / messages as f64, "µs");
    Ok(())
}

/// What each message took, and when the last one was gone.
async fn work_off(
    mut receiver: Receiver,
    gone: Arc<AtomicU64>,
    messages: u64,
    begun: Instant,
) -> Result<(Vec<Duration>, Duration)> {
    let (mut times, mut last) = (Vec::new(), Duration::ZERO);
    while gone.load(Relaxed) < messages {
        ensure!(begun.elapsed() < OVER_WITHIN, "{} of {messages} messages came", gone.load(Relaxed));
        let asked = Instant::now();
        if receiver.receive(WAIT_SECONDS).await? == 0 {
            continue;
        }
        gone.fetch_add(receiver.delete().await?.done, Relaxed);
        times.push(asked.elapsed());
        last = begun.elapsed();
    }
    Ok((times, last))
}

/// Publishes at least so many notifications to queues that are subscribed for that.
async fn publish(client: &Client, queues: &[&Queue], messages: u64, version: &str, raw: &str) -> Result<()> {
    let topic = Topic::create(client, "bench", &[("SignatureVersion", version)]).await?;
    for queue in queues {
        let arn = client.queue_attribute(queue.url(), "QueueArn").await?;
        topic.subscribe("sqs", &arn, &[("RawMessageDelivery", raw)]).await?;
    }
    let message = "x".repeat(Shape::STANDARD.body_bytes);
    let mut publishing = JoinSet::new();
    for _ in 0..FILL_CONNECTIONS {
        let mut publisher = topic.publisher().await?;
        let request = publisher.request(&[message.as_str(); BATCH]);
        let batches = messages.div_ceil(FILL_CONNECTIONS * BATCH as u64);
        publishing.spawn(async move {
            for _ in 0..batches {
                publisher.publish(&request, BATCH).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(publisher) = publishing.join_next().await {
        publisher??;
    }
    Ok(())
}
