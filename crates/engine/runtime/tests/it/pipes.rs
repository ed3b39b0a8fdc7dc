//! Pipes: batches end with what they come to, whatever happens to the process, and executions hold on to messages.

use std::sync::Arc;

use bongsu_broker::{
    AttemptOutcome, MachineRef, Pipe, PipeAction, PipeEntry, PutWhen, Rejection, Seconds, StateMachine, Text,
    Timestamp, WorkflowCommand,
};
use bongsu_journal::{BoxFuture, MemoryJournal};
use bongsu_runtime::{ManualClock, PipeBatch, PipeRunner, PipeStep};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::world::{Setting, World, message, queue, settle};

/// A batch, and where goes what it comes to.
type Begun = (PipeBatch, oneshot::Sender<PipeStep>);

/// Hands every batch to the test, which says what it comes to, or never does.
struct Hands(UnboundedSender<Begun>, UnboundedSender<Rejection>);

impl PipeRunner for Hands {
    fn run(&self, batch: PipeBatch) -> BoxFuture<'static, PipeStep> {
        let (end, ended) = oneshot::channel();
        // A test that has seen enough does not take it.
        drop(self.0.send((batch, end)));
        Box::pin(async move {
            match ended.await {
                Ok(step) => step,
                Err(_) => panic!("a runner with a bug"),
            }
        })
    }

    fn refused(&self, _: &Pipe, rejection: &Rejection) {
        drop(self.1.send(rejection.clone()));
    }
}

/// A shard whose pipes are in the test's hands.
struct Stage {
    world: World,
    batches: UnboundedReceiver<Begun>,
    refusals: UnboundedReceiver<Rejection>,
}

impl Stage {
    async fn on(journal: &Arc<MemoryJournal>, clock: Option<ManualClock>) -> Stage {
        let (begun, batches) = mpsc::unbounded_channel();
        let (refused, refusals) = mpsc::unbounded_channel();
        let mut setting = Setting { pipes: Arc::new(Hands(begun, refused)), ..Setting::default() };
        setting.clock = clock.unwrap_or(setting.clock);
        Stage { world: World::with(journal, setting).await, batches, refusals }
    }

    /// The process ends without a word, and another takes its place.
    async fn killed(self, journal: &Arc<MemoryJournal>) -> Stage {
        let clock = self.world.clock.clone();
        self.world.shard.abort();
        drop(self.world.shard.await);
        Stage::on(journal, Some(clock)).await
    }

    async fn pipe(&self, name: &str, source: &str, holds: bool) {
        let pipe = Pipe {
            name: name.into(),
            queue: queue(source),
            batch_size: 10,
            window: Seconds(0),
            enabled: true,
            holds,
            concurrency_max: None,
            details: "{}".into(),
        };
        self.world.broker.put_pipe(pipe, PutWhen::Absent).await.unwrap();
    }

    async fn batch(&mut self) -> (Vec<String>, oneshot::Sender<PipeStep>) {
        let (batch, end) = self.batches.recv().await.expect("the shard lives");
        (batch.messages.iter().map(|message| message.content.body.to_string()).collect(), end)
    }

    async fn has_batch(&self) -> bool {
        settle().await;
        !self.batches.is_empty()
    }

    async fn advance(&self, seconds: u32) {
        settle().await;
        self.world.clock.advance(Seconds(seconds));
        settle().await;
    }
}

fn send(target: &str, bodies: &[&str]) -> PipeStep {
    let entry = |(place, body): (usize, &&str)| PipeEntry { places: vec![place], content: message(body) };
    let messages = bodies.iter().enumerate().map(entry).collect();
    PipeStep::Ask { action: Box::new(PipeAction::Send { queue: queue(target), messages }), failed: Vec::new() }
}

fn start() -> PipeStep {
    let machine = MachineRef { name: "m".into(), qualifier: None };
    let action = PipeAction::StartExecution { machine, name: None, input: Text::from("{}"), trace_header: None };
    PipeStep::Ask { action: Box::new(action), failed: Vec::new() }
}

#[tokio::test]
async fn a_message_is_in_one_of_two_queues_whenever_the_process_ends() {
    let journal = Arc::new(MemoryJournal::new());
    let mut stage = Stage::on(&journal, None).await;
    stage.world.create("from", &[]).await;
    stage.world.create("to", &[]).await;
    stage.pipe("p", "from", false).await;
    stage.world.send("from", "a").await;
    assert_eq!(stage.batch().await.0, ["a"]);
    let mut stage = stage.killed(&journal).await;
    let (bodies, end) = stage.batch().await;
    assert_eq!(bodies, ["a"], "whoever had it is gone");
    end.send(send("to", &["A"])).unwrap();
    settle().await;
    let stage = stage.killed(&journal).await;
    assert!(!stage.has_batch().await, "it was worked off");
    assert_eq!((stage.world.counts("from").await, stage.world.counts("to").await), ((0, 0, 0), (1, 0, 0)));
}

#[tokio::test]
async fn what_fails_comes_back_and_a_refusal_is_told() {
    let journal = Arc::new(MemoryJournal::new());
    let mut stage = Stage::on(&journal, None).await;
    stage.world.create("from", &[("VisibilityTimeout", "30")]).await;
    stage.pipe("p", "from", false).await;
    stage.world.send("from", "a").await;
    stage.batch().await.1.send(PipeStep::End(AttemptOutcome::Failed)).unwrap();
    stage.advance(30).await;
    stage.batch().await.1.send(send("nowhere", &["A"])).unwrap();
    assert_eq!(stage.refusals.recv().await, Some(Rejection::QueueDoesNotExist));
    stage.advance(30).await;
    // The runner panics.
    drop(stage.batch().await.1);
    stage.advance(30).await;
    stage.batch().await.1.send(PipeStep::End(AttemptOutcome::Succeeded)).unwrap();
    settle().await;
    assert_eq!(stage.world.counts("from").await, (0, 0, 0));
}

#[tokio::test]
async fn a_group_stays_locked_through_a_kill_until_its_execution_has_ended() {
    let journal = Arc::new(MemoryJournal::new());
    let mut stage = Stage::on(&journal, None).await;
    stage.world.create("from.fifo", &[]).await;
    let definition = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#;
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
    stage.world.send_fifo("from.fifo", "g", "1").await;
    stage.pipe("p", "from.fifo", true).await;
    let (bodies, end) = stage.batch().await;
    assert_eq!(bodies, ["1"]);
    end.send(start()).unwrap();
    settle().await;
    stage.world.send_fifo("from.fifo", "g", "2").await;
    stage.world.send_fifo("from.fifo", "h", "3").await;
    assert_eq!(stage.batch().await.0, ["3"], "other groups go on");
    stage.advance(59).await;
    let mut stage = stage.killed(&journal).await;
    let (bodies, end) = stage.batch().await;
    assert_eq!(bodies, ["3"], "what nobody holds comes again");
    end.send(PipeStep::End(AttemptOutcome::Succeeded)).unwrap();
    assert!(!stage.has_batch().await, "the execution still runs");
    stage.advance(1).await;
    assert_eq!(stage.batch().await.0, ["2"]);
}
