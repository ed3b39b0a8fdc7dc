//! Receives and deletes messages over a connection of its own.

use std::io::Write as _;
use std::ops::Range;

use bongsu_client::{CallError, Client, ConnectError, Connection, Request};
use memchr::memmem;

use crate::json::strings;
use crate::queue::{BODY_BYTES_MIN, STAMP_DIGITS};
use crate::{Outcome, Queue};

/// Receives and deletes the messages of one worker.
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
    pub async fn new(client: &Client, queue: &Queue, batch: usize) -> Result<Self, ConnectError> {
        Ok(Self {
            connection: client.connect().await?,
            receive: client.request("ReceiveMessage"),
            delete: client.request(if batch == 1 { "DeleteMessage" } else { "DeleteMessageBatch" }),
            queue: queue.clone(),
            batch,
            handles: Vec::with_capacity(batch),
        })
    }

    /// Receives, waiting up to `wait_seconds`; returns how many messages came.
    pub async fn receive(&mut self, wait_seconds: u32) -> Result<usize, CallError> {
        let (url, batch) = (self.queue.url(), self.batch);
        write!(
            self.receive.body(),
            r#"{{"QueueUrl":"{url}","MaxNumberOfMessages":{batch},"WaitTimeSeconds":{wait_seconds}}}"#
        )
        .expect("memory takes all");
        self.handles.clear();
        self.connection.call(self.receive.finish()).await?;
        let reply = self.connection.body();
        self.handles.extend(strings(reply, "ReceiptHandle"));
        if self.handles.is_empty() && memmem::find(reply, b"\"MessageId\"").is_some() {
            return Err(CallError::NotUnderstood("messages without receipt handles".to_owned()));
        }
        Ok(self.handles.len())
    }

    /// The stamps of the messages just received, of those that this run has sent.
    pub fn stamps(&self) -> impl Iterator<Item = u64> {
        let (reply, run) = (self.connection.body(), self.queue.run());
        strings(reply, "Body").filter_map(move |body| {
            let (stamp, rest) = reply[body].get(..BODY_BYTES_MIN)?.split_at(STAMP_DIGITS);
            std::str::from_utf8(stamp).ok()?.parse().ok().filter(|_| rest == run)
        })
    }

    /// Deletes the messages just received, of which there must be some.
    pub async fn delete(&mut self) -> Result<Outcome, CallError> {
        self.write_delete().expect("memory takes all");
        let asked = self.handles.len();
        self.handles.clear();
        self.connection.call(self.delete.finish()).await?;
        Outcome::of_reply(self.connection.body(), if self.batch == 1 { 1 } else { asked })
    }

    fn write_delete(&mut self) -> std::io::Result<()> {
        let (json, reply) = (self.delete.body(), self.connection.body());
        write!(json, r#"{{"QueueUrl":"{}","#, self.queue.url())?;
        if self.batch > 1 {
            json.extend_from_slice(br#""Entries":["#);
        }
        for (entry, handle) in self.handles.iter().enumerate() {
            if self.batch > 1 {
                let comma = if entry == 0 { "" } else { "," };
                write!(json, r#"{comma}{{"Id":"{entry}","#)?;
            }
            json.extend_from_slice(br#""ReceiptHandle":""#);
            json.extend_from_slice(&reply[handle.clone()]);
            json.extend_from_slice(if self.batch > 1 { b"\"}" } else { b"\"" });
        }
        json.extend_from_slice(if self.batch > 1 { b"]}" } else { b"}" });
        Ok(())
    }
}
