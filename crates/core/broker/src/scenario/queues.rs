//! Making, finding, listing and deleting queues.

use super::check;

#[test]
fn a_queue_is_found_again_by_the_attributes_that_are_given() {
    check(
        "
        queue a visibility=10 delay=5
        queue a
        queue a delay=5
        queue a delay=5 visibility=10
        queue a delay=6 visibility=10 -> rejected: exists with another DelaySeconds
        queue a delay=5 visibility=11 -> rejected: exists with another VisibilityTimeout
        // Given is given, even if it is the default.
        queue a retention=345600
        queue a visibility=30 -> rejected: exists with another VisibilityTimeout
        list -> a
        ",
    );
}

#[test]
fn a_fifo_queue_is_found_again_by_its_own_attributes() {
    check(
        "
        queue d.fifo
        queue a.fifo content-deduplication dead-letters=d.fifo after=3
        queue a.fifo
        queue a.fifo content-deduplication
        queue a.fifo dead-letters=d.fifo after=3
        queue a.fifo dead-letters=d.fifo after=4 -> rejected: exists with another RedrivePolicy
        queue a.fifo per-group -> rejected: exists with another DeduplicationScope
        queue d.fifo content-deduplication -> rejected: exists with another ContentBasedDeduplication
        ",
    );
}

#[test]
fn a_dead_letter_queue_must_exist_and_be_of_the_same_kind() {
    check(
        "
        queue d
        queue d.fifo
        queue a dead-letters=x after=3 -> rejected: Dead letter target does not exist.
        queue a dead-letters=a after=3 -> rejected: Dead letter target does not exist.
        queue a dead-letters=d.fifo after=3 -> rejected: Dead-letter queue must be same type of queue as the source.
        queue a.fifo dead-letters=d after=3 -> rejected: Dead-letter queue must be same type of queue as the source.
        list -> d d.fifo
        ",
    );
}

#[test]
fn queues_are_listed_by_prefix_a_page_at_a_time() {
    check(
        "
        list -> nothing
        queue blue
        queue red
        queue blau
        queue blue.fifo
        list -> blau blue blue.fifo red
        list blu -> blue blue.fifo
        list max=2 -> blau blue
        list max=2 after=blue -> blue.fifo red
        list blu after=blue -> blue.fifo
        list blu after=a -> blue blue.fifo
        list r after=red -> nothing
        ",
    );
}

#[test]
fn a_deleted_queue_takes_everything_with_it() {
    check(
        "
        queue a.fifo
        send a.fifo one group=g dedup=x -> #1
        receive a.fifo -> #1
        woken -> a.fifo
        delete-queue a.fifo
        // Whoever waits there has to learn it.
        woken -> deleted
        count a.fifo -> rejected: no such queue
        send a.fifo two group=g dedup=y -> rejected: no such queue
        receive a.fifo -> rejected: no such queue
        delete a.fifo #1 -> rejected: no such queue
        visibility a.fifo #1=5 -> rejected: no such queue
        delete-queue a.fifo -> rejected: no such queue
        // Another queue of the same name has nothing of the old one, not even its handles and ids.
        queue a.fifo
        count a.fifo -> visible=0 in-flight=0 delayed=0
        delete a.fifo #1 -> rejected: handle of another queue
        send a.fifo one group=g dedup=x -> #2
        ",
    );
}
