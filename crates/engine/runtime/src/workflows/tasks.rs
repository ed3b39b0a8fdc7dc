//! One task of an execution: has a door say what it means, does that, and tells the shard how it ended.

use std::sync::Arc;

use bongsu_broker::{
    Command, ExecutionInput, Rejection, Reply, TaskAction, TaskCall, TaskWork, Text, WorkflowCommand, WorkflowReply,
};
use bongsu_journal::BoxFuture;
use bongsu_states_language::{Pattern, Resource};
use tracing::debug;

use crate::handle::{Handle, Refusal};

/// What a task means.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskStep {
    /// The broker is to do this; how it ends is decided together with it.
    Ask(Box<TaskAction>),
    /// It was done elsewhere, and has ended.
    End(TaskEnd),
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// With this JSON.
    Succeeded(Text),
    /// With an error's name and what is said about it.
    Failed {
        /// As retriers and catchers name it.
        error: Text,
        /// For people.
        cause: Text,
    },
}

/// Does what tasks ask for. A door implements it.
pub trait TaskRunner: Send + Sync + 'static {
    /// Does what is asked for, or says what the broker is to do; always ends.
    fn run(&self, call: TaskCall) -> BoxFuture<'static, TaskStep>;

    /// The error's name and cause when the broker refused what a task asked of it.
    fn refused(&self, action: &TaskAction, rejection: &Rejection) -> TaskEnd;
}

/// Where nothing can be called: every task fails.
pub struct NoTasks;

impl TaskRunner for NoTasks {
    fn run(&self, _: TaskCall) -> BoxFuture<'static, TaskStep> {
        Box::pin(std::future::ready(TaskStep::End(failed("nothing can be called from here"))))
    }

    fn refused(&self, _: &TaskAction, _: &Rejection) -> TaskEnd {
        failed("the broker refused")
    }
}

/// As of an error that has no name of its own.
pub(crate) fn failed(cause: &str) -> TaskEnd {
    TaskEnd::Failed { error: Text::from("States.TaskFailed"), cause: Text::from(cause) }
}

/// Does a task, in a task of its own.
pub(crate) fn start(call: TaskCall, runner: Arc<dyn TaskRunner>, handle: Handle) {
    if let TaskWork::Call { resource: Resource::Activity { arn }, .. } = &call.work {
        let arn = arn.clone();
        return handle.activities.offer(&arn, call);
    }
    let (id, task) = (call.execution, call.task);
    handle.open_tasks.open(id, task);
    tokio::spawn(async move {
        let waits_for_token = pattern(&call.work) == Some(Pattern::WaitForTaskToken);
        let step = runner.run(call).await;
        handle.open_tasks.close(id, task);
        let end = match step {
            TaskStep::End(end) => end,
            TaskStep::Ask(action) => {
                let task = Some((id, task));
                let command = WorkflowCommand::CarryOut { task, action: (*action).clone() };
                match handle.ask(Command::Workflow(Box::new(command)), None).await {
                    Ok(Reply::Workflow(WorkflowReply::CarriedOut(Err(rejection)))) => {
                        runner.refused(&action, &rejection)
                    }
                    // The disk is full: as with any other call that was refused, the machine says what happens then.
                    Err(Refusal::Rejected(rejection @ Rejection::StorageFull)) => runner.refused(&action, &rejection),
                    // Done; or the task has ended meanwhile; or the shard is gone, and the task comes again.
                    _ => return,
                }
            }
        };
        let input = match end {
            TaskEnd::Succeeded(output) if waits_for_token => ExecutionInput::TaskSubmitted { task, output },
            TaskEnd::Succeeded(output) => ExecutionInput::TaskSucceeded { task, output },
            TaskEnd::Failed { error, cause } => {
                debug!(task, %error, "a task failed");
                ExecutionInput::TaskFailed { task, error: Some(error), cause: Some(cause) }
            }
        };
        // Whatever room there is: a task whose end is not noted would never end.
        handle.tell(Command::Workflow(Box::new(WorkflowCommand::Step { id, input }))).await;
    });
}

impl Handle {
    /// Does a task whose end the shard is not told: of an express execution, or of none.
    pub async fn run_task(&self, call: TaskCall) -> TaskEnd {
        let action = match self.tasks.run(call).await {
            TaskStep::End(end) => return end,
            TaskStep::Ask(action) => action,
        };
        let command = WorkflowCommand::CarryOut { task: None, action: (*action).clone() };
        match self.ask(Command::Workflow(Box::new(command)), None).await {
            Ok(Reply::Workflow(WorkflowReply::CarriedOut(Ok(result)))) => TaskEnd::Succeeded(result),
            Ok(Reply::Workflow(WorkflowReply::CarriedOut(Err(rejection)))) => self.tasks.refused(&action, &rejection),
            Err(Refusal::Rejected(rejection)) => self.tasks.refused(&action, &rejection),
            _ => failed("the server is stopping"),
        }
    }
}

/// How a task waits.
pub(crate) fn pattern(work: &TaskWork) -> Option<Pattern> {
    match work {
        TaskWork::Call { resource, .. } => Some(resource.pattern()),
        TaskWork::ReadItems { .. } | TaskWork::WriteResults { .. } => None,
    }
}
