//! Facts as bytes: every variant survives, nothing damaged panics, and the layout is pinned.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::{Account, MoveTaskFailure, Policy, RedriveAllowPolicy, RedrivePolicy, Seconds};

fn name(name: &str) -> QueueName {
    QueueName { account: Account(300), name: name.into() }
}

fn content() -> Content {
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

fn attributes() -> QueueAttributes {
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

fn redrive_allow_policy() -> RedriveAllowPolicy {
    let text = r#"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:r:000000000300:s"]}"#;
    let given = std::collections::BTreeMap::from([("RedriveAllowPolicy".to_owned(), text.to_owned())]);
    let given = crate::AttributesGiven::parse(&given, &name("q"), "r").unwrap();
    given.attributes.redrive_allow.unwrap()
}

fn policy() -> Policy {
    let text = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}"#;
    Policy::parse(text, &bongsu_policy::Limits::QUEUE).unwrap()
}

fn tags() -> Vec<Tag> {
    vec![("team".into(), "orders".into())]
}

fn deduplication() -> Deduplication {
    Deduplication { key: DeduplicationKey([0xdd; 16]), until: Timestamp(301_000) }
}

fn function() -> Function {
    Function {
        name: "f".into(),
        runtime: "python3.13".into(),
        handler: "app.handler".into(),
        code: "code".into(),
        timeout_seconds: 3,
        memory_mb: 128,
        environment: vec![("A".into(), "b".into())],
        concurrency_max: 1000,
    }
}

fn mapping() -> MappingDefinition {
    MappingDefinition {
        queue: name("q"),
        function: "f".into(),
        batch_size: 10,
        report_batch_item_failures: true,
        concurrency_max: Some(2),
        enabled: true,
    }
}

fn move_task() -> MoveTaskDefinition {
    MoveTaskDefinition {
        number: 7,
        destination: Some(name("a")),
        messages_per_second: Some(500),
        below: 201,
        to_move: 4,
    }
}

fn kept_message() -> KeptMessage {
    KeptMessage {
        queue: QueueId(3),
        sequence: 4,
        content: content(),
        sent_at: Timestamp(1000),
        first_received_at: Timestamp(1001),
        received_at: Timestamp(1002),
        hidden_until: Timestamp(1003),
        receive_count: 2,
        in_flight: true,
        source: Some(name("a")),
    }
}

/// One of each kind, in the order of their tags.
fn examples() -> Vec<Fact> {
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
        Fact::FunctionDefined { function: function() },
        Fact::FunctionDeleted { name: "f".into() },
        Fact::MappingDefined { id: MappingId(8), definition: mapping() },
        Fact::MappingDeleted { id: MappingId(8) },
        Fact::AttemptEnded { attempt: AttemptId(9), deleted: vec![1], released: vec![200] },
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
    ]
}

fn encoded(at: Timestamp, fact: &Fact) -> Vec<u8> {
    let mut bytes = Vec::new();
    Recorded::encode(at, fact, &mut bytes);
    bytes
}

fn check_pinned(pinned: &Expect) {
    let lines = examples().into_iter().map(|fact| {
        let debug = format!("{fact:?}");
        let kind = debug.split(' ').next().unwrap_or_default().to_owned();
        let hex: String = encoded(Timestamp(128), &fact).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{kind} {hex}\n")
    });
    pinned.assert_eq(&lines.collect::<String>());
}

