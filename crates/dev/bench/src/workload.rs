//! What the clients do in each kind of cell.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use crate::{
    client::Endpoint,
    sqs::{BATCH, Queue, Receiver, Sender},
    stage::{Measurement, Stage},
};

/// Messages that a producer may be ahead of the consumers: else the latency would be that of a growing backlog.
const WINDOW_PER_PRODUCER: usize = 10;
const PIPELINE_WAIT_SECONDS: u32 = 1;
const WAKE_WAIT_SECONDS: u32 = 20;
/// From the receiver's request to the send that wakes it: long enough for the server to have it waiting.
const WAKE_PAUSE: Duration = Duration::from_millis(2);

/// What runs against one server for one cell.
pub struct Cell {
    /// Where the server listens.
    pub endpoint: Endpoint,
    /// The server's process, for its CPU.
    pub server: u32,
    /// Connections at once.
    pub connections: usize,
    /// How long to measure.
    pub duration: Duration,
}

impl Cell {
    /// Every connection sends `batch` messages at a time.
    pub async fn send(&self, queue: &Queue, batch: usize) -> Result<Measurement> {
        let stage = Stage::new(self.duration);
        let mut workers = JoinSet::new();
        for worker in 0..self.connections {
            let mut sender = Sender::new(&self.endpoint, queue, batch, worker as u64).await?;
            let stage = stage.clone();
            workers.spawn(async move {
                while !stage.is_over() {
                    let begun = Instant::now();
                    sender.send(0).await?;
                    stage.count(1, batch as u64);
                    stage.time(begun.elapsed());
                }
                Ok(())
            });
        }
        stage.measure(workers, Some(self.server)).await
    }

    /// Fills the queue, then every connection receives and deletes `batch` messages at a time. The latency is that
    /// of both requests. The cell ends early if the queue runs empty.
    pub async fn receive(&self, queue: &Queue, batch: usize) -> Result<Measurement> {
        let stage = Stage::new(self.duration);
        queue.fill(&self.endpoint, self.receives_at_most(&stage, batch)).await?;
        let mut workers = JoinSet::new();
        for _ in 0..self.connections {
            let mut receiver = Receiver::new(&self.endpoint, queue, batch).await?;
            let stage = stage.clone();
            workers.spawn(async move {
                while !stage.is_over() {
                    let begun = Instant::now();
                    let received = receiver.receive(0).await?;
                    if received == 0 {
                        break;
                    }
                    receiver.delete().await?;
                    stage.count(2, received as u64);
                    stage.time(begun.elapsed());
                }
                Ok(())
            });
        }
        stage.measure(workers, Some(self.server)).await
    }

    /// More than two cores can receive and delete: one request after the other on a connection takes at least
    /// 50 µs, and all connections together manage no more than 60,000 requests a second.
    fn receives_at_most(&self, stage: &Stage, batch: usize) -> u64 {
        let cycles = (self.connections * 10_000).min(30_000);
        (stage.whole().as_secs_f64() * (cycles * batch) as f64) as u64
    }

    /// As many producers as consumers, half of the connections each (one connection counts as a pair). The latency is
    /// that of a message: from the start of its send to the end of the receive that brings it.
    pub async fn pipeline(&self, queue: &Queue) -> Result<Measurement> {
        let stage = Stage::new(self.duration);
        let pairs = self.connections.div_ceil(2);
        let window = Arc::new(Semaphore::new(pairs * WINDOW_PER_PRODUCER));
        let epoch = Instant::now();
        let mut workers = JoinSet::new();
        for worker in 0..pairs {
            let sender = Sender::new(&self.endpoint, queue, 1, worker as u64).await?;
            workers.spawn(produce(stage.clone(), sender, window.clone(), epoch));
            let receiver = Receiver::new(&self.endpoint, queue, BATCH).await?;
            workers.spawn(consume(stage.clone(), receiver, window.clone(), epoch));
        }
        stage.measure(workers, Some(self.server)).await
    }

    /// One receiver waits in a long poll, a send on another connection wakes it. The latency runs from the start of
    /// the send's request to the end of the receiver's reply: it contains the send's own way to the disk.
    pub async fn wake(&self, queue: &Queue) -> Result<Measurement> {
        let stage = Stage::new(self.duration);
        let mut receiver = Receiver::new(&self.endpoint, queue, 1).await?;
        let mut sender = Sender::new(&self.endpoint, queue, 1, 0).await?;
        let shared = stage.clone();
        let mut workers = JoinSet::new();
        workers.spawn(async move {
            while !shared.is_over() {
                let waiting = async {
                    let received = receiver.receive(WAKE_WAIT_SECONDS).await?;
                    anyhow::Ok((received, Instant::now()))
                };
                let waking = async {
                    sleep(WAKE_PAUSE).await;
                    let begun = Instant::now();
                    sender.send(0).await?;
                    anyhow::Ok(begun)
                };
                let ((received, woken), begun) = tokio::try_join!(waiting, waking)?;
                ensure!(received == 1, "a long poll came back with {received} messages");
                shared.count(2, 1);
                shared.time(woken - begun);
                receiver.delete().await?;
            }
            Ok(())
        });
        stage.measure(workers, Some(self.server)).await
    }
}

async fn produce(stage: Stage, mut sender: Sender, window: Arc<Semaphore>, epoch: Instant) -> Result<()> {
    while !stage.is_over()
        && let Ok(permit) = window.acquire().await
    {
        permit.forget();
        sender.send(nanos_since(epoch)).await?;
        stage.count(1, 0);
    }
    Ok(())
}

async fn consume(stage: Stage, mut receiver: Receiver, window: Arc<Semaphore>, epoch: Instant) -> Result<()> {
    while !stage.is_over() {
        let received = receiver.receive(PIPELINE_WAIT_SECONDS).await?;
        let now = nanos_since(epoch);
        stage.count(1, received as u64);
        if received == 0 {
            continue;
        }
        for stamp in receiver.stamps() {
            let nanos = now.checked_sub(stamp?).context("a message from the future")?;
            stage.time(Duration::from_nanos(nanos));
        }
        window.add_permits(received);
        receiver.delete().await?;
        stage.count(1, 0);
    }
    // Producers must not wait for room that nobody makes any more.
    window.close();
    Ok(())
}

fn nanos_since(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_nanos()).expect("a run does not last for centuries")
}
