//! Schedules begin executions and call operations when their time comes, and live through the end of the process.

use std::sync::Arc;

use bongsu_broker::{
    MachineRef, QueueName, ScheduleCall, ScheduleDefinition, ScheduleDestination, ScheduleTarget, Seconds,
    StateMachine, TargetFault, Text, Timestamp, WorkflowCommand, WorkflowReply,
};
use bongsu_journal::{BoxFuture, MemoryJournal};
use bongsu_runtime::{ManualClock, SCHEDULE_CALLS_MAX, ScheduleCaller};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::world::{Setting, World, queue, settle};

/// A call that was begun, and where its end goes.
type Begun = (ScheduleCall, oneshot::Sender<Result<(), TargetFault>>);

/// Hands every call to the test, which says how it ends, or never does.
struct Hands(UnboundedSender<Begun>);

impl ScheduleCaller for Hands {
    fn call(&self, call: ScheduleCall) -> BoxFuture<'static, Result<(), TargetFault>> {
        let (end, ended) = oneshot::channel();
        // A test that has seen enough does not take it.
        drop(self.0.send((call, end)));
        Box::pin(async move {
            match ended.await {
                Ok(end) => end,
                Err(_) => std::future::pending().await,
            }
        })
    }
}

/// A shard whose calls are in the test's hands.
struct Stage {
    world: World,
    calls: UnboundedReceiver<Begun>,
}

impl Stage {
    async fn on(journal: &Arc<MemoryJournal>, clock: Option<ManualClock>) -> Stage {
        let (begun, calls) = mpsc::unbounded_channel();
        let mut setting = Setting { schedule_calls: Arc::new(Hands(begun)), ..Setting::default() };
        setting.clock = clock.unwrap_or(setting.clock);
        Stage { world: World::with(journal, setting).await, calls }
    }

    /// The process ends without a word, and another takes its place.
    async fn killed(self, journal: &Arc<MemoryJournal>) -> Stage {
        let clock = self.world.clock.clone();
        self.world.shard.abort();
        drop(self.world.shard.await);
        Stage::on(journal, Some(clock)).await
    }

    async fn put(&self, name: &str, destination: ScheduleDestination, dead_letters: Option<QueueName>) {
        let target = ScheduleTarget {
            destination,
            input: Some(r#"{"attempt":"<aws.scheduler.attempt-number>"}"#.into()),
            group: None,
            retries_max: 1,
            age_max: Seconds(3600),
            dead_letters,
        };
        let definition = ScheduleDefinition {
            name: name.into(),
            arn: format!("arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}").into(),
            source: "aws.scheduler".into(),
            expression: "rate(1 minute)".into(),
            zone: "UTC".into(),
            enabled: true,
            start: None,
            end: None,
            deletes_itself: false,
            targets: vec![target],
            window: Seconds(0),
        };
        self.world.broker.put_schedule(definition).await.unwrap();
    }

    async fn pass(&self, seconds: u32) {
        self.world.clock.advance(Seconds(seconds));
        settle().await;
    }

    /// The call that was begun.
    fn begun(&mut self) -> Begun {
        self.calls.try_recv().expect("a call begins")
    }

    fn begins_nothing(&mut self) -> bool {
        self.calls.try_recv().is_err()
    }
}

fn purge() -> ScheduleDestination {
    ScheduleDestination::Operation { service: "sqs".into(), action: "purgeQueue".into() }
}

fn throttled() -> TargetFault {
    TargetFault { code: "Throttled".into(), message: "later".into(), is_for_good: false }
}

#[tokio::test]
async fn a_call_that_nobody_told_of_is_made_again_after_a_restart() {
    let journal = Arc::new(MemoryJournal::new());
    let mut stage = Stage::on(&journal, None).await;
    stage.put("tick", purge(), None).await;
    stage.pass(60).await;
    let (first, unanswered) = stage.begun();
    assert_eq!((&*first.action, &*first.input), ("purgeQueue", r#"{"attempt":"1"}"#));
    assert!(stage.begins_nothing());
    let mut stage = stage.killed(&journal).await;
    settle().await;
    let (again, end) = stage.begun();
    assert_eq!(again, first);
    drop(unanswered);
    end.send(Ok(())).unwrap();
    settle().await;
    let mut stage = stage.killed(&journal).await;
    settle().await;
    assert!(stage.begins_nothing(), "what has succeeded is over");
}

#[tokio::test]
async fn a_call_that_fails_is_made_again_and_then_dead_lettered() {
    let journal = Arc::new(MemoryJournal::new());
    let mut stage = Stage::on(&journal, None).await;
    stage.world.create("d", &[]).await;
    stage.put("tick", purge(), Some(queue("d"))).await;
    stage.pass(60).await;
    stage.begun().1.send(Err(throttled())).unwrap();
    settle().await;
    assert!(stage.begins_nothing(), "not before its time");
    stage.pass(1).await;
    let (second, end) = stage.begun();
    assert_eq!(&*second.input, r#"{"attempt":"2"}"#);
    end.send(Err(throttled())).unwrap();
    settle().await;
    assert_eq!(stage.world.counts("d").await.0, 1);
    assert!(stage.begins_nothing());
}

#[tokio::test]
async fn calls_take_turns() {
    let journal = Arc::new(MemoryJournal::new());
    let mut stage = Stage::on(&journal, None).await;
    for number in 0..=SCHEDULE_CALLS_MAX {
        stage.put(&format!("tick-{number}"), purge(), None).await;
    }
    stage.pass(60).await;
    let mut going_on: Vec<Begun> = std::iter::from_fn(|| stage.calls.try_recv().ok()).collect();
    assert_eq!(going_on.len(), SCHEDULE_CALLS_MAX);
    going_on.pop().unwrap().1.send(Ok(())).unwrap();
    settle().await;
    stage.begun();
}

#[tokio::test]
async fn an_execution_that_a_schedule_began_is_there_after_a_restart() {
    let journal = Arc::new(MemoryJournal::new());
    let stage = Stage::on(&journal, None).await;
    let definition = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":900,"End":true}}}"#;
    let machine = StateMachine {
        name: "m".into(),
        arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
        revision: 0,
        express: false,
        definition: Text::from(definition),
        role: "role".into(),
        details: "".into(),
        created_at: Timestamp(0),
        revised_at: Timestamp(0),
    };
    stage.world.broker.workflow(WorkflowCommand::CreateMachine { machine, publish: None }).await.unwrap();
    let target = MachineRef { name: "m".into(), qualifier: None };
    stage.put("tick", ScheduleDestination::Machine(target), None).await;
    stage.pass(60).await;
    let count = async |stage: &Stage| {
        let command =
            WorkflowCommand::ListExecutions { machine: "m".into(), status: None, redriven: None, after: None, max: 10 };
        match stage.world.broker.workflow(command).await.unwrap() {
            Some(WorkflowReply::Executions(executions)) => executions.len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(count(&stage).await, 1);
    let stage = stage.killed(&journal).await;
    settle().await;
    assert_eq!(count(&stage).await, 1, "neither lost nor begun twice");
}
