//! Cleaning: what is alive is written again, what is not goes, and nothing comes back from the dead.
//!
//! Every scenario is cleaned at every step; these are the ones in which that is the point.

use super::check;

/// Facts that fill the journal, so that everything before them is cleaned away.
const FILLING: &str = "
    send filler x
    send filler x
    send filler x
    send filler x
    send filler x
    send filler x
";

fn check_with_filling(script: &str) {
    check(&format!("queue filler\n{}", script.replace("...", FILLING)));
}

#[test]
fn what_is_alive_is_carried_along() {
    check_with_filling(
        "
        queue d.fifo delay=3
        queue a.fifo visibility=30 dead-letters=d.fifo after=2
        function f
        map a.fifo f
        send a.fifo m1 group=g dedup=x
        send a.fifo m2 group=h dedup=y
        ...
        receive a.fifo
        ...
        +30s
        ...
        functions -> f a.fifo->f
        count a.fifo -> visible=2 in-flight=0 delayed=0
        ...
        queue a.fifo dead-letters=d.fifo after=2 visibility=30
        ",
    );
}

#[test]
fn what_an_attempt_deleted_does_not_come_back() {
    check_with_filling(
        "
        queue a
        function f
        map a f
        send a m1 | m2 | m3
        dispatch a
        send filler x
        ...
        end !1 partly 1
        ...
        count a -> visible=0 in-flight=1 delayed=0
        ...
        ",
    );
}

#[test]
fn an_attempt_knows_its_messages_however_often_they_moved_in_the_journal() {
    check_with_filling(
        "
        queue a visibility=30
        function f
        map a f
        send a m1
        send a m2
        ...
        dispatch a
        send filler x
        send filler x
        +30s
        ...
        end !1 succeeded
        ...
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_message_is_found_in_the_queue_it_was_moved_to() {
    check_with_filling(
        "
        queue e
        queue d visibility=0 dead-letters=e after=2
        queue a visibility=0 dead-letters=d after=1
        send a hello
        receive a
        ...
        receive a -> nothing
        ...
        receive d
        receive d -> nothing
        ...
        delete-queue d
        delete-queue a
        ...
        count e -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_deduplication_id_outlives_the_record_of_its_message() {
    check_with_filling(
        "
        queue a.fifo
        send a.fifo m1 group=g dedup=x
        receive a.fifo
        ...
        +200s
        ...
        +100s
        send a.fifo m2 group=g dedup=x
        ...
        +200s
        ...
        ",
    );
}
