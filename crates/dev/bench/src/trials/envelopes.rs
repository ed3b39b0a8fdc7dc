//! What the consumers of a subscribed queue pay for envelopes and their signatures.

use std::time::Duration;

use anyhow::Result;
use bongsu_client::Client;
use bongsu_load::{BATCH, Load, Plan, Queue, Shape, Stage, Workload};
use tokio::task::JoinSet;

use super::Findings;
use crate::cell::{self, Measured};
use crate::home::{Homes, client};
use crate::topic::Topic;

const CONNECTIONS: usize = 64;
const FILL_CONNECTIONS: u64 = 16;
/// More than two cores receive and delete in a second, one by one.
const PLAIN_A_SECOND: f64 = 40_000.0;
/// More than two cores sign in a second.
const SIGNED_A_SECOND: f64 = 6_000.0;

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

impl Kind {
    fn most_a_second(self) -> f64 {
        if let Kind::Signed(_) = self { SIGNED_A_SECOND } else { PLAIN_A_SECOND }
    }
}

/// Receives and deletes for `duration` from queues of each kind.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    for (what, kind) in [
        ("sent messages", Kind::Plain),
        ("raw notifications", Kind::Raw),
        ("envelopes, version 1", Kind::Signed("1")),
        ("envelopes, version 2", Kind::Signed("2")),
    ] {
        let messages = (Stage::new(duration).whole().as_secs_f64() * kind.most_a_second()) as u64;
        let (first, second) = receive(homes, kind, messages, duration).await?;
        tell(what, &first, &mut found);
        if let Some(second) = second {
            tell(&format!("{what}, in the next queue"), &second, &mut found);
        }
    }
    Ok(found)
}

fn tell(what: &str, measured: &Measured, found: &mut Findings) {
    found.tell(format!("{what}: received and deleted"), measured.load.message_rate(), "messages/s");
    found.tell(format!("{what}: p50"), measured.load.p50_micros / 1e3, "ms");
    found.tell(format!("{what}: p99"), measured.load.p99_micros / 1e3, "ms");
    let micros = measured.server_micros_per_message.unwrap_or_default();
    found.tell(format!("{what}: server CPU a message"), micros, "µs");
}

/// From one queue, and then, for envelopes, from another one that has the same.
async fn receive(homes: &Homes, kind: Kind, messages: u64, duration: Duration) -> Result<(Measured, Option<Measured>)> {
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
    let load = |queue| load(&client, queue, duration);
    let of_first = cell::measure(load(&first).await?, Some(server.id())).await?;
    let of_second = match kind {
        Kind::Signed(_) => Some(cell::measure(load(&second).await?, Some(server.id())).await?),
        Kind::Plain | Kind::Raw => None,
    };
    Ok((of_first, of_second))
}

async fn load(client: &Client, queue: &Queue, duration: Duration) -> Result<Load> {
    let plan = Plan { client, queue, connections: CONNECTIONS, batch: 1, rate: None, duration };
    Ok(plan.start(Workload::Receive).await?)
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
