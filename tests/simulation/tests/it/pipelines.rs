//! One life of pipelines: functions that queues and events feed, endpoints of a topic, objects and schedules, on disks
//! that lose their power.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bongsu_broker::{
    AttemptOutcome, Condition, DeliveryEnd, DeliveryOutcome, Entropy, FunctionRef, ObjectKey, ObjectRejection,
    Publication, Question, QueuedInvocation, ReceiptHandle, Rejection, Seconds, Text, Timestamp, Wanted,
};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{Journal, Position};
use bongsu_runtime::{Blobs, EventEnd, ManualClock, Outside, ParcelContent, Received, Refusal};
use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking, yield_now};

use crate::content::{self, ObjectStep};
use crate::server::{Server, serve};
use crate::setting::{
    ENDPOINT, HANDLER, INBOXES, MAPPED, MAPPING_RUNS_MAX, REGION, RESERVED, TICK, TIMEOUT, WORKER_ARN, at, bucket,
    create, queue, schedule, topic,
};
use crate::versions::{Outcome, Versions, Wish};
use crate::workers::{Begun, Workers, message, number_of};
use crate::works::Works;

const STEPS: u64 = 600;
/// Small enough that a life fills and cleans some; large enough for a change and what is told of it.
const SEGMENT_BYTES: u64 = 32 << 10;
const BODY_BYTES_MAX: u64 = 700;
const GROUPS: u64 = 3;
const KEYS: [&str; 4] = ["k0", "k1", "f0", "f1"];
/// Turns of the scheduler after which everything that can happen has happened, but for what waits for a disk.
const TURNS: usize = 40;
/// How often something may wait for a disk, one after the other, in one step.
const DISK_WAITS: usize = 4;
/// Rounds in which everything that is left ends, each a good minute.
const ROUNDS_MAX: usize = 400;
/// Less than what schedules make up for.
const JUMP_SECONDS_MAX: u64 = 90 * 60;

/// What is told of a life, so that two can be compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) crashes: u64,
    pub(crate) trimmed: bool,
    pub(crate) works: usize,
    answers: Vec<String>,
    end: Position,
}

