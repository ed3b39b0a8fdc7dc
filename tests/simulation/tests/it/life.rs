//! One life: clients that ask, appends that take their time, power that goes, and starts that find everything again.

use std::collections::BTreeMap;

use bongsu_broker::{
    Account, AttributesGiven, Entropy, Outgoing, Protocol, Publication, Published, QueueName, ReceiptHandle, Rejection,
    Seconds, SendOrigin, Sent, Subscriber, SubscriptionAdded, SubscriptionAttributes, Text, Timestamp, TopicAttributes,
    TopicName, VisibilityChange,
};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{Journal, Position};
use bongsu_runtime::{ManualClock, Outside, Received, Refusal};
use tokio::task::{JoinHandle, yield_now};

use crate::ledger::{Ledger, Number};
use crate::server::{Server, serve};

/// The dead letters of `failing`, whose consumers never delete anything, come last.
const QUEUES: [&str; 4] = ["standard", "ordered.fifo", FAILING, DEAD];
/// Those that a topic of the same name feeds, besides what is sent to them.
const PUBLISHED: [&str; 2] = ["standard", "ordered.fifo"];
const FAILING: &str = "failing";
const DEAD: &str = "dead";
const REGION: &str = "us-east-1";
const GROUPS: u64 = 4;
const STEPS: u64 = 600;
/// Small enough that a life fills and cleans many.
const SEGMENT_BYTES: u64 = 16 << 10;
/// Fits into the largest command at this size of segments.
const BODY_BYTES_MAX: u64 = 700;
/// Turns of the scheduler after which everything that can happen has happened.
const TURNS: usize = 40;
/// Longer than any visibility timeout.
const LONG: Seconds = Seconds(40);

/// What is told of a life, so that two can be compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) crashes: u64,
    pub(crate) trimmed: bool,
    answers: Vec<String>,
    end: Position,
}

/// Plays one life.
pub(crate) fn play(seed: u64) -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut life = Life::begin(seed).await;
        for _ in 0..STEPS {
            life.step().await;
        }
        life.end().await
    })
}

