//! Retention: every message ends, wherever it is.

use super::check;

#[test]
fn a_message_expires_when_its_retention_is_over() {
    check(
        "
        queue a retention=60
        send a one
        +30s
        send a two
        +29999ms
        count a -> visible=2 in-flight=0 delayed=0
        +1ms
        count a -> visible=1 in-flight=0 delayed=0
        receive a max=10 -> #2
        ",
    );
}

#[test]
fn a_message_expires_in_flight_and_its_late_delete_succeeds() {
    check(
        "
        queue a retention=60 visibility=120
        send a hello
        receive a -> #1
        +60s
        count a -> visible=0 in-flight=0 delayed=0
        delete a #1
        visibility a #1=10 -> rejected: message not available
        +60s
        receive a -> nothing
        ",
    );
}

#[test]
fn a_message_expires_in_its_delay() {
    check(
        "
        queue a retention=60
        send a hello delay=100
        +60s
        count a -> visible=0 in-flight=0 delayed=0
        +40s
        receive a -> nothing
        ",
    );
}

#[test]
fn a_message_that_comes_back_in_the_moment_it_expires_is_gone() {
    check(
        "
        queue a retention=60 visibility=60
        send a hello
        receive a -> #1
        +60s
        receive a -> nothing
        ",
    );
}

#[test]
fn retention_is_counted_from_the_send_and_not_from_the_receive() {
    check(
        "
        queue a retention=60 visibility=10
        send a hello
        +50s
        receive a -> #1
        visibility a #1=43200
        +10s
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn the_oldest_of_many_expires_alone() {
    let sends: String = (1..=70).map(|n| format!("send a m{n} -> #{n}\n+1s\n")).collect();
    check(&format!(
        "
        queue a retention=100
        {sends}
        +30s
        count a -> visible=69 in-flight=0 delayed=0
        +63s
        count a -> visible=6 in-flight=0 delayed=0
        receive a max=10 -> #65 #66 #67 #68 #69 #70
        "
    ));
}

#[test]
fn what_expired_stays_gone_when_messages_are_kept_for_longer() {
    // The messages of another queue stand first in the journal, so that cleaning comes to the definition of `a` when
    // `a` has its new retention, and before it comes to the first message.
    let meanwhile = "+1ms\n".repeat(20);
    check(&format!(
        "
        queue other
        send other m | m | m | m | m | m
        queue a retention=60
        send a one
        +60s
        send a two
        set a retention=1000
        {meanwhile}
        count a -> visible=1 in-flight=0 delayed=0
        "
    ));
}
