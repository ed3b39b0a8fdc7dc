//! Back to what a stack was before an update that failed, and down to nothing.

use bongsu_aws_api::cloudformation::StackRefusal;
use bongsu_template::{DeletionPolicy, Resource, Stack};

use super::engine::{Engine, Failure, Report, definition, site};
use super::record::{EventStatus, Record, ResourceRecord, Undo};
use super::status::{ResourceStatus, StackStatus};

impl Engine {
    /// Sets back what was changed, the last first. What was made goes after that, because others may have used it.
    pub(super) async fn go_back(&self, record: &Record, report: &mut Report) -> Result<(), StackRefusal> {
        let name = &record.name;
        let (from, to) = match self.both(record) {
            Ok(both) => both,
            // What cannot be read was not deployed: the rollback is from nothing.
            Err(reason) => match record.deployed.as_ref().map(|source| self.read(name, &record.id, source)) {
                Some(Ok(from)) => (from, Stack::default()),
                _ => return self.becomes(name, StackStatus::UpdateRollbackFailed, Some(&reason)).await,
            },
        };
        let mut failed: Vec<&str> = Vec::new();
        for known in record.resources.iter().rev() {
            let is_skipped = record.operation.skipped.contains(&known.logical_id);
            let undone = match (&known.undo, from.resource(&known.logical_id)) {
                (Some(Undo::Updated | Undo::Replaced { .. }), Some(_)) if is_skipped => Ok(()),
                (Some(undo @ (Undo::Updated | Undo::Replaced { .. })), Some(before)) => {
                    self.set_back(name, known, undo, before, to.resource(&known.logical_id)).await?
                }
                _ => continue,
            };
            let (status, reason) = match &undone {
                Ok(()) => (ResourceStatus::UpdateComplete, None),
                Err(reason) => (ResourceStatus::UpdateFailed, Some(reason.as_str())),
            };
            self.change(name, |record, stamp| {
                if let Some(current) = record.resource_mut(&known.logical_id)
                    && undone.is_ok()
                {
                    current.give_back();
                }
                record.resource_becomes(&known.logical_id, status, reason, stamp);
            })
            .await?;
            if let Err(reason) = undone {
                failed.push(&known.logical_id);
                let logical_id = Some(known.logical_id.clone());
                report.failure.get_or_insert(Failure { logical_id, reason });
            }
        }
        if failed.is_empty() {
            return self.becomes(name, StackStatus::UpdateRollbackCleanup, None).await;
        }
        let reason = format!("The following resource(s) failed to update: [{}].", failed.join(", "));
        self.becomes(name, StackStatus::UpdateRollbackFailed, Some(&reason)).await
    }

    async fn set_back(
        &self,
        stack: &str,
        known: &ResourceRecord,
        undo: &Undo,
        before: &Resource,
        after: Option<&Resource>,
    ) -> Result<Result<(), String>, StackRefusal> {
        self.resource_becomes(stack, &known.logical_id, ResourceStatus::UpdateInProgress, None).await?;
        let Undo::Replaced { physical_id, .. } = undo else {
            let made = self.bring_about(stack, after, before).await?;
            if let Ok(made) = &made {
                self.change(stack, |record, _| {
                    if let Some(known) = record.resource_mut(&known.logical_id) {
                        known.attributes.extend(made.attributes.clone());
                    }
                })
                .await?;
            }
            return Ok(made.map(drop));
        };
        if *physical_id != known.physical_id {
            return Ok(Ok(()));
        }
        let record = self.registry().living(stack)?;
        if let Some(after) = after
            && let Err(reason) = self.provide().delete(after, known.physical_id.as_deref(), &site(&record)).await
        {
            return Ok(Err(reason));
        }
        Ok(self.bring_about(stack, None, before).await?.map(drop))
    }

    /// Deletes what the update had made, the last first. What cannot be deleted is told and left behind.
    pub(super) async fn clean_up_after_rollback(
        &self,
        record: &Record,
        report: &mut Report,
    ) -> Result<(), StackRefusal> {
        let to = record.target.as_ref().map(|source| self.read(&record.name, &record.id, source));
        for known in record.resources.iter().rev() {
            let Some(Ok(to)) = &to else { break };
            let Some(resource) = to.resource(&known.logical_id) else { continue };
            let (physical_id, drops) = match &known.undo {
                Some(Undo::Created) => (known.physical_id.clone(), true),
                Some(Undo::Restored { physical_id }) => (physical_id.clone(), false),
                _ => continue,
            };
            let is_kept = drops && (known.adopted || matches!(resource.deletion_policy, DeletionPolicy::Retain));
            self.remove(&record.name, resource, physical_id, is_kept, drops, report).await?;
        }
        self.change(&record.name, |record, stamp| {
            record.target = None;
            // What failed before anything was done about it.
            record.resources.retain(|known| known.status != ResourceStatus::CreateFailed);
            record.resources.iter_mut().for_each(|known| known.undo = None);
            record.becomes(StackStatus::UpdateRollbackComplete, None, stamp);
        })
        .await
    }

