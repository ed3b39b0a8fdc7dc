//! Machines, their versions and aliases: how facts change them.

use std::sync::Arc;

use super::state::{KnownMachine, Revision, read};
use super::{MachineAlias, MachineRef, MachineVersion, StateMachine};
use crate::function::Placed;
use crate::{Broker, Place, Rejection, WorkflowRejection};

impl KnownMachine {
    pub(crate) fn current(&self) -> &Arc<StateMachine> {
        &self.current.as_ref().expect("only a replay sees a machine without its newest revision").value
    }
}

impl Broker {
    pub(crate) fn machine(&self, name: &str) -> Result<&KnownMachine, Rejection> {
        let missing = || WorkflowRejection::MachineDoesNotExist { machine: name.into() };
        Ok(self.workflows.machines.get(name).ok_or_else(missing)?)
    }

    /// The revision that one execution gets, and the version if one was meant; `roll` decides where an alias shares
    /// them out.
    pub(crate) fn resolve_machine(&self, machine: &MachineRef, roll: u64) -> Result<(u128, Option<u32>), Rejection> {
        let known = self.machine(&machine.name)?;
        let Some(qualifier) = &machine.qualifier else { return Ok((known.current().revision, None)) };
        let missing =
            || WorkflowRejection::MachineDoesNotExist { machine: format!("{}:{qualifier}", machine.name).into() };
        let number = match qualifier.parse::<u32>() {
            Ok(number) => number,
            Err(_) => known.aliases.get(qualifier).ok_or_else(missing)?.value.version_of(roll),
        };
        let version = known.versions.get(&number).ok_or_else(missing)?;
        Ok((version.value.machine.revision, Some(number)))
    }

    pub(crate) fn set_machine(&mut self, machine: &StateMachine, last_version: u32, place: Place) {
        let machine = Arc::new(machine.clone());
        let known = self.workflows.machines.entry(machine.name.clone()).or_default();
        known.last_version = known.last_version.max(last_version);
        let before = known.current.replace(Placed { value: machine.clone(), place });
        self.set_revision(&machine, place);
        if let Some(before) = before.filter(|before| before.value.revision != machine.revision) {
            self.forget_unneeded_revision(before.value.revision);
        }
    }

    pub(crate) fn set_revision(&mut self, machine: &Arc<StateMachine>, place: Place) {
        let known = self.workflows.revisions.remove(&machine.revision);
        let definition = known.and_then(|known| known.definition).or_else(|| read(machine));
        let revision = Revision { machine: machine.clone(), definition, place };
        self.workflows.revisions.insert(machine.revision, revision);
    }

    pub(crate) fn remove_machine(&mut self, name: &str) {
        let Some(removed) = self.workflows.machines.remove(name) else { return self.assert_replaying() };
        let versions = removed.versions.into_values().map(|version| version.value.machine.revision);
        let revisions: Vec<u128> =
            removed.current.map(|current| current.value.revision).into_iter().chain(versions).collect();
        revisions.into_iter().for_each(|revision| self.forget_unneeded_revision(revision));
    }

    pub(crate) fn publish_machine_version(&mut self, version: &MachineVersion, place: Place) {
        let known = self.workflows.machines.entry(version.machine.name.clone()).or_default();
        known.last_version = known.last_version.max(version.number);
        known.versions.insert(version.number, Placed { value: version.clone(), place });
        self.set_revision(&Arc::new(version.machine.clone()), place);
    }

    pub(crate) fn remove_machine_version(&mut self, machine: &str, number: u32) {
        let known = self.workflows.machines.get_mut(machine);
        match known.and_then(|known| known.versions.remove(&number)) {
            Some(removed) => self.forget_unneeded_revision(removed.value.machine.revision),
            None => self.assert_replaying(),
        }
    }

    pub(crate) fn set_machine_alias(&mut self, machine: &str, alias: &MachineAlias, place: Place) {
        let known = self.workflows.machines.entry(machine.into()).or_default();
        known.aliases.insert(alias.name.clone(), Placed { value: alias.clone(), place });
    }

    pub(crate) fn remove_machine_alias(&mut self, machine: &str, alias: &str) {
        let known = self.workflows.machines.get_mut(machine);
        if known.and_then(|known| known.aliases.remove(alias)).is_none() {
            self.assert_replaying();
        }
    }

    /// An execution by this revision is forgotten.
    pub(crate) fn release_revision(&mut self, revision: u128) {
        if let Some(uses) = self.workflows.uses.get_mut(&revision) {
            *uses -= 1;
            if *uses == 0 {
                self.workflows.uses.remove(&revision);
            }
        }
        self.forget_unneeded_revision(revision);
    }

    /// During a replay who needs it may come later.
    pub(crate) fn forget_unneeded_revision(&mut self, revision: u128) {
        if !self.replaying && !self.workflows.is_needed(revision) {
            self.workflows.revisions.remove(&revision);
        }
    }
}

impl MachineAlias {
    /// The version that a roll of the dice means.
    pub(crate) fn version_of(&self, roll: u64) -> u32 {
        let mut rest = roll % 100;
        for (version, weight) in &self.routes {
            let weight = u64::from(*weight);
            if rest < weight {
                return *version;
            }
            rest -= weight;
        }
        self.routes.last().map_or(0, |(version, _)| *version)
    }
}
