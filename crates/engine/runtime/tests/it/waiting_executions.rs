//! Very many executions that wait: each goes on when its time has come, not before, and none is forgotten.

use std::sync::Arc;

use bongsu_broker::{
    ExecutionSummary, MachineRef, Seconds, StateMachine, Text, Timestamp, WorkflowCommand, WorkflowReply,
};
use bongsu_journal::MemoryJournal;
use bongsu_states_language::Status;

use crate::world::{Setting, World};

const EXECUTIONS: u32 = 2000;
/// The shortest wait, and over how long the others are spread.
const FROM_SECONDS: u32 = 60;
const SPREAD_SECONDS: u32 = 600;

/// A shard with a machine that waits for as long as it is told.
async fn with_machine(journal: &Arc<MemoryJournal>) -> World {
    let world = World::start(journal).await;
    let wait = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$","End":true}}}"#;
    let machine = StateMachine {
        name: "m".into(),
        arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
        revision: 0,
        express: false,
        definition: Text::from(wait),
        role: "role".into(),
        details: "".into(),
        created_at: Timestamp(0),
        revised_at: Timestamp(0),
    };
    world.broker.workflow(WorkflowCommand::CreateMachine { machine, publish: None }).await.unwrap();
    world
}

/// Starts an execution that waits for so many seconds, which are its name, too.
async fn start(world: &World, number: u32, seconds: u32) {
    let machine = MachineRef { name: "m".into(), qualifier: None };
    let (name, input) = (Some(format!("{seconds}-{number}").into()), Text::from(seconds.to_string()));
    let command = WorkflowCommand::StartExecution { machine, name, input, trace_header: None };
    world.broker.start_execution(command).await.unwrap();
}

/// The process ends without a word, and another takes its place.
async fn killed(world: World, journal: &Arc<MemoryJournal>) -> World {
    let setting = Setting { clock: world.clock.clone(), ..Setting::default() };
    world.shard.abort();
    drop(world.shard.await);
    World::with(journal, setting).await
}

async fn advance(world: &World, seconds: u32) {
    world.clock.advance(Seconds(seconds));
    world.broker.catch_up().await.unwrap();
}

async fn executions(world: &World, status: Status) -> Vec<ExecutionSummary> {
    let max = EXECUTIONS as usize + 1;
    let status = Some(status);
    let list = WorkflowCommand::ListExecutions { machine: "m".into(), status, redriven: None, after: None, max };
    match world.broker.workflow(list).await.unwrap() {
        Some(WorkflowReply::Executions(executions)) => executions,
        other => panic!("ListExecutions answered {other:?}"),
    }
}

#[tokio::test]
async fn each_of_many_executions_ends_at_its_own_second_whenever_the_process_was_killed() {
    let journal = Arc::new(MemoryJournal::new());
    let mut world = with_machine(&journal).await;
    for number in 0..EXECUTIONS {
        start(&world, number, FROM_SECONDS + number * 7 % SPREAD_SECONDS).await;
    }
    for second in 1..FROM_SECONDS + SPREAD_SECONDS {
        advance(&world, 1).await;
        if second % 150 == 0 {
            world = killed(world, &journal).await;
        }
    }
    let ended = executions(&world, Status::Succeeded).await;
    assert_eq!(ended.len(), EXECUTIONS as usize);
    for execution in ended {
        let lasted = execution.stopped_at.unwrap().0 - execution.start.started_at.0;
        let (seconds, _) = execution.start.name.split_once('-').unwrap();
        assert_eq!(lasted, seconds.parse::<u64>().unwrap() * 1000, "{}", execution.start.name);
    }
}

#[tokio::test]
async fn all_that_waited_for_one_moment_have_ended_when_the_time_is_told() {
    let journal = Arc::new(MemoryJournal::new());
    let world = with_machine(&journal).await;
    for number in 0..EXECUTIONS {
        start(&world, number, FROM_SECONDS).await;
    }
    let world = killed(world, &journal).await;
    advance(&world, FROM_SECONDS - 1).await;
    assert_eq!(executions(&world, Status::Running).await.len(), EXECUTIONS as usize, "none is early");
    advance(&world, 1).await;
    assert_eq!(executions(&world, Status::Succeeded).await.len(), EXECUTIONS as usize, "none is late");
    assert!(executions(&world, Status::Running).await.is_empty());
}
