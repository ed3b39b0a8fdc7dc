//! Nobody is told of what is not durable.

use std::sync::{Arc, Mutex};

use bongsu_broker::{Rejection, Seconds};
use bongsu_journal::{AppendError, Fault, FaultyJournal, MemoryJournal};
use bongsu_runtime::{Fatal, Refusal};

use crate::world::{World, bodies, fifo_message, is_answered, message, queue, redrive, settle};

type Faulty = Arc<FaultyJournal<MemoryJournal>>;

fn faulty() -> Faulty {
    Arc::new(FaultyJournal::new(MemoryJournal::new()))
}

#[tokio::test]
async fn a_send_is_answered_when_it_is_durable() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.hold();
    let sending = world.sending("q", "a");
    assert!(!is_answered(&sending).await);
    assert_eq!(journal.held(), 1);
    journal.release();
    assert!(is_answered(&sending).await);
}

#[tokio::test]
async fn refusals_and_empty_receives_wait_for_what_was_decided_before_them() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.hold();
    let broker = world.broker.clone();
    let creating =
        tokio::spawn(
            async move { broker.create_queue(queue("p"), Default::default(), Default::default(), false).await },
        );
    settle().await;
    let empty = world.receiving("p", 0);
    let refused = world.receiving("unknown", 0);
    let known = world.sending("p", "a");
    assert!(!is_answered(&creating).await && !empty.is_finished() && !refused.is_finished() && !known.is_finished());
    journal.release();
    assert!(is_answered(&creating).await && empty.is_finished() && refused.is_finished() && known.is_finished());
    assert_eq!(empty.await.unwrap(), Ok(Vec::new()));
    assert_eq!(refused.await.unwrap(), Err(Refusal::Rejected(Rejection::QueueDoesNotExist)));
}

#[tokio::test]
async fn a_delete_and_a_fifo_receive_are_answered_when_they_are_durable() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q.fifo", &[]).await;
    world.send_fifo("q.fifo", "g", "1").await;
    journal.hold();
    let receiving = world.receiving("q.fifo", 0);
    assert!(!is_answered(&receiving).await);
    journal.release();
    let received = receiving.await.unwrap().unwrap();
    assert_eq!(bodies(&received), ["1"]);
    journal.hold();
    let deleting = world.deleting("q.fifo", received[0].delivery.handle);
    assert!(!is_answered(&deleting).await);
    journal.release();
    deleting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_standard_receive_of_durable_messages_is_answered_at_once() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    journal.hold();
    let receiving = world.receiving("q", 0);
    assert!(is_answered(&receiving).await);
    assert_eq!(bodies(&receiving.await.unwrap().unwrap()), ["a"]);
    journal.release();
}

#[tokio::test]
async fn a_standard_receive_of_a_message_that_is_not_durable_waits_for_it() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.hold();
    let sending = world.sending("q", "a");
    settle().await;
    let receiving = world.receiving("q", 0);
    assert!(!is_answered(&receiving).await && !sending.is_finished());
    journal.release();
    assert!(is_answered(&receiving).await && sending.is_finished());
    assert_eq!(bodies(&receiving.await.unwrap().unwrap()), ["a"]);
}

#[tokio::test]
async fn a_standard_receive_that_dead_letters_is_answered_when_the_move_is_durable() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("dead", &[]).await;
    world.create("q", &[("RedrivePolicy", &redrive("dead", 1)), ("VisibilityTimeout", "0")]).await;
    world.send("q", "a").await;
    world.receive("q").await;
    world.send("q", "b").await;
    journal.hold();
    let receiving = world.receiving("q", 0);
    assert!(!is_answered(&receiving).await);
    journal.release();
    assert_eq!(bodies(&receiving.await.unwrap().unwrap()), ["b"]);
    assert_eq!(bodies(&world.receive("dead").await), ["a"]);
}

