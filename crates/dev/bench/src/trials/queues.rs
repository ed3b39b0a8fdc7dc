//! Very many queues: made, used once each, and there again after a kill.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bongsu_client::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Findings;
use super::drain::rate;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::process;

const CONNECTIONS: usize = 16;
const READY_SECONDS: f64 = 5.0;

/// Makes `count` queues, sends one message to each, kills the server, and receives from each.
pub async fn measure(homes: &Homes, count: u64) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let empty_bytes = process::resident_bytes(server.id())?;
    let each = |client: &Client, operation, inputs| Each { client: client.clone(), operation, inputs }.call();

    let names = (0..count).map(|queue| json!({ "QueueName": format!("queue-{queue}") })).collect();
    let to_server = client(&server, false)?;
    let (replies, time) = each(&to_server, "CreateQueue", names).await?;
    found.tell("queues", count as f64, "");
    found.tell("created", rate(count, time), "queues/s");
    let bytes = process::resident_bytes(server.id())?.saturating_sub(empty_bytes);
    found.tell("resident memory a queue", bytes as f64 / count as f64, "bytes");
    let urls: Vec<_> = replies.into_iter().map(|reply| reply["QueueUrl"].clone()).collect();

    let messages = urls.iter().map(|url| json!({ "QueueUrl": url, "MessageBody": url })).collect();
    let (_, time) = each(&to_server, "SendMessage", messages).await?;
    found.tell("sent, one to each", rate(count, time), "messages/s");
    drop(server); // With SIGKILL.

    let server = home.start(false).await?;
    found.tell("ready again after", server.ready_after.as_secs_f64(), "s");
    // The port is another one, and with it the host in a queue's URL, of which a server looks at the path alone.
    let to_server = client(&server, false)?;
    let asked = urls.iter().map(|url| json!({ "QueueUrl": url })).collect();
    let (replies, time) = each(&to_server, "ReceiveMessage", asked).await?;
    found.tell("received, one from each", rate(count, time), "messages/s");
    let right = urls.iter().zip(&replies).filter(|(url, reply)| reply["Messages"][0]["Body"] == **url).count() as u64;
    found.checks.push(Check::all("queues that kept their message", right, count));
    found.checks.push(Check::at_most("start-up with them", server.ready_after.as_secs_f64(), READY_SECONDS, "s"));
    Ok(found)
}

/// One operation, called with each of some inputs.
struct Each {
    client: Client,
    operation: &'static str,
    inputs: Vec<Value>,
}

impl Each {
    /// The replies in the order of the inputs, and how long all of them took.
    async fn call(self) -> Result<(Vec<Value>, Duration)> {
        let begun = Instant::now();
        let mut workers = JoinSet::new();
        for chunk in self.inputs.chunks(self.inputs.len().div_ceil(CONNECTIONS).max(1)) {
            let (client, operation, chunk, worker) =
                (self.client.clone(), self.operation, chunk.to_vec(), workers.len());
            workers.spawn(async move {
                let mut connection = client.connect().await?;
                let mut request = client.request(operation);
                let mut replies = Vec::with_capacity(chunk.len());
                for input in chunk {
                    serde_json::to_writer(request.body(), &input)?;
                    connection.call(request.finish()).await.with_context(|| operation)?;
                    replies.push(serde_json::from_slice(connection.body())?);
                }
                anyhow::Ok((worker, replies))
            });
        }
        let mut replies = Vec::new();
        while let Some(worker) = workers.join_next().await {
            replies.push(worker??);
        }
        let time = begun.elapsed();
        replies.sort_by_key(|(worker, _)| *worker);
        Ok((replies.into_iter().flat_map(|(_, replies): (usize, Vec<Value>)| replies).collect(), time))
    }
}