    /// Deletes what a stack is made of, the last first: because making it failed, or because it is to be deleted.
    pub(super) async fn take_down(&self, record: &Record, report: &mut Report) -> Result<(), StackRefusal> {
        let (name, deletes) = (&record.name, record.status == StackStatus::DeleteInProgress);
        let failed_status = if deletes { StackStatus::DeleteFailed } else { StackStatus::RollbackFailed };
        let fail = |report: &mut Report, reason: &str| {
            report.failure.get_or_insert(Failure { logical_id: None, reason: reason.to_owned() });
        };
        if let Some(reason) = self.export_in_use(record).filter(|_| deletes) {
            fail(report, &reason);
            return self.becomes(name, failed_status, Some(&reason)).await;
        }
        let read = |source: &Option<super::record::Source>| {
            source.as_ref().map_or_else(|| Ok(Stack::default()), |source| self.read(name, &record.id, source))
        };
        let (from, to) = (read(&record.deployed), read(&record.target));
        let mut failed: Vec<&str> = Vec::new();
        for known in record.resources.iter().rev() {
            let is_newer = known.undo.is_some();
            let empty = Stack::default();
            let (from, to) = (from.as_ref().unwrap_or(&empty), to.as_ref().unwrap_or(&empty));
            let Some(resource) = definition(from, to, &known.logical_id, is_newer) else {
                failed.push(&known.logical_id);
                let reason = "its template can no longer be read";
                self.resource_becomes(name, &known.logical_id, ResourceStatus::DeleteFailed, Some(reason)).await?;
                continue;
            };
            if let Err(reason) = self.take_down_one(record, known, resource, from, report).await? {
                failed.push(&known.logical_id);
                report.failure.get_or_insert(Failure { logical_id: Some(known.logical_id.clone()), reason });
            }
        }
        if !failed.is_empty() {
            let reason = format!("The following resource(s) failed to delete: [{}]. ", failed.join(", "));
            return self.becomes(name, failed_status, Some(&reason)).await;
        }
        if deletes {
            let stamp = self.stamp();
            let buried = |record: &mut Record| {
                record.deleted_at = Some(stamp.at);
                (record.outputs, record.imports) = (Vec::new(), Vec::new());
                record.change_sets.clear();
                record.becomes(StackStatus::DeleteComplete, None, stamp);
            };
            return self.registry().bury(name, buried).await;
        }
        self.becomes(name, StackStatus::RollbackComplete, None).await
    }

    async fn take_down_one(
        &self,
        record: &Record,
        known: &ResourceRecord,
        resource: &Resource,
        from: &Stack,
        report: &mut Report,
    ) -> Result<Result<(), String>, StackRefusal> {
        let (name, id) = (&record.name, &known.logical_id);
        let rolls_back = record.status == StackStatus::RollbackInProgress;
        let is_kept = match resource.deletion_policy {
            DeletionPolicy::Delete => false,
            DeletionPolicy::RetainExceptOnCreate => !rolls_back,
            DeletionPolicy::Retain => !(rolls_back && record.operation.retain_except_on_create),
        };
        let untouched = known.status == ResourceStatus::CreateFailed && known.undo.is_none();
        if untouched || known.adopted || is_kept || record.operation.skipped.contains(id) {
            self.drop_record(name, id, ResourceStatus::DeleteSkipped).await?;
            return Ok(Ok(()));
        }
        self.resource_becomes(name, id, ResourceStatus::DeleteInProgress, None).await?;
        let current = self.registry().living(name)?;
        let mut gone = self.provide().delete(resource, known.physical_id.as_deref(), &site(&current)).await;
        // A rollback that failed left two of it.
        let other = match &known.undo {
            Some(Undo::Replaced { physical_id, .. } | Undo::Restored { physical_id }) => physical_id.as_deref(),
            _ => None,
        };
        if let (Some(other), Some(before), Ok(())) = (other, from.resource(id), &gone) {
            gone = self.provide().delete(before, Some(other), &site(&current)).await;
        }
        match gone {
            Ok(()) => {
                report.deleted.push(resource.clone());
                self.drop_record(name, id, ResourceStatus::DeleteComplete).await?;
                Ok(Ok(()))
            }
            Err(_) if record.operation.forced => {
                self.drop_record(name, id, ResourceStatus::DeleteSkipped).await?;
                Ok(Ok(()))
            }
            Err(reason) => {
                self.resource_becomes(name, id, ResourceStatus::DeleteFailed, Some(&reason)).await?;
                Ok(Err(reason))
            }
        }
    }

    async fn drop_record(&self, stack: &str, logical_id: &str, status: ResourceStatus) -> Result<(), StackRefusal> {
        self.change(stack, |record, stamp| {
            let Some(place) = record.resources.iter().position(|known| known.logical_id == logical_id) else { return };
            let known = record.resources.remove(place);
            let status = EventStatus::Resource(status);
            record.tell(known.logical_id, known.physical_id, known.type_name, status, None, stamp);
        })
        .await
    }

    /// Says so if another stack uses a value of this one.
    fn export_in_use(&self, record: &Record) -> Option<String> {
        self.registry().all_living().into_iter().filter(|other| other.name != record.name).find_map(|other| {
            let (used, _) = record.exports().find(|(name, _)| other.imports.iter().any(|import| import == name))?;
            Some(format!("Export {used} cannot be deleted as it is in use by {}", other.name))
        })
    }
}

impl ResourceRecord {
    /// The resource is again what it was before the update.
    fn give_back(&mut self) {
        self.undo = match self.undo.take() {
            Some(Undo::Replaced { physical_id, adopted }) if physical_id != self.physical_id => {
                self.adopted = adopted;
                let new = std::mem::replace(&mut self.physical_id, physical_id);
                Some(Undo::Restored { physical_id: new })
            }
            _ => None,
        };
    }
}
