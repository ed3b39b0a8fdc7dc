//! Faults on purpose: what a policy says goes wrong, and nothing else.

use super::check;
use crate::{AttributesGiven, Broker, Command, Entropy, QueueName, Rejection, Timestamp};

#[test]
fn a_message_that_is_duplicated_is_there_twice() {
    check(
        "
        queue a visibility=10
        faults a duplicate=1
        send a hello -> #1
        count a -> visible=2 in-flight=0 delayed=0
        receive a max=10 -> #1 #1
        +10s
        faults a duplicate=0
        send a again -> #2
        receive a max=10 -> #1x2 #1x2 #2
        ",
    );
}

#[test]
fn a_message_that_is_dropped_is_in_the_dead_letter_queue() {
    check(
        "
        queue d
        queue a dead-letters=d after=3
        queue b
        faults a drop=1
        faults b drop=1
        send a one | two -> #1 | #2
        receive a -> nothing
        receive d max=10 -> #1(from a) #2(from a)
        // Without a dead-letter queue nothing is lost.
        send b three -> #3
        receive b -> #3
        redrive d
        ",
    );
}

#[test]
fn a_message_that_is_delayed_comes_later() {
    check(
        "
        queue a
        queue a.fifo content-deduplication
        faults a delay=1 delay-seconds=30
        faults a.fifo delay=1 delay-seconds=30
        send a hello -> #1
        send a.fifo hello group=g -> #2
        faults a.fifo delay=0
        // Its group keeps its order.
        send a.fifo again group=g -> #3
        +29s
        receive a -> nothing
        receive a.fifo -> nothing
        +1s
        receive a -> #1
        receive a.fifo max=10 -> #2 #3
        ",
    );
}

#[test]
fn messages_that_are_reordered_are_held_back_for_a_moment_each() {
    check(
        "
        queue a
        faults a reorder=0.5 seed=3
        send a m1 | m2 | m3 | m4 | m5 | m6 -> #1 | #2 | #3 | #4 | #5 | #6
        receive a max=10 -> #1 #6
        +5s
        receive a max=10 -> #2 #3 #4 #5
        ",
    );
}

#[test]
fn a_fifo_queue_keeps_its_order() {
    check(
        "
        queue a.fifo
        faults a.fifo reorder=1 -> rejected: faults: reorder=1: what is FIFO keeps its order
        faults a.fifo nonsense -> rejected: faults: nonsense: write NAME=VALUE
        ",
    );
}

#[test]
fn a_subscriber_has_faults_of_its_own() {
    check(
        "
        queue d
        queue a dead-letters=d after=3
        queue b
        topic t
        subscribe t a
        subscribe t b
        subscribe t lambda:f
        function f
        set-subscription t a Faults drop=1
        set-subscription t lambda:f Faults duplicate=1_delay=1_delay-seconds=60
        publish t hello -> #1 delivered=2
        receive a -> nothing
        receive d -> #1@a(from a)
        receive b -> #1@b
        begin -> #1@lambda:f
        +60s
        begin -> #1@lambda:f
        ",
    );
}

#[test]
fn nothing_goes_wrong_unless_it_is_allowed_to() {
    let mut broker = Broker::new();
    broker.finish_replay();
    let name = QueueName { account: crate::Account(1), name: "a".into() };
    let given = AttributesGiven::parse(&[].into(), &name, "r").unwrap();
    let tags = [(crate::FAULTS_TAG.into(), "drop=1".into())].into();
    let command = Command::CreateQueue { name, given, tags, cooldown: false };
    let refused = broker.decide(command, Timestamp(0), &mut Entropy::from_seed([1; 32])).unwrap_err();
    assert!(matches!(refused, Rejection::FaultsInvalid { .. }), "{refused:?}");
}
