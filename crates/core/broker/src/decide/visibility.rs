//! Changing how long received messages stay hidden.

use super::deletion::is_current;
use crate::queue::Queue;
use crate::{Broker, Decision, Fact, QueueName, Rejection, Reply, Timestamp, VISIBILITY_TIMEOUT_MAX, VisibilityChange};

impl Broker {
    /// One result a change. The timeout counts from now; zero makes the message visible at once.
    pub(super) fn decide_change_visibility(
        &self,
        name: &QueueName,
        changes: &[VisibilityChange],
    ) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let mut facts = Vec::with_capacity(changes.len());
        let mut results = Vec::with_capacity(changes.len());
        for change in changes {
            let result = change_one(queue, change, self.now());
            results.push(result.map(|fact| facts.push(fact)));
        }
        Ok(Decision { facts, reply: Reply::Each(results), effects: Vec::new() })
    }
}

fn change_one(queue: &Queue, change: &VisibilityChange, now: Timestamp) -> Result<Fact, Rejection> {
    let handle = change.handle;
    if handle.queue != queue.id {
        return Err(Rejection::ReceiptHandleInvalid);
    }
    let message = queue.message(handle.sequence).ok_or(Rejection::MessageNotAvailable)?;
    if message.receive_count == 0 {
        return Err(Rejection::MessageNotAvailable);
    }
    if queue.id.is_fifo() && !is_current(queue, handle) {
        return Err(Rejection::ReceiptHandleExpired);
    }
    let hidden_until = now + change.timeout;
    if hidden_until > message.received_at + VISIBILITY_TIMEOUT_MAX {
        return Err(Rejection::VisibilityBeyondLimit { timeout: change.timeout });
    }
    Ok(Fact::VisibilityChanged { queue: queue.id, sequence: handle.sequence, hidden_until })
}
