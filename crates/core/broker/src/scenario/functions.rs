//! Functions: how queues feed them, how many run at once, and what the end of an attempt does to its messages.

use super::check;

#[test]
fn what_a_function_that_is_gone_was_at_is_not_an_event_of_the_next_one_of_its_name() {
    check(
        "
        function f
        event f -> ok
        run -> ~1:f
        delete-function f
        function f
        event f -> ok
        ran ~1 succeeded -> unknown
        run -> ~2:f
        ran ~2 succeeded -> done
        run -> nothing
        ",
    );
}

#[test]
fn a_batch_that_succeeds_is_deleted() {
    check(
        "
        queue a
        function f
        map a f batch=2
        dispatch a -> nothing
        send a m1 | m2 | m3
        woken -> a
        dispatch a -> f!1 #1 #2
        dispatch a -> f!2 #3
        dispatch a -> nothing
        end !1 succeeded
        count a -> visible=0 in-flight=1 delayed=0
        end !2 succeeded
        count a -> visible=0 in-flight=0 delayed=0
        // An end that is told twice changes nothing.
        end !1 succeeded
        ",
    );
}

#[test]
fn a_batch_that_fails_comes_back_when_its_visibility_timeout_ends() {
    check(
        "
        queue a visibility=30
        function f
        map a f
        send a m1 | m2
        dispatch a -> f!1 #1 #2
        end !1 failed
        dispatch a -> nothing
        +30s
        woken -> a
        dispatch a -> f!2 #1x2 #2x2
        end !2 succeeded
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_batch_that_fails_in_part_keeps_what_failed() {
    check(
        "
        queue a visibility=30
        function f
        map a f partial
        send a m1 | m2 | m3
        dispatch a -> f!1 #1 #2 #3
        end !1 partly 0 2
        count a -> visible=0 in-flight=2 delayed=0
        +30s
        dispatch a -> f!2 #1x2 #3x2
        end !2 partly
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_fifo_batch_is_of_one_group() {
    check(
        "
        queue a.fifo content-deduplication visibility=30
        function f
        map a.fifo f
        send a.fifo a1 group=a | b1 group=b | a2 group=a | b2 group=b
        dispatch a.fifo -> f!1 #1 #3
        dispatch a.fifo -> f!2 #2 #4
        send a.fifo a3 group=a
        dispatch a.fifo -> nothing
        end !1 partly 1
        dispatch a.fifo -> nothing
        +30s
        // The attempt at group b still runs, but its time is over.
        dispatch a.fifo -> f!3 #2x2 #4x2
        dispatch a.fifo -> f!4 #3x2 #5
        ",
    );
}

#[test]
fn no_more_attempts_run_than_mapping_and_function_allow() {
    check(
        "
        queue a
        queue b
        function f concurrency=3
        map a f batch=1 concurrency=2
        map b f batch=1
        send a m1 | m2 | m3
        send b m4 | m5 | m6
        dispatch a -> f!1 #1
        dispatch a -> f!2 #2
        dispatch a -> nothing
        dispatch b -> f!3 #4
        // The mapping has room, the function has none.
        dispatch b -> nothing
        woken -> a b
        end !1 succeeded
        // One queue's end is another queue's chance.
        woken -> a b
        dispatch b -> f!4 #5
        dispatch a -> nothing
        end !3 failed
        dispatch a -> f!5 #3
        function f concurrency=4
        woken -> a b
        dispatch b -> f!6 #6
        ",
    );
}

#[test]
fn a_second_mapping_of_the_queue_helps_out() {
    check(
        "
        queue a
        function f concurrency=1
        function g concurrency=0
        map a f batch=1
        map a g batch=1
        send a m1 | m2
        dispatch a -> f!1 #1
        dispatch a -> nothing
        function g concurrency=1
        dispatch a -> g!2 #2
        functions -> f g a->f a->g
        ",
    );
}

#[test]
fn a_disabled_mapping_receives_nothing() {
    check(
        "
        queue a
        function f
        map a f disabled
        send a hello
        dispatch a -> nothing
        map a f
        dispatch a -> f!1 #1
        // Defining the same again changes nothing.
        woken
        map a f
        function f
        woken -> nothing
        ",
    );
}

#[test]
fn a_mapping_needs_its_queue_and_its_function() {
    check(
        "
        queue a
        map a f -> rejected: no function f
        function f
        map b f -> rejected: no such queue
        delete-function g -> rejected: no function g
        ",
    );
}

#[test]
fn lost_attempts_give_their_messages_back_at_once() {
    check(
        "
        queue a visibility=600
        queue b.fifo visibility=600 content-deduplication
        function f
        map a f
        map b.fifo f
        send a m1 | m2
        send b.fifo m3 group=g | m4 group=g
        dispatch a -> f!1 #1 #2
        dispatch b.fifo -> f!2 #3 #4
        restart
        count a -> visible=0 in-flight=2 delayed=0
        end-lost
        woken -> a b.fifo
        dispatch a -> f!3 #1x2 #2x2
        dispatch b.fifo -> f!4 #3x2 #4x2
        // What a lost attempt says after all is not heard.
        end !1 succeeded
        end !2 succeeded
        count a -> visible=0 in-flight=2 delayed=0
        count b.fifo -> visible=0 in-flight=2 delayed=0
        ",
    );
}

#[test]
fn a_lost_attempt_gives_back_only_what_it_still_has() {
    check(
        "
        queue a visibility=30
        function f
        map a f
        send a m1 | m2
        dispatch a -> f!1 #1 #2
        +30s
        receive a visibility=600 -> #1x2
        end !1 lost
        count a -> visible=1 in-flight=1 delayed=0
        ",
    );
}

#[test]
fn an_attempt_that_outlived_its_visibility_timeout_deletes_nothing_on_a_fifo_queue() {
    check(
        "
        queue a.fifo visibility=30 content-deduplication
        function f
        map a.fifo f
        send a.fifo m1 group=g | m2 group=h
        dispatch a.fifo -> f!1 #1
        dispatch a.fifo -> f!2 #2
        +30s
        end !1 succeeded
        count a.fifo -> visible=2 in-flight=0 delayed=0
        dispatch a.fifo -> f!3 #1x2
        dispatch a.fifo -> f!4 #2x2
        end !2 succeeded
        count a.fifo -> visible=0 in-flight=2 delayed=0
        ",
    );
}

#[test]
fn an_attempt_that_outlived_its_visibility_timeout_deletes_all_the_same_on_a_standard_queue() {
    check(
        "
        queue a visibility=30
        function f
        map a f
        send a m1 | m2
        dispatch a -> f!1 #1 #2
        +30s
        receive a -> #1x2
        end !1 succeeded
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn messages_that_failed_too_often_go_to_the_dead_letter_queue() {
    check(
        "
        queue d
        queue a visibility=10 dead-letters=d after=1
        function f
        map a f
        send a hello
        dispatch a -> f!1 #1
        end !1 failed
        +10s
        // Asking again makes sense, there may be more.
        dispatch a -> moved
        dispatch a -> nothing
        receive d -> #1x2(from a)
        ",
    );
}

#[test]
fn an_attempt_ends_quietly_though_its_mapping_is_gone() {
    check(
        "
        queue a
        function f
        map a f batch=1
        send a m1 | m2
        dispatch a -> f!1 #1
        unmap a f
        dispatch a -> nothing
        end !1 succeeded
        count a -> visible=1 in-flight=0 delayed=0
        map a f
        dispatch a -> f!2 #2
        ",
    );
}

#[test]
fn attempts_of_a_mapping_that_is_gone_still_count_for_the_function() {
    check(
        "
        queue a
        function f concurrency=1
        map a f batch=1
        send a m1 | m2
        dispatch a -> f!1 #1
        unmap a f
        map a f batch=1
        dispatch a -> nothing
        delete-function f
        function f concurrency=1
        map a f batch=1
        dispatch a -> nothing
        end !1 failed
        woken -> a
        dispatch a -> f!2 #2
        ",
    );
}

#[test]
fn an_attempt_ends_quietly_though_its_function_is_gone() {
    check(
        "
        queue a
        queue b
        function f
        function g
        map a f batch=1
        map b g
        send a m1 | m2
        dispatch a -> f!1 #1
        delete-function f
        functions -> g b->g
        dispatch a -> nothing
        end !1 succeeded
        count a -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn an_attempt_ends_quietly_though_its_queue_is_gone() {
    check(
        "
        queue a
        function f concurrency=1
        map a f
        send a m1
        dispatch a -> f!1 #1
        delete-queue a
        queue a
        send a m2
        // The mapping goes by the queue's name; the function is still busy.
        dispatch a -> nothing
        end !1 succeeded
        dispatch a -> f!2 #2
        end !2 succeeded
        ",
    );
}

#[test]
fn an_attempt_ends_quietly_though_its_messages_are_gone() {
    check(
        "
        queue a retention=60 visibility=600
        function f
        map a f
        send a m1
        +30s
        send a m2 | m3
        dispatch a -> f!1 #1 #2 #3
        +30s
        restart
        end !1 partly 1
        count a -> visible=0 in-flight=1 delayed=0
        ",
    );
}
