//! Executions beside a naive model of them: machines of random states, answers, time that passes, ends and new
//! beginnings; both must stand alike after every step, restarts and cleaning included.

mod model;

use std::collections::BTreeMap;
use std::fmt::Write;

use bongsu_broker::{
    Command, ExecutionId, ExecutionInput, MachineRef, Outgoing, Place, Rejection, Reply, SendOrigin, StateMachine,
    Stored, TaskAction, TaskAnswer, TaskCall, Text, Timestamp, WorkflowCommand, WorkflowRejection, WorkflowReply,
};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::select;

use crate::system::{System, queue_name};
use model::{Fault, Kind, Run, State, Status, Task};

const MACHINES: [&str; 2] = ["m", "n"];
const NAMES: [&str; 2] = ["a", "b"];
const QUEUE: &str = "q";
/// A time at which nothing special happens.
const START: u64 = 1_767_225_600_000;
const SECOND: u64 = 1_000;
const DAY: u64 = 24 * 3600 * SECOND;
/// Less than what has ended is remembered for.
const REMEMBERED: u64 = 80 * DAY;

/// Executions and tasks are named by their turn.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Start(&'static str, &'static str, i64),
    /// A task ends, as its execution is told or by its token.
    Answer(usize, Answer, bool),
    /// The broker does what a task asks of it.
    CarryOut(usize),
    /// Somebody answers for a task that has ended.
    Late(usize),
    Stop(usize),
    Redrive(usize),
    Pass(u64),
    PassToDeadline,
    Restart,
    Clean(usize, bool),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Value(i64),
    Fault(bool),
}

/// The states of both machines, their timeouts, and what happens.
pub(crate) type Drawn = ([(Vec<State>, Option<u64>); 2], Vec<Step>);

pub(crate) fn drawn() -> impl Strategy<Value = Drawn> {
    let machine = || (prop::collection::vec(state(), 1..5), prop::option::weighted(0.2, 5..40_u64));
    ([machine(), machine()], prop::collection::vec(step(), 1..60))
}

fn state() -> impl Strategy<Value = State> {
    let chain = || prop::collection::vec(simple_state(), 0..4);
    prop_oneof![
        4 => simple_state(),
        2 => (chain(), chain(), any::<bool>()).prop_map(|(one, other, caught)| State::Both([one, other], caught)),
        1 => (chain(), 1..3_usize).prop_map(|(states, at_once)| State::Each(states, at_once)),
    ]
}

