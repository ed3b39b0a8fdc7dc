//! Notifications: what a publish puts into the journal once, and the copies of it that subscribers get.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::wire::{Malformed, Wire, wire_struct};
use crate::{
    Deduplication, KeptState, MessageId, PendingDelivery, Protocol, QueueId, SubscriptionId, Text, Timestamp, TopicId,
    TopicName,
};

/// What was published, unchanged from then on. Shared by all of its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Assigned by the broker; the same for all subscribers.
    pub message_id: MessageId,
    /// Where it was published. The topic may be gone by the time somebody reads this.
    pub topic: TopicName,
    /// When.
    pub published_at: Timestamp,
    /// Its number in a FIFO topic; zero otherwise.
    pub sequence: u64,
    /// What the message is about.
    pub subject: Option<Text>,
    /// The message for every subscriber that has none of its own.
    pub body: Text,
    /// Messages for subscribers of one protocol.
    pub bodies: Vec<(Protocol, Text)>,
    /// Message attributes as the door encodes them; the core does not look inside. Empty for none.
    pub attributes: Bytes,
    /// The message group.
    pub group: Option<Text>,
    /// The deduplication id of a FIFO topic, given or computed.
    pub deduplication_id: Option<Text>,
    /// The `AWSTraceHeader`.
    pub trace_header: Option<Text>,
    /// How it is signed: 1 or 2, as the topic said when this was published; 0 for not at all.
    pub signature_version: u8,
    /// Whether it comes out of an archive.
    pub replayed: bool,
}

wire_struct!(Notification {
    message_id,
    topic,
    published_at,
    sequence,
    subject,
    body,
    bodies,
    attributes,
    group,
    deduplication_id,
    trace_header,
    signature_version,
    replayed,
});

impl Notification {
    /// The group of a copy in a queue. A FIFO topic's group means nothing to a standard queue; a standard topic's does.
    pub fn group_in(&self, queue: QueueId) -> Option<&Text> {
        self.group.as_ref().filter(|_| queue.is_fifo() || !self.topic.is_fifo())
    }
}

/// What one subscriber gets to see of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyForm {
    /// Whose copy it is.
    pub subscription: SubscriptionId,
    /// Whether the subscriber gets the bare message, without an envelope.
    pub raw: bool,
    /// Which of the notification's messages: zero for that of everybody, one for the first of a protocol's own.
    pub body: u8,
}

wire_struct!(CopyForm { subscription, raw, body });

impl CopyForm {
    /// What the subscriber gets as the message.
    pub fn body(self, notification: &Notification) -> &Text {
        match usize::from(self.body).checked_sub(1) {
            None => &notification.body,
            Some(own) => &notification.bodies[own].1,
        }
    }

    /// The identity that the copy has in a queue: another one than the notification's, and always the same.
    pub fn message_id(self, notification: &Notification) -> MessageId {
        let digest = Sha256::new()
            .chain_update(notification.message_id.0.to_be_bytes())
            .chain_update(self.subscription.0.to_be_bytes())
            .finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&digest[..16]);
        MessageId(crate::entropy::uuid(u128::from_be_bytes(bits)))
    }
}

/// A copy as it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What is in it.
    pub form: CopyForm,
    /// Where it is put.
    pub to: CopyTo,
}

wire_struct!(Copy { form, to });

/// Where a copy is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyTo {
    /// Into a queue: the subscribed one, or the dead-letter queue of the subscription.
    Queue {
        /// Which.
        queue: QueueId,
        /// Its number there.
        sequence: u64,
        /// When it can first be received.
        visible_at: Timestamp,
        /// In a FIFO queue.
        deduplication: Option<Deduplication>,
    },
    /// Among what is to be delivered to the subscription's endpoint.
    Outbox {
        /// Its number there.
        sequence: u64,
    },
    /// Into the topic's archive; it is nobody's copy.
    Archive {
        /// Its number there.
        sequence: u64,
    },
}

/// A copy as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCopy {
    /// What is in it.
    pub form: CopyForm,
    /// Where it is.
    pub at: KeptAt,
}

wire_struct!(KeptCopy { form, at });

/// Where a copy is, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptAt {
    /// In a queue.
    Queue {
        /// Which.
        queue: QueueId,
        /// Its number there.
        sequence: u64,
        /// Its identity there, if a move task gave it another one than it began with.
        new_id: Option<MessageId>,
        /// How it stands.
        state: KeptState,
    },
    /// On its way to the subscription's endpoint.
    Outbox {
        /// Its number there.
        sequence: u64,
        /// Everything else.
        pending: PendingDelivery,
    },
    /// In the topic's archive.
    Archive {
        /// Of which topic.
        topic: TopicId,
        /// Its number there.
        sequence: u64,
    },
}

/// Where a record says that a copy was.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CopyBegan {
    Queue(QueueId, u64),
    Outbox(u64),
    /// The topic, if the record says which; a publish is one of its topic.
    Archive(Option<TopicId>, u64),
}

impl CopyTo {
    pub(crate) fn began(&self) -> CopyBegan {
        match self {
            CopyTo::Queue { queue, sequence, .. } => CopyBegan::Queue(*queue, *sequence),
            CopyTo::Outbox { sequence } => CopyBegan::Outbox(*sequence),
            CopyTo::Archive { sequence } => CopyBegan::Archive(None, *sequence),
        }
    }
}

impl KeptAt {
    pub(crate) fn began(&self) -> CopyBegan {
        match self {
            KeptAt::Queue { queue, sequence, .. } => CopyBegan::Queue(*queue, *sequence),
            KeptAt::Outbox { sequence, .. } => CopyBegan::Outbox(*sequence),
            KeptAt::Archive { topic, sequence } => CopyBegan::Archive(Some(*topic), *sequence),
        }
    }
}

impl Wire for CopyTo {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            CopyTo::Queue { queue, sequence, visible_at, deduplication } => {
                out.push(0);
                queue.put(out);
                sequence.put(out);
                visible_at.put(out);
                deduplication.put(out);
            }
            CopyTo::Outbox { sequence } => {
                out.push(1);
                sequence.put(out);
            }
            CopyTo::Archive { sequence } => {
                out.push(2);
                sequence.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(CopyTo::Queue {
                queue: Wire::take(from)?,
                sequence: Wire::take(from)?,
                visible_at: Wire::take(from)?,
                deduplication: Wire::take(from)?,
            }),
            1 => Ok(CopyTo::Outbox { sequence: Wire::take(from)? }),
            2 => Ok(CopyTo::Archive { sequence: Wire::take(from)? }),
            _ => Err(Malformed("not where a copy is put")),
        }
    }
}

impl Wire for KeptAt {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            KeptAt::Queue { queue, sequence, new_id, state } => {
                out.push(0);
                queue.put(out);
                sequence.put(out);
                new_id.put(out);
                state.put(out);
            }
            KeptAt::Outbox { sequence, pending } => {
                out.push(1);
                sequence.put(out);
                pending.put(out);
            }
            KeptAt::Archive { topic, sequence } => {
                out.push(2);
                topic.put(out);
                sequence.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(KeptAt::Queue {
                queue: Wire::take(from)?,
                sequence: Wire::take(from)?,
                new_id: Wire::take(from)?,
                state: Wire::take(from)?,
            }),
            1 => Ok(KeptAt::Outbox { sequence: Wire::take(from)?, pending: Wire::take(from)? }),
            2 => Ok(KeptAt::Archive { topic: Wire::take(from)?, sequence: Wire::take(from)? }),
            _ => Err(Malformed("not where a copy is")),
        }
    }
}
