//! Executions go on when their time comes, have their tasks done, and live through the end of the process.

use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{
    ExecutionDescription, MachineRef, Rejection, Seconds, StartedExecution, StateMachine, TaskAction, TaskAnswer,
    TaskCall, TaskWork, Text, Timestamp, WorkflowCommand,
};
use bongsu_journal::{BoxFuture, MemoryJournal};
use bongsu_runtime::{ManualClock, TaskEnd, TaskRunner, TaskStep};
use bongsu_states_language::{Outcome, Status};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::world::{Setting, World, message, queue, settle};

const EVENTS_MAX: usize = 1_000;

/// A task that was begun, and where its end goes.
type Begun = (TaskCall, oneshot::Sender<TaskStep>);

/// Hands every task to the test, which says how it ends, or never does.
struct Hands(UnboundedSender<Begun>);

impl TaskRunner for Hands {
    fn run(&self, call: TaskCall) -> BoxFuture<'static, TaskStep> {
        let (end, ended) = oneshot::channel();
        // A test that has seen enough does not take it.
        drop(self.0.send((call, end)));
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

/// A shard whose tasks are in the test's hands.
struct Stage {
    world: World,
    tasks: UnboundedReceiver<Begun>,
}

impl Stage {
    async fn on(journal: &Arc<MemoryJournal>, clock: Option<ManualClock>) -> Stage {
        let (begun, tasks) = mpsc::unbounded_channel();
        let mut setting = Setting { tasks: Arc::new(Hands(begun)), ..Setting::default() };
        setting.clock = clock.unwrap_or(setting.clock);
        Stage { world: World::with(journal, setting).await, tasks }
    }

    /// The process ends without a word, and another takes its place.
    async fn killed(self, journal: &Arc<MemoryJournal>) -> Stage {
        let clock = self.world.clock.clone();
        self.world.shard.abort();
        drop(self.world.shard.await);
        Stage::on(journal, Some(clock)).await
    }

    async fn machine(&self, name: &str, express: bool, definition: &str) {
        create_machine(&self.world, name, express, definition).await;
    }

    async fn start(&self, machine: &str, input: &str) -> StartedExecution {
        start(&self.world, machine, None, input).await
    }

    async fn described(&self, started: &StartedExecution) -> ExecutionDescription {
        self.world.broker.describe_execution(started.id).await.unwrap()
    }

    async fn status(&self, started: &StartedExecution) -> Status {
        self.described(started).await.summary.status
    }

    async fn output(&self, started: &StartedExecution) -> Option<Arc<str>> {
        let described = self.described(started).await;
        self.world.broker.execution_texts(&described).await.unwrap().output
    }

    /// The kinds of its events, with their numbers in order.
    async fn history(&self, started: &StartedExecution) -> Vec<String> {
        let page = self.world.broker.execution_history(started.id, 1, EVENTS_MAX, false, true).await.unwrap();
        let ids: Vec<u32> = page.events.iter().map(|event| event.id).collect();
        assert_eq!(ids, (1..=u32::try_from(ids.len()).unwrap()).collect::<Vec<_>>());
        page.events.iter().map(bongsu_states_language::HistoryEvent::kind).collect()
    }

    async fn task(&mut self) -> Begun {
        self.tasks.recv().await.expect("the shard lives")
    }

    async fn has_task(&mut self) -> bool {
        settle().await;
        !self.tasks.is_empty()
    }

    async fn advance(&self, seconds: u32) {
        settle().await;
        self.world.clock.advance(Seconds(seconds));
        settle().await;
    }
}

pub(crate) fn machine_ref(name: &str) -> MachineRef {
    MachineRef { name: name.into(), qualifier: None }
}

pub(crate) async fn create_machine(world: &World, name: &str, express: bool, definition: &str) {
    let machine = StateMachine {
        name: name.into(),
        arn: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}").into(),
        revision: 0,
        express,
        definition: Text::from(definition),
        role: "role".into(),
        details: "".into(),
        created_at: Timestamp(0),
        revised_at: Timestamp(0),
    };
    world.broker.workflow(WorkflowCommand::CreateMachine { machine, publish: None }).await.unwrap();
}

pub(crate) async fn start(world: &World, machine: &str, name: Option<&str>, input: &str) -> StartedExecution {
    let (machine, name) = (machine_ref(machine), name.map(Into::into));
    let command = WorkflowCommand::StartExecution { machine, name, input: Text::from(input), trace_header: None };
    world.broker.start_execution(command).await.unwrap()
}

