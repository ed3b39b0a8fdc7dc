//! A workflow of everything that there is, cut off after every unit of its journal, goes on to the same end.
//!
//! It is run once. Then the journal is cut everywhere: in the middle of records, where recovery finds whole units and
//! nothing else; and behind each unit, from where the run goes on. Whatever was durable stays as it was told, no
//! transition comes twice or is left out, what a task sent is sent once, what it called is called until its end is
//! durable and not after that, and who was given a token can answer with it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bongsu_broker::{
    Account, Broker, Command, Entropy, Place, Publication, Recorded, Rejection, Reply, Seconds, TaskAction, TaskAnswer,
    TaskCall, TaskToken, TaskWork, Text, Timestamp, TopicName, WorkflowCommand, WorkflowReply,
};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{Batch, BoxFuture, FileJournal, Journal, MemoryJournal, Options, Position, Sealed, Unit, fuzzing};
use bongsu_runtime::{ManualClock, TaskEnd, TaskRunner, TaskStep};
use bongsu_states_language::{HistoryEvent, Resource, Status};
use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use crate::deliveries::{create_topic, subscribe_queue};
use crate::workflows::{create_machine, machine_ref, start};
use crate::world::{START, Setting, World, bodies, message, queue, settle};

const WHOLE: &str = include_str!("workflow_cuts/whole.asl.json");
const CHILD: &str = include_str!("workflow_cuts/child.asl.json");
const QUICK: &str = r#"{"StartAt":"Q","States":{"Q":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:quick","End":true}}}"#;
const INPUT: &str = r#"{"items":[1,2,3]}"#;
/// Executions by machine and name.
const EXECUTIONS: [(&str, &str); 3] = [("whole", "w"), ("child", "w-nested"), ("child", "w-forked")];
/// What it sends and publishes.
const MESSAGES: [&str; 2] = ["told", "heard"];
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:a";
/// Room for all of it, so that nothing is cleaned.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Room for all of it and nothing more.
const SEGMENT_BYTES_SMALL: u64 = 1 << 20;
/// Bytes of a segment before its first batch, and of a frame's header.
const SEGMENT_HEADER_BYTES: usize = 4096;
const FRAME_BYTES: usize = 16;
const BATCH_FRAME_BYTES: usize = 32;
const EVENTS_MAX: usize = 1_000;
/// Seconds after which it must have ended.
const SECONDS_MAX: usize = 60;

/// What was asked of functions, and with what.
type Calls = Arc<Mutex<Vec<(String, String)>>>;

/// Does every task at once, and always the same.
struct Outside(Calls);

