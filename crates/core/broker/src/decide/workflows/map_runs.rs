//! Runs of distributed maps: telling about them, and changing those that go on.

use bongsu_states_language::{Input, MapRunChange};

use super::told;
use crate::{
    Broker, Decision, Entropy, ExecutionId, MapRunDescription, Rejection, Reply, Timestamp, WorkflowRejection,
    WorkflowReply,
};

impl Broker {
    pub(super) fn decide_describe_map_run(&self, id: u128) -> Result<Decision, Rejection> {
        let found = self.workflows.map_runs.get(id);
        let (execution, summary) = found.ok_or(WorkflowRejection::MapRunDoesNotExist)?;
        let execution = self.described_execution(execution)?;
        let description = MapRunDescription { summary: summary.clone(), execution };
        Ok(told(WorkflowReply::MapRun(Box::new(description))))
    }

    pub(super) fn decide_list_map_runs(
        &self,
        id: ExecutionId,
        after: Option<(Timestamp, u128)>,
        max: usize,
    ) -> Result<Decision, Rejection> {
        let runs = self.workflows.map_runs.of(id, after).take(max).cloned().collect();
        Ok(told(WorkflowReply::MapRuns(runs)))
    }

    pub(super) fn decide_change_map_run(
        &self,
        id: u128,
        change: MapRunChange,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (execution, _) = self.workflows.map_runs.get(id).ok_or(WorkflowRejection::MapRunDoesNotExist)?;
        match self.one_step(execution, &Input::ChangeMapRun { run: id, change }, Reply::Done, entropy) {
            Err(Rejection::Workflow(WorkflowRejection::ExecutionNotRunning)) => {
                Err(WorkflowRejection::MapRunDoesNotGoOn.into())
            }
            other => other,
        }
    }
}
