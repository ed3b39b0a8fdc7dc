//! Cleaning: space comes back, and nothing that is alive goes.

use std::path::Path;
use std::sync::Arc;

use bongsu_broker::{
    DeliveryEnd, DeliveryOutcome, Function, FunctionRef, FunctionVersion, MappingDefinition, MoveTaskStatus, PutWhen,
    Seconds,
};
use bongsu_journal::{FaultyJournal, FileJournal, Journal, MemoryJournal, Options, Position};

use crate::cramped::Cramped;
use crate::deliveries::{Attempt, by_hand, create_topic, publish, subscribe, subscribe_queue, undelivered};
use crate::slow_reads::SlowReads;
use crate::world::{Setting, World, bodies, body, fifo_message, message, queue, redrive, settle};

const SEGMENT_BYTES: u64 = 512 << 10;
/// What is not cleaned at this size of segments.
const FLOOR: u64 = 5 * SEGMENT_BYTES;
/// A send of ten of these is the largest command at this size of segments.
const BODY_BYTES: usize = 3000;

fn small() -> Setting {
    Setting { segment_bytes: SEGMENT_BYTES, recent_bytes_max: 0, ..Setting::default() }
}

fn open(directory: &Path) -> Arc<Cramped> {
    let options = Options { segment_bytes: SEGMENT_BYTES, ..Options::new(directory) };
    // Segments as small as a batch leave no room that could be promised.
    Arc::new(Cramped::over(Arc::new(FileJournal::open(options).unwrap()), 1 << 40))
}

/// Sends ten messages, receives and deletes them.
async fn churn(world: &World, name: &str) {
    let entries = (0..10).map(|_| message(&"x".repeat(BODY_BYTES))).collect();
    world.broker.send(queue(name), entries).await.unwrap();
    let received = world.broker.receive(queue(name), 10, None, Some(Seconds(20))).await.unwrap();
    let handles = received.iter().map(|received| received.delivery.handle).collect();
    world.broker.delete(queue(name), handles).await.unwrap();
}

/// Churns, some at a time, until so many bytes were written; the disk use stays within bounds meanwhile.
async fn churn_bytes(world: &Arc<World>, journal: &Arc<impl Journal>, bytes: u64) {
    let until = journal.span().end.0 + bytes;
    let churning: Vec<_> = (0..4)
        .map(|number| {
            let (world, journal) = (world.clone(), journal.clone());
            tokio::spawn(async move {
                let name = format!("churn-{number}");
                world.create(&name, &[]).await;
                while journal.span().end.0 < until {
                    churn(&world, &name).await;
                    let disk_bytes = journal.span().disk_bytes;
                    assert!(disk_bytes <= 3 * FLOOR, "{disk_bytes} bytes are taken");
                }
                world.broker.delete_queue(queue(&name)).await.unwrap();
            })
        })
        .collect();
    for churning in churning {
        churning.await.unwrap();
    }
}

