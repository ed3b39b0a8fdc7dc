//! `SetStackPolicy`: keeps a stack's policy, which is told and forbids nothing.

use serde::Deserialize;

use super::given::policy;
use super::parameters::{required, stack, unsupported};
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    stack_policy_body: Option<Text<'a>>,
    #[serde(borrow, rename = "StackPolicyURL")]
    stack_policy_url: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let stack = stack(input.stack_name)?;
    unsupported("StackPolicyURL", input.stack_policy_url.is_some())?;
    let policy = policy(required(input.stack_policy_body, "stackPolicyBody")?)?;
    cx.stacks()?.set_policy(&stack, policy).await.map_err(in_brackets)
}
