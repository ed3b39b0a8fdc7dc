//! Kinds of facts that earlier versions wrote: still read, and understood as today's; no longer written.

use crate::wire::wire_struct;
use crate::{
    AttemptId, Destination, Fact, Function, FunctionRef, FunctionVersion, MappingDefinition, MappingId,
    QueueAttributes, QueueId, QueueName, RedrivePolicy, SCHEDULE_AGE, SCHEDULE_RETRIES, ScheduleDefinition,
    ScheduleTarget, Seconds, Timestamp,
};

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

/// Tag 8.
pub(super) struct FunctionDefined {
    name: Box<str>,
    runtime: Box<str>,
    handler: Box<str>,
    code: Box<str>,
    timeout_seconds: u32,
    memory_mb: u32,
    environment: Vec<(Box<str>, Box<str>)>,
    concurrency_max: u32,
}

/// Tag 10.
pub(super) struct MappingDefined {
    id: MappingId,
    queue: QueueName,
    function: Box<str>,
    batch_size: u32,
    report_batch_item_failures: bool,
    concurrency_max: Option<u32>,
    enabled: bool,
}

/// Tag 12.
pub(super) struct AttemptEnded {
    attempt: AttemptId,
    deleted: Vec<u64>,
    released: Vec<u64>,
}

/// Tag 70: when a schedule tried once what it sent, and had no window.
pub(super) struct ScheduleSet {
    definition: Schedule,
    made_at: Timestamp,
    next_at: Option<Timestamp>,
}

struct Schedule {
    name: Box<str>,
    arn: Box<str>,
    source: Box<str>,
    expression: Box<str>,
    zone: Box<str>,
    enabled: bool,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    deletes_itself: bool,
    targets: Vec<Target>,
}

