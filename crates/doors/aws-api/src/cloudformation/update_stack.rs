//! `UpdateStack`: begins to change a stack.

use serde::{Deserialize, Serialize};

use super::given::{Given, policy};
use super::parameters::{stack, template, unsupported};
use super::rejection::{in_brackets, invalid};
use super::shapes::{DeploymentConfig, ParameterInput, RollbackConfiguration, TagInput};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

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
    stack_policy_during_update_body: Option<Text<'a>>,
    #[serde(borrow, rename = "StackPolicyDuringUpdateURL")]
    stack_policy_during_update_url: Option<Text<'a>>,
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
    #[serde(borrow)]
    stack_policy_body: Option<Text<'a>>,
    #[serde(borrow, rename = "StackPolicyURL")]
    stack_policy_url: Option<Text<'a>>,
    #[serde(borrow, rename = "NotificationARNs")]
    notification_arns: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    tags: Option<Vec<TagInput<'a>>>,
    disable_rollback: Option<bool>,
    #[serde(borrow)]
    client_request_token: Option<Text<'a>>,
    retain_except_on_create: Option<bool>,
    #[serde(borrow)]
    deployment_config: Option<DeploymentConfig<'a>>,
    disable_validation: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let name = stack(input.stack_name)?;
    // What was changed could not be told from what was not.
    unsupported("DisableRollback for an update", input.disable_rollback == Some(true))?;
    unsupported("RetainExceptOnCreate for an update", input.retain_except_on_create == Some(true))?;
    unsupported("StackPolicyDuringUpdateURL", input.stack_policy_during_update_url.is_some())?;
    // Policies forbid nothing here, so there is nothing that one for a while could allow.
    input.stack_policy_during_update_body.map(policy).transpose()?;
    let text = template(input.template_body, input.template_url, cx).await?;
    match (&text, input.use_previous_template.unwrap_or(false)) {
        (None, false) => return Err(invalid("Either Template URL or Template Body must be specified.")),
        (Some(_), true) => return Err(invalid("Only one of TemplateBody and UsePreviousTemplate can be specified.")),
        _ => {}
    }
    let given = Given {
        parameters: input.parameters,
        capabilities: input.capabilities,
        resource_types: input.resource_types,
        role_arn: input.role_arn,
        rollback_configuration: input.rollback_configuration,
        notification_arns: input.notification_arns,
        tags: input.tags,
        policy: input.stack_policy_body,
        policy_url: input.stack_policy_url,
        deployment_config: input.deployment_config,
        disable_validation: input.disable_validation,
        token: input.client_request_token,
    };
    let updating = stacks.update(given.deployment(name, text)?);
    Ok(Output { stack_id: updating.await.map_err(in_brackets)? })
}
