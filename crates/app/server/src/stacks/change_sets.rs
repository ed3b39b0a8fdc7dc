//! Change sets: deployments that are worked out, looked at, and then executed or forgotten.

use bongsu_aws_api::cloudformation::shapes::{
    Change, ChangeDetail, ChangeSetDescription, ChangeTarget, ResourceChange,
};
use bongsu_aws_api::cloudformation::{ChangeSetRequest, ExecuteOptions, StackRefusal};
use bongsu_template::{Action, Resource, Stack};

use super::engine::Engine;
use super::record::{ChangeSet, OnFailure, Operation, Record};
use super::requests::{check_settled, on_failure};
use super::status::StackStatus;
use super::view;

/// How many change sets a stack has at most.
const CHANGE_SETS_MAX: usize = 100;

/// The words that tools look for.
const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

impl Engine {
    /// Works out what a deployment would change, and keeps it.
    pub(super) async fn add_change_set(&self, request: ChangeSetRequest) -> Result<(String, String), StackRefusal> {
        let ChangeSetRequest { name, description, creates, deployment, on_failure: if_it_fails } = request;
        let known = match self.registry().living(&deployment.stack) {
            Err(_) if creates => self.begin_review(&deployment.stack).await?,
            known => known?,
        };
        if creates && known.status != StackStatus::ReviewInProgress {
            let text = format!(
                "Stack [{}] already exists and cannot be created again with the changeSet [{name}].",
                known.name
            );
            return Err(StackRefusal::Invalid(text));
        }
        if !creates {
            check_settled(&known)?;
        }
        if let Some(other) = known.change_set(&name) {
            let is_repeated = deployment.token.is_some() && other.token == deployment.token;
            let told = (other.id.clone(), known.id.clone());
            return if is_repeated { Ok(told) } else { Err(StackRefusal::ChangeSetExists(name)) };
        }
        let token = deployment.token.clone();
        let (source, to) = self.source(&known.name, &known.id, deployment, known.deployed.as_ref())?;
        let fault = if self.differs(&known, &source, &to)? { None } else { Some(NO_CHANGES.to_owned()) };
        let change_set = ChangeSet {
            id: self.arn("changeSet", &name),
            name,
            created_at: self.stamp().at,
            description,
            source,
            on_failure: if_it_fails.map(on_failure),
            fault,
            token,
        };
        let id = change_set.id.clone();
        let add = |record: &mut Record| {
            if record.change_sets.len() >= CHANGE_SETS_MAX {
                let text = format!("ChangeSet limit exceeded for stack {}: {CHANGE_SETS_MAX}", record.name);
                return Err(StackRefusal::TooMany(text));
            }
            record.change_sets.push(change_set);
            Ok(())
        };
        self.registry().change(&known.name, add).await?;
        Ok((id, known.id.clone()))
    }

    /// A stack that has nothing but a change set.
    async fn begin_review(&self, name: &str) -> Result<std::sync::Arc<Record>, StackRefusal> {
        let id = self.arn("stack", name);
        let record = Record::new(name, id, StackStatus::ReviewInProgress, self.stamp());
        self.registry().insert(record).await?;
        self.registry().living(name)
    }

    /// Begins the deployment that a change set describes.
    pub(super) async fn execute(
        &self,
        stack: Option<&str>,
        change_set: &str,
        options: ExecuteOptions,
    ) -> Result<(), StackRefusal> {
        let (record, wanted) = self.find_change_set(stack, change_set)?;
        if wanted.fault.is_some() {
            let text = format!("ChangeSet [{}] cannot be executed in its current status of [FAILED]", wanted.id);
            return Err(StackRefusal::ChangeSetState(text));
        }
        let ChangeSet { id, source, on_failure, .. } = wanted;
        let ExecuteOptions { disable_rollback, retain_except_on_create, token } = options;
        let operation = Operation { token, ..Operation::default() };
        if record.status != StackStatus::ReviewInProgress {
            if disable_rollback || on_failure == Some(OnFailure::DoNothing) {
                return Err(StackRefusal::Invalid("DisableRollback for an update is not supported".to_owned()));
            }
            return self
                .set_off_update(&record.name, source, operation, |record| record.change_set_id = Some(id))
                .await;
        }
        let on_failure = if disable_rollback { OnFailure::DoNothing } else { on_failure.unwrap_or_default() };
        let stamp = self.stamp();
        let begin = |record: &mut Record| {
            if record.status != StackStatus::ReviewInProgress {
                return Err(StackRefusal::ChangeSetDoesNotExist(id));
            }
            record.target = Some(source);
            record.operation = Operation { on_failure, retain_except_on_create, ..operation };
            record.settings.disable_rollback = on_failure == OnFailure::DoNothing;
            record.change_set_id = Some(id);
            record.change_sets.clear();
            record.becomes(StackStatus::CreateInProgress, Some("User Initiated"), stamp);
            Ok(())
        };
        self.registry().change(&record.name, begin).await?;
        self.set_off(&record.name).await;
        Ok(())
    }

