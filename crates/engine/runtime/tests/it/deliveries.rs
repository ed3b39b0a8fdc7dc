//! Deliveries to endpoints: when they begin, what becomes of them, and what a restart finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_broker::{
    Account, DeliveryEnd, DeliveryOutcome, PendingDelivery, Protocol, Publication, Question, Seconds, Subscriber,
    SubscriptionAdded, SubscriptionAttributes, SubscriptionId, Text, TopicAttributes, TopicName,
};
use bongsu_journal::{BoxFuture, FaultyJournal, MemoryJournal};
use bongsu_runtime::{Attempted, Courier, Parcel, ParcelContent};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::cramped::Cramped;
use crate::slow_reads::SlowReads;
use crate::world::{START, Setting, World, body, is_answered, message, queue, settle};

const REGION: &str = "us-east-1";

/// Hands every attempt to the test, which says how it ends.
struct ByHand(mpsc::UnboundedSender<Attempt>);

/// One attempt; dropping it is to fail.
pub(crate) struct Attempt {
    parcel: Parcel,
    outcome: oneshot::Sender<DeliveryOutcome>,
    end: oneshot::Receiver<DeliveryEnd>,
}

impl Attempt {
    pub(crate) fn body(&self) -> String {
        match &self.parcel.content {
            ParcelContent::Notification(notification, form) => form.body(notification).to_string(),
            ParcelContent::Question(_) => "a question".to_owned(),
        }
    }

    /// Ends the attempt; what becomes of the delivery is told later.
    fn end(self, outcome: DeliveryOutcome) -> oneshot::Receiver<DeliveryEnd> {
        assert!(self.outcome.send(outcome).is_ok());
        self.end
    }

    pub(crate) async fn ends(self, outcome: DeliveryOutcome) -> DeliveryEnd {
        self.end(outcome).await.unwrap()
    }
}

impl Courier for ByHand {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Attempted> {
        let (outcome, ended) = oneshot::channel();
        let (told, end) = oneshot::channel();
        drop(self.0.send(Attempt { parcel, outcome, end }));
        Box::pin(async move {
            let outcome = ended.await.unwrap_or(DeliveryOutcome::Failed);
            Attempted { then: Box::new(|end| told.send(end).unwrap_or_default()), ..Attempted::new(outcome) }
        })
    }
}

pub(crate) struct Attempts(mpsc::UnboundedReceiver<Attempt>);

impl Attempts {
    async fn next(&mut self) -> Attempt {
        settle().await;
        self.0.try_recv().expect("an attempt")
    }

    /// The next one, however long its record takes to be durable or read.
    pub(crate) async fn wait(&mut self) -> Attempt {
        self.0.recv().await.expect("the courier is there")
    }

    async fn none(&mut self) {
        settle().await;
        assert!(self.0.try_recv().is_err(), "no attempt was expected");
    }
}

pub(crate) fn by_hand() -> (Setting, Attempts) {
    let (attempts, begun) = mpsc::unbounded_channel();
    (Setting { courier: Arc::new(ByHand(attempts)), ..Setting::default() }, Attempts(begun))
}

fn topic(name: &str) -> TopicName {
    TopicName { account: Account(0), name: name.into() }
}

pub(crate) async fn create_topic(world: &World, name: &str) {
    world.broker.create_topic(topic(name), TopicAttributes::default(), Default::default()).await.unwrap();
}

