//! Plays a machine with the answers of a script, and tells what follows from each, line by line.
//!
//! A line of a script is an input: `start JSON`, `started N [WORKER]`, `submitted N JSON`, `succeed N JSON`,
//! `fail N ERROR [CAUSE]`, `heartbeat N`, `stop [ERROR [CAUSE]]`, `redrive`, or `+10s` for time that passes. Tasks are
//! numbered as they are asked for. What is told: events as `id<-previous Type details`, and effects.
//!
//! After each input the step is written, read and applied to a second execution, which must be the same as the first,
//! and both are written and read: every story is a recovery test too.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use bongsu_jsonata::{Object, Value};
use bongsu_states_language::{
    Decision, Definition, Effect, Execution, HistoryEvent, Input, Kind, Outcome, PayloadId, Refusal, Step,
    Surroundings, TaskId, Timestamp, Work, decide,
};
use expect_test::Expect;

/// Where every story begins: 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp(1_767_225_600_000);

/// A machine that is played.
pub(crate) struct World {
    definition: Definition,
    pub(crate) live: Execution,
    replayed: Execution,
    now: Timestamp,
    seed: u64,
    tasks: Vec<TaskId>,
    texts: BTreeMap<PayloadId, Arc<str>>,
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) told: String,
    /// The bytes of all steps so far.
    pub(crate) steps: Vec<Vec<u8>>,
}

/// Plays the script and compares what is told.
pub(crate) fn check(definition: &str, script: &str, expected: Expect) {
    expected.assert_eq(&play(Kind::Standard, definition, script).told);
}

/// Plays the script.
pub(crate) fn play(kind: Kind, definition: &str, script: &str) -> World {
    let mut world = World::new(kind, definition);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        world.line(line);
    }
    world
}

impl World {
    pub(crate) fn new(kind: Kind, definition: &str) -> World {
        let definition = Definition::parse(definition, kind)
            .unwrap_or_else(|diagnostics| panic!("{}", bongsu_states_language::invalid_definition(&diagnostics)));
        World::of(definition)
    }

    pub(crate) fn of(definition: Definition) -> World {
        World {
            definition,
            live: Execution::default(),
            replayed: Execution::default(),
            now: BEGINNING,
            seed: 0,
            tasks: Vec::new(),
            texts: BTreeMap::new(),
            events: Vec::new(),
            told: String::new(),
            steps: Vec::new(),
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        writeln!(self.told, "{line}").unwrap();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        let first_text: &'static str = String::from(first).leak();
        let second_text: &'static str = String::from(second).leak();
        match word {
            "start" => self.input(Input::Start { input: rest }),
            "proceed" => self.input(Input::Proceed),
            "started" => self.input(Input::TaskStarted { task: self.task(first), worker: given(second_text) }),
            "submitted" => self.input(Input::TaskSubmitted { task: self.task(first), output: second }),
            "succeed" => self.input(Input::TaskSucceeded { task: self.task(first), output: second }),
            "fail" => {
                let (error, cause) = second_text.split_once(' ').unwrap_or((second_text, ""));
                self.input(Input::TaskFailed { task: self.task(first), error: given(error), cause: given(cause) });
            }
            "heartbeat" => self.input(Input::Heartbeat { task: self.task(first) }),
            "stop" => self.input(Input::Stop { error: given(first_text), cause: given(second_text) }),
            "redrive" => self.input(Input::Redrive),
            time => {
                let seconds = time.strip_prefix('+').and_then(|time| time.strip_suffix('s')).expect("an input");
                self.pass(seconds.parse().expect("a number of seconds"));
            }
        }
    }

    /// How many tasks were asked for so far.
    pub(crate) fn asked(&self) -> usize {
        self.tasks.len()
    }

    fn task(&self, number: &str) -> TaskId {
        number.parse::<usize>().ok().and_then(|number| self.tasks.get(number - 1)).copied().unwrap_or(TaskId(u64::MAX))
    }

    /// Lets time pass, from one deadline to the next.
    fn pass(&mut self, seconds: u32) {
        let end = self.now.after_seconds(seconds);
        while let Some(due) = self.live.next_deadline().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            let after = self.now.0 - BEGINNING.0;
            writeln!(self.told, "  at {}.{:03}s", after / 1000, after % 1000).unwrap();
            self.input(Input::Proceed);
        }
        self.now = end;
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        let mut proceed = self.step(input);
        while proceed {
            proceed = self.step(Input::Proceed);
        }
    }

