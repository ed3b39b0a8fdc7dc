//! Machines, versions, aliases and activities: making, changing, telling and deleting them.

use std::ops::Bound;
use std::sync::Arc;

use bongsu_states_language::{Definition, invalid_definition};

use super::told;
use crate::workflow::state::{KnownMachine, kind};
use crate::{
    ACTIVITIES_MAX, Activity, Broker, Decision, Entropy, Fact, MACHINE_ALIASES_MAX, MACHINE_VERSIONS_MAX, MACHINES_MAX,
    MachineAlias, MachineDescription, MachineRef, MachineVersion, Rejection, Reply, StateMachine, Text, WorkflowFact,
    WorkflowRejection, WorkflowReply,
};

/// What is given of a machine: its definition, its role, and what the door keeps.
pub(super) type Given = (Option<Text>, Option<Box<str>>, Option<Box<str>>);

impl Broker {
    pub(super) fn decide_create_machine(
        &self,
        machine: StateMachine,
        publish: Option<Box<str>>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        check_definition(&machine)?;
        if let Some(known) = self.workflows.machines.get(&machine.name) {
            let current = known.current();
            // The role is no part of what a machine is.
            let is_same = (&current.definition, current.express, &current.details)
                == (&machine.definition, machine.express, &machine.details);
            if !is_same {
                return Err(WorkflowRejection::MachineAlreadyExists { arn: current.arn.clone() }.into());
            }
            let version = known.version_of(current.revision);
            return Ok(described(current.clone(), version));
        }
        if self.workflows.machines.len() >= MACHINES_MAX {
            return Err(WorkflowRejection::TooManyMachines.into());
        }
        let now = self.now();
        let machine = StateMachine { revision: entropy.next_uuid(), created_at: now, revised_at: now, ..machine };
        Ok(self.set_and_publish(machine, 0, publish))
    }

    pub(super) fn decide_update_machine(
        &self,
        name: &str,
        (definition, role, details): Given,
        publish: Option<Box<str>>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let known = self.machine(name)?;
        let current = &**known.current();
        let machine = StateMachine {
            definition: definition.unwrap_or_else(|| current.definition.clone()),
            role: role.unwrap_or_else(|| current.role.clone()),
            details: details.unwrap_or_else(|| current.details.clone()),
            ..current.clone()
        };
        check_definition(&machine)?;
        if machine == *current {
            return match publish {
                Some(description) => self.decide_publish_machine_version(name, None, description),
                None => Ok(described(known.current().clone(), None)),
            };
        }
        if publish.is_some() && known.versions.len() >= MACHINE_VERSIONS_MAX {
            return Err(WorkflowRejection::TooManyVersions.into());
        }
        let machine = StateMachine { revision: entropy.next_uuid(), revised_at: self.now(), ..machine };
        Ok(self.set_and_publish(machine, known.last_version, publish))
    }

    fn set_and_publish(&self, machine: StateMachine, last_version: u32, publish: Option<Box<str>>) -> Decision {
        let told = Arc::new(machine.clone());
        let number = last_version + 1;
        let (mut facts, version) = match publish {
            None => (Vec::new(), None),
            Some(description) => {
                let published_at = self.now();
                let version = MachineVersion { number, machine: machine.clone(), description, published_at };
                (vec![WorkflowFact::MachineVersionPublished { version }], Some(number))
            }
        };
        let last_version = version.unwrap_or(last_version);
        facts.insert(0, WorkflowFact::MachineSet { machine, last_version });
        let facts = facts.into_iter().map(|fact| Fact::Workflow { fact }).collect();
        Decision { facts, ..described(told, version) }
    }

    pub(super) fn decide_delete_machine(&self, name: Box<str>) -> Decision {
        match self.workflows.machines.contains_key(&name) {
            true => done(WorkflowFact::MachineDeleted { name }),
            false => Decision::reply(Reply::Done),
        }
    }

