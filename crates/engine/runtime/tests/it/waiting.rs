//! Long polls: woken by whatever makes a message receivable, and by nothing else.

use std::sync::Arc;

use bongsu_broker::{Rejection, Seconds};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::Refusal;

use crate::world::{World, bodies, body, fifo_message, is_answered, message, on_both_schedulers, queue, settle};

async fn world() -> World {
    World::start(&Arc::new(MemoryJournal::new())).await
}

#[tokio::test]
async fn a_long_poll_is_woken_by_a_send() {
    let world = world().await;
    world.create("q", &[]).await;
    let polling = world.receiving("q", 20);
    assert!(!is_answered(&polling).await);
    world.send("q", "a").await;
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["a"]);
}

#[tokio::test]
async fn a_long_poll_is_woken_by_a_delay_that_ends() {
    let world = world().await;
    world.create("q", &[("DelaySeconds", "5")]).await;
    world.send("q", "a").await;
    let polling = world.receiving("q", 20);
    assert!(!is_answered(&polling).await);
    world.clock.advance(Seconds(4));
    assert!(!is_answered(&polling).await);
    world.clock.advance(Seconds(1));
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["a"]);
}

#[tokio::test]
async fn a_long_poll_is_woken_by_a_visibility_timeout_that_ends() {
    let world = world().await;
    world.create("q", &[("VisibilityTimeout", "3")]).await;
    world.send("q", "a").await;
    world.receive("q").await;
    let polling = world.receiving("q", 20);
    assert!(!is_answered(&polling).await);
    world.clock.advance(Seconds(3));
    let received = polling.await.unwrap().unwrap();
    assert_eq!(received[0].delivery.handle.receive_count, 2);
}

#[tokio::test]
async fn a_long_poll_is_woken_by_a_message_that_is_made_visible() {
    let world = world().await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    let received = world.receive_one("q").await;
    let polling = world.receiving("q", 20);
    assert!(!is_answered(&polling).await);
    world.show("q", &received).await;
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["a"]);
}

#[tokio::test]
async fn a_long_poll_is_woken_by_a_delete_that_unlocks_its_group() {
    let world = world().await;
    world.create("q.fifo", &[]).await;
    world.send_fifo("q.fifo", "g", "1").await;
    world.send_fifo("q.fifo", "g", "2").await;
    let first = world.receive_one("q.fifo").await;
    let polling = world.receiving("q.fifo", 20);
    assert!(!is_answered(&polling).await);
    world.delete("q.fifo", &first).await;
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["2"]);
}

#[tokio::test]
async fn a_long_poll_ends_empty_at_its_deadline() {
    let world = world().await;
    world.create("q", &[("ReceiveMessageWaitTimeSeconds", "7")]).await;
    let polling = world.receiving("q", 5);
    let broker = world.broker.clone();
    let as_the_queue_says = tokio::spawn(async move { broker.receive(queue("q"), 1, None, None).await });
    assert!(!is_answered(&polling).await && !as_the_queue_says.is_finished());
    world.clock.advance(Seconds(5));
    assert!(is_answered(&polling).await && !as_the_queue_says.is_finished());
    world.clock.advance(Seconds(2));
    assert!(is_answered(&as_the_queue_says).await);
    assert_eq!(polling.await.unwrap(), Ok(Vec::new()));
    assert_eq!(as_the_queue_says.await.unwrap(), Ok(Vec::new()));
}

#[tokio::test]
async fn a_long_poll_is_answered_when_its_queue_is_deleted() {
    let world = world().await;
    world.create("q", &[]).await;
    let polling = world.receiving("q", 20);
    settle().await;
    world.broker.delete_queue(queue("q")).await.unwrap();
    assert_eq!(polling.await.unwrap(), Err(Refusal::Rejected(Rejection::QueueDoesNotExist)));
}

#[tokio::test]
async fn a_long_poll_outlasts_messages_that_only_move_to_the_dead_letter_queue() {
    let world = world().await;
    world.create("dead", &[]).await;
    let redrive = crate::world::redrive("dead", 1);
    world.create("q", &[("RedrivePolicy", &redrive), ("VisibilityTimeout", "1")]).await;
    for number in 0..250 {
        world.send("q", &number.to_string()).await;
    }
    for _ in 0..25 {
        world.receive("q").await;
    }
    let polling = world.receiving("q", 20);
    world.clock.advance(Seconds(1));
    assert!(!is_answered(&polling).await);
    assert_eq!((world.counts("q").await, world.counts("dead").await), ((0, 0, 0), (250, 0, 0)));
    world.send("q", "new").await;
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["new"]);
}

#[tokio::test]
async fn a_client_that_has_gone_takes_no_message() {
    let world = world().await;
    world.create("q", &[]).await;
    let polling = world.receiving("q", 20);
    settle().await;
    polling.abort();
    settle().await;
    world.send("q", "a").await;
    assert_eq!(world.counts("q").await, (1, 0, 0));
}