fn journal() -> Arc<MemoryJournal> {
    Arc::new(MemoryJournal::new())
}

fn succeeds(end: oneshot::Sender<TaskStep>, output: &str) {
    end.send(TaskStep::End(TaskEnd::Succeeded(Text::from(output)))).unwrap();
}

fn fails(end: oneshot::Sender<TaskStep>, error: &str) {
    end.send(TaskStep::End(TaskEnd::Failed { error: Text::from(error), cause: Text::from("") })).unwrap();
}

const TASK: &str = r#""Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f""#;
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:a";

fn input(call: &TaskCall) -> &str {
    match &call.work {
        TaskWork::Call { input, .. } => input,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wait_ends_when_its_time_has_come() {
    let journal = journal();
    let stage = Stage::on(&journal, None).await;
    stage.machine("m", false, r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#).await;
    let started = stage.start("m", "7").await;
    stage.advance(59).await;
    assert_eq!(stage.status(&started).await, Status::Running);
    let stage = stage.killed(&journal).await;
    stage.advance(1).await;
    assert_eq!(stage.status(&started).await, Status::Succeeded);
    let kinds = ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"];
    assert_eq!(stage.history(&started).await, kinds);
    assert_eq!(stage.output(&started).await.as_deref(), Some("7"));
}

#[tokio::test]
async fn a_failed_task_is_tried_again_after_its_interval() {
    let mut stage = Stage::on(&journal(), None).await;
    let definition = format!(
        r#"{{"StartAt":"T","States":{{"T":{{{TASK},"Retry":[{{"ErrorEquals":["Busy"],"IntervalSeconds":30}}],"End":true}}}}}}"#
    );
    stage.machine("m", false, &definition).await;
    let started = stage.start("m", "{}").await;
    let (_, end) = stage.task().await;
    fails(end, "Busy");
    stage.advance(29).await;
    assert!(!stage.has_task().await);
    stage.advance(1).await;
    let (call, end) = stage.task().await;
    assert_eq!(input(&call), "{}");
    succeeds(end, "[1]");
    settle().await;
    assert_eq!(stage.output(&started).await.as_deref(), Some("[1]"));
}

#[tokio::test]
async fn a_message_and_the_end_of_its_task_are_one_step() {
    let mut stage = Stage::on(&journal(), None).await;
    stage.world.create("q", &[]).await;
    let definition = r#"{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{},"End":true}}}"#;
    stage.machine("m", false, definition).await;
    let (first, second) = (stage.start("m", "{}").await, stage.start("m", "{}").await);
    for name in ["q", "gone"] {
        let (_, end) = stage.task().await;
        end.send(TaskStep::Ask(Box::new(TaskAction::Send { queue: queue(name), message: message("hello") }))).unwrap();
        settle().await;
    }
    assert_eq!(stage.world.counts("q").await, (1, 0, 0));
    assert_eq!((stage.status(&first).await, stage.status(&second).await), (Status::Succeeded, Status::Failed));
}

#[tokio::test]
async fn a_token_outlives_the_process_that_gave_it() {
    let journal = journal();
    let mut stage = Stage::on(&journal, None).await;
    stage.world.create("q", &[]).await;
    let definition = r#"{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"MessageBody.$":"$$.Task.Token"},"End":true}}}"#;
    stage.machine("m", false, definition).await;
    let started = stage.start("m", "{}").await;
    let (call, end) = stage.task().await;
    end.send(TaskStep::Ask(Box::new(TaskAction::Send { queue: queue("q"), message: message("token") }))).unwrap();
    settle().await;
    let mut stage = stage.killed(&journal).await;
    // It was submitted: nobody sends the message again.
    assert!(!stage.has_task().await);
    let answer = TaskAnswer::Success { output: Text::from("\"done\"") };
    let command = WorkflowCommand::AnswerTask { token: call.token, answer };
    stage.world.broker.workflow(command).await.unwrap();
    assert_eq!(stage.output(&started).await.as_deref(), Some("\"done\""));
    assert_eq!(stage.world.counts("q").await, (1, 0, 0));
}

/// Two branches with tasks of which one is retried, and a map.
fn branching() -> String {
    let task = |rest: &str| format!(r#"{{{TASK},{rest}}}"#);
    let retried = task(r#""Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1}],"End":true"#);
    let iterated = task(r#""End":true"#);
    format!(
        r#"{{"StartAt":"P","States":{{
            "P":{{"Type":"Parallel","Next":"M","Branches":[
                {{"StartAt":"A","States":{{"A":{retried}}}}},
                {{"StartAt":"B","States":{{"B":{{{TASK},"Next":"C"}},"C":{{"Type":"Pass","End":true}}}}}}]}},
            "M":{{"Type":"Map","ItemsPath":"$","Iterator":{{"StartAt":"I","States":{{"I":{iterated}}}}},"End":true}}}}}}"#
    )
}

/// Runs it to its end; every first try of `A` fails. Before each answer the process is killed if `kills` says so.
async fn run(kills: bool) -> (Vec<String>, Option<Arc<str>>) {
    let journal = journal();
    let mut stage = Stage::on(&journal, None).await;
    stage.machine("m", false, &branching()).await;
    let started = stage.start("m", r#"{"n":1}"#).await;
    let mut failed = false;
    while stage.status(&started).await == Status::Running {
        if kills {
            stage = stage.killed(&journal).await;
        }
        if !stage.has_task().await {
            stage.advance(1).await;
            continue;
        }
        let mut begun = Vec::new();
        while let Ok(task) = stage.tasks.try_recv() {
            begun.push(task);
        }
        begun.sort_by_key(|(call, _)| call.task);
        // One is answered; who is not killed is asked for the others only once.
        for (call, end) in begun {
            let output = input(&call).to_owned();
            match failed {
                false => fails(end, "Busy"),
                true => succeeds(end, &output),
            }
            failed = true;
            settle().await;
            if kills {
                break;
            }
        }
    }
    (stage.history(&started).await, stage.output(&started).await)
}

#[tokio::test]
async fn killed_before_every_answer_nothing_is_skipped_or_told_twice() {
    let (mut undisturbed, output) = run(false).await;
    let (mut killed, output_killed) = run(true).await;
    assert_eq!(output_killed, output);
    assert!(output.is_some());
    // What goes on side by side may come in another order.
    undisturbed.sort();
    killed.sort();
    assert_eq!(killed, undisturbed);
}

#[tokio::test]
async fn a_queued_express_execution_runs_again_if_nobody_ended_it() {
    let journal = journal();
    let mut stage = Stage::on(&journal, None).await;
    stage.machine("m", true, &format!(r#"{{"StartAt":"T","States":{{"T":{{{TASK},"End":true}}}}}}"#)).await;
    stage.start("m", r#"{"n":1}"#).await;
    assert_eq!(input(&stage.task().await.0), r#"{"n":1}"#);
    let mut stage = stage.killed(&journal).await;
    let (call, end) = stage.task().await;
    assert_eq!(input(&call), r#"{"n":1}"#);
    succeeds(end, "2");
    settle().await;
    let mut stage = stage.killed(&journal).await;
    assert!(!stage.has_task().await);
}

#[tokio::test]
async fn an_express_execution_tells_its_end_to_who_waits() {
    let mut stage = Stage::on(&journal(), None).await;
    let definition = format!(
        r#"{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":5,"Next":"T"}},"T":{{{TASK},"End":true}}}}}}"#
    );
    stage.machine("m", true, &definition).await;
    let broker = stage.world.broker.clone();
    let running = tokio::spawn(async move { broker.run_express(machine_ref("m"), None, Text::from("{}"), None).await });
    stage.advance(5).await;
    succeeds(stage.task().await.1, r#"{"ok":true}"#);
    let ended = running.await.unwrap().unwrap();
    assert_eq!((ended.status, ended.output.as_deref()), (Status::Succeeded, Some(r#"{"ok":true}"#)));
    assert!(matches!(ended.outcome, Outcome::Output(_)));
}

#[tokio::test]
async fn an_activity_is_offered_again_after_a_restart_until_a_worker_has_it() {
    let journal = journal();
    let stage = Stage::on(&journal, None).await;
    stage.world.broker.workflow(WorkflowCommand::CreateActivity { name: "a".into() }).await.unwrap();
    let definition =
        format!(r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY}","End":true}}}}}}"#);
    stage.machine("m", false, &definition).await;
    let started = stage.start("m", "3").await;
    settle().await;
    let stage = stage.killed(&journal).await;
    let wait = Duration::from_secs(60);
    let worker = Some(Text::from("w"));
    let task = stage.world.broker.activity_task(ACTIVITY, worker.clone(), wait).await.unwrap().unwrap();
    assert_eq!(&*task.input, "3");
    assert_eq!(stage.world.broker.activity_task(ACTIVITY, worker, Duration::ZERO).await.unwrap(), None);
    let answer = TaskAnswer::Success { output: Text::from("4") };
    stage.world.broker.workflow(WorkflowCommand::AnswerTask { token: task.token, answer }).await.unwrap();
    let kinds = ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"];
    assert_eq!(stage.history(&started).await[2..5], kinds);
    assert_eq!(stage.output(&started).await.as_deref(), Some("4"));
}

/// Has every task wait for its turn, and then succeed.
struct Limited(tokio::sync::OnceCell<bongsu_runtime::Handle>, UnboundedSender<u64>);

impl TaskRunner for Limited {
    fn run(&self, call: TaskCall) -> BoxFuture<'static, TaskStep> {
        let (broker, done) = (self.0.get().cloned(), self.1.clone());
        Box::pin(async move {
            let key = bongsu_broker::LimitKey { scope: "machine/m/T".into(), key: "".into() };
            let limit = bongsu_rate_limit::Rule::parse("rate=1/m").unwrap().limit;
            let admission = bongsu_runtime::Admission { limits: vec![(key, limit)], turn: "".into() };
            let admitted = broker.unwrap().admit_task(&call, admission).await;
            if let Ok(Some(permit)) = admitted {
                permit.end(bongsu_rate_limit::Feedback::default());
                done.send(call.task).unwrap();
            }
            TaskStep::End(TaskEnd::Succeeded(Text::from("1")))
        })
    }

    fn refused(&self, _: &TaskAction, _: &Rejection) -> TaskEnd {
        unreachable!("nothing is asked of the broker")
    }
}

#[tokio::test]
async fn a_task_that_nobody_waits_for_any_more_takes_no_place_of_a_limit() {
    let (done, mut calls) = mpsc::unbounded_channel();
    let runner = Arc::new(Limited(tokio::sync::OnceCell::new(), done));
    let setting = Setting { tasks: runner.clone(), ..Setting::default() };
    let world = World::with(&Arc::new(MemoryJournal::new()), setting).await;
    runner.0.set(world.broker.clone()).unwrap_or_else(|_| panic!("it is set once"));
    let (_begun, tasks) = mpsc::unbounded_channel();
    let stage = Stage { world, tasks };
    stage.machine("m", false, &format!(r#"{{"StartAt":"T","States":{{"T":{{{TASK},"End":true}}}}}}"#)).await;
    let mut started = Vec::new();
    for _ in 0..4 {
        started.push(stage.start("m", "{}").await);
        settle().await;
    }
    assert!(calls.try_recv().is_ok() && calls.try_recv().is_err());
    for stopped in &started[1..3] {
        let stop = WorkflowCommand::StopExecution { id: stopped.id, error: None, cause: None };
        stage.world.broker.workflow(stop).await.unwrap();
    }
    stage.advance(60).await;
    assert_eq!(stage.status(&started[3]).await, Status::Succeeded);
}

#[tokio::test]
async fn a_task_is_offered_again_when_its_worker_goes_away_before_it_has_it() {
    let stage = Stage::on(&journal(), None).await;
    stage.world.broker.workflow(WorkflowCommand::CreateActivity { name: "a".into() }).await.unwrap();
    let definition =
        format!(r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY}","End":true}}}}}}"#);
    stage.machine("m", false, &definition).await;
    stage.start("m", "3").await;
    settle().await;
    let wait = Duration::from_secs(60);
    let mut asking = Box::pin(stage.world.broker.activity_task(ACTIVITY, None, wait));
    tokio::select! {
        biased;
        _ = &mut asking => panic!("the task is not the worker's before that is durable"),
        () = std::future::ready(()) => drop(asking),
    }
    let task = stage.world.broker.activity_task(ACTIVITY, None, wait).await.unwrap().unwrap();
    assert_eq!(&*task.input, "3");
}

#[tokio::test]
async fn every_worker_that_waits_gets_one_of_the_tasks_that_come_together() {
    let stage = Stage::on(&journal(), None).await;
    stage.world.broker.workflow(WorkflowCommand::CreateActivity { name: "a".into() }).await.unwrap();
    let definition =
        format!(r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY}","End":true}}}}}}"#);
    stage.machine("m", false, &definition).await;
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let broker = stage.world.broker.clone();
            tokio::spawn(async move { broker.activity_task(ACTIVITY, None, Duration::from_secs(60)).await })
        })
        .collect();
    settle().await;
    for input in ["1", "2", "3"] {
        stage.start("m", input).await;
    }
    for worker in workers {
        assert!(worker.await.unwrap().unwrap().is_some());
    }
}
