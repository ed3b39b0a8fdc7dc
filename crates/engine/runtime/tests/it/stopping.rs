//! Stopping: whoever waits is answered, what is decided becomes durable, and it ends.

use std::sync::Arc;

use bongsu_broker::Seconds;
use bongsu_journal::{FaultyJournal, Journal, MemoryJournal};
use bongsu_runtime::Refusal;

use crate::world::{World, bodies, is_answered, message, on_both_schedulers, queue, settle};

#[tokio::test]
async fn stopping_answers_those_who_wait_and_makes_everything_durable() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    world.create("empty", &[]).await;
    let polling = world.receiving("empty", 20);
    settle().await;
    journal.hold();
    let sending = world.sending("q", "a");
    settle().await;
    world.broker.stop().await;
    let broker = world.broker.clone();
    assert!(!is_answered(&world.shard).await);
    journal.release();
    assert!(is_answered(&world.shard).await);
    assert_eq!(polling.await.unwrap(), Ok(Vec::new()));
    sending.await.unwrap().unwrap();
    assert_eq!(broker.send(queue("q"), vec![message("b")]).await, Err(Refusal::Unavailable));

    let again = World::start(&Arc::new(journal.inner().reopen())).await;
    assert_eq!(bodies(&again.receive("q").await), ["a"]);
}

#[tokio::test]
async fn no_receive_begins_to_wait_once_stopping_has_begun() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    let (stop, receive) = (world.broker.clone(), world.receiving("q", 20));
    stop.stop().await;
    world.shard.await.unwrap().unwrap();
    assert!(matches!(receive.await.unwrap(), Ok(none) if none.is_empty()));
}

#[test]
fn stopping_ends_however_busy_the_clients_are() {
    on_both_schedulers(|| async {
        let journal = Arc::new(MemoryJournal::new());
        let world = World::start(&journal).await;
        world.create("q", &[]).await;
        let mut clients = Vec::new();
        for _ in 0..20 {
            let broker = world.broker.clone();
            clients.push(tokio::spawn(async move {
                let mut acknowledged = 0;
                while broker.send(queue("q"), vec![message("a")]).await.is_ok() {
                    acknowledged += 1;
                }
                acknowledged
            }));
        }
        while world.counts("q").await.0 < 1000 {}
        world.stop().await;
        let mut acknowledged = 0;
        for client in clients {
            acknowledged += client.await.unwrap();
        }
        let again = World::start(&Arc::new(journal.reopen())).await;
        assert!(again.counts("q").await.0 >= acknowledged);
    });
}

#[tokio::test]
async fn a_stopped_shard_has_let_go_of_the_journal() {
    let journal = Arc::new(MemoryJournal::new());
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    let end = journal.span().end;
    world.stop().await;
    let mut batch = bongsu_journal::Batch::new(end);
    batch.push(bongsu_journal::Unit::Ends, |_| {});
    assert!(journal.append(batch.seal()).await.is_err());
    let again = World::start(&Arc::new(journal.reopen())).await;
    assert_eq!(again.broker.receive(queue("q"), 1, None, Some(Seconds(0))).await, Ok(Vec::new()));
}
