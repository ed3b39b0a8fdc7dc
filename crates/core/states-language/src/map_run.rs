//! Runs of distributed Maps, as `DescribeMapRun` tells of them.

use std::sync::Arc;

use crate::Timestamp;
use crate::definition::{Definition, StateKind};
use crate::intrinsic::uuid_text;
use crate::strand::{Phase, Strand};
use crate::wire::{wire_enum, wire_struct};

wire_struct! {
    /// One run of a distributed Map.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MapRun {
        /// The last part of its ARN, as a number.
        pub id: u128,
        /// The Map.
        pub state: Arc<str>,
        /// The part of its ARN that names the Map: its `Label`, or its name.
        pub label: Arc<str>,
        /// How far it is.
        pub status: MapRunStatus,
        /// How many children run at once.
        pub concurrency_max: u32,
        /// How many failures are tolerated.
        pub tolerated_failure_count: u32,
        /// How many failures are tolerated, in percent.
        pub tolerated_failure_percentage: u32,
        /// Children that have not begun.
        pub pending: u32,
        /// Children that run.
        pub running: u32,
        /// Children that have ended well.
        pub succeeded: u32,
        /// Children that have failed.
        pub failed: u32,
        /// Children that were given up.
        pub aborted: u32,
        /// Since when.
        pub started_at: Timestamp,
        /// When it ended.
        pub stopped_at: Option<Timestamp>,
    }
}

wire_enum! {
    /// How far a run is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum MapRunStatus {
        /// It runs.
        0 => Running,
        /// It ended well.
        1 => Succeeded,
        /// More failed than is tolerated.
        2 => Failed,
        /// It was given up.
        3 => Aborted,
    }
}

/// What is to be another in a run that goes on; what is not given stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MapRunChange {
    /// How many children run at once; 0 asks for no limit.
    pub concurrency_max: Option<u32>,
    /// How many failures are tolerated.
    pub tolerated_failure_count: Option<u32>,
    /// How many failures are tolerated, in percent.
    pub tolerated_failure_percentage: Option<u32>,
}

impl MapRun {
    /// What there is to tell of a strand, if it is at a distributed Map.
    pub(crate) fn of(definition: &Definition, strand: &Strand) -> Option<MapRun> {
        let Phase::Children(children) = &strand.phase else { return None };
        let run = children.run.as_ref()?;
        let state = definition.state(strand.state);
        let StateKind::Map(map) = &state.work else { return None };
        Some(MapRun {
            id: run.id,
            state: state.name.clone(),
            label: map.label.as_deref().map_or_else(|| state.name.clone(), Arc::from),
            status: MapRunStatus::Running,
            concurrency_max: children.concurrency,
            tolerated_failure_count: run.tolerated_count.unwrap_or(0),
            tolerated_failure_percentage: run.tolerated_percentage.unwrap_or(0),
            pending: children.count - children.begun,
            running: children.running,
            succeeded: children.succeeded,
            failed: children.failed,
            aborted: 0,
            started_at: run.started_at,
            stopped_at: None,
        })
    }

    /// The run when it has ended: what still ran was given up.
    pub(crate) fn ended(self, status: MapRunStatus, now: Timestamp) -> MapRun {
        MapRun { status, running: 0, aborted: self.running, stopped_at: Some(now), ..self }
    }

    /// What the last part of the ARN of a child's execution is: unique as the run's own, and found from it.
    pub fn child_name(&self, index: u32) -> String {
        uuid_text(self.id.wrapping_add(1 + u128::from(index)))
    }

    /// Which child it is whose execution has this name.
    pub fn child_named(&self, name: u128) -> Option<u32> {
        let index = name.wrapping_sub(self.id).checked_sub(1)?;
        u32::try_from(index).ok().filter(|index| *index < self.total())
    }

    /// All children, whether they have begun or not.
    pub fn total(&self) -> u32 {
        self.pending + self.running + self.succeeded + self.failed + self.aborted
    }

    /// Its ARN, of the machine's.
    pub fn arn(&self, machine_arn: &str) -> String {
        arn(machine_arn, &self.label, self.id)
    }
}

/// `arn:aws:states:<region>:<account>:mapRun:<machine>/<label>:<uuid>`
pub(crate) fn arn(machine_arn: &str, label: &str, id: u128) -> String {
    format!("{}/{label}:{}", machine_arn.replacen(":stateMachine:", ":mapRun:", 1), uuid_text(id))
}
