//! From what a stack is to what it is to become: creates, updates and replaces, then deletes what is left over.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_aws_api::cloudformation::StackRefusal;
use bongsu_template::{Action, Definition, DeletionPolicy, Resource, Stack};

use super::engine::{Engine, Failure, Report, site};
use super::provide::{Fault, Made};
use super::record::{EventStatus, OnFailure, OutputRecord, Record, ResourceRecord, Source, Undo};
use super::status::{ResourceStatus, StackStatus};

const REPLACED: &str = "Requested update requires the creation of a new physical resource; hence creating one.";
const CANCELLED: &str = "Resource update cancelled";

impl Engine {
    /// Makes and changes resources in order. The first that fails ends that, and all is brought back.
    pub(super) async fn go_forward(&self, record: &Record, report: &mut Report) -> Result<(), StackRefusal> {
        let creates = record.status == StackStatus::CreateInProgress;
        let failure = match self.both(record) {
            Ok((from, to)) => match self.check(record, &to) {
                Ok(()) => match self.change_all(record, &from, &to, report).await? {
                    None => match self.outputs(&record.name, &to)? {
                        Ok(outputs) => return self.succeed(record, &to, outputs, creates).await,
                        Err(reason) => Failure { logical_id: None, reason },
                    },
                    Some(failure) => failure,
                },
                Err(failure) => {
                    // Nothing was begun, so no event of the resource says why.
                    let id = failure.logical_id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
                    let reason = format!("{id}{}", failure.reason);
                    return self.turn_back(record, failure, &reason, report).await;
                }
            },
            Err(reason) => Failure { logical_id: None, reason },
        };
        let reason = match &failure.logical_id {
            Some(id) => {
                format!("The following resource(s) failed to {}: [{id}].", if creates { "create" } else { "update" })
            }
            None => failure.reason.clone(),
        };
        self.turn_back(record, failure, &reason, report).await
    }

    /// The stack goes on to what was asked for in case it fails.
    async fn turn_back(
        &self,
        record: &Record,
        failure: Failure,
        reason: &str,
        report: &mut Report,
    ) -> Result<(), StackRefusal> {
        report.failure.get_or_insert(failure);
        let creates = record.status == StackStatus::CreateInProgress;
        let next = match (creates, record.operation.on_failure) {
            (false, _) => StackStatus::UpdateRollbackInProgress,
            (true, OnFailure::RollBack) => StackStatus::RollbackInProgress,
            (true, OnFailure::Delete) => StackStatus::DeleteInProgress,
            (true, OnFailure::DoNothing) => StackStatus::CreateFailed,
        };
        self.becomes(&record.name, next, Some(reason)).await
    }

    /// What is wrong although the template is right, before anything is made.
    pub(super) fn check(&self, record: &Record, to: &Stack) -> Result<(), Failure> {
        let of = |logical_id: Option<&str>, reason| Failure { logical_id: logical_id.map(str::to_owned), reason };
        for resource in &to.resources {
            let checked = self.provide().check(resource, &site(record));
            checked.map_err(|Fault { logical_id, reason }| {
                of(Some(logical_id.as_deref().unwrap_or(&resource.logical_id)), reason)
            })?;
        }
        self.check_exports(record, to).map_err(|reason| of(None, reason))
    }

    fn check_exports(&self, record: &Record, to: &Stack) -> Result<(), String> {
        let others: Vec<_> =
            self.registry().all_living().into_iter().filter(|other| other.name != record.name).collect();
        let exports: BTreeSet<&str> = to.outputs.iter().filter_map(|output| output.export.as_deref()).collect();
        for other in &others {
            if let Some((name, _)) = other.exports().find(|(name, _)| exports.contains(name)) {
                return Err(format!("Export with name {name} is already exported by stack {}", other.name));
            }
            let is_missed = |name: &str| !exports.contains(name) && other.imports.iter().any(|import| import == name);
            if let Some((name, _)) = record.exports().find(|(name, _)| is_missed(name)) {
                return Err(format!("Export {name} cannot be deleted as it is in use by {}", other.name));
            }
        }
        Ok(())
    }

