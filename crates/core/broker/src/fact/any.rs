//! Any fact: strategies for properties of what is written and read.

use proptest::prelude::*;

mod functions;

use functions::*;

use super::examples::{policy, redrive_allow_policy, subscription_attributes, topic_attributes};
use super::*;
use crate::object::fact::tests::any_object_fact;
use crate::{Copy, *};

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

prop_compose! {
    fn any_message_id()(id: u128) -> MessageId { MessageId(id) }
}

prop_compose! {
    fn any_topic()(id: u64) -> TopicId { TopicId(id) }
}

prop_compose! {
    fn any_topic_name()(account: u64, name in any_box()) -> TopicName { TopicName { account: Account(account), name } }
}

prop_compose! {
    fn any_subscription()(id: u128) -> SubscriptionId { SubscriptionId(id) }
}

prop_compose! {
    fn any_topic_definition()(
        name in any_topic_name(),
        attributes in prop::sample::select(vec![TopicAttributes::default(), topic_attributes()]),
        tags in any_tags(),
        created_at in any_time(),
        (next_sequence, unsubscribed, next_archived) in any::<(u64, u64, u64)>(),
    ) -> TopicDefinition {
        TopicDefinition { name, attributes, tags, created_at, next_sequence, unsubscribed, next_archived }
    }
}

prop_compose! {
    fn any_token()(bytes: [u8; 32]) -> Token { Token(bytes) }
}

fn any_subscription_state() -> impl Strategy<Value = SubscriptionState> {
    prop_oneof![
        (any_token(), any_time()).prop_map(|(token, until)| SubscriptionState::Pending { token, until }),
        (any::<bool>(), prop::option::of(any_token()))
            .prop_map(|(authenticated, token)| SubscriptionState::Confirmed { authenticated, token }),
        (any_token(), any_time()).prop_map(|(token, until)| SubscriptionState::Ended { token, until }),
    ]
}

fn any_protocol() -> impl Strategy<Value = Protocol> {
    use Protocol::*;
    prop::sample::select(vec![Http, Https, Email, EmailJson, Sms, Sqs, Application, Lambda, Firehose])
}

prop_compose! {
    fn any_subscription_definition()(
        topic in any_topic(),
        owner: u64,
        (principal, endpoint) in (any_box(), any_box()),
        protocol in any_protocol(),
        queue in prop::option::of(any_name()),
        attributes in prop::sample::select(vec![SubscriptionAttributes::default(), subscription_attributes()]),
        state in any_subscription_state(),
    ) -> SubscriptionDefinition {
        let owner = Account(owner);
        SubscriptionDefinition { topic, owner, principal, protocol, endpoint, queue, attributes, state }
    }
}

prop_compose! {
    fn any_notification()(
        message_id in any_message_id(),
        topic in any_topic_name(),
        published_at in any_time(),
        (sequence, signature_version, replayed) in any::<(u64, u8, bool)>(),
        body in any_text(),
        bodies in prop::collection::vec((any_protocol(), any_text()), 0..3),
        attributes: Vec<u8>,
        texts in prop::collection::vec(prop::option::of(any_text()), 4),
    ) -> Notification {
        Notification {
            message_id,
            topic,
            published_at,
            sequence,
            subject: texts[0].clone(),
            body,
            bodies,
            attributes: Bytes::from(attributes),
            group: texts[1].clone(),
            deduplication_id: texts[2].clone(),
            trace_header: texts[3].clone(),
            signature_version,
            replayed,
        }
    }
}

prop_compose! {
    fn any_form()(subscription in any_subscription(), raw: bool, body: u8) -> CopyForm {
        CopyForm { subscription, raw, body }
    }
}

fn any_copy() -> impl Strategy<Value = Copy> {
    let to = prop_oneof![
        (any_id(), any::<u64>(), any_time(), prop::option::of(any_deduplication())).prop_map(
            |(queue, sequence, visible_at, deduplication)| CopyTo::Queue { queue, sequence, visible_at, deduplication }
        ),
        any::<u64>().prop_map(|sequence| CopyTo::Outbox { sequence }),
        any::<u64>().prop_map(|sequence| CopyTo::Archive { sequence }),
    ];
    (any_form(), to).prop_map(|(form, to)| Copy { form, to })
}

fn any_kept_copy() -> impl Strategy<Value = KeptCopy> {
    let at = prop_oneof![
        (any_kept_message(), prop::option::of(any_message_id())).prop_map(|(kept, new_id)| KeptAt::Queue {
            queue: kept.queue,
            sequence: kept.sequence,
            new_id,
            state: kept.state
        }),
        (any::<u64>(), any_pending()).prop_map(|(sequence, pending)| KeptAt::Outbox { sequence, pending }),
        (any_topic(), any::<u64>()).prop_map(|(topic, sequence)| KeptAt::Archive { topic, sequence }),
    ];
    (any_form(), at).prop_map(|(form, at)| KeptCopy { form, at })
}