/// What a client waits for.
enum Asked {
    Send(Number, Option<u64>),
    Publish(Number),
    Receive(&'static str),
    Delete(Number),
    ChangeVisibility,
}

enum Answer {
    Sent(Result<Vec<Result<Sent, Rejection>>, Refusal>),
    Published(Result<Vec<Published>, Refusal>),
    Received(Result<Vec<Received>, Refusal>),
    Each(Result<Vec<Result<(), Rejection>>, Refusal>),
}

struct Pending {
    asked: Asked,
    at: u64,
    answer: JoinHandle<Answer>,
}

/// A message that a client has received and not yet deleted.
struct InHand {
    queue: &'static str,
    number: Number,
    handle: ReceiptHandle,
}

struct Life {
    random: Entropy,
    disk: SimulatedDisk,
    clock: ManualClock,
    server: Server,
    ledger: Ledger,
    pending: Vec<Pending>,
    in_hand: Vec<InHand>,
    /// FIFO messages whose send was never answered, to be sent again.
    unanswered: Vec<(Number, u64)>,
    next_number: Number,
    /// Counts what happens, one after the other.
    moment: u64,
    /// When the latest command was asked whose answer proves that everything before it is durable.
    durable_at: u64,
    crashes: u64,
    answers: Vec<String>,
}

impl Life {
    async fn begin(seed: u64) -> Life {
        let disk = SimulatedDisk::new(seed);
        let clock = ManualClock::starting_at(Timestamp(1_700_000_000_000));
        let server = serve(&disk, &clock, SEGMENT_BYTES, Outside::default()).await.expect("nothing fails yet");
        for name in QUEUES.into_iter().rev() {
            server.broker.create_queue(queue(name), attributes(name), Default::default(), false).await.unwrap();
        }
        for name in PUBLISHED {
            let given = name.ends_with(".fifo").then(|| ("FifoTopic".to_owned(), "true".to_owned()));
            let attributes = TopicAttributes::parse(&given.into_iter().collect(), &topic(name)).unwrap();
            server.broker.create_topic(topic(name), attributes, Default::default()).await.unwrap();
            server.broker.subscribe(topic(name), subscriber(name)).await.unwrap();
        }
        let mut random = [0; 32];
        random[..8].copy_from_slice(&seed.to_le_bytes());
        Life {
            random: Entropy::from_seed(random),
            disk,
            clock,
            server,
            ledger: Ledger::default(),
            pending: Vec::new(),
            in_hand: Vec::new(),
            unanswered: Vec::new(),
            next_number: 0,
            moment: 0,
            durable_at: 0,
            crashes: 0,
            answers: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    async fn step(&mut self) {
        match self.below(100) {
            0..30 => {
                let name = QUEUES[self.below(3) as usize];
                self.send(name);
            }
            30..58 => {
                let name = QUEUES[self.below(4) as usize];
                self.receive(name);
            }
            58..80 => self.delete(),
            80..83 => self.change_visibility(),
            83..87 => self.clock.advance(Seconds((self.random.next_u64() % 20) as u32)),
            87..90 => self.server.journal.hold(),
            90..95 => drop(self.server.journal.release_one()),
            95..98 => self.server.journal.release(),
            98 => {
                let changes = self.below(60);
                self.disk.fail_after(changes);
            }
            _ => self.restart().await,
        }
        self.settle().await;
        if self.server.shard.is_finished() {
            self.crash().await;
        }
    }

    fn send(&mut self, name: &'static str) {
        let again = if name.ends_with(".fifo") && self.below(2) == 0 { self.unanswered.pop() } else { None };
        let now = self.clock.now();
        let (number, group) = match again.filter(|(number, _)| self.ledger.is_within_window(*number, now)) {
            Some(again) => again,
            None => {
                self.next_number += 1;
                (self.next_number, self.random.next_u64() % GROUPS)
            }
        };
        self.ledger.asks_send(name, group, number, now);
        let padding = ".".repeat(self.below(BODY_BYTES_MAX) as usize);
        let entries = vec![message(name, &format!("{number} {padding}"), number, group)];
        let (broker, before) = (self.server.broker.clone(), self.ledger.sequence_max(name));
        if PUBLISHED.contains(&name) && self.below(3) == 0 {
            let entries = entries.into_iter().map(publication).collect();
            return self.ask(Asked::Publish(number), async move {
                Answer::Published(broker.publish(topic(name), entries, REGION).await)
            });
        }
        self.ask(Asked::Send(number, before), async move { Answer::Sent(broker.send(queue(name), entries).await) });
    }

    fn receive(&mut self, name: &'static str) {
        let max = 1 + self.below(10) as usize;
        let wait = Seconds(if self.below(4) == 0 { 10 } else { 0 });
        let broker = self.server.broker.clone();
        self.ask(Asked::Receive(name), async move {
            Answer::Received(broker.receive(queue(name), max, None, Some(wait)).await)
        });
    }

    fn delete(&mut self) {
        let Some(InHand { queue: name, number, handle, .. }) = self.take_in_hand() else { return };
        self.ledger.asks_delete(number);
        let broker = self.server.broker.clone();
        self.ask(Asked::Delete(number), async move { Answer::Each(broker.delete(queue(name), vec![handle]).await) });
    }

    fn change_visibility(&mut self) {
        let Some(InHand { queue: name, handle, .. }) = self.take_in_hand() else { return };
        let change = VisibilityChange { handle, timeout: Seconds(self.below(20) as u32) };
        let broker = self.server.broker.clone();
        self.ask(Asked::ChangeVisibility, async move {
            Answer::Each(broker.change_visibility(queue(name), vec![change]).await)
        });
    }

    fn take_in_hand(&mut self) -> Option<InHand> {
        let place = self.random.next_u64() as usize % self.in_hand.len().max(1);
        (!self.in_hand.is_empty()).then(|| self.in_hand.swap_remove(place))
    }

    fn ask(&mut self, asked: Asked, answer: impl Future<Output = Answer> + Send + 'static) {
        self.moment += 1;
        self.pending.push(Pending { asked, at: self.moment, answer: tokio::spawn(answer) });
    }

    /// Lets everything happen that can, and enters into the ledger what was answered.
    async fn settle(&mut self) {
        for _ in 0..TURNS {
            yield_now().await;
        }
        for pending in std::mem::take(&mut self.pending) {
            if pending.answer.is_finished() {
                let answer = pending.answer.await.unwrap();
                self.enter(pending.asked, pending.at, answer);
            } else {
                self.pending.push(pending);
            }
        }
    }

    fn enter(&mut self, asked: Asked, at: u64, answer: Answer) {
        self.moment += 1;
        match (asked, answer) {
            (Asked::Send(number, sequence_before), Answer::Sent(Ok(results))) => {
                let sent = results[0].as_ref().expect("nothing is wrong with it");
                self.answers.push(format!("{number} sent: {sent:?}"));
                self.ledger.sent(number, sent, sequence_before);
                self.durable_at = self.durable_at.max(at);
            }
            (Asked::Publish(number), Answer::Published(Ok(results))) => {
                self.answers.push(format!("{number} published: {results:?}"));
                self.ledger.published(number);
                self.durable_at = self.durable_at.max(at);
            }
            (Asked::Send(number, _), Answer::Sent(Err(Refusal::Unavailable)))
            | (Asked::Publish(number), Answer::Published(Err(Refusal::Unavailable))) => {
                if let Some(group) = self.ledger.group_of_fifo(number) {
                    self.unanswered.push((number, group));
                }
            }
            (Asked::Receive(name), Answer::Received(Ok(batch))) => {
                let numbers = self.ledger.received(if name == DEAD { FAILING } else { name }, &batch, at);
                self.answers.push(format!("{name} handed out: {numbers:?}"));
                if name == FAILING {
                    return;
                }
                self.in_hand.extend(numbers.into_iter().zip(&batch).map(|(number, received)| InHand {
                    queue: name,
                    number,
                    handle: received.delivery.handle,
                }));
            }
            (Asked::Delete(number), Answer::Each(Ok(results))) => {
                self.answers.push(format!("{number} deleted: {results:?}"));
                self.ledger.deleted(number, self.moment, results[0].is_ok());
                self.durable_at = self.durable_at.max(at);
            }
            (Asked::ChangeVisibility, Answer::Each(Ok(_))) => {}
            (_, Answer::Received(Err(Refusal::Unavailable)) | Answer::Each(Err(Refusal::Unavailable))) => {}
            _ => panic!("an answer that nothing gives reason for"),
        }
    }

    async fn restart(&mut self) {
        match self.random.next_u64() % 3 {
            0 => self.crash().await,
            1 => {
                self.disk.kill();
                self.abandon().await;
                self.recover().await;
            }
            _ => {
                self.server.broker.stop().await;
                self.server.journal.release();
                // What is queued is still served, a batch at a time.
                for _ in 0..=self.pending.len() {
                    self.settle().await;
                }
                assert!(self.server.shard.is_finished(), "stopping ends");
                if (&mut self.server.shard).await.unwrap().is_err() {
                    return self.crash().await;
                }
                self.abandon().await;
                self.recover().await;
            }
        }
    }

    /// The power goes. The disk first: nothing that still runs may touch it any more.
    async fn crash(&mut self) {
        self.crashes += 1;
        self.disk.crash();
        self.abandon().await;
        self.recover().await;
    }

    /// The process is gone, and its clients hear no more of it.
    async fn abandon(&mut self) {
        self.server.shard.abort();
        self.server.journal.release();
        self.settle().await;
        assert!(self.pending.is_empty(), "nobody waits for a process that is gone");
    }

    async fn recover(&mut self) {
        if self.below(4) == 0 {
            let changes = self.below(15);
            self.disk.fail_after(changes);
        }
        self.server = loop {
            match serve(&self.disk, &self.clock, SEGMENT_BYTES, Outside::default()).await {
                Ok(server) => break server,
                Err(()) => self.disk.crash(),
            }
        };
        let mut counts = BTreeMap::new();
        for name in QUEUES {
            // The power may go again at once.
            let Ok(described) = self.server.broker.describe_queue(queue(name)).await else { return };
            let there = described.visible + described.in_flight + described.delayed;
            counts.insert(name, there);
        }
        // A message of one may have gone to the other.
        let failed = counts.remove(DEAD).expect("described");
        *counts.get_mut(FAILING).expect("described") += failed;
        for (name, there) in counts {
            let (least, most) = self.ledger.bounds(name);
            assert!((least..=most).contains(&there), "{there} messages in {name}, expected {least} to {most}");
        }
    }

    async fn count(&self, name: &str) -> usize {
        let described = self.server.broker.describe_queue(queue(name)).await.expect("nothing fails any more");
        described.visible + described.in_flight + described.delayed
    }

    /// Works off everything that is left, and looks whether anything is missing.
    async fn end(mut self) -> Told {
        self.crash().await;
        if self.server.shard.is_finished() {
            self.crash().await;
        }
        self.disk.kill();
        self.abandon().await;
        self.server =
            serve(&self.disk, &self.clock, SEGMENT_BYTES, Outside::default()).await.expect("nothing fails any more");
        self.in_hand.clear();
        for name in QUEUES {
            while self.count(name).await > 0 {
                self.clock.advance(LONG);
                self.receive(name);
                self.settle().await;
                while !self.in_hand.is_empty() {
                    self.delete();
                    self.settle().await;
                }
            }
        }
        self.ledger.assert_nothing_lost();
        let span = self.server.journal.span();
        let trimmed = span.start > Position(0);
        Told { crashes: self.crashes, trimmed, answers: self.answers, end: span.end }
    }
}

fn topic(name: &str) -> TopicName {
    TopicName { account: Account(0), name: name.into() }
}

/// The queue of this name, which wants the bare messages of the topic of this name.
fn subscriber(name: &str) -> SubscriptionAdded {
    let endpoint = queue(name).arn(REGION);
    let (owner, protocol, of_fifo) = (Account(0), Protocol::Sqs, name.ends_with(".fifo"));
    let subscriber = Subscriber { owner, protocol, endpoint: &endpoint, of_fifo, region: REGION };
    let given = [("RawMessageDelivery".to_owned(), "true".to_owned())].into();
    let attributes = SubscriptionAttributes::parse(&given, &subscriber).unwrap();
    let (principal, queue) = ("arn:aws:iam::000000000000:root".into(), Some(queue(name)));
    SubscriptionAdded { owner, principal, protocol, endpoint: endpoint.into(), queue, attributes }
}

fn publication(message: Outgoing) -> Publication {
    Publication {
        message_bytes: message.body.len(),
        body: message.body,
        bodies: Vec::new(),
        subject: None,
        attributes: message.attributes,
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        group: message.group,
        deduplication_id: message.deduplication_id,
        trace_header: None,
    }
}

fn queue(name: &str) -> QueueName {
    QueueName { account: Account(0), name: name.into() }
}

fn attributes(name: &str) -> AttributesGiven {
    let redrive = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, queue(DEAD).arn(REGION));
    let given: &[(&str, &str)] = match name {
        FAILING => &[("RedrivePolicy", &redrive), ("VisibilityTimeout", "5")],
        _ if name.ends_with(".fifo") => &[("FifoQueue", "true")],
        _ => &[],
    };
    let given = given.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    AttributesGiven::parse(&given, &queue(name), REGION).unwrap()
}

fn message(name: &str, body: &str, number: Number, group: u64) -> Outgoing {
    let for_fifo = |text: String| name.ends_with(".fifo").then(|| Text::from(text));
    Outgoing {
        body: Text::from(body),
        body_md5: [0; 16],
        attributes: bytes::Bytes::new(),
        attributes_size: 0,
        delay: None,
        group: for_fifo(group.to_string()),
        deduplication_id: for_fifo(number.to_string()),
        sender: Text::from("client"),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}
