//! `CancelUpdateStack`: gives up the update that is going on.

use serde::Deserialize;

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
    #[serde(borrow, rename = "ClientRequestToken")]
    _client_request_token: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let stack = stack(input.stack_name)?;
    cx.stacks()?.cancel_update(&stack).await.map_err(in_brackets)
}