prop_compose! {
    fn any_pending()(queued_at in any_time(), failed_attempts: u32, next_attempt_at in any_time()) -> PendingDelivery {
        PendingDelivery { queued_at, failed_attempts, next_attempt_at }
    }
}

prop_compose! {
    fn any_replay()((next, end, resume_at) in any::<(u64, u64, u64)>(), completed: bool) -> Replay {
        Replay { next, end, resume_at, completed }
    }
}

fn any_question() -> impl Strategy<Value = Question> {
    prop_oneof![
        any_token().prop_map(|token| Question::Confirm { token }),
        any_token().prop_map(|token| Question::Restore { token }),
    ]
}

prop_compose! {
    fn any_entry_key()(account: u64, path in any_box()) -> EntryKey { EntryKey { account: Account(account), path } }
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
        FunctionSet { function: any_function(), reserved: any::<Option<u32>>(), last_version: any::<u32>() }
        FunctionDeleted { name: any_box() }
        VersionPublished { function: any_function() }
        VersionDeleted { function: any_box(), version: any::<u32>() }
        AliasSet { function: any_box(), alias: any_alias() }
        AliasDeleted { function: any_box(), name: any_box() }
        InvokeConfigSet { function: any_function_ref(), config: prop::option::of(any_invoke_config()) }
        InvocationQueued {
            function: any_box(),
            sequence: any::<u64>(),
            invocation: any_invocation(),
            pending: any_pending(),
        }
        InvocationFailed {
            function: any_box(),
            sequence: any::<u64>(),
            failed_attempts: any::<u32>(),
            next_attempt_at: any_time(),
        }
        InvocationEnded { function: any_box(), sequence: any::<u64>(), succeeded: any::<bool>() }
        ScheduleSet { definition: any_schedule(), made_at: any_time(), next_at: prop::option::of(any_time()) }
        ScheduleRemoved { name: any_box() }
        ScheduleTried {
            schedule: any_box(),
            number: any::<u64>(),
            again: prop::option::of(any_schedule_attempt()),
        }
        FaultInjected {
            place: any::<u128>().prop_map(|id| FaultPlace::Subscription(SubscriptionId(id))),
            kind: prop::sample::select(FaultKind::ALL.to_vec()),
        }
        LimitSet { key: any_limit_key(), bucket: any_bucket() }
        ScheduleFired { name: any_box(), next_at: prop::option::of(any_time()) }
        MappingSet { id: any_mapping_id(), definition: any_mapping() }
        PipeSet { id: any_mapping_id(), pipe: any_pipe() }
        AttemptBound {
            attempt: any_attempt(),
            mapping: any_mapping_id(),
            queue: any_id(),
            messages: any::<Vec<(u64, u32)>>(),
            execution: any::<u128>().prop_map(ExecutionId),
        }
        MappingDeleted { id: any_mapping_id() }
        Dispatched {
            attempt: any_attempt(),
            mapping: any_mapping_id(),
            queue: any_id(),
            messages: any::<Vec<(u64, u32)>>(),
            hidden_until: any_time(),
        }
        AttemptEnded {
            attempt: any_attempt(),
            queue: prop::option::of(any_id()),
            deleted: any::<Vec<u64>>(),
            released: any::<Vec<u64>>(),
        }
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
        TopicDefined { id: any_topic(), definition: any_topic_definition() }
        TopicDeleted { id: any_topic() }
        SubscriptionDefined { id: any_subscription(), definition: any_subscription_definition() }
        Unsubscribed { id: any_subscription() }
        Published {
            topic: any_topic(),
            notification: any_notification(),
            copies: prop::collection::vec(any_copy(), 0..4),
            deduplication: prop::option::of(any_deduplication()),
        }
        QuestionQueued {
            subscription: any_subscription(),
            sequence: any::<u64>(),
            question: any_question(),
            pending: any_pending(),
        }
        DeliveryFailed {
            subscription: any_subscription(),
            sequence: any::<u64>(),
            failed_attempts: any::<u32>(),
            next_attempt_at: any_time(),
        }
        DeliveryEnded { subscription: any_subscription(), sequence: any::<u64>(), delivered: any::<bool>() }
        ReplaySet { subscription: any_subscription(), replay: any_replay() }
        DeliveryDeadLettered {
            subscription: any_subscription(),
            sequence: any::<u64>(),
            to: any_id(),
            new_sequence: any::<u64>(),
            visible_at: any_time(),
        }
        EntryPut { key: any_entry_key(), value: any::<Vec<u8>>().prop_map(Bytes::from) }
        EntryRemoved { key: any_entry_key() }
        Object { fact: any_object_fact() }
        NotificationKept { notification: any_notification(), copies: prop::collection::vec(any_kept_copy(), 0..4) }
        TopicDeduplicationKept {
            topic: any_topic(),
            deduplication: any_deduplication(),
            message_id: any_message_id(),
            sequence: any::<u64>(),
        }
    }
}
