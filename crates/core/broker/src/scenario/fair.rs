//! Fair queues: a tenant with much in flight gets what the others leave.

use super::check;

/// Forty messages of one tenant, #1 to #40, of which thirty are in flight.
const LOUD: &str = "
    send a {loud}
    receive a max=10
    receive a max=10
    receive a max=10 -> #21 #22 #23 #24 #25 #26 #27 #28 #29 #30
";

fn check_with_loud(script: &str) {
    let loud = ["m group=loud"; 40].join(" | ");
    check(&script.replace("...", LOUD).replace("{loud}", &loud));
}

#[test]
fn a_noisy_tenant_does_not_make_quiet_ones_wait() {
    check_with_loud(
        "
        queue a visibility=600
        ...
        statistics a -> visible=10 in-flight=30 delayed=0 oldest=0s noisy=1 quiet=0/0/0
        +5s
        send a hello group=calm | hello | hello group=mild -> #41 | #42 | #43
        +1s
        statistics a -> visible=13 in-flight=30 delayed=0 oldest=6s noisy=1 quiet=3/0/0 oldest-quiet=1s
        receive a max=2 -> #41 #42
        send a hello group=late -> #44
        receive a max=4 -> #43 #44 #31 #32
        ",
    );
}

#[test]
fn a_noisy_tenant_gets_everything_while_nobody_else_waits() {
    check_with_loud(
        "
        queue a visibility=600
        ...
        receive a max=9 -> #31 #32 #33 #34 #35 #36 #37 #38 #39
        send a m group=loud -> #41
        receive a max=10 -> #40 #41
        receive a max=10 -> nothing
        ",
    );
}

#[test]
fn quiet_messages_go_oldest_first_whosever_they_are() {
    check_with_loud(
        "
        queue a visibility=600
        ...
        send a m group=b | m | m group=a | m group=b | m | m group=a | m delay=1 | m group=b
        receive a max=3 -> #41 #42 #43
        visibility a #42=0 #41=0
        +1s
        receive a max=10 -> #41x2 #42x2 #44 #45 #46 #47 #48 #31 #32 #33
        ",
    );
}

#[test]
fn a_tenant_below_thirty_in_flight_is_quiet_again() {
    check_with_loud(
        "
        queue a visibility=600
        ...
        send a m group=calm | m -> #41 | #42
        delete a #1
        statistics a -> visible=12 in-flight=29 delayed=0 oldest=0s noisy=0 quiet=12/29/0 oldest-quiet=0s
        receive a -> #31
        receive a max=3 -> #41 #42 #32
        visibility a #2=0 #3=0
        receive a max=3 -> #2x2 #3x2 #33
        ",
    );
}

#[test]
fn a_tenant_is_quiet_again_when_its_messages_come_back() {
    check_with_loud(
        "
        queue a visibility=20
        ...
        send a m group=calm | m -> #41 | #42
        +20s
        receive a max=3 -> #1x2 #2x2 #3x2
        ",
    );
}

#[test]
fn a_restart_knows_who_is_noisy() {
    check_with_loud(
        "
        queue a visibility=600
        ...
        send a m group=calm | m -> #41 | #42
        restart
        receive a max=3 -> #41 #42 #31
        ",
    );
}

#[test]
fn functions_are_fed_fairly_too() {
    check_with_loud(
        "
        queue a visibility=600
        ...
        send a m group=calm -> #41
        function f
        map a f batch=2
        dispatch a -> f!1 #41 #31
        ",
    );
}

#[test]
fn a_tenant_stays_one_in_the_dead_letter_queue() {
    check_with_loud(
        "
        queue d visibility=600
        queue a visibility=0 dead-letters=d after=1
        send a m group=calm
        send a {loud}
        receive a max=10
        receive a max=10
        receive a max=10
        receive a max=10
        receive a max=10
        receive a max=10 -> nothing
        +1s
        statistics d -> visible=41 in-flight=0 delayed=0 oldest=1s noisy=0 quiet=41/0/0 oldest-quiet=1s
        receive d max=10
        receive d max=10
        receive d max=10
        receive d -> #31x2(from a)
        send d m -> #42
        receive d max=2 -> #42 #32x2(from a)
        ",
    );
}

#[test]
fn the_oldest_of_a_standard_queue_is_not_one_that_keeps_failing() {
    check(
        "
        queue a visibility=0
        send a m
        +10s
        send a m
        +10s
        statistics a -> visible=2 in-flight=0 delayed=0 oldest=20s noisy=0 quiet=2/0/0 oldest-quiet=20s
        receive a
        receive a
        statistics a -> visible=2 in-flight=0 delayed=0 oldest=20s noisy=0 quiet=2/0/0 oldest-quiet=20s
        receive a -> #1x3
        statistics a -> visible=2 in-flight=0 delayed=0 oldest=10s noisy=0 quiet=2/0/0 oldest-quiet=20s
        delete a #1
        receive a
        receive a
        receive a -> #2x3
        statistics a -> visible=1 in-flight=0 delayed=0 noisy=0 quiet=1/0/0 oldest-quiet=10s
        ",
    );
}

#[test]
fn a_fifo_queue_tells_how_many_groups_are_locked_and_how_old_it_is() {
    check(
        "
        queue d.fifo
        queue a.fifo content-deduplication visibility=5 dead-letters=d.fifo after=3
        send a.fifo m1 group=g | m2 group=g | m3 group=h
        +1s
        statistics a.fifo -> visible=3 in-flight=0 delayed=0 oldest=1s groups-in-flight=0
        receive a.fifo max=2 -> #1 #2
        statistics a.fifo -> visible=1 in-flight=2 delayed=0 oldest=1s groups-in-flight=1
        receive a.fifo -> #3
        delete a.fifo #1
        statistics a.fifo -> visible=0 in-flight=2 delayed=0 oldest=1s groups-in-flight=2
        delete a.fifo #2
        statistics a.fifo -> visible=0 in-flight=1 delayed=0 oldest=1s groups-in-flight=1
        +5s
        receive a.fifo
        +5s
        receive a.fifo -> #3x3
        statistics a.fifo -> visible=0 in-flight=1 delayed=0 oldest=11s groups-in-flight=1
        +5s
        receive a.fifo -> nothing
        +1s
        statistics a.fifo -> visible=0 in-flight=0 delayed=0 groups-in-flight=0
        statistics d.fifo -> visible=1 in-flight=0 delayed=0 oldest=1s groups-in-flight=0
        ",
    );
}
