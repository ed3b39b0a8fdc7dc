//! The queue under load, and what its messages look like.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bongsu_client::{CallError, Client};
use tokio::task::JoinSet;

use crate::Sender;

/// Messages in a full batch.
pub const BATCH: usize = 10;
/// Room for what a receiver reads back from the beginning of a body.
pub const BODY_BYTES_MIN: usize = STAMP_DIGITS + RUN_DIGITS;

/// Every body begins with a number of this many digits; consumers read it back.
pub(crate) const STAMP_DIGITS: usize = 20;
/// Then comes what tells the messages of this run from all others.
pub(crate) const RUN_DIGITS: usize = 8;

const FILL_CONNECTIONS: u64 = 16;
/// Longer than most runs, so that nothing comes back while it is measured.
const VISIBILITY_TIMEOUT_SECONDS: &str = "600";

/// What the messages of a run look like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Message groups, for a FIFO queue.
    pub groups: Option<u64>,
    /// The size of each body, at least [`BODY_BYTES_MIN`].
    pub body_bytes: usize,
}

impl Shape {
    /// Bodies of 1 KiB for a standard queue.
    pub const STANDARD: Self = Self { groups: None, body_bytes: 1024 };

    /// Bodies of 1 KiB for a FIFO queue.
    pub const fn fifo(groups: u64) -> Self {
        Self { groups: Some(groups), body_bytes: 1024 }
    }
}

/// A queue under load. Clones are the same queue in the same run.
#[derive(Clone)]
pub struct Queue {
    url: Arc<str>,
    shape: Shape,
    run: [u8; RUN_DIGITS],
    /// So many were made: each has deduplication ids of its own.
    senders: Arc<AtomicU64>,
}

impl Queue {
    /// A queue that is there already.
    pub fn named(url: &str, shape: Shape) -> Self {
        Self { url: url.into(), shape, run: run(), senders: Arc::default() }
    }

    /// Creates a queue with a name that nobody else has.
    pub async fn create(client: &Client, shape: Shape) -> Result<Self, CallError> {
        let run = run();
        let mut name = format!("bongsu-bench-{}", std::str::from_utf8(&run).expect("these are digits"));
        let mut attributes = vec![("VisibilityTimeout", VISIBILITY_TIMEOUT_SECONDS)];
        if shape.groups.is_some() {
            name.push_str(".fifo");
            attributes.push(("FifoQueue", "true"));
        }
        let url = client.create_queue(&name, &attributes).await?;
        Ok(Self { url: url.into(), shape, run, senders: Arc::default() })
    }

    /// The queue's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What its messages look like.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The queue's `ApproximateNumberOfMessages`.
    pub async fn length(&self, client: &Client) -> Result<u64, CallError> {
        let length = client.queue_attribute(&self.url, "ApproximateNumberOfMessages").await?;
        length.parse().map_err(|_| CallError::NotUnderstood(format!("{length:?} is no number of messages")))
    }

    /// Sends at least `messages` messages in batches of ten over several connections; returns how many it sent. Stops
    /// at the first error.
    pub async fn fill(&self, client: &Client, messages: u64) -> Result<u64, CallError> {
        let connections = FILL_CONNECTIONS.min(messages.div_ceil(BATCH as u64));
        let batches = messages.div_ceil(BATCH as u64 * connections.max(1));
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            let mut sender = Sender::new(client, self, BATCH).await?;
            workers.spawn(async move {
                for _ in 0..batches {
                    if let Some(refusal) = sender.send(0).await?.failed.pop() {
                        return Err(CallError::Refused(refusal));
                    }
                }
                Ok(())
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker.expect("a worker that fills does not panic")?;
        }
        Ok(batches * BATCH as u64 * connections)
    }

    /// Deletes the queue.
    pub async fn delete(&self, client: &Client) -> Result<(), CallError> {
        client.delete_queue(&self.url).await
    }

    /// The number of the next sender.
    pub(crate) fn next_sender(&self) -> u64 {
        self.senders.fetch_add(1, Relaxed)
    }

    /// What tells the messages of this run from all others.
    pub(crate) fn run(&self) -> &[u8; RUN_DIGITS] {
        &self.run
    }
}

fn run() -> [u8; RUN_DIGITS] {
    let mut bytes = [0; RUN_DIGITS / 2];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    let mut text = String::with_capacity(RUN_DIGITS);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all");
    }
    text.into_bytes().try_into().expect("each byte has two digits")
}
