//! Publishing to topics with more and more queues, beside what it would cost to send to the queues one by one.

mod core;

use std::time::{Duration, Instant};

use anyhow::Result;
use bongsu_client::Client;
use bongsu_load::{BATCH, Load, Queue, Sender, Shape, Stage};
use serde_json::{Value, json};

use super::Findings;
use crate::cell::{self, Measured};
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::topic::{Publisher, Topic};

const CONNECTIONS: usize = 64;
/// Subscribed queues.
const QUEUES: [usize; 3] = [1, 10, QUEUES_MAX];
const QUEUES_MAX: usize = 100;
/// As many queues as messages are sent to one by one.
const QUEUES_ONE_BY_ONE: usize = 10;
/// Of what it costs to send one message, what a delivery to one of a hundred queues may cost.
const DELIVERY_SHARE_MAX: f64 = 0.1;

/// Publishes for `duration` in each way.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let bench = Bench { homes, duration };
    let send = bench.send(1).await?;
    tell_messages("SendMessage to 1 queue", &send, &mut found);
    let each = bench.send(QUEUES_ONE_BY_ONE).await?;
    tell_messages(&format!("SendMessage to each of {QUEUES_ONE_BY_ONE} queues"), &each, &mut found);
    for queues in QUEUES {
        for batch in [1, BATCH] {
            let measured = bench.publish(queues, batch, Policies::None).await?;
            tell(&named(queues, batch), queues, &measured, &mut found);
            if (queues, batch) == (QUEUES_MAX, 1) {
                let share = delivery_micros(queues, &measured) / send_micros(&send);
                let what = format!("a delivery to one of {queues} queues, of a SendMessage");
                found.checks.push(Check::at_most(&what, share, DELIVERY_SHARE_MAX, "times its CPU"));
            }
        }
    }
    let measured = bench.publish(QUEUES_MAX, 1, Policies::ForTopic).await?;
    tell(&(named(QUEUES_MAX, 1) + " with policies"), QUEUES_MAX, &measured, &mut found);
    core::measure(duration, &mut found);
    Ok(found)
}

fn named(queues: usize, batch: usize) -> String {
    let operation = if batch == 1 { "Publish" } else { "PublishBatch" };
    format!("{operation}, {queues} {}", if queues == 1 { "queue" } else { "queues" })
}

fn tell_messages(what: &str, measured: &Measured, found: &mut Findings) {
    let load = &measured.load;
    found.tell(format!("{what}: messages"), load.message_rate(), "a second");
    found.tell(format!("{what}: p50"), load.p50_micros / 1e3, "ms");
    found.tell(format!("{what}: p99"), load.p99_micros / 1e3, "ms");
    found.tell(format!("{what}: server CPU a message"), send_micros(measured), "µs");
}

fn tell(what: &str, queues: usize, measured: &Measured, found: &mut Findings) {
    let load = &measured.load;
    found.tell(format!("{what}: notifications"), load.message_rate(), "a second");
    found.tell(format!("{what}: deliveries"), load.message_rate() * queues as f64, "a second");
    found.tell(format!("{what}: p50"), load.p50_micros / 1e3, "ms");
    found.tell(format!("{what}: p99"), load.p99_micros / 1e3, "ms");
    found.tell(format!("{what}: server CPU a delivery"), delivery_micros(queues, measured), "µs");
}

fn send_micros(measured: &Measured) -> f64 {
    measured.server_micros_per_message.unwrap_or_default()
}

fn delivery_micros(queues: usize, measured: &Measured) -> f64 {
    send_micros(measured) / queues as f64
}

/// Whether queues say who may send to them, as they have to on AWS.
#[derive(Clone, Copy, PartialEq)]
enum Policies {
    None,
    ForTopic,
}

struct Bench<'a> {
    homes: &'a Homes,
    duration: Duration,
}

impl Bench<'_> {
    /// Sends every message to each of the queues, one after the other.
    async fn send(&self, queues: usize) -> Result<Measured> {
        let home = self.homes.fresh()?;
        let server = home.start(false).await?;
        let client = client(&server, false)?;
        let queues = create_queues(&client, queues).await?;
        let mut load = Load::new(Stage::new(self.duration));
        for _ in 0..CONNECTIONS {
            let mut senders = Vec::new();
            for queue in &queues {
                senders.push(Sender::new(&client, queue, 1).await?);
            }
            load.spawn(send(load.stage().clone(), senders));
        }
        cell::measure(load, Some(server.id())).await
    }

    /// Publishes to a topic with so many queues.
    async fn publish(&self, queues: usize, batch: usize, policies: Policies) -> Result<Measured> {
        let home = self.homes.fresh()?;
        let server = home.start(false).await?;
        let client = client(&server, false)?;
        let topic = subscribed(&client, queues, policies).await?;
        let load = publish_load(&topic, batch, self.duration).await?;
        cell::measure(load, Some(server.id())).await
    }
}

/// Queues with nothing in them.
async fn create_queues(client: &Client, count: usize) -> Result<Vec<Queue>> {
    let mut queues = Vec::with_capacity(count);
    for _ in 0..count {
        queues.push(Queue::create(client, Shape::STANDARD).await?);
    }
    Ok(queues)
}

/// A topic with so many queues.
async fn subscribed(client: &Client, queues: usize, policies: Policies) -> Result<Topic> {
    let topic = Topic::create(client, "bench", &[]).await?;
    for queue in create_queues(client, queues).await? {
        let arn = client.queue_attribute(queue.url(), "QueueArn").await?;
        if policies == Policies::ForTopic {
            let attributes = json!({ "Policy": policy(&arn, topic.arn()) });
            let input = json!({ "QueueUrl": queue.url(), "Attributes": attributes });
            let _: Value = client.call("SetQueueAttributes", &input).await?;
        }
        topic.subscribe("sqs", &arn, &[]).await?;
    }
    Ok(topic)
}

/// As AWS's own guide has it.
fn policy(queue: &str, topic: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }],
    })
    .to_string()
}

async fn publish_load(topic: &Topic, batch: usize, duration: Duration) -> Result<Load> {
    let mut load = Load::new(Stage::new(duration));
    let message = "abcdefghijklmnop".repeat(Shape::STANDARD.body_bytes / 16);
    for _ in 0..CONNECTIONS {
        let publisher = topic.publisher().await?;
        let request = publisher.request(&vec![message.as_str(); batch]);
        load.spawn(publish(load.stage().clone(), publisher, request, batch));
    }
    Ok(load)
}

async fn publish(stage: Stage, mut publisher: Publisher, request: Vec<u8>, batch: usize) {
    while !stage.is_over() {
        let begun = Instant::now();
        match publisher.publish(&request, batch).await {
            Ok(()) => {
                stage.count(1, batch as u64);
                stage.time(begun.elapsed());
            }
            Err(error) => stage.failed(&error).await,
        }
    }
}

async fn send(stage: Stage, mut senders: Vec<Sender>) {
    while !stage.is_over() {
        let begun = Instant::now();
        for sender in &mut senders {
            match sender.send(0).await {
                Ok(_) => stage.count(1, 1),
                Err(error) => stage.failed(&error).await,
            }
        }
        stage.time(begun.elapsed());
    }
}
