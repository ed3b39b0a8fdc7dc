//! Asynchronous invocations: events that a function gets until it has had them, across restarts and cleaning.

use std::sync::Arc;

use bongsu_broker::{
    AttemptOutcome, Destination, FunctionRef, InvocationRecord, InvokeConfig, PutWhen, QueuedInvocation, Rejection,
    Seconds, Text,
};
use bongsu_journal::{BoxFuture, Journal, MemoryJournal};
use bongsu_runtime::{Batch, Concluded, Event, EventEnd, FunctionRunner, Refusal};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::cramped::Cramped;
use crate::functions::function;
use crate::world::{Setting, World, message, queue, settle};

/// Hands every event to the test, which says how it ends.
struct ByHand(mpsc::UnboundedSender<Run>);

struct Run {
    event: Event,
    end: oneshot::Sender<EventEnd>,
}

impl Run {
    fn payload(&self) -> &str {
        &self.event.invocation.payload
    }

    async fn ends(self, end: EventEnd) {
        assert!(self.end.send(end).is_ok());
        settle().await;
    }
}

impl FunctionRunner for ByHand {
    fn run(&self, _: Batch) -> BoxFuture<'static, AttemptOutcome> {
        Box::pin(async { AttemptOutcome::Failed })
    }

    fn run_event(&self, event: Event) -> BoxFuture<'static, EventEnd> {
        let (end, ended) = oneshot::channel();
        drop(self.0.send(Run { event, end }));
        Box::pin(async move { ended.await.unwrap_or(EventEnd::NotRun) })
    }

    fn records(&self, concluded: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>> {
        let text = format!("{} {}", concluded.conclusion.condition.name(), &*concluded.invocation.payload);
        let destinations = concluded.conclusion.destination.into_iter();
        let records = destinations.map(|to| (to, InvocationRecord::Message(message(&text)))).collect();
        Box::pin(async move { records })
    }
}

async fn start(journal: &Arc<impl Journal>) -> (World, mpsc::UnboundedReceiver<Run>) {
    let (runs, ran) = mpsc::unbounded_channel();
    let setting = Setting { functions: Arc::new(ByHand(runs)), ..Setting::default() };
    (World::with(journal, setting).await, ran)
}

async fn next(runs: &mut mpsc::UnboundedReceiver<Run>) -> Run {
    settle().await;
    runs.try_recv().expect("a function gets an event")
}

async fn queue_event(world: &World, payload: &str) {
    let invocation =
        QueuedInvocation { qualifier: None, request_id: 7, payload: Text::from(payload), trace_header: None };
    world.broker.queue_invocation(FunctionRef::latest("f"), invocation).await.unwrap();
}

#[tokio::test]
async fn an_event_outlives_the_process_that_took_it() {
    let journal = Arc::new(MemoryJournal::new());
    let (world, mut runs) = start(&journal).await;
    world.broker.put_function(function(), PutWhen::Always).await.unwrap();
    queue_event(&world, "one").await;
    // Begun, and never ended.
    let begun = next(&mut runs).await;
    world.stop().await;
    drop(begun);

    let journal = Arc::new(journal.reopen());
    let (world, mut runs) = start(&journal).await;
    let again = next(&mut runs).await;
    assert_eq!((again.payload(), again.event.invocation.request_id), ("one", 7));
    again.ends(EventEnd::Returned(Bytes::new())).await;
    world.stop().await;

    let (_world, mut runs) = start(&Arc::new(journal.reopen())).await;
    settle().await;
    assert!(runs.try_recv().is_err(), "it has had the event");
}

#[tokio::test]
async fn a_failed_event_is_tried_again_and_then_told_of() {
    let (world, mut runs) = start(&Arc::new(MemoryJournal::new())).await;
    world.create("dead", &[]).await;
    world.broker.put_function(function(), PutWhen::Always).await.unwrap();
    let config =
        InvokeConfig { retries_max: 1, on_failure: Some(Destination::Queue(queue("dead"))), ..InvokeConfig::default() };
    world.broker.put_invoke_config(FunctionRef::latest("f"), Some(config)).await.unwrap();
    queue_event(&world, "one").await;
    next(&mut runs).await.ends(EventEnd::Failed(Bytes::new())).await;
    assert!(runs.try_recv().is_err(), "the second attempt has its time");
    world.clock.advance(Seconds(60));
    next(&mut runs).await.ends(EventEnd::Failed(Bytes::new())).await;
    let [told] = &world.receive("dead").await[..] else { panic!("one record") };
    assert_eq!(&*told.content.body, "RetriesExhausted one");
}

#[tokio::test]
async fn who_asks_a_function_that_is_busy_is_told_so_and_makes_events_wait() {
    let (world, mut runs) = start(&Arc::new(MemoryJournal::new())).await;
    world.broker.put_function(function(), PutWhen::Always).await.unwrap();
    world.broker.set_concurrency("f", Some(1)).await.unwrap();
    let begun = world.broker.begin_invocation(FunctionRef::latest("f")).await.unwrap();
    let refused = world.broker.begin_invocation(FunctionRef::latest("f")).await.map(drop);
    assert_eq!(refused, Err(Refusal::Rejected(Rejection::FunctionBusy)));
    queue_event(&world, "one").await;
    settle().await;
    assert!(runs.try_recv().is_err(), "there is no room for it");
    drop(begun);
    next(&mut runs).await.ends(EventEnd::Returned(Bytes::new())).await;
    world.broker.begin_invocation(FunctionRef::latest("f")).await.map(drop).unwrap();
}

#[tokio::test]
async fn an_event_whose_end_a_full_disk_has_no_room_for_comes_again_when_there_is_room() {
    const PLENTY: u64 = 1 << 30;
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let (world, mut runs) = start(&journal).await;
    world.create("done", &[]).await;
    world.broker.put_function(function(), PutWhen::Always).await.unwrap();
    let config = InvokeConfig { on_success: Some(Destination::Queue(queue("done"))), ..InvokeConfig::default() };
    world.broker.put_invoke_config(FunctionRef::latest("f"), Some(config)).await.unwrap();
    queue_event(&world, "one").await;
    let begun = next(&mut runs).await;
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    world.look_at_journal().await;
    begun.ends(EventEnd::Returned(Bytes::new())).await;
    assert!(runs.try_recv().is_err(), "nothing begins that there is no room for");
    journal.set_room(PLENTY, false);
    world.look_at_journal().await;
    next(&mut runs).await.ends(EventEnd::Returned(Bytes::new())).await;
    let [told] = &world.receive("done").await[..] else { panic!("one record") };
    assert_eq!(&*told.content.body, "Success one");
}
