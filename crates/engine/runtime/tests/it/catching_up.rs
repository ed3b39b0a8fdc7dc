//! After a clock was put forward, whoever waits for it finds done what was due.

use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{Seconds, Timestamp};
use bongsu_journal::{FaultyJournal, Journal, MemoryJournal};
use bongsu_runtime::{Clock, Handle, ManualClock, Options, Outside, Refusal, ShiftedClock, start};
use tokio::task::JoinHandle;

use crate::world::{START, Setting, World, bodies, given, is_answered, message, on_both_schedulers, queue, redrive};

fn catching_up(world: &World) -> JoinHandle<Result<Timestamp, Refusal>> {
    let broker = world.broker.clone();
    tokio::spawn(async move { broker.catch_up().await })
}

#[test]
fn what_is_due_is_done_when_the_time_is_told() {
    on_both_schedulers(|| async {
        let world = World::start(&Arc::new(MemoryJournal::new())).await;
        world.create("q", &[("DelaySeconds", "60")]).await;
        world.send("q", "a").await;
        world.send("q", "b").await;
        let receiving = world.receiving("q", 20);
        world.clock.advance(Seconds(60));
        assert_eq!(world.broker.catch_up().await, Ok(START + Seconds(60)));
        assert_eq!(world.counts("q").await.2, 0);
        assert_eq!(receiving.await.unwrap().unwrap().len(), 1, "although its time is over too");
        world.stop().await;
    });
}

#[tokio::test]
async fn the_time_is_told_when_what_is_due_is_durable() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = World::start(&journal).await;
    world.create("q.fifo", &[("DelaySeconds", "10")]).await;
    world.send_fifo("q.fifo", "g", "1").await;
    let receiving = world.receiving("q.fifo", 20);
    assert!(!is_answered(&receiving).await);
    journal.hold();
    world.clock.advance(Seconds(10));
    let catching_up = catching_up(&world);
    assert!(!is_answered(&catching_up).await && !receiving.is_finished());
    journal.release();
    assert_eq!(catching_up.await.unwrap(), Ok(START + Seconds(10)));
    assert!(is_answered(&receiving).await);
    assert_eq!(bodies(&receiving.await.unwrap().unwrap()), ["1"]);
    world.stop().await;
}

#[tokio::test]
async fn moves_that_are_due_are_made_before_the_time_is_told() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    world.create("d", &[]).await;
    world.create("a", &[("RedrivePolicy", &redrive("d", 1)), ("VisibilityTimeout", "1")]).await;
    world.send("a", "x").await;
    world.receive_one("a").await;
    world.clock.advance(Seconds(1));
    assert!(world.receive("a").await.is_empty(), "moved to the dead-letter queue");
    world.broker.start_move_task(queue("d"), None, Some(1)).await.unwrap();
    world.clock.advance(Seconds(1));
    world.broker.catch_up().await.unwrap();
    assert_eq!((world.counts("a").await, world.counts("d").await), ((1, 0, 0), (0, 0, 0)));
    world.stop().await;
}

#[tokio::test]
async fn nobody_is_told_the_time_by_a_shard_that_stopped() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    let broker = world.broker.clone();
    world.stop().await;
    assert_eq!(broker.catch_up().await, Err(Refusal::Unavailable));
}

async fn start_shifted(journal: &Arc<MemoryJournal>, clock: &ShiftedClock) -> Handle {
    let journal: Arc<dyn Journal> = journal.clone();
    let clock = Clock::Shifted(clock.clone());
    let options =
        Options { clock, seed: [7; 32], recent_bytes_max: 1 << 20, faults: false, outside: Outside::default() };
    let (broker, shard) = start(journal, options).await.unwrap();
    tokio::spawn(shard.run());
    broker
}

#[tokio::test]
async fn a_shifted_clock_goes_on_from_the_latest_time_of_the_journal() {
    let journal = Arc::new(MemoryJournal::new());
    let future = Clock::System.now() + Seconds(86_400);
    let clock = ManualClock::starting_at(future);
    let world = World::with(&journal, Setting { clock, ..Setting::default() }).await;
    world.create("q", &[]).await;
    world.stop().await;
    let clock = ShiftedClock::ahead_by(Duration::ZERO);
    let broker = start_shifted(&Arc::new(journal.reopen()), &clock).await;
    let now = broker.catch_up().await.unwrap();
    assert!((future..future + Seconds(3600)).contains(&now), "{now}");
}

#[tokio::test]
async fn a_long_poll_gets_what_a_shift_makes_visible() {
    let clock = ShiftedClock::ahead_by(Duration::ZERO);
    let broker = start_shifted(&Arc::new(MemoryJournal::new()), &clock).await;
    let q = || queue("q");
    broker.create_queue(q(), given("q", &[("DelaySeconds", "900")]), Default::default(), false).await.unwrap();
    broker.send(q(), vec![message("a")]).await.unwrap();
    let poller = broker.clone();
    let polling = tokio::spawn(async move { poller.receive(queue("q"), 1, None, Some(Seconds(20))).await });
    assert!(!is_answered(&polling).await);
    // Nobody asks anything: the alarm alone must notice it.
    clock.advance(Duration::from_secs(900));
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["a"]);
}
