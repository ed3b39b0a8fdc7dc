//! Visibility timeouts and what a receipt handle can still do.

use super::check;

#[test]
fn a_visibility_timeout_of_zero_hands_out_and_counts_but_does_not_hide() {
    check(
        "
        queue a
        send a hello
        receive a visibility=0 -> #1
        receive a visibility=0 -> #1x2
        count a -> visible=1 in-flight=0 delayed=0
        receive a -> #1x3
        receive a -> nothing
        ",
    );
}

#[test]
fn a_change_counts_from_now() {
    check(
        "
        queue a visibility=30
        send a hello
        receive a -> #1
        +20s
        visibility a #1=30
        +29999ms
        receive a -> nothing
        +1ms
        receive a -> #1x2
        visibility a #1=0
        receive a -> #1x3
        ",
    );
}

#[test]
fn a_message_is_hidden_for_at_most_twelve_hours_from_its_receive() {
    check(
        "
        queue a visibility=43200
        send a hello
        receive a -> #1
        visibility a #1=43200
        +1s
        visibility a #1=43200 -> rejected: 43200 is beyond twelve hours
        visibility a #1=43199
        +43199s
        receive a visibility=10 -> #1x2
        // The limit starts anew with every receive.
        visibility a #1=43200
        ",
    );
}

#[test]
fn a_message_can_be_made_visible_however_long_ago_its_receive_was() {
    check(
        "
        queue a visibility=10
        send a hello
        receive a -> #1
        +13h
        visibility a #1=1 -> rejected: 1 is beyond twelve hours
        visibility a #1=0
        receive a -> #1x2
        ",
    );
}

#[test]
fn a_standard_message_is_deleted_by_any_of_its_handles() {
    check(
        "
        queue a visibility=30
        send a m1 | m2 | m3
        receive a max=3 -> #1 #2 #3
        delete a #1 #1
        // Again, silently.
        delete a #1
        +30s
        // Its timeout is over, nobody else has it.
        delete a #2
        receive a -> #3x2
        // Somebody else has it.
        delete a #3x1
        count a -> visible=0 in-flight=0 delayed=0
        delete a #3x2
        ",
    );
}

#[test]
fn a_fifo_message_is_deleted_by_its_current_handle_only() {
    check(
        "
        queue a.fifo visibility=30 content-deduplication
        send a.fifo m1 group=g | m2 group=g | m3 group=g
        receive a.fifo max=3 -> #1 #2 #3
        delete a.fifo #1
        delete a.fifo #1
        // An extended handle stays valid.
        visibility a.fifo #3=60
        +30s
        delete a.fifo #2 -> rejected: handle expired
        delete a.fifo #2 #3 -> rejected: handle expired | ok
        receive a.fifo -> #2x2
        delete a.fifo #2x1 -> rejected: handle expired
        delete a.fifo #2x2
        count a.fifo -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_standard_message_is_hidden_again_by_any_of_its_handles() {
    check(
        "
        queue a visibility=30
        send a hello
        receive a -> #1
        +30s
        visibility a #1=10
        count a -> visible=0 in-flight=1 delayed=0
        +10s
        receive a -> #1x2
        visibility a #1x1=0
        receive a -> #1x3
        delete a #1
        visibility a #1=0 -> rejected: message not available
        ",
    );
}

#[test]
fn a_fifo_message_is_hidden_again_by_its_current_handle_only() {
    check(
        "
        queue a.fifo visibility=30 content-deduplication
        send a.fifo hello group=g
        receive a.fifo -> #1
        +30s
        visibility a.fifo #1=10 -> rejected: handle expired
        receive a.fifo -> #1x2
        visibility a.fifo #1x1=10 -> rejected: handle expired
        visibility a.fifo #1x2=10
        +10s
        receive a.fifo -> #1x3
        visibility a.fifo #1=0
        delete a.fifo #1 -> rejected: handle expired
        receive a.fifo -> #1x4
        delete a.fifo #1
        visibility a.fifo #1=10 -> rejected: message not available
        ",
    );
}

#[test]
fn a_handle_is_good_for_its_own_queue() {
    check(
        "
        queue a
        queue b
        send a hello
        send b hello
        receive a -> #1
        receive b -> #2
        delete b #1 -> rejected: handle of another queue
        visibility b #2=5 #1=5 -> ok | rejected: handle of another queue
        count a -> visible=0 in-flight=1 delayed=0
        ",
    );
}

/// A standard receive may be answered before it is durable; the crash that forgets it does not make its handle worthless.
#[test]
fn a_handle_whose_receive_was_forgotten_still_deletes() {
    use super::script::Story;
    use crate::{Account, Command, QueueName, ReceiptHandle, Rejection, Reply, Seconds, VisibilityChange};

    let mut story = Story::new();
    story.play("queue a");
    story.play("send a hello");
    let queue = QueueName { account: Account(1), name: "a".into() };
    let id = story.world.broker.queue(&queue).unwrap().id;
    let handle = ReceiptHandle { queue: id, sequence: 0, receive_count: 1 };
    let changes = vec![VisibilityChange { handle, timeout: Seconds(5) }];
    let (reply, _) = story.world.ask(Command::ChangeVisibility { queue: queue.clone(), changes }).unwrap();
    assert_eq!(reply, Reply::Each(vec![Err(Rejection::MessageNotAvailable)]));
    let (reply, _) = story.world.ask(Command::Delete { queue, handles: vec![handle] }).unwrap();
    assert_eq!(reply, Reply::Each(vec![Ok(())]));
    assert_eq!(story.play("receive a"), "nothing");
}
