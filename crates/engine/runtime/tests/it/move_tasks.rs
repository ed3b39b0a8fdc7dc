//! Move tasks: they go on by themselves, at their pace, beside everything else, and after a restart.

use std::collections::BTreeSet;
use std::sync::Arc;

use bongsu_broker::{MessageId, MoveTaskStatus, Seconds};
use bongsu_journal::{FaultyJournal, MemoryJournal};
use bongsu_runtime::{ManualClock, Received};

use crate::cramped::Cramped;
use crate::world::{START, Setting, World, body, is_answered, message, on_both_schedulers, queue, redrive, settle};

/// Sends so many messages that fail, so that they lie in the dead-letter queue `d` of `a`. Returns their ids.
async fn fail(world: &World, count: usize) -> BTreeSet<MessageId> {
    world.create("d", &[]).await;
    world.create("a", &[("VisibilityTimeout", "1"), ("RedrivePolicy", &redrive("d", 1))]).await;
    let mut ids = BTreeSet::new();
    for first in (0..count).step_by(10) {
        let entries = (first..count.min(first + 10)).map(|n| message(&n.to_string())).collect();
        for sent in world.broker.send(queue("a"), entries).await.unwrap() {
            ids.insert(sent.unwrap().message_id);
        }
        world.receive("a").await;
    }
    world.clock.advance(Seconds(1));
    while world.counts("d").await.0 < count {
        assert!(world.receive("a").await.is_empty());
    }
    ids
}

async fn status(world: &World) -> (MoveTaskStatus, u64) {
    let tasks = world.broker.list_move_tasks(queue("d"), 1).await.unwrap();
    (tasks[0].status, tasks[0].moved)
}

async fn is_completed(world: &World) -> bool {
    settle().await;
    status(world).await.0 == MoveTaskStatus::Completed
}

async fn receive_all(world: &World, name: &str) -> Vec<Received> {
    let mut all = Vec::new();
    loop {
        let received = world.receive(name).await;
        if received.is_empty() {
            return all;
        }
        all.extend(received);
    }
}

#[test]
fn a_thousand_messages_move_by_themselves() {
    on_both_schedulers(|| async {
        let world = World::start(&Arc::new(MemoryJournal::new())).await;
        let before = fail(&world, 1000).await;
        world.broker.start_move_task(queue("d"), None, None).await.unwrap();
        while !is_completed(&world).await {}
        assert_eq!(status(&world).await, (MoveTaskStatus::Completed, 1000));
        assert_eq!(world.counts("d").await, (0, 0, 0));
        let received = receive_all(&world, "a").await;
        let bodies: Vec<String> = received.iter().map(|received| body(received).to_owned()).collect();
        assert_eq!(bodies, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
        let after: BTreeSet<MessageId> = received.iter().map(|received| received.content.message_id).collect();
        assert_eq!(after.len(), 1000);
        assert!(after.is_disjoint(&before), "a moved message has a new id");
        world.stop().await;
    });
}

#[tokio::test]
async fn requests_are_served_between_the_steps_of_a_task() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    fail(&world, 1000).await;
    world.broker.start_move_task(queue("d"), None, None).await.unwrap();
    world.send("a", "between").await;
    while !is_completed(&world).await {}
    let received = receive_all(&world, "a").await;
    let ahead = received.iter().take_while(|received| body(received) != "between").count();
    assert!(ahead < 1000, "the send waited for the end of the task");
    world.stop().await;
}

#[tokio::test]
async fn whoever_waits_at_the_destination_gets_what_is_moved_there() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    fail(&world, 1).await;
    let waiting = world.receiving("a", 20);
    settle().await;
    world.broker.start_move_task(queue("d"), None, None).await.unwrap();
    let received = waiting.await.unwrap().unwrap();
    assert_eq!(body(&received[0]), "0");
    world.stop().await;
}

#[tokio::test]
async fn a_rate_is_kept_on_the_clock() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    fail(&world, 3).await;
    let task = world.broker.start_move_task(queue("d"), Some(queue("a")), Some(1)).await.unwrap();
    for moved in 0..3 {
        settle().await;
        assert_eq!(status(&world).await, (MoveTaskStatus::Running, moved));
        world.clock.advance(Seconds(1));
    }
    assert!(is_completed(&world).await);
    assert!(world.broker.cancel_move_task(task, queue("d")).await.is_err(), "it has ended");
    world.stop().await;
}

#[tokio::test]
async fn a_cancelled_task_leaves_the_rest() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    fail(&world, 3).await;
    let task = world.broker.start_move_task(queue("d"), None, Some(1)).await.unwrap();
    world.clock.advance(Seconds(1));
    settle().await;
    assert_eq!(world.broker.cancel_move_task(task, queue("d")).await, Ok(1));
    world.clock.advance(Seconds(10));
    settle().await;
    assert_eq!((world.counts("a").await, world.counts("d").await), ((1, 0, 0), (2, 0, 0)));
    world.stop().await;
}

#[tokio::test]
async fn a_task_goes_on_after_a_restart() {
    let journal = Arc::new(MemoryJournal::new());
    let clock = ManualClock::starting_at(START);
    let world = World::with(&journal, Setting { clock: clock.clone(), ..Setting::default() }).await;
    fail(&world, 1000).await;
    world.broker.start_move_task(queue("d"), None, None).await.unwrap();
    world.stop().await;
    let journal = Arc::new(journal.reopen());
    let world = World::with(&journal, Setting { clock, ..Setting::default() }).await;
    while !is_completed(&world).await {}
    assert_eq!(receive_all(&world, "a").await.len(), 1000);
    world.stop().await;
}

#[tokio::test]
async fn a_moved_message_is_handed_out_when_its_move_is_durable() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = World::start(&journal).await;
    fail(&world, 1).await;
    world.broker.start_move_task(queue("d"), None, Some(1)).await.unwrap();
    journal.hold();
    world.clock.advance(Seconds(1));
    settle().await;
    // A crash now would undo the move, and the message would be in the dead-letter queue under its old id.
    let receiving = world.receiving("a", 0);
    assert!(!is_answered(&receiving).await);
    journal.release();
    assert_eq!(body(&receiving.await.unwrap().unwrap()[0]), "0");
    world.stop().await;
}

#[tokio::test]
async fn a_task_waits_for_room_and_then_goes_on() {
    let journal = Arc::new(Cramped::with_room(1 << 30));
    let world = World::start(&journal).await;
    fail(&world, 3).await;
    world.broker.start_move_task(queue("d"), None, Some(1)).await.unwrap();
    // Only what cleaning needs.
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    world.look_at_journal().await;
    world.clock.advance(Seconds(1));
    settle().await;
    assert_eq!(status(&world).await, (MoveTaskStatus::Running, 0));
    // Too little for a send, enough for a move.
    journal.set_room(7 << 20, true);
    world.clock.advance(Seconds(1));
    settle().await;
    assert_eq!(status(&world).await, (MoveTaskStatus::Running, 1));
    world.stop().await;
}
