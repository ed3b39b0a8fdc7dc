//! Changing, tagging, purging and looking into queues.

use super::check;

#[test]
fn a_change_of_attributes_counts_at_once() {
    check(
        "
        queue a visibility=10 retention=1000
        send a one
        set a visibility=5
        receive a -> #1
        +5s
        receive a -> #1x2
        set a retention=60
        +54s
        count a -> visible=1 in-flight=0 delayed=0
        restart
        +1s
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_new_delay_counts_for_delayed_messages_of_a_fifo_queue_only() {
    check(
        "
        queue a delay=10
        queue a.fifo content-deduplication delay=10
        send a one
        send a.fifo two group=g | three group=g
        set a delay=1
        set a.fifo delay=3
        +1s
        receive a -> nothing
        set a.fifo delay=4
        +3s
        receive a.fifo max=2 -> #2 #3
        restart
        set a.fifo delay=0
        +6s
        receive a -> #1
        send a.fifo four group=h
        receive a.fifo -> #4
        ",
    );
}

#[test]
fn a_deduplication_scope_that_is_set_later_is_without_effect() {
    check(
        "
        queue a.fifo
        queue b.fifo per-group
        set a.fifo per-group
        set b.fifo per-queue
        send a.fifo one group=g dedup=x -> #1
        send a.fifo one group=h dedup=x -> #1
        send b.fifo one group=g dedup=x -> #2
        send b.fifo one group=h dedup=x -> #3
        ",
    );
}

#[test]
fn a_redrive_policy_is_checked_whenever_it_is_set() {
    check(
        "
        queue d allow=a
        queue a
        queue b
        set a dead-letters=d after=1
        set b dead-letters=d after=1 -> rejected: The dead-letter queue's redrive allow policy does not allow this source queue.
        set b dead-letters=e after=1 -> rejected: Dead letter target does not exist.
        queue c dead-letters=d after=1 -> rejected: The dead-letter queue's redrive allow policy does not allow this source queue.
        set d allow=none
        set a dead-letters=d after=2 -> rejected: The dead-letter queue's redrive allow policy does not allow this source queue.
        sources d -> a
        ",
    );
}

#[test]
fn the_sources_of_a_dead_letter_queue_are_listed_in_pages() {
    check(
        "
        queue d
        queue c dead-letters=d after=1
        queue a dead-letters=d after=1
        queue b
        queue e dead-letters=d after=1
        sources d max=2 -> a c
        sources d max=2 after=c -> e
        sources b -> nothing
        sources x -> rejected: no such queue
        ",
    );
}

#[test]
fn tags_are_added_replaced_and_removed() {
    check(
        "
        queue a tag=x:1
        tag a y:2 x:3
        tags a -> x:3 y:2
        untag a x z
        restart
        tags a -> y:2
        queue a tag=w:1
        tags a -> y:2
        ",
    );
}

#[test]
fn a_queue_has_fifty_tags_at_most() {
    let many: Vec<String> = (0..50).map(|number| format!("k{number}:v")).collect();
    check(&format!("queue a\ntag a {}\ntag a k1:w\ntag a more:v -> rejected: too many tags on a", many.join(" ")));
}

#[test]
fn a_purge_takes_everything_and_forgets_what_was_deduplicated() {
    check(
        "
        queue a delay=5
        queue a.fifo content-deduplication
        send a one | two delay=0
        receive a -> #2
        send a.fifo three group=g | four group=h
        receive a.fifo request=r -> #3
        purge a
        purge a.fifo
        count a -> visible=0 in-flight=0 delayed=0
        restart
        +30s
        receive a -> nothing
        delete a #2 -> ok
        visibility a #2=5 -> rejected: message not available
        send a.fifo three group=g -> #5
        receive a.fifo request=r -> #5
        ",
    );
}

#[test]
fn a_purge_frees_what_dead_letters_kept() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a one
        receive a -> #1
        receive a -> nothing
        purge d
        receive d -> nothing
        send a two
        ",
    );
}

#[test]
fn cooldowns_last_a_minute_where_they_are_asked_for() {
    check(
        "
        queue a
        purge a cooldown
        purge a cooldown -> rejected: purged a moment ago: a
        restart
        +59s
        purge a cooldown -> rejected: purged a moment ago: a
        purge a
        +60s
        purge a cooldown
        delete-queue a
        queue a cooldown -> rejected: deleted a moment ago
        restart
        +59s
        queue a cooldown -> rejected: deleted a moment ago
        +1s
        queue a cooldown
        delete-queue a
        queue a
        ",
    );
}

#[test]
fn a_peek_shows_every_message_and_changes_nothing() {
    check(
        "
        queue a
        send a one | two delay=9 | three
        receive a -> #1
        peek a -> #1f1 #2d0 #3v0
        peek a from=1 max=1 -> #2d0
        peek a from=99 -> nothing
        receive a -> #3
        peek b -> rejected: no such queue
        ",
    );
}
