//! `UpdateStack`: begins to change a stack.

use serde::Serialize;

use super::given::{Given, deployment_input, policy};
use super::parameters::{stack, template_or_previous, unsupported};
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

deployment_input! { 'a;
    use_previous_template: Option<bool>,
    #[serde(borrow)]
    stack_policy_during_update_body: Option<Text<'a>>,
    #[serde(borrow, rename = "StackPolicyDuringUpdateURL")]
    stack_policy_during_update_url: Option<Text<'a>>,
    #[serde(borrow)]
    stack_policy_body: Option<Text<'a>>,
    #[serde(borrow, rename = "StackPolicyURL")]
    stack_policy_url: Option<Text<'a>>,
    disable_rollback: Option<bool>,
    #[serde(borrow)]
    client_request_token: Option<Text<'a>>,
    retain_except_on_create: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_id: String,
}

pub(super) async fn call(mut input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let name = stack(input.stack_name.take())?;
    // What was changed could not be told from what was not.
    unsupported("DisableRollback for an update", input.disable_rollback == Some(true))?;
    unsupported("RetainExceptOnCreate for an update", input.retain_except_on_create == Some(true))?;
    unsupported("StackPolicyDuringUpdateURL", input.stack_policy_during_update_url.is_some())?;
    // Policies forbid nothing here, so there is nothing that one for a while could allow.
    input.stack_policy_during_update_body.take().map(policy).transpose()?;
    let (body, url) = (input.template_body.take(), input.template_url.take());
    let text = template_or_previous(body, url, input.use_previous_template, cx).await?;
    let given = Given {
        policy: input.stack_policy_body.take(),
        policy_url: input.stack_policy_url.take(),
        token: input.client_request_token.take(),
        ..input.given()
    };
    let updating = stacks.update(given.deployment(name, text)?);
    Ok(Output { stack_id: updating.await.map_err(in_brackets)? })
}
