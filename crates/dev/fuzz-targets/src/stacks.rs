//! Stacks that keep nothing: they say yes, and tell what they were given back, so that answers hold what strangers send.

use bongsu_aws_api::cloudformation::shapes::{
    ChangeSetDescription, Export, Parameter, ParameterDeclaration, Stack, StackEvent, StackResource, Tag,
    TemplateSummary,
};
use bongsu_aws_api::cloudformation::{
    ChangeSetRequest, CreateOptions, DeleteOptions, Deployment, ExecuteOptions, StackRefusal, Stacks,
};
use bongsu_aws_api::lambda::Answer;
use bongsu_template::{Inputs, parse};

/// When everything happened.
const AT: &str = "2026-01-02T03:04:05Z";

/// Knows every stack but those whose names begin with this.
const UNKNOWN: &str = "no";

pub(crate) struct Echo;

fn answer<T: Send + 'static>(answer: T) -> Answer<T> {
    Box::pin(std::future::ready(answer))
}

fn known(stack: &str) -> Result<(), StackRefusal> {
    if stack.starts_with(UNKNOWN) { Err(StackRefusal::DoesNotExist(stack.to_owned())) } else { Ok(()) }
}

/// Its id, if the template is one.
fn deployed(deployment: &Deployment) -> Result<String, StackRefusal> {
    known(&deployment.stack)?;
    let template = deployment.template.as_deref().unwrap_or_default();
    let refused = |errors: &dyn ToString| StackRefusal::Invalid(errors.to_string());
    parse(template, "template", &Inputs::default()).map_err(|errors| refused(&errors))?;
    Ok(format!("{deployment:?}"))
}

fn described(name: &str) -> ChangeSetDescription {
    ChangeSetDescription {
        change_set_name: name.to_owned(),
        change_set_id: name.to_owned(),
        stack_id: name.to_owned(),
        stack_name: name.to_owned(),
        description: None,
        parameters: vec![Parameter { parameter_key: name.to_owned(), parameter_value: name.to_owned() }],
        creation_time: AT.to_owned(),
        execution_status: "AVAILABLE",
        status: "CREATE_COMPLETE",
        status_reason: None,
        notification_arns: Vec::new(),
        capabilities: Vec::new(),
        tags: Vec::new(),
        changes: Vec::new(),
        include_nested_stacks: false,
        on_stack_failure: None,
    }
}

impl Stacks for Echo {
    fn create(&self, deployment: Deployment, _: CreateOptions) -> Answer<Result<String, StackRefusal>> {
        answer(deployed(&deployment))
    }

    fn update(&self, deployment: Deployment) -> Answer<Result<String, StackRefusal>> {
        answer(deployed(&deployment))
    }

    fn delete(&self, _: &str, _: DeleteOptions) -> Answer<Result<(), StackRefusal>> {
        answer(Ok(()))
    }

    fn cancel_update(&self, stack: &str) -> Answer<Result<(), StackRefusal>> {
        answer(known(stack))
    }

    fn continue_rollback(&self, stack: &str, _: Vec<String>) -> Answer<Result<(), StackRefusal>> {
        answer(known(stack))
    }

    fn stacks(&self) -> Vec<Stack> {
        Vec::new()
    }

    fn stack(&self, name: &str) -> Result<Stack, StackRefusal> {
        known(name)?;
        let tags = vec![Tag { key: name.to_owned(), value: name.to_owned() }];
        Ok(Stack { stack_name: name.to_owned(), stack_status: "CREATE_COMPLETE", tags, ..Stack::default() })
    }

    fn events(&self, stack: &str) -> Result<Vec<StackEvent>, StackRefusal> {
        known(stack).map(|()| Vec::new())
    }

    fn resources(&self, stack: &str) -> Result<Vec<StackResource>, StackRefusal> {
        known(stack).map(|()| Vec::new())
    }

    fn stack_of_resource(&self, physical_id: &str) -> Option<String> {
        known(physical_id).ok().map(|()| physical_id.to_owned())
    }

    fn template(&self, stack: Option<&str>, change_set: Option<&str>) -> Result<String, StackRefusal> {
        stack.map_or(Ok(()), known)?;
        Ok(change_set.or(stack).unwrap_or_default().to_owned())
    }

    fn summarize(&self, template: &str) -> Result<TemplateSummary, StackRefusal> {
        known(template)?;
        let parameter = ParameterDeclaration {
            key: template.to_owned(),
            default: Some(template.to_owned()),
            kind: "String".to_owned(),
            ..ParameterDeclaration::default()
        };
        Ok(TemplateSummary {
            parameters: vec![parameter],
            metadata: Some(template.to_owned()),
            ..TemplateSummary::default()
        })
    }

    fn fetch(&self, url: &str) -> Answer<Result<String, StackRefusal>> {
        answer(known(url).map(|()| url.to_owned()))
    }

    fn create_change_set(&self, request: ChangeSetRequest) -> Answer<Result<(String, String), StackRefusal>> {
        answer(deployed(&request.deployment).map(|id| (request.name, id)))
    }

    fn change_set(&self, _: Option<&str>, change_set: &str) -> Result<ChangeSetDescription, StackRefusal> {
        if change_set.starts_with(UNKNOWN) {
            return Err(StackRefusal::ChangeSetDoesNotExist(change_set.to_owned()));
        }
        Ok(described(change_set))
    }

    fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetDescription>, StackRefusal> {
        known(stack).map(|()| vec![described(stack)])
    }

    fn execute_change_set(&self, _: Option<&str>, name: &str, _: ExecuteOptions) -> Answer<Result<(), StackRefusal>> {
        answer(self.change_set(None, name).map(drop))
    }

    fn delete_change_set(&self, _: Option<&str>, _: &str) -> Answer<Result<(), StackRefusal>> {
        answer(Ok(()))
    }

    fn exports(&self) -> Vec<Export> {
        Vec::new()
    }

    fn imports(&self, export: &str) -> Result<Vec<String>, StackRefusal> {
        known(export).map(|()| vec![export.to_owned()])
    }

    fn set_policy(&self, stack: &str, _: String) -> Answer<Result<(), StackRefusal>> {
        answer(known(stack))
    }

    fn policy(&self, stack: &str) -> Result<Option<String>, StackRefusal> {
        known(stack).map(|()| Some(stack.to_owned()))
    }

    fn protect(&self, stack: &str, _: bool) -> Answer<Result<String, StackRefusal>> {
        answer(known(stack).map(|()| stack.to_owned()))
    }
}