    /// Takes one step; whether another one is to follow at once.
    pub(crate) fn step(&mut self, input: Input<'_>) -> bool {
        let decision = match self.decide(input) {
            Ok(decision) => decision,
            Err(refusal) => {
                writeln!(self.told, "  refused: {refusal:?}").unwrap();
                return false;
            }
        };
        let Decision { step, effects } = decision;
        for (id, text) in step.payloads() {
            self.texts.insert(id, text.clone());
        }
        for event in &step.events {
            self.tell(event);
        }
        self.live.apply(&step);
        self.recover(&step);
        effects.iter().for_each(|effect| self.effect(*effect));
        effects.contains(&Effect::Proceed)
    }

    pub(crate) fn decide(&mut self, input: Input<'_>) -> Result<Decision, Refusal> {
        let seed = &mut self.seed;
        let mut random = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *seed
        };
        let surroundings = Surroundings {
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:machine:run",
            execution_name: "run",
            role_arn: "arn:aws:iam::000000000000:role/role",
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:machine",
            machine_name: "machine",
            region: "us-east-1",
            redriven_at: None,
            token: &|task, _| format!("token-{}", task.0 & 0xffff),
        };
        decide(&self.definition, &self.live, input, &surroundings, self.now, &mut random)
    }

    /// What was decided reads back, and gives the same execution from nothing but facts.
    fn recover(&mut self, step: &Step) {
        let bytes = step.encode();
        let read = Step::decode(bytes.clone().into()).expect("a step reads back");
        assert_eq!(read, *step);
        self.steps.push(bytes);
        self.replayed.apply(&read);
        assert_eq!(self.replayed, self.live);
        self.replayed = Execution::decode(self.live.encode().into()).expect("an execution reads back");
        assert_eq!(self.replayed, self.live);
        assert_eq!(self.live.events() as usize, self.events.len());
    }

    fn tell(&mut self, event: &HistoryEvent) {
        assert_eq!(event.id as usize, self.events.len() + 1, "ids have no gaps");
        assert!(event.previous < event.id);
        self.events.push(event.clone());
        let texts = &self.texts;
        let described = event.describe(true, &mut |id| texts.get(&id).cloned());
        let details = described.as_object().unwrap().iter().find(|(key, _)| key.ends_with("EventDetails"));
        let details = details.map_or(String::new(), |(_, details)| {
            let shown = details.as_object().unwrap().iter().filter(|(key, _)| !key.ends_with("Details"));
            format!(" {}", Value::Object(shown.map(|(key, value)| (key, value.clone())).collect::<Object>()))
        });
        let text = format!("  {}<-{} {}{details}", event.id, event.previous, event.kind());
        writeln!(self.told, "{text}").unwrap();
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::StartTask(id) => {
                self.tasks.push(id);
                let number = self.tasks.len();
                let task = self.live.task(&self.definition, id);
                let text = match task.map(|task| task.work) {
                    None => "gone already".into(),
                    Some(Work::Call { resource, input, role }) => {
                        let role = role.map_or(String::new(), |role| format!(" as {role}"));
                        format!("call {resource}{role} {input}")
                    }
                    Some(Work::ReadItems { reader, parameters }) => format!("read {:?} {parameters}", reader.input),
                    Some(Work::WriteResults { parameters, results, .. }) => format!("write {parameters} {results}"),
                };
                writeln!(self.told, "  #{number} {text}").unwrap();
            }
            Effect::CancelTask(id) => {
                let number = self.tasks.iter().position(|task| *task == id).map_or(0, |at| at + 1);
                writeln!(self.told, "  cancel #{number}").unwrap();
            }
            Effect::Proceed => {}
            Effect::Finished => {
                let outcome = match self.live.outcome().unwrap() {
                    Outcome::Output(output) => self.live.payload(*output).unwrap().to_string(),
                    Outcome::Error(error, cause) => format!("{error:?} {cause:?}"),
                };
                writeln!(self.told, "  {:?} {outcome}", self.live.status()).unwrap();
            }
        }
    }
}

/// A machine with one state that ends.
pub(crate) fn single(state: &str) -> String {
    format!(r#"{{"StartAt":"S","States":{{"S":{state}}}}}"#)
}

/// What a machine gives for an input, or its error and cause.
pub(crate) fn outcome(definition: &str, input: &str) -> String {
    let world = play(Kind::Standard, definition, &format!("start {input}"));
    match world.live.outcome() {
        Some(Outcome::Output(output)) => world.live.payload(*output).unwrap().to_string(),
        Some(Outcome::Error(error, cause)) => {
            format!("{}: {}", error.as_deref().unwrap_or("-"), cause.as_deref().unwrap_or("-"))
        }
        None => format!("runs: {}", world.told),
    }
}
