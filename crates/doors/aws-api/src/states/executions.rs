//! Executions as answers tell them.

use bongsu_broker::{
    ExecutionDescription, ExecutionStart, ExecutionSummary, StateMachine, Timestamp, WorkflowCommand, WorkflowReply,
    execution_arn,
};
use bongsu_states_language::Status;

use super::arn::{self, ExecutionArn};
use super::map_runs;
use super::rejection::refused;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// The input that an execution has to which none is given.
pub(super) const NO_INPUT: &str = "{}";

impl Context<'_> {
    pub(super) async fn execution(&self, arn: &str) -> Result<ExecutionDescription, ApiError> {
        map_runs::refuse_child(arn)?;
        let ExecutionArn { machine, name } = arn::execution(arn)?;
        self.broker.find_execution(&machine, &name).await.map_err(|refusal| refused(refusal, arn))
    }

    /// When something that was asked about an execution took place.
    pub(super) async fn told_time(&self, command: WorkflowCommand, arn: &str) -> Result<Timestamp, ApiError> {
        match self.broker.workflow(command).await.map_err(|refusal| refused(refusal, arn))? {
            Some(WorkflowReply::At(at)) => Ok(at),
            _ => Err(ApiError::internal_failure()),
        }
    }
}

/// The ARN of an execution whose machine may be gone.
pub(super) fn arn_of(summary: &ExecutionSummary, machine: Option<&StateMachine>, cx: &Context<'_>) -> String {
    match machine {
        Some(machine) => execution_arn(machine, &summary.start.name, summary.id),
        None => {
            let machine = cx.machine_arn(&summary.start.machine.name).replacen(":stateMachine:", ":execution:", 1);
            format!("{machine}:{}", summary.start.name)
        }
    }
}

/// The ARNs of the version and of the alias that an execution was started by, if it was.
pub(super) fn qualified(start: &ExecutionStart, machine_arn: &str) -> (Option<String>, Option<String>) {
    let Some(qualifier) = &start.machine.qualifier else { return (None, None) };
    let arn = Some(format!("{machine_arn}:{qualifier}"));
    match qualifier.parse::<u32>() {
        Ok(_) => (arn, None),
        Err(_) => (None, arn),
    }
}

/// Whether an execution can be taken up again, and why not.
pub(super) fn redrivable(status: Status) -> (&'static str, Option<&'static str>) {
    match status {
        Status::NotStarted | Status::Running => ("NOT_REDRIVABLE", Some("Execution is RUNNING and cannot be redriven")),
        Status::Succeeded => ("NOT_REDRIVABLE", Some("Execution is SUCCEEDED and cannot be redriven")),
        Status::Failed | Status::TimedOut | Status::Aborted => ("REDRIVABLE", None),
    }
}

/// The statuses that lists can be asked for.
pub(super) const STATUSES: [(&str, Option<Status>); 6] = [
    ("RUNNING", Some(Status::Running)),
    ("SUCCEEDED", Some(Status::Succeeded)),
    ("FAILED", Some(Status::Failed)),
    ("TIMED_OUT", Some(Status::TimedOut)),
    ("ABORTED", Some(Status::Aborted)),
    // Only children of distributed maps are, which no list of a machine's has.
    ("PENDING_REDRIVE", None),
];

/// A JSON text that is given to an execution.
pub(super) fn input(given: Option<Text<'_>>, cx: &Context<'_>) -> bongsu_broker::Text {
    given.map_or_else(|| bongsu_broker::Text::from(NO_INPUT), |input| cx.share(input))
}
