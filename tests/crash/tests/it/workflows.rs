//! `kill -9` at every transition of a workflow that has everything: retries, a catcher, branches, maps, waits, nested
//! executions, tokens and a worker. Its history is that of a workflow whose server was never killed.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::http::{Client, Error};
use bongsu_testkit::wait::until;
use serde_json::{Value, json};

use crate::kills::{Plan, restart};
use crate::random::Random;

/// Here are fewer kills than under the queues' clients: one workflow, at whose every transition the server is killed,
/// where there are so many kills.
const CYCLES_ONE_IN: u64 = 34;
/// So many run at once, begun one after the other.
const SIDE_BY_SIDE: usize = 3;
/// Long enough for whatever comes next, on a machine that is busy.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long after a transition was seen the server is killed, in microseconds.
const DELAY_MICROS: std::ops::Range<u64> = 0..5_000;
const DEFINITIONS: [(&str, &str, &str); 3] = [
    ("whole", "STANDARD", include_str!("../../workflows/whole.asl.json")),
    ("child", "STANDARD", include_str!("../../workflows/child.asl.json")),
    ("quick", "EXPRESS", include_str!("../../workflows/quick.asl.json")),
];
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:work";
const ITEMS: &str = "[7,8,9]";
const INPUT: &str = r#"{"items":[1,2,3]}"#;

/// A connection to the server's Step Functions.
struct States(Client);

impl States {
    fn of(server: &Server) -> States {
        States(Client::new(server.api(), TIMEOUT))
    }

    fn try_call(&mut self, operation: &str, input: &Value) -> Result<(u16, Value), Error> {
        let target = format!("AWSStepFunctions.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let answer = self.0.post("/", &headers, input.to_string().as_bytes())?;
        Ok((answer.status, answer.json()))
    }

    fn call(&mut self, operation: &str, input: &Value) -> Value {
        let (status, answer) = self.try_call(operation, input).unwrap();
        assert_eq!(status, 200, "{operation} {input}: {answer}");
        answer
    }

    /// What an execution has done so far.
    fn history(&mut self, machine: &str, name: &str) -> Vec<Value> {
        let arn = format!("arn:aws:states:us-east-1:000000000000:execution:{machine}:{name}");
        let asked = json!({ "executionArn": arn, "maxResults": 1000, "includeExecutionData": true });
        let answer = self.call("GetExecutionHistory", &asked);
        answer["events"].as_array().expect("a history is a list").clone()
    }

    /// The names of a machine's executions, and how they stand.
    fn executions(&mut self, machine: &str) -> BTreeMap<String, String> {
        let arn = format!("arn:aws:states:us-east-1:000000000000:stateMachine:{machine}");
        let answer = self.call("ListExecutions", &json!({ "stateMachineArn": arn }));
        let mut found = BTreeMap::new();
        for execution in answer["executions"].as_array().expect("a list") {
            let text = |key: &str| execution[key].as_str().expect("a text").to_owned();
            assert_eq!(found.insert(text("name"), text("status")), None, "a name is one execution's");
        }
        found
    }
}

/// The server, and those who answer for tasks.
struct Stage {
    server: Server,
    random: Random,
    /// Tokens of the worker.
    taken: Receiver<String>,
    /// Tokens that somebody was given and has not answered with.
    held: BTreeSet<String>,
    answered: BTreeSet<String>,
    kills: u32,
    /// Answers with tokens that were given by a process before.
    late_answers: u32,
}

impl Stage {
    fn set_up(server: Server, random: Random, taken: Receiver<String>) -> Stage {
        let mut states = States::of(&server);
        states.call("CreateActivity", &json!({ "name": "work" }));
        for (name, kind, definition) in DEFINITIONS {
            let role = "arn:aws:iam::000000000000:role/any";
            let machine = json!({ "name": name, "type": kind, "definition": definition, "roleArn": role });
            states.call("CreateStateMachine", &machine);
        }
        for (path, body) in [("/workflow", ""), ("/workflow/items.json", ITEMS)] {
            assert_eq!(states.0.request("PUT", path, &[], body.as_bytes()).unwrap().status, 200);
        }
        let (held, answered) = (BTreeSet::new(), BTreeSet::new());
        Stage { server, random, taken, held, answered, kills: 0, late_answers: 0 }
    }

