//! One example of every kind of fact, and what they are made of.

use bongsu_rate_limit::{Feedback, Rule, Usage, Window};

use super::*;
use crate::*;

pub(super) fn name(name: &str) -> QueueName {
    QueueName { account: Account(300), name: name.into() }
}

/// One that knows everything that can be known.
fn bucket() -> Bucket {
    let mut bucket = Bucket::default();
    bucket.begin(Rule::parse("rate=5/s").expect("a rule").limit.as_ref(), 300);
    let (usage, window) = (Usage { used: 3, capacity: 40 }, Window { remaining: 7, resets_at_ms: 9000 });
    let feedback = Feedback { refused: true, pause_ms: Some(1000), usage: Some(usage), window: Some(window) };
    bucket.end(&feedback, 2, 400);
    bucket
}

pub(super) fn content() -> Content {
    Content {
        message_id: MessageId(0x0011_2233_4455_4677_8899_aabb_ccdd_eeff),
        body: Text::from("hi"),
        body_md5: [0x5a; 16],
        attributes: Bytes::from_static(&[1, 2]),
        sender: Text::from("me"),
        group: Some(Text::from("g")),
        deduplication_id: None,
        trace_header: None,
    }
}

pub(super) fn attributes() -> QueueAttributes {
    QueueAttributes {
        fifo: true,
        deduplication_per_group: true,
        redrive: Some(RedrivePolicy { target: name("d"), receive_count_max: 5 }),
        redrive_allow: Some(redrive_allow_policy()),
        policy: Some(policy()),
        kms_key: Some("k".into()),
        ..QueueAttributes::default()
    }
}

pub(super) fn redrive_allow_policy() -> RedriveAllowPolicy {
    let text = r#"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:r:000000000300:s"]}"#;
    let given = std::collections::BTreeMap::from([("RedriveAllowPolicy".to_owned(), text.to_owned())]);
    let given = crate::AttributesGiven::parse(&given, &name("q"), "r").unwrap();
    given.attributes.redrive_allow.unwrap()
}

pub(super) fn policy() -> Policy {
    let text = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}"#;
    Policy::parse(text, &bongsu_policy::Limits::QUEUE).unwrap()
}

pub(super) fn tags() -> Vec<Tag> {
    vec![("team".into(), "orders".into())]
}

pub(super) fn deduplication() -> Deduplication {
    Deduplication { key: DeduplicationKey([0xdd; 16]), until: Timestamp(301_000) }
}

pub(super) fn function() -> Function {
    Function {
        name: "f".into(),
        version: FunctionVersion::Number(3),
        revision: 0x0123,
        runtime: "python3.13".into(),
        handler: "app.handler".into(),
        code: "code".into(),
        code_digest: "d".into(),
        layers: vec!["l".into()],
        timeout_seconds: 3,
        memory_mb: 128,
        environment: vec![("A".into(), "b".into())],
        dead_letters: Some(Destination::Queue(name("d"))),
        details: "{}".into(),
    }
}

pub(super) fn mapping() -> MappingDefinition {
    MappingDefinition {
        queue: name("q"),
        function: FunctionRef { name: "f".into(), qualifier: Some("live".into()) },
        batch_size: 10,
        window: Seconds(5),
        report_batch_item_failures: true,
        concurrency_max: Some(2),
        enabled: true,
        filters: vec!["{}".into()],
        details: "{}".into(),
    }
}

pub(super) fn pipe() -> Pipe {
    Pipe {
        name: "p".into(),
        queue: name("q"),
        batch_size: 10,
        window: Seconds(5),
        enabled: true,
        holds: true,
        concurrency_max: Some(2),
        details: "{}".into(),
    }
}

pub(super) fn schedule() -> ScheduleDefinition {
    ScheduleDefinition {
        name: "s".into(),
        arn: "arn".into(),
        source: "aws.events".into(),
        expression: "rate(1 minute)".into(),
        zone: "UTC".into(),
        enabled: true,
        start: Some(Timestamp(1)),
        end: None,
        deletes_itself: true,
        targets: vec![ScheduleTarget {
            destination: name("q").into(),
            input: Some("{}".into()),
            group: Some("g".into()),
            retries_max: 185,
            age_max: Seconds(86_400),
            dead_letters: Some(name("d")),
        }],
        window: Seconds(900),
    }
}