/// Subscribes a function, which need not exist for its courier to be asked.
pub(crate) async fn subscribe(world: &World, name: &str, dead_letters: Option<&str>) -> SubscriptionId {
    let given = dead_letters.map(|name| {
        let policy = format!(r#"{{"deadLetterTargetArn":"{}"}}"#, queue(name).arn(REGION));
        ("RedrivePolicy".to_owned(), policy)
    });
    let given: BTreeMap<String, String> = given.into_iter().collect();
    let endpoint = format!("arn:aws:lambda:{REGION}:000000000000:function:{name}");
    let (owner, protocol) = (Account(0), Protocol::Lambda);
    let subscriber = Subscriber { owner, protocol, endpoint: &endpoint, of_fifo: false, region: REGION };
    let attributes = SubscriptionAttributes::parse(&given, &subscriber).unwrap();
    let added = SubscriptionAdded {
        owner,
        principal: "arn:aws:iam::000000000000:root".into(),
        protocol,
        endpoint: endpoint.into(),
        queue: None,
        attributes,
    };
    world.broker.subscribe(topic(name), added).await.unwrap().0
}

/// Subscribes a web server, which confirms it.
async fn subscribe_web_server(world: &World, attempts: &mut Attempts, name: &str) {
    let endpoint = "http://192.0.2.1/hook";
    let (owner, protocol) = (Account(0), Protocol::Http);
    let subscriber = Subscriber { owner, protocol, endpoint, of_fifo: false, region: REGION };
    let attributes = SubscriptionAttributes::parse(&BTreeMap::new(), &subscriber).unwrap();
    let principal = "arn:aws:iam::000000000000:root".into();
    let added = SubscriptionAdded { owner, principal, protocol, endpoint: endpoint.into(), queue: None, attributes };
    world.broker.subscribe(topic(name), added).await.unwrap();
    let question = attempts.next().await;
    let ParcelContent::Question(Question::Confirm { token }) = question.parcel.content else { panic!("no question") };
    world.broker.confirm_subscription(token, false).await.unwrap();
    question.ends(DeliveryOutcome::Delivered).await;
}

/// Subscribes a queue to the bare messages.
pub(crate) async fn subscribe_queue(world: &World, name: &str, to: &str) {
    let endpoint = queue(to).arn(REGION);
    let (owner, protocol) = (Account(0), Protocol::Sqs);
    let subscriber = Subscriber { owner, protocol, endpoint: &endpoint, of_fifo: false, region: REGION };
    let given = [("RawMessageDelivery".to_owned(), "true".to_owned())].into();
    let attributes = SubscriptionAttributes::parse(&given, &subscriber).unwrap();
    let (principal, to) = ("arn:aws:iam::000000000000:root".into(), Some(queue(to)));
    let added = SubscriptionAdded { owner, principal, protocol, endpoint: endpoint.into(), queue: to, attributes };
    world.broker.subscribe(topic(name), added).await.unwrap();
}

fn publication(body: &str) -> Publication {
    Publication {
        body: Text::from(body),
        bodies: Vec::new(),
        subject: None,
        attributes: bytes::Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        message_bytes: body.len(),
        group: None,
        deduplication_id: None,
        trace_header: None,
    }
}

pub(crate) async fn publish(world: &World, name: &str, bodies: &[&str]) {
    let entries = bodies.iter().map(|body| publication(body)).collect();
    world.broker.publish(topic(name), entries, REGION).await.unwrap();
}

/// A publish in a task of its own.
fn publishing(world: &World, name: &str, body: &str) -> JoinHandle<()> {
    let (broker, topic, entries) = (world.broker.clone(), topic(name), vec![publication(body)]);
    tokio::spawn(async move { drop(broker.publish(topic, entries, REGION).await.unwrap()) })
}

pub(crate) async fn undelivered(world: &World, id: SubscriptionId) -> usize {
    world.broker.describe_subscription(id).await.unwrap().undelivered
}

#[tokio::test]
async fn a_delivery_begins_when_its_publish_is_durable() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, setting).await;
    create_topic(&world, "t").await;
    subscribe(&world, "t", None).await;
    journal.hold();
    let publishing = publishing(&world, "t", "hello");
    attempts.none().await;
    assert!(!is_answered(&publishing).await);
    journal.release();
    assert!(is_answered(&publishing).await);
    assert_eq!(attempts.next().await.body(), "hello");
}

#[tokio::test]
async fn an_endpoint_takes_half_of_what_can_go_on_at_once_and_leaves_the_rest_to_others() {
    let journal = Arc::new(MemoryJournal::new());
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, Setting { deliveries_max: 4, ..setting }).await;
    for name in ["busy", "other"] {
        create_topic(&world, name).await;
        subscribe(&world, name, None).await;
    }
    publish(&world, "busy", &["1", "2", "3"]).await;
    let going_on = [attempts.next().await, attempts.next().await];
    attempts.none().await;
    publish(&world, "other", &["a", "b", "c"]).await;
    let others = [attempts.next().await, attempts.next().await];
    assert_eq!(others.each_ref().map(Attempt::body), ["a", "b"]);
    attempts.none().await;
    let [first, _second] = going_on;
    first.ends(DeliveryOutcome::Delivered).await;
    let third = attempts.next().await;
    assert_eq!(third.body(), "3");
    attempts.none().await;
}

