//! Calls wait for their limits without anything running, and no limit is forgotten when the process ends.

use std::sync::Arc;

use bongsu_broker::{LimitKey, Seconds, Timestamp};
use bongsu_journal::MemoryJournal;
use bongsu_rate_limit::{Feedback, Rule};
use bongsu_runtime::{Admission, CallMetrics, ManualClock, Permit, Refusal};
use tokio::task::JoinHandle;

use crate::cramped::Cramped;
use crate::world::{Setting, World, is_answered, settle};

fn to(key: &str, rule: &str, turn: &str) -> Admission {
    let key = LimitKey { scope: "machine/m/Call".into(), key: key.into() };
    Admission { limits: vec![(key, Rule::parse(rule).unwrap().limit)], turn: turn.into() }
}

/// A call in a task of its own.
fn calling(world: &World, admission: Admission) -> JoinHandle<Result<Permit, Refusal>> {
    let broker = world.broker.clone();
    tokio::spawn(async move { broker.admit(admission).await })
}

async fn killed(world: World, journal: &Arc<MemoryJournal>) -> World {
    let clock = world.clock.clone();
    world.shard.abort();
    drop(world.shard.await);
    World::with(journal, Setting { clock, ..Setting::default() }).await
}

async fn calls(world: &World) -> Vec<CallMetrics> {
    world.broker.metrics().await.unwrap().calls
}

#[tokio::test]
async fn a_call_begins_when_its_key_is_free() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    world.broker.admit(to("a", "rate=1/m", "")).await.unwrap().end(Feedback::default());
    world.broker.admit(to("b", "rate=1/m", "")).await.unwrap().end(Feedback::default());
    let calling = calling(&world, to("a", "rate=1/m", ""));
    world.clock.advance(Seconds(59));
    assert!(!is_answered(&calling).await);
    assert_eq!((calls(&world).await[0].now.waiting, calls(&world).await[0].begun), (1, 2));
    world.clock.advance(Seconds(1));
    calling.await.unwrap().unwrap().end(Feedback::default());
}

#[tokio::test]
async fn a_call_without_a_limit_begins_at_once() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    let permit = world.broker.admit(Admission { limits: Vec::new(), turn: "".into() }).await.unwrap();
    permit.end(Feedback::default());
    assert_eq!(calls(&world).await, []);
}

#[tokio::test]
async fn who_goes_away_takes_nobodys_turn() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    let running = world.broker.admit(to("a", "concurrency=1", "")).await.unwrap();
    let gone = calling(&world, to("a", "concurrency=1", ""));
    settle().await;
    let next = calling(&world, to("a", "concurrency=1", ""));
    settle().await;
    gone.abort();
    drop(gone.await);
    settle().await;
    assert_eq!(calls(&world).await[0].now.waiting, 1);
    // Nor does who begins and then gives up.
    drop(running);
    let given_up = next.await.unwrap().unwrap();
    let last = calling(&world, to("a", "concurrency=1", ""));
    assert!(!is_answered(&last).await);
    drop(given_up);
    last.await.unwrap().unwrap().end(Feedback::default());
    assert_eq!(calls(&world).await[0].now, Default::default());
}

#[tokio::test]
async fn a_process_that_is_killed_forgets_no_limit() {
    let journal = Arc::new(MemoryJournal::new());
    let world = World::start(&journal).await;
    let begun = world.broker.admit(to("a", "rate=1/h concurrency=1", "")).await.unwrap();
    let refused = world.broker.admit(to("b", "", "")).await.unwrap();
    refused.end(Feedback { refused: true, pause_ms: Some(90_000), ..Feedback::default() });
    settle().await;
    let world = killed(world, &journal).await;
    // Nobody has it any more.
    drop(begun);
    let paced = calling(&world, to("a", "rate=1/h concurrency=1", ""));
    let rested = calling(&world, to("b", "", ""));
    world.clock.advance(Seconds(89));
    assert!(!is_answered(&rested).await);
    world.clock.advance(Seconds(1));
    rested.await.unwrap().unwrap().end(Feedback::default());
    world.clock.advance(Seconds(3509));
    assert!(!is_answered(&paced).await);
    world.clock.advance(Seconds(1));
    paced.await.unwrap().unwrap().end(Feedback::default());
}

#[tokio::test]
async fn stopping_ends_the_wait() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    let running = world.broker.admit(to("a", "concurrency=1", "")).await.unwrap();
    let waiting = calling(&world, to("a", "concurrency=1", ""));
    settle().await;
    let broker = world.broker.clone();
    world.stop().await;
    assert_eq!(waiting.await.unwrap().unwrap_err(), Refusal::Unavailable);
    drop(running);
    assert_eq!(broker.admit(to("a", "", "")).await.unwrap_err(), Refusal::Unavailable);
}

#[tokio::test]
async fn on_a_full_disk_calls_wait_and_what_was_said_is_kept() {
    const PLENTY: u64 = 1 << 30;
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    let running = world.broker.admit(to("b", "", "")).await.unwrap();
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    world.look_at_journal().await;
    let waiting = calling(&world, to("a", "rate=1/s", ""));
    running.end(Feedback { refused: true, pause_ms: Some(60_000), ..Feedback::default() });
    assert!(!is_answered(&waiting).await);
    journal.set_room(PLENTY, false);
    world.look_at_journal().await;
    waiting.await.unwrap().unwrap().end(Feedback::default());
    assert!(!is_answered(&calling(&world, to("b", "", ""))).await);
    assert_eq!(calls(&world).await[0].refused, 1);
}

#[tokio::test]
async fn many_who_wait_have_their_turns() {
    const EACH: usize = 40;
    let clock = ManualClock::starting_at(Timestamp(1_700_000_000_000));
    let world = World::with(&Arc::new(MemoryJournal::new()), Setting { clock, ..Setting::default() }).await;
    let (order, mut begun) = tokio::sync::mpsc::unbounded_channel();
    for turn in ["a", "b", "c"] {
        for _ in 0..EACH {
            let (broker, order) = (world.broker.clone(), order.clone());
            tokio::spawn(async move {
                broker.admit(to("k", "rate=1/s", turn)).await.unwrap().end(Feedback::default());
                order.send(turn).unwrap();
            });
        }
        settle().await;
    }
    // The first was alone when it came.
    assert_eq!(begun.recv().await, Some("a"));
    let mut turns = Vec::new();
    for _ in 1..3 * EACH {
        world.clock.advance(Seconds(1));
        turns.push(begun.recv().await.unwrap());
    }
    for round in turns.chunks(3).take(EACH - 1) {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, ["a", "b", "c"], "{turns:?}");
    }
}
