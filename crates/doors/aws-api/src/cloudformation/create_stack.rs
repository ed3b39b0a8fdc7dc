//! `CreateStack`: begins to make a stack.

use serde::Serialize;

use super::engine::CreateOptions;
use super::given::{Given, deployment_input, on_failure};
use super::parameters::{constraint, new_name, template, unsupported};
use super::rejection::invalid;
use super::shapes::ParameterInput;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

deployment_input! { 'a;
    disable_rollback: Option<bool>,
    timeout_in_minutes: Option<Integer>,
    #[serde(borrow)]
    on_failure: Option<Text<'a>>,
    #[serde(borrow)]
    stack_policy_body: Option<Text<'a>>,
    #[serde(borrow, rename = "StackPolicyURL")]
    stack_policy_url: Option<Text<'a>>,
    #[serde(borrow)]
    client_request_token: Option<Text<'a>>,
    enable_termination_protection: Option<bool>,
    retain_except_on_create: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_id: String,
}

pub(super) async fn call(mut input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let name = new_name(input.stack_name.take(), "stackName")?;
    let text = template(input.template_body.take(), input.template_url.take(), cx).await?;
    let text = text.ok_or_else(|| invalid("Either Template URL or Template Body must be specified."))?;
    let has_previous = |parameter: &ParameterInput<'_>| parameter.use_previous_value == Some(true);
    unsupported("UsePreviousValue for a new stack", input.parameters.iter().flatten().any(has_previous))?;
    let minutes = |Integer(minutes)| match u32::try_from(minutes) {
        Ok(minutes) if minutes > 0 => Ok(minutes),
        _ => Err(constraint(
            &minutes.to_string(),
            "timeoutInMinutes",
            "Member must have value greater than or equal to 1",
        )),
    };
    let options = CreateOptions {
        on_failure: on_failure(input.on_failure.as_deref(), "onFailure", input.disable_rollback)?.unwrap_or_default(),
        timeout_minutes: input.timeout_in_minutes.map(minutes).transpose()?,
        protected: input.enable_termination_protection.unwrap_or(false),
        retain_except_on_create: input.retain_except_on_create.unwrap_or(false),
    };
    let given = Given {
        policy: input.stack_policy_body.take(),
        policy_url: input.stack_policy_url.take(),
        token: input.client_request_token.take(),
        ..input.given()
    };
    Ok(Output { stack_id: stacks.create(given.deployment(name, Some(text))?, options).await? })
}
