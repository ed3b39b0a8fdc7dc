//! Deduplication: what counts as the same message, where, and for how long.

use super::check;

#[test]
fn a_rejected_send_leaves_no_deduplication_id_behind() {
    check(
        "
        queue a.fifo size=1024
        send a.fifo huge  group=g dedup=a size=1025 -> rejected: message too long, 1024 bytes are allowed
        send a.fifo small group=g dedup=a -> #1
        send a.fifo again group=g dedup=a -> #1
        +300s
        send a.fifo later group=g dedup=a -> #2
        ",
    );
}

#[test]
fn the_window_is_five_minutes_from_the_first_send_and_no_duplicate_extends_it() {
    check(
        "
        queue a.fifo
        send a.fifo one group=g dedup=a -> #1
        +299s
        send a.fifo two group=g dedup=a -> #1
        +999ms
        send a.fifo three group=g dedup=a -> #1
        +1ms
        send a.fifo four group=g dedup=a -> #2
        receive a.fifo max=10 -> #1 #2
        ",
    );
}

#[test]
fn the_window_outlives_receive_and_delete() {
    check(
        "
        queue a.fifo
        send a.fifo one group=g dedup=a -> #1
        receive a.fifo -> #1
        send a.fifo one group=g dedup=a -> #1
        delete a.fifo #1
        send a.fifo one group=g dedup=a -> #1
        restart
        send a.fifo one group=g dedup=a -> #1
        receive a.fifo -> nothing
        ",
    );
}

#[test]
fn the_window_outlives_the_message_that_expired() {
    check(
        "
        queue a.fifo retention=60
        send a.fifo one group=g dedup=a -> #1
        +60s
        count a.fifo -> visible=0 in-flight=0 delayed=0
        send a.fifo one group=g dedup=a -> #1
        +240s
        send a.fifo one group=g dedup=a -> #2
        ",
    );
}

#[test]
fn equal_bodies_are_the_same_message_only_if_the_queue_says_so() {
    check(
        "
        queue a.fifo content-deduplication
        send a.fifo same group=g -> #1
        send a.fifo same group=g -> #1
        send a.fifo other group=g -> #2
        // Without attributes: they do not count.
        send a.fifo same group=g size=100 -> #1
        // An id that is given wins over the content.
        send a.fifo same group=g dedup=x -> #3
        send a.fifo different group=g dedup=x -> #3
        // The computed id is an id like any other.
        send a.fifo z group=g dedup=0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5 -> #1
        ",
    );
}

#[test]
fn an_id_counts_in_the_whole_queue_or_in_its_group() {
    check(
        "
        queue a.fifo
        send a.fifo one group=g dedup=x -> #1
        send a.fifo two group=h dedup=x -> #1
        queue b.fifo per-group
        send b.fifo one group=g dedup=x -> #2
        send b.fifo two group=h dedup=x -> #3
        send b.fifo two group=h dedup=x -> #3
        // Group and id do not run into each other.
        send b.fifo three group=gx dedup=y -> #4
        send b.fifo four group=g dedup=xy -> #5
        ",
    );
}

#[test]
fn a_batch_may_hold_its_own_duplicates() {
    check(
        "
        queue a.fifo
        send a.fifo one group=g dedup=x | two group=g dedup=x | three group=g dedup=y -> #1 | #1 | #2
        receive a.fifo max=10 -> #1 #2
        ",
    );
}

#[test]
fn a_webhook_is_remembered_for_as_long_as_it_may_be_delivered_again() {
    check(
        "
        queue a
        send a hook dedup=x window=3600 -> #1
        send a hook dedup=x -> rejected: deduplication id x on a standard queue
        +3599s
        send a hook dedup=x window=3600 -> #1
        +1s
        send a hook dedup=x window=3600 -> #2
        send a hook window=3600 -> #3
        send a hook window=3600 -> #4
        ",
    );
}

#[test]
fn a_webhook_is_remembered_for_five_minutes_at_least() {
    check(
        "
        queue a.fifo
        send a.fifo hook group=g dedup=x window=10 -> #1
        send a.fifo hook group=g dedup=y window=3600 -> #2
        +299s
        send a.fifo hook group=g dedup=x window=10 -> #1
        +1s
        send a.fifo hook group=g dedup=x window=10 -> #3
        // An SDK's send of the same id is the same message too.
        send a.fifo hook group=g dedup=y -> #2
        send a.fifo hook dedup=z window=10 -> rejected: group missing
        ",
    );
}