pub(super) fn schedule_attempt() -> ScheduleAttempt {
    let pending = PendingDelivery { queued_at: Timestamp(1000), failed_attempts: 2, next_attempt_at: Timestamp(3000) };
    ScheduleAttempt { definition: schedule(), target: 0, at: Timestamp(1000), id: 7, pending }
}

pub(super) fn move_task() -> MoveTaskDefinition {
    MoveTaskDefinition {
        number: 7,
        destination: Some(name("a")),
        messages_per_second: Some(500),
        below: 201,
        to_move: 4,
    }
}

pub(super) fn kept_message() -> KeptMessage {
    KeptMessage {
        queue: QueueId(3),
        sequence: 4,
        content: content(),
        state: KeptState {
            sent_at: Timestamp(1000),
            first_received_at: Timestamp(1001),
            received_at: Timestamp(1002),
            hidden_until: Timestamp(1003),
            receive_count: 2,
            in_flight: true,
            source: Some(name("a")),
        },
    }
}

pub(super) fn topic() -> TopicName {
    TopicName { account: Account(300), name: "t.fifo".into() }
}

pub(super) fn topic_attributes() -> TopicAttributes {
    let given = [("DisplayName", "T"), ("FifoTopic", "true"), ("FifoThroughputScope", "MessageGroup")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    TopicAttributes::parse(&given, &topic()).unwrap()
}

pub(super) fn subscription_attributes() -> SubscriptionAttributes {
    let dead_letters = r#"{"deadLetterTargetArn":"arn:aws:sqs:r:000000000300:d"}"#;
    let given = [("RawMessageDelivery", "true"), ("RedrivePolicy", dead_letters)];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let endpoint = "arn:aws:sqs:r:000000000300:a";
    let owner = Account(300);
    let subscriber = Subscriber { owner, protocol: Protocol::Sqs, endpoint, of_fifo: false, region: "r" };
    SubscriptionAttributes::parse(&given, &subscriber).unwrap()
}

pub(super) fn subscription() -> SubscriptionDefinition {
    SubscriptionDefinition {
        topic: TopicId(7),
        owner: Account(300),
        principal: "arn:aws:iam::000000000300:root".into(),
        protocol: Protocol::Sqs,
        endpoint: "arn:aws:sqs:r:000000000300:q".into(),
        queue: Some(name("q")),
        attributes: subscription_attributes(),
        state: SubscriptionState::Confirmed { authenticated: true, token: None },
    }
}

pub(super) fn notification() -> Notification {
    Notification {
        message_id: MessageId(0x51),
        topic: topic(),
        published_at: Timestamp(1000),
        sequence: 200,
        subject: Some(Text::from("s")),
        body: Text::from("hi"),
        bodies: vec![(Protocol::Https, Text::from("ho"))],
        attributes: Bytes::from_static(&[1, 2]),
        group: Some(Text::from("g")),
        deduplication_id: Some(Text::from("d")),
        trace_header: None,
        signature_version: 2,
        replayed: false,
    }
}

pub(super) fn form(raw: bool, body: u8) -> CopyForm {
    CopyForm { subscription: SubscriptionId(0x61), raw, body }
}

pub(super) fn entry_key() -> EntryKey {
    EntryKey { account: Account(300), path: "a/b".into() }
}

pub(super) fn pending() -> PendingDelivery {
    PendingDelivery { queued_at: Timestamp(1000), failed_attempts: 3, next_attempt_at: Timestamp(1500) }
}

/// One of each kind, in the order of their tags.
pub(super) fn examples() -> Vec<Fact> {
    let id = QueueId(3);
    vec![
        Fact::QueueDeleted { id },
        Fact::Sent {
            queue: id,
            sequence: 200,
            content: content(),
            visible_at: Timestamp(1000),
            deduplication: Some(deduplication()),
        },
        Fact::Received {
            queue: id,
            sequences: vec![1, 200],
            hidden_until: Timestamp(31_000),
            attempt: Some((AttemptId(9), MappingId(8))),
        },
        Fact::Deleted { queue: id, sequences: vec![1, 200] },
        Fact::VisibilityChanged { queue: id, sequence: 1, hidden_until: Timestamp(0) },
        Fact::DeadLettered {
            from: id,
            source: name("q"),
            sequence: 1,
            to: QueueId(5),
            new_sequence: 0,
            sent_at: Timestamp(1000),
        },
        Fact::FunctionDeleted { name: "f".into() },
        Fact::MappingDeleted { id: MappingId(8) },
        Fact::QueueCreated { id, name: name("q"), attributes: attributes(), tags: tags() },
        Fact::QueueAttributesSet { id, attributes: attributes(), delay_from_send: true },
        Fact::QueueTagged { id, tags: tags() },
        Fact::QueuePurged { id },
        Fact::ReceivedByRequest {
            queue: id,
            messages: vec![(1, 1), (200, 3)],
            hidden_until: Timestamp(31_000),
            request: DeduplicationKey([0xee; 16]),
            until: Timestamp(301_000),
        },
        Fact::ReceiveRepeated {
            queue: id,
            sequences: vec![1, 200],
            hidden_until: Timestamp(31_000),
            request: DeduplicationKey([0xee; 16]),
        },
        Fact::MoveTaskStarted {
            source: id,
            task: MoveTaskId(0x21),
            definition: move_task(),
            next_step_at: Timestamp(1000),
        },
        Fact::Redriven {
            task: MoveTaskId(0x21),
            from: id,
            to: QueueId(5),
            visible_at: Timestamp(1000),
            next_step_at: Timestamp(1500),
            moves: vec![Redrive { sequence: 200, new_sequence: 1, message_id: MessageId(0x43) }],
        },
        Fact::MoveTaskEnded { source: id, task: MoveTaskId(0x21), status: MoveTaskStatus::Completed },
        Fact::TopicDefined {
            id: TopicId(7),
            definition: TopicDefinition {
                name: topic(),
                attributes: topic_attributes(),
                tags: tags(),
                created_at: Timestamp(1000),
                next_sequence: 200,
                unsubscribed: 2,
                next_archived: 5,
            },
        },
        Fact::TopicDeleted { id: TopicId(7) },
        Fact::SubscriptionDefined { id: SubscriptionId(0x61), definition: subscription() },
        Fact::Unsubscribed { id: SubscriptionId(0x61) },
        Fact::Published {
            topic: TopicId(7),
            notification: notification(),
            copies: vec![
                Copy {
                    form: form(true, 0),
                    to: CopyTo::Queue {
                        queue: id,
                        sequence: 200,
                        visible_at: Timestamp(1000),
                        deduplication: Some(deduplication()),
                    },
                },
                Copy { form: form(false, 1), to: CopyTo::Outbox { sequence: 1 } },
                Copy { form: form(false, 0), to: CopyTo::Archive { sequence: 4 } },
            ],
            deduplication: Some(deduplication()),
        },
        Fact::QuestionQueued {
            subscription: SubscriptionId(0x61),
            sequence: 1,
            question: Question::Confirm { token: Token([0x70; 32]) },
            pending: pending(),
        },
        Fact::DeliveryFailed {
            subscription: SubscriptionId(0x61),
            sequence: 1,
            failed_attempts: 3,
            next_attempt_at: Timestamp(1500),
        },
        Fact::DeliveryEnded { subscription: SubscriptionId(0x61), sequence: 1, delivered: true },
        Fact::DeliveryDeadLettered {
            subscription: SubscriptionId(0x61),
            sequence: 1,
            to: id,
            new_sequence: 200,
            visible_at: Timestamp(1000),
        },
        Fact::ReplaySet {
            subscription: SubscriptionId(0x61),
            replay: Replay { next: 1, end: 200, resume_at: 300, completed: false },
        },
        Fact::MessageKept { message: kept_message() },
        Fact::DeduplicationKept {
            queue: id,
            deduplication: deduplication(),
            message_id: MessageId(u128::MAX),
            sequence: 200,
        },
        Fact::AttemptKept { attempt: AttemptId(9), mapping: MappingId(8), queue: id, messages: vec![(1, 1), (200, 3)] },
        Fact::QueueKept {
            id,
            name: name("q"),
            attributes: attributes(),
            tags: tags(),
            created_at: Timestamp(1000),
            modified_at: Timestamp(2000),
            purged_at: Timestamp(1500),
            next_sequence: 201,
        },
        Fact::ReceiveRequestKept {
            queue: id,
            request: DeduplicationKey([0xee; 16]),
            messages: vec![(1, 1), (200, 3)],
            hidden_until: Timestamp(31_000),
            until: Timestamp(301_000),
        },
        Fact::MoveTaskKept {
            source: id,
            task: MoveTaskId(0x21),
            definition: move_task(),
            status: MoveTaskStatus::Failed(MoveTaskFailure::DestinationDoesNotExist),
            moved: 3,
            started_at: Timestamp(1000),
            next_step_at: Timestamp(1500),
        },
        Fact::NotificationKept {
            notification: notification(),
            copies: vec![
                KeptCopy {
                    form: form(true, 0),
                    at: KeptAt::Queue {
                        queue: id,
                        sequence: 200,
                        new_id: Some(MessageId(0x43)),
                        state: kept_message().state,
                    },
                },
                KeptCopy { form: form(false, 1), at: KeptAt::Outbox { sequence: 1, pending: pending() } },
                KeptCopy { form: form(false, 0), at: KeptAt::Archive { topic: TopicId(7), sequence: 4 } },
            ],
        },
        Fact::TopicDeduplicationKept {
            topic: TopicId(7),
            deduplication: deduplication(),
            message_id: MessageId(0x51),
            sequence: 200,
        },
        Fact::EntryPut { key: entry_key(), value: Bytes::from_static(&[1, 2]) },
        Fact::EntryRemoved { key: entry_key() },
        Fact::FunctionSet { function: function(), reserved: Some(1000), last_version: 3 },
        Fact::VersionPublished { function: function() },
        Fact::VersionDeleted { function: "f".into(), version: 3 },
        Fact::AliasSet {
            function: "f".into(),
            alias: Alias {
                name: "live".into(),
                version: FunctionVersion::Number(3),
                canary: Some((FunctionVersion::Latest, 200)),
                revision: 0x45,
                details: "{}".into(),
            },
        },
        Fact::AliasDeleted { function: "f".into(), name: "live".into() },
        Fact::InvokeConfigSet {
            function: FunctionRef::latest("f"),
            config: Some(InvokeConfig {
                retries_max: 1,
                age_max: Seconds(60),
                on_success: Some(Destination::Topic(topic())),
                on_failure: Some(Destination::Function(FunctionRef::latest("g"))),
                details: "{}".into(),
            }),
        },
        Fact::InvocationQueued {
            function: "f".into(),
            sequence: 200,
            invocation: QueuedInvocation {
                qualifier: Some("live".into()),
                request_id: 0x67,
                payload: Text::from("{}"),
                trace_header: None,
            },
            pending: pending(),
        },
        Fact::InvocationFailed {
            function: "f".into(),
            sequence: 200,
            failed_attempts: 1,
            next_attempt_at: Timestamp(1500),
        },
        Fact::InvocationEnded { function: "f".into(), sequence: 200, succeeded: true },
        Fact::MappingSet { id: MappingId(8), definition: mapping() },
        Fact::AttemptEnded { attempt: AttemptId(9), queue: Some(id), deleted: vec![1], released: vec![200] },
        Fact::Dispatched {
            attempt: AttemptId(9),
            mapping: MappingId(8),
            queue: id,
            messages: vec![(1, 1), (200, 3)],
            hidden_until: Timestamp(31_000),
        },
        Fact::ScheduleSet { definition: schedule(), made_at: Timestamp(1000), next_at: Some(Timestamp(2000)) },
        Fact::ScheduleTried { schedule: "s".into(), number: 3, again: Some(schedule_attempt()) },
        Fact::PipeSet { id: MappingId(8), pipe: pipe() },
        Fact::AttemptBound {
            attempt: AttemptId(9),
            mapping: MappingId(8),
            queue: id,
            messages: vec![(1, 1), (200, 3)],
            execution: ExecutionId(7),
        },
        Fact::LimitSet { key: LimitKey { scope: "machine/m/s".into(), key: "k".into() }, bucket: bucket() },
        Fact::ScheduleRemoved { name: "s".into() },
        Fact::ScheduleFired { name: "s".into(), next_at: None },
        Fact::FaultInjected { place: FaultPlace::Queue(id), kind: FaultKind::Dropped },
    ]
}
