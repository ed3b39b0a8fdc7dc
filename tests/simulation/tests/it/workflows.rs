//! One life of workflows: executions that are started, worked for, stopped and taken up again, on a disk that loses its
//! power.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bongsu_broker::{
    AttributesGiven, Entropy, MachineRef, Rejection, Seconds, StateMachine, TaskAction, TaskAnswer, TaskCall,
    TaskToken, TaskWork, Text, Timestamp, WorkflowCommand, WorkflowRejection,
};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{BoxFuture, Journal, Position};
use bongsu_runtime::{Handle, ManualClock, Outside, Received, Refusal, TaskEnd, TaskRunner, TaskStep};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

use crate::server::{Server, serve};
use crate::setting::{REGION, queue};
use crate::workers::message;

const MACHINES: [(&str, bool, &str); 3] = [
    ("whole", false, include_str!("workflows/whole.asl.json")),
    ("child", false, include_str!("workflows/child.asl.json")),
    ("quick", true, include_str!("workflows/quick.asl.json")),
];
/// Where tasks send to: what is told once, and tokens.
const QUEUES: [&str; 2] = ["told", "asks"];
const INPUT: &str = r#"{"items":[1,2,3]}"#;
const STEPS: u64 = 500;
/// Small enough that a life fills and cleans some; large enough for a step of an execution.
const SEGMENT_BYTES: u64 = 32 << 10;
const EVENTS_MAX: usize = 10_000;
/// Turns of the scheduler after which everything that can happen has happened.
const TURNS: usize = 60;
/// Rounds in which everything that is left ends, each a good minute.
const ROUNDS_MAX: usize = 200;
const JUMP_SECONDS_MAX: u64 = 3_600;
/// Longer than it takes to receive everything.
const VISIBILITY: Seconds = Seconds(600);
/// Longer than what has ended is remembered for.
const LONG: Seconds = Seconds(91 * 24 * 3_600);

/// What is told of a life.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) crashes: u64,
    pub(crate) trimmed: bool,
    pub(crate) executions: usize,
    pub(crate) redrives: usize,
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

/// A task that was begun, and where its end goes.
type Begun = (TaskCall, oneshot::Sender<TaskStep>);

/// Begins every task of one process; the life says how it ends.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Vec<Begun>>>);

impl Tasks {
    fn begun(&self) -> MutexGuard<'_, Vec<Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TaskRunner for Tasks {
    fn run(&self, call: TaskCall) -> BoxFuture<'static, TaskStep> {
        let (end, ended) = oneshot::channel();
        self.begun().push((call, end));
        Box::pin(async move {
            match ended.await {
                Ok(step) => step,
                Err(_) => std::future::pending().await,
            }
        })
    }

    fn refused(&self, _: &TaskAction, rejection: &Rejection) -> TaskEnd {
        TaskEnd::Failed { error: Text::from("Refused"), cause: Text::from(format!("{rejection:?}")) }
    }
}

