//! Stacks that know one of them, and note what they are asked to do.

use std::sync::Mutex;

use bongsu_aws_api::cloudformation::shapes::{
    Change, ChangeDetail, ChangeSetDescription, ChangeTarget, Export, Output, Parameter, ParameterDeclaration,
    ResourceChange, Stack, StackEvent, StackResource, Tag, TemplateSummary,
};
use bongsu_aws_api::cloudformation::{
    ChangeSetRequest, CreateOptions, DeleteOptions, Deployment, ExecuteOptions, StackRefusal, Stacks,
};
use bongsu_aws_api::lambda;

use super::{AT, ID};

/// Knows one stack, `shop`, and its change set `change`; notes what it is asked to do.
#[derive(Default)]
pub(super) struct Shop {
    pub(super) asked: Mutex<Vec<String>>,
}

impl Shop {
    fn note<T: Send + 'static>(
        &self,
        asked: String,
        answer: Result<T, StackRefusal>,
    ) -> lambda::Answer<Result<T, StackRefusal>> {
        self.asked.lock().expect("a list").push(asked);
        Box::pin(async move { answer })
    }
}

fn known(stack: &str) -> Result<(), StackRefusal> {
    if stack == "shop" || stack == ID { Ok(()) } else { Err(StackRefusal::DoesNotExist(stack.to_owned())) }
}

impl Stacks for Shop {
    fn create(&self, asked: Deployment, options: CreateOptions) -> lambda::Answer<Result<String, StackRefusal>> {
        let exists = known(&asked.stack).is_ok();
        let answer = if exists { Err(StackRefusal::Exists(asked.stack.clone())) } else { Ok(ID.to_owned()) };
        self.note(format!("{asked:?} {options:?}"), answer)
    }

    fn update(&self, asked: Deployment) -> lambda::Answer<Result<String, StackRefusal>> {
        self.note(format!("{asked:?}"), known(&asked.stack).map(|()| ID.to_owned()))
    }

    fn delete(&self, stack: &str, options: DeleteOptions) -> lambda::Answer<Result<(), StackRefusal>> {
        self.note(format!("delete {stack} {options:?}"), Ok(()))
    }

    fn cancel_update(&self, stack: &str) -> lambda::Answer<Result<(), StackRefusal>> {
        self.note(format!("cancel {stack}"), known(stack))
    }

    fn continue_rollback(&self, stack: &str, skipped: Vec<String>) -> lambda::Answer<Result<(), StackRefusal>> {
        self.note(format!("continue {stack} {skipped:?}"), known(stack))
    }

    fn stacks(&self) -> Vec<Stack> {
        let gone = Stack { stack_name: "gone".to_owned(), stack_status: "DELETE_COMPLETE", ..Stack::default() };
        vec![stack(), gone]
    }

    fn stack(&self, name: &str) -> Result<Stack, StackRefusal> {
        known(name).map(|()| stack())
    }

    fn events(&self, stack: &str) -> Result<Vec<StackEvent>, StackRefusal> {
        known(stack)?;
        Ok(vec![StackEvent {
            stack_id: ID.to_owned(),
            event_id: "e".to_owned(),
            stack_name: "shop".to_owned(),
            logical_resource_id: "Queue".to_owned(),
            physical_resource_id: None,
            resource_type: "AWS::SQS::Queue".to_owned(),
            timestamp: AT.to_owned(),
            resource_status: "CREATE_FAILED",
            resource_status_reason: Some("no".to_owned()),
            client_request_token: None,
        }])
    }

    fn resources(&self, stack: &str) -> Result<Vec<StackResource>, StackRefusal> {
        known(stack)?;
        Ok(vec![StackResource {
            stack_id: ID.to_owned(),
            stack_name: "shop".to_owned(),
            logical_resource_id: "Queue".to_owned(),
            physical_resource_id: Some("url".to_owned()),
            resource_type: "AWS::SQS::Queue".to_owned(),
            timestamp: AT.to_owned(),
            resource_status: "CREATE_COMPLETE",
            resource_status_reason: None,
            metadata: None,
        }])
    }

    fn stack_of_resource(&self, physical_id: &str) -> Option<String> {
        (physical_id == "url").then(|| "shop".to_owned())
    }

    fn template(&self, stack: Option<&str>, change_set: Option<&str>) -> Result<String, StackRefusal> {
        stack.map_or(Ok(()), known)?;
        Ok(change_set.map_or("of the <stack>", |_| "of the change set").to_owned())
    }

    fn summarize(&self, template: &str) -> Result<TemplateSummary, StackRefusal> {
        if template == "bad" {
            return Err(StackRefusal::Invalid("Template format error: bad".to_owned()));
        }
        let parameter = ParameterDeclaration {
            key: "Name".to_owned(),
            default: Some("d".to_owned()),
            kind: "String".to_owned(),
            no_echo: true,
            description: None,
            allowed_values: vec!["d".to_owned()],
        };
        Ok(TemplateSummary {
            parameters: vec![parameter],
            description: Some(template.to_owned()),
            resource_types: vec!["AWS::SQS::Queue".to_owned()],
            ..TemplateSummary::default()
        })
    }

