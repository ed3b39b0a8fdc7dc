//! All workflows: machines, activities and executions, which of them is due, and what a replay has yet to put in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bongsu_states_language::{Definition, Kind};

use super::execution::KnownExecution;
use super::fact::{RecordedStep, WorkflowFact};
use super::map_runs::MapRuns;
use super::{Activity, ExecutionId, ExecutionStart, MachineAlias, MachineVersion, StateMachine};
use crate::function::Placed;
use crate::topic::schedule::Timers;
use crate::{Broker, Place, Text, Timestamp};

/// All workflows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workflows {
    pub(crate) machines: BTreeMap<Box<str>, KnownMachine>,
    pub(crate) revisions: BTreeMap<u128, Revision>,
    /// How many executions run, or ran, by a revision.
    pub(crate) uses: BTreeMap<u128, usize>,
    pub(crate) activities: BTreeMap<Box<str>, Placed<Activity>>,
    pub(crate) executions: BTreeMap<ExecutionId, Box<KnownExecution>>,
    /// By machine and name.
    pub(crate) by_name: BTreeMap<Box<str>, BTreeMap<Arc<str>, ExecutionId>>,
    /// By machine and time.
    pub(crate) by_time: BTreeMap<Box<str>, BTreeSet<(Timestamp, ExecutionId)>>,
    /// Which execution a task waits for.
    pub(crate) children: BTreeMap<(ExecutionId, u64), ExecutionId>,
    /// Of all executions.
    pub(crate) map_runs: MapRuns,
    /// Executions that have not ended.
    pub(crate) open: usize,
    pub(crate) timers: Timers<ExecutionId>,
    /// Of which nobody has heard from [`Broker::take_due_execution`] yet, with the time that it was due at.
    pub(crate) due: Timers<ExecutionId>,
    pub(crate) express: BTreeMap<ExecutionId, Express>,
    pub(crate) line: Line,
    /// Steps that a replay came to before those that went before them: cleaning had written these again further on.
    early: BTreeMap<ExecutionId, BTreeMap<u32, (RecordedStep, Place)>>,
}

/// One machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownMachine {
    /// Absent only during a replay, until it is read.
    pub(crate) current: Option<Placed<Arc<StateMachine>>>,
    /// The highest number that was given to a version.
    pub(crate) last_version: u32,
    pub(crate) versions: BTreeMap<u32, Placed<MachineVersion>>,
    pub(crate) aliases: BTreeMap<Box<str>, Placed<MachineAlias>>,
}

/// One revision of a machine, and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) machine: Arc<StateMachine>,
    /// Nothing if this version cannot read it, which an earlier one could.
    pub(crate) definition: Option<Arc<Definition>>,
    /// The newest record that holds it.
    pub(crate) place: Place,
}

impl PartialEq for Revision {
    fn eq(&self, other: &Revision) -> bool {
        self.machine == other.machine && self.place == other.place
    }
}

impl Eq for Revision {}

/// An express execution that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Express {
    pub(crate) start: ExecutionStart,
    pub(crate) place: Place,
}

/// Express executions that nobody runs yet. A restart lines up all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(pub(crate) VecDeque<ExecutionId>);

impl PartialEq for Line {
    fn eq(&self, _: &Line) -> bool {
        true
    }
}

impl Eq for Line {}

impl Workflows {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    pub(crate) fn is_needed(&self, revision: u128) -> bool {
        self.uses.contains_key(&revision) || self.is_named(revision)
    }

    /// Whether a machine has it now, or in one of its versions.
    pub(crate) fn is_named(&self, revision: u128) -> bool {
        let Some(known) = self.revisions.get(&revision) else { return false };
        let Some(machine) = self.machines.get(&known.machine.name) else { return false };
        machine.current.as_ref().is_some_and(|current| current.value.revision == revision)
            || machine.versions.values().any(|version| version.value.machine.revision == revision)
    }