    async fn change_all(
        &self,
        record: &Record,
        from: &Stack,
        to: &Stack,
        report: &mut Report,
    ) -> Result<Option<Failure>, StackRefusal> {
        let mut replaced: BTreeSet<&str> = BTreeSet::new();
        let tags =
            |source: &Option<Source>| source.as_ref().map(|source| source.labels.tags.clone()).unwrap_or_default();
        let is_retagged = tags(&record.deployed) != tags(&record.target);
        let mut retold = BTreeSet::new();
        for change in bongsu_template::plan(from, to) {
            let Some(resource) = to.resource(&change.logical_id) else { continue };
            let before = from.resource(&change.logical_id);
            if self.cancelled().contains(&record.name) {
                return Ok(Some(Failure { logical_id: None, reason: CANCELLED.to_owned() }));
            }
            let told = self.told(&record.name, &resource.logical_id)?;
            let rests_on_new = resource.depends_on.iter().any(|id| replaced.contains(id.as_str()));
            let action = match change.action {
                Action::None => bongsu_template::follow(resource, &retold),
                action => action,
            };
            let done = match (&action, before) {
                (Action::Create, _) | (_, None) => self.create(&record.name, resource).await?,
                (Action::Replace, Some(before)) => {
                    replaced.insert(&resource.logical_id);
                    self.replace(&record.name, before, resource).await?
                }
                (Action::Update, Some(before)) => self.update(&record.name, before, resource).await?,
                (Action::None, Some(before)) if rests_on_new || (is_retagged && takes_tags(resource)) => {
                    self.update(&record.name, before, resource).await?
                }
                (Action::None, Some(before)) if record.operation.adopts => {
                    let is_another = self.bring_up_to_date(&record.name, before, resource).await?;
                    if matches!(is_another, Ok((true, _))) {
                        replaced.insert(&resource.logical_id);
                    }
                    is_another.map(|(_, made)| made)
                }
                (Action::None | Action::Delete, _) => continue,
            };
            match done {
                Ok(made) => {
                    report.made.insert(resource.logical_id.clone(), made);
                    let now = self.told(&record.name, &resource.logical_id)?;
                    let others = now.into_iter().filter(|(name, value)| told.get(name) != Some(value));
                    retold.extend(others.map(|(name, _)| (resource.logical_id.clone(), name)));
                }
                Err(reason) => return Ok(Some(Failure { logical_id: Some(resource.logical_id.clone()), reason })),
            }
        }
        Ok(None)
    }

    /// What `Fn::GetAtt` gives now.
    fn told(&self, stack: &str, logical_id: &str) -> Result<BTreeMap<String, String>, StackRefusal> {
        let record = self.registry().living(stack)?;
        Ok(record.resource(logical_id).map(|known| known.attributes.clone()).unwrap_or_default())
    }

    async fn create(&self, stack: &str, resource: &Resource) -> Result<Result<Made, String>, StackRefusal> {
        let record = self.registry().living(stack)?;
        let exists = match self.provide().exists(resource, &site(&record)).await {
            Ok(exists) => exists,
            Err(reason) => return self.fail_to_create(stack, resource, reason).await,
        };
        if exists && !record.operation.adopts {
            let id = resource.physical_id.as_deref().unwrap_or(&resource.logical_id);
            let reason = format!("Resource of type '{}' with identifier '{id}' already exists.", resource.type_name);
            return self.fail_to_create(stack, resource, reason).await;
        }
        self.begin(stack, resource, exists, Some(Undo::Created)).await?;
        let made = self.bring_about(stack, None, resource).await?;
        self.end(stack, resource, made, ResourceStatus::CreateComplete, ResourceStatus::CreateFailed).await
    }

    /// It is told, and not touched.
    async fn fail_to_create(
        &self,
        stack: &str,
        resource: &Resource,
        reason: String,
    ) -> Result<Result<Made, String>, StackRefusal> {
        self.begin(stack, resource, true, None).await?;
        self.resource_becomes(stack, &resource.logical_id, ResourceStatus::CreateFailed, Some(&reason)).await?;
        Ok(Err(reason))
    }

    /// Written before it is done, so that whoever finds it knows what may have been made.
    async fn begin(
        &self,
        stack: &str,
        resource: &Resource,
        adopted: bool,
        undo: Option<Undo>,
    ) -> Result<(), StackRefusal> {
        self.change(stack, |record, stamp| {
            record.resources.retain(|known| known.logical_id != resource.logical_id);
            record.resources.push(ResourceRecord {
                logical_id: resource.logical_id.clone(),
                type_name: resource.type_name.to_owned(),
                physical_id: resource.physical_id.clone(),
                attributes: resource.attributes.clone(),
                status: ResourceStatus::CreateInProgress,
                reason: None,
                at: stamp.at,
                adopted,
                undo,
            });
            record.resource_becomes(&resource.logical_id, ResourceStatus::CreateInProgress, None, stamp);
        })
        .await
    }

    async fn update(
        &self,
        stack: &str,
        before: &Resource,
        resource: &Resource,
    ) -> Result<Result<Made, String>, StackRefusal> {
        self.change(stack, |record, stamp| {
            if let Some(known) = record.resource_mut(&resource.logical_id) {
                known.undo = Some(Undo::Updated);
            }
            record.resource_becomes(&resource.logical_id, ResourceStatus::UpdateInProgress, None, stamp);
        })
        .await?;
        let made = self.bring_about(stack, Some(before), resource).await?;
        self.end(stack, resource, made, ResourceStatus::UpdateComplete, ResourceStatus::UpdateFailed).await
    }

