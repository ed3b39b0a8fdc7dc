//! `GetStackPolicy`: tells a stack's policy, if it has one.

use serde::{Deserialize, Serialize};

use super::parameters::stack;
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_policy_body: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    Ok(Output { stack_policy_body: cx.stacks()?.policy(&stack).map_err(in_brackets)? })
}