#[tokio::test]
async fn a_web_server_takes_half_of_the_connections_and_a_function_needs_none() {
    let journal = Arc::new(MemoryJournal::new());
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, Setting { connections_max: 2, ..setting }).await;
    for name in ["web", "function"] {
        create_topic(&world, name).await;
    }
    subscribe_web_server(&world, &mut attempts, "web").await;
    subscribe(&world, "function", None).await;
    publish(&world, "web", &["1", "2"]).await;
    let first = attempts.next().await;
    attempts.none().await;
    publish(&world, "function", &["a", "b", "c"]).await;
    let others = [attempts.next().await, attempts.next().await, attempts.next().await];
    assert_eq!(others.each_ref().map(Attempt::body), ["a", "b", "c"]);
    first.ends(DeliveryOutcome::Delivered).await;
    assert_eq!(attempts.next().await.body(), "2");
}

#[tokio::test]
async fn what_becomes_of_a_delivery_is_told_when_it_is_durable() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, setting).await;
    create_topic(&world, "t").await;
    let id = subscribe(&world, "t", None).await;
    publish(&world, "t", &["hello"]).await;
    let attempt = attempts.next().await;
    journal.hold();
    let mut end = attempt.end(DeliveryOutcome::Delivered);
    settle().await;
    assert!(end.try_recv().is_err());
    journal.release();
    assert_eq!(end.await, Ok(DeliveryEnd::Delivered));
    assert_eq!(undelivered(&world, id).await, 0);
    attempts.none().await;
}

#[tokio::test]
async fn a_dead_letter_is_handed_out_when_it_is_durably_one() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, setting).await;
    world.create("dead", &[]).await;
    create_topic(&world, "t").await;
    subscribe(&world, "t", Some("dead")).await;
    publish(&world, "t", &["hello"]).await;
    let attempt = attempts.next().await;
    journal.hold();
    let end = attempt.end(DeliveryOutcome::Refused);
    let receiving = world.receiving("dead", 20);
    assert!(!is_answered(&receiving).await);
    journal.release();
    assert_eq!(end.await, Ok(DeliveryEnd::DeadLettered));
    assert_eq!(body(&receiving.await.unwrap().unwrap()[0]), "hello");
}

#[tokio::test]
async fn a_restart_finds_each_delivery_with_its_count_and_its_deadline() {
    let journal = Arc::new(MemoryJournal::new());
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, setting).await;
    create_topic(&world, "t").await;
    let id = subscribe(&world, "t", None).await;
    publish(&world, "t", &["fails", "delivered", "unanswered"]).await;
    let [fails, delivered, _unanswered] = [attempts.next().await, attempts.next().await, attempts.next().await];
    // The first times it is tried again at once.
    let (mut failed_attempts, mut end) = (1, fails.ends(DeliveryOutcome::Failed).await);
    while end == (DeliveryEnd::Again { at: START }) {
        (failed_attempts, end) = (failed_attempts + 1, attempts.next().await.ends(DeliveryOutcome::Failed).await);
    }
    let DeliveryEnd::Again { at } = end else { panic!("it is tried again") };
    assert_eq!(delivered.ends(DeliveryOutcome::Delivered).await, DeliveryEnd::Delivered);
    // Attempts that go on hold nobody up.
    world.stop().await;

    let (setting, mut attempts) = by_hand();
    let world = World::with(&Arc::new(journal.reopen()), setting).await;
    let unanswered = attempts.next().await;
    assert_eq!((unanswered.body().as_str(), unanswered.parcel.pending.failed_attempts), ("unanswered", 0));
    attempts.none().await;
    let seconds = u32::try_from((at.0 - START.0).div_ceil(1000)).unwrap();
    world.clock.advance(Seconds(seconds - 1));
    attempts.none().await;
    world.clock.advance(Seconds(1));
    let again = attempts.next().await;
    let pending = PendingDelivery { queued_at: START, failed_attempts, next_attempt_at: at };
    assert_eq!((again.body().as_str(), again.parcel.pending), ("fails", pending));
    assert_eq!(undelivered(&world, id).await, 2);
}

