//! `ContinueUpdateRollback`: tries again to bring a stack back to what it was before an update.

use serde::{Deserialize, Serialize};

use super::parameters::{stack, texts, unsupported};
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow, rename = "RoleARN")]
    _role_arn: Option<Text<'a>>,
    #[serde(borrow)]
    resources_to_skip: Option<Vec<Text<'a>>>,
    #[serde(borrow, rename = "ClientRequestToken")]
    _client_request_token: Option<Text<'a>>,
    force_rollback: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    unsupported("ForceRollback", input.force_rollback == Some(true))?;
    let skipped = texts(input.resources_to_skip.unwrap_or_default());
    cx.stacks()?.continue_rollback(&stack, skipped).await.map_err(in_brackets)?;
    Ok(Output {})
}
