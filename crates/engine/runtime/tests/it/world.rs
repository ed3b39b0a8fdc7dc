//! What the tests share: a shard that runs on a clock a test moves, and short words for what is asked of it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use bongsu_broker::{
    Account, AttributesGiven, Outgoing, QueueDescription, QueueName, ReceiptHandle, Rejection, Seconds, SendOrigin,
    Sent, Text, Timestamp, VisibilityChange,
};
use bongsu_journal::{Journal, SEGMENT_BYTES};
use bongsu_runtime::{
    Blobs, Clock, Courier, DELIVERIES_MAX, Fatal, FunctionRunner, Handle, ManualClock, NoCalls, NoCourier, NoFunctions,
    NoPipes, NoTasks, Options, Outside, PipeRunner, Received, Refusal, ScheduleCaller, TaskRunner, start,
};
use tokio::task::{JoinHandle, yield_now};

pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);
const REGION: &str = "us-east-1";
/// Turns of the scheduler after which everything that can happen has happened.
const TURNS: usize = 200;

/// A shard that runs.
pub(crate) struct World {
    pub(crate) broker: Handle,
    pub(crate) clock: ManualClock,
    pub(crate) shard: JoinHandle<Result<(), Fatal>>,
}

/// How a shard is started; what is not said is the usual.
pub(crate) struct Setting {
    pub(crate) clock: ManualClock,
    pub(crate) recent_bytes_max: usize,
    pub(crate) functions: Arc<dyn FunctionRunner>,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) deliveries_max: usize,
    pub(crate) connections_max: usize,
    pub(crate) segment_bytes: u64,
    pub(crate) blobs: Blobs,
    pub(crate) tasks: Arc<dyn TaskRunner>,
    pub(crate) pipes: Arc<dyn PipeRunner>,
    pub(crate) schedule_calls: Arc<dyn ScheduleCaller>,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            clock: ManualClock::starting_at(START),
            recent_bytes_max: 1 << 20,
            functions: Arc::new(NoFunctions),
            courier: Arc::new(NoCourier),
            deliveries_max: DELIVERIES_MAX,
            connections_max: DELIVERIES_MAX,
            segment_bytes: SEGMENT_BYTES,
            blobs: Blobs::in_memory(),
            tasks: Arc::new(NoTasks),
            pipes: Arc::new(NoPipes),
            schedule_calls: Arc::new(NoCalls),
        }
    }
}

impl World {
    pub(crate) async fn start(journal: &Arc<impl Journal>) -> World {
        World::with(journal, Setting::default()).await
    }

