//! Runs of distributed maps: what the steps of executions say of them, kept as long as those.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_states_language::{MapRun, MapRunStatus};

use super::ExecutionId;
use super::command::MapRunSummary;
use crate::Timestamp;

/// All runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MapRuns {
    by_id: BTreeMap<u128, (ExecutionId, MapRunSummary)>,
    /// In the order in which an execution began them.
    by_execution: BTreeSet<(ExecutionId, Timestamp, u128)>,
}

impl MapRuns {
    /// Takes over how a run stands after a step that was made then.
    pub(crate) fn set(&mut self, execution: ExecutionId, run: &MapRun, at: Timestamp) {
        let known = self.by_id.get(&run.id).map(|(_, known)| known);
        let is_redriven =
            run.status == MapRunStatus::Running && known.is_some_and(|known| known.run.status != MapRunStatus::Running);
        let (redrives, redriven_at) = known.map_or((0, None), |known| (known.redrives, known.redriven_at));
        let (redrives, redriven_at) = if is_redriven { (redrives + 1, Some(at)) } else { (redrives, redriven_at) };
        self.by_id.insert(run.id, (execution, MapRunSummary { run: run.clone(), redrives, redriven_at }));
        self.by_execution.insert((execution, Timestamp(run.started_at.0), run.id));
    }

    pub(crate) fn get(&self, id: u128) -> Option<(ExecutionId, &MapRunSummary)> {
        self.by_id.get(&id).map(|(execution, summary)| (*execution, summary))
    }

    /// The run that has a child of this name.
    pub(crate) fn of_child(&self, name: u128) -> Option<u128> {
        let (id, (_, summary)) = self.by_id.range(..name).next_back()?;
        summary.run.child_named(name).map(|_| *id)
    }

    /// Those of an execution that began after one.
    pub(crate) fn of(
        &self,
        execution: ExecutionId,
        after: Option<(Timestamp, u128)>,
    ) -> impl Iterator<Item = &MapRunSummary> {
        let (at, id) = after.map_or((Timestamp(0), None), |(at, id)| (at, Some(id)));
        let from = (execution, at, id.unwrap_or(0));
        let to = (execution, Timestamp(u64::MAX), u128::MAX);
        let found = self.by_execution.range(from..=to).filter(move |entry| id.is_none() || **entry != from);
        found.filter_map(|(_, _, id)| self.by_id.get(id)).map(|(_, summary)| summary)
    }

    /// With the execution its runs are forgotten.
    pub(crate) fn forget(&mut self, execution: ExecutionId) {
        let range = (execution, Timestamp(0), 0)..=(execution, Timestamp(u64::MAX), u128::MAX);
        let gone: Vec<_> = self.by_execution.range(range).copied().collect();
        for entry in gone {
            self.by_execution.remove(&entry);
            self.by_id.remove(&entry.2);
        }
    }
}
