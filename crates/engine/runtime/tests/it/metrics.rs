//! What a shard counts, against a scripted life of messages.

use std::sync::Arc;
use std::time::Instant;

use bongsu_broker::{GroupStatistics, Seconds, Tags};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::{Metrics, QueueMetrics};

use crate::world::{World, fifo_message, given, message, queue, redrive, settle};

fn of<'a>(metrics: &'a Metrics, name: &str) -> &'a QueueMetrics {
    metrics.queues.iter().find(|metrics| *metrics.name.name == *name).expect("the queue is there")
}

/// Sent, deduplicated, received, empty receives, deleted.
fn counted(metrics: &Metrics, name: &str) -> [u64; 5] {
    let counters = &of(metrics, name).counters;
    let sent = counters.sent_bytes.count();
    [sent, counters.deduplicated, counters.received, counters.empty_receives, counters.deleted]
}

async fn world() -> World {
    World::start(&Arc::new(MemoryJournal::new())).await
}

#[tokio::test]
async fn messages_are_counted_as_cloudwatch_counts_them() {
    let world = world().await;
    world.create("dead", &[]).await;
    world.create("q", &[("RedrivePolicy", &redrive("dead", 1))]).await;
    world.broker.send(queue("q"), vec![message("one"), message("two"), message(&"x".repeat(300))]).await.unwrap();
    let first = world.receive_one("q").await;
    world.delete("q", &first).await;
    world.delete("q", &first).await;
    let second = world.receive_one("q").await;
    world.receive_one("q").await;
    world.show("q", &second).await;
    // Received once already, so it moves to the dead-letter queue, and nothing is left to hand out.
    assert!(world.broker.receive(queue("q"), 1, None, Some(Seconds(0))).await.unwrap().is_empty());
    let metrics = world.broker.metrics().await.unwrap();
    assert_eq!(counted(&metrics, "q"), [3, 0, 3, 1, 2]);
    assert_eq!(counted(&metrics, "dead"), [0, 0, 0, 0, 0], "moves are not sends");
    let sizes: Vec<_> = of(&metrics, "q").counters.sent_bytes.buckets().map(|(_, count)| count).collect();
    assert_eq!(sizes[..3], [2, 1, 0]);
    assert_eq!(of(&metrics, "q").counters.sent_bytes.sum(), 6 + 6 + 303);
    let (q, dead) = (&of(&metrics, "q").statistics, &of(&metrics, "dead").statistics);
    assert_eq!((q.visible, q.in_flight, dead.visible), (0, 1, 1));
    assert!(metrics.batch_facts.sum() >= 8 && metrics.batch_bytes.count() == metrics.batch_facts.count());
    assert!(metrics.alive_bytes > 300 && metrics.disk_bytes > metrics.alive_bytes);
}

#[tokio::test]
async fn duplicates_and_repeated_receives_are_told_apart() {
    let world = world().await;
    world.create("q.fifo", &[]).await;
    let twice = vec![fifo_message("one", "g", "a"), fifo_message("one", "g", "a")];
    world.broker.send(queue("q.fifo"), twice.clone()).await.unwrap();
    world.broker.send(queue("q.fifo"), twice).await.unwrap();
    let metrics = world.broker.metrics().await.unwrap();
    assert_eq!(counted(&metrics, "q.fifo"), [1, 3, 0, 0, 0]);
    world.receive_one("q.fifo").await;
    let metrics = world.broker.metrics().await.unwrap();
    assert_eq!(of(&metrics, "q.fifo").statistics.groups, GroupStatistics::Fifo { in_flight: 1 });
}

#[tokio::test]
async fn a_long_poll_is_an_empty_receive_only_once_it_ends_with_nothing() {
    let world = world().await;
    world.create("q", &[]).await;
    let (first, second) = (world.receiving("q", 5), world.receiving("q", 10));
    settle().await;
    let metrics = world.broker.metrics().await.unwrap();
    assert_eq!((counted(&metrics, "q"), metrics.waiting_receives), ([0; 5], 2));
    world.broker.send(queue("q"), vec![message("one")]).await.unwrap();
    assert_eq!(first.await.unwrap().unwrap().len(), 1);
    world.clock.advance(Seconds(10));
    assert!(second.await.unwrap().unwrap().is_empty());
    let metrics = world.broker.metrics().await.unwrap();
    assert_eq!((counted(&metrics, "q"), metrics.waiting_receives), ([1, 0, 1, 1, 0], 0));
}

#[tokio::test]
async fn a_receive_tells_how_long_it_waited() {
    let world = world().await;
    world.create("q", &[]).await;
    let broker = world.broker.clone();
    let poll = tokio::spawn(async move { broker.receive_for(queue("q"), 1, None, Some(Seconds(20)), None).await });
    settle().await;
    world.clock.advance(Seconds(7));
    world.broker.send(queue("q"), vec![message("one")]).await.unwrap();
    assert_eq!(poll.await.unwrap().unwrap().waited.as_secs(), 7);
}

#[tokio::test]
async fn the_counters_of_a_deleted_queue_vanish() {
    let world = world().await;
    world.create("q", &[]).await;
    world.broker.send(queue("q"), vec![message("one")]).await.unwrap();
    world.broker.delete_queue(queue("q")).await.unwrap();
    assert!(world.broker.metrics().await.unwrap().queues.is_empty());
    world.create("q", &[]).await;
    assert_eq!(counted(&world.broker.metrics().await.unwrap(), "q"), [0; 5]);
}

#[tokio::test]
async fn ten_thousand_queues_are_measured_without_stalling_anybody() {
    const QUEUES: usize = 10_000;
    let world = world().await;
    for number in 0..QUEUES {
        let name = format!("q-{number:05}");
        world.broker.create_queue(queue(&name), given(&name, &[]), Tags::new(), false).await.unwrap();
        world.broker.send(queue(&name), vec![message("one"), message("two")]).await.unwrap();
    }
    let begun = Instant::now();
    let metrics = world.broker.metrics().await.unwrap();
    // Told with --nocapture; a bound on time would fail on a busy machine.
    println!("{QUEUES} queues measured in {:?}", begun.elapsed());
    assert_eq!(metrics.queues.len(), QUEUES);
    assert!(metrics.queues.is_sorted_by(|a, b| a.name < b.name));
    assert!(metrics.queues.iter().all(|queue| queue.statistics.visible == 2 && queue.counters.sent_bytes.count() == 2));
}
