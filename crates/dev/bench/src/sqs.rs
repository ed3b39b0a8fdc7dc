//! The few SQS operations the benchmark needs, without a JSON parser in the way.

use std::{io::Write, ops::Range};

use anyhow::{Context, Result, bail, ensure};
use memchr::{memchr, memmem};
use tokio::task::JoinSet;

use crate::client::{Connection, Endpoint, Request};

/// The size of every message's body.
pub const BODY_BYTES: usize = 1024;
/// Messages in a full batch.
pub const BATCH: usize = 10;
/// Message groups of a FIFO queue.
pub const GROUPS: u64 = 1000;

/// Every body begins with a number of this many digits; consumers read it back.
const STAMP_DIGITS: usize = 20;
const FILL_CONNECTIONS: u64 = 16;
/// Longer than any cell, so that nothing comes back while it is measured.
const VISIBILITY_TIMEOUT_SECONDS: u32 = 600;

/// A queue of the server under test.
#[derive(Clone)]
pub struct Queue {
    url: String,
    is_fifo: bool,
}

impl Queue {
    /// A stand-in for servers that look at nothing.
    pub fn imaginary() -> Self {
        Self { url: "http://127.0.0.1:4566/000000000000/bench".to_owned(), is_fifo: false }
    }

    /// Creates a queue.
    pub async fn create(endpoint: &Endpoint, is_fifo: bool) -> Result<Self> {
        let (name, fifo) = if is_fifo { ("bench.fifo", r#","FifoQueue":"true""#) } else { ("bench", "") };
        let body = format!(
            r#"{{"QueueName":"{name}","Attributes":{{"VisibilityTimeout":"{VISIBILITY_TIMEOUT_SECONDS}"{fifo}}}}}"#
        );
        let reply = call(endpoint, "CreateQueue", &body).await?;
        Ok(Self { url: string_after(&reply, r#""QueueUrl":""#)?, is_fifo })
    }

    /// The queue's `ApproximateNumberOfMessages`.
    pub async fn length(&self, endpoint: &Endpoint) -> Result<u64> {
        let body = format!(r#"{{"QueueUrl":"{}","AttributeNames":["ApproximateNumberOfMessages"]}}"#, self.url);
        let reply = call(endpoint, "GetQueueAttributes", &body).await?;
        Ok(string_after(&reply, r#""ApproximateNumberOfMessages":""#)?.parse()?)
    }

    /// Sends at least `messages` messages in batches of ten over several connections; returns how many it sent.
    pub async fn fill(&self, endpoint: &Endpoint, messages: u64) -> Result<u64> {
        let batches = messages.div_ceil(BATCH as u64 * FILL_CONNECTIONS);
        let mut workers = JoinSet::new();
        for worker in 0..FILL_CONNECTIONS {
            let mut sender = Sender::new(endpoint, self, BATCH, worker).await?;
            workers.spawn(async move {
                for _ in 0..batches {
                    sender.send(0).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker??;
        }
        Ok(batches * BATCH as u64 * FILL_CONNECTIONS)
    }
}

async fn call(endpoint: &Endpoint, operation: &str, body: &str) -> Result<Vec<u8>> {
    let mut connection = endpoint.connect().await?;
    let mut request = endpoint.request(operation);
    request.body().extend_from_slice(body.as_bytes());
    connection.call(request.finish()).await.with_context(|| operation.to_owned())?;
    Ok(connection.body().to_vec())
}

/// Sends messages over a connection of its own.
pub struct Sender {
    connection: Connection,
    request: Request,
    queue: Queue,
    batch: usize,
    worker: u64,
    sent: u64,
}

impl Sender {
    /// One that sends `batch` messages with each request: with `SendMessage` if that is one.
    pub async fn new(endpoint: &Endpoint, queue: &Queue, batch: usize, worker: u64) -> Result<Self> {
        let operation = if batch == 1 { "SendMessage" } else { "SendMessageBatch" };
        let (connection, request) = (endpoint.connect().await?, endpoint.request(operation));
        Ok(Self { connection, request, queue: queue.clone(), batch, worker, sent: 0 })
    }

    /// Sends the next message or batch; every body begins with `stamp`.
    pub async fn send(&mut self, stamp: u64) -> Result<()> {
        let body = self.request.body();
        write!(body, r#"{{"QueueUrl":"{}","#, self.queue.url)?;
        if self.batch == 1 {
            write_message(body, &self.queue, stamp, self.worker, self.sent)?;
        } else {
            body.extend_from_slice(br#""Entries":["#);
            for entry in 0..self.batch {
                let comma = if entry == 0 { "" } else { "," };
                write!(body, r#"{comma}{{"Id":"{entry}","#)?;
                write_message(body, &self.queue, stamp, self.worker, self.sent + entry as u64)?;
                body.push(b'}');
            }
            body.push(b']');
        }
        body.push(b'}');
        self.sent += self.batch as u64;
        self.connection.call(self.request.finish()).await?;
        if self.batch > 1 { none_failed(self.connection.body()) } else { Ok(()) }
    }
}

fn write_message(json: &mut Vec<u8>, queue: &Queue, stamp: u64, worker: u64, number: u64) -> Result<()> {
    const FILLER: [u8; BODY_BYTES - STAMP_DIGITS] = filler();
    write!(json, r#""MessageBody":"{stamp:0STAMP_DIGITS$}"#)?;
    json.extend_from_slice(&FILLER);
    json.push(b'"');
    if queue.is_fifo {
        // Each worker begins elsewhere, so that they do not all stand at the same group.
        let group = (worker * 61 + number) % GROUPS;
        write!(json, r#","MessageGroupId":"g{group}","MessageDeduplicationId":"{worker}-{number}""#)?;
    }
    Ok(())
}

const fn filler() -> [u8; BODY_BYTES - STAMP_DIGITS] {
    let mut text = [0; BODY_BYTES - STAMP_DIGITS];
    let mut at = 0;
    while at < text.len() {
        text[at] = b'a' + (at % 26) as u8;
        at += 1;
    }
    text
}

/// Receives and deletes messages over a connection of its own.
pub struct Receiver {
    connection: Connection,
    receive: Request,
    delete: Request,
    queue: Queue,
    batch: usize,
    /// Where the handles stand in the reply that the connection still holds.
    handles: Vec<Range<usize>>,
}

impl Receiver {
    /// One that receives up to `batch` messages with each request.
    pub async fn new(endpoint: &Endpoint, queue: &Queue, batch: usize) -> Result<Self> {
        Ok(Self {
            connection: endpoint.connect().await?,
            receive: endpoint.request("ReceiveMessage"),
            delete: endpoint.request(if batch == 1 { "DeleteMessage" } else { "DeleteMessageBatch" }),
            queue: queue.clone(),
            batch,
            handles: Vec::with_capacity(batch),
        })
    }

    /// Receives, waiting up to `wait_seconds`; returns how many messages came.
    pub async fn receive(&mut self, wait_seconds: u32) -> Result<usize> {
        let (url, batch) = (&self.queue.url, self.batch);
        write!(
            self.receive.body(),
            r#"{{"QueueUrl":"{url}","MaxNumberOfMessages":{batch},"WaitTimeSeconds":{wait_seconds}}}"#
        )?;
        self.connection.call(self.receive.finish()).await?;
        self.handles.clear();
        self.handles.extend(strings(self.connection.body(), br#""ReceiptHandle":""#));
        let is_empty = memmem::find(self.connection.body(), br#""Messages""#).is_none();
        ensure!(self.handles.is_empty() == is_empty, "messages without receipt handles");
        Ok(self.handles.len())
    }

    /// The stamps of the messages just received.
    pub fn stamps(&self) -> impl Iterator<Item = Result<u64>> {
        let body = self.connection.body();
        strings(body, br#""Body":""#).map(|text| {
            let digits = body[text].get(..STAMP_DIGITS).context("a body without a stamp")?;
            Ok(std::str::from_utf8(digits)?.parse()?)
        })
    }

    /// Deletes the messages just received.
    pub async fn delete(&mut self) -> Result<()> {
        let (json, reply) = (self.delete.body(), self.connection.body());
        write!(json, r#"{{"QueueUrl":"{}","#, self.queue.url)?;
        if self.batch == 1 {
            let handle = self.handles.first().context("nothing was received")?;
            write_handle(json, &reply[handle.clone()]);
        } else {
            json.extend_from_slice(br#""Entries":["#);
            for (entry, handle) in self.handles.iter().enumerate() {
                let comma = if entry == 0 { "" } else { "," };
                write!(json, r#"{comma}{{"Id":"{entry}","#)?;
                write_handle(json, &reply[handle.clone()]);
                json.push(b'}');
            }
            json.push(b']');
        }
        json.push(b'}');
        self.connection.call(self.delete.finish()).await?;
        if self.batch > 1 { none_failed(self.connection.body()) } else { Ok(()) }
    }
}

fn write_handle(json: &mut Vec<u8>, handle: &[u8]) {
    json.extend_from_slice(br#""ReceiptHandle":""#);
    json.extend_from_slice(handle);
    json.push(b'"');
}

/// A batch is answered with a 200 even when entries of it failed.
fn none_failed(reply: &[u8]) -> Result<()> {
    if memmem::find(reply, br#""Failed":["#).is_some() {
        bail!("entries of a batch failed: {}", String::from_utf8_lossy(reply));
    }
    Ok(())
}

/// Every JSON string that follows `key`, still escaped, which is how it goes back to the server.
fn strings(json: &[u8], key: &'static [u8]) -> impl Iterator<Item = Range<usize>> {
    memmem::find_iter(json, key).filter_map(move |at| {
        let begin = at + key.len();
        Some(begin..begin + memchr(b'"', &json[begin..])?)
    })
}

fn string_after(json: &[u8], key: &'static str) -> Result<String> {
    let text = strings(json, key.as_bytes()).next().with_context(|| format!("a reply without {key}"))?;
    Ok(String::from_utf8(json[text].to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_size_it_claims() {
        let mut json = Vec::new();
        write_message(&mut json, &Queue::imaginary(), 7, 0, 0).unwrap();
        let body = string_after(&json, r#""MessageBody":""#).unwrap();
        assert_eq!(body.len(), BODY_BYTES);
        assert!(body.starts_with("00000000000000000007a"));
    }

    #[test]
    fn a_fifo_message_has_a_group_and_an_id_of_its_own() {
        let queue = Queue { is_fifo: true, ..Queue::imaginary() };
        let mut json = Vec::new();
        write_message(&mut json, &queue, 0, 3, 950).unwrap();
        assert_eq!(string_after(&json, r#""MessageGroupId":""#).unwrap(), "g133");
        assert_eq!(string_after(&json, r#""MessageDeduplicationId":""#).unwrap(), "3-950");
    }

    #[test]
    fn every_handle_of_a_reply_is_found() {
        let reply = br#"{"Messages":[{"ReceiptHandle":"one","Body":"x"},{"Body":"y","ReceiptHandle":"two"}]}"#;
        let found: Vec<_> = strings(reply, br#""ReceiptHandle":""#).map(|text| &reply[text]).collect();
        assert_eq!(found, [b"one", b"two"]);
    }

    #[test]
    fn a_failed_entry_is_an_error_although_the_status_is_200() {
        assert!(none_failed(br#"{"Successful":[{"Id":"0"}]}"#).is_ok());
        assert!(none_failed(br#"{"Successful":[],"Failed":[{"Id":"1"}]}"#).is_err());
    }
}
