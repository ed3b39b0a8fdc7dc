//! Kinds of facts that earlier versions wrote: still read, and understood as today's; no longer written.

use crate::wire::wire_struct;
use crate::{Fact, QueueAttributes, QueueId, QueueName, RedrivePolicy, Seconds, Timestamp};

/// Tag 1.
pub(super) struct QueueCreated {
    id: QueueId,
    name: QueueName,
    attributes: Attributes,
}

/// Tag 32.
pub(super) struct QueueKept {
    id: QueueId,
    name: QueueName,
    attributes: Attributes,
    created_at: Timestamp,
    modified_at: Timestamp,
    next_sequence: u64,
}

/// Queue attributes before each had a number.
struct Attributes {
    delay: Seconds,
    message_bytes_max: u32,
    retention: Seconds,
    receive_wait: Seconds,
    visibility_timeout: Seconds,
    fifo: bool,
    content_based_deduplication: bool,
    deduplication_per_group: bool,
    throughput_per_group: bool,
    redrive: Option<RedrivePolicy>,
}

wire_struct!(QueueCreated { id, name, attributes });
wire_struct!(QueueKept { id, name, attributes, created_at, modified_at, next_sequence });
wire_struct!(Attributes {
    delay,
    message_bytes_max,
    retention,
    receive_wait,
    visibility_timeout,
    fifo,
    content_based_deduplication,
    deduplication_per_group,
    throughput_per_group,
    redrive,
});

impl From<QueueCreated> for Fact {
    fn from(QueueCreated { id, name, attributes }: QueueCreated) -> Fact {
        Fact::QueueCreated { id, name, attributes: attributes.into(), tags: Vec::new() }
    }
}

impl From<QueueKept> for Fact {
    fn from(QueueKept { id, name, attributes, created_at, modified_at, next_sequence }: QueueKept) -> Fact {
        let purged_at = Timestamp(0);
        let (attributes, tags) = (attributes.into(), Vec::new());
        Fact::QueueKept { id, name, attributes, tags, created_at, modified_at, purged_at, next_sequence }
    }
}

impl From<Attributes> for QueueAttributes {
    fn from(before: Attributes) -> QueueAttributes {
        QueueAttributes {
            delay: before.delay,
            message_bytes_max: before.message_bytes_max,
            retention: before.retention,
            receive_wait: before.receive_wait,
            visibility_timeout: before.visibility_timeout,
            fifo: before.fifo,
            content_based_deduplication: before.content_based_deduplication,
            deduplication_scope_per_group: before.deduplication_per_group,
            deduplication_per_group: before.deduplication_per_group,
            throughput_per_group: before.throughput_per_group,
            redrive: before.redrive,
            ..QueueAttributes::default()
        }
    }
}