    /// Forgets a change set.
    pub(super) async fn forget_change_set(&self, stack: Option<&str>, change_set: &str) -> Result<(), StackRefusal> {
        let (record, wanted) = match self.find_change_set(stack, change_set) {
            Err(StackRefusal::ChangeSetDoesNotExist(_)) => return Ok(()),
            found => found?,
        };
        let forget = |record: &mut Record| {
            record.change_sets.retain(|known| known.id != wanted.id);
            Ok(())
        };
        self.registry().change(&record.name, forget).await
    }

    pub(super) fn find_change_set(
        &self,
        stack: Option<&str>,
        change_set: &str,
    ) -> Result<(std::sync::Arc<Record>, ChangeSet), StackRefusal> {
        let missing = || StackRefusal::ChangeSetDoesNotExist(change_set.to_owned());
        if let Some(stack) = stack {
            let record = self.registry().living(stack)?;
            let found = record.change_set(change_set).cloned().ok_or_else(missing)?;
            return Ok((record, found));
        }
        if !change_set.starts_with("arn:") {
            let text = "StackName must be specified if ChangeSetName is not specified as an ARN.";
            return Err(StackRefusal::Invalid(text.to_owned()));
        }
        let mut all = self.registry().all_living().into_iter();
        let found = all.find_map(|record| Some((record.clone(), record.change_set(change_set)?.clone())));
        found.ok_or_else(missing)
    }

    /// What a change set would do. Worked out anew: nothing can have changed below it, or it would be gone.
    pub(super) fn describe_change_set(&self, record: &Record, change_set: &ChangeSet) -> ChangeSetDescription {
        let read = |source| self.read(&record.name, &record.id, source).unwrap_or_default();
        let from = record.deployed.as_ref().map(read).unwrap_or_default();
        let to = read(&change_set.source);
        let changes = bongsu_template::plan(&from, &to);
        let changes = changes.iter().filter_map(|change| told(change, &from, &to)).collect();
        view::change_set(record, change_set, changes)
    }
}

/// A change as it is told; nothing for what stays as it is.
fn told(change: &bongsu_template::Change, from: &Stack, to: &Stack) -> Option<Change> {
    let (action, replacement, recreation) = match change.action {
        Action::Create => ("Add", None, "Never"),
        Action::Update => ("Modify", Some("False"), "Never"),
        Action::Replace => ("Modify", Some("True"), "Always"),
        Action::Delete => ("Remove", None, "Never"),
        Action::None => return None,
    };
    let is_modified = replacement.is_some();
    let detail = |name: &String| ChangeDetail {
        target: ChangeTarget { attribute: "Properties", name: Some(name.clone()), requires_recreation: recreation },
        evaluation: "Static",
        change_source: "DirectModification",
    };
    let context = |stack: &Stack| stack.resource(&change.logical_id).map(context);
    let physical_id = if action == "Add" { None } else { change.physical_id.clone() };
    Some(Change {
        kind: "Resource",
        resource_change: ResourceChange {
            policy_action: change.retain.then_some("Retain"),
            action,
            logical_resource_id: change.logical_id.clone(),
            physical_resource_id: physical_id,
            resource_type: change.type_name.to_owned(),
            replacement,
            scope: if is_modified { vec!["Properties"] } else { Vec::new() },
            details: if is_modified { change.what.iter().map(detail).collect() } else { Vec::new() },
            before_context: context(from),
            after_context: context(to),
        },
    })
}

/// A resource's properties as change sets show them.
fn context(resource: &Resource) -> String {
    serde_json::json!({ "Properties": resource.properties }).to_string()
}
