//! `CreateChangeSet`: works out what a deployment would change.

use serde::{Deserialize, Serialize};

use super::engine::ChangeSetRequest;
use super::given::{Given, on_failure};
use super::parameters::{choice, new_name, stack, template, unsupported};
use super::rejection::{in_brackets, invalid};
use super::shapes::{DeploymentConfig, ParameterInput, RollbackConfiguration, TagInput};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

/// What `ChangeSetType` can be, and whether it is for a new stack; `None` for what is not supported.
const KINDS: [(&str, Option<bool>); 3] = [("CREATE", Some(true)), ("UPDATE", Some(false)), ("IMPORT", None)];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    template_body: Option<Text<'a>>,
    #[serde(borrow, rename = "TemplateURL")]
    template_url: Option<Text<'a>>,
    use_previous_template: Option<bool>,
    #[serde(borrow)]
    parameters: Option<Vec<ParameterInput<'a>>>,
    #[serde(borrow)]
    capabilities: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    resource_types: Option<Vec<Text<'a>>>,
    #[serde(borrow, rename = "RoleARN")]
    role_arn: Option<Text<'a>>,
    #[serde(borrow)]
    rollback_configuration: Option<RollbackConfiguration<'a>>,
    #[serde(borrow, rename = "NotificationARNs")]
    notification_arns: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    tags: Option<Vec<TagInput<'a>>>,
    #[serde(borrow)]
    change_set_name: Option<Text<'a>>,
    #[serde(borrow)]
    client_token: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    change_set_type: Option<Text<'a>>,
    #[serde(borrow)]
    resources_to_import: Option<Vec<ImportInput<'a>>>,
    /// There are none to look into: a template that has one is refused.
    #[serde(rename = "IncludeNestedStacks")]
    _include_nested_stacks: Option<bool>,
    #[serde(borrow)]
    on_stack_failure: Option<Text<'a>>,
    import_existing_resources: Option<bool>,
    #[serde(borrow)]
    deployment_mode: Option<Text<'a>>,
    #[serde(borrow)]
    deployment_config: Option<DeploymentConfig<'a>>,
    disable_validation: Option<bool>,
}

/// A resource that is to become one of the stack.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImportInput<'a> {
    #[serde(borrow, rename = "ResourceType")]
    _resource_type: Option<Text<'a>>,
    #[serde(borrow, rename = "LogicalResourceId")]
    _logical_resource_id: Option<Text<'a>>,
    #[serde(borrow, rename = "ResourceIdentifier")]
    _resource_identifier: Option<TextMap<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    id: String,
    stack_id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let name = new_name(input.change_set_name, "changeSetName")?;
    let creates = choice(input.change_set_type.as_deref(), "changeSetType", &KINDS)?.unwrap_or(Some(false));
    let creates = creates.ok_or_else(|| invalid("ChangeSetType IMPORT is not supported"))?;
    let stack = if creates { new_name(input.stack_name, "stackName")? } else { stack(input.stack_name)? };
    unsupported("ResourcesToImport", input.resources_to_import.is_some_and(|resources| !resources.is_empty()))?;
    unsupported("ImportExistingResources", input.import_existing_resources == Some(true))?;
    unsupported("DeploymentMode", input.deployment_mode.is_some())?;
    let text = template(input.template_body, input.template_url, cx).await?;
    match (&text, input.use_previous_template.unwrap_or(false)) {
        (None, false) => return Err(invalid("Either Template URL or Template Body must be specified.")),
        (None, true) if creates => return Err(invalid("UsePreviousTemplate is not for a new stack")),
        (Some(_), true) => return Err(invalid("Only one of TemplateBody and UsePreviousTemplate can be specified.")),
        _ => {}
    }
    let on_failure = on_failure(input.on_stack_failure.as_deref(), "onStackFailure", None)?;
    let given = Given {
        parameters: input.parameters,
        capabilities: input.capabilities,
        resource_types: input.resource_types,
        role_arn: input.role_arn,
        rollback_configuration: input.rollback_configuration,
        notification_arns: input.notification_arns,
        tags: input.tags,
        policy: None,
        policy_url: None,
        deployment_config: input.deployment_config,
        disable_validation: input.disable_validation,
        token: input.client_token,
    };
    let request = ChangeSetRequest {
        name: name.into_string(),
        description: input.description.map(Text::into_string),
        creates,
        deployment: given.deployment(stack, text)?,
        on_failure,
    };
    let (id, stack_id) = stacks.create_change_set(request).await.map_err(in_brackets)?;
    Ok(Output { id, stack_id })
}
