//! FIFO queues: order within a group, turns between groups, and what unlocks a group.

use super::check;

#[test]
fn a_receive_takes_as_many_as_it_can_from_a_group_before_the_next() {
    check(
        "
        queue a.fifo content-deduplication
        send a.fifo a1 group=a | b1 group=b | a2 group=a | b2 group=b | a3 group=a
        receive a.fifo max=4 -> #1 #3 #5 #2
        // The rest of group b waits for what is in flight.
        receive a.fifo max=10 -> nothing
        count a.fifo -> visible=1 in-flight=4 delayed=0
        delete a.fifo #2
        receive a.fifo max=10 -> #4
        ",
    );
}

#[test]
fn a_partly_received_group_waits_until_all_of_it_is_deleted_or_back() {
    check(
        "
        queue a.fifo content-deduplication visibility=30
        send a.fifo m1 group=g | m2 group=g | m3 group=g
        receive a.fifo max=2 -> #1 #2
        receive a.fifo -> nothing
        delete a.fifo #1
        receive a.fifo -> nothing
        +30s
        receive a.fifo max=10 -> #2x2 #3
        ",
    );
}

#[test]
fn a_later_message_in_flight_does_not_block_an_earlier_one() {
    check(
        "
        queue a.fifo content-deduplication
        send a.fifo m1 group=g | m2 group=g | m3 group=g
        receive a.fifo max=2 -> #1 #2
        visibility a.fifo #1=0
        receive a.fifo max=10 -> #1x2
        receive a.fifo max=10 -> nothing
        delete a.fifo #1
        receive a.fifo max=10 -> nothing
        ",
    );
}

#[test]
fn what_is_before_an_extended_message_comes_back_and_what_is_behind_it_does_not() {
    check(
        "
        queue a.fifo content-deduplication visibility=30
        send a.fifo m1 group=g | m2 group=g | m3 group=g | m4 group=g
        receive a.fifo max=4 -> #1 #2 #3 #4
        visibility a.fifo #3=60
        +30s
        receive a.fifo max=10 -> #1x2 #2x2
        receive a.fifo max=10 -> nothing
        delete a.fifo #1 #2
        receive a.fifo max=10 -> nothing
        +30s
        receive a.fifo max=10 -> #3x2 #4x2
        ",
    );
}

#[test]
fn deleting_what_is_in_flight_unlocks_the_group_at_once_and_wakes_whoever_waits() {
    check(
        "
        queue a.fifo content-deduplication
        send a.fifo m1 group=g | m2 group=g
        receive a.fifo -> #1
        woken -> a.fifo
        receive a.fifo -> nothing
        woken -> nothing
        delete a.fifo #1
        woken -> a.fifo
        receive a.fifo -> #2
        ",
    );
}

#[test]
fn a_new_message_does_not_unlock_its_group() {
    check(
        "
        queue a.fifo content-deduplication
        send a.fifo m1 group=g
        receive a.fifo -> #1
        woken -> a.fifo
        send a.fifo m2 group=g
        woken -> nothing
        receive a.fifo -> nothing
        send a.fifo n1 group=h
        woken -> a.fifo
        receive a.fifo max=10 -> #3
        ",
    );
}

#[test]
fn groups_take_turns() {
    check(
        "
        queue a.fifo content-deduplication
        send a.fifo a1 group=a | a2 group=a | b1 group=b | b2 group=b | c1 group=c | c2 group=c
        receive a.fifo -> #1
        delete a.fifo #1
        receive a.fifo -> #3
        delete a.fifo #3
        receive a.fifo -> #5
        delete a.fifo #5
        receive a.fifo -> #2
        receive a.fifo -> #4
        // A group that is back goes to the end of the line.
        visibility a.fifo #2=0
        visibility a.fifo #4=0
        receive a.fifo -> #6
        receive a.fifo visibility=0 -> #2x2
        receive a.fifo visibility=0 -> #4x2
        receive a.fifo visibility=0 -> #2x3
        ",
    );
}

#[test]
fn the_queues_delay_holds_the_group_from_the_delayed_message_on() {
    check(
        "
        queue a.fifo content-deduplication delay=10
        send a.fifo m1 group=g delay=0
        +5s
        send a.fifo m2 group=g
        receive a.fifo max=10 -> nothing
        +5s
        receive a.fifo max=10 -> #1
        delete a.fifo #1
        receive a.fifo max=10 -> nothing
        +5s
        receive a.fifo max=10 -> #2
        ",
    );
}

#[test]
fn a_message_needs_a_group_and_an_id_and_has_no_delay_of_its_own() {
    check(
        "
        queue a.fifo
        send a.fifo one dedup=x -> rejected: group missing
        send a.fifo one group=g -> rejected: deduplication id missing
        send a.fifo one group=g dedup=x delay=2 -> rejected: delay 2 on a FIFO queue
        send a.fifo one group=g dedup=x delay=0 -> #1
        ",
    );
}

#[test]
fn a_bad_entry_refuses_the_whole_batch() {
    check(
        "
        queue a.fifo content-deduplication size=1024
        send a.fifo one group=g | huge group=g size=1025 -> rejected: message too long, 1024 bytes are allowed
        send a.fifo one group=g | two -> rejected: group missing
        send a.fifo one group=g | two group=g delay=1 -> rejected: delay 1 on a FIFO queue
        count a.fifo -> visible=0 in-flight=0 delayed=0
        send a.fifo one group=g | two group=g -> #1 | #2
        ",
    );
}

#[test]
fn an_expired_message_unlocks_its_group() {
    check(
        "
        queue a.fifo content-deduplication retention=60 visibility=43200
        send a.fifo m1 group=g
        +30s
        send a.fifo m2 group=g
        receive a.fifo -> #1
        receive a.fifo -> nothing
        +30s
        receive a.fifo -> #2
        delete a.fifo #1
        ",
    );
}
