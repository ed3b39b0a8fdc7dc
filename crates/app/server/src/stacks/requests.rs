//! How deployments begin: what is refused, what is kept before anybody is told, and the task that goes on.

use std::collections::BTreeMap;

use bongsu_aws_api::cloudformation::{self as door, CreateOptions, DeleteOptions, Deployment, StackRefusal};
use bongsu_template::{Action, Stack};

use super::engine::Engine;
use super::record::{Labels, OnFailure, Operation, Record, Source};
use super::status::StackStatus;

/// What a template that came over the wire is called in front of people.
const OVER_THE_WIRE: &str = "template";

impl Engine {
    /// Begins to make a stack.
    pub(super) async fn begin_create(
        &self,
        deployment: Deployment,
        options: CreateOptions,
    ) -> Result<String, StackRefusal> {
        let name = deployment.stack.clone();
        if let Ok(known) = self.registry().living(&name) {
            let is_repeated = deployment.token.is_some() && known.operation.token == deployment.token;
            return if is_repeated { Ok(known.id.clone()) } else { Err(StackRefusal::Exists(name)) };
        }
        let id = self.arn("stack", &name);
        let operation = Operation {
            token: deployment.token.clone(),
            on_failure: on_failure(options.on_failure),
            retain_except_on_create: options.retain_except_on_create,
            ..Operation::default()
        };
        let policy = deployment.policy.clone();
        let (source, _) = self.source(&name, &id, deployment, None)?;
        let mut record = Record::new(&name, id.clone(), StackStatus::CreateInProgress, self.stamp());
        record.target = Some(source);
        record.settings.policy = policy;
        record.settings.timeout_minutes = options.timeout_minutes;
        record.settings.protected = options.protected;
        record.settings.disable_rollback = operation.on_failure == OnFailure::DoNothing;
        record.operation = operation;
        self.registry().insert(record).await?;
        self.set_off(&name).await;
        Ok(id)
    }

    /// Begins to change a stack.
    pub(super) async fn begin_update(&self, deployment: Deployment) -> Result<String, StackRefusal> {
        let known = self.registry().living(&deployment.stack)?;
        if deployment.token.is_some() && known.operation.token == deployment.token {
            return Ok(known.id.clone());
        }
        check_settled(&known)?;
        let (token, policy) = (deployment.token.clone(), deployment.policy.clone());
        let (source, to) = self.source(&known.name, &known.id, deployment, known.deployed.as_ref())?;
        let has_policy = policy.is_some() && policy != known.settings.policy;
        if !has_policy && !self.differs(&known, &source, &to)? {
            return Err(StackRefusal::Invalid("No updates are to be performed.".to_owned()));
        }
        let operation = Operation { token, ..Operation::default() };
        let policy = policy.or_else(|| known.settings.policy.clone());
        self.set_off_update(&known.name, source, operation, |record| record.settings.policy = policy).await?;
        Ok(known.id.clone())
    }

    /// Keeps what a stack is to become, and sets off.
    pub(super) async fn set_off_update(
        &self,
        stack: &str,
        source: Source,
        operation: Operation,
        besides: impl FnOnce(&mut Record),
    ) -> Result<(), StackRefusal> {
        self.keep_update(stack, source, operation, besides).await?;
        self.set_off(stack).await;
        Ok(())
    }

    pub(super) async fn keep_update(
        &self,
        stack: &str,
        source: Source,
        operation: Operation,
        besides: impl FnOnce(&mut Record),
    ) -> Result<(), StackRefusal> {
        let stamp = self.stamp();
        self.registry()
            .change(stack, |record| {
                check_settled(record)?;
                (record.target, record.operation) = (Some(source), operation);
                // They were worked out against what the stack no longer is.
                record.change_sets.clear();
                besides(record);
                record.becomes(StackStatus::UpdateInProgress, Some("User Initiated"), stamp);
                Ok(())
            })
            .await
    }

    /// Begins to delete a stack.
    pub(super) async fn begin_delete(&self, stack: &str, options: DeleteOptions) -> Result<(), StackRefusal> {
        let Ok(known) = self.registry().living(stack) else { return Ok(()) };
        if known.status == StackStatus::DeleteInProgress {
            return Ok(());
        }
        self.keep_delete(&known.name, options).await?;
        self.set_off(&known.name).await;
        Ok(())
    }

    pub(super) async fn keep_delete(&self, stack: &str, options: DeleteOptions) -> Result<(), StackRefusal> {
        let stamp = self.stamp();
        let DeleteOptions { retained, forced, token } = options;
        self.registry()
            .change(stack, |record| {
                let (name, id) = (&record.name, &record.id);
                let refused = if record.settings.protected {
                    Some(format!("Stack [{name}] cannot be deleted while TerminationProtection is enabled"))
                } else if record.status.is_in_progress() {
                    let status = record.status.name();
                    Some(format!("Stack [{name}] cannot be deleted while in status {status}"))
                } else if (forced || !retained.is_empty()) && record.status != StackStatus::DeleteFailed {
                    let asked = if forced { "the deletion mode FORCE_DELETE_STACK" } else { "RetainResources" };
                    Some(format!(
                        "Invalid operation on stack [{id}]. {asked} is only for stacks in the state DELETE_FAILED"
                    ))
                } else {
                    let unknown = retained.iter().find(|id| record.resource(id).is_none());
                    unknown.map(|id| format!("The resource {id} to retain is not in the stack [{name}]"))
                };
                if let Some(text) = refused {
                    return Err(StackRefusal::Invalid(text));
                }
                record.operation = Operation { token, skipped: retained, forced, ..Operation::default() };
                record.becomes(StackStatus::DeleteInProgress, Some("User Initiated"), stamp);
                Ok(())
            })
            .await
    }