    pub(super) fn decide_describe_machine(&self, machine: &MachineRef) -> Result<Decision, Rejection> {
        let known = self.machine(&machine.name)?;
        let alias = machine.qualifier.as_ref().and_then(|qualifier| known.aliases.get(qualifier));
        let alias = alias.map(|alias| alias.value.clone());
        let (revision, version) = self.resolve_machine(machine, 0)?;
        let machine = self.workflows.revisions[&revision].machine.clone();
        let published = version.and_then(|version| known.versions.get(&version));
        let description = published.map(|version| version.value.description.clone());
        Ok(told(WorkflowReply::Machine(Box::new(MachineDescription { machine, version, description, alias }))))
    }

    pub(super) fn decide_list_machines(&self, after: Option<&str>, max: usize) -> Decision {
        let machines = self.workflows.machines.range::<str, _>(behind(after)).take(max);
        told(WorkflowReply::Machines(machines.map(|(_, known)| known.current().clone()).collect()))
    }

    pub(super) fn decide_publish_machine_version(
        &self,
        name: &str,
        revision: Option<u128>,
        description: Box<str>,
    ) -> Result<Decision, Rejection> {
        let known = self.machine(name)?;
        let current = known.current();
        if revision.is_some_and(|revision| revision != current.revision) {
            return Err(WorkflowRejection::RevisionChanged.into());
        }
        if let Some(number) = known.version_of(current.revision) {
            let version = known.versions[&number].value.clone();
            return Ok(told(WorkflowReply::Version(Box::new(version))));
        }
        if known.versions.len() >= MACHINE_VERSIONS_MAX {
            return Err(WorkflowRejection::TooManyVersions.into());
        }
        let number = known.last_version + 1;
        let version = MachineVersion { number, machine: (**current).clone(), description, published_at: self.now() };
        let reply = Reply::Workflow(WorkflowReply::Version(Box::new(version.clone())));
        Ok(Decision { reply, ..done(WorkflowFact::MachineVersionPublished { version }) })
    }

    pub(super) fn decide_delete_machine_version(&self, name: Box<str>, number: u32) -> Result<Decision, Rejection> {
        let known = self.workflows.machines.get(&name).filter(|known| known.versions.contains_key(&number));
        let Some(known) = known else { return Ok(Decision::reply(Reply::Done)) };
        let names_it = |alias: &MachineAlias| alias.routes.iter().any(|(version, _)| *version == number);
        if let Some((alias, _)) = known.aliases.iter().find(|(_, alias)| names_it(&alias.value)) {
            return Err(WorkflowRejection::VersionInUse { alias: alias.clone() }.into());
        }
        Ok(done(WorkflowFact::MachineVersionDeleted { machine: name, number }))
    }

    pub(super) fn decide_list_machine_versions(
        &self,
        name: &str,
        before: Option<u32>,
        max: usize,
    ) -> Result<Decision, Rejection> {
        let versions = self.machine(name)?.versions.range(..before.unwrap_or(u32::MAX)).rev().take(max);
        Ok(told(WorkflowReply::Versions(versions.map(|(_, version)| version.value.clone()).collect())))
    }

    pub(super) fn decide_put_machine_alias(
        &self,
        machine: Box<str>,
        alias: MachineAlias,
        replace: bool,
    ) -> Result<Decision, Rejection> {
        let known = self.machine(&machine)?;
        for (version, _) in &alias.routes {
            if !known.versions.contains_key(version) {
                let machine = format!("{machine}:{version}").into();
                return Err(WorkflowRejection::MachineDoesNotExist { machine }.into());
            }
        }
        let before = known.aliases.get(&alias.name).map(|before| &before.value);
        let created_at = match before {
            None if replace => return Err(WorkflowRejection::AliasDoesNotExist { alias: alias.name }.into()),
            None if known.aliases.len() >= MACHINE_ALIASES_MAX => return Err(WorkflowRejection::TooManyAliases.into()),
            None => self.now(),
            Some(before) if replace => before.created_at,
            Some(before) if (&before.description, &before.routes) == (&alias.description, &alias.routes) => {
                return Ok(told(WorkflowReply::Alias(before.clone())));
            }
            Some(_) => return Err(WorkflowRejection::AliasAlreadyExists { alias: alias.name }.into()),
        };
        let alias = MachineAlias { created_at, updated_at: self.now(), ..alias };
        let reply = Reply::Workflow(WorkflowReply::Alias(alias.clone()));
        Ok(Decision { reply, ..done(WorkflowFact::MachineAliasSet { machine, alias }) })
    }

