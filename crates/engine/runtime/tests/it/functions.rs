//! Functions: what they are given, how many run at once, and what becomes of their messages.

use std::sync::Arc;

use bongsu_broker::{
    AttemptOutcome, Destination, Function, FunctionRef, FunctionVersion, InvocationRecord, MappingDefinition, PutWhen,
    Seconds,
};
use bongsu_journal::{BoxFuture, FaultyJournal, MemoryJournal};
use bongsu_runtime::{Batch, Concluded, Event, EventEnd, FunctionRunner, ManualClock};
use tokio::sync::{mpsc, oneshot};

use crate::cramped::Cramped;
use crate::slow_reads::SlowReads;
use crate::world::{START, Setting, World, bodies, fifo_message, message, queue, settle};

/// Hands every invocation to the test, which says how it ends.
struct ByHand(mpsc::UnboundedSender<Run>);

/// One invocation; dropping it is to fail.
struct Run {
    batch: Batch,
    outcome: oneshot::Sender<AttemptOutcome>,
}

impl Run {
    fn bodies(&self) -> Vec<&str> {
        bodies(&self.batch.messages)
    }

    async fn ends(self, outcome: AttemptOutcome) {
        assert!(self.outcome.send(outcome).is_ok());
        settle().await;
    }
}

impl FunctionRunner for ByHand {
    fn run(&self, batch: Batch) -> BoxFuture<'static, AttemptOutcome> {
        let (outcome, ended) = oneshot::channel();
        drop(self.0.send(Run { batch, outcome }));
        Box::pin(async move { ended.await.unwrap_or(AttemptOutcome::Failed) })
    }

    fn run_event(&self, _: Event) -> BoxFuture<'static, EventEnd> {
        Box::pin(async { EventEnd::NotRun })
    }

    fn records(&self, _: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>> {
        Box::pin(async { Vec::new() })
    }
}

struct Runs(mpsc::UnboundedReceiver<Run>);

impl Runs {
    async fn next(&mut self) -> Run {
        settle().await;
        self.0.try_recv().expect("an invocation")
    }

    async fn none(&mut self) {
        settle().await;
        assert!(self.0.try_recv().is_err(), "no invocation was expected");
    }
}

fn by_hand() -> (Setting, Runs) {
    let (runs, invoked) = mpsc::unbounded_channel();
    (Setting { functions: Arc::new(ByHand(runs)), ..Setting::default() }, Runs(invoked))
}

pub(crate) fn function() -> Function {
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
        environment: Vec::new(),
    }
}

fn mapping(name: &str, batch_size: u32) -> MappingDefinition {
    MappingDefinition {
        queue: queue(name),
        function: FunctionRef::latest("f"),
        window: Seconds(0),
        filters: Vec::new(),
        details: "".into(),
        batch_size,
        report_batch_item_failures: true,
        concurrency_max: None,
        enabled: true,
    }
}

async fn define(world: &World, concurrency_max: u32) {
    world.broker.put_function(function(), PutWhen::Always).await.unwrap();
    world.broker.set_concurrency("f", Some(concurrency_max)).await.unwrap();
}

async fn with_function(name: &str, batch_size: u32, concurrency_max: u32) -> (World, Runs) {
    let (setting, runs) = by_hand();
    let world = World::with(&Arc::new(MemoryJournal::new()), setting).await;
    world.create(name, &[]).await;
    define(&world, concurrency_max).await;
    world.broker.put_mapping(None, mapping(name, batch_size), PutWhen::Always).await.unwrap();
    (world, runs)
}

#[tokio::test]
async fn a_function_gets_batches_and_what_it_worked_off_is_gone() {
    let (world, mut runs) = with_function("q", 3, 1).await;
    let entries = (1..=5).map(|number| message(&number.to_string())).collect();
    world.broker.send(queue("q"), entries).await.unwrap();
    let first = runs.next().await;
    assert_eq!((first.bodies(), &*first.batch.function.name), (vec!["1", "2", "3"], "f"));
    runs.none().await;
    first.ends(AttemptOutcome::Succeeded).await;
    let second = runs.next().await;
    assert_eq!(second.bodies(), ["4", "5"]);
    second.ends(AttemptOutcome::Succeeded).await;
    runs.none().await;
    assert_eq!(world.counts("q").await, (0, 0, 0));
}

#[tokio::test]
async fn no_more_run_at_once_than_the_function_allows() {
    let (world, mut runs) = with_function("q", 1, 3).await;
    for number in 0..10 {
        world.send("q", &number.to_string()).await;
    }
    let mut running = Vec::new();
    for _ in 0..3 {
        running.push(runs.next().await);
    }
    runs.none().await;
    for _ in 0..7 {
        running.remove(0).ends(AttemptOutcome::Succeeded).await;
        running.push(runs.next().await);
        runs.none().await;
    }
    assert_eq!(world.counts("q").await, (0, 3, 0));
}