    /// Brings a resource about of which the template says what it said before, and tells whether another took its place.
    async fn bring_up_to_date(
        &self,
        stack: &str,
        before: &Resource,
        resource: &Resource,
    ) -> Result<Result<(bool, Made), String>, StackRefusal> {
        let made = self.bring_about(stack, Some(before), resource).await?;
        let record = self.registry().living(stack)?;
        let (Some(known), Ok(new)) = (record.resource(&resource.logical_id), &made) else {
            return Ok(made.map(|made| (false, made)));
        };
        let is_another = new.physical_id.is_some() && new.physical_id != known.physical_id;
        let is_retold = new.attributes.iter().any(|(name, value)| known.attributes.get(name) != Some(value));
        if !is_another && !is_retold {
            return Ok(made.map(|made| (false, made)));
        }
        let ended = self.end(stack, resource, made, ResourceStatus::UpdateComplete, ResourceStatus::UpdateFailed);
        Ok(ended.await?.map(|made| (is_another, made)))
    }

    /// Makes the new one; the one before goes when everything else has succeeded.
    async fn replace(
        &self,
        stack: &str,
        before: &Resource,
        resource: &Resource,
    ) -> Result<Result<Made, String>, StackRefusal> {
        let record = self.registry().living(stack)?;
        let known = record.resource(&resource.logical_id);
        let old_id = known.and_then(|known| known.physical_id.clone());
        let is_same = resource.physical_id.is_some() && resource.physical_id == old_id;
        let fault = if is_same && holds_something(&resource.definition) {
            let id = old_id.as_deref().unwrap_or_default();
            Some(format!(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {id} and \
                 update the stack again."
            ))
        } else if is_same || record.operation.adopts {
            None
        } else {
            match self.provide().exists(resource, &site(&record)).await {
                Ok(false) => None,
                Ok(true) => {
                    let id = resource.physical_id.as_deref().unwrap_or(&resource.logical_id);
                    Some(format!("Resource of type '{}' with identifier '{id}' already exists.", resource.type_name))
                }
                Err(reason) => Some(reason),
            }
        };
        if let Some(reason) = fault {
            self.resource_becomes(stack, &resource.logical_id, ResourceStatus::UpdateFailed, Some(&reason)).await?;
            return Ok(Err(reason));
        }
        self.change(stack, |record, stamp| {
            if let Some(known) = record.resource_mut(&resource.logical_id) {
                known.undo = Some(Undo::Replaced { physical_id: old_id.clone(), adopted: known.adopted });
                known.physical_id.clone_from(&resource.physical_id);
                known.attributes.clone_from(&resource.attributes);
                known.adopted = false;
            }
            let status = ResourceStatus::UpdateInProgress;
            record.resource_becomes(&resource.logical_id, status, Some(REPLACED), stamp);
        })
        .await?;
        if is_same {
            let record = self.registry().living(stack)?;
            if let Err(reason) = self.provide().delete(before, old_id.as_deref(), &site(&record)).await {
                self.resource_becomes(stack, &resource.logical_id, ResourceStatus::UpdateFailed, Some(&reason)).await?;
                return Ok(Err(reason));
            }
        }
        let made = self.bring_about(stack, None, resource).await?;
        self.end(stack, resource, made, ResourceStatus::UpdateComplete, ResourceStatus::UpdateFailed).await
    }

    pub(super) async fn bring_about(
        &self,
        stack: &str,
        before: Option<&Resource>,
        resource: &Resource,
    ) -> Result<Result<Made, String>, StackRefusal> {
        let record = self.registry().living(stack)?;
        Ok(self.provide().bring_about(before, resource, &site(&record)).await)
    }

    async fn end(
        &self,
        stack: &str,
        resource: &Resource,
        made: Result<Made, String>,
        complete: ResourceStatus,
        failed: ResourceStatus,
    ) -> Result<Result<Made, String>, StackRefusal> {
        self.change(stack, |record, stamp| {
            if let (Some(known), Ok(made)) = (record.resource_mut(&resource.logical_id), &made) {
                if made.physical_id.is_some() {
                    known.physical_id.clone_from(&made.physical_id);
                }
                known.attributes.extend(made.attributes.clone());
            }
            let (status, reason) = match &made {
                Ok(_) => (complete, None),
                Err(reason) => (failed, Some(reason.as_str())),
            };
            record.resource_becomes(&resource.logical_id, status, reason, stamp);
        })
        .await?;
        Ok(made)
    }