/// Plays one life.
pub(crate) fn play(seed: u64) -> Told {
    // One thread does what waits for a disk, in the order in which it was asked for.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
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
    Work(u64),
    Receive(&'static str),
    Delete(&'static str, Vec<u64>),
    Write(u64),
    Read(&'static str),
}

pub(crate) enum Answer {
    Done(Result<(), Refusal>),
    Received(Result<Vec<Received>, Refusal>),
    Written(Result<Option<String>, Refusal>),
    Read(Result<Option<String>, Refusal>),
}

struct Pending {
    asked: Asked,
    at: u64,
    answer: JoinHandle<Answer>,
}

/// What a worker is at.
struct Run {
    began_at: Timestamp,
    function: Option<Box<str>>,
    work: Going,
}

enum Going {
    Batch { place: &'static str, numbers: Vec<u64>, end: oneshot::Sender<AttemptOutcome> },
    Event { number: u64, end: oneshot::Sender<EventEnd> },
    Parcel { endpoint: String, number: u64, end: oneshot::Sender<DeliveryOutcome> },
}

struct Life {
    random: Entropy,
    disk: SimulatedDisk,
    blobs: SimulatedDisk,
    clock: ManualClock,
    workers: Workers,
    server: Server,
    works: Works,
    versions: Versions,
    pending: Vec<Pending>,
    runs: Vec<Run>,
    /// Events that told of objects.
    heard: BTreeSet<u64>,
    next_number: u64,
    moment: u64,
    is_holding: bool,
    /// Everything succeeds from now on.
    is_ending: bool,
    crashes: u64,
    answers: Vec<String>,
}

impl Life {
    async fn begin(seed: u64) -> Life {
        let (disk, blobs) = (SimulatedDisk::new(seed), SimulatedDisk::new(!seed));
        let clock = ManualClock::starting_at(Timestamp(1_700_000_000_000));
        let (server, workers) = start(&disk, &blobs, &clock).await.expect("nothing fails yet");
        let mut random = [0; 32];
        random[..8].copy_from_slice(&seed.to_le_bytes());
        let life = Life {
            random: Entropy::from_seed(random),
            disk,
            blobs,
            clock,
            workers,
            server,
            works: Works::default(),
            versions: Versions::default(),
            pending: Vec::new(),
            runs: Vec::new(),
            heard: BTreeSet::new(),
            next_number: 0,
            moment: 0,
            is_holding: false,
            is_ending: false,
            crashes: 0,
            answers: Vec::new(),
        };
        create(&life.server.broker).await.expect("nothing fails yet");
        life.turns().await;
        for begun in life.workers.take_begun() {
            let Begun::Parcel(parcel, end) = begun else { panic!("nothing was sent yet") };
            let ParcelContent::Question(Question::Confirm { token }) = parcel.content else { panic!("no question") };
            assert!(end.send(DeliveryOutcome::Delivered).is_ok());
            life.server.broker.confirm_subscription(token, false).await.expect("it was just asked");
        }
        life
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    async fn step(&mut self) {
        match self.below(100) {
            0..12 => self.send(),
            12..16 => self.publish(),
            16..21 => self.queue_event(),
            21..37 => self.object(),
            37..41 => self.send_to("faulty"),
            41..60 => self.end_a_run(),
            60..69 => {
                let name = INBOXES[self.below(INBOXES.len() as u64) as usize];
                self.receive(name);
            }
            69..79 => {
                let seconds = self.below(20);
                self.pass(seconds);
            }
            79 => {
                let seconds = 60 + self.below(JUMP_SECONDS_MAX);
                self.jump(seconds).await;
            }
            80..82 => self.remind(),
            82..85 => {
                self.server.journal.hold();
                self.is_holding = true;
            }
            85..89 => drop(self.server.journal.release_one()),
            89..96 => self.release(),
            96 | 97 => {
                let (changes, which) = (self.below(60), self.below(3));
                if which == 0 { &self.blobs } else { &self.disk }.fail_after(changes);
            }
            _ => self.restart().await,
        }
        self.settle().await;
        if self.server.shard.is_finished() {
            self.crash().await;
        }
    }

    fn release(&mut self) {
        self.server.journal.release();
        self.is_holding = false;
    }

    fn send(&mut self) {
        let (name, _) = MAPPED[self.below(3) as usize];
        self.send_to(name);
    }

    fn send_to(&mut self, name: &'static str) {
        let (number, group) = (self.number(), self.below(GROUPS));
        self.works.asks(name, group, number, self.clock.now());
        let padding = ".".repeat(self.below(BODY_BYTES_MAX) as usize);
        let mut outgoing = message(&format!("{number} {padding}"));
        if name.ends_with(".fifo") {
            outgoing.group = Some(Text::from(group.to_string()));
            outgoing.deduplication_id = Some(Text::from(number.to_string()));
        }
        let broker = self.server.broker.clone();
        self.ask(Asked::Work(number), async move {
            Answer::Done(broker.send(queue(name), vec![outgoing]).await.map(|results| {
                results.into_iter().for_each(|result| drop(result.expect("nothing is wrong with it")));
            }))
        });
    }

    fn publish(&mut self) {
        let number = self.number();
        self.works.asks("news", 0, number, self.clock.now());
        let broker = self.server.broker.clone();
        let publication = publication(&number.to_string());
        self.ask(Asked::Work(number), async move {
            Answer::Done(broker.publish(topic(), vec![publication], REGION).await.map(drop))
        });
    }

    fn queue_event(&mut self) {
        let number = self.number();
        self.works.asks("events", 0, number, self.clock.now());
        let padding = ".".repeat(self.below(BODY_BYTES_MAX) as usize);
        let payload = Text::from(format!("\"{padding}\""));
        let invocation = QueuedInvocation { qualifier: None, request_id: number.into(), payload, trace_header: None };
        let broker = self.server.broker.clone();
        self.ask(Asked::Work(number), async move {
            Answer::Done(broker.queue_invocation(FunctionRef::latest(HANDLER), invocation).await)
        });
    }

    /// Something is to be sent once, at a time that is soon.
    fn remind(&mut self) {
        let (number, seconds) = (self.number(), 1 + self.below(600));
        self.works.asks("reminders", 0, number, self.clock.now());
        let when = at(self.clock.now() + Seconds(seconds as u32));
        let definition = schedule(&format!("once/{number}"), &when, Some(number.to_string()));
        let broker = self.server.broker.clone();
        self.ask(Asked::Work(number), async move { Answer::Done(broker.put_schedule(definition).await) });
    }

    fn object(&mut self) {
        let key = KEYS[self.below(4) as usize];
        let broker = self.server.broker.clone();
        let step = match self.below(100) {
            0..25 => return self.ask(Asked::Read(key), content::read(broker, key)),
            25..70 => ObjectStep::Put,
            70..80 => ObjectStep::Upload,
            80..88 => ObjectStep::Copy(KEYS[self.below(4) as usize]),
            _ => ObjectStep::Delete,
        };
        let (number, seen) = (self.number(), self.versions.seen(key).cloned());
        let wish = match (self.below(3), seen) {
            (0, _) => Wish::Always,
            (1, Some(etag)) => Wish::IfMatch(etag),
            _ if matches!(step, ObjectStep::Delete) => Wish::Always,
            _ => Wish::IfAbsent,
        };
        let condition = match &wish {
            Wish::Always => Condition::None,
            Wish::IfAbsent => Condition::Absent,
            Wish::IfMatch(etag) => Condition::Match(Text::from(etag.as_str())),
        };
        let is_delete = matches!(step, ObjectStep::Delete);
        self.versions.asks(number, key, wish, is_delete, self.moment + 1);
        self.ask(Asked::Write(number), content::write(broker, key, number, step, condition));
    }

    fn receive(&mut self, name: &'static str) {
        let broker = self.server.broker.clone();
        self.ask(Asked::Receive(name), async move {
            Answer::Received(broker.receive(queue(name), 10, None, Some(Seconds(0))).await)
        });
    }

    fn ask(&mut self, asked: Asked, answer: impl Future<Output = Answer> + Send + 'static) {
        self.moment += 1;
        self.pending.push(Pending { asked, at: self.moment, answer: tokio::spawn(answer) });
    }

    /// Time passes only while the journal takes what it is given: a run that waits for it would be late otherwise.
    fn pass(&mut self, seconds: u64) {
        if !self.is_holding {
            self.clock.advance(Seconds(seconds as u32));
            let now = self.clock.now();
            while let Some(late) = self.runs.iter().position(|run| run.began_at + TIMEOUT <= now) {
                self.end_run(late, false);
            }
        }
    }

    async fn jump(&mut self, seconds: u64) {
        if self.is_holding || !self.pending.is_empty() {
            return;
        }
        while !self.runs.is_empty() {
            self.end_run(0, true);
            self.settle().await;
            if self.server.shard.is_finished() {
                return;
            }
        }
        self.clock.advance(Seconds(seconds as u32));
    }

    fn end_a_run(&mut self) {
        if !self.runs.is_empty() {
            let (place, succeeds) = (self.below(self.runs.len() as u64) as usize, self.below(100) < 65);
            self.end_run(place, succeeds);
        }
    }

    fn end_run(&mut self, place: usize, succeeds: bool) {
        self.moment += 1;
        match self.runs.swap_remove(place).work {
            Going::Batch { place, numbers, end } => {
                let worked_off = match (succeeds, self.below(3)) {
                    (true, _) => numbers.len(),
                    (false, 0) => 0,
                    (false, _) => self.below(numbers.len() as u64 + 1) as usize,
                };
                let outcome = match worked_off {
                    0 => AttemptOutcome::Failed,
                    all if all == numbers.len() => AttemptOutcome::Succeeded,
                    // A group stops at the first that fails.
                    _ => AttemptOutcome::PartlyFailed((worked_off..numbers.len()).collect()),
                };
                self.answers.push(format!("{place}: {numbers:?} ended: {outcome:?}"));
                numbers[..worked_off].iter().for_each(|number| self.works.done(*number, self.moment));
                assert!(end.send(outcome).is_ok(), "a run is waited for");
            }
            Going::Event { number, end } => {
                let outcome = match (succeeds, self.below(6)) {
                    (true, _) => EventEnd::Returned(Bytes::from_static(b"null")),
                    (false, 0) => EventEnd::NotRun,
                    (false, _) => EventEnd::Failed(Bytes::from_static(b"{}")),
                };
                match outcome {
                    EventEnd::Returned(_) => self.works.done(number, self.moment),
                    EventEnd::Failed(_) => self.works.failed(number),
                    EventEnd::NotRun => {}
                }
                assert!(end.send(outcome).is_ok(), "a run is waited for");
            }
            Going::Parcel { endpoint, number, end } => {
                let outcome = match (succeeds, self.below(4)) {
                    (true, _) => DeliveryOutcome::Delivered,
                    (false, 0) => DeliveryOutcome::Refused,
                    (false, _) => DeliveryOutcome::Failed,
                };
                if outcome == DeliveryOutcome::Delivered {
                    self.works.parcel_delivered(&endpoint, number);
                }
                assert!(end.send(outcome).is_ok(), "a run is waited for");
            }
        }
    }

    /// Lets the scheduler go on, and the disks.
    async fn turns(&self) {
        for _ in 0..DISK_WAITS {
            for _ in 0..TURNS {
                yield_now().await;
            }
            spawn_blocking(|| ()).await.unwrap();
        }
        for _ in 0..TURNS {
            yield_now().await;
        }
    }

    /// Lets everything happen that can, and enters what was answered and begun.
    async fn settle(&mut self) {
        self.turns().await;
        self.look_at_workers();
        for pending in std::mem::take(&mut self.pending) {
            if pending.answer.is_finished() {
                let answer = pending.answer.await.unwrap();
                self.enter(pending.asked, pending.at, answer);
            } else {
                self.pending.push(pending);
            }
        }
    }

    fn look_at_workers(&mut self) {
        let now = self.clock.now();
        for begun in self.workers.take_begun() {
            let run = match begun {
                Begun::Batch(batch, end) => {
                    let name = &*batch.mapping.definition.queue.name;
                    let (place, _) = MAPPED.into_iter().find(|(place, _)| *place == name).expect("a mapped queue");
                    let busy = self.busy_groups(place);
                    let numbers = self.works.batch_begins(place, &batch, &busy);
                    self.answers.push(format!("{place}: {numbers:?} begin"));
                    Run {
                        began_at: now,
                        function: Some(batch.function.name.clone()),
                        work: Going::Batch { place, numbers, end },
                    }
                }
                Begun::Event(event, end) => {
                    let number = event.invocation.request_id as u64;
                    self.works.event_begins(number, now);
                    let is_there_twice = self
                        .runs
                        .iter()
                        .any(|run| matches!(run.work, Going::Event { number: other, .. } if other == number));
                    assert!(!is_there_twice, "event {number} runs twice at once");
                    Run {
                        began_at: now,
                        function: Some(event.function.name.clone()),
                        work: Going::Event { number, end },
                    }
                }
                Begun::Parcel(parcel, end) => {
                    let number = number_of(&parcel).expect("only the first was a question");
                    let endpoint = parcel.definition.endpoint.to_string();
                    self.works.parcel_begins(&endpoint, number);
                    let function = parcel.function.as_ref().map(|function| function.name.clone());
                    Run { began_at: now, function, work: Going::Parcel { endpoint, number, end } }
                }
            };
            self.runs.push(run);
        }
        for (number, payload) in self.workers.take_changes() {
            if self.heard.insert(number) {
                self.versions.told(&payload);
            }
        }
        for (endpoint, number, end) in self.workers.take_ended() {
            self.answers.push(format!("{number} at {endpoint}: {end:?}"));
            if !matches!(end, DeliveryEnd::Again { .. }) {
                self.works.parcel_ended(endpoint, number);
            }
        }
        self.check_concurrency();
    }

    fn busy_groups(&self, queue: &str) -> BTreeSet<u64> {
        let of_queue = self.runs.iter().filter_map(|run| match &run.work {
            Going::Batch { place, numbers, .. } if *place == queue => Some(self.works.groups(numbers)),
            _ => None,
        });
        of_queue.flatten().collect()
    }

    fn check_concurrency(&self) {
        for (name, max) in RESERVED {
            let running = self.runs.iter().filter(|run| run.function.as_deref() == Some(name)).count();
            assert!(running <= max as usize, "{running} invocations of {name}");
        }
        for (name, _) in MAPPED {
            let is_of = |run: &&Run| matches!(run.work, Going::Batch { place, .. } if place == name);
            let running = self.runs.iter().filter(is_of).count();
            assert!(running <= MAPPING_RUNS_MAX as usize, "{running} batches of {name}");
        }
    }

    fn enter(&mut self, asked: Asked, at: u64, answer: Answer) {
        self.moment += 1;
        match (asked, answer) {
            (Asked::Work(number), Answer::Done(Ok(()))) => {
                self.answers.push(format!("{number} taken"));
                self.works.acknowledged(number);
                self.durable(at);
            }
            (Asked::Receive(name), Answer::Received(Ok(batch))) => self.received(name, &batch, at),
            (Asked::Delete(name, sequences), Answer::Done(Ok(()))) => {
                sequences.into_iter().for_each(|sequence| self.works.deleted(name, sequence, self.moment));
                self.durable(at);
            }
            (Asked::Write(number), Answer::Written(result)) => {
                let outcome = match result {
                    Ok(etag) => {
                        self.durable(at);
                        Outcome::Done(etag)
                    }
                    Err(Refusal::Rejected(rejection)) => refused(&rejection),
                    Err(Refusal::Unavailable) => Outcome::Unknown,
                };
                self.answers.push(format!("{number} written: {outcome:?}"));
                self.versions.answered(number, outcome, self.moment);
            }
            (Asked::Read(key), Answer::Read(Ok(found))) => {
                self.answers.push(format!("{key} read: {found:?}"));
                self.versions.read(key, found, at, self.moment);
            }
            (_, Answer::Done(Err(Refusal::Unavailable)))
            | (_, Answer::Received(Err(Refusal::Unavailable)))
            | (_, Answer::Read(Err(Refusal::Unavailable))) => {}
            (_, Answer::Done(Err(refusal)) | Answer::Received(Err(refusal)) | Answer::Read(Err(refusal))) => {
                panic!("nothing gives reason for {refusal:?}")
            }
            _ => unreachable!("each is answered in its own way"),
        }
    }

    fn durable(&mut self, asked: u64) {
        self.works.durable_at = self.works.durable_at.max(asked);
    }

    fn received(&mut self, name: &'static str, batch: &[Received], asked: u64) {
        let fresh = self.works.received(name, batch, asked);
        self.answers.push(format!("{name} handed out: {fresh:?}"));
        for body in &fresh {
            match name {
                "changes" => self.versions.told(body),
                "records" => self.works.check_age(body, self.clock.now()),
                _ => {}
            }
        }
        if batch.is_empty() {
            return;
        }
        let handles: Vec<ReceiptHandle> = batch.iter().map(|received| received.delivery.handle).collect();
        let sequences = handles.iter().map(|handle| handle.sequence).collect();
        let broker = self.server.broker.clone();
        self.ask(Asked::Delete(name, sequences), async move {
            Answer::Done(broker.delete(queue(name), handles).await.map(drop))
        });
    }

    async fn restart(&mut self) {
        match self.below(3) {
            0 => self.crash().await,
            1 => {
                self.disk.kill();
                self.blobs.kill();
                self.abandon().await;
                self.recover().await;
            }
            _ => self.stop().await,
        }
    }

    /// The process ends as it should; the next one finds what this one had.
    async fn stop(&mut self) {
        self.release();
        self.settle().await;
        let before = if self.server.shard.is_finished() { None } else { self.inventory().await };
        self.server.broker.stop().await;
        for _ in 0..=self.pending.len() + self.runs.len() {
            self.settle().await;
        }
        assert!(self.server.shard.is_finished(), "stopping ends");
        if (&mut self.server.shard).await.unwrap().is_err() {
            return self.crash().await;
        }
        self.abandon().await;
        self.recover().await;
        if let Some(before) = before.filter(|_| !self.server.shard.is_finished())
            && let Some(after) = self.inventory().await
        {
            assert_eq!(before, after, "a restart finds what there was");
        }
    }

    /// What does not change by itself: objects, schedules, and how much waits where.
    async fn inventory(&self) -> Option<Vec<String>> {
        if !self.pending.is_empty() {
            return None;
        }
        let broker = &self.server.broker;
        let mut lines = vec![format!("{:?}", self.objects().await?), format!("{:?}", broker.schedules().await.ok()?)];
        let metrics = broker.metrics().await.ok()?;
        lines.push(format!("{:?}", metrics.objects.statistics));
        let queued = metrics.functions.iter().map(|function| (&function.name, function.statistics.queued));
        lines.push(format!("{:?}", queued.collect::<Vec<_>>()));
        let subscriptions = broker.list_subscriptions_by_topic(topic(), None, 10).await.ok()?;
        lines.extend(subscriptions.iter().map(|known| format!("{} {}", known.definition.endpoint, known.undelivered)));
        Some(lines)
    }

    /// The ETags of all objects by their keys.
    async fn objects(&self) -> Option<BTreeMap<String, String>> {
        let wanted = Wanted { max: 100, ..Wanted::default() };
        let page = self.server.broker.list_objects(bucket(), wanted).await.ok()?;
        Some(page.objects.iter().map(|object| (object.key.to_string(), object.etag.to_string())).collect())
    }

    /// The power goes, of both disks: nothing that still runs may touch them any more.
    async fn crash(&mut self) {
        self.crashes += 1;
        self.disk.crash();
        self.blobs.crash();
        self.abandon().await;
        self.recover().await;
    }

    /// The process is gone, its functions with it, and its clients hear no more of it.
    async fn abandon(&mut self) {
        self.server.shard.abort();
        self.release();
        self.runs.clear();
        self.settle().await;
        self.runs.clear();
        self.works.forget_what_nothing_proves();
        assert!(self.pending.is_empty(), "nobody waits for a process that is gone");
    }

    async fn recover(&mut self) {
        if !self.is_ending && self.below(4) == 0 {
            let (changes, which) = (self.below(15), self.below(3));
            if which == 0 { &self.blobs } else { &self.disk }.fail_after(changes);
        }
        (self.server, self.workers) = loop {
            match start(&self.disk, &self.blobs, &self.clock).await {
                Ok(started) => break started,
                Err(()) => {
                    self.disk.crash();
                    self.blobs.crash();
                }
            }
        };
        self.settle().await;
    }

    /// Nothing fails any more: everything that was taken comes to its end, nothing twice, and nothing waits for ever.
    async fn end(mut self) -> Told {
        self.is_ending = true;
        self.crash().await;
        if self.server.shard.is_finished() {
            self.crash().await;
        }
        self.server.broker.delete_schedule(TICK).await.expect("nothing fails any more");
        let mut rounds = 0;
        while !self.is_all_done().await {
            rounds += 1;
            assert!(rounds < ROUNDS_MAX, "something waits for ever: {:?}", self.waiting().await);
            self.settle().await;
            while !self.runs.is_empty() {
                self.end_run(0, true);
                self.settle().await;
            }
            self.clock.advance(Seconds(61));
            for name in INBOXES {
                self.receive(name);
                // And what was received is deleted.
                self.settle().await;
                self.settle().await;
            }
        }
        self.check().await;
        self.empty().await;
        let span = self.server.journal.span();
        let (trimmed, works) = (span.start > Position(0), self.works.len());
        Told { crashes: self.crashes, trimmed, works, answers: self.answers, end: span.end }
    }

    async fn is_all_done(&mut self) -> bool {
        self.pending.is_empty() && self.runs.is_empty() && self.waiting().await.iter().all(|(_, count)| *count == 0)
    }

    /// How much waits where.
    async fn waiting(&self) -> Vec<(String, usize)> {
        let (broker, mut waiting) = (&self.server.broker, Vec::new());
        for name in INBOXES.into_iter().chain(MAPPED.map(|(name, _)| name)) {
            let described = broker.describe_queue(queue(name)).await.expect("nothing fails any more");
            waiting.push((name.to_owned(), described.visible + described.in_flight + described.delayed));
        }
        for function in broker.metrics().await.expect("nothing fails any more").functions {
            waiting.push((function.name.to_string(), function.statistics.queued));
            waiting.push((function.name.to_string(), function.statistics.running as usize));
        }
        for known in broker.list_subscriptions_by_topic(topic(), None, 10).await.expect("nothing fails any more") {
            waiting.push((known.definition.endpoint.to_string(), known.undelivered));
        }
        waiting.push(("schedules".into(), broker.schedules().await.expect("nothing fails any more").len()));
        waiting
    }

    async fn check(&self) {
        for (place, dead) in MAPPED {
            self.works.check_mapped(place, dead);
        }
        self.works.check_events();
        self.works.check_deliveries("news", ENDPOINT, "undelivered");
        self.works.check_deliveries("news", WORKER_ARN, "unworked");
        self.works.check_faulty("faulty", "faulty-dead");
        self.works.check_ticks();
        self.works.check_reminders("reminders");
        self.versions.check(&self.objects().await.expect("nothing fails any more"));
    }

    /// Without bucket and objects nothing is alive in the journal any more, and no blob is left.
    async fn empty(&mut self) {
        let broker = self.server.broker.clone();
        let origin = crate::setting::origin(0);
        broker.set_notification_rules(bucket(), Vec::new(), false, origin.clone()).await.unwrap();
        for key in KEYS {
            let key = ObjectKey::parse(key).unwrap();
            broker.delete_object(bucket(), key, Condition::None, origin.clone()).await.unwrap();
        }
        // Its unfinished uploads go with it.
        broker.delete_bucket(bucket()).await.unwrap();
        self.settle().await;
        assert_eq!(broker.metrics().await.unwrap().alive_bytes, 0, "nothing is alive");
        assert!(self.blobs.files().is_empty(), "no blob is left: {:?}", self.blobs.files());
    }
}

/// What a refusal means; nothing else is refused.
fn refused(rejection: &Rejection) -> Outcome {
    match rejection {
        Rejection::Object(
            ObjectRejection::PreconditionFailed { .. }
            | ObjectRejection::ConditionalRequestConflict { .. }
            | ObjectRejection::KeyDoesNotExist,
        ) => Outcome::Refused,
        other => panic!("nothing gives reason for {other:?}"),
    }
}

async fn start(disk: &SimulatedDisk, blobs: &SimulatedDisk, clock: &ManualClock) -> Result<(Server, Workers), ()> {
    let workers = Workers::default();
    let outside = Outside {
        functions: Arc::new(workers.clone()),
        courier: Arc::new(workers.clone()),
        blobs: Blobs::on(Arc::new(blobs.clone()), "/objects".as_ref()).map_err(drop)?,
        ..Outside::default()
    };
    Ok((serve(disk, clock, SEGMENT_BYTES, outside).await?, workers))
}

fn publication(body: &str) -> Publication {
    Publication {
        body: Text::from(body),
        bodies: Vec::new(),
        subject: None,
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        message_bytes: body.len(),
        group: None,
        deduplication_id: None,
        trace_header: None,
    }
}