    fn fetch(&self, _: &str) -> lambda::Answer<Result<String, StackRefusal>> {
        self.note("fetch".to_owned(), Err(StackRefusal::Invalid("no such address".to_owned())))
    }

    fn create_change_set(&self, asked: ChangeSetRequest) -> lambda::Answer<Result<(String, String), StackRefusal>> {
        let answer = match asked.name.as_str() {
            "taken" => Err(StackRefusal::ChangeSetExists(asked.name.clone())),
            "many" => Err(StackRefusal::TooMany("enough".to_owned())),
            _ => Ok(("id".to_owned(), ID.to_owned())),
        };
        self.note(format!("{asked:?}"), answer)
    }

    fn change_set(&self, stack: Option<&str>, change_set: &str) -> Result<ChangeSetDescription, StackRefusal> {
        stack.map_or(Ok(()), known)?;
        if change_set != "change" {
            return Err(StackRefusal::ChangeSetDoesNotExist(change_set.to_owned()));
        }
        Ok(described_change_set())
    }

    fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetDescription>, StackRefusal> {
        known(stack).map(|()| vec![described_change_set()])
    }

    fn execute_change_set(
        &self,
        stack: Option<&str>,
        change_set: &str,
        options: ExecuteOptions,
    ) -> lambda::Answer<Result<(), StackRefusal>> {
        let answer = match change_set {
            "failed" => Err(StackRefusal::ChangeSetState("not in this state".to_owned())),
            _ => Ok(()),
        };
        self.note(format!("execute {stack:?} {change_set} {options:?}"), answer)
    }

    fn delete_change_set(&self, stack: Option<&str>, change_set: &str) -> lambda::Answer<Result<(), StackRefusal>> {
        self.note(format!("forget {stack:?} {change_set}"), Ok(()))
    }

    fn exports(&self) -> Vec<Export> {
        vec![Export { exporting_stack_id: ID.to_owned(), name: "n".to_owned(), value: "v".to_owned() }]
    }

    fn imports(&self, export: &str) -> Result<Vec<String>, StackRefusal> {
        Ok(vec![format!("uses-{export}")])
    }

    fn set_policy(&self, stack: &str, policy: String) -> lambda::Answer<Result<(), StackRefusal>> {
        self.note(format!("policy {stack} {policy}"), known(stack))
    }

    fn policy(&self, stack: &str) -> Result<Option<String>, StackRefusal> {
        known(stack).map(|()| Some("{}".to_owned()))
    }

    fn protect(&self, stack: &str, protected: bool) -> lambda::Answer<Result<String, StackRefusal>> {
        self.note(format!("protect {stack} {protected}"), known(stack).map(|()| ID.to_owned()))
    }
}

fn stack() -> Stack {
    Stack {
        stack_id: ID.to_owned(),
        stack_name: "shop".to_owned(),
        parameters: vec![Parameter { parameter_key: "K".to_owned(), parameter_value: "****".to_owned() }],
        creation_time: AT.to_owned(),
        stack_status: "CREATE_COMPLETE",
        outputs: vec![Output {
            output_key: "Out".to_owned(),
            output_value: "1".to_owned(),
            description: None,
            export_name: Some("n".to_owned()),
        }],
        tags: vec![Tag { key: "k".to_owned(), value: "v".to_owned() }],
        ..Stack::default()
    }
}

fn described_change_set() -> ChangeSetDescription {
    let target =
        ChangeTarget { attribute: "Properties", name: Some("DelaySeconds".to_owned()), requires_recreation: "Never" };
    let resource_change = ResourceChange {
        action: "Modify",
        logical_resource_id: "Queue".to_owned(),
        resource_type: "AWS::SQS::Queue".to_owned(),
        replacement: Some("False"),
        scope: vec!["Properties"],
        details: vec![ChangeDetail { target, evaluation: "Static", change_source: "DirectModification" }],
        before_context: Some("before".to_owned()),
        after_context: Some("after".to_owned()),
        ..ResourceChange::default()
    };
    ChangeSetDescription {
        change_set_name: "change".to_owned(),
        change_set_id: "id".to_owned(),
        stack_id: ID.to_owned(),
        stack_name: "shop".to_owned(),
        description: None,
        parameters: Vec::new(),
        creation_time: AT.to_owned(),
        execution_status: "AVAILABLE",
        status: "CREATE_COMPLETE",
        status_reason: None,
        notification_arns: Vec::new(),
        capabilities: Vec::new(),
        tags: Vec::new(),
        changes: vec![Change { kind: "Resource", resource_change }],
        include_nested_stacks: false,
        on_stack_failure: None,
    }
}