    fn start(&self, name: &str) {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:whole";
        let start = json!({ "stateMachineArn": machine, "name": name, "input": INPUT });
        States::of(&self.server).call("StartExecution", &start);
    }

    /// Runs the workflow from beginning to end.
    fn run(&mut self, name: &str) -> Vec<Value> {
        self.start(name);
        let mut states = States::of(&self.server);
        until("the execution to end", TIMEOUT, || {
            self.collect();
            self.answer();
            Some(states.history("whole", name)).filter(|events| is_over(events))
        })
    }

    /// Runs the workflow several times, and kills the server behind each transition that is seen. After each kill
    /// another one begins, so that every kill finds them at different places.
    fn run_and_kill(&mut self, names: &[String]) -> BTreeMap<String, Vec<Value>> {
        let mut to_start = names.iter();
        let mut known: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        loop {
            if let Some(name) = to_start.next() {
                self.start(name);
                known.insert(name.clone(), Vec::new());
            }
            let mut states = States::of(&self.server);
            let seen = until("the next transition", TIMEOUT, || {
                self.collect();
                let seen: BTreeMap<String, Vec<Value>> =
                    known.keys().map(|name| (name.clone(), states.history("whole", name))).collect();
                Some(seen).filter(|seen| *seen != known)
            });
            for (name, events) in &seen {
                assert!(events.starts_with(&known[name]), "what was told of {name} stays as it was");
            }
            known = seen;
            if known.len() == names.len() && known.values().all(|events| is_over(events)) {
                return known;
            }
            // Not to wait for anything: the arbitrary moment is what is wanted.
            thread::sleep(Duration::from_micros(self.random.within(DELAY_MICROS)));
            self.server.kill_nine();
            self.kills += 1;
            restart(&mut self.server, &mut self.random);
            self.late_answers += self.answer();
        }
    }

    /// Takes the tokens that were given out.
    fn collect(&mut self) {
        let mut sqs = self.server.sqs();
        let asks = format!("{}/000000000000/asks", self.server.api_url());
        for message in sqs.receive(&asks, 0).unwrap() {
            self.held.insert(message.body);
            sqs.delete(&asks, &message.receipt_handle).unwrap();
        }
        self.held.extend(self.taken.try_iter());
    }

    /// Answers for the tasks whose tokens are there. One that a restart offered again may have been answered before.
    fn answer(&mut self) -> u32 {
        let mut states = States::of(&self.server);
        let mut count = 0;
        for token in std::mem::take(&mut self.held) {
            if self.answered.insert(token.clone()) {
                states.call("SendTaskSuccess", &json!({ "taskToken": token, "output": "\"answered\"" }));
                count += 1;
            }
        }
        count
    }

