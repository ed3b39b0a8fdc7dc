//! Deleting received messages.

use crate::queue::{Queue, Visibility};
use crate::{Broker, Decision, Fact, QueueName, ReceiptHandle, Rejection, Reply};

impl Broker {
    /// One result a handle. Deleting what is already gone succeeds silently.
    pub(super) fn decide_delete(&self, name: &QueueName, handles: &[ReceiptHandle]) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let mut sequences = Vec::with_capacity(handles.len());
        let results = handles.iter().map(|handle| delete_one(queue, *handle, &mut sequences)).collect();
        let facts = if sequences.is_empty() { Vec::new() } else { vec![Fact::Deleted { queue: queue.id, sequences }] };
        Ok(Decision { facts, reply: Reply::Each(results), effects: Vec::new() })
    }
}

fn delete_one(queue: &Queue, handle: ReceiptHandle, sequences: &mut Vec<u64>) -> Result<(), Rejection> {
    if handle.queue != queue.id {
        return Err(Rejection::ReceiptHandleInvalid);
    }
    if queue.message(handle.sequence).is_none() {
        return Ok(());
    }
    if queue.id.is_fifo() && !is_current(queue, handle) {
        return Err(Rejection::ReceiptHandleExpired);
    }
    // A standard message goes even by the handle of an earlier receive, even while it is visible again, and even if a
    // crash made this server forget the receive, which it may have answered before that was durable.
    if !sequences.contains(&handle.sequence) {
        sequences.push(handle.sequence);
    }
    Ok(())
}

/// Whether the handle is of the message's latest receive, and its visibility timeout still runs.
pub(super) fn is_current(queue: &Queue, handle: ReceiptHandle) -> bool {
    queue.message(handle.sequence).is_some_and(|message| {
        message.receive_count == handle.receive_count && message.visibility == Visibility::InFlight
    })
}
