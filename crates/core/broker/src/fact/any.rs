//! Any fact: strategies for properties of what is written and read.

use proptest::prelude::*;

use super::tests::{policy, redrive_allow_policy};
use super::*;
use crate::*;

prop_compose! {
    fn any_text()(text in ".{0,8}") -> Text { Text::from(text) }
}

prop_compose! {
    fn any_box()(text in ".{0,8}") -> Box<str> { text.into() }
}

prop_compose! {
    fn any_name()(account: u64, name in any_box()) -> QueueName { QueueName { account: Account(account), name } }
}

prop_compose! {
    fn any_deduplication()(key: [u8; 16], until: u64) -> Deduplication {
        Deduplication { key: DeduplicationKey(key), until: Timestamp(until) }
    }
}

prop_compose! {
    fn any_attributes()(
        numbers: [u32; 6],
        flags: [bool; 6],
        redrive in prop::option::of((any_name(), any::<u32>())),
        has_policy: bool,
        kms_key in prop::option::of(any_box()),
        redrive_allow: bool,
    ) -> QueueAttributes {
        QueueAttributes {
            delay: Seconds(numbers[0]),
            message_bytes_max: numbers[1],
            retention: Seconds(numbers[2]),
            receive_wait: Seconds(numbers[3]),
            visibility_timeout: Seconds(numbers[4]),
            kms_reuse: Seconds(numbers[5]),
            fifo: flags[0],
            content_based_deduplication: flags[1],
            deduplication_scope_per_group: flags[2],
            deduplication_per_group: flags[3],
            throughput_per_group: flags[4],
            redrive: redrive.map(|(target, receive_count_max)| RedrivePolicy { target, receive_count_max }),
            redrive_allow: redrive_allow.then(redrive_allow_policy),
            policy: has_policy.then(policy),
            kms_key,
            sqs_managed_sse: flags[5],
        }
    }
}

prop_compose! {
    fn any_content()(
        message_id: u128,
        body_md5: [u8; 16],
        attributes: Vec<u8>,
        (body, sender) in (any_text(), any_text()),
        group in prop::option::of(any_text()),
        deduplication_id in prop::option::of(any_text()),
        trace_header in prop::option::of(any_text()),
    ) -> Content {
        Content {
            message_id: MessageId(message_id),
            body,
            body_md5,
            attributes: Bytes::from(attributes),
            sender,
            group,
            deduplication_id,
            trace_header,
        }
    }
}

prop_compose! {
    fn any_kept_message()(
        (queue, sequence, receive_count, in_flight) in any::<(u64, u64, u32, bool)>(),
        times: [u64; 4],
        content in any_content(),
        source in prop::option::of(any_name()),
    ) -> KeptMessage {
        KeptMessage {
            queue: QueueId(queue),
            sequence,
            content,
            state: KeptState {
                sent_at: Timestamp(times[0]),
                first_received_at: Timestamp(times[1]),
                received_at: Timestamp(times[2]),
                hidden_until: Timestamp(times[3]),
                receive_count,
                in_flight,
                source,
            },
        }
    }
}

prop_compose! {
    fn any_function()(
        texts in prop::collection::vec(any_box(), 4),
        (timeout_seconds, memory_mb, concurrency_max) in any::<(u32, u32, u32)>(),
        environment in prop::collection::vec((any_box(), any_box()), 0..3),
    ) -> Function {
        Function {
            name: texts[0].clone(),
            runtime: texts[1].clone(),
            handler: texts[2].clone(),
            code: texts[3].clone(),
            timeout_seconds,
            memory_mb,
            environment,
            concurrency_max,
        }
    }
}

prop_compose! {
    fn any_mapping()(
        queue in any_name(),
        function in any_box(),
        (batch_size, report_batch_item_failures, concurrency_max, enabled) in any::<(u32, bool, Option<u32>, bool)>(),
    ) -> MappingDefinition {
        MappingDefinition { queue, function, batch_size, report_batch_item_failures, concurrency_max, enabled }
    }
}

prop_compose! {
    fn any_tags()(tags in prop::collection::vec((any_box(), any_box()), 0..3)) -> Vec<Tag> { tags }
}

prop_compose! {
    fn any_key()(key: [u8; 16]) -> DeduplicationKey { DeduplicationKey(key) }
}

prop_compose! {
    fn any_move_task()(
        (number, below, to_move) in any::<(u32, u64, u64)>(),
        destination in prop::option::of(any_name()),
        messages_per_second: Option<u32>,
    ) -> MoveTaskDefinition {
        MoveTaskDefinition { number, destination, messages_per_second, below, to_move }
    }
}

prop_compose! {
    fn any_redrive()((sequence, new_sequence) in any::<(u64, u64)>(), id: u128) -> Redrive {
        Redrive { sequence, new_sequence, message_id: MessageId(id) }
    }
}

