//! Sends messages over a connection of its own, as fast as bytes can be put together.

use std::io::Write as _;

use bongsu_client::{CallError, Client, ConnectError, Connection, Refusal, Request};

use crate::Queue;
use crate::json::failed_entries;
use crate::queue::{BODY_BYTES_MIN, STAMP_DIGITS};

/// What became of a request for one or more messages.
#[derive(Debug)]
pub struct Outcome {
    /// Messages with which it went well.
    pub done: u64,
    /// Entries of a batch that failed.
    pub failed: Vec<Refusal>,
}

impl Outcome {
    /// Reads a reply to a request for `asked` messages.
    pub(crate) fn of_reply(reply: &[u8], asked: usize) -> Result<Self, CallError> {
        let failed = if asked > 1 { failed_entries(reply)? } else { Vec::new() };
        Ok(Self { done: asked.saturating_sub(failed.len()) as u64, failed })
    }
}

/// Sends messages that no other sender of the queue has sent.
pub struct Sender {
    connection: Connection,
    request: Request,
    queue: Queue,
    batch: usize,
    /// Among the senders of this queue.
    number: u64,
    sent: u64,
    filler: Vec<u8>,
}

impl Sender {
    /// One that sends `batch` messages with each request: with `SendMessage` if that is one.
    pub async fn new(client: &Client, queue: &Queue, batch: usize) -> Result<Self, ConnectError> {
        let operation = if batch == 1 { "SendMessage" } else { "SendMessageBatch" };
        let (connection, request) = (client.connect().await?, client.request(operation));
        let filler = filler(queue.shape().body_bytes.saturating_sub(BODY_BYTES_MIN));
        let number = queue.next_sender();
        Ok(Self { connection, request, queue: queue.clone(), batch, number, sent: 0, filler })
    }

    /// Sends the next message or batch; every body begins with `stamp`.
    pub async fn send(&mut self, stamp: u64) -> Result<Outcome, CallError> {
        self.write(stamp).expect("memory takes all");
        self.sent += self.batch as u64;
        self.connection.call(self.request.finish()).await?;
        Outcome::of_reply(self.connection.body(), self.batch)
    }

    fn write(&mut self, stamp: u64) -> std::io::Result<()> {
        let Self { queue, batch, number, sent, filler, .. } = self;
        let json = self.request.body();
        write!(json, r#"{{"QueueUrl":"{}","#, queue.url())?;
        if *batch == 1 {
            write_message(json, queue, filler, stamp, *number, *sent)?;
        } else {
            json.extend_from_slice(br#""Entries":["#);
            for entry in 0..*batch {
                let comma = if entry == 0 { "" } else { "," };
                write!(json, r#"{comma}{{"Id":"{entry}","#)?;
                write_message(json, queue, filler, stamp, *number, *sent + entry as u64)?;
                json.push(b'}');
            }
            json.push(b']');
        }
        json.push(b'}');
        Ok(())
    }
}

fn write_message(
    json: &mut Vec<u8>,
    queue: &Queue,
    filler: &[u8],
    stamp: u64,
    sender: u64,
    number: u64,
) -> std::io::Result<()> {
    write!(json, r#""MessageBody":"{stamp:0STAMP_DIGITS$}"#)?;
    json.extend_from_slice(queue.run());
    json.extend_from_slice(filler);
    json.push(b'"');
    if let Some(groups) = queue.shape().groups {
        // Each sender begins elsewhere, so that they do not all stand at the same group.
        let group = (sender * 61 + number) % groups;
        write!(json, r#","MessageGroupId":"g{group}","MessageDeduplicationId":""#)?;
        json.extend_from_slice(queue.run());
        write!(json, r#"-{sender}-{number}""#)?;
    }
    Ok(())
}

fn filler(bytes: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shape;
    use crate::json::strings;

    fn message(shape: Shape, sender: u64, number: u64) -> String {
        let queue = Queue::named("http://h/0/q", shape);
        let mut json = Vec::new();
        write_message(&mut json, &queue, &filler(shape.body_bytes - BODY_BYTES_MIN), 7, sender, number).unwrap();
        String::from_utf8(json).unwrap().replace(std::str::from_utf8(queue.run()).unwrap(), "RUN_____")
    }

    fn value(json: &str, name: &str) -> String {
        json[strings(json.as_bytes(), name).next().unwrap()].to_owned()
    }

    #[test]
    fn a_message_has_the_size_it_claims() {
        for body_bytes in [BODY_BYTES_MIN, 1024] {
            let body = value(&message(Shape { groups: None, body_bytes }, 0, 0), "MessageBody");
            assert_eq!(body.len(), body_bytes);
            assert!(body.starts_with("00000000000000000007RUN_____"), "{body}");
        }
    }

    #[test]
    fn a_fifo_message_has_a_group_and_an_id_of_its_own() {
        let json = message(Shape::fifo(1000), 3, 950);
        assert_eq!(value(&json, "MessageGroupId"), "g133");
        assert_eq!(value(&json, "MessageDeduplicationId"), "RUN_____-3-950");
    }

    #[test]
    fn failed_entries_are_not_counted_as_done() {
        let reply = br#"{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]}"#;
        let outcome = Outcome::of_reply(reply, 2).unwrap();
        assert_eq!((outcome.done, outcome.failed.len()), (1, 1));
        assert_eq!(Outcome::of_reply(b"", 1).unwrap().done, 1);
    }
}
