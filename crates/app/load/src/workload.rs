//! What the clients do in each kind of run.

use std::sync::Arc;
use std::time::Duration;

use bongsu_client::{Client, ConnectError};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::pace::Pace;
use crate::queue::BATCH;
use crate::{Load, Queue, Receiver, Sender, Stage};

/// Requests that a producer may be ahead of the consumers: else the latency would be that of a growing backlog.
const WINDOW_PER_PRODUCER: usize = 10;
/// A queue is empty when a receive has waited this long and nobody else got anything either.
const RECEIVE_WAIT_SECONDS: u32 = 1;

/// What the connections do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Every connection sends.
    Send,
    /// Every connection receives and deletes what is in the queue; the latency is that of both requests. Ends when the
    /// queue is empty.
    Receive,
    /// As many producers as consumers, half of the connections each (one connection counts as a pair). The latency is
    /// that of a message: from the start of its send to the end of the receive that brings it.
    Pipeline,
}

/// A run to be started.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// Where to.
    pub client: &'a Client,
    /// Which queue.
    pub queue: &'a Queue,
    /// Connections at once.
    pub connections: usize,
    /// Messages a request, 1 to 10.
    pub batch: usize,
    /// Messages a second, all connections together; as many as possible without it.
    pub rate: Option<u32>,
    /// How long to measure.
    pub duration: Duration,
}

impl Plan<'_> {
    /// Connects and starts the workers; they run from now on.
    pub async fn start(&self, workload: Workload) -> Result<Load, ConnectError> {
        match workload {
            Workload::Send => self.send().await,
            Workload::Receive => self.receive().await,
            Workload::Pipeline => self.pipeline().await,
        }
    }

    async fn send(&self) -> Result<Load, ConnectError> {
        let mut senders = Vec::new();
        for _ in 0..self.connections {
            senders.push(Sender::new(self.client, self.queue, self.batch).await?);
        }
        let mut load = Load::new(Stage::new(self.duration));
        let pace = self.pace();
        for sender in senders {
            load.spawn(send(load.stage().clone(), pace.clone(), sender));
        }
        Ok(load)
    }

    async fn receive(&self) -> Result<Load, ConnectError> {
        let mut receivers = Vec::new();
        for _ in 0..self.connections {
            receivers.push(Receiver::new(self.client, self.queue, self.batch).await?);
        }
        let mut load = Load::new(Stage::new(self.duration));
        let pace = self.pace();
        for receiver in receivers {
            load.spawn(receive(load.stage().clone(), pace.clone(), receiver));
        }
        Ok(load)
    }

    async fn pipeline(&self) -> Result<Load, ConnectError> {
        let pairs = self.connections.div_ceil(2);
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            senders.push(Sender::new(self.client, self.queue, self.batch).await?);
            receivers.push(Receiver::new(self.client, self.queue, BATCH).await?);
        }
        let mut load = Load::new(Stage::new(self.duration));
        let pace = self.pace();
        let window = Arc::new(Semaphore::new(pairs * WINDOW_PER_PRODUCER * self.batch));
        let epoch = Instant::now();
        for sender in senders {
            let batch = u32::try_from(self.batch).expect("a batch is small");
            load.spawn(produce(load.stage().clone(), pace.clone(), sender, batch, window.clone(), epoch));
        }
        for receiver in receivers {
            load.spawn(consume(load.stage().clone(), receiver, window.clone(), epoch));
        }
        Ok(load)
    }

    fn pace(&self) -> Pace {
        Pace::new(self.rate, self.batch)
    }
}

async fn send(stage: Stage, pace: Pace, mut sender: Sender) {
    while let Some(begun) = pace.turn(&stage).await {
        match sender.send(0).await {
            Ok(sent) => {
                stage.count(1, sent.done);
                stage.time(begun.elapsed());
                stage.entries_failed(&sent.failed).await;
            }
            Err(error) => stage.failed(&error).await,
        }
    }
}

async fn receive(stage: Stage, pace: Pace, mut receiver: Receiver) {
    while let Some(begun) = pace.turn(&stage).await {
        let outcome = match receiver.receive(RECEIVE_WAIT_SECONDS).await {
            Ok(0) if stage.is_idle_since(begun) => break,
            Ok(0) => continue,
            Ok(_) => receiver.delete().await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(deleted) => {
                stage.count(2, deleted.done);
                stage.time(begun.elapsed());
                stage.entries_failed(&deleted.failed).await;
            }
            Err(error) => stage.failed(&error).await,
        }
    }
}

async fn produce(stage: Stage, pace: Pace, mut sender: Sender, batch: u32, window: Arc<Semaphore>, epoch: Instant) {
    while let Ok(permits) = window.acquire_many(batch).await
        && let Some(begun) = pace.turn(&stage).await
    {
        match sender.send(nanos(begun.saturating_duration_since(epoch))).await {
            Ok(sent) => {
                permits.forget();
                window.add_permits(sent.failed.len());
                stage.count(1, 0);
                stage.entries_failed(&sent.failed).await;
            }
            Err(error) => stage.failed(&error).await,
        }
    }
}

async fn consume(stage: Stage, mut receiver: Receiver, window: Arc<Semaphore>, epoch: Instant) {
    while !stage.is_over() {
        let received = match receiver.receive(RECEIVE_WAIT_SECONDS).await {
            Ok(received) => received,
            Err(error) => {
                stage.failed(&error).await;
                continue;
            }
        };
        stage.count(1, received as u64);
        let now = nanos(epoch.elapsed());
        for stamp in receiver.stamps() {
            stage.time(Duration::from_nanos(now.saturating_sub(stamp)));
            window.add_permits(1);
        }
        if received == 0 {
            continue;
        }
        match receiver.delete().await {
            Ok(deleted) => {
                stage.count(1, 0);
                stage.entries_failed(&deleted.failed).await;
            }
            Err(error) => stage.failed(&error).await,
        }
    }
    // Producers must not wait for room that nobody makes any more.
    window.close();
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("a run does not last for centuries")
}