    /// The facts that carry on what is still alive of one.
    pub(crate) fn still_needed(&self, fact: &WorkflowFact, place: Place) -> Option<WorkflowFact> {
        let same = |newest: Option<Place>| newest == Some(place);
        let is_alive = match fact {
            WorkflowFact::MachineSet { machine, .. } => {
                let known = self.machines.get(&machine.name);
                let current = known.and_then(|known| Some((known, known.current.as_ref()?)));
                return match current.filter(|(_, current)| current.place == place) {
                    Some((known, current)) => Some(WorkflowFact::MachineSet {
                        machine: (*current.value).clone(),
                        last_version: known.last_version,
                    }),
                    None => self.keep_revision(machine.revision, place),
                };
            }
            WorkflowFact::MachineVersionPublished { version } => {
                let machine = self.machines.get(&version.machine.name);
                let current = machine.and_then(|machine| machine.versions.get(&version.number));
                if !same(current.map(|current| current.place)) {
                    return self.keep_revision(version.machine.revision, place);
                }
                true
            }
            WorkflowFact::RevisionKept { machine } => return self.keep_revision(machine.revision, place),
            WorkflowFact::MachineAliasSet { machine, alias } => {
                let machine = self.machines.get(machine);
                same(machine.and_then(|machine| machine.aliases.get(&alias.name)).map(|alias| alias.place))
            }
            WorkflowFact::ActivityCreated { activity } => {
                same(self.activities.get(&activity.name).map(|activity| activity.place))
            }
            WorkflowFact::ExecutionStarted { id, .. } => same(self.step_place(*id, 0)),
            WorkflowFact::ExecutionStepped { id, number, .. } => same(self.step_place(*id, *number)),
            WorkflowFact::ExpressQueued { id, .. } => same(self.express.get(id).map(|express| express.place)),
            WorkflowFact::MachineDeleted { .. }
            | WorkflowFact::MachineVersionDeleted { .. }
            | WorkflowFact::MachineAliasDeleted { .. }
            | WorkflowFact::ActivityDeleted { .. }
            | WorkflowFact::ExecutionForgotten { .. }
            | WorkflowFact::ExpressEnded { .. } => false,
        };
        is_alive.then(|| fact.clone())
    }

    fn keep_revision(&self, revision: u128, place: Place) -> Option<WorkflowFact> {
        let known = self.revisions.get(&revision).filter(|known| known.place == place)?;
        self.uses.contains_key(&revision).then(|| WorkflowFact::RevisionKept { machine: (*known.machine).clone() })
    }

    fn step_place(&self, id: ExecutionId, number: u32) -> Option<Place> {
        Some(self.executions.get(&id)?.steps.get(number as usize)?.place)
    }
}

impl Broker {
    pub(crate) fn apply_workflow(&mut self, fact: &WorkflowFact, place: Place) {
        match fact {
            WorkflowFact::MachineSet { machine, last_version } => self.set_machine(machine, *last_version, place),
            WorkflowFact::MachineDeleted { name } => self.remove_machine(name),
            WorkflowFact::MachineVersionPublished { version } => self.publish_machine_version(version, place),
            WorkflowFact::MachineVersionDeleted { machine, number } => self.remove_machine_version(machine, *number),
            WorkflowFact::MachineAliasSet { machine, alias } => self.set_machine_alias(machine, alias, place),
            WorkflowFact::MachineAliasDeleted { machine, alias } => self.remove_machine_alias(machine, alias),
            WorkflowFact::RevisionKept { machine } => self.set_revision(&Arc::new(machine.clone()), place),
            WorkflowFact::ActivityCreated { activity } => {
                let placed = Placed { value: activity.clone(), place };
                self.workflows.activities.insert(activity.name.clone(), placed);
            }
            WorkflowFact::ActivityDeleted { name } => {
                let removed = self.workflows.activities.remove(name);
                assert!(removed.is_some() || self.replaying, "only an activity that is there is removed");
            }
            WorkflowFact::ExecutionStarted { id, start, step } => self.start_execution(*id, start, step, place),
            WorkflowFact::ExecutionStepped { id, number, step } => self.step_execution(*id, *number, step, place),
            WorkflowFact::ExecutionForgotten { id } => self.forget_execution(*id),
            WorkflowFact::ExpressQueued { id, start, .. } => self.queue_express(*id, start, place),
            WorkflowFact::ExpressEnded { id, .. } => self.end_express(*id),
        }
    }