struct Target {
    destination: Destination,
    input: Option<Box<str>>,
    group: Option<Box<str>>,
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
wire_struct!(FunctionDefined {
    name,
    runtime,
    handler,
    code,
    timeout_seconds,
    memory_mb,
    environment,
    concurrency_max,
});
wire_struct!(MappingDefined { id, queue, function, batch_size, report_batch_item_failures, concurrency_max, enabled });
wire_struct!(AttemptEnded { attempt, deleted, released });
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

wire_struct!(ScheduleSet { definition, made_at, next_at });
wire_struct!(Schedule { name, arn, source, expression, zone, enabled, start, end, deletes_itself, targets });
wire_struct!(Target { destination, input, group });

impl From<ScheduleSet> for Fact {
    fn from(ScheduleSet { definition: before, made_at, next_at }: ScheduleSet) -> Fact {
        let target = |Target { destination, input, group }: Target| ScheduleTarget {
            destination: destination.into(),
            input,
            group,
            retries_max: SCHEDULE_RETRIES,
            age_max: SCHEDULE_AGE,
            dead_letters: None,
        };
        let definition = ScheduleDefinition {
            name: before.name,
            arn: before.arn,
            source: before.source,
            expression: before.expression,
            zone: before.zone,
            enabled: before.enabled,
            start: before.start,
            end: before.end,
            deletes_itself: before.deletes_itself,
            targets: before.targets.into_iter().map(target).collect(),
            window: Seconds(0),
        };
        Fact::ScheduleSet { definition, made_at, next_at }
    }
}

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

impl From<FunctionDefined> for Fact {
    fn from(before: FunctionDefined) -> Fact {
        let function = Function {
            name: before.name,
            version: FunctionVersion::Latest,
            revision: 0,
            runtime: before.runtime,
            handler: before.handler,
            code: before.code,
            code_digest: "".into(),
            layers: Vec::new(),
            timeout_seconds: before.timeout_seconds,
            memory_mb: before.memory_mb,
            environment: before.environment,
            dead_letters: None,
            details: "".into(),
        };
        Fact::FunctionSet { function, reserved: Some(before.concurrency_max), last_version: 0 }
    }
}

impl From<MappingDefined> for Fact {
    fn from(before: MappingDefined) -> Fact {
        let definition = MappingDefinition {
            queue: before.queue,
            function: FunctionRef::latest(&before.function),
            batch_size: before.batch_size,
            window: Seconds(0),
            report_batch_item_failures: before.report_batch_item_failures,
            concurrency_max: before.concurrency_max,
            enabled: before.enabled,
            filters: Vec::new(),
            details: "".into(),
        };
        Fact::MappingSet { id: before.id, definition }
    }
}

impl From<AttemptEnded> for Fact {
    fn from(AttemptEnded { attempt, deleted, released }: AttemptEnded) -> Fact {
        Fact::AttemptEnded { attempt, queue: None, deleted, released }
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::fact::examples::{mapping, name, schedule};
    use crate::*;

    /// What earlier versions wrote, byte for byte.
    #[test]
    fn queues_of_earlier_versions_are_read() {
        let read = |hex: &str| Recorded::decode(Bytes::from(hex::decode(hex).unwrap())).map(|recorded| recorded.fact);
        let attributes = QueueAttributes {
            fifo: true,
            deduplication_scope_per_group: true,
            deduplication_per_group: true,
            redrive: Some(RedrivePolicy { target: name("d"), receive_count_max: 5 }),
            ..QueueAttributes::default()
        };
        let (id, name, tags) = (QueueId(3), name("q"), Vec::new());
        let created = Fact::QueueCreated { id, name: name.clone(), attributes: attributes.clone(), tags: tags.clone() };
        assert_eq!(read("80010103ac02017100808040808c15001e0100010001ac02016405"), Ok(created));
        let kept = Fact::QueueKept {
            id,
            name,
            attributes,
            tags,
            created_at: Timestamp(1000),
            modified_at: Timestamp(2000),
            purged_at: Timestamp(0),
            next_sequence: 201,
        };
        assert_eq!(read("80012003ac02017100808040808c15001e0100010001ac02016405e807d00fc901"), Ok(kept));
    }

    #[test]
    fn schedules_of_earlier_versions_are_read() {
        let hex = "80014601730361726e0a6177732e6576656e74730e726174652831206d696e757465290355544301010100010100ac02017101027b7d010167e80701d00f";
        let read = Recorded::decode(Bytes::from(hex::decode(hex).unwrap())).map(|recorded| recorded.fact);
        let mut definition = ScheduleDefinition { window: Seconds(0), ..schedule() };
        definition.targets[0].dead_letters = None;
        let set = Fact::ScheduleSet { definition, made_at: Timestamp(1000), next_at: Some(Timestamp(2000)) };
        assert_eq!(read, Ok(set));
    }

    #[test]
    fn functions_and_mappings_of_earlier_versions_are_read() {
        let read = |hex: &str| Recorded::decode(Bytes::from(hex::decode(hex).unwrap())).map(|recorded| recorded.fact);
        let function = Function {
            name: "f".into(),
            version: FunctionVersion::Latest,
            revision: 0,
            runtime: "python3.13".into(),
            handler: "app.handler".into(),
            code: "code".into(),
            code_digest: "".into(),
            layers: Vec::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: vec![("A".into(), "b".into())],
            dead_letters: None,
            details: "".into(),
        };
        let set = Fact::FunctionSet { function, reserved: Some(1000), last_version: 0 };
        let hex = "80010801660a707974686f6e332e31330b6170702e68616e646c657204636f64650380010101410162e807";
        assert_eq!(read(hex), Ok(set));
        let definition = MappingDefinition {
            function: FunctionRef::latest("f"),
            window: Seconds(0),
            filters: Vec::new(),
            details: "".into(),
            ..mapping()
        };
        assert_eq!(read("80010a08ac02017101660a01010201"), Ok(Fact::MappingSet { id: MappingId(8), definition }));
        let ended = Fact::AttemptEnded { attempt: AttemptId(9), queue: None, deleted: vec![1], released: vec![200] };
        assert_eq!(read("80010c09010101c801"), Ok(ended));
    }
}
