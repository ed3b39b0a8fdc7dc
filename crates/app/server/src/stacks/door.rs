//! The engine as the CloudFormation door sees it.

use bongsu_aws_api::cloudformation::shapes::{
    ChangeSetDescription, Export, Stack, StackEvent, StackResource, TemplateSummary,
};
use bongsu_aws_api::cloudformation::{
    ChangeSetRequest, CreateOptions, DeleteOptions, Deployment, ExecuteOptions, StackRefusal, Stacks,
};
use bongsu_aws_api::lambda::Answer;

use super::engine::Engine;
use super::{summary, view};

impl Stacks for Engine {
    fn create(&self, deployment: Deployment, options: CreateOptions) -> Answer<Result<String, StackRefusal>> {
        let this = self.clone();
        Box::pin(async move { this.begin_create(deployment, options).await })
    }

    fn update(&self, deployment: Deployment) -> Answer<Result<String, StackRefusal>> {
        let this = self.clone();
        Box::pin(async move { this.begin_update(deployment).await })
    }

    fn delete(&self, stack: &str, options: DeleteOptions) -> Answer<Result<(), StackRefusal>> {
        let (this, stack) = (self.clone(), stack.to_owned());
        Box::pin(async move { this.begin_delete(&stack, options).await })
    }

    fn cancel_update(&self, stack: &str) -> Answer<Result<(), StackRefusal>> {
        let asked = self.request_cancel(stack);
        Box::pin(std::future::ready(asked))
    }

    fn continue_rollback(&self, stack: &str, skipped: Vec<String>) -> Answer<Result<(), StackRefusal>> {
        let (this, stack) = (self.clone(), stack.to_owned());
        Box::pin(async move { this.begin_rollback(&stack, skipped).await })
    }

    fn stacks(&self) -> Vec<Stack> {
        self.registry().all().iter().map(|record| view::stack(record)).collect()
    }

    fn stack(&self, stack: &str) -> Result<Stack, StackRefusal> {
        Ok(view::stack(&*self.registry().find(stack)?))
    }

    fn events(&self, stack: &str) -> Result<Vec<StackEvent>, StackRefusal> {
        Ok(view::events(&*self.registry().find(stack)?))
    }

    fn resources(&self, stack: &str) -> Result<Vec<StackResource>, StackRefusal> {
        let record = self.registry().find(stack)?;
        let mut resources = view::resources(&record);
        if let Some(Ok(stack)) = view::shown_source(&record).map(|source| self.read(&record.name, &record.id, source)) {
            for told in &mut resources {
                let metadata = stack.resource(&told.logical_resource_id).map(|resource| &resource.metadata);
                told.metadata = metadata
                    .filter(|metadata| !metadata.is_empty())
                    .map(|metadata| serde_json::json!({ "Bongsu": metadata }).to_string());
            }
        }
        Ok(resources)
    }

    fn stack_of_resource(&self, physical_id: &str) -> Option<String> {
        let has_it = |record: &super::record::Record| {
            record.resources.iter().any(|resource| resource.physical_id.as_deref() == Some(physical_id))
        };
        self.registry().all_living().into_iter().find(|record| has_it(record)).map(|record| record.name.clone())
    }

    fn template(&self, stack: Option<&str>, change_set: Option<&str>) -> Result<String, StackRefusal> {
        if let Some(change_set) = change_set {
            return Ok(self.find_change_set(stack, change_set)?.1.source.template);
        }
        let stack = stack.unwrap_or_default();
        let record = self.registry().find(stack)?;
        // Before its first change set is executed a stack has none: the CDK reads it then all the same.
        Ok(view::shown_source(&record).map_or_else(String::new, |source| source.template.clone()))
    }

    fn summarize(&self, template: &str) -> Result<TemplateSummary, StackRefusal> {
        summary::of(template)
    }

    fn fetch(&self, url: &str) -> Answer<Result<String, StackRefusal>> {
        let (this, url) = (self.clone(), url.to_owned());
        Box::pin(async move { this.provide().fetch(&url).await.map_err(StackRefusal::Invalid) })
    }

    fn create_change_set(&self, request: ChangeSetRequest) -> Answer<Result<(String, String), StackRefusal>> {
        let this = self.clone();
        Box::pin(async move { this.add_change_set(request).await })
    }

    fn change_set(&self, stack: Option<&str>, change_set: &str) -> Result<ChangeSetDescription, StackRefusal> {
        let (record, found) = self.find_change_set(stack, change_set)?;
        Ok(self.describe_change_set(&record, &found))
    }

    fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetDescription>, StackRefusal> {
        let record = self.registry().living(stack)?;
        Ok(record.change_sets.iter().map(|found| view::change_set(&record, found, Vec::new())).collect())
    }

    fn execute_change_set(
        &self,
        stack: Option<&str>,
        change_set: &str,
        options: ExecuteOptions,
    ) -> Answer<Result<(), StackRefusal>> {
        let (this, stack, change_set) = (self.clone(), stack.map(str::to_owned), change_set.to_owned());
        Box::pin(async move { this.execute(stack.as_deref(), &change_set, options).await })
    }

    fn delete_change_set(&self, stack: Option<&str>, change_set: &str) -> Answer<Result<(), StackRefusal>> {
        let (this, stack, change_set) = (self.clone(), stack.map(str::to_owned), change_set.to_owned());
        Box::pin(async move { this.forget_change_set(stack.as_deref(), &change_set).await })
    }

    fn exports(&self) -> Vec<Export> {
        let mut exports: Vec<Export> =
            self.registry().all_living().iter().flat_map(|record| view::exports(record)).collect();
        exports.sort_by(|a, b| a.name.cmp(&b.name));
        exports
    }

    fn imports(&self, export: &str) -> Result<Vec<String>, StackRefusal> {
        let living = self.registry().all_living();
        if !living.iter().any(|record| record.exports().any(|(name, _)| name == export)) {
            return Err(StackRefusal::Invalid(format!("Export '{export}' does not exist.")));
        }
        let importing = living.iter().filter(|record| record.imports.iter().any(|name| name == export));
        let names: Vec<String> = importing.map(|record| record.name.clone()).collect();
        if names.is_empty() {
            return Err(StackRefusal::Invalid(format!("Export '{export}' is not imported by any stack.")));
        }
        Ok(names)
    }

    fn set_policy(&self, stack: &str, policy: String) -> Answer<Result<(), StackRefusal>> {
        let (this, stack) = (self.clone(), stack.to_owned());
        Box::pin(async move { this.change(&stack, |record, _| record.settings.policy = Some(policy)).await })
    }

    fn policy(&self, stack: &str) -> Result<Option<String>, StackRefusal> {
        Ok(self.registry().find(stack)?.settings.policy.clone())
    }

    fn protect(&self, stack: &str, protected: bool) -> Answer<Result<String, StackRefusal>> {
        let (this, stack) = (self.clone(), stack.to_owned());
        Box::pin(async move {
            this.change(&stack, |record, _| record.settings.protected = protected).await?;
            Ok(this.registry().find(&stack)?.id.clone())
        })
    }
}