    pub(crate) fn set_early(&mut self, id: ExecutionId, number: u32, step: &RecordedStep, place: Place) {
        self.assert_replaying();
        self.workflows.early.entry(id).or_default().insert(number, (step.clone(), place));
    }

    pub(crate) fn take_early(&mut self, id: ExecutionId, number: u32) -> Option<(RecordedStep, Place)> {
        let early = self.workflows.early.get_mut(&id)?;
        let found = early.remove(&number);
        if early.is_empty() {
            self.workflows.early.remove(&id);
        }
        found
    }

    fn queue_express(&mut self, id: ExecutionId, start: &ExecutionStart, place: Place) {
        self.hold_record(place, 1);
        let before = self.workflows.express.insert(id, Express { start: start.clone(), place });
        match before {
            // Written again by cleaning.
            Some(before) => self.forget_record(before.place),
            None => {
                *self.workflows.uses.entry(start.revision).or_default() += 1;
                self.workflows.line.0.push_back(id);
            }
        }
    }

    fn end_express(&mut self, id: ExecutionId) {
        let Some(ended) = self.workflows.express.remove(&id) else { return self.assert_replaying() };
        self.forget_record(ended.place);
        self.release_revision(ended.start.revision);
    }

    /// Express executions that nobody runs yet, at most `max`. Each is to be answered by `EndExpress`; those that are
    /// not when the process ends are run again, from the beginning, after its next start.
    pub fn take_express(&mut self, max: usize) -> Vec<(ExecutionId, Place)> {
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some(id) = self.workflows.line.0.pop_front()
        {
            taken.extend(self.workflows.express.get(&id).map(|express| (id, express.place)));
        }
        taken
    }

    /// Whether an express execution waits for somebody to run it.
    pub fn has_express(&self) -> bool {
        !self.workflows.line.0.is_empty()
    }

    /// Where an express execution's input lies now; `None` if it is gone.
    pub fn locate_express(&self, id: ExecutionId) -> Option<Place> {
        Some(self.workflows.express.get(&id)?.place)
    }

    /// The machine of a revision that something runs by, and what it means, if this version can read it.
    pub fn revision(&self, revision: u128) -> Option<(Arc<StateMachine>, Option<Arc<Definition>>)> {
        let known = self.workflows.revisions.get(&revision)?;
        Some((known.machine.clone(), known.definition.clone()))
    }

    pub(crate) fn finish_replay_of_workflows(&mut self) {
        // Of executions whose beginning is gone: they were forgotten.
        self.workflows.early.clear();
        self.finish_replay_of_executions();
        let incomplete = self.workflows.machines.iter().filter(|(_, machine)| machine.current.is_none());
        let incomplete: Vec<Box<str>> = incomplete.map(|(name, _)| name.clone()).collect();
        for name in incomplete {
            self.workflows.machines.remove(&name);
        }
        let revisions: Vec<u128> = self.workflows.revisions.keys().copied().collect();
        for revision in revisions {
            self.forget_unneeded_revision(revision);
        }
    }
}

/// Of a machine, what it says its executions are.
pub(crate) fn kind(machine: &StateMachine) -> Kind {
    if machine.express { Kind::Express } else { Kind::Standard }
}

/// Reads a definition that was read before.
pub(crate) fn read(machine: &StateMachine) -> Option<Arc<Definition>> {
    let text: &Text = &machine.definition;
    Definition::parse(text, kind(machine)).ok().map(Arc::new)
}