    pub(super) fn decide_delete_machine_alias(
        &self,
        machine: Box<str>,
        alias: Box<str>,
    ) -> Result<Decision, Rejection> {
        match self.machine(&machine)?.aliases.contains_key(&alias) {
            true => Ok(done(WorkflowFact::MachineAliasDeleted { machine, alias })),
            false => Err(WorkflowRejection::AliasDoesNotExist { alias }.into()),
        }
    }

    pub(super) fn decide_list_machine_aliases(
        &self,
        machine: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<Decision, Rejection> {
        let aliases = self.machine(machine)?.aliases.range::<str, _>(behind(after)).take(max);
        Ok(told(WorkflowReply::Aliases(aliases.map(|(_, alias)| alias.value.clone()).collect())))
    }

    pub(super) fn decide_create_activity(&self, name: Box<str>) -> Result<Decision, Rejection> {
        if let Some(known) = self.workflows.activities.get(&name) {
            return Ok(told(WorkflowReply::Activity(known.value.clone())));
        }
        if self.workflows.activities.len() >= ACTIVITIES_MAX {
            return Err(WorkflowRejection::TooManyActivities.into());
        }
        let activity = Activity { name, created_at: self.now() };
        let reply = Reply::Workflow(WorkflowReply::Activity(activity.clone()));
        Ok(Decision { reply, ..done(WorkflowFact::ActivityCreated { activity }) })
    }

    pub(super) fn decide_delete_activity(&self, name: Box<str>) -> Decision {
        match self.workflows.activities.contains_key(&name) {
            true => done(WorkflowFact::ActivityDeleted { name }),
            false => Decision::reply(Reply::Done),
        }
    }

    pub(super) fn decide_describe_activity(&self, name: &str) -> Result<Decision, Rejection> {
        let missing = || WorkflowRejection::ActivityDoesNotExist { activity: name.into() };
        let known = self.workflows.activities.get(name).ok_or_else(missing)?;
        Ok(told(WorkflowReply::Activity(known.value.clone())))
    }

    pub(super) fn decide_list_activities(&self, after: Option<&str>, max: usize) -> Decision {
        let activities = self.workflows.activities.range::<str, _>(behind(after)).take(max);
        told(WorkflowReply::Activities(activities.map(|(_, activity)| activity.value.clone()).collect()))
    }
}

impl KnownMachine {
    /// The version that was published of a revision.
    fn version_of(&self, revision: u128) -> Option<u32> {
        let mut versions = self.versions.iter();
        versions.find(|(_, version)| version.value.machine.revision == revision).map(|(number, _)| *number)
    }
}

fn check_definition(machine: &StateMachine) -> Result<(), Rejection> {
    let read = Definition::parse(&machine.definition, kind(machine));
    let invalid = |diagnostics: Vec<_>| WorkflowRejection::DefinitionInvalid(invalid_definition(&diagnostics).into());
    read.map(drop).map_err(|diagnostics| invalid(diagnostics).into())
}

fn described(machine: Arc<StateMachine>, version: Option<u32>) -> Decision {
    told(WorkflowReply::Machine(Box::new(MachineDescription { machine, version, description: None, alias: None })))
}

fn done(fact: WorkflowFact) -> Decision {
    Decision::fact(Fact::Workflow { fact })
}

fn behind(after: Option<&str>) -> (Bound<&str>, Bound<&str>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}
