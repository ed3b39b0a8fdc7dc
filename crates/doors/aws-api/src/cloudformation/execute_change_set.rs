//! `ExecuteChangeSet`: begins the deployment that a change set describes.

use serde::{Deserialize, Serialize};

use super::engine::ExecuteOptions;
use super::parameters::required;
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    change_set_name: Option<Text<'a>>,
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    client_request_token: Option<Text<'a>>,
    disable_rollback: Option<bool>,
    retain_except_on_create: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.change_set_name, "changeSetName")?;
    let options = ExecuteOptions {
        disable_rollback: input.disable_rollback.unwrap_or(false),
        retain_except_on_create: input.retain_except_on_create.unwrap_or(false),
        token: input.client_request_token.map(Text::into_string),
    };
    let executing = cx.stacks()?.execute_change_set(input.stack_name.as_deref(), &name, options);
    executing.await.map_err(in_brackets)?;
    Ok(Output {})
}