    /// Gives up the update that goes on.
    pub(super) fn request_cancel(&self, stack: &str) -> Result<(), StackRefusal> {
        let known = self.registry().living(stack)?;
        if known.status != StackStatus::UpdateInProgress {
            let text = "CancelUpdateStack cannot be called from current stack status";
            return Err(StackRefusal::Invalid(text.to_owned()));
        }
        self.cancelled().insert(known.name.clone());
        Ok(())
    }

    /// Tries again to roll an update back.
    pub(super) async fn begin_rollback(&self, stack: &str, skipped: Vec<String>) -> Result<(), StackRefusal> {
        let known = self.registry().living(stack)?;
        self.keep_rollback(&known.name, skipped).await?;
        self.set_off(&known.name).await;
        Ok(())
    }

    pub(super) async fn keep_rollback(&self, stack: &str, skipped: Vec<String>) -> Result<(), StackRefusal> {
        let stamp = self.stamp();
        self.registry()
            .change(stack, |record| {
                if record.status != StackStatus::UpdateRollbackFailed {
                    let (id, status) = (&record.id, record.status.name());
                    let text = format!("Stack:{id} is in {status} state and can not be rolled back.");
                    return Err(StackRefusal::Invalid(text));
                }
                if let Some(unknown) = skipped.iter().find(|id| record.resource(id).is_none()) {
                    let text = format!("The resource {unknown} to skip is not in the stack [{}]", record.name);
                    return Err(StackRefusal::Invalid(text));
                }
                record.operation.skipped = skipped;
                record.becomes(StackStatus::UpdateRollbackInProgress, Some("User Initiated"), stamp);
                Ok(())
            })
            .await
    }

    /// Where the resources of a deployment come from, and what they are. `previous` is the deployment before.
    pub(super) fn source(
        &self,
        name: &str,
        id: &str,
        deployment: Deployment,
        previous: Option<&Source>,
    ) -> Result<(Source, Stack), StackRefusal> {
        let before = previous.map(|source| source.labels.clone()).unwrap_or_default();
        let invalid = |text: String| StackRefusal::Invalid(text);
        let (template, file, folder) = match (deployment.template, previous) {
            (Some(template), _) => (template, OVER_THE_WIRE.to_owned(), None),
            (None, Some(previous)) => (previous.template.clone(), previous.file.clone(), previous.folder.clone()),
            (None, None) => return Err(invalid("There is no previous template".to_owned())),
        };
        let mut parameters = BTreeMap::new();
        for given in deployment.parameters {
            let kept = || previous?.parameters.get(&given.name).cloned();
            // One that was not given before has its default again.
            if let Some(value) = given.value.clone().or_else(kept) {
                parameters.insert(given.name, value);
            }
        }
        let labels = Labels {
            description: None,
            parameters: Vec::new(),
            capabilities: deployment.capabilities.unwrap_or(before.capabilities),
            tags: deployment.tags.unwrap_or(before.tags),
            role_arn: deployment.role_arn.or(before.role_arn),
            notification_arns: deployment.notification_arns.unwrap_or(before.notification_arns),
        };
        let surroundings = self.surroundings().clone();
        let mut source = Source { template, file, folder, parameters, surroundings, labels };
        let stack = self.read(name, id, &source).map_err(|faults| invalid(format!("Template error: {faults}")))?;
        source.labels.take_from(&stack);
        Ok((source, stack))
    }

    /// Whether a deployment would change anything that somebody could see.
    pub(super) fn differs(&self, record: &Record, source: &Source, to: &Stack) -> Result<bool, StackRefusal> {
        let Some(deployed) = &record.deployed else { return Ok(true) };
        // What can no longer be read is not the same.
        let Ok(from) = self.read(&record.name, &record.id, deployed) else { return Ok(true) };
        let outputs = |stack: &Stack| -> Vec<_> {
            let outputs = stack.outputs.iter();
            outputs.map(|output| (output.name.clone(), output.value.clone(), output.export.clone())).collect()
        };
        let labels = |labels: &Labels| (labels.tags.clone(), labels.role_arn.clone(), labels.notification_arns.clone());
        Ok(bongsu_template::plan(&from, to).iter().any(|change| !matches!(change.action, Action::None))
            || outputs(&from) != outputs(to)
            || labels(&deployed.labels) != labels(&source.labels))
    }
}

impl Labels {
    /// What the template itself says.
    pub(super) fn take_from(&mut self, stack: &Stack) {
        self.description.clone_from(&stack.description);
        let parameters = stack.parameters.iter();
        self.parameters = parameters.map(|parameter| (parameter.name.clone(), parameter.value.clone())).collect();
    }
}

/// Refuses while something goes on, or went wrong.
pub(super) fn check_settled(record: &Record) -> Result<(), StackRefusal> {
    if record.status.is_settled() {
        return Ok(());
    }
    let (id, status) = (&record.id, record.status.name());
    Err(StackRefusal::Invalid(format!("Stack:{id} is in {status} state and can not be updated.")))
}

pub(super) fn on_failure(asked: door::OnFailure) -> OnFailure {
    match asked {
        door::OnFailure::RollBack => OnFailure::RollBack,
        door::OnFailure::Delete => OnFailure::Delete,
        door::OnFailure::DoNothing => OnFailure::DoNothing,
    }
}