    pub(crate) async fn with(journal: &Arc<impl Journal>, setting: Setting) -> World {
        let journal: Arc<dyn Journal> = journal.clone();
        // Another seed at each start, so that ids differ.
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&journal.span().end.0.to_le_bytes());
        let Setting { clock, recent_bytes_max, functions, courier, segment_bytes, blobs, tasks, pipes, .. } = setting;
        let Setting { deliveries_max, connections_max, schedule_calls, .. } = setting;
        let outside = Outside {
            functions,
            courier,
            deliveries_max,
            connections_max,
            blobs,
            tasks,
            pipes,
            schedule_calls,
            ..Outside::default()
        };
        let options = Options { clock: Clock::Manual(clock.clone()), seed, recent_bytes_max, faults: false, outside };
        let (broker, shard) = start(journal, options).await.unwrap();
        World { broker, clock, shard: tokio::spawn(shard.for_segments_of(segment_bytes).run()) }
    }

    pub(crate) async fn stop(self) {
        self.broker.stop().await;
        self.shard.await.unwrap().unwrap();
    }

    pub(crate) async fn create(&self, name: &str, attributes: &[(&str, &str)]) {
        self.broker.create_queue(queue(name), given(name, attributes), Default::default(), false).await.unwrap();
    }

    pub(crate) async fn send(&self, name: &str, body: &str) -> Sent {
        self.try_send(name, body).await.unwrap()
    }

    pub(crate) async fn try_send(&self, name: &str, body: &str) -> Result<Sent, Refusal> {
        Ok(self.broker.send(queue(name), vec![message(body)]).await?.remove(0)?)
    }

    pub(crate) async fn send_fifo(&self, name: &str, group: &str, id: &str) -> Sent {
        self.broker.send(queue(name), vec![fifo_message(id, group, id)]).await.unwrap().remove(0).unwrap()
    }

    pub(crate) async fn receive(&self, name: &str) -> Vec<Received> {
        self.broker.receive(queue(name), 10, None, Some(Seconds(0))).await.unwrap()
    }

    pub(crate) async fn receive_one(&self, name: &str) -> Received {
        let mut received = self.broker.receive(queue(name), 1, None, Some(Seconds(0))).await.unwrap();
        assert_eq!(received.len(), 1, "nothing to receive at {name}");
        received.remove(0)
    }

    pub(crate) async fn delete(&self, name: &str, received: &Received) {
        self.broker.delete(queue(name), vec![received.delivery.handle]).await.unwrap().remove(0).unwrap();
    }

    pub(crate) async fn describe(&self, name: &str) -> QueueDescription {
        self.broker.describe_queue(queue(name)).await.unwrap()
    }

    /// Visible, in flight and delayed.
    pub(crate) async fn counts(&self, name: &str) -> (usize, usize, usize) {
        let description = self.describe(name).await;
        (description.visible, description.in_flight, description.delayed)
    }

    /// Gives the shard a turn, at whose end it sees how much room there is.
    pub(crate) async fn look_at_journal(&self) {
        drop(self.broker.functions().await.unwrap());
        settle().await;
    }

    /// A send in a task of its own.
    pub(crate) fn sending(&self, name: &str, body: &str) -> JoinHandle<Result<Vec<Result<Sent, Rejection>>, Refusal>> {
        let (broker, queue, entries) = (self.broker.clone(), queue(name), vec![message(body)]);
        tokio::spawn(async move { broker.send(queue, entries).await })
    }

    /// A receive of one message in a task of its own.
    pub(crate) fn receiving(&self, name: &str, wait: u32) -> JoinHandle<Result<Vec<Received>, Refusal>> {
        let (broker, queue) = (self.broker.clone(), queue(name));
        tokio::spawn(async move { broker.receive(queue, 1, None, Some(Seconds(wait))).await })
    }

    /// A delete in a task of its own.
    pub(crate) fn deleting(&self, name: &str, handle: ReceiptHandle) -> JoinHandle<Result<(), Refusal>> {
        let (broker, queue) = (self.broker.clone(), queue(name));
        tokio::spawn(async move { Ok(broker.delete(queue, vec![handle]).await?.remove(0)?) })
    }

    pub(crate) async fn show(&self, name: &str, received: &Received) {
        let change = VisibilityChange { handle: received.delivery.handle, timeout: Seconds(0) };
        self.broker.change_visibility(queue(name), vec![change]).await.unwrap().remove(0).unwrap();
    }
}

/// Lets everything happen that can happen without time passing and without a held append going on.
pub(crate) async fn settle() {
    for _ in 0..TURNS {
        yield_now().await;
    }
}

/// Whether a task has ended once everything has happened that can.
pub(crate) async fn is_answered<T>(task: &JoinHandle<T>) -> bool {
    settle().await;
    task.is_finished()
}

/// Runs a test twice: on one thread, and on several.
pub(crate) fn on_both_schedulers<F: Future<Output = ()>>(test: impl Fn() -> F) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test());
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap().block_on(test());
}

pub(crate) fn queue(name: &str) -> QueueName {
    QueueName { account: Account(0), name: name.into() }
}

pub(crate) fn given(name: &str, attributes: &[(&str, &str)]) -> AttributesGiven {
    let mut given: BTreeMap<String, String> =
        attributes.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    if name.ends_with(".fifo") {
        given.insert("FifoQueue".to_owned(), "true".to_owned());
    }
    AttributesGiven::parse(&given, &queue(name), REGION).unwrap()
}

/// The attribute that sends messages to a dead-letter queue after so many receives.
pub(crate) fn redrive(target: &str, receive_count_max: u32) -> String {
    let arn = queue(target).arn(REGION);
    format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{receive_count_max}}}"#)
}

pub(crate) fn message(body: &str) -> Outgoing {
    Outgoing {
        body: Text::from(body),
        body_md5: [5; 16],
        attributes: bytes::Bytes::copy_from_slice(&body.as_bytes()[..body.len().min(3)]),
        attributes_size: 3,
        delay: None,
        group: None,
        deduplication_id: None,
        sender: Text::from("000000000000"),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}

pub(crate) fn fifo_message(body: &str, group: &str, id: &str) -> Outgoing {
    Outgoing { group: Some(Text::from(group)), deduplication_id: Some(Text::from(id)), ..message(body) }
}

pub(crate) fn body(received: &Received) -> &str {
    &received.content.body
}

pub(crate) fn bodies(received: &[Received]) -> Vec<&str> {
    received.iter().map(body).collect()
}
