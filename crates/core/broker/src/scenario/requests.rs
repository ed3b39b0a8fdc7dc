//! Receives that are asked for again by their `ReceiveRequestAttemptId`.

use super::check;

#[test]
fn the_same_request_gets_the_same_messages_and_hides_them_anew() {
    check(
        "
        queue a.fifo content-deduplication visibility=10
        send a.fifo one group=g | two group=g | three group=h
        receive a.fifo max=2 request=r -> #1 #2
        +9s
        receive a.fifo max=10 request=r -> #1 #2
        +9s
        receive a.fifo max=2 request=other -> #3
        restart
        receive a.fifo request=r -> #1 #2
        delete a.fifo #1 -> ok
        ",
    );
}

#[test]
fn a_request_whose_messages_were_touched_is_a_new_one() {
    check(
        "
        queue a.fifo content-deduplication visibility=10
        send a.fifo one group=g | two group=g | three group=h | four group=i
        receive a.fifo max=2 request=r -> #1 #2
        delete a.fifo #1
        receive a.fifo request=r -> #3
        visibility a.fifo #3=20
        receive a.fifo request=r -> #4
        +10s
        receive a.fifo request=r -> #2x2
        ",
    );
}

#[test]
fn a_request_is_forgotten_after_five_minutes() {
    check(
        "
        queue a.fifo content-deduplication visibility=1000
        send a.fifo one group=g | two group=h
        receive a.fifo request=r -> #1
        +300s
        receive a.fifo request=r -> #2
        ",
    );
}

#[test]
fn a_standard_queue_knows_no_requests() {
    check(
        "
        queue a
        send a one | two
        receive a request=r -> #1
        receive a request=r -> #2
        ",
    );
}