#[tokio::test]
async fn a_dead_letter_is_handed_out_when_its_move_is_durable() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("dead", &[]).await;
    world.create("q", &[("RedrivePolicy", &redrive("dead", 1)), ("VisibilityTimeout", "0")]).await;
    world.send("q", "a").await;
    world.receive("q").await;
    journal.hold();
    let moving = world.receiving("q", 0);
    settle().await;
    // A crash now would undo the move, and the receipt handle would name whatever comes to that place later.
    let receiving = world.receiving("dead", 0);
    assert!(!is_answered(&receiving).await);
    journal.release();
    assert_eq!(bodies(&receiving.await.unwrap().unwrap()), ["a"]);
    assert_eq!(moving.await.unwrap(), Ok(Vec::new()));
}

#[tokio::test]
async fn replies_leave_in_the_order_of_the_commands() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q.fifo", &[]).await;
    journal.hold();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut asking = Vec::new();
    for number in 0..60 {
        let (broker, answered) = (world.broker.clone(), order.clone());
        asking.push(tokio::spawn(async move {
            match number % 4 {
                0 => {
                    let entry = fifo_message("a", "g", &number.to_string());
                    drop(broker.send(queue("q.fifo"), vec![entry]).await.unwrap());
                }
                1 => drop(broker.send(queue("q.fifo"), vec![message("no group")]).await.unwrap_err()),
                2 => drop(broker.describe_queue(queue("unknown")).await.unwrap_err()),
                _ => drop(broker.receive(queue("q.fifo"), 1, None, Some(Seconds(0))).await.unwrap()),
            }
            answered.lock().unwrap().push(number);
        }));
        settle().await;
        assert_eq!(*order.lock().unwrap(), Vec::<i32>::new());
    }
    while order.lock().unwrap().len() < 60 {
        journal.release_one();
        settle().await;
        assert!(order.lock().unwrap().is_sorted());
    }
}

#[tokio::test]
async fn sends_that_come_while_one_append_is_going_on_share_the_next() {
    let journal = faulty();
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.hold();
    let first = world.sending("q", "first");
    settle().await;
    let others: Vec<_> = (0..500).map(|number| world.sending("q", &number.to_string())).collect();
    settle().await;
    assert_eq!(journal.held(), 1);
    assert!(journal.release_one());
    assert!(is_answered(&first).await);
    assert!(others.iter().all(|other| !other.is_finished()));
    assert_eq!(journal.held(), 1);
    assert!(journal.release_one());
    settle().await;
    assert!(others.iter().all(|other| other.is_finished()));
    assert_eq!(journal.held(), 0);
}

#[tokio::test]
async fn an_append_that_fails_ends_the_shard_and_nothing_is_acknowledged_any_more() {
    for fault in [Fault::NotAppended, Fault::UnknownAndLost, Fault::UnknownAndWritten, Fault::Fenced] {
        let journal = faulty();
        let world = World::start(&journal).await;
        world.create("q", &[("ReceiveMessageWaitTimeSeconds", "20")]).await;
        world.create("other", &[]).await;
        let polling = world.receiving("other", 20);
        settle().await;
        journal.hold();
        journal.fail_next(fault);
        let failing = world.sending("q", "a");
        settle().await;
        let behind = world.sending("q", "b");
        let refused = world.receiving("unknown", 0);
        settle().await;
        journal.release();
        let fatal = world.shard.await.unwrap().unwrap_err();
        let as_it_was = match fatal {
            Fatal::Append(AppendError::NotAppended(_)) => fault == Fault::NotAppended,
            Fatal::Append(AppendError::Unknown(_)) => {
                matches!(fault, Fault::UnknownAndLost | Fault::UnknownAndWritten)
            }
            Fatal::Append(AppendError::Fenced { .. }) => fault == Fault::Fenced,
            _ => false,
        };
        assert!(as_it_was, "{fault:?}");
        assert_eq!(failing.await.unwrap(), Err(Refusal::Unavailable));
        assert_eq!(behind.await.unwrap(), Err(Refusal::Unavailable));
        assert_eq!(refused.await.unwrap(), Err(Refusal::Unavailable));
        assert_eq!(polling.await.unwrap(), Err(Refusal::Unavailable));
        assert_eq!(world.broker.send(queue("q"), vec![message("c")]).await, Err(Refusal::Unavailable));
    }
}