impl Outside {
    fn function(&self, name: &str, input: &str) -> TaskEnd {
        self.0.lock().unwrap().push((name.to_owned(), input.to_owned()));
        let failed = |error| TaskEnd::Failed { error: Text::from(error), cause: Text::from("as always") };
        match (name, input) {
            ("flaky", r#"{"try":0}"# | r#"{"try":1}"#) => failed("Busy"),
            ("item", r#"{"item":2,"try":0}"#) => failed("Busy"),
            ("broken", _) => failed("Broken"),
            ("item", input) => {
                let item = input.strip_prefix(r#"{"item":"#).and_then(|rest| rest.split(',').next()).unwrap();
                TaskEnd::Succeeded(Text::from((2 * item.parse::<u32>().unwrap()).to_string()))
            }
            (_, input) => TaskEnd::Succeeded(Text::from(input)),
        }
    }
}

/// A member of an object that is a text.
fn member<'t>(input: &'t str, name: &str) -> &'t str {
    let start = format!(r#""{name}":""#);
    input.split(&start).nth(1).and_then(|rest| rest.split('"').next()).expect("the definition gives it")
}

impl TaskRunner for Outside {
    fn run(&self, call: TaskCall) -> BoxFuture<'static, TaskStep> {
        let step = match &call.work {
            TaskWork::Call { resource: Resource::Lambda { arn }, input } => {
                TaskStep::End(self.function(arn.rsplit(':').next().unwrap(), input))
            }
            TaskWork::Call { resource: Resource::Service { action, .. }, input } => {
                TaskStep::Ask(Box::new(match &**action {
                    "sendMessage" => {
                        let (name, body) = (member(input, "QueueUrl"), member(input, "MessageBody"));
                        TaskAction::Send { queue: queue(name), message: message(body) }
                    }
                    "publish" => TaskAction::Publish {
                        topic: TopicName { account: Account(0), name: member(input, "TopicArn").into() },
                        publication: publication(member(input, "Message")),
                        region: "us-east-1".into(),
                    },
                    "startExecution" => TaskAction::StartExecution {
                        machine: machine_ref(member(input, "StateMachineArn")),
                        name: Some(member(input, "Name").into()),
                        input: Text::from(r#"{"n":1}"#),
                        trace_header: None,
                    },
                    other => panic!("the definition has no {other}"),
                }))
            }
            TaskWork::Call { .. } => panic!("activities have workers"),
            TaskWork::ReadItems { .. } => TaskStep::End(TaskEnd::Succeeded(Text::from("[7,8,9]"))),
            TaskWork::WriteResults { results, .. } => {
                self.0.lock().unwrap().push(("write".into(), results.to_string()));
                TaskStep::End(TaskEnd::Succeeded(Text::from(r#"{"Bucket":"b","Key":"manifest.json"}"#)))
            }
        };
        Box::pin(std::future::ready(step))
    }

    fn refused(&self, _: &TaskAction, rejection: &Rejection) -> TaskEnd {
        panic!("nothing is refused: {rejection:?}")
    }
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

/// A process, and those who work with it.
struct Life {
    world: World,
    calls: Calls,
    /// Of tasks that a worker has taken.
    taken: UnboundedReceiver<TaskToken>,
    worker: JoinHandle<()>,
    /// Of tasks that were answered, by who did it.
    tokens: BTreeMap<&'static str, TaskToken>,
}

impl Life {
    async fn on(journal: &Arc<impl Journal>, now: Timestamp) -> Life {
        let calls = Calls::default();
        let (tasks, clock) = (Arc::new(Outside(calls.clone())), ManualClock::starting_at(now));
        let setting = Setting { tasks, clock, segment_bytes: SEGMENT_BYTES, ..Setting::default() };
        let world = World::with(journal, setting).await;
        let (broker, (take, taken)) = (world.broker.clone(), unbounded_channel());
        let worker = tokio::spawn(async move {
            while let Ok(task) = broker.activity_task(ACTIVITY, None, Duration::from_secs(60)).await {
                task.into_iter().for_each(|task| take.send(task.token).unwrap());
            }
        });
        Life { world, calls, taken, worker, tokens: BTreeMap::new() }
    }

    async fn set_up(&self) {
        let world = &self.world;
        for name in ["told", "heard", "asks"] {
            world.create(name, &[]).await;
        }
        create_topic(world, "news").await;
        subscribe_queue(world, "news", "heard").await;
        world.broker.workflow(WorkflowCommand::CreateActivity { name: "a".into() }).await.unwrap();
        for (name, express, definition) in [("whole", false, WHOLE), ("child", false, CHILD), ("quick", true, QUICK)] {
            create_machine(world, name, express, definition).await;
        }
    }

    async fn is_over(&self) -> bool {
        for (machine, name) in EXECUTIONS {
            match self.world.broker.find_execution(machine, name).await {
                Ok(found) if found.summary.status != Status::Running => {}
                _ => return false,
            }
        }
        true
    }

    /// Whatever is under way at the disk is done.
    async fn settle(&self) {
        for _ in 0..3 {
            settle().await;
            self.world.broker.describe_queue(queue("told")).await.unwrap();
        }
    }

    /// Lets the worker, whoever is asked, and time have their turns until all executions have ended.
    async fn go_on(&mut self) {
        for _ in 0..SECONDS_MAX {
            self.settle().await;
            if self.is_over().await {
                return;
            }
            let mut answers = Vec::new();
            while let Ok(token) = self.taken.try_recv() {
                answers.push(("worker", token));
            }
            for asked in self.world.receive("asks").await {
                answers.push(("asked", TaskToken::parse(&asked.content.body).expect("it is a token")));
                self.world.delete("asks", &asked).await;
            }
            self.settle().await;
            for (who, token) in answers {
                self.answer(who, token).await;
            }
            self.settle().await;
            self.world.clock.advance(Seconds(1));
        }
        panic!("it does not end");
    }

    /// Says how a task ended, unless that was said before.
    async fn answer(&mut self, who: &'static str, token: TaskToken) {
        if self.tokens.insert(who, token).is_some() {
            return;
        }
        let answer = TaskAnswer::Success { output: Text::from(r#""answered""#) };
        self.world.broker.workflow(WorkflowCommand::AnswerTask { token, answer }).await.unwrap();
    }

    async fn histories(&self) -> BTreeMap<&'static str, History> {
        let mut histories = BTreeMap::new();
        for (machine, name) in EXECUTIONS {
            let found = self.world.broker.find_execution(machine, name).await.unwrap();
            assert_eq!(found.summary.status, Status::Succeeded, "{name}");
            let broker = &self.world.broker;
            let page = broker.execution_history(found.summary.id, 1, EVENTS_MAX, false, true).await.unwrap();
            let told: Vec<String> = page
                .events
                .iter()
                .map(|event| event.describe(true, &mut |id| page.texts.get(&id).cloned()).to_string())
                .collect();
            assert_eq!(found.events as usize, told.len());
            histories.insert(name, History { events: page.events, told });
        }
        histories
    }

    /// What was sent.
    async fn messages(&self) -> Vec<String> {
        let mut found = Vec::new();
        for name in ["told", "heard"] {
            let received = self.world.receive(name).await;
            found.extend(bodies(&received).into_iter().map(str::to_owned));
        }
        found
    }

    async fn end(self) {
        self.worker.abort();
        self.world.shard.abort();
        drop(self.world.shard.await);
    }
}

/// Everything that an execution did.
#[derive(Debug, PartialEq)]
struct History {
    events: Vec<HistoryEvent>,
    told: Vec<String>,
}

impl History {
    fn check(&self) {
        for (at, event) in self.events.iter().enumerate() {
            assert_eq!(event.id as usize, at + 1, "ids have no gaps");
            assert!(event.previous < event.id);
        }
        assert!(self.events.windows(2).all(|pair| pair[0].at <= pair[1].at), "times rise");
    }

    /// Every event with the chain of those before it, whatever came in between.
    fn transitions(&self) -> Vec<String> {
        let mut chains: Vec<u64> = Vec::new();
        let mut transitions = Vec::new();
        for (event, told) in self.events.iter().zip(&self.told) {
            let kind = event.kind();
            let details = told.split_once(r#""previousEventId":"#).unwrap().1;
            let details = details.trim_start_matches(|c: char| c.is_ascii_digit());
            // Which branch or iteration ends last is up to chance.
            let follows_chance = ["ParallelState", "MapState", "MapIterationStarted", "MapRun"];
            let before = match event.previous {
                0 => 0,
                _ if follows_chance.iter().any(|start| kind.starts_with(start)) && !kind.ends_with("Entered") => 0,
                previous => chains[previous as usize - 1],
            };
            let transition = format!("{kind}{}", without_identities(details));
            let mut hasher = DefaultHasher::new();
            (&transition, before).hash(&mut hasher);
            chains.push(hasher.finish());
            transitions.push(format!("{transition} after {before:x}"));
        }
        transitions.sort();
        transitions
    }

    /// Functions that were called, and the numbers of the events that told how that ended.
    fn called(&self) -> Vec<(String, String, u32)> {
        let scheduled =
            self.events.iter().zip(&self.told).filter(|(event, _)| event.kind() == "LambdaFunctionScheduled");
        let follower = |id: u32| self.events.iter().find(|event| event.previous == id).expect("everything ended");
        let call = |(event, told): (&HistoryEvent, &String)| {
            let name = member(told, "resource").rsplit(':').next().unwrap().to_owned();
            let input = told.split_once(r#""input":""#).unwrap().1.split_once(r#"","#).unwrap().0.replace('\\', "");
            (name, input, follower(follower(event.id).id).id)
        };
        scheduled.map(call).collect()
    }

    fn event(&self, kind: &str, of: &str) -> u32 {
        let found = self.events.iter().zip(&self.told).find(|(event, told)| event.kind() == kind && told.contains(of));
        found.expect("the workflow has it").0.id
    }
}

/// Texts without what is new in every run: ids, tokens, sequence numbers, times.
fn without_identities(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_hexdigit() && c != '-') {
        let (word, end) = word.split_at(
            word.len() - word.chars().last().filter(|c| !c.is_ascii_hexdigit() && *c != '-').map_or(0, char::len_utf8),
        );
        let is_number = word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_digit());
        shown.push_str(if word.len() >= 32 || is_number { "ID" } else { word });
        shown.push_str(end);
    }
    shown
}

/// A record of the journal as the disk has it.
struct Written {
    position: usize,
    payload: Bytes,
    ends_unit: bool,
}

fn segment() -> PathBuf {
    PathBuf::from("/journal/00000000000000000001.segment")
}

fn options(disk: &SimulatedDisk, segment_bytes: u64) -> Options {
    Options { directory: "/journal".into(), segment_bytes, disk: Arc::new(disk.clone()) }
}

/// Every record of the only segment, by the frames that `docs/formats/journal.md` describes.
fn written(segment: &[u8], end: usize) -> Vec<Written> {
    let (mut at, mut records) = (0, Vec::new());
    while at < end {
        let frame = &segment[SEGMENT_HEADER_BYTES + at..];
        let word = u32::from_le_bytes(frame[4..8].try_into().unwrap());
        let (kind, length) = (word >> 24, (word & 0xff_ffff) as usize);
        if kind == 1 {
            at += BATCH_FRAME_BYTES;
            continue;
        }
        let payload = Bytes::copy_from_slice(&frame[FRAME_BYTES..FRAME_BYTES + length]);
        records.push(Written { position: at, payload, ends_unit: kind == 3 });
        at += FRAME_BYTES + length;
    }
    records
}

/// These records, each unit a batch of its own.
fn batches(records: &[Written]) -> Vec<Sealed> {
    let (mut batch, mut sealed) = (Batch::new(Position(0)), Vec::new());
    for record in records {
        let unit = if record.ends_unit { Unit::Ends } else { Unit::Continues };
        batch.push(unit, |out| out.extend_from_slice(&record.payload));
        if record.ends_unit {
            let next = batch.next();
            sealed.push(std::mem::replace(&mut batch, next).seal());
        }
    }
    sealed
}

/// A journal that ends behind these records.
async fn rebuilt(records: &[Written]) -> MemoryJournal {
    let journal = MemoryJournal::new();
    for batch in batches(records) {
        journal.append(batch).await.unwrap();
    }
    journal
}

/// How far each execution had come, and the time then.
struct Reached {
    now: Timestamp,
    events: BTreeMap<&'static str, u32>,
    /// Whether an express execution is to be run.
    express: bool,
}

fn reached(records: &[Written]) -> Reached {
    let mut broker = Broker::new();
    for record in records {
        let recorded = Recorded::decode(record.payload.clone()).unwrap();
        let place = Place { position: record.position as u64, length: record.payload.len() as u32, part: 0 };
        broker.apply(&recorded.fact, recorded.at, place);
    }
    broker.finish_replay();
    let mut events = BTreeMap::new();
    for (machine, name) in EXECUTIONS {
        let find = WorkflowCommand::FindExecution { machine: machine.into(), name: name.into() };
        let found = broker.decide(Command::Workflow(Box::new(find)), broker.now(), &mut Entropy::from_seed([0; 32]));
        if let Ok(Reply::Workflow(WorkflowReply::Execution(found))) = found.map(|decision| decision.reply) {
            events.insert(name, found.events);
        }
    }
    Reached { now: broker.now(), events, express: !broker.take_express(1).is_empty() }
}

/// One run from beginning to end, on a disk.
struct Whole {
    records: Vec<Written>,
    /// Units before the execution was started.
    prepared: usize,
    histories: BTreeMap<&'static str, History>,
    tokens: BTreeMap<&'static str, TaskToken>,
}

async fn whole() -> Whole {
    let disk = SimulatedDisk::new(7);
    let journal = Arc::new(FileJournal::open(options(&disk, SEGMENT_BYTES)).unwrap());
    let mut life = Life::on(&journal, START).await;
    life.set_up().await;
    let prepared = journal.span().end.0 as usize;
    start(&life.world, "whole", Some("w"), INPUT).await;
    life.go_on().await;
    life.settle().await;
    let end = journal.span().end.0 as usize;
    let (histories, tokens) = (life.histories().await, life.tokens.clone());
    let records = written(&disk.contents(&segment()).unwrap(), end);
    assert_eq!(life.messages().await, MESSAGES);
    life.end().await;
    drop(journal);
    let prepared = records.iter().take_while(|record| record.position < prepared).count();
    Whole { records, prepared, histories, tokens }
}

#[tokio::test]
async fn cut_off_behind_every_unit_a_workflow_goes_on_to_the_same_end() {
    let whole = whole().await;
    let transitions: Vec<Vec<String>> = whole.histories.values().map(History::transitions).collect();
    let main = &whole.histories["w"];
    main.check();
    let asked = (main.event("TaskSubmitted", "MessageId"), main.event("TaskSucceeded", "answered"));
    let taken = (main.event("ActivityStarted", ""), main.event("ActivitySucceeded", ""));
    let (mut answered, mut cuts) = (0, 0);
    let units = whole.records.iter().enumerate().filter(|(_, record)| record.ends_unit).map(|(at, _)| at + 1);
    for cut in units.filter(|cut| *cut > whole.prepared) {
        let before = reached(&whole.records[..cut]);
        let had = |name: &str| before.events.get(name).copied().unwrap_or(0);
        let journal = Arc::new(rebuilt(&whole.records[..cut]).await);
        // Every other time the process is gone for an hour.
        let now = before.now + Seconds(if cut.is_multiple_of(2) { 3600 } else { 0 });
        let mut life = Life::on(&journal, now).await;
        // Who was given a token before the cut answers with it, if that was not done before.
        let waits = |(from, to): (u32, u32)| from <= had("w") && had("w") < to;
        for (of, who) in [(taken, "worker"), (asked, "asked")] {
            if waits(of) {
                life.answer(who, whole.tokens[who]).await;
                answered += 1;
            }
        }
        life.go_on().await;
        let histories = life.histories().await;
        let mut owed = Vec::new();
        for (name, history) in &histories {
            history.check();
            let (kept, known) = (had(name) as usize, &whole.histories[name]);
            assert_eq!(history.told[..kept], known.told[..kept], "what was durable stays as it was, cut at {cut}");
            let called = history.called().into_iter().filter(|(_, _, ended)| *ended as usize > kept);
            owed.extend(called.map(|(function, input, _)| (function, input)));
        }
        owed.extend(before.express.then(|| ("quick".into(), r#"{"n":1}"#.into())));
        let again: Vec<Vec<String>> = histories.values().map(History::transitions).collect();
        assert_eq!(again, transitions, "cut at {cut}");
        assert_eq!(life.messages().await, MESSAGES, "cut at {cut}");
        let mut calls = life.calls.lock().unwrap().clone();
        calls.retain(|(function, _)| !["hidden", "write"].contains(&&**function));
        if had("w") < main.event("TaskStateExited", r#""name":"Quick""#) && !before.express {
            owed.push(("quick".into(), r#"{"n":1}"#.into()));
        }
        calls.sort();
        owed.sort();
        assert_eq!(calls, owed, "called is what had not ended, cut at {cut}");
        life.end().await;
        cuts += 1;
    }
    assert!(cuts > 30 && answered > 5, "{cuts} cuts, {answered} answers with tokens that a process before had given");
}

#[tokio::test]
async fn cut_off_in_the_middle_of_a_record_the_journal_ends_behind_a_unit() {
    let records = whole().await.records;
    let disk = SimulatedDisk::new(7);
    let mut log = fuzzing::OpenLog::open(&options(&disk, SEGMENT_BYTES_SMALL)).unwrap();
    log.append(&batches(&records)).unwrap();
    let records = written(&disk.contents(&segment()).unwrap(), log.end().0 as usize);
    drop(log);
    let contents = disk.contents(&segment()).unwrap();
    for (at, record) in records.iter().enumerate() {
        let end = record.position + FRAME_BYTES + record.payload.len();
        for cut in [record.position, record.position + FRAME_BYTES, end - 1, end] {
            let mut torn = contents.clone();
            // As in a file that was in use before.
            torn[SEGMENT_HEADER_BYTES + cut..].fill(0xa5);
            disk.kill();
            disk.set_contents(&segment(), torn);
            let log = fuzzing::OpenLog::open(&options(&disk, SEGMENT_BYTES_SMALL)).unwrap();
            let found = log.records().unwrap();
            let whole = at + usize::from(cut == end);
            let units = records[..whole].iter().rposition(|record| record.ends_unit).map_or(0, |last| last + 1);
            assert_eq!(found.len(), units, "all units that were written whole, and nothing else");
            assert!(found.iter().zip(&records).all(|((_, payload), record)| *payload == record.payload));
        }
    }
}
