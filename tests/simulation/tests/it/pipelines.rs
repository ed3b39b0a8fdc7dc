//! One life of pipelines: functions that queues and events feed, endpoints of a topic, objects and schedules, on disks
//! that lose their power.

mod clients;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bongsu_broker::{Condition, DeliveryOutcome, Entropy, ObjectKey, Question, Seconds, Timestamp, Wanted};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{Journal, Position};
use bongsu_runtime::{Blobs, ManualClock, Outside, ParcelContent};
use tokio::task::{spawn_blocking, yield_now};

use crate::server::{Server, serve};
use crate::setting::{ENDPOINT, INBOXES, MAPPED, TICK, WORKER_ARN, bucket, create, queue, topic};
use crate::versions::Versions;
use crate::workers::{Begun, Workers};
use crate::works::Works;

pub(crate) use clients::Answer;
use clients::Pending;
use runs::Run;

const STEPS: u64 = 600;
/// Small enough that a life fills and cleans some; large enough for a change and what is told of it.
const SEGMENT_BYTES: u64 = 32 << 10;
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