/// What is on disk somewhere must stay readable: a difference here is a new tag, not a new expectation.
#[test]
fn the_bytes_of_every_kind_of_fact_are_pinned() {
    check_pinned(&expect![[r#"
        QueueDeleted 80010203
        Sent 80010303c80100112233445546778899aabbccddeeff0268695a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a020102026d650101670000e80701ddddddddddddddddddddddddddddddddc8af12
        Received 800104030201c80198f201010908
        Deleted 800105030201c801
        VisibilityChanged 800106030100
        DeadLettered 80010703ac020171010500e807
        FunctionDefined 80010801660a707974686f6e332e31330b6170702e68616e646c657204636f64650380010101410162e807
        FunctionDeleted 8001090166
        MappingDefined 80010a08ac02017101660a01010201
        MappingDeleted 80010b08
        AttemptEnded 80010c09010101c801
        QueueCreated 80010d03ac0201711001000280804003808c150400051e06ac0220012100220023012400290125ac0201640526527b22726564726976655065726d697373696f6e223a2262795175657565222c22736f75726365517565756541726e73223a5b2261726e3a6177733a7371733a723a3030303030303030303330303a73225d7d0201ac02017327517b2253746174656d656e74223a5b7b22456666656374223a2244656e79222c225072696e636970616c223a222a222c22416374696f6e223a227371733a2a222c225265736f75726365223a222a227d5d7d28016b01047465616d066f7264657273
        QueueAttributesSet 80010e031001000280804003808c150400051e06ac0220012100220023012400290125ac0201640526527b22726564726976655065726d697373696f6e223a2262795175657565222c22736f75726365517565756541726e73223a5b2261726e3a6177733a7371733a723a3030303030303030303330303a73225d7d0201ac02017327517b2253746174656d656e74223a5b7b22456666656374223a2244656e79222c225072696e636970616c223a222a222c22416374696f6e223a227371733a2a222c225265736f75726365223a222a227d5d7d28016b01
        QueueTagged 80010f0301047465616d066f7264657273
        QueuePurged 80011003
        ReceivedByRequest 80011103020101c8010398f201eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeec8af12
        ReceiveRepeated 800112030201c80198f201eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
        MoveTaskStarted 80011303000000000000000000000000000000210701ac02016101f403c90104e807
        Redriven 800114000000000000000000000000000000210305e807dc0b01c8010100000000000000000000000000000043
        MoveTaskEnded 800115030000000000000000000000000000002101
        MessageKept 800121030400112233445546778899aabbccddeeff0268695a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a020102026d650101670000e807e907ea07eb07020101ac020161
        DeduplicationKept 80012203ddddddddddddddddddddddddddddddddc8af12ffffffffffffffffffffffffffffffffc801
        AttemptKept 800123090803020101c80103
        QueueKept 80012403ac0201711001000280804003808c150400051e06ac0220012100220023012400290125ac0201640526527b22726564726976655065726d697373696f6e223a2262795175657565222c22736f75726365517565756541726e73223a5b2261726e3a6177733a7371733a723a3030303030303030303330303a73225d7d0201ac02017327517b2253746174656d656e74223a5b7b22456666656374223a2244656e79222c225072696e636970616c223a222a222c22416374696f6e223a227371733a2a222c225265736f75726365223a222a227d5d7d28016b01047465616d066f7264657273e807d00fdc0bc901
        ReceiveRequestKept 80012503eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee020101c8010398f201c8af12
        MoveTaskKept 80012703000000000000000000000000000000210701ac02016101f403c901040403e807dc0b
    "#]]);
}

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
fn there_is_an_example_of_every_kind_of_fact() {
    let tags: Vec<u8> = examples().iter().map(|fact| encoded(Timestamp(0), fact)[1]).collect();
    assert_eq!(tags, (2..=21).chain(33..=37).chain([39]).collect::<Vec<u8>>());
    for unknown in (0..=255).filter(|tag| !tags.contains(tag) && ![1, 32].contains(tag)) {
        let unknown = Recorded::decode(Bytes::from(vec![0, unknown, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(unknown, Err(Malformed("a kind of fact that this version does not know")));
    }
}

#[test]
fn a_fact_that_is_cut_short_or_has_bytes_left_over_is_refused() {
    for fact in examples() {
        let mut bytes = encoded(Timestamp(128), &fact);
        assert_eq!(Recorded::decode(Bytes::from(bytes.clone())), Ok(Recorded { at: Timestamp(128), fact }));
        for length in 0..bytes.len() {
            let cut = Recorded::decode(Bytes::copy_from_slice(&bytes[..length]));
            assert_eq!(cut, Err(Malformed("cut short")), "{length} of {} bytes", bytes.len());
        }
        bytes.push(0);
        assert_eq!(Recorded::decode(Bytes::from(bytes)), Err(Malformed("bytes left over")));
    }
}

#[test]
fn only_facts_about_one_message_have_its_content() {
    for fact in examples() {
        let expected = matches!(fact, Fact::Sent { .. } | Fact::MessageKept { .. }).then(content);
        assert_eq!(Recorded { at: Timestamp(0), fact }.into_content(), expected);
    }
}

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
            sent_at: Timestamp(times[0]),
            first_received_at: Timestamp(times[1]),
            received_at: Timestamp(times[2]),
            hidden_until: Timestamp(times[3]),
            receive_count,
            in_flight,
            source,
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

fn any_fact() -> impl Strategy<Value = Fact> {
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

proptest! {
    #[test]
    fn every_fact_survives_its_bytes(at: u64, fact in any_fact()) {
        let at = Timestamp(at);
        let decoded = Recorded::decode(Bytes::from(encoded(at, &fact)));
        prop_assert_eq!(decoded, Ok(Recorded { at, fact }));
    }

    #[test]
    fn random_bytes_are_read_or_refused_without_a_panic(tag in 0u8..40, bytes: Vec<u8>) {
        let tagged = [&[0, tag], &bytes[..]].concat();
        drop(Recorded::decode(Bytes::from(bytes)));
        drop(Recorded::decode(Bytes::from(tagged)));
    }

    #[test]
    fn damaged_facts_are_read_or_refused_without_a_panic(fact in any_fact(), at: prop::sample::Index, byte: u8) {
        let mut bytes = encoded(Timestamp(1), &fact);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        drop(Recorded::decode(Bytes::from(bytes)));
    }
}
