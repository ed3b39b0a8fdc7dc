//! FIFO topics: order and deduplication at the topic, and again at each queue.

use super::check;

#[test]
fn groups_keep_their_order_and_numbers_rise() {
    check(
        "
        topic t.fifo content-deduplication
        queue a.fifo visibility=10
        queue b
        subscribe t.fifo a.fifo
        subscribe t.fifo b
        publish t.fifo one group=g -> #1:0 delivered=2
        publish t.fifo two group=g | three group=h -> #2:1 | #3:2 delivered=4
        receive a.fifo -> #1@a.fifo
        receive a.fifo max=10 -> #3@a.fifo
        delete a.fifo #1@a.fifo
        receive a.fifo max=10 -> #2@a.fifo
        receive b max=10 -> #1@b #2@b #3@b
        restart
        publish t.fifo four group=g -> #4:3 delivered=2
        ",
    );
}

#[test]
fn a_group_and_an_id_are_asked_for() {
    check(
        "
        topic t.fifo
        publish t.fifo hello dedup=x -> rejected: The MessageGroupId parameter is required for FIFO topics
        publish t.fifo hello group=g -> rejected: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly
        publish t.fifo hello group=g dedup=x | hello group=g -> rejected: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly
        publish t.fifo hello group=g dedup=x -> #1:0
        ",
    );
}

#[test]
fn a_topic_remembers_ids_for_five_minutes() {
    check(
        "
        topic t.fifo
        queue a.fifo
        subscribe t.fifo a.fifo
        publish t.fifo one group=g dedup=x -> #1:0 delivered=1
        publish t.fifo two group=h dedup=x -> #1:0=
        publish t.fifo three group=g dedup=y | four group=g dedup=y -> #2:1 | #2:1= delivered=1
        purge a.fifo
        +299s
        restart
        publish t.fifo two group=g dedup=x -> #1:0=
        +1s
        publish t.fifo two group=g dedup=x -> #3:2 delivered=1
        receive a.fifo max=10 -> #3@a.fifo
        ",
    );
}

#[test]
fn ids_may_count_for_each_group() {
    check(
        "
        topic t.fifo per-group
        queue a.fifo per-group
        queue b.fifo
        subscribe t.fifo a.fifo
        subscribe t.fifo b.fifo
        publish t.fifo one group=g dedup=x -> #1:0 delivered=2
        publish t.fifo two group=h dedup=x -> #2:1 delivered=2
        publish t.fifo two group=h dedup=x -> #2:1=
        receive a.fifo max=10 -> #1@a.fifo #2@a.fifo
        // This queue counts ids over all groups: the second is a duplicate to it.
        receive b.fifo max=10 -> #1@b.fifo
        ",
    );
}

#[test]
fn a_queue_has_a_copy_once_however_it_comes() {
    check(
        "
        topic t.fifo content-deduplication
        topic u.fifo content-deduplication
        queue a.fifo
        subscribe t.fifo a.fifo
        subscribe u.fifo a.fifo
        publish t.fifo same group=g -> #1:0 delivered=1
        publish u.fifo same group=g -> #2:0 delivered=1
        send a.fifo same group=g dedup=mine -> #3
        send a.fifo other group=g dedup=theirs -> #4
        publish t.fifo third group=g dedup=theirs -> #5:1 delivered=1
        receive a.fifo max=10 -> #1@a.fifo #3 #4
        purge a.fifo
        +300s
        publish u.fifo same group=h -> #6:1 delivered=1
        receive a.fifo max=10 -> #6@a.fifo
        ",
    );
}

#[test]
fn the_id_is_forwarded_so_that_the_queue_need_not_make_its_own() {
    check(
        "
        topic t.fifo
        queue a.fifo
        subscribe t.fifo a.fifo
        publish t.fifo hello group=g dedup=x -> #1:0 delivered=1
        receive a.fifo -> #1@a.fifo
        delete a.fifo #1@a.fifo
        delete-topic t.fifo
        topic t.fifo
        subscribe t.fifo a.fifo
        publish t.fifo hello group=g dedup=x -> #2:0 delivered=1
        receive a.fifo -> nothing
        ",
    );
}

#[test]
fn without_subscribers_duplicates_are_known_and_numbers_rise() {
    check(
        "
        topic t.fifo content-deduplication
        publish t.fifo one group=g -> #1:0
        publish t.fifo one group=g -> #1:0=
        restart
        publish t.fifo one group=g -> #1:0=
        publish t.fifo two group=g -> #2:1
        +300s
        publish t.fifo one group=g -> #3:2
        ",
    );
}

#[test]
fn a_fifo_dead_letter_queue_keeps_groups_and_ids() {
    check(
        "
        topic t.fifo content-deduplication
        queue d.fifo
        subscribe t.fifo gone.fifo dead-letters=d.fifo
        publish t.fifo one group=g | two group=g -> #1:0 | #2:1 failed=2 dead-lettered=2
        receive d.fifo -> #1@gone.fifo
        receive d.fifo -> nothing
        ",
    );
}

#[test]
fn a_standard_topic_has_nothing_for_a_fifo_queue() {
    check(
        "
        topic t
        queue a.fifo
        subscribe t a.fifo -> rejected: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics
        ",
    );
}

#[test]
fn fifo_topics_are_for_queues_and_fifo_queues_for_fifo_topics() {
    check(
        "
        topic t
        topic t.fifo
        subscribe t q.fifo -> rejected: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics
        subscribe t.fifo https:w -> rejected: Invalid protocol type: https
        subscribe t.fifo q.fifo
        subscribe t.fifo q
        ",
    );
}
