//! Pipes: has a door say what a batch comes to, has the broker do that together with the end of the batch, and the
//! doors' side of the shard.

use std::sync::Arc;

use bongsu_broker::{AttemptOutcome, Command, Pipe, PipeAction, PipeRun, PutWhen, Rejection, Reply};
use bongsu_journal::BoxFuture;

use crate::Received;
use crate::handle::{Handle, Refusal};
use crate::invocation::in_terms_of;

/// One batch of messages for a pipe.
pub struct PipeBatch {
    /// Which.
    pub pipe: Arc<Pipe>,
    /// The messages, in the order of the queue.
    pub messages: Vec<Received>,
}

/// What a batch has come to.
#[derive(Clone, Debug, PartialEq)]
pub enum PipeStep {
    /// It was worked on elsewhere, and has ended.
    End(AttemptOutcome),
    /// The broker is to do this and end the batch, both in one append. What it refuses fails its messages.
    Ask {
        /// What.
        action: Box<PipeAction>,
        /// The places of messages that failed already, by rising numbers.
        failed: Vec<usize>,
    },
}

/// Works on batches of pipes. A door implements it.
pub trait PipeRunner: Send + Sync + 'static {
    /// Filters and enriches a batch, and does or prepares what its target gets; always ends.
    fn run(&self, batch: PipeBatch) -> BoxFuture<'static, PipeStep>;

    /// The broker refused what was asked of it for some messages, or all.
    fn refused(&self, pipe: &Pipe, rejection: &Rejection);
}

/// Where no pipe leads anywhere: every batch fails.
pub struct NoPipes;

impl PipeRunner for NoPipes {
    fn run(&self, _: PipeBatch) -> BoxFuture<'static, PipeStep> {
        Box::pin(std::future::ready(PipeStep::End(AttemptOutcome::Failed)))
    }

    fn refused(&self, _: &Pipe, _: &Rejection) {}
}

/// Works on a batch in a task of its own, which comes back with what it has come to.
pub(crate) fn run(run: PipeRun, runner: Arc<dyn PipeRunner>, handle: Handle) {
    tokio::spawn(async move {
        let attempt = run.attempt;
        let outcome = match tokio::spawn(work(run, runner, handle.clone())).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return,
            // A bug in a door: its messages must not stay hidden until the next start.
            Err(_) => AttemptOutcome::Failed,
        };
        handle.tell(Command::EndAttempt { attempt, outcome }).await;
    });
}

/// How the attempt is to end, unless it has.
async fn work(run: PipeRun, runner: Arc<dyn PipeRunner>, handle: Handle) -> Option<AttemptOutcome> {
    let PipeRun { attempt, pipe, deliveries } = run;
    let handed_out: Vec<_> = deliveries.iter().map(|delivery| delivery.handle).collect();
    let Ok(messages) = handle.with_contents(deliveries).await else { return Some(AttemptOutcome::Failed) };
    if messages.is_empty() {
        return Some(AttemptOutcome::Failed);
    }
    let had: Vec<_> = messages.iter().map(|message| message.delivery.handle).collect();
    let (action, failed) = match runner.run(PipeBatch { pipe: pipe.clone(), messages }).await {
        PipeStep::End(outcome) => return Some(in_terms_of(&handed_out, &had, outcome)),
        // Some were gone by the time that they were read: the places are not those that the broker knows.
        PipeStep::Ask { .. } if had.len() != handed_out.len() => return Some(AttemptOutcome::Failed),
        PipeStep::Ask { action, failed } => (*action, failed),
    };
    let conclude = Command::ConcludeAttempt { attempt, action, failed, holds: pipe.holds };
    match handle.ask(conclude, None).await {
        Ok(Reply::Concluded { refused: Some(rejection) }) => {
            runner.refused(&pipe, &rejection);
            None
        }
        Err(Refusal::Rejected(rejection)) => {
            runner.refused(&pipe, &rejection);
            Some(AttemptOutcome::Failed)
        }
        // Done; or the shard is gone, and the messages come again.
        _ => None,
    }
}

impl Handle {
    /// Makes a pipe what is given.
    pub async fn put_pipe(&self, pipe: Pipe, when: PutWhen) -> Result<Arc<Pipe>, Refusal> {
        self.ask_pipe(Command::PutPipe { pipe, when }).await
    }

    /// Deletes a pipe. Executions that hold messages for it go on, and let go of them at their end.
    pub async fn delete_pipe(&self, name: &str) -> Result<(), Refusal> {
        self.ask_done(Command::DeletePipe { name: name.into() }).await
    }

    /// A pipe by its name.
    pub async fn describe_pipe(&self, name: &str) -> Result<Arc<Pipe>, Refusal> {
        self.ask_pipe(Command::DescribePipe { name: name.into() }).await
    }

    /// All pipes, by name.
    pub async fn pipes(&self) -> Result<Vec<Arc<Pipe>>, Refusal> {
        match self.ask(Command::ListPipes, None).await? {
            Reply::Pipes(pipes) => Ok(pipes),
            other => unreachable!("ListPipes answered {other:?}"),
        }
    }

    async fn ask_pipe(&self, command: Command) -> Result<Arc<Pipe>, Refusal> {
        match self.ask(command, None).await? {
            Reply::Pipe(pipe) => Ok(pipe),
            other => unreachable!("a command about a pipe answered {other:?}"),
        }
    }
}
