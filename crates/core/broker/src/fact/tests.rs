//! Facts as bytes: every variant survives, nothing damaged panics, and the layout is pinned.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::any::any_fact;
use super::examples::*;
use super::*;

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
        FunctionDeleted 8001090166
        MappingDeleted 80010b08
        QueueCreated 80010d03ac0201711001000280804003808c150400051e06ac0220012100220023012400290125ac0201640526527b22726564726976655065726d697373696f6e223a2262795175657565222c22736f75726365517565756541726e73223a5b2261726e3a6177733a7371733a723a3030303030303030303330303a73225d7d0201ac02017327517b2253746174656d656e74223a5b7b22456666656374223a2244656e79222c225072696e636970616c223a222a222c22416374696f6e223a227371733a2a222c225265736f75726365223a222a227d5d7d28016b01047465616d066f7264657273
        QueueAttributesSet 80010e031001000280804003808c150400051e06ac0220012100220023012400290125ac0201640526527b22726564726976655065726d697373696f6e223a2262795175657565222c22736f75726365517565756541726e73223a5b2261726e3a6177733a7371733a723a3030303030303030303330303a73225d7d0201ac02017327517b2253746174656d656e74223a5b7b22456666656374223a2244656e79222c225072696e636970616c223a222a222c22416374696f6e223a227371733a2a222c225265736f75726365223a222a227d5d7d28016b01
        QueueTagged 80010f0301047465616d066f7264657273
        QueuePurged 80011003
        ReceivedByRequest 80011103020101c8010398f201eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeec8af12
        ReceiveRepeated 800112030201c80198f201eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
        MoveTaskStarted 80011303000000000000000000000000000000210701ac02016101f403c90104e807
        Redriven 800114000000000000000000000000000000210305e807dc0b01c8010100000000000000000000000000000043
        MoveTaskEnded 800115030000000000000000000000000000002101
        TopicDefined 80011607ac0206742e6669666f030b446973706c61794e616d650154134669666f5468726f75676870757453636f70650c4d65737361676547726f7570094669666f546f706963047472756501047465616d066f7264657273e807c8010205
        TopicDeleted 80011707
        SubscriptionDefined 8001180000000000000000000000000000006107ac021e61726e3a6177733a69616d3a3a3030303030303030303330303a726f6f74051c61726e3a6177733a7371733a723a3030303030303030303330303a7101ac02017102125261774d65737361676544656c697665727904747275650d52656472697665506f6c696379367b22646561644c657474657254617267657441726e223a2261726e3a6177733a7371733a723a3030303030303030303330303a64227d010100
        Unsubscribed 80011900000000000000000000000000000061
        Published 80011a0700000000000000000000000000000051ac0206742e6669666fe807c801010173026869010102686f020102010167010164000200030000000000000000000000000000006101000003c801e80701ddddddddddddddddddddddddddddddddc8af120000000000000000000000000000006100010101000000000000000000000000000000610000020401ddddddddddddddddddddddddddddddddc8af12
        QuestionQueued 80011b0000000000000000000000000000006101007070707070707070707070707070707070707070707070707070707070707070e80703dc0b
        DeliveryFailed 80011c000000000000000000000000000000610103dc0b
        DeliveryEnded 80011d000000000000000000000000000000610101
        DeliveryDeadLettered 80011e000000000000000000000000000000610103c801e807
        ReplaySet 80011f0000000000000000000000000000006101c801ac0200
        MessageKept 800121030400112233445546778899aabbccddeeff0268695a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a020102026d650101670000e807e907ea07eb07020101ac020161
        DeduplicationKept 80012203ddddddddddddddddddddddddddddddddc8af12ffffffffffffffffffffffffffffffffc801
        AttemptKept 800123090803020101c80103
        QueueKept 80012403ac0201711001000280804003808c150400051e06ac0220012100220023012400290125ac0201640526527b22726564726976655065726d697373696f6e223a2262795175657565222c22736f75726365517565756541726e73223a5b2261726e3a6177733a7371733a723a3030303030303030303330303a73225d7d0201ac02017327517b2253746174656d656e74223a5b7b22456666656374223a2244656e79222c225072696e636970616c223a222a222c22416374696f6e223a227371733a2a222c225265736f75726365223a222a227d5d7d28016b01047465616d066f7264657273e807d00fdc0bc901
        ReceiveRequestKept 80012503eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee020101c8010398f201c8af12
        MoveTaskKept 80012703000000000000000000000000000000210701ac02016101f403c901040403e807dc0b
        NotificationKept 80012800000000000000000000000000000051ac0206742e6669666fe807c801010173026869010102686f020102010167010164000200030000000000000000000000000000006101000003c8010100000000000000000000000000000043e807e907ea07eb07020101ac0201610000000000000000000000000000006100010101e80703dc0b000000000000000000000000000000610000020704
        TopicDeduplicationKept 80012907ddddddddddddddddddddddddddddddddc8af1200000000000000000000000000000051c801
        EntryPut 80012aac0203612f62020102
        EntryRemoved 80012bac0203612f62
        FunctionSet 80012c016603000000000000000000000000000001230a707974686f6e332e31330b6170702e68616e646c657204636f6465016401016c03800101014101620100ac020164027b7d01e80703
        VersionPublished 80012d016603000000000000000000000000000001230a707974686f6e332e31330b6170702e68616e646c657204636f6465016401016c03800101014101620100ac020164027b7d
        VersionDeleted 80012e016603
        AliasSet 80012f0166046c697665030100c80100000000000000000000000000000045027b7d
        AliasDeleted 8001300166046c697665
        InvokeConfigSet 80013101660001013c0101ac0206742e6669666f0102016700027b7d
        InvocationQueued 8001320166c80101046c69766500000000000000000000000000000067027b7d00e80703dc0b
        InvocationFailed 8001330166c80101dc0b
        InvocationEnded 8001340166c80101
        MappingSet 80013508ac020171016601046c6976650a050101020101027b7d027b7d
        AttemptEnded 800136090103010101c801
        Dispatched 800137090803020101c8010398f201
        ScheduleSet 80013801730361726e0a6177732e6576656e74730e726174652831206d696e757465290355544301010100010100ac02017101027b7d010167b90180a30501ac0201648407e80701d00f
        ScheduleTried 8001390173030101730361726e0a6177732e6576656e74730e726174652831206d696e757465290355544301010100010100ac02017101027b7d010167b90180a30501ac020164840700e80700000000000000000000000000000007e80702b817
        PipeSet 80013a080170ac0201710a0501010102027b7d
        AttemptBound 80013b090803020101c8010300000000000000000000000000000007
        LimitSet 8001410b6d616368696e652f6d2f73016b80cab5ee0101f80a0105a84601288094ebdc0380a89cc096019003280002
        ScheduleRemoved 8001470173
        ScheduleFired 800148017300
        FaultInjected 800149000303
    "#]]);
}