#[tokio::test]
async fn an_attempt_finds_what_cleaning_moved_meanwhile() {
    let journal = Arc::new(SlowReads::new(MemoryJournal::new()));
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, Setting { recent_bytes_max: 0, ..setting }).await;
    create_topic(&world, "t").await;
    subscribe(&world, "t", None).await;
    journal.hold();
    publish(&world, "t", &["hello"]).await;
    attempts.none().await;
    journal.trim_before_next_read();
    journal.release();
    assert_eq!(attempts.next().await.body(), "hello");
}

#[tokio::test]
async fn nothing_is_delivered_to_whoever_left_meanwhile() {
    let journal = Arc::new(SlowReads::new(MemoryJournal::new()));
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, Setting { recent_bytes_max: 0, ..setting }).await;
    create_topic(&world, "t").await;
    let id = subscribe(&world, "t", None).await;
    journal.hold();
    publish(&world, "t", &["hello"]).await;
    settle().await;
    world.broker.unsubscribe(id, true).await.unwrap();
    journal.trim_before_next_read();
    journal.release();
    attempts.none().await;
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_just_now_is_tried_again() {
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let (setting, mut attempts) = by_hand();
    let world = World::with(&journal, Setting { recent_bytes_max: 0, ..setting }).await;
    create_topic(&world, "t").await;
    let id = subscribe(&world, "t", None).await;
    journal.fail_next_read(std::io::ErrorKind::Other);
    publish(&world, "t", &["hello"]).await;
    let again = attempts.next().await;
    assert_eq!((again.body().as_str(), again.parcel.pending.failed_attempts), ("hello", 1));
    assert_eq!(undelivered(&world, id).await, 1);
}

#[tokio::test]
async fn ten_thousand_deliveries_that_are_due_at_once_hold_up_nobody() {
    const DUE: usize = 10_000;
    let journal = Arc::new(MemoryJournal::new());
    let (setting, _unanswered) = by_hand();
    let world = World::with(&journal, setting).await;
    world.create("q", &[]).await;
    for name in ["deep", "small"] {
        create_topic(&world, name).await;
        subscribe(&world, name, None).await;
    }
    for _ in 0..DUE / 10 {
        publish(&world, "deep", &["x"; 10]).await;
    }
    settle().await;
    world.stop().await;

    let (setting, mut attempts) = by_hand();
    let world = World::with(&Arc::new(journal.reopen()), setting).await;
    publish(&world, "small", &["small"]).await;
    world.broker.send(queue("q"), vec![message("a")]).await.unwrap().remove(0).unwrap();
    let begun = attempts.0.len();
    assert!(begun < DUE, "the requests waited for {begun} attempts");
    let mut order = Vec::new();
    while order.len() <= DUE {
        order.push(attempts.wait().await);
    }
    let turn = order.iter().position(|attempt| attempt.body() == "small").unwrap();
    assert!(turn < DUE / 2, "its turn came after {turn} others");
    attempts.none().await;
}

#[tokio::test]
async fn an_endpoint_that_is_down_takes_no_room_of_a_full_disk() {
    let (setting, mut attempts) = by_hand();
    let journal = Arc::new(Cramped::with_room(1 << 30));
    let world = World::with(&journal, setting).await;
    create_topic(&world, "t").await;
    subscribe(&world, "t", None).await;
    publish(&world, "t", &["hello"]).await;
    let attempt = attempts.next().await;
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    // What goes on may end, and then nothing begins any more.
    assert!(matches!(attempt.ends(DeliveryOutcome::Failed).await, DeliveryEnd::Again { .. }));
    world.clock.advance(Seconds(3600));
    attempts.none().await;
    journal.set_room(1 << 30, false);
    world.look_at_journal().await;
    assert_eq!(attempts.next().await.body(), "hello");
}