/// What a client waits for.
enum Asked {
    Start(String),
    Read(String),
    Receive(&'static str),
    Nothing,
}

enum Answer {
    Done(Result<(), Refusal>),
    History(Result<Vec<Value>, Refusal>),
    Received(Result<Vec<Received>, Refusal>),
}

struct Life {
    random: Entropy,
    disk: SimulatedDisk,
    clock: ManualClock,
    tasks: Tasks,
    server: Server,
    pending: Vec<(Asked, JoinHandle<Answer>)>,
    running: Vec<Begun>,
    /// Executions by their names, and whether their start was acknowledged.
    started: BTreeMap<String, bool>,
    /// What was told of their histories.
    told: BTreeMap<String, Vec<Value>>,
    /// Names of express executions whose function was called.
    quick: BTreeSet<String>,
    tokens: BTreeSet<String>,
    redrives: usize,
    crashes: u64,
}

impl Life {
    async fn begin(seed: u64) -> Life {
        let disk = SimulatedDisk::new(seed);
        let clock = ManualClock::starting_at(Timestamp(1_700_000_000_000));
        let (server, tasks) = start(&disk, &clock).await.expect("nothing fails yet");
        for name in QUEUES {
            let given = AttributesGiven::parse(&BTreeMap::new(), &queue(name), REGION).expect("no attributes");
            server.broker.create_queue(queue(name), given, BTreeMap::new(), false).await.expect("nothing fails yet");
        }
        for (name, express, definition) in MACHINES {
            let create = WorkflowCommand::CreateMachine { machine: machine(name, express, definition), publish: None };
            server.broker.workflow(create).await.expect("nothing fails yet");
        }
        let mut random = [0; 32];
        random[..8].copy_from_slice(&seed.to_le_bytes());
        let (started, told, tokens, quick) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let (random, pending, running) = (Entropy::from_seed(random), Vec::new(), Vec::new());
        let (redrives, crashes) = (0, 0);
        Life { random, disk, clock, tasks, server, pending, running, started, told, quick, tokens, redrives, crashes }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    async fn step(&mut self) {
        match self.below(100) {
            0..8 => self.start(),
            8..38 => self.end_a_task(),
            38..44 => self.receive("asks"),
            44..52 => self.answer_a_token(),
            52..60 => {
                if let Some(name) = self.any_name() {
                    self.read(name);
                }
            }
            60..62 => self.stop(),
            62..66 => self.redrive(),
            66..80 => self.clock.advance(Seconds(self.random.next_u64() as u32 % 9)),
            80 => {
                let seconds = self.below(JUMP_SECONDS_MAX);
                self.clock.advance(Seconds(seconds as u32));
            }
            81..84 => self.server.journal.hold(),
            84..88 => drop(self.server.journal.release_one()),
            88..94 => self.server.journal.release(),
            94 => {
                let changes = self.below(60);
                self.disk.fail_after(changes);
            }
            95..97 => self.stop_process().await,
            _ => self.crash().await,
        }
        self.settle().await;
        if self.server.shard.is_finished() {
            self.crash().await;
        }
    }

    fn ask(&mut self, asked: Asked, answer: impl Future<Output = Answer> + Send + 'static) {
        self.pending.push((asked, tokio::spawn(answer)));
    }

    fn any_name(&mut self) -> Option<String> {
        let count = self.started.len() as u64;
        let at = if count == 0 { return None } else { self.below(count) };
        self.started.keys().nth(at as usize).cloned()
    }

    /// Starts an execution, or one again of which it is not known whether it was.
    fn start(&mut self) {
        let unknown = self.started.iter().find(|(_, acknowledged)| !**acknowledged).map(|(name, _)| name.clone());
        let again = unknown.filter(|_| self.below(2) == 0);
        let number = self.started.len();
        let kind = if self.below(4) == 0 { "quick" } else { "whole" };
        let name = again.unwrap_or_else(|| format!("{kind}-{number}"));
        self.started.entry(name.clone()).or_insert(false);
        let broker = self.server.broker.clone();
        let command = WorkflowCommand::StartExecution {
            machine: MachineRef { name: machine_of(&name).into(), qualifier: None },
            name: Some(name.as_str().into()),
            input: Text::from(if machine_of(&name) == "quick" { format!(r#""{name}""#) } else { INPUT.to_owned() }),
            trace_header: None,
        };
        self.ask(Asked::Start(name), async move {
            Answer::Done(match broker.start_execution(command).await {
                // It was started by the first time of asking, and has ended.
                Err(Refusal::Rejected(Rejection::Workflow(WorkflowRejection::ExecutionAlreadyExists { .. }))) => Ok(()),
                other => other.map(drop),
            })
        });
    }

    fn end_a_task(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let (at, luck) = (self.below(self.running.len() as u64) as usize, self.below(6));
        let (call, end) = self.running.swap_remove(at);
        let step = match luck {
            0 => failed("Busy"),
            1 => failed("Other"),
            _ => done(&call),
        };
        // Whoever asked for it may be gone.
        drop(end.send(step));
    }

    fn answer_a_token(&mut self) {
        let Some(token) = self.tokens.iter().next().cloned() else { return };
        let answer = match self.below(5) {
            0 => TaskAnswer::Failure { error: Some(Text::from("Other")), cause: None },
            1 => TaskAnswer::Heartbeat,
            _ => TaskAnswer::Success { output: Text::from("{}") },
        };
        if answer != TaskAnswer::Heartbeat {
            self.tokens.remove(&token);
        }
        self.answer(&token, answer);
    }

    fn answer(&mut self, token: &str, answer: TaskAnswer) {
        let token = TaskToken::parse(token).expect("a token was sent");
        let broker = self.server.broker.clone();
        self.ask(Asked::Nothing, async move {
            Answer::Done(match broker.workflow(WorkflowCommand::AnswerTask { token, answer }).await {
                // It was answered before, or stopped, or it is too late.
                Err(Refusal::Rejected(Rejection::Workflow(WorkflowRejection::TaskDoesNotExist))) => Ok(()),
                other => other.map(drop),
            })
        });
    }

    fn receive(&mut self, name: &'static str) {
        let broker = self.server.broker.clone();
        self.ask(Asked::Receive(name), async move {
            Answer::Received(broker.receive(queue(name), 10, None, Some(Seconds(0))).await)
        });
    }

    fn read(&mut self, name: String) {
        if machine_of(&name) == "whole" {
            let (broker, of) = (self.server.broker.clone(), name.clone());
            self.ask(Asked::Read(name), async move { Answer::History(history(&broker, &of).await) });
        }
    }

    fn stop(&mut self) {
        let Some(name) = self.any_name() else { return };
        let broker = self.server.broker.clone();
        self.ask(Asked::Nothing, async move {
            let found = broker.find_execution("whole", &name).await;
            if let Ok(found) = found {
                let stop = WorkflowCommand::StopExecution { id: found.summary.id, error: None, cause: None };
                // Whether it is so is seen in its history.
                drop(broker.workflow(stop).await);
            }
            Answer::Done(Err(Refusal::Unavailable))
        });
    }

    fn redrive(&mut self) {
        let Some(name) = self.any_name() else { return };
        let broker = self.server.broker.clone();
        self.ask(Asked::Nothing, async move {
            if let Ok(found) = broker.find_execution("whole", &name).await {
                // Refused unless it has ended badly.
                drop(broker.workflow(WorkflowCommand::RedriveExecution { id: found.summary.id }).await);
            }
            Answer::Done(Err(Refusal::Unavailable))
        });
    }

    /// Lets everything happen that can, and enters what was answered and begun.
    async fn settle(&mut self) {
        for _ in 0..TURNS {
            yield_now().await;
        }
        let begun: Vec<Begun> = std::mem::take(&mut *self.tasks.begun());
        for (call, end) in begun {
            if let TaskWork::Call { input, .. } = &call.work
                && input.starts_with('"')
            {
                self.quick.insert(input.trim_matches('"').to_owned());
            }
            self.running.push((call, end));
        }
        for (asked, answer) in std::mem::take(&mut self.pending) {
            if answer.is_finished() {
                let answer = answer.await.unwrap();
                self.enter(asked, answer);
            } else {
                self.pending.push((asked, answer));
            }
        }
    }

    fn enter(&mut self, asked: Asked, answer: Answer) {
        match (asked, answer) {
            (Asked::Start(name), Answer::Done(Ok(()))) => {
                self.started.insert(name, true);
            }
            (Asked::Read(name), Answer::History(Ok(events))) => self.extends(name, events),
            (Asked::Read(name), Answer::History(Err(Refusal::Rejected(rejection)))) => {
                let is_missing = rejection == Rejection::Workflow(WorkflowRejection::ExecutionDoesNotExist);
                assert!(is_missing && !self.started[&name], "{name} is gone: {rejection:?}");
            }
            (Asked::Receive(name), Answer::Received(Ok(batch))) => self.received(name, batch),
            _ => {}
        }
    }

    /// A history only grows, whatever happens to the process.
    fn extends(&mut self, name: String, events: Vec<Value>) {
        for (at, event) in events.iter().enumerate() {
            assert_eq!(event["id"].as_u64(), Some(at as u64 + 1), "ids of {name} have no gaps");
        }
        let time = |event: &Value| event["timestamp"].as_f64().expect("a time");
        assert!(events.windows(2).all(|pair| time(&pair[0]) <= time(&pair[1])), "the times of {name} rise");
        let known = self.told.entry(name.clone()).or_default();
        assert!(events.starts_with(known) || known.starts_with(&events), "what was told of {name} has changed");
        if events.len() > known.len() {
            *known = events;
        }
    }

    fn received(&mut self, name: &'static str, batch: Vec<Received>) {
        if name == "asks" {
            self.tokens.extend(batch.iter().map(|received| received.content.body.to_string()));
        }
        let handles = batch.iter().map(|received| received.delivery.handle).collect();
        let broker = self.server.broker.clone();
        self.ask(Asked::Nothing, async move { Answer::Done(broker.delete(queue(name), handles).await.map(drop)) });
    }

    /// The process ends as it should.
    async fn stop_process(&mut self) {
        self.server.journal.release();
        self.server.broker.stop().await;
        self.settle().await;
        self.disk.kill();
        self.recover().await;
    }

    /// The power goes.
    async fn crash(&mut self) {
        self.crashes += 1;
        self.disk.crash();
        self.recover().await;
    }

    async fn recover(&mut self) {
        self.server.shard.abort();
        self.server.journal.release();
        self.settle().await;
        self.running.clear();
        (self.server, self.tasks) = loop {
            match start(&self.disk, &self.clock).await {
                Ok(started) => break started,
                Err(()) => self.disk.crash(),
            }
        };
        self.settle().await;
    }

    /// Nothing fails any more: every execution comes to its end.
    async fn end(mut self) -> Told {
        self.crash().await;
        let mut rounds = 0;
        while !self.is_all_over().await {
            rounds += 1;
            assert!(rounds < ROUNDS_MAX, "something waits for ever");
            self.receive("asks");
            self.settle().await;
            for (call, end) in std::mem::take(&mut self.running) {
                let step = done(&call);
                drop(end.send(step));
            }
            for token in std::mem::take(&mut self.tokens) {
                self.answer(&token, TaskAnswer::Success { output: Text::from("{}") });
            }
            self.settle().await;
            self.clock.advance(Seconds(61));
            self.settle().await;
        }
        self.check().await;
        self.forget().await;
        let trimmed = self.server.journal.span().start > Position(0);
        Told { crashes: self.crashes, trimmed, executions: self.started.len(), redrives: self.redrives }
    }

    async fn is_all_over(&mut self) -> bool {
        for (machine, ..) in MACHINES {
            let list = WorkflowCommand::ListExecutions {
                machine: machine.into(),
                status: Some(bongsu_states_language::Status::Running),
                redriven: None,
                after: None,
                max: 1,
            };
            let found = self.server.broker.workflow(list).await.expect("nothing fails any more");
            if !matches!(found, Some(bongsu_broker::WorkflowReply::Executions(found)) if found.is_empty()) {
                return false;
            }
        }
        self.pending.is_empty() && self.running.is_empty()
    }

    async fn check(&mut self) {
        let mut messages: BTreeMap<String, usize> = BTreeMap::new();
        loop {
            let batch = self.server.broker.receive(queue("told"), 10, Some(VISIBILITY), Some(Seconds(0))).await;
            let batch = batch.expect("nothing fails any more");
            if batch.is_empty() {
                break;
            }
            batch.iter().for_each(|got| *messages.entry(got.content.body.to_string()).or_default() += 1);
        }
        let started: Vec<(String, bool)> = self.started.clone().into_iter().collect();
        for (name, acknowledged) in started {
            if machine_of(&name) == "quick" {
                assert!(!acknowledged || self.quick.contains(&name), "{name} never ran");
                continue;
            }
            let events = match history(&self.server.broker, &name).await {
                Ok(events) => events,
                Err(refusal) => {
                    assert!(!acknowledged, "{name} is lost: {refusal:?}");
                    continue;
                }
            };
            self.extends(name.clone(), events.clone());
            let count = |kind: &str, state: &str| {
                let is = |event: &&Value| event["type"] == kind && event["stateExitedEventDetails"]["name"] == *state;
                events.iter().filter(is).count()
            };
            let sent = messages.get(&name).copied().unwrap_or(0);
            assert_eq!(
                sent,
                count("TaskStateExited", "Tell"),
                "{name}: a message and the end of its task are one step"
            );
            let last = events.last().expect("it began")["type"].as_str().expect("a type");
            assert!(last.starts_with("Execution") && last != "ExecutionStarted", "{name} ended with {last}");
            self.redrives += events.iter().filter(|event| event["type"] == "ExecutionRedriven").count();
        }
    }

    /// Long after their ends nothing is left of executions, and nothing of machines that are deleted.
    async fn forget(&mut self) {
        for (name, ..) in MACHINES {
            let delete = WorkflowCommand::DeleteMachine { name: name.into() };
            self.server.broker.workflow(delete).await.expect("nothing fails any more");
        }
        self.clock.advance(LONG);
        for _ in 0..10 {
            self.settle().await;
        }
        assert_eq!(self.server.broker.metrics().await.unwrap().alive_bytes, 0, "nothing is alive");
    }
}

fn machine_of(name: &str) -> &str {
    name.split('-').next().expect("a name has a first part")
}

fn machine(name: &str, express: bool, definition: &str) -> StateMachine {
    StateMachine {
        name: name.into(),
        arn: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}").into(),
        revision: 0,
        express,
        definition: Text::from(definition),
        role: "role".into(),
        details: "".into(),
        created_at: Timestamp(0),
        revised_at: Timestamp(0),
    }
}

/// How a task ends well: by itself, or by what the broker does.
fn done(call: &TaskCall) -> TaskStep {
    let TaskWork::Call { resource, input } = &call.work else { panic!("no machine has a distributed map") };
    let given: Value = serde_json::from_str(input).expect("it is JSON");
    let text = |key: &str| given[key].as_str().expect("the definition gives it").to_owned();
    match resource.to_string().rsplit(':').next().expect("a resource has parts") {
        "sendMessage" | "sendMessage.waitForTaskToken" => {
            let (queue, message) = (queue(&text("QueueUrl")), message(&text("MessageBody")));
            TaskStep::Ask(Box::new(TaskAction::Send { queue, message }))
        }
        "startExecution.sync" | "2" => TaskStep::Ask(Box::new(TaskAction::StartExecution {
            machine: MachineRef { name: "child".into(), qualifier: None },
            name: None,
            input: Text::from("{}"),
            trace_header: None,
        })),
        _ => TaskStep::End(TaskEnd::Succeeded(input.clone())),
    }
}

fn failed(error: &str) -> TaskStep {
    TaskStep::End(TaskEnd::Failed { error: Text::from(error), cause: Text::from("as chance had it") })
}

/// All events of an execution, as the API tells them.
async fn history(broker: &Handle, name: &str) -> Result<Vec<Value>, Refusal> {
    let found = broker.find_execution("whole", name).await?;
    let page = broker.execution_history(found.summary.id, 1, EVENTS_MAX, false, true).await?;
    let describe = |event: &bongsu_states_language::HistoryEvent| {
        let told = event.describe(true, &mut |id| page.texts.get(&id).cloned()).to_string();
        serde_json::from_str(&told).expect("an event is JSON")
    };
    Ok(page.events.iter().map(describe).collect())
}

async fn start(disk: &SimulatedDisk, clock: &ManualClock) -> Result<(Server, Tasks), ()> {
    let tasks = Tasks::default();
    let outside = Outside { tasks: Arc::new(tasks.clone()), ..Outside::default() };
    Ok((serve(disk, clock, SEGMENT_BYTES, outside).await?, tasks))
}