/// Kinds of facts that are read and not written any more.
const EARLIER: [u8; 6] = [1, 8, 10, 12, 32, 70];
/// Facts about buckets and objects have numbers of their own behind this one.
const OF_OBJECTS: u8 = 60;

#[test]
fn there_is_an_example_of_every_kind_of_fact() {
    let tags: Vec<u8> = examples().iter().map(|fact| encoded(Timestamp(0), fact)[1]).collect();
    let written: Vec<u8> = (2..=31)
        .chain(33..=37)
        .chain(39..=59)
        .chain([65])
        .chain(71..=73)
        .filter(|tag| !EARLIER.contains(tag))
        .collect();
    assert_eq!(tags, written);
    let is_known = |tag: &u8| tags.contains(tag) || EARLIER.contains(tag) || *tag == OF_OBJECTS;
    for unknown in (0..=255).filter(|tag| !is_known(tag)) {
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
fn a_record_holds_a_message_a_question_or_the_parts_of_a_notification() {
    for fact in examples() {
        let of_notification = |part| {
            let form = [form(true, 0), form(false, 1), form(false, 0)].get(part as usize).copied();
            form.map(|form| Stored::Notification(notification(), form))
        };
        for part in [0, 1, 2, 3] {
            let expected = match fact {
                Fact::Sent { .. } | Fact::MessageKept { .. } => Some(Stored::Message(content())),
                Fact::QuestionQueued { question, .. } => Some(Stored::Question(question)),
                Fact::InvocationQueued { ref invocation, .. } => Some(Stored::Invocation(invocation.clone())),
                Fact::Published { .. } | Fact::NotificationKept { .. } => of_notification(part),
                _ => None,
            };
            assert_eq!(Recorded { at: Timestamp(0), fact: fact.clone() }.into_stored(part), expected);
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
    fn random_bytes_are_read_or_refused_without_a_panic(tag in 0u8..76, bytes: Vec<u8>) {
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