fn function() -> Function {
    Function {
        name: "f".into(),
        version: FunctionVersion::Latest,
        revision: 0,
        runtime: "python3.11".into(),
        handler: "app.handler".into(),
        code: "code".into(),
        code_digest: "".into(),
        layers: Vec::new(),
        dead_letters: None,
        details: "".into(),
        timeout_seconds: 3,
        memory_mb: 128,
        environment: vec![("A".into(), "b".into())],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_alive_survives_any_amount_of_cleaning() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let world = Arc::new(World::with(&journal, small()).await);
    let attributes = [("VisibilityTimeout", "100"), ("DelaySeconds", "1")];
    world.create("alive", &attributes).await;
    world.create("dead", &[]).await;
    world.create("source", &[("RedrivePolicy", &redrive("dead", 1)), ("VisibilityTimeout", "0")]).await;
    world.create("q.fifo", &[]).await;
    world.broker.put_function(function(), PutWhen::Always).await.unwrap();
    world.broker.set_concurrency("f", Some(2)).await.unwrap();
    let mapping = MappingDefinition {
        queue: queue("alive"),
        function: FunctionRef::latest("f"),
        window: Seconds(0),
        filters: Vec::new(),
        details: "".into(),
        batch_size: 5,
        report_batch_item_failures: false,
        concurrency_max: Some(1),
        enabled: false,
    };
    world.broker.put_mapping(None, mapping, PutWhen::Always).await.unwrap();
    let mut alive = Vec::new();
    for number in 0..100 {
        let body = format!("{number} {}", "y".repeat(number * 10));
        alive.push((world.send("alive", &body).await.message_id, body));
    }
    world.clock.advance(Seconds(1));
    let in_flight = world.receive("alive").await;
    world.delete("alive", &in_flight[3]).await;
    alive.remove(3);
    let dead = world.send("source", "dead").await.message_id;
    world.receive("source").await;
    assert_eq!(world.receive("source").await, []);
    let first = world.send_fifo("q.fifo", "g", "1").await;
    let worked_off = world.receive_one("q.fifo").await;
    world.delete("q.fifo", &worked_off).await;
    for id in ["2", "3", "4"] {
        world.send_fifo("q.fifo", "g", id).await;
    }
    let names = ["alive", "dead", "source", "q.fifo"];

    churn_bytes(&world, &journal, 6 * FLOOR).await;
    assert!(journal.span().start > Position(2 * FLOOR), "nothing was cleaned");
    let mut described = Vec::new();
    for name in names {
        described.push(world.describe(name).await);
    }
    let functions = world.broker.functions().await.unwrap();
    let clock = world.clock.clone();
    Arc::into_inner(world).unwrap().stop().await;
    drop(journal);

    let journal = open(directory.path());
    let world = Arc::new(World::with(&journal, Setting { clock, ..small() }).await);
    churn_bytes(&world, &journal, 2 * FLOOR).await;
    for (name, before) in names.into_iter().zip(&described) {
        assert_eq!(world.describe(name).await, *before);
    }
    assert_eq!(world.broker.functions().await.unwrap(), functions);
    assert!(world.send_fifo("q.fifo", "g", "1").await.duplicate);
    assert_eq!(world.send_fifo("q.fifo", "g", "1").await.message_id, first.message_id);
    let fifo = world.receive("q.fifo").await;
    assert_eq!(bodies(&fifo), ["2", "3", "4"]);
    let received = world.receive("dead").await;
    assert_eq!((received[0].content.message_id, bodies(&received)), (dead, vec!["dead"]));
    assert_eq!(received[0].delivery.source, Some(queue("source")));
    assert_eq!(received[0].delivery.handle.receive_count, 2);
    world.delete("alive", &in_flight[0]).await;
    alive.remove(0);
    world.clock.advance(Seconds(100));
    settle().await;
    let mut found = Vec::new();
    loop {
        let received = world.receive("alive").await;
        if received.is_empty() {
            break;
        }
        for received in received {
            let again = in_flight.iter().any(|before| before.content == received.content);
            assert_eq!(received.delivery.handle.receive_count, if again { 2 } else { 1 });
            assert_eq!(received.content.attributes, body(&received).as_bytes()[..3]);
            found.push((received.content.message_id, body(&received).to_owned()));
        }
    }
    assert_eq!(found, alive);
}

#[tokio::test]
async fn a_batch_full_of_living_messages_is_cleaned_in_pieces() {
    let memory = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = Arc::new(World::with(&memory, small()).await);
    world.create("q", &[]).await;
    memory.hold();
    let sending: Vec<_> =
        (0..100).map(|number| world.sending("q", &format!("{number:03}{}", "z".repeat(900)))).collect();
    settle().await;
    memory.release();
    for sending in sending {
        sending.await.unwrap().unwrap();
    }
    churn_bytes(&world, &memory, 4 * FLOOR).await;
    let mut numbers = Vec::new();
    for _ in 0..10 {
        numbers.extend(world.receive("q").await.iter().map(|received| body(received)[..3].parse::<u32>().unwrap()));
    }
    assert!(numbers.into_iter().eq(0..100));
}

#[tokio::test]
async fn cleaning_rests_when_what_is_left_is_alive_though_it_is_not_messages() {
    let memory = Arc::new(MemoryJournal::new());
    let world = World::with(&memory, small()).await;
    world.create("q.fifo", &[("VisibilityTimeout", "0")]).await;
    for number in 0..FLOOR / 80 {
        let group = (number % 10).to_string();
        let entry = fifo_message("a", &group, &number.to_string());
        world.broker.send(queue("q.fifo"), vec![entry]).await.unwrap();
        if number % 10 == 9 {
            let received = world.broker.receive(queue("q.fifo"), 10, Some(Seconds(5)), Some(Seconds(0))).await.unwrap();
            let handles = received.iter().map(|received| received.delivery.handle).collect();
            world.broker.delete(queue("q.fifo"), handles).await.unwrap();
        }
    }
    let mut before = None;
    let mut span = memory.span();
    while span.end.0 < 20 * FLOOR {
        settle().await;
        span = memory.span();
        if before.replace(span) == Some(span) {
            // The ids that are still remembered take more than what may be wasted.
            assert!(span.disk_bytes > FLOOR);
            assert!(world.send_fifo("q.fifo", "0", "0").await.duplicate);
            return;
        }
    }
    panic!("cleaning goes on for ever");
}

#[tokio::test]
async fn a_message_that_is_moved_between_its_receive_and_the_read_is_found() {
    let journal = Arc::new(SlowReads::new(MemoryJournal::new()));
    let world = World::with(&journal, small()).await;
    world.create("q", &[]).await;
    world.send("q", "moved").await;
    journal.hold();
    let receiving = world.receiving("q", 0);
    settle().await;
    let before = journal.span().end;
    while journal.span().start < before {
        // Reads are held, so nothing can be received and deleted; a queue can.
        world.create("p", &[]).await;
        let entries = (0..10).map(|_| message(&"x".repeat(BODY_BYTES))).collect();
        world.broker.send(queue("p"), entries).await.unwrap();
        world.broker.delete_queue(queue("p")).await.unwrap();
        assert!(journal.span().end.0 < 20 * FLOOR);
    }
    journal.release();
    assert_eq!(bodies(&receiving.await.unwrap().unwrap()), ["moved"]);
}

#[tokio::test]
async fn a_moved_message_keeps_its_new_id_when_cleaning_writes_it_again() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let world = Arc::new(World::with(&journal, small()).await);
    world.create("d", &[]).await;
    world.create("a", &[("RedrivePolicy", &redrive("d", 1)), ("VisibilityTimeout", "0")]).await;
    let sent = world.send("a", "hello").await;
    world.receive_one("a").await;
    assert_eq!(world.receive("a").await, []);
    world.broker.start_move_task(queue("d"), None, None).await.unwrap();
    settle().await;
    let moved = world.receive_one("a").await.content.message_id;
    assert_ne!(moved, sent.message_id);
    let tasks = world.broker.list_move_tasks(queue("d"), 10).await.unwrap();
    assert_eq!((tasks.len(), tasks[0].status), (1, MoveTaskStatus::Completed));

    churn_bytes(&world, &journal, 6 * FLOOR).await;
    assert!(journal.span().start > Position(2 * FLOOR), "nothing was cleaned");
    Arc::into_inner(world).unwrap().stop().await;
    drop(journal);

    let journal = open(directory.path());
    let world = World::with(&journal, small()).await;
    assert_eq!(world.broker.list_move_tasks(queue("d"), 10).await.unwrap(), tasks);
    // Received once under its new id, so it fails now.
    assert_eq!(world.receive("a").await, []);
    assert_eq!(world.receive_one("d").await.content.message_id, moved);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_survive_cleaning_while_attempts_to_deliver_them_go_on() {
    const COUNT: usize = 20;
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let (Setting { courier, .. }, mut attempts) = by_hand();
    let world = Arc::new(World::with(&journal, Setting { courier, ..small() }).await);
    world.create("q", &[("VisibilityTimeout", "1000")]).await;
    create_topic(&world, "t").await;
    subscribe_queue(&world, "t", "q").await;
    let id = subscribe(&world, "t", None).await;
    let mut going_on: Vec<Attempt> = Vec::new();
    for number in 0..COUNT {
        publish(&world, "t", &[&number.to_string()]).await;
        going_on.push(attempts.wait().await);
    }
    let received = world.receive("q").await;
    for received in &received[..3] {
        world.delete("q", received).await;
    }
    churn_bytes(&world, &journal, 2 * FLOOR).await;
    assert!(journal.span().start > Position(0), "nothing was cleaned");
    for attempt in going_on.drain(..5) {
        assert_eq!(attempt.ends(DeliveryOutcome::Delivered).await, DeliveryEnd::Delivered);
    }
    churn_bytes(&world, &journal, FLOOR).await;
    let clock = world.clock.clone();
    Arc::into_inner(world).unwrap().stop().await;
    drop(journal);

    let journal = open(directory.path());
    let (Setting { courier, .. }, mut attempts) = by_hand();
    let world = World::with(&journal, Setting { clock, courier, ..small() }).await;
    assert_eq!((undelivered(&world, id).await, world.counts("q").await), (COUNT - 5, (COUNT - 10, 7, 0)));
    let mut begun = Vec::new();
    while begun.len() < COUNT - 5 {
        begun.push(attempts.wait().await);
    }
    let mut numbers: Vec<usize> = begun.iter().map(|attempt| attempt.body().parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (5..COUNT).collect::<Vec<_>>());
    let left = world.receive("q").await;
    assert_eq!(bodies(&left), (10..COUNT).map(|number| number.to_string()).collect::<Vec<_>>());
}