    /// The bodies of all messages of a queue, with how often each is there.
    fn bodies(&self, queue: &str) -> BTreeMap<String, u32> {
        let (mut sqs, mut bodies) = (self.server.sqs(), BTreeMap::new());
        let url = format!("{}/000000000000/{queue}", self.server.api_url());
        while sqs.depth(&url).unwrap() > 0 {
            for message in sqs.receive(&url, 1).unwrap() {
                // A notification is the message in its envelope.
                let envelope: Option<Value> = serde_json::from_str(&message.body).ok();
                let inner = envelope.and_then(|envelope| envelope["Message"].as_str().map(str::to_owned));
                *bodies.entry(inner.unwrap_or(message.body)).or_default() += 1;
                sqs.delete(&url, &message.receipt_handle).unwrap();
            }
        }
        bodies
    }
}

/// Takes the activity's tasks, from whichever process there is.
fn work(mut states: States, take: &Sender<String>, is_over: &AtomicBool) {
    while !is_over.load(Ordering::SeqCst) {
        match states.try_call("GetActivityTask", &json!({ "activityArn": ACTIVITY, "workerName": "w" })) {
            Ok((200, task)) => {
                // Nobody takes it once all is over.
                task["taskToken"].as_str().into_iter().for_each(|token| drop(take.send(token.to_owned())));
            }
            Ok((status, refused)) => panic!("{status} {refused}"),
            Err(_) => until("the server to be there again", TIMEOUT, || {
                (is_over.load(Ordering::SeqCst) || states.0.get("/_bongsu/health").is_ok()).then_some(())
            }),
        }
    }
}

fn is_over(events: &[Value]) -> bool {
    events.len() > 1 && events.last().is_some_and(|last| kind(last).starts_with("Execution"))
}

fn kind(event: &Value) -> &str {
    event["type"].as_str().expect("an event has a type")
}

/// Every transition with the chain of those that it follows, whatever came in between, in no order.
fn transitions(events: &[Value], name: &str) -> Vec<String> {
    let number = |event: &Value, key: &str| event[key].as_u64().expect("a number");
    let (mut chains, mut found): (Vec<u64>, Vec<String>) = (Vec::new(), Vec::new());
    let mut before = 0.0;
    for event in events {
        assert_eq!(number(event, "id"), chains.len() as u64 + 1, "ids have no gaps");
        let at = event["timestamp"].as_f64().expect("a time");
        assert!(at >= before, "times rise");
        before = at;
        let previous = usize::try_from(number(event, "previousEventId")).expect("a small number");
        // Which branch or iteration ends last is up to chance.
        let by_chance = ["ParallelStateS", "ParallelStateEx", "MapStateS", "MapStateEx", "MapIterationSt", "MapRun"];
        let follows_chance = by_chance.iter().any(|start| kind(event).starts_with(start));
        let chain = if previous == 0 || follows_chance { 0 } else { chains[previous - 1] };
        let mut told = event.clone();
        for key in ["id", "previousEventId", "timestamp"] {
            told.as_object_mut().expect("an event is an object").remove(key);
        }
        let told = without_identities(&told.to_string().replace(name, "NAME"));
        let mut hasher = DefaultHasher::new();
        (&told, chain).hash(&mut hasher);
        chains.push(hasher.finish());
        found.push(format!("{told} after {chain:x}"));
    }
    found.sort();
    found
}

/// A text without what is new in every run: ids, tokens, digests, times.
fn without_identities(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let is_number = word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_digit());
        shown.push_str(if word.len() >= 32 || is_number { "ID" } else { word });
        let (between, after) = after.split_at(after.find(is_part).unwrap_or(after.len()));
        shown.push_str(between);
        rest = after;
    }
    shown
}

#[test]
fn killed_at_every_transition_a_workflow_has_the_history_of_one_that_was_not() {
    let Plan { cycles, seed } = Plan::of_environment();
    let data = tempfile::tempdir().unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/template.yaml");
    let server = Server::up(&template, data.path(), &[]);
    let (states, (take, taken)) = (States::of(&server), channel());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut stage = Stage::set_up(server, Random::new(seed), taken);
        scope.spawn(|| work(states, &take, &is_over));
        let undisturbed = transitions(&stage.run("calm"), "calm");
        let names: Vec<String> = (0..cycles.div_ceil(CYCLES_ONE_IN)).map(|number| format!("killed-{number}")).collect();
        for side_by_side in names.chunks(SIDE_BY_SIDE) {
            for (name, events) in stage.run_and_kill(side_by_side) {
                assert_eq!(transitions(&events, &name), undisturbed, "{name}");
            }
        }
        let all: Vec<&str> = names.iter().map(String::as_str).chain(["calm"]).collect();
        let mut states = States::of(&stage.server);
        until("all children to end", TIMEOUT, || {
            states.executions("child").values().all(|status| status == "SUCCEEDED").then_some(())
        });
        let child = transitions(&states.history("child", "calm-nested"), "calm");
        let children = all.iter().flat_map(|name| [format!("{name}-nested"), format!("{name}-forked")]);
        let children: BTreeSet<String> = children.collect();
        for name in &children {
            let of = name.rsplit_once('-').expect("it has one").0;
            assert_eq!(transitions(&states.history("child", name), of), child, "{name}");
        }
        assert_eq!(states.executions("child").into_keys().collect::<BTreeSet<_>>(), children);
        let once: BTreeMap<String, u32> = all.iter().map(|name| (name.to_string(), 1)).collect();
        assert_eq!(stage.bodies("told"), once, "a message and the end of its task are one step");
        assert_eq!(stage.bodies("heard"), once, "and so is a notification");
        assert!(stage.bodies("quick").into_keys().eq(once.into_keys()), "express executions ran");
        println!("{} kills, {} answers with tokens of the process before", stage.kills, stage.late_answers);
        assert!(stage.late_answers > 0, "tokens survive");
        is_over.store(true, Ordering::SeqCst);
        assert!(stage.server.stop().success(), "{}", stage.server.output());
    });
}
