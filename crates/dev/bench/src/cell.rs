//! One cell of the table: a load and what it cost.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use bongsu_client::Client;
use bongsu_load::{BATCH, Load, Measurement, Plan, Queue, Shape, Workload};
use serde::Serialize;

use crate::process;
use crate::subject::Subject;
use crate::usage::Usage;
use crate::wake::wake;

/// Message groups of a FIFO queue.
pub const GROUPS: u64 = 1000;

/// What one cell measured.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Rates and latencies.
    #[serde(flatten)]
    pub load: Measurement,
    /// The client's CPU for each request, signing included.
    pub client_micros_per_request: f64,
    /// The server's CPU for each message, all threads; `None` where there is no server.
    pub server_micros_per_message: Option<f64>,
    /// The server's resident memory at the end; `None` where there is no server.
    pub server_resident_bytes: Option<u64>,
    /// Cores that everything else on the machine kept busy meanwhile, the kernel's own threads included.
    pub other_cores: f64,
}

/// Runs a load to its end. Any error fails the whole cell: its numbers would mean nothing.
pub async fn measure(mut load: Load, server: Option<u32>) -> Result<Measured> {
    load.warm_up().await;
    let before = Usage::now(server)?;
    load.measure().await;
    let used = Usage::now(server)?.since(&before);
    let load = load.finish().await;
    if let Some(error) = load.first_error {
        bail!(error);
    }
    ensure!(load.messages > 0, "nothing was left to measure after the warm-up");
    let micros = |time: Duration, count: u64| time.as_secs_f64() * 1e6 / count as f64;
    Ok(Measured {
        client_micros_per_request: micros(used.client, load.requests),
        server_micros_per_message: used.server.map(|server| micros(server, load.messages)),
        server_resident_bytes: server.map(process::resident_bytes).transpose()?,
        other_cores: used.others(),
        load,
    })
}

/// What runs against one server for one cell.
pub struct Cell {
    /// Where the server listens, and whether requests are signed.
    pub client: Client,
    /// The server's process, for its CPU.
    pub server: u32,
    /// Connections at once.
    pub connections: usize,
    /// How long to measure.
    pub duration: Duration,
}

impl Cell {
    /// Does what a subject says.
    pub async fn run(&self, subject: Subject) -> Result<Measured> {
        match subject {
            Subject::Echo => self.load(Workload::Send, &imaginary(), 1).await,
            Subject::EchoBatch => self.load(Workload::Send, &imaginary(), BATCH).await,
            Subject::Send => self.load(Workload::Send, &self.standard().await?, 1).await,
            Subject::SendBatch => self.load(Workload::Send, &self.standard().await?, BATCH).await,
            Subject::Receive => self.receive(&self.standard().await?, 1).await,
            Subject::ReceiveBatch => self.receive(&self.standard().await?, BATCH).await,
            Subject::Pipeline => self.load(Workload::Pipeline, &self.standard().await?, 1).await,
            Subject::FifoSend => self.load(Workload::Send, &self.fifo().await?, 1).await,
            Subject::FifoSendBatch => self.load(Workload::Send, &self.fifo().await?, BATCH).await,
            Subject::FifoReceive => self.receive(&self.fifo().await?, 1).await,
            Subject::FifoReceiveBatch => self.receive(&self.fifo().await?, BATCH).await,
            Subject::Wake => {
                measure(wake(&self.client, &self.standard().await?, self.duration).await?, Some(self.server)).await
            }
            other => bail!("{} is no cell of a server", other.name()),
        }
    }

    /// Fills the queue with as much as can be received meanwhile, then receives and deletes it.
    pub async fn receive(&self, queue: &Queue, batch: usize) -> Result<Measured> {
        queue.fill(&self.client, self.receives_at_most(batch)).await?;
        self.load(Workload::Receive, queue, batch).await
    }

    /// Runs a workload with a queue as it is.
    pub async fn load(&self, workload: Workload, queue: &Queue, batch: usize) -> Result<Measured> {
        measure(self.plan(queue, batch).start(workload).await?, Some(self.server)).await
    }

    async fn standard(&self) -> Result<Queue> {
        Ok(Queue::create(&self.client, Shape::STANDARD).await?)
    }

    async fn fifo(&self) -> Result<Queue> {
        Ok(Queue::create(&self.client, Shape::fifo(GROUPS)).await?)
    }

    fn plan<'a>(&'a self, queue: &'a Queue, batch: usize) -> Plan<'a> {
        Plan { client: &self.client, queue, connections: self.connections, batch, rate: None, duration: self.duration }
    }

    /// More than two cores can receive and delete: one request after the other on a connection takes at least
    /// 50 µs, and all connections together manage no more than 60,000 requests a second.
    fn receives_at_most(&self, batch: usize) -> u64 {
        let cycles = (self.connections * 10_000).min(30_000);
        let whole = bongsu_load::Stage::new(self.duration).whole();
        (whole.as_secs_f64() * (cycles * batch) as f64) as u64
    }
}

/// A stand-in for servers that look at nothing.
fn imaginary() -> Queue {
    Queue::named("http://127.0.0.1:4566/000000000000/bench", Shape::STANDARD)
}
