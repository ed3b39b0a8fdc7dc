//! A queue that feeds a function: how fast a backlog is worked off, and how soon a message is at work.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_client::Client;
use bongsu_load::{BATCH, Queue, Sender, Shape};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::Findings;
use super::drain::rate;
use super::invokes::{measure_one, warm_up};
use crate::checks::Check;
use crate::endpoint::stamp;
use crate::function::{Language, TALLY, Template};
use crate::home::{Homes, client};
use crate::process;
use crate::rest;
use crate::tally::{Tally, most_at_once};

const FUNCTION: &str = "worker";
const CALLERS: usize = 16;
/// Nothing that is expected takes longer.
pub(super) const WITHIN: Duration = Duration::from_secs(60);
/// How often a message is sent when latency is measured, and how many are.
const SEND_EVERY: Duration = Duration::from_millis(10);
const SENT: u64 = 1000;

/// Of the rate of plain invocations, which have no message to be received and deleted, but ten callers for ten messages.
const TIMES_MIN: f64 = 5.0;
const P50_MILLIS_MAX: f64 = 3.0;
const P99_MILLIS_MAX: f64 = 20.0;

/// Works off a backlog of `messages` in batches of ten, then messages that come one by one.
pub async fn measure(homes: &Homes, messages: u64, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let mut tally = Tally::listen().await?;
    let mut template = Template::default();
    template.function(FUNCTION, Language::Rust, &[(TALLY, tally.address().to_string())], &Value::Null);
    let server = home.start_with(&template).await?;
    let client = client(&server, false)?;
    warm_up(&client, FUNCTION, CALLERS).await?;
    let plain = measure_one(&client, server.id(), FUNCTION, CALLERS, duration).await?;
    found.tell("invocations, 16 callers", plain.load.message_rate(), "a second");

    let queue = Queue::create(&client, Shape::STANDARD).await?;
    let messages = queue.fill(&client, messages).await?;
    let (begun, cpu) = (Instant::now(), process::cpu_time(server.id())?);
    Mapping::create(&client, &queue, FUNCTION, BATCH).await?;
    let records = tally.messages(messages, WITHIN).await?;
    let worked_off = rate(messages, begun.elapsed());
    let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
    let batches = records.iter().filter(|record| record.messages > 0).count();
    found.tell("messages in the queue", messages as f64, "");
    found.tell("worked off", worked_off, "messages/s");
    found.tell("messages an invocation", messages as f64 / batches as f64, "");
    found.tell("invocations at once, the most", most_at_once(&records) as f64, "");
    found.tell("server CPU a message", cpu.as_secs_f64() * 1e6 / messages as f64, "µs");
    let what = "a mapping's messages, of plain invocations";
    found.checks.push(Check::share(what, worked_off, plain.load.message_rate(), TIMES_MIN));

    let mut latencies = one_by_one(&client, &queue, &mut tally).await?;
    latencies.sort_unstable();
    let millis = |percent: usize| latencies[latencies.len() * percent / 100] as f64 / 1e6;
    found.tell("from send to handler at 100 a second, p50", millis(50), "ms");
    found.tell("from send to handler at 100 a second, p99", millis(99), "ms");
    found.checks.push(Check::at_most("from send to handler, p50", millis(50), P50_MILLIS_MAX, "ms"));
    found.checks.push(Check::at_most("from send to handler, p99", millis(99), P99_MILLIS_MAX, "ms"));
    Ok(found)
}

/// Nanoseconds from the start of a send to that of the handler.
async fn one_by_one(client: &Client, queue: &Queue, tally: &mut Tally) -> Result<Vec<u64>> {
    let mut sender = Sender::new(client, queue, 1).await?;
    let mut turns = interval(SEND_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..SENT {
        turns.tick().await;
        sender.send(stamp()).await?;
    }
    let records = tally.messages(SENT, WITHIN).await?;
    let of_messages = records.iter().filter(|record| record.messages > 0);
    Ok(of_messages.map(|record| record.begun.saturating_sub(record.stamp)).collect())
}

/// An event source mapping.
pub(super) struct Mapping {
    client: Client,
    path: String,
}

impl Mapping {
    /// Has a queue feed a function, in batches of at most so many messages.
    pub(super) async fn create(client: &Client, queue: &Queue, function: &str, batch: usize) -> Result<Self> {
        const PATH: &str = "/2015-03-31/event-source-mappings/";
        #[derive(Deserialize)]
        struct Created {
            #[serde(rename = "UUID")]
            uuid: String,
        }
        let arn = client.queue_attribute(queue.url(), "QueueArn").await?;
        let input = json!({ "EventSourceArn": arn, "FunctionName": function, "BatchSize": batch });
        let request = rest::request(client, "POST", PATH, &[], input.to_string().as_bytes());
        let Created { uuid } = serde_json::from_slice(&rest::ask(client, &request).await?)?;
        ensure!(!uuid.is_empty(), "a mapping without an id");
        Ok(Self { client: client.clone(), path: format!("{PATH}{uuid}") })
    }

    /// Switches it on or off.
    pub(super) async fn enable(&self, enabled: bool) -> Result<()> {
        let input = json!({ "Enabled": enabled }).to_string();
        let request = rest::request(&self.client, "PUT", &self.path, &[], input.as_bytes());
        rest::ask(&self.client, &request).await?;
        Ok(())
    }
}