#[tokio::test]
async fn one_batch_of_a_group_is_in_flight_at_once() {
    let (world, mut runs) = with_function("q.fifo", 2, 10).await;
    let entries = ["a1", "a2", "a3", "b1"].map(|id| fifo_message(id, &id[..1], id)).into();
    world.broker.send(queue("q.fifo"), entries).await.unwrap();
    let (first, second) = (runs.next().await, runs.next().await);
    assert_eq!((first.bodies(), second.bodies()), (vec!["a1", "a2"], vec!["b1"]));
    runs.none().await;
    first.ends(AttemptOutcome::Succeeded).await;
    assert_eq!(runs.next().await.bodies(), ["a3"]);
}

#[tokio::test]
async fn what_failed_comes_back_when_its_visibility_timeout_ends() {
    let (world, mut runs) = with_function("q", 10, 1).await;
    world.send("q", "a").await;
    runs.next().await.ends(AttemptOutcome::Failed).await;
    runs.none().await;
    world.clock.advance(Seconds(29));
    runs.none().await;
    world.clock.advance(Seconds(1));
    let again = runs.next().await;
    assert_eq!(again.batch.messages[0].delivery.handle.receive_count, 2);
}

#[tokio::test]
async fn only_what_failed_comes_back() {
    let (world, mut runs) = with_function("q", 10, 1).await;
    let entries = ["a", "b", "c"].map(message).into();
    world.broker.send(queue("q"), entries).await.unwrap();
    let run = runs.next().await;
    assert_eq!(run.bodies(), ["a", "b", "c"]);
    run.ends(AttemptOutcome::PartlyFailed(vec![1])).await;
    world.clock.advance(Seconds(30));
    assert_eq!(runs.next().await.bodies(), ["b"]);
}

#[tokio::test]
async fn a_function_starts_when_its_batch_is_durable() {
    let (setting, mut runs) = by_hand();
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = World::with(&journal, setting).await;
    world.create("q", &[]).await;
    define(&world, 1).await;
    world.broker.put_mapping(None, mapping("q", 1), PutWhen::Always).await.unwrap();
    journal.hold();
    let sending = world.sending("q", "a");
    runs.none().await;
    journal.release();
    sending.await.unwrap().unwrap();
    assert_eq!(runs.next().await.bodies(), ["a"]);
}

#[tokio::test]
async fn what_a_lost_process_had_in_hand_is_back_at_once() {
    let (setting, mut runs) = by_hand();
    let journal = Arc::new(MemoryJournal::new());
    let world = World::with(&journal, setting).await;
    world.create("q.fifo", &[]).await;
    define(&world, 1).await;
    world.broker.put_mapping(None, mapping("q.fifo", 1), PutWhen::Always).await.unwrap();
    world.send_fifo("q.fifo", "g", "1").await;
    world.send_fifo("q.fifo", "g", "2").await;
    let lost = runs.next().await;
    world.shard.abort();
    let (setting, mut runs) = by_hand();
    let clock = ManualClock::starting_at(START);
    let world = World::with(&Arc::new(journal.reopen()), Setting { clock, ..setting }).await;
    let again = runs.next().await;
    assert_eq!((again.bodies(), again.batch.messages[0].delivery.handle.receive_count), (vec!["1"], 2));
    runs.none().await;
    drop(lost);
    again.ends(AttemptOutcome::Succeeded).await;
    assert_eq!(runs.next().await.bodies(), ["2"]);
    assert_eq!(world.counts("q.fifo").await, (0, 1, 0));
}

#[tokio::test]
async fn functions_go_on_when_a_full_disk_has_room_again() {
    let (setting, mut runs) = by_hand();
    let journal = Arc::new(Cramped::with_room(1 << 30));
    let world = World::with(&journal, setting).await;
    world.create("q", &[("DelaySeconds", "2")]).await;
    define(&world, 1).await;
    world.broker.put_mapping(None, mapping("q", 1), PutWhen::Always).await.unwrap();
    world.send("q", "a").await;
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    world.look_at_journal().await;
    world.clock.advance(Seconds(2));
    runs.none().await;
    journal.set_room(1 << 30, false);
    world.look_at_journal().await;
    assert_eq!(runs.next().await.bodies(), ["a"]);
}

#[tokio::test]
async fn a_message_that_is_gone_before_the_function_starts_moves_no_failure_to_another() {
    let (setting, mut runs) = by_hand();
    let journal = Arc::new(SlowReads::new(MemoryJournal::new()));
    let world = World::with(&journal, Setting { recent_bytes_max: 0, ..setting }).await;
    world.create("q", &[("VisibilityTimeout", "3600")]).await;
    define(&world, 1).await;
    let entries = ["gone", "bad", "good"].map(message).into();
    world.broker.send(queue("q"), entries).await.unwrap();
    let received = world.receive_one("q").await;
    world.show("q", &received).await;
    journal.hold();
    world.broker.put_mapping(None, mapping("q", 10), PutWhen::Always).await.unwrap();
    runs.none().await;
    world.delete("q", &received).await;
    journal.trim_before_next_read();
    journal.release();
    let run = runs.next().await;
    assert_eq!(run.bodies(), ["bad", "good"]);
    run.ends(AttemptOutcome::PartlyFailed(vec![0])).await;
    world.clock.advance(Seconds(3600));
    assert_eq!(runs.next().await.bodies(), ["bad"]);
}
