//! Sending: the one way into a queue, for SDKs, webhooks, and whatever else feeds queues.

use sha2::{Digest, Sha256};

use crate::queue::Queue;
use crate::{
    Broker, Content, DEDUPLICATION_INTERVAL, Decision, Deduplication, DeduplicationKey, Entropy, Fact, MessageId,
    Outgoing, QueueName, Rejection, Reply, Seconds, SendOrigin, Sent, Text,
};

impl Broker {
    /// A single send is a batch of one. On a FIFO queue one bad entry refuses the whole batch, so that order holds.
    pub(super) fn decide_send(
        &self,
        name: &QueueName,
        entries: Vec<Outgoing>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        if queue.id.is_fifo() {
            entries.iter().try_for_each(|entry| check(queue, entry))?;
        }
        let mut facts = Vec::with_capacity(entries.len());
        let mut results = Vec::with_capacity(entries.len());
        for entry in entries {
            let result = check(queue, &entry).map(|()| self.accept(queue, entry, &mut facts, entropy));
            results.push(result);
        }
        let facts = self.with_faults(queue, facts);
        Ok(Decision { facts, reply: Reply::Sent(results), effects: Vec::new() })
    }

    /// Adds the entry's fact to `facts`, unless the queue or an earlier entry has the same message already.
    fn accept(&self, queue: &Queue, entry: Outgoing, facts: &mut Vec<Fact>, entropy: &mut Entropy) -> Sent {
        let fifo = queue.id.is_fifo();
        let deduplication_id = entry
            .deduplication_id
            .or_else(|| (fifo && queue.attributes().content_based_deduplication).then(|| content_id(&entry.body)));
        let per_group = queue.attributes().deduplication_per_group;
        let key = deduplication_id.as_deref().map(|id| deduplication_key(per_group, id, entry.group.as_deref()));
        if let Some((message_id, sequence)) = key.and_then(|key| find_duplicate(queue, key, facts)) {
            return Sent { message_id, sequence, fifo, duplicate: true };
        }
        let message_id = MessageId(entropy.next_uuid());
        let sequence = queue.next_sequence + facts.len() as u64;
        let window = match entry.origin {
            SendOrigin::Api => DEDUPLICATION_INTERVAL,
            SendOrigin::Webhook { redelivery_window } => redelivery_window.max(DEDUPLICATION_INTERVAL),
        };
        // Zero on a FIFO message means the queue's delay; on a standard message it means none.
        let delay = if fifo { queue.attributes().delay } else { entry.delay.unwrap_or(queue.attributes().delay) };
        facts.push(Fact::Sent {
            queue: queue.id,
            sequence,
            content: Content {
                message_id,
                body: entry.body,
                body_md5: entry.body_md5,
                attributes: entry.attributes,
                sender: entry.sender,
                group: entry.group,
                deduplication_id,
                trace_header: entry.trace_header,
            },
            visible_at: self.now() + delay,
            deduplication: key.map(|key| Deduplication { key, until: self.now() + window }),
        });
        Sent { message_id, sequence, fifo, duplicate: false }
    }
}

fn check(queue: &Queue, entry: &Outgoing) -> Result<(), Rejection> {
    let attributes = queue.attributes();
    if entry.body.len() + entry.attributes_size > attributes.message_bytes_max as usize {
        return Err(Rejection::MessageTooLong { bytes_max: attributes.message_bytes_max });
    }
    if !attributes.fifo {
        return match &entry.deduplication_id {
            Some(id) if entry.origin == SendOrigin::Api => Err(Rejection::DeduplicationIdOnStandard { id: id.clone() }),
            _ => Ok(()),
        };
    }
    if entry.group.is_none() {
        return Err(Rejection::GroupIdMissing);
    }
    if entry.deduplication_id.is_none() && !attributes.content_based_deduplication {
        return Err(Rejection::DeduplicationIdMissing);
    }
    match entry.delay {
        Some(delay) if delay != Seconds(0) => Err(Rejection::DelayOnFifo { delay }),
        _ => Ok(()),
    }
}

fn find_duplicate(queue: &Queue, key: DeduplicationKey, drafted: &[Fact]) -> Option<(MessageId, u64)> {
    let drafted = drafted.iter().find_map(|fact| match fact {
        Fact::Sent { content, sequence, deduplication: Some(deduplication), .. } if deduplication.key == key => {
            Some((content.message_id, *sequence))
        }
        _ => None,
    });
    drafted.or_else(|| queue.deduplication.get(&key).map(|remembered| (remembered.message_id, remembered.sequence)))
}

/// The SHA-256 of the body in lower-case hex, as AWS shows it.
pub(super) fn content_id(body: &str) -> Text {
    Text::from(hex::encode(Sha256::digest(body.as_bytes())))
}

pub(super) fn deduplication_key(per_group: bool, id: &str, group: Option<&str>) -> DeduplicationKey {
    if per_group {
        // Neither part may contain a NUL, so the two cannot run into each other.
        DeduplicationKey::of(&[group.unwrap_or_default().as_bytes(), &[0], id.as_bytes()])
    } else {
        DeduplicationKey::of(&[id.as_bytes()])
    }
}
