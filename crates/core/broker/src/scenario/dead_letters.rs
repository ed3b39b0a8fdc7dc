//! Dead letters: when a message moves, what it keeps, and what happens if it cannot.

use super::check;

#[test]
fn a_message_moves_when_it_would_be_received_once_too_often() {
    check(
        "
        queue d
        queue a visibility=10 dead-letters=d after=2
        send a hello -> #1
        receive a -> #1
        +10s
        receive a -> #1x2
        +10s
        // Only a receive moves it, time alone does not.
        count a -> visible=1 in-flight=0 delayed=0
        woken -> a
        receive a -> nothing
        woken -> d
        count a -> visible=0 in-flight=0 delayed=0
        // The count goes on, and says where it comes from.
        receive d -> #1x3(from a)
        delete a #1x2
        delete d #1
        count d -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn the_receive_that_moves_returns_the_next_messages() {
    check(
        "
        queue d
        queue a visibility=10 dead-letters=d after=1
        send a m1 | m2 -> #1 | #2
        receive a max=2 -> #1 #2
        +10s
        send a m3 | m4 -> #3 | #4
        receive a max=10 -> #3 #4
        receive d max=10 -> #1x2(from a) #2x2(from a)
        ",
    );
}

#[test]
fn one_receive_moves_a_hundred_at_most() {
    let sends = "send a m | m | m | m | m | m | m | m | m | m\nreceive a max=10\n".repeat(12);
    check(&format!(
        "
        queue d
        queue a visibility=1 dead-letters=d after=1
        {sends}
        +1s
        woken -> a
        receive a -> nothing
        count d -> visible=100 in-flight=0 delayed=0
        // There is more, so whoever waits looks again.
        woken -> d a
        receive a -> nothing
        count d -> visible=120 in-flight=0 delayed=0
        "
    ));
}

#[test]
fn a_fifo_move_unlocks_the_group_and_keeps_it() {
    check(
        "
        queue d.fifo
        queue a.fifo content-deduplication visibility=10 dead-letters=d.fifo after=1
        send a.fifo m1 group=g | m2 group=g | n1 group=h
        receive a.fifo -> #1
        +10s
        receive a.fifo -> #3
        receive a.fifo -> #2
        +10s
        receive a.fifo max=10 -> nothing
        receive d.fifo -> #1x2(from a.fifo)
        receive d.fifo max=10 -> #3x2(from a.fifo)
        delete d.fifo #1
        receive d.fifo max=10 -> #2x2(from a.fifo)
        ",
    );
}

#[test]
fn a_moved_message_is_no_duplicate_for_the_dead_letter_queue() {
    check(
        "
        queue d.fifo
        queue a.fifo visibility=0 dead-letters=d.fifo after=1
        send d.fifo mine group=g dedup=x -> #1
        send a.fifo other group=g dedup=x -> #2
        receive a.fifo -> #2
        receive a.fifo -> nothing
        receive d.fifo max=10 -> #1 #2x2(from a.fifo)
        // The source still remembers it.
        send a.fifo other group=g dedup=x -> #2
        ",
    );
}

#[test]
fn retention_runs_on_from_the_send_on_a_standard_queue() {
    check(
        "
        queue d retention=100
        queue a visibility=0 retention=100 dead-letters=d after=1
        send a hello
        receive a -> #1
        +60s
        receive a -> nothing
        count d -> visible=1 in-flight=0 delayed=0
        +39s
        count d -> visible=1 in-flight=0 delayed=0
        +1s
        count d -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn retention_starts_anew_with_the_move_on_a_fifo_queue() {
    check(
        "
        queue d.fifo retention=100
        queue a.fifo content-deduplication visibility=0 retention=100 dead-letters=d.fifo after=1
        send a.fifo hello group=g
        receive a.fifo -> #1
        +60s
        receive a.fifo -> nothing
        +99s
        count d.fifo -> visible=1 in-flight=0 delayed=0
        +1s
        count d.fifo -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_message_that_is_too_old_for_the_dead_letter_queue_expires_with_the_move() {
    check(
        "
        queue d retention=60
        queue a visibility=0 dead-letters=d after=1
        send a hello
        receive a -> #1
        +60s
        receive a -> nothing
        receive d -> nothing
        count d -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn messages_stay_while_their_dead_letter_queue_is_missing() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a hello
        delete-queue d
        receive a -> #1
        receive a -> #1x2
        queue d
        receive a -> nothing
        receive d -> #1x3(from a)
        ",
    );
}

#[test]
fn queues_may_be_each_others_dead_letter_queue() {
    check(
        "
        queue b
        queue a visibility=0 dead-letters=b after=1
        delete-queue b
        queue b visibility=0 dead-letters=a after=2
        send a hello
        receive a -> #1
        receive a -> nothing
        receive b -> #1x2(from a)
        receive b -> nothing
        receive a -> nothing
        receive b -> nothing
        receive a -> nothing
        count b -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_queue_that_is_its_own_dead_letter_queue_keeps_its_messages() {
    use super::world::World;
    use crate::{Account, Command, Fact, QueueAttributes, QueueId, QueueName, RedrivePolicy, Reply};

    let name = QueueName { account: Account(1), name: "a".into() };
    let redrive = Some(RedrivePolicy { target: name.clone(), receive_count_max: 1 });
    let attributes = QueueAttributes { redrive, visibility_timeout: crate::Seconds(0), ..QueueAttributes::default() };
    let mut world = World::new();
    world.happen(&Fact::QueueCreated { id: QueueId(2), name: name.clone(), attributes, tags: Vec::new() });
    world.ask(Command::Send { queue: name.clone(), entries: vec![super::words::outgoing_of("hello")] }).unwrap();
    for receive_count in 1..4 {
        let receive = Command::Receive { queue: name.clone(), max: 1, visibility_timeout: None, request: None };
        let (Reply::Received { deliveries, .. }, _) = world.ask(receive).unwrap() else { panic!("not a receive") };
        assert_eq!(deliveries[0].handle.receive_count, receive_count);
        world.verify();
    }
}

#[test]
fn the_name_of_the_source_outlives_the_source() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a hello
        receive a -> #1
        receive a -> nothing
        delete-queue a
        receive d -> #1x2(from a)
        restart
        +30s
        receive d -> #1x3(from a)
        ",
    );
}

#[test]
fn the_number_of_a_moved_message_is_never_given_out_again() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a hello
        receive a -> #1
        receive a -> nothing
        receive d -> #1x2(from a)
        delete d #1
        restart
        send d other -> #2
        receive d -> #2
        delete d #1x2
        count d -> visible=0 in-flight=1 delayed=0
        ",
    );
}
