//! Asynchronous invocations beside a naive model of them: what begins, how it ends, and who is told.

use std::collections::BTreeMap;

use bongsu_broker::{
    Command, Conclusion, Destination, DueInvocation, Function, FunctionRef, FunctionVersion, InvocationCondition,
    InvocationEnd, InvocationOutcome, InvocationRecord, InvocationStep, InvokeConfig, Outgoing, PutWhen,
    QueuedInvocation, Reply, Seconds, SendOrigin, Text,
};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::select;

use crate::system::{REGION, System, queue_name};

const FUNCTIONS: [&str; 2] = ["f", "g"];
const QUEUES: [&str; 2] = ["done", "dead"];
/// A time at which nothing special happens.
const START: u64 = 1_767_225_600_000;
const SECOND: u64 = 1_000;
/// What AWS waits before the second attempt; before the third it is twice as long.
const RETRY_DELAY: u64 = 60 * SECOND;
/// How long an event waits that could not be run.
const NOT_RUN_DELAY: u64 = SECOND;
const CONCURRENCY_DEFAULT: usize = 1_000;

/// Attempts and waits are named by their turn, counted from the latest.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Queue(&'static str),
    Take(usize),
    End(usize, InvocationOutcome),
    Conclude(usize),
    PutBack(usize),
    /// An invocation that somebody waits for begins, and ends.
    Begin(&'static str),
    EndBegun(usize),
    Reserve(&'static str, Option<u32>),
    Configure(&'static str, Config),
    Put(&'static str, Option<&'static str>),
    Delete(&'static str),
    /// Deletes a function, makes another of its name, and gives it an event.
    Renew(&'static str),
    CreateQueue(&'static str),
    DeleteQueue(&'static str),
    Pass(u64),
    PassToDeadline,
    Restart,
    Clean(usize, bool),
}

#[derive(Clone, Debug)]
pub(crate) struct Config {
    retries: u32,
    age: u32,
    on_success: Option<&'static str>,
    on_failure: Option<&'static str>,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let function = || select(&FUNCTIONS[..]);
    let queue = || select(&QUEUES[..]);
    let target = || prop::option::of(select(&["done", "dead", "f", "g"][..]));
    let outcome = select(&[InvocationOutcome::Succeeded, InvocationOutcome::Failed, InvocationOutcome::NotRun][..]);
    let config = (0..3u32, select(&[60u32, 100, 200, 21_600][..]), target(), target())
        .prop_map(|(retries, age, on_success, on_failure)| Config { retries, age, on_success, on_failure });
    let step = prop_oneof![
        10 => function().prop_map(Step::Queue),
        10 => (1..5usize).prop_map(Step::Take),
        9 => (0..4usize, outcome).prop_map(|(back, outcome)| Step::End(back, outcome)),
        5 => (0..3usize).prop_map(Step::Conclude),
        1 => (0..3usize).prop_map(Step::PutBack),
        2 => function().prop_map(Step::Begin),
        2 => (0..2usize).prop_map(Step::EndBegun),
        2 => (function(), prop::option::of(0..3u32)).prop_map(|(function, max)| Step::Reserve(function, max)),
        2 => (function(), config).prop_map(|(function, config)| Step::Configure(function, config)),
        1 => (function(), prop::option::of(queue())).prop_map(|(function, dead)| Step::Put(function, dead)),
        1 => function().prop_map(Step::Delete),
        1 => function().prop_map(Step::Renew),
        1 => queue().prop_map(Step::CreateQueue),
        1 => queue().prop_map(Step::DeleteQueue),
        3 => (1..70 * SECOND).prop_map(Step::Pass),
        4 => Just(Step::PassToDeadline),
        1 => Just(Step::Restart),
        2 => (1..4usize, any::<bool>()).prop_map(|(one_in, dies)| Step::Clean(one_in, dies)),
    ];
    prop::collection::vec(step, 1..120)
}

/// The broker beside the model.
pub(crate) struct Story {
    system: System,
    now: u64,
    next_id: u64,
    functions: BTreeMap<&'static str, Known>,
    /// Runs that go on, those of functions that are gone among them.
    going: Vec<Going>,
    /// Runs that have ended of which somebody is still to be told.
    concluding: Vec<(Going, Conclusion)>,
    /// Invocations that somebody waits for.
    begun: Vec<&'static str>,
    /// What is in the queues that exist.
    queues: BTreeMap<&'static str, Vec<String>>,
}

/// A function that is there.
#[derive(Default)]
struct Known {
    reserved: Option<u32>,
    config: Option<Config>,
    dead_letters: Option<&'static str>,
    events: BTreeMap<u64, Event>,
}

/// An event that has not ended.
#[derive(Debug)]
struct Event {
    queued_at: u64,
    failed: u32,
    next_at: u64,
    is_begun: bool,
}

struct Going {
    function: &'static str,
    id: u64,
    sequence: u64,
    runs: bool,
}

impl Story {
    pub(crate) fn new() -> Story {
        let mut story = Story {
            system: System::new(START),
            now: START,
            next_id: 0,
            functions: BTreeMap::new(),
            going: Vec::new(),
            concluding: Vec::new(),
            begun: Vec::new(),
            queues: BTreeMap::new(),
        };
        QUEUES.iter().for_each(|queue| story.play(&Step::CreateQueue(queue)));
        FUNCTIONS.iter().for_each(|function| story.play(&Step::Put(function, Some("dead"))));
        story
    }

    /// Panics unless the broker answers as the model does, and has what the model has.
    pub(crate) fn play(&mut self, step: &Step) {
        match step {
            Step::Queue(function) => self.queue(function),
            Step::Take(max) => self.take(*max),
            Step::End(back, outcome) => self.end(*back, *outcome),
            Step::Conclude(back) => self.conclude(*back),
            Step::PutBack(back) => self.put_back(*back),
            Step::Begin(function) => self.begin(function),
            Step::EndBegun(back) => {
                if let Some(place) = back_from_the_latest(self.begun.len(), *back) {
                    self.system.broker.end_running(self.begun.remove(place), 1);
                }
            }
            Step::Reserve(function, reserved) => {
                let command = Command::SetConcurrency { name: (*function).into(), reserved: *reserved };
                let answer = self.system.ask(command);
                assert_eq!(answer.is_ok(), self.functions.contains_key(function), "{answer:?}");
                if let Some(known) = self.functions.get_mut(function) {
                    known.reserved = *reserved;
                }
            }
            Step::Configure(function, config) => self.configure(function, config),
            Step::Put(function, dead_letters) => self.put(function, *dead_letters),
            Step::Delete(function) => {
                let answer = self.system.ask(Command::DeleteFunction { name: (*function).into(), version: None });
                assert_eq!(answer.is_ok(), self.functions.remove(function).is_some(), "{answer:?}");
            }
            Step::Renew(function) => {
                for step in [Step::Delete(function), Step::Put(function, None), Step::Queue(function)] {
                    self.play(&step);
                }
            }
            Step::CreateQueue(queue) => {
                let (name, given, tags) = (queue_name(queue), Default::default(), Default::default());
                self.system.ask(Command::CreateQueue { name, given, tags, cooldown: false }).unwrap();
                self.queues.entry(queue).or_default();
            }
            Step::DeleteQueue(queue) => {
                let answer = self.system.ask(Command::DeleteQueue { queue: queue_name(queue) });
                assert_eq!(answer.is_ok(), self.queues.remove(queue).is_some(), "{answer:?}");
            }
            Step::Pass(time) => self.pass(self.now + time),
            Step::PassToDeadline => {
                if let Some(deadline) = self.system.broker.next_deadline() {
                    self.pass(deadline.0.max(self.now));
                }
            }
            Step::Restart => {
                self.system.restart(self.now);
                self.forget_runs();
            }
            Step::Clean(one_in, dies) => {
                self.system.clean(*one_in, *dies);
                if *dies {
                    self.forget_runs();
                }
            }
        }
        self.compare();
    }

    fn pass(&mut self, to: u64) {
        // Messages that expire are the queues' business.
        self.now = to.min(START + 24 * 3600 * SECOND);
        self.system.broker.advance(bongsu_broker::Timestamp(self.now));
    }

    /// A restart knows of nothing that goes on.
    fn forget_runs(&mut self) {
        (self.going, self.concluding, self.begun) = (Vec::new(), Vec::new(), Vec::new());
        for event in self.functions.values_mut().flat_map(|known| known.events.values_mut()) {
            event.is_begun = false;
        }
    }

    fn queue(&mut self, function: &'static str) {
        self.next_id += 1;
        let (id, now) = (self.next_id, self.now);
        let answer = self
            .system
            .ask(Command::QueueInvocation { function: FunctionRef::latest(function), invocation: invocation(id) });
        assert_eq!(answer.is_ok(), self.functions.contains_key(function), "{answer:?}");
        if let Some(known) = self.functions.get_mut(function) {
            known.events.insert(id, Event::new(now));
        }
    }

    /// What begins is what is due, the one that is due first of each function, and nothing is left that could begin.
    fn take(&mut self, max: usize) {
        let taken = self.system.broker.take_due_invocations(max);
        assert!(taken.len() <= max);
        let count = taken.len();
        for due in taken {
            self.begins(due);
        }
        if count < max {
            for function in FUNCTIONS {
                let left = self.first_due(function).filter(|id| self.step(function, *id).is_some());
                assert_eq!(left, None, "{function} has an event that does not begin");
            }
        }
    }

    fn begins(&mut self, due: DueInvocation) {
        let function = FUNCTIONS.into_iter().find(|name| **name == *due.function.name).expect("a known function");
        let id = self.system.invocation(due.place).request_id as u64;
        assert_eq!(self.first_due(function), Some(id), "{function} begins what is due first");
        let step = self.step(function, id).unwrap_or_else(|| panic!("{function} begins {id} without room"));
        let runs = step.is_none();
        match (&due.step, step) {
            (InvocationStep::Run(version), None) => assert_eq!(&*version.name, function),
            (InvocationStep::Conclude(conclusion), Some(expected)) => assert_eq!(*conclusion, expected),
            (step, expected) => panic!("{id} of {function}: {step:?} instead of {expected:?}"),
        }
        let event = self.event(function, id).expect("it is due");
        let told = (due.pending.queued_at.0, due.pending.failed_attempts, due.pending.next_attempt_at.0);
        assert_eq!(told, (event.queued_at, event.failed, event.next_at));
        event.is_begun = true;
        let going = Going { function, id, sequence: due.sequence, runs };
        match due.step {
            InvocationStep::Run(_) => self.going.push(going),
            InvocationStep::Conclude(conclusion) => self.concluding.push((going, conclusion)),
        }
    }

    /// The event that waits and is due first.
    fn first_due(&self, function: &str) -> Option<u64> {
        let waiting = self.functions.get(function)?.events.iter().filter(|(_, event)| !event.is_begun);
        let first = waiting.min_by_key(|(id, event)| (event.next_at, **id))?;
        (first.1.next_at <= self.now).then_some(*first.0)
    }

    /// What is done with an event that is due: `None` if it has to wait for room, `Some(None)` if it is run.
    fn step(&self, function: &str, id: u64) -> Option<Option<Conclusion>> {
        let known = &self.functions[function];
        let event = &known.events[&id];
        let conclude = |condition| Some(Some(known.conclusion(condition, event.failed)));
        let running = self.going.iter().filter(|going| going.runs && going.function == function).count()
            + self.begun.iter().filter(|begun| **begun == function).count();
        if known.reserved == Some(0) {
            return conclude(InvocationCondition::ZeroReservedConcurrency);
        }
        if event.queued_at + known.age_max() <= self.now {
            return conclude(InvocationCondition::EventAgeExceeded);
        }
        (running < known.concurrency_max()).then_some(None)
    }

    fn event(&mut self, function: &str, id: u64) -> Option<&mut Event> {
        self.functions.get_mut(function)?.events.get_mut(&id)
    }

    fn end(&mut self, back: usize, outcome: InvocationOutcome) {
        let Some(place) = back_from_the_latest(self.going.len(), back) else { return };
        let going = self.going.remove(place);
        self.system.broker.end_running(going.function, 1);
        let command = Command::EndInvocation { function: going.function.into(), sequence: going.sequence, outcome };
        let Ok(Reply::InvocationEnded(end)) = self.system.ask(command) else { panic!("an end is taken") };
        let expected = self.expected_end(&going, outcome);
        assert_eq!(end, expected, "{outcome:?} of {} of {}", going.id, going.function);
        if let InvocationEnd::Conclude(conclusion) = end {
            self.concluding.push((going, conclusion));
        }
    }

    fn expected_end(&mut self, going: &Going, outcome: InvocationOutcome) -> InvocationEnd {
        let now = self.now;
        let Some(known) = self.functions.get_mut(going.function) else { return InvocationEnd::Unknown };
        let (retries, age_max) = (known.config.as_ref().map_or(2, |config| config.retries), known.age_max());
        let Some(event) = known.events.get_mut(&going.id) else { return InvocationEnd::Unknown };
        let attempts = event.failed + u32::from(outcome != InvocationOutcome::NotRun);
        let delay = match outcome {
            InvocationOutcome::Succeeded => None,
            InvocationOutcome::Failed => (attempts <= retries).then_some(RETRY_DELAY * u64::from(attempts)),
            InvocationOutcome::NotRun => Some(NOT_RUN_DELAY),
        };
        let condition = match (outcome, delay) {
            (InvocationOutcome::Succeeded, _) => InvocationCondition::Success,
            (_, None) => InvocationCondition::RetriesExhausted,
            (_, Some(delay)) if now + delay > event.queued_at + age_max => InvocationCondition::EventAgeExceeded,
            (_, Some(delay)) => {
                (event.failed, event.next_at, event.is_begun) = (attempts, now + delay, false);
                return InvocationEnd::Again;
            }
        };
        let conclusion = known.conclusion(condition, attempts);
        if conclusion.destination.is_some() || conclusion.dead_letters.is_some() {
            return InvocationEnd::Conclude(conclusion);
        }
        known.events.remove(&going.id);
        InvocationEnd::Done
    }

    fn conclude(&mut self, back: usize) {
        let Some(place) = back_from_the_latest(self.concluding.len(), back) else { return };
        let (going, conclusion) = self.concluding.remove(place);
        let mut records = Vec::new();
        for to in [&conclusion.destination, &conclusion.dead_letters].into_iter().flatten() {
            self.next_id += 1;
            let text = format!("{} {:?} {}", going.id, conclusion.condition, self.next_id);
            let record = match to {
                Destination::Function(_) => InvocationRecord::Event(invocation(self.next_id)),
                _ => InvocationRecord::Message(message(&text)),
            };
            records.push((to.clone(), record, self.next_id, text));
        }
        let asked = records.iter().map(|(to, record, ..)| (to.clone(), record.clone())).collect();
        let answer = self.system.ask(Command::ConcludeInvocation {
            function: going.function.into(),
            sequence: going.sequence,
            condition: conclusion.condition,
            records: asked,
            region: REGION.into(),
        });
        let is_there = self.event(going.function, going.id).is_some();
        let (mut failed, now) = (0, self.now);
        if let Some(known) = self.functions.get_mut(going.function) {
            known.events.remove(&going.id);
        }
        for (to, _, id, text) in records.into_iter().filter(|_| is_there) {
            let is_taken = match &to {
                Destination::Queue(queue) => {
                    self.queues.get_mut(&*queue.name).map(|messages| messages.push(text)).is_some()
                }
                Destination::Function(function) => {
                    let known = self.functions.get_mut(&*function.name);
                    known.map(|known| known.events.insert(id, Event::new(now))).is_some()
                }
                Destination::Topic(_) => unreachable!("no topic is named"),
            };
            failed += usize::from(!is_taken);
        }
        assert_eq!(answer, Ok(Reply::Told { failed }), "{} of {}", going.id, going.function);
    }

    fn put_back(&mut self, back: usize) {
        let Some(place) = back_from_the_latest(self.concluding.len(), back) else { return };
        let (going, _) = self.concluding.remove(place);
        self.system.broker.put_back_invocation(going.function, going.sequence);
        if let Some(event) = self.event(going.function, going.id) {
            event.is_begun = false;
        }
    }

    fn begin(&mut self, function: &'static str) {
        let running = self.going.iter().filter(|going| going.runs && going.function == function).count()
            + self.begun.iter().filter(|begun| **begun == function).count();
        let has_room = self.functions.get(function).is_some_and(|known| running < known.concurrency_max());
        let answer = self.system.broker.begin_invocation(&FunctionRef::latest(function), 0);
        assert_eq!(answer.is_ok(), has_room, "{answer:?}");
        self.begun.extend(has_room.then_some(function));
    }

    fn configure(&mut self, function: &'static str, config: &Config) {
        let given = InvokeConfig {
            retries_max: config.retries,
            age_max: Seconds(config.age),
            on_success: config.on_success.map(destination),
            on_failure: config.on_failure.map(destination),
            details: "".into(),
        };
        let command = Command::PutInvokeConfig { function: FunctionRef::latest(function), config: Some(given) };
        let answer = self.system.ask(command);
        assert_eq!(answer.is_ok(), self.functions.contains_key(function), "{answer:?}");
        if let Some(known) = self.functions.get_mut(function) {
            known.config = Some(config.clone());
        }
    }

    fn put(&mut self, name: &'static str, dead_letters: Option<&'static str>) {
        let function = Function {
            name: name.into(),
            version: FunctionVersion::Latest,
            revision: 0,
            runtime: "python3.13".into(),
            handler: "app.handler".into(),
            code: "code".into(),
            code_digest: "".into(),
            layers: Vec::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: Vec::new(),
            dead_letters: dead_letters.map(destination),
            details: "".into(),
        };
        self.system.ask(Command::PutFunction { function, when: PutWhen::Always }).unwrap();
        self.functions.entry(name).or_default().dead_letters = dead_letters;
    }

    fn compare(&self) {
        for function in FUNCTIONS {
            let events = self.functions.get(function).map(|known| &known.events);
            let oldest = events.and_then(|events| events.values().map(|event| event.queued_at).min());
            let (queued, since) = self.system.broker.queued_invocations(function);
            assert_eq!((queued, since.map(|at| at.0)), (events.map_or(0, BTreeMap::len), oldest), "{function}");
        }
        for (queue, expected) in &self.queues {
            let there: Vec<String> = self
                .system
                .peek(queue)
                .iter()
                .map(|peeked| self.system.content(&peeked.delivery).body.to_string())
                .collect();
            assert_eq!(there, *expected, "{queue}");
        }
    }
}

impl Known {
    fn age_max(&self) -> u64 {
        self.config.as_ref().map_or(21_600, |config| u64::from(config.age)) * SECOND
    }

    fn concurrency_max(&self) -> usize {
        self.reserved.map_or(CONCURRENCY_DEFAULT, |reserved| reserved as usize)
    }

    fn conclusion(&self, condition: InvocationCondition, attempts: u32) -> Conclusion {
        let told = |pick: fn(&Config) -> Option<&'static str>| self.config.as_ref().and_then(pick).map(destination);
        match condition {
            InvocationCondition::Success => {
                Conclusion { condition, attempts, destination: told(|config| config.on_success), dead_letters: None }
            }
            _ => {
                let dead_letters = self.dead_letters.map(destination);
                Conclusion { condition, attempts, destination: told(|config| config.on_failure), dead_letters }
            }
        }
    }
}

impl Event {
    fn new(now: u64) -> Event {
        Event { queued_at: now, failed: 0, next_at: now, is_begun: false }
    }
}

fn back_from_the_latest(count: usize, back: usize) -> Option<usize> {
    count.checked_sub(1 + back % count.max(1))
}

fn destination(name: &str) -> Destination {
    if FUNCTIONS.contains(&name) { FunctionRef::latest(name).into() } else { queue_name(name).into() }
}

fn invocation(id: u64) -> QueuedInvocation {
    QueuedInvocation { qualifier: None, request_id: id.into(), payload: Text::from("{}"), trace_header: None }
}

fn message(body: &str) -> Outgoing {
    Outgoing {
        body: Text::from(body),
        body_md5: [0; 16],
        attributes: Bytes::new(),
        attributes_size: 0,
        delay: None,
        group: None,
        deduplication_id: None,
        sender: Text::default(),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}