prop_compose! {
    fn any_task_id()(id: u128) -> MoveTaskId { MoveTaskId(id) }
}

fn any_status() -> impl Strategy<Value = MoveTaskStatus> {
    prop::sample::select(vec![
        MoveTaskStatus::Running,
        MoveTaskStatus::Completed,
        MoveTaskStatus::Cancelled,
        MoveTaskStatus::Failed(MoveTaskFailure::CouldNotDetermineMessageSource),
        MoveTaskStatus::Failed(MoveTaskFailure::DestinationDoesNotExist),
    ])
}

prop_compose! {
    fn any_id()(id: u64) -> QueueId { QueueId(id) }
}

prop_compose! {
    fn any_time()(time: u64) -> Timestamp { Timestamp(time) }
}

prop_compose! {
    fn any_attempt()(id: u64) -> AttemptId { AttemptId(id) }
}

prop_compose! {
    fn any_mapping_id()(id: u64) -> MappingId { MappingId(id) }
}

/// One of the given facts, each field from its strategy.
macro_rules! one_of_the_facts {
    ($( $variant:ident { $($field:ident: $strategy:expr),* $(,)? } )*) => {
        prop_oneof![$( ($($strategy,)*).prop_map(|($($field,)*)| Fact::$variant { $($field),* }), )*]
    };
}

pub(super) fn any_fact() -> impl Strategy<Value = Fact> {
    one_of_the_facts! {
        QueueCreated { id: any_id(), name: any_name(), attributes: any_attributes(), tags: any_tags() }
        QueueAttributesSet { id: any_id(), attributes: any_attributes(), delay_from_send: any::<bool>() }
        QueueTagged { id: any_id(), tags: any_tags() }
        QueuePurged { id: any_id() }
        ReceivedByRequest {
            queue: any_id(),
            messages: any::<Vec<(u64, u32)>>(),
            hidden_until: any_time(),
            request: any_key(),
            until: any_time(),
        }
        ReceiveRepeated {
            queue: any_id(),
            sequences: any::<Vec<u64>>(),
            hidden_until: any_time(),
            request: any_key(),
        }
        ReceiveRequestKept {
            queue: any_id(),
            request: any_key(),
            messages: any::<Vec<(u64, u32)>>(),
            hidden_until: any_time(),
            until: any_time(),
        }
        QueueDeleted { id: any_id() }
        Sent {
            queue: any_id(),
            sequence: any::<u64>(),
            content: any_content(),
            visible_at: any_time(),
            deduplication: prop::option::of(any_deduplication()),
        }
        Received {
            queue: any_id(),
            sequences: any::<Vec<u64>>(),
            hidden_until: any_time(),
            attempt: prop::option::of((any_attempt(), any_mapping_id())),
        }
        Deleted { queue: any_id(), sequences: any::<Vec<u64>>() }
        VisibilityChanged { queue: any_id(), sequence: any::<u64>(), hidden_until: any_time() }
        DeadLettered {
            from: any_id(),
            source: any_name(),
            sequence: any::<u64>(),
            to: any_id(),
            new_sequence: any::<u64>(),
            sent_at: any_time(),
        }
        FunctionDefined { function: any_function() }
        FunctionDeleted { name: any_box() }
        MappingDefined { id: any_mapping_id(), definition: any_mapping() }
        MappingDeleted { id: any_mapping_id() }
        AttemptEnded { attempt: any_attempt(), deleted: any::<Vec<u64>>(), released: any::<Vec<u64>>() }
        QueueKept {
            id: any_id(),
            name: any_name(),
            attributes: any_attributes(),
            tags: any_tags(),
            created_at: any_time(),
            modified_at: any_time(),
            purged_at: any_time(),
            next_sequence: any::<u64>(),
        }
        MessageKept { message: any_kept_message() }
        DeduplicationKept {
            queue: any_id(),
            deduplication: any_deduplication(),
            message_id: any::<u128>().prop_map(MessageId),
            sequence: any::<u64>(),
        }
        AttemptKept {
            attempt: any_attempt(),
            mapping: any_mapping_id(),
            queue: any_id(),
            messages: any::<Vec<(u64, u32)>>(),
        }
        MoveTaskStarted {
            source: any_id(),
            task: any_task_id(),
            definition: any_move_task(),
            next_step_at: any_time(),
        }
        Redriven {
            task: any_task_id(),
            from: any_id(),
            to: any_id(),
            visible_at: any_time(),
            next_step_at: any_time(),
            moves: prop::collection::vec(any_redrive(), 0..4),
        }
        MoveTaskEnded { source: any_id(), task: any_task_id(), status: any_status() }
        MoveTaskKept {
            source: any_id(),
            task: any_task_id(),
            definition: any_move_task(),
            status: any_status(),
            moved: any::<u64>(),
            started_at: any_time(),
            next_step_at: any_time(),
        }
    }
}
