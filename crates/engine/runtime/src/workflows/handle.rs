//! The doors' side of the shard, for workflows.

use bongsu_broker::{
    Command, ExecutionDescription, ExecutionId, Place, Reply, StartedExecution, WorkflowCommand, WorkflowReply,
};
use tokio::sync::oneshot;

use crate::handle::{Handle, Refusal, Request, Revision};

impl Handle {
    /// Asks something about workflows. Nothing is told for what has nothing to tell.
    pub async fn workflow(&self, command: WorkflowCommand) -> Result<Option<WorkflowReply>, Refusal> {
        match self.ask(Command::Workflow(Box::new(command)), None).await? {
            Reply::Workflow(reply) => Ok(Some(reply)),
            Reply::Done => Ok(None),
            other => unreachable!("a workflow's command answered {other:?}"),
        }
    }

    /// Begins an execution: durable when this returns. One that runs by the same name and with the same input is found.
    pub async fn start_execution(&self, command: WorkflowCommand) -> Result<StartedExecution, Refusal> {
        match self.workflow(command).await? {
            Some(WorkflowReply::Started(started)) => Ok(*started),
            other => unreachable!("StartExecution answered {other:?}"),
        }
    }

    /// Everything about an execution but its texts.
    pub async fn describe_execution(&self, id: ExecutionId) -> Result<ExecutionDescription, Refusal> {
        self.execution(WorkflowCommand::DescribeExecution { id }).await
    }

    /// Everything but its texts about the execution of that name.
    pub async fn find_execution(&self, machine: &str, name: &str) -> Result<ExecutionDescription, Refusal> {
        self.execution(WorkflowCommand::FindExecution { machine: machine.into(), name: name.into() }).await
    }

    async fn execution(&self, command: WorkflowCommand) -> Result<ExecutionDescription, Refusal> {
        match self.workflow(command).await? {
            Some(WorkflowReply::Execution(described)) => Ok(*described),
            other => unreachable!("DescribeExecution answered {other:?}"),
        }
    }

    /// A revision's machine, and what it means.
    pub(crate) async fn revision(&self, revision: u128) -> Result<Option<Revision>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Revision { revision, reply }).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    pub(crate) async fn locate_express(&self, id: ExecutionId) -> Result<Option<Place>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::LocateExpress { id, reply }).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }
}
