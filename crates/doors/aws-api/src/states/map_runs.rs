//! Runs of distributed maps and the executions of their children, as answers tell them.

use bongsu_broker::{MapRunDescription, execution_arn};
use bongsu_runtime::MapRunChild;
use bongsu_states_language::{MapRun, MapRunStatus};

use super::arn;
use super::rejection::{refused, rejected};
use crate::error::ApiError;
use crate::operation::Context;

/// The execution of a child, by its ARN: `execution:MACHINE/LABEL:NAME`.
pub(super) struct ChildArn<'a> {
    machine: &'a str,
    label: &'a str,
    name: u128,
}

impl Context<'_> {
    /// The run that an ARN names.
    pub(super) async fn map_run(&self, text: &str) -> Result<MapRunDescription, ApiError> {
        let missing = || rejected(bongsu_broker::WorkflowRejection::MapRunDoesNotExist, text);
        let (machine, label, id) = match arn::parts(text)?[..] {
            ["mapRun", place, id] => {
                let (machine, label) = place.split_once('/').ok_or_else(missing)?;
                (machine, label, uuid(id).ok_or_else(missing)?)
            }
            ref other => return Err(arn::wrong_type(other)),
        };
        let described = self.broker.describe_map_run(id).await.map_err(|refusal| refused(refusal, text))?;
        match is_of(&described, machine, label) {
            true => Ok(described),
            false => Err(missing()),
        }
    }

    /// The run of a child, and how that stands.
    pub(super) async fn map_child(
        &self,
        child: &ChildArn<'_>,
        text: &str,
    ) -> Result<(MapRunDescription, MapRunChild), ApiError> {
        let missing = || rejected(bongsu_broker::WorkflowRejection::ExecutionDoesNotExist, text);
        let described = self.broker.find_map_child(child.name).await.map_err(|refusal| refused(refusal, text))?;
        if !is_of(&described, child.machine, child.label) {
            return Err(missing());
        }
        let index = described.summary.run.child_named(child.name).ok_or_else(missing)?;
        let children = self.broker.map_run_children(&described).await?;
        let found = children.into_iter().find(|known| known.child.index == index && has_begun(known));
        Ok((described, found.ok_or_else(missing)?))
    }

    pub(super) fn map_run_arn(&self, described: &MapRunDescription) -> String {
        described.summary.run.arn(&self.machine_arn(&described.execution.summary.start.machine.name))
    }

    /// The ARN of the execution that a run is part of.
    pub(super) fn parent_arn(&self, described: &MapRunDescription) -> String {
        let summary = &described.execution.summary;
        match &described.execution.machine {
            Some(machine) => execution_arn(machine, &summary.start.name, summary.id),
            None => super::executions::arn_of(summary, None, self),
        }
    }

    /// The ARNs of a child's machine and execution: a machine that is named after the run.
    pub(super) fn child_arns(&self, described: &MapRunDescription, child: &MapRunChild) -> (String, String) {
        let run = &described.summary.run;
        let machine = self.machine_of_run(&described.execution.summary.start.machine.name, run);
        let name = run.child_name(child.child.index);
        let execution = format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1));
        (machine, execution)
    }

    pub(super) fn machine_of_run(&self, machine: &str, run: &MapRun) -> String {
        format!("{}/{}", self.machine_arn(machine), run.label)
    }
}

/// What an ARN says, if it is that of a child's execution.
pub(super) fn child(text: &str) -> Result<Option<ChildArn<'_>>, ApiError> {
    let ["execution", place, name] = arn::parts(text)?[..] else { return Ok(None) };
    let Some((machine, label)) = place.split_once('/') else { return Ok(None) };
    let missing = || rejected(bongsu_broker::WorkflowRejection::ExecutionDoesNotExist, text);
    Ok(Some(ChildArn { machine, label, name: uuid(name).ok_or_else(missing)? }))
}

/// What is told of a child's execution, and what can be asked of it, is less than of others.
pub(super) fn refuse_child(text: &str) -> Result<(), ApiError> {
    match child(text)? {
        Some(_) => Err(arn::invalid_arn(
            "The child of a distributed map is part of the execution that started it: DescribeExecution and \
             ListExecutions tell of it, and nothing else can be asked",
        )),
        None => Ok(()),
    }
}

/// Whether the child is an execution by now.
pub(super) fn has_begun(child: &MapRunChild) -> bool {
    child.child.status != bongsu_states_language::Status::NotStarted
}

/// As AWS spells it.
pub(super) fn status(run: &MapRun) -> &'static str {
    match run.status {
        MapRunStatus::Running => "RUNNING",
        MapRunStatus::Succeeded => "SUCCEEDED",
        MapRunStatus::Failed => "FAILED",
        MapRunStatus::Aborted => "ABORTED",
    }
}

fn is_of(described: &MapRunDescription, machine: &str, label: &str) -> bool {
    &*described.execution.summary.start.machine.name == machine && &*described.summary.run.label == label
}

/// The number that is written as a UUID.
fn uuid(text: &str) -> Option<u128> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let is_uuid = groups == [8, 4, 4, 4, 12];
    is_uuid.then(|| u128::from_str_radix(&text.replace('-', ""), 16).ok()).flatten()
}