    /// What the template's outputs are, now that everything is made.
    fn outputs(&self, stack: &str, to: &Stack) -> Result<Result<Vec<OutputRecord>, String>, StackRefusal> {
        let record = self.registry().living(stack)?;
        let output = |output: &bongsu_template::Output| {
            let (name, description) = (output.name.clone(), output.description.clone());
            let value = site(&record).resolve(&output.value)?;
            Ok(OutputRecord { name, value, description, export: output.export.clone() })
        };
        Ok(to.outputs.iter().map(output).collect())
    }

    /// Everything is made; what is left over may go now.
    async fn succeed(
        &self,
        record: &Record,
        to: &Stack,
        outputs: Vec<OutputRecord>,
        creates: bool,
    ) -> Result<(), StackRefusal> {
        let current = self.registry().living(&record.name)?;
        let is_left_over = |known: &ResourceRecord| {
            matches!(known.undo, Some(Undo::Replaced { .. })) || to.resource(&known.logical_id).is_none()
        };
        let next = if creates {
            StackStatus::CreateComplete
        } else if current.resources.iter().any(is_left_over) {
            StackStatus::UpdateCleanup
        } else {
            StackStatus::UpdateComplete
        };
        self.change(&record.name, |record, stamp| {
            record.outputs = outputs;
            record.imports = to.imports.iter().cloned().collect();
            if !creates {
                record.updated_at = Some(stamp.at);
            }
            if next != StackStatus::UpdateCleanup {
                record.settle();
            }
            record.becomes(next, None, stamp);
        })
        .await
    }

    /// Deletes what the new template no longer names, and the ones before of what was replaced. What cannot be deleted is
    /// told and left behind.
    pub(super) async fn clean_up(&self, record: &Record, report: &mut Report) -> Result<(), StackRefusal> {
        let stacks = self.both(record);
        for known in record.resources.iter().rev() {
            let Ok((from, to)) = &stacks else { break };
            let Some(before) = from.resource(&known.logical_id) else { continue };
            let (physical_id, adopted, policy) = match &known.undo {
                Some(Undo::Replaced { physical_id, .. }) if *physical_id == known.physical_id => continue,
                Some(Undo::Replaced { physical_id, adopted }) => {
                    (physical_id.clone(), *adopted, &before.update_replace_policy)
                }
                _ if to.resource(&known.logical_id).is_none() => {
                    (known.physical_id.clone(), known.adopted, &before.deletion_policy)
                }
                _ => continue,
            };
            let is_kept = adopted || !matches!(policy, DeletionPolicy::Delete);
            let drops = to.resource(&known.logical_id).is_none();
            self.remove(&record.name, before, physical_id, is_kept, drops, report).await?;
        }
        self.change(&record.name, |record, stamp| {
            record.settle();
            record.becomes(StackStatus::UpdateComplete, None, stamp);
        })
        .await
    }

    /// Deletes one that is left over, and its record if `drops`.
    pub(super) async fn remove(
        &self,
        stack: &str,
        resource: &Resource,
        physical_id: Option<String>,
        is_kept: bool,
        drops: bool,
        report: &mut Report,
    ) -> Result<(), StackRefusal> {
        let (id, type_name) = (resource.logical_id.clone(), resource.type_name.to_owned());
        let (status, reason) = if is_kept {
            (ResourceStatus::DeleteSkipped, None)
        } else {
            let in_progress = EventStatus::Resource(ResourceStatus::DeleteInProgress);
            let (id, type_name, physical) = (id.clone(), type_name.clone(), physical_id.clone());
            self.change(stack, |record, stamp| record.tell(id, physical, type_name, in_progress, None, stamp)).await?;
            let record = self.registry().living(stack)?;
            match self.provide().delete(resource, physical_id.as_deref(), &site(&record)).await {
                Ok(()) => (ResourceStatus::DeleteComplete, None),
                Err(reason) => (ResourceStatus::DeleteFailed, Some(reason)),
            }
        };
        if status == ResourceStatus::DeleteComplete {
            report.deleted.push(resource.clone());
        }
        self.change(stack, |record, stamp| {
            if drops {
                record.resources.retain(|known| known.logical_id != id);
            } else if let Some(known) = record.resource_mut(&id) {
                known.undo = None;
            }
            record.tell(id, physical_id, type_name, EventStatus::Resource(status), reason.as_deref(), stamp);
        })
        .await
    }
}

impl Record {
    /// The target is what the stack is from here on.
    fn settle(&mut self) {
        self.deployed = self.target.take().or(self.deployed.take());
        self.resources.iter_mut().for_each(|resource| resource.undo = None);
    }
}

/// Whether the stack's own tags are the resource's too.
fn takes_tags(resource: &Resource) -> bool {
    matches!(resource.definition, Definition::Function(_))
}

/// Whether something would be lost with the one before, when the new one takes its name.
fn holds_something(definition: &Definition) -> bool {
    matches!(definition, Definition::Queue(_) | Definition::Topic(_) | Definition::Bucket(_) | Definition::Function(_))
}