#[tokio::test]
async fn a_client_that_has_gone_takes_no_message_at_its_deadline_either() {
    let world = world().await;
    world.create("q", &[("VisibilityTimeout", "5")]).await;
    world.send("q", "a").await;
    world.receive("q").await;
    let polling = world.receiving("q", 5);
    settle().await;
    polling.abort();
    settle().await;
    // The timeout and the poll end at the same moment.
    world.clock.advance(Seconds(5));
    settle().await;
    assert_eq!(world.counts("q").await, (1, 0, 0));
}

#[tokio::test]
async fn a_client_that_goes_before_its_receive_is_served_takes_no_message() {
    let world = world().await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    // Asked and gone before the shard gets its turn.
    tokio::select! {
        biased;
        _ = world.broker.receive(queue("q"), 1, None, Some(Seconds(0))) => panic!("answered without the shard"),
        () = std::future::ready(()) => {}
    }
    settle().await;
    assert_eq!(world.counts("q").await, (1, 0, 0));
}

#[tokio::test]
async fn at_one_deadline_the_message_goes_to_whoever_has_waited_longest() {
    let world = world().await;
    world.create("q", &[("VisibilityTimeout", "5")]).await;
    world.send("q", "a").await;
    world.receive("q").await;
    let longest = world.receiving("q", 20);
    settle().await;
    let due = world.receiving("q", 5);
    settle().await;
    world.clock.advance(Seconds(5));
    assert!(is_answered(&longest).await && is_answered(&due).await);
    assert_eq!(bodies(&longest.await.unwrap().unwrap()), ["a"]);
    assert_eq!(due.await.unwrap(), Ok(Vec::new()));
}

#[test]
fn ten_thousand_waiters_get_one_message_each() {
    on_both_schedulers(|| async {
        let world = world().await;
        world.create("q", &[]).await;
        let polling: Vec<_> = (0..10_000).map(|_| world.receiving("q", 20)).collect();
        let sent = async {
            for batch in 0..1_000 {
                let entries = (0..10).map(|number| message(&(batch * 10 + number).to_string())).collect();
                world.broker.send(queue("q"), entries).await.unwrap();
            }
        };
        sent.await;
        let mut seen = vec![false; 10_000];
        for polling in polling {
            let received = polling.await.unwrap().unwrap();
            assert_eq!(received.len(), 1);
            let number: usize = body(&received[0]).parse().unwrap();
            assert!(!std::mem::replace(&mut seen[number], true), "{number} came twice");
        }
        assert_eq!(world.counts("q").await, (0, 10_000, 0));
    });
}

#[tokio::test]
async fn ten_thousand_waiters_end_empty_together() {
    let world = world().await;
    world.create("q", &[]).await;
    let polling: Vec<_> = (0..10_000).map(|_| world.receiving("q", 20)).collect();
    settle().await;
    world.clock.advance(Seconds(20));
    for polling in polling {
        assert_eq!(polling.await.unwrap(), Ok(Vec::new()));
    }
}

#[test]
fn consumers_of_a_fifo_queue_see_each_group_in_order_whatever_the_scheduler_does() {
    on_both_schedulers(|| async {
        let world = Arc::new(world().await);
        world.create("q.fifo", &[]).await;
        let mut consumers = Vec::new();
        for _ in 0..8 {
            let world = world.clone();
            consumers.push(tokio::spawn(async move {
                let mut seen = Vec::new();
                loop {
                    let received = world.broker.receive(queue("q.fifo"), 1, None, Some(Seconds(20))).await.unwrap();
                    let Some(received) = received.first() else { return seen };
                    seen.push((received.content.group.clone().unwrap(), received.delivery.handle.sequence));
                    world.delete("q.fifo", received).await;
                }
            }));
        }
        for number in 0..300 {
            let group = (number % 7).to_string();
            let entry = fifo_message("a", &group, &number.to_string());
            world.broker.send(queue("q.fifo"), vec![entry]).await.unwrap();
        }
        while world.counts("q.fifo").await != (0, 0, 0) {
            tokio::task::yield_now().await;
        }
        // A consumer may begin another receive after any of these.
        while !consumers.iter().all(|consumer| consumer.is_finished()) {
            world.clock.advance(Seconds(20));
            settle().await;
        }
        let mut total = 0;
        for consumer in consumers {
            let seen = consumer.await.unwrap();
            total += seen.len();
            for group in 0..7 {
                let of_group = seen.iter().filter(|(name, _)| **name == *group.to_string()).map(|(_, number)| number);
                assert!(of_group.is_sorted());
            }
        }
        assert_eq!(total, 300);
    });
}
