//! Runs of distributed maps: what their children did, read from the steps of the execution that they are part of.

use std::collections::BTreeSet;
use std::sync::Arc;

use bongsu_broker::{ExecutionId, MapRunDescription, MapRunSummary, Timestamp, WorkflowCommand, WorkflowReply};
use bongsu_journal::ReadError;
use bongsu_states_language::{MapChild, MapChildren, PayloadId, Status};

use super::history::STEPS_A_READ;
use crate::contents::LOCATE_TRIES;
use crate::handle::{Handle, Refusal};

/// A child of a run, and how much of it that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRunChild {
    /// How it stands.
    pub child: MapChild,
    /// On how many items it works: those of its batch.
    pub items: u32,
}

/// How many items of a run stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MapRunItems {
    /// Those of children that have not begun.
    pub pending: u64,
    /// Those of children that run.
    pub running: u64,
    /// Those of children that have ended well.
    pub succeeded: u64,
    /// Those of children that have failed.
    pub failed: u64,
    /// Those of children that were given up.
    pub aborted: u64,
    /// Whether the results of all were written by a ResultWriter.
    pub are_written: bool,
}

/// What a child began with and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRunChildTexts {
    /// Its input.
    pub input: Option<Arc<str>>,
    /// Its output, if it has succeeded.
    pub output: Option<Arc<str>>,
}

impl Handle {
    /// A run with the execution that it is part of.
    pub async fn describe_map_run(&self, id: u128) -> Result<MapRunDescription, Refusal> {
        self.map_run(WorkflowCommand::DescribeMapRun { id }).await
    }

    /// The run, one of whose children has an execution of this name.
    pub async fn find_map_child(&self, name: u128) -> Result<MapRunDescription, Refusal> {
        self.map_run(WorkflowCommand::FindMapChild { name }).await
    }

    /// The runs of an execution, in the order in which they began, at most `max`, after `after`.
    pub async fn map_runs(
        &self,
        id: ExecutionId,
        after: Option<(Timestamp, u128)>,
        max: usize,
    ) -> Result<Vec<MapRunSummary>, Refusal> {
        match self.workflow(WorkflowCommand::ListMapRuns { id, after, max }).await? {
            Some(WorkflowReply::MapRuns(runs)) => Ok(runs),
            other => unreachable!("ListMapRuns answered {other:?}"),
        }
    }

    async fn map_run(&self, command: WorkflowCommand) -> Result<MapRunDescription, Refusal> {
        match self.workflow(command).await? {
            Some(WorkflowReply::MapRun(described)) => Ok(*described),
            other => unreachable!("DescribeMapRun answered {other:?}"),
        }
    }

    /// All children of a run, in order.
    pub async fn map_run_children(&self, described: &MapRunDescription) -> Result<Vec<MapRunChild>, Refusal> {
        let children = self.unknown_children(described).await?;
        Ok(self.read_children(described, children).await?.0)
    }

    /// How many items of a run stand how. Only where children have batches, or results are written, are steps read for
    /// it.
    pub async fn map_run_items(&self, described: &MapRunDescription) -> Result<MapRunItems, Refusal> {
        let (children, run) = (self.unknown_children(described).await?, &described.summary.run);
        if !children.is_batched() && !children.has_writer() {
            let [pending, running, succeeded, failed, aborted] =
                [run.pending, run.running, run.succeeded, run.failed, run.aborted].map(u64::from);
            return Ok(MapRunItems { pending, running, succeeded, failed, aborted, are_written: false });
        }
        let (children, are_written) = self.read_children(described, children).await?;
        let mut counts = MapRunItems { are_written, ..MapRunItems::default() };
        for MapRunChild { child, items } in children {
            let count = match child.status {
                Status::NotStarted => &mut counts.pending,
                Status::Running => &mut counts.running,
                Status::Succeeded => &mut counts.succeeded,
                Status::Failed | Status::TimedOut => &mut counts.failed,
                Status::Aborted => &mut counts.aborted,
            };
            *count += u64::from(items);
        }
        Ok(counts)
    }

    /// The children of whom nothing is told yet.
    async fn unknown_children(&self, described: &MapRunDescription) -> Result<MapChildren, Refusal> {
        match self.revision(described.execution.summary.start.revision).await? {
            Some((_, Some(definition))) => Ok(MapChildren::new(&described.summary.run, &definition)),
            _ => Err(Refusal::Unavailable),
        }
    }

    /// With whether their results are written.
    async fn read_children(
        &self,
        described: &MapRunDescription,
        children: MapChildren,
    ) -> Result<(Vec<MapRunChild>, bool), Refusal> {
        let (mut described, id) = (described.clone(), described.summary.run.id);
        for _ in 0..LOCATE_TRIES {
            match self.children(&described, children.clone()).await {
                Ok(children) => return Ok(children),
                // Cleaning has written a step again further on.
                Err(ReadError::Gone { .. }) => described = self.describe_map_run(id).await?,
                Err(_) => return Err(Refusal::Unavailable),
            }
        }
        Err(Refusal::Unavailable)
    }

    async fn children(
        &self,
        described: &MapRunDescription,
        mut children: MapChildren,
    ) -> Result<(Vec<MapRunChild>, bool), ReadError> {
        let steps = &described.execution.steps;
        for some in steps.chunks(STEPS_A_READ) {
            self.read_steps(some).await?.iter().for_each(|step| children.take(step));
        }
        let (found, are_written): (Vec<MapChild>, bool) = (children.children().collect(), children.are_written());
        if !children.is_batched() {
            return Ok((found.into_iter().map(|child| MapRunChild { child, items: 1 }).collect(), are_written));
        }
        let inputs: BTreeSet<PayloadId> = found.iter().map(|child| child.input).collect();
        let texts = self.read_texts(steps, inputs.into_iter()).await?;
        let items = |child: &MapChild| texts.get(&child.input).map_or(0, |input| MapChildren::items(input));
        Ok((found.into_iter().map(|child| MapRunChild { items: items(&child), child }).collect(), are_written))
    }

    /// Input and output of a child of a run.
    pub async fn map_child_texts(
        &self,
        described: &MapRunDescription,
        child: &MapChild,
    ) -> Result<MapRunChildTexts, Refusal> {
        let mut described = described.clone();
        for _ in 0..LOCATE_TRIES {
            let wanted = [Some(child.input), child.output].into_iter().flatten();
            match self.read_texts(&described.execution.steps, wanted).await {
                Ok(texts) => {
                    let text = |id: PayloadId| texts.get(&id).cloned();
                    return Ok(MapRunChildTexts { input: text(child.input), output: child.output.and_then(text) });
                }
                Err(ReadError::Gone { .. }) => described = self.describe_map_run(described.summary.run.id).await?,
                Err(_) => return Err(Refusal::Unavailable),
            }
        }
        Err(Refusal::Unavailable)
    }
}
