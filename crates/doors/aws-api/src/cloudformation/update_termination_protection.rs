//! `UpdateTerminationProtection`: forbids or allows that a stack is deleted.

use serde::{Deserialize, Serialize};

use super::parameters::stack;
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    enable_termination_protection: Option<bool>,
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    let protected = input.enable_termination_protection;
    let protected = protected.ok_or_else(|| ApiError::missing_member("enableTerminationProtection"))?;
    Ok(Output { stack_id: cx.stacks()?.protect(&stack, protected).await.map_err(in_brackets)? })
}