fn simple_state() -> impl Strategy<Value = State> {
    let kind = select(&[Kind::Call, Kind::Call, Kind::Send, Kind::Ask][..]);
    let task = (kind, 0..3_u32, any::<bool>(), prop::option::weighted(0.4, 1..9_u64))
        .prop_map(|(kind, retries, caught, timeout)| State::Task(Task { kind, retries, caught, timeout }));
    prop_oneof![
        2 => (-3..4_i64).prop_map(State::Add),
        2 => (0..9_u64).prop_map(State::Wait),
        1 => (0..9_i64).prop_map(State::AtMost),
        5 => task,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![4 => (0..9_i64).prop_map(Answer::Value), 2 => any::<bool>().prop_map(Answer::Fault)];
    prop_oneof![
        4 => (select(&MACHINES[..]), select(&NAMES[..]), 0..3_i64)
            .prop_map(|(machine, name, input)| Step::Start(machine, name, input)),
        10 => (0..6_usize, answer, any::<bool>()).prop_map(|(at, answer, token)| Step::Answer(at, answer, token)),
        5 => (0..6_usize).prop_map(Step::CarryOut),
        1 => (0..6_usize).prop_map(Step::Late),
        1 => (0..4_usize).prop_map(Step::Stop),
        2 => (0..4_usize).prop_map(Step::Redrive),
        3 => (1..9 * SECOND).prop_map(Step::Pass),
        1 => Just(Step::Pass(15 * DAY)),
        5 => Just(Step::PassToDeadline),
        1 => Just(Step::Restart),
        2 => (1..4_usize, any::<bool>()).prop_map(|(one_in, dies)| Step::Clean(one_in, dies)),
    ]
}

/// The broker beside the model.
pub(crate) struct Story {
    system: System,
    machines: [(Vec<State>, Option<u64>); 2],
    now: u64,
    runs: BTreeMap<(&'static str, &'static str), Known>,
    /// Messages that were sent.
    sent: usize,
    /// Tasks that have ended.
    ended: Vec<TaskCall>,
}

struct Known {
    id: ExecutionId,
    run: Run,
    stopped_at: Option<u64>,
}

impl Story {
    pub(crate) fn new(machines: &[(Vec<State>, Option<u64>); 2]) -> Story {
        let mut system = System::new(START);
        let (name, given, tags) = (queue_name(QUEUE), Default::default(), Default::default());
        system.ask(Command::CreateQueue { name, given, tags, cooldown: false }).unwrap();
        for (name, (states, timeout)) in MACHINES.into_iter().zip(machines) {
            let machine = StateMachine {
                name: name.into(),
                arn: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}").into(),
                revision: 0,
                definition: Text::from(definition(states, *timeout)),
                express: false,
                role: "role".into(),
                details: "".into(),
                created_at: Timestamp(0),
                revised_at: Timestamp(0),
            };
            let create = WorkflowCommand::CreateMachine { machine, publish: None };
            system.ask(Command::Workflow(Box::new(create))).unwrap();
        }
        let (runs, machines) = (BTreeMap::new(), machines.clone());
        Story { system, machines, now: START, runs, sent: 0, ended: Vec::new() }
    }

    /// Panics unless the broker stands as the model does.
    pub(crate) fn play(&mut self, step: &Step) {
        match step {
            Step::Start(machine, name, input) => self.start(machine, name, *input),
            Step::Answer(at, answer, by_token) => self.answer(*at, *answer, *by_token),
            Step::CarryOut(at) => self.carry_out(*at),
            Step::Late(at) => self.answer_late(*at),
            Step::Stop(at) => self.stop(*at),
            Step::Redrive(at) => self.redrive(*at),
            Step::Pass(time) => self.pass(self.now + time),
            Step::PassToDeadline => {
                let next = self.runs.values().filter_map(|known| known.run.next_deadline()).min();
                self.pass(next.unwrap_or(self.now));
            }
            Step::Restart => self.system.restart(self.now),
            Step::Clean(one_in, dies) => self.system.clean(*one_in, *dies),
        }
        self.proceed();
        self.compare();
    }

    fn ask(&mut self, command: WorkflowCommand) -> Result<Option<WorkflowReply>, WorkflowRejection> {
        match self.system.ask(Command::Workflow(Box::new(command))) {
            Ok(Reply::Workflow(reply)) => Ok(Some(reply)),
            Ok(_) => Ok(None),
            Err(Rejection::Workflow(rejection)) => Err(rejection),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn proceed(&mut self) {
        while let Some(id) = self.system.broker.take_due_execution() {
            self.ask(WorkflowCommand::Step { id, input: ExecutionInput::Proceed }).unwrap();
        }
    }

    /// Lets time pass from deadline to deadline, so that each is met in time.
    fn pass(&mut self, to: u64) {
        // Nothing is forgotten.
        let to = to.min(START + REMEMBERED);
        while let Some(next) = self.runs.values().filter_map(|known| known.run.next_deadline()).min()
            && next <= to
        {
            self.now = next.max(self.now);
            self.system.broker.advance(Timestamp(self.now));
            self.proceed();
            for known in self.runs.values_mut() {
                known.run.pass(self.now);
                known.note(self.now);
            }
            self.bind();
        }
        self.now = to.max(self.now);
        self.system.broker.advance(Timestamp(self.now));
    }

    fn start(&mut self, machine: &'static str, name: &'static str, input: i64) {
        let started = self.ask(WorkflowCommand::StartExecution {
            machine: MachineRef { name: machine.into(), qualifier: None },
            name: Some(name.into()),
            input: Text::from(input.to_string()),
            trace_header: None,
        });
        if let Some(known) = self.runs.get(&(machine, name)) {
            let is_the_same = known.run.is_running() && known.run.input == input;
            match started {
                Ok(Some(WorkflowReply::Started(started))) => assert!(is_the_same && started.id == known.id),
                Err(WorkflowRejection::ExecutionAlreadyExists { .. }) => assert!(!is_the_same),
                other => panic!("{other:?}"),
            }
            return;
        }
        let Ok(Some(WorkflowReply::Started(started))) = started else { panic!("{started:?}") };
        let (states, timeout) = &self.machines[usize::from(machine == MACHINES[1])];
        let run = Run::start(states, *timeout, input, self.now);
        let mut known = Known { id: started.id, run, stopped_at: None };
        known.note(self.now);
        self.runs.insert((machine, name), known);
    }

    /// The execution and the place in it of an open task.
    fn find(&mut self, at: usize) -> Option<(&'static str, &'static str, usize)> {
        let places = self.runs.iter_mut().flat_map(|((machine, name), known)| {
            (0..known.run.open().len()).map(move |place| (*machine, *name, place))
        });
        let places: Vec<_> = places.collect();
        (!places.is_empty()).then(|| places[at % places.len()])
    }

    fn answer(&mut self, at: usize, answer: Answer, by_token: bool) {
        let Some((machine, name, place)) = self.find(at) else { return };
        let known = self.runs.get_mut(&(machine, name)).expect("found before");
        let open = &known.run.open()[place];
        let (call, value) = (open.call.clone().expect("bound before"), open.value);
        let is_sent = open.kind == Kind::Send;
        let (answer, given) = match answer {
            Answer::Value(given) => (Ok(if is_sent { value } else { given }), Ok(Text::from(given.to_string()))),
            Answer::Fault(true) => (Err(Fault::Busy), Err(Text::from("Busy"))),
            Answer::Fault(false) => (Err(Fault::Other), Err(Text::from("Other"))),
        };
        known.run.answer(place, answer, self.now);
        known.note(self.now);
        let (id, task, token) = (call.execution, call.task, call.token);
        let command = match (given, by_token) {
            (Ok(output), true) => WorkflowCommand::AnswerTask { token, answer: TaskAnswer::Success { output } },
            (Err(error), true) => {
                let answer = TaskAnswer::Failure { error: Some(error), cause: None };
                WorkflowCommand::AnswerTask { token, answer }
            }
            (Ok(output), false) => WorkflowCommand::Step { id, input: ExecutionInput::TaskSucceeded { task, output } },
            (Err(error), false) => {
                let input = ExecutionInput::TaskFailed { task, error: Some(error), cause: None };
                WorkflowCommand::Step { id, input }
            }
        };
        self.ask(command).unwrap();
        self.ended.push(call);
    }

    fn carry_out(&mut self, at: usize) {
        let Some((machine, name, place)) = self.find(at) else { return };
        let known = self.runs.get_mut(&(machine, name)).expect("found before");
        let open = &mut known.run.open()[place];
        if open.kind == Kind::Call || open.submitted {
            return;
        }
        let (call, value) = (open.call.clone().expect("bound before"), open.value);
        if open.kind == Kind::Ask {
            open.submitted = true;
        } else {
            known.run.answer(place, Ok(value), self.now);
            known.note(self.now);
            self.ended.push(call.clone());
        }
        self.sent += 1;
        let action = TaskAction::Send { queue: queue_name(QUEUE), message: message() };
        let done = self.ask(WorkflowCommand::CarryOut { task: Some((call.execution, call.task)), action });
        assert!(matches!(done, Ok(Some(WorkflowReply::CarriedOut(Ok(_))))), "{done:?}");
    }

    fn answer_late(&mut self, at: usize) {
        if self.ended.is_empty() {
            return;
        }
        let token = self.ended[at % self.ended.len()].token;
        let answer = TaskAnswer::Success { output: Text::from("1") };
        let refused = self.ask(WorkflowCommand::AnswerTask { token, answer });
        assert_eq!(refused, Err(WorkflowRejection::TaskDoesNotExist));
    }

    fn known(&mut self, at: usize) -> Option<(&'static str, &'static str)> {
        let keys: Vec<_> = self.runs.keys().copied().collect();
        (!keys.is_empty()).then(|| keys[at % keys.len()])
    }

    fn stop(&mut self, at: usize) {
        let Some(key) = self.known(at) else { return };
        let known = self.runs.get_mut(&key).expect("found before");
        if known.run.is_running() {
            let open = known.run.open();
            let calls: Vec<TaskCall> = open.into_iter().filter_map(|open| open.call.clone()).collect();
            self.ended.extend(calls);
            known.run.stop();
            known.note(self.now);
        }
        let id = known.id;
        self.ask(WorkflowCommand::StopExecution { id, error: None, cause: None }).unwrap();
    }

    fn redrive(&mut self, at: usize) {
        let Some(key) = self.known(at) else { return };
        let id = self.runs[&key].id;
        let redriven = self.ask(WorkflowCommand::RedriveExecution { id });
        let known = self.runs.get_mut(&key).expect("found before");
        let in_time = known.stopped_at.is_some_and(|at| self.now < at + 14 * DAY);
        let may = matches!(known.run.status, Status::Failed | Status::TimedOut | Status::Aborted) && in_time;
        assert_eq!(redriven.is_ok(), may, "{redriven:?}");
        if may {
            known.stopped_at = None;
            known.run.redrive(self.now);
            known.note(self.now);
        }
    }

    /// What the broker asks to have done is what the model says is open.
    fn bind(&mut self) {
        let asked = self.system.broker.open_tasks();
        for known in self.runs.values_mut() {
            let mut calls: Vec<TaskCall> = asked.iter().filter(|call| call.execution == known.id).cloned().collect();
            // The upper half of a task's number is that of its thread.
            calls.sort_by_key(|call| call.task >> 32);
            let open = known.run.open().into_iter().filter(|open| !open.submitted);
            let open: Vec<_> = open.collect();
            assert_eq!(open.len(), calls.len(), "{calls:?}");
            for (open, call) in open.into_iter().zip(calls) {
                assert!(open.call.as_ref().is_none_or(|known| known.token == call.token), "a task keeps its token");
                open.call = Some(call);
            }
        }
    }

    fn compare(&mut self) {
        self.bind();
        for ((machine, name), known) in &self.runs {
            let find = WorkflowCommand::FindExecution { machine: (*machine).into(), name: (*name).into() };
            let Ok(Reply::Workflow(WorkflowReply::Execution(found))) =
                self.system.look(Command::Workflow(Box::new(find)))
            else {
                panic!("{machine}/{name} is gone")
            };
            use bongsu_states_language::Status as Stands;
            let output = found.output.map(|output| {
                let step = found.steps.iter().rfind(|step| step.first_payload <= output).expect("a step made it");
                self.text(step.place, output)
            });
            let status = match (found.summary.status, output) {
                (Stands::Running | Stands::NotStarted, _) => Status::Running,
                (Stands::Succeeded, output) => Status::Succeeded(output.expect("it has one").parse().unwrap()),
                (Stands::Failed, _) => Status::Failed,
                (Stands::TimedOut, _) => Status::TimedOut,
                (Stands::Aborted, _) => Status::Aborted,
            };
            assert_eq!(status, known.run.status, "{machine}/{name}");
        }
        let visible = self.system.describe(QUEUE).expect("it is there").visible;
        assert!(visible == self.sent || self.now > START + 4 * DAY, "{visible} messages, not {}", self.sent);
    }

    fn text(&self, place: Place, payload: u32) -> String {
        let Stored::Step(step) = self.system.stored(place) else { panic!("a step's place holds something else") };
        let found = step.0.payloads().find(|(id, _)| id.0 == payload).expect("it is in this step");
        found.1.to_string()
    }
}

impl Known {
    fn note(&mut self, now: u64) {
        if !self.run.is_running() && self.stopped_at.is_none() {
            self.stopped_at = Some(now);
        }
    }
}

fn message() -> Outgoing {
    Outgoing {
        body: Text::from("m"),
        body_md5: [0; 16],
        attributes: Bytes::new(),
        attributes_size: 0,
        delay: None,
        group: None,
        deduplication_id: None,
        sender: Text::from("sender"),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}

/// The machine as the Amazon States Language has it.
fn definition(states: &[State], timeout: Option<u64>) -> String {
    let timeout = timeout.map_or(String::new(), |seconds| format!(r#""TimeoutSeconds":{seconds},"#));
    let chain = chain(states, &mut 0);
    format!(r#"{{"QueryLanguage":"JSONata",{timeout}{}"#, &chain[1..])
}

/// States one after the other, with one behind them where all ends.
fn chain(states: &[State], names: &mut u32) -> String {
    let mut text = String::new();
    let first = *names;
    *names += 1;
    let mut name = first;
    for state in states {
        let next = *names;
        *names += 1;
        let fields = fields(state, name, next, names);
        write!(text, r#""{name}":{{{fields}}},"#).unwrap();
        if let State::AtMost(_) = state {
            write!(text, r#""{name}f":{{"Type":"Fail","Error":"Other"}},"#).unwrap();
        }
        name = next;
    }
    format!(r#"{{"StartAt":"{first}","States":{{{text}"{name}":{{"Type":"Pass","End":true}}}}}}"#)
}

fn fields(state: &State, name: u32, next: u32, names: &mut u32) -> String {
    let caught = |caught: bool| match caught {
        true => format!(r#","Catch":[{{"ErrorEquals":["States.ALL"],"Output":"{{% 0 %}}","Next":"{next}"}}]"#),
        false => String::new(),
    };
    match state {
        State::Add(number) => format!(r#""Type":"Pass","Output":"{{% $states.input + ({number}) %}}","Next":"{next}""#),
        State::Wait(seconds) => format!(r#""Type":"Wait","Seconds":{seconds},"Next":"{next}""#),
        State::AtMost(most) => format!(
            r#""Type":"Choice","Choices":[{{"Condition":"{{% $states.input <= {most} %}}","Next":"{next}"}}],"Default":"{name}f""#
        ),
        State::Task(task) => {
            let (resource, arguments, output) = match task.kind {
                Kind::Call => {
                    ("arn:aws:lambda:us-east-1:000000000000:function:f", r#""{% $states.input %}""#, "result")
                }
                Kind::Send => ("arn:aws:states:::sqs:sendMessage", r#"{"QueueUrl":"q","MessageBody":"m"}"#, "input"),
                Kind::Ask => (
                    "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                    r#"{"QueueUrl":"q","MessageBody":"{% $states.context.Task.Token %}"}"#,
                    "result",
                ),
            };
            let retries = task.retries;
            let timeout = task.timeout.map_or(String::new(), |seconds| format!(r#","TimeoutSeconds":{seconds}"#));
            format!(
                r#""Type":"Task","Resource":"{resource}","Arguments":{arguments},"Output":"{{% $states.{output} %}}"{timeout},"Retry":[{{"ErrorEquals":["Busy"],"IntervalSeconds":2,"BackoffRate":2,"MaxAttempts":{retries}}}]{},"Next":"{next}""#,
                caught(task.caught)
            )
        }
        State::Both(branches, is_caught) => {
            let branches: Vec<String> = branches.iter().map(|states| chain(states, names)).collect();
            format!(
                r#""Type":"Parallel","Branches":[{}],"Output":"{{% $sum($states.result) %}}"{},"Next":"{next}""#,
                branches.join(","),
                caught(*is_caught)
            )
        }
        State::Each(states, at_once) => format!(
            r#""Type":"Map","Items":"{{% [$states.input, $states.input + 1] %}}","MaxConcurrency":{at_once},"ItemProcessor":{},"Output":"{{% $sum($states.result) %}}","Next":"{next}""#,
            chain(states, names)
        ),
    }
}
