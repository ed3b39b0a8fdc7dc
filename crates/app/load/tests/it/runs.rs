//! Whole runs: what they count, and how they end.

use std::time::Duration;

use bongsu_client::Client;
use bongsu_load::{Load, Measurement, Plan, Queue, Shape, Stage, Workload, show_progress};

use crate::fake::Fake;

const DURATION: Duration = Duration::from_millis(300);

fn plan<'a>(client: &'a Client, queue: &'a Queue, batch: usize) -> Plan<'a> {
    Plan { client, queue, connections: 4, batch, rate: None, duration: DURATION }
}

async fn run(mut load: Load) -> Measurement {
    load.warm_up().await;
    load.measure().await;
    load.finish().await
}

#[tokio::test]
async fn every_message_that_is_counted_was_sent() {
    let (fake, client) = Fake::default().serve().await;
    let queue = Queue::create(&client, Shape::STANDARD).await.unwrap();
    let measured = run(plan(&client, &queue, 10).start(Workload::Send).await.unwrap()).await;
    assert!(measured.messages > 0 && measured.messages == 10 * measured.requests, "{measured:?}");
    assert!(fake.messages() as u64 >= measured.messages);
    assert_eq!(measured.error_count(), 0);
    let latencies =
        [measured.p50_micros, measured.p90_micros, measured.p99_micros, measured.p999_micros, measured.max_micros];
    assert!(latencies.is_sorted() && latencies[0] > 0.0, "{latencies:?}");
}

#[tokio::test]
async fn a_run_that_receives_ends_when_the_queue_is_empty() {
    let (fake, client) = Fake::default().serve().await;
    let queue = Queue::create(&client, Shape::STANDARD).await.unwrap();
    for batch in [1, 10] {
        assert_eq!(queue.fill(&client, 320).await.unwrap(), 320);
        let mut run = plan(&client, &queue, batch);
        run.duration = Duration::from_secs(600);
        let mut load = run.start(Workload::Receive).await.unwrap();
        load.measure().await;
        assert!(load.finish().await.messages <= 320);
        assert_eq!(fake.messages(), 0);
    }
}

#[tokio::test]
async fn a_pipeline_delivers_what_it_sends() {
    let (fake, client) = Fake::default().serve().await;
    let queue = Queue::create(&client, Shape::STANDARD).await.unwrap();
    let measured = run(plan(&client, &queue, 1).start(Workload::Pipeline).await.unwrap()).await;
    assert!(measured.messages > 0 && measured.p50_micros > 0.0, "{measured:?}");
    assert!(fake.messages() <= 2 * 10, "producers are ahead by {}", fake.messages());
}

#[tokio::test]
async fn a_rate_is_kept() {
    let (_, client) = Fake::default().serve().await;
    let queue = Queue::create(&client, Shape::STANDARD).await.unwrap();
    let run_at = Plan { rate: Some(100), ..plan(&client, &queue, 1) };
    let measured = run(run_at.start(Workload::Send).await.unwrap()).await;
    assert!((10..=40).contains(&measured.messages), "{measured:?}");
}

#[tokio::test]
async fn errors_are_counted_and_the_run_goes_on() {
    let (_, client) = Fake { fails_every: 7, ..Fake::default() }.serve().await;
    let queue = Queue::named("http://fake/000000000000/q", Shape::STANDARD);
    let measured = run(plan(&client, &queue, 1).start(Workload::Send).await.unwrap()).await;
    assert!(measured.messages > 0 && measured.errors["InternalFailure"] > 0, "{measured:?}");
    assert_eq!(measured.first_error.as_deref(), Some("InternalFailure: out of order"));
}

#[tokio::test]
async fn entries_that_fail_are_errors_and_no_messages() {
    let (_, client) = Fake { fails_entries: true, ..Fake::default() }.serve().await;
    let queue = Queue::named("http://fake/000000000000/q", Shape::STANDARD);
    let measured = run(plan(&client, &queue, 10).start(Workload::Send).await.unwrap()).await;
    assert_eq!(measured.messages, 9 * measured.requests);
    assert!(measured.errors["Unlucky"] >= measured.requests, "{measured:?}");
    assert!(queue.fill(&client, 10).await.is_err());
}

#[tokio::test]
async fn a_queue_of_a_run_is_its_own_and_goes_away() {
    let (fake, client) = Fake::default().serve().await;
    let one = Queue::create(&client, Shape::STANDARD).await.unwrap();
    let other = Queue::create(&client, Shape::fifo(3)).await.unwrap();
    assert_ne!(one.url(), other.url());
    assert!(other.url().ends_with(".fifo"));
    one.delete(&client).await.unwrap();
    assert_eq!(fake.queues().len(), 1);
}

#[tokio::test]
async fn no_two_senders_give_messages_the_same_deduplication_id() {
    let (fake, client) = Fake::default().serve().await;
    let queue = Queue::create(&client, Shape::fifo(1)).await.unwrap();
    for _ in 0..2 {
        queue.fill(&client, 320).await.unwrap();
    }
    assert_eq!(fake.deduplication_ids(), 640);
}

#[tokio::test]
async fn progress_ends_with_the_run() {
    let stage = Stage::new(DURATION);
    let stop = async { stage.stop() };
    tokio::join!(show_progress(&stage), stop);
}
