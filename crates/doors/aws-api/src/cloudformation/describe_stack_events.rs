//! `DescribeStackEvents`: tells what happened to a stack, the latest first.

use serde::{Deserialize, Serialize};

use super::parameters::{no_page, stack};
use super::rejection::in_brackets;
use super::shapes::StackEvent;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_events: Vec<StackEvent>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    no_page(input.next_token.as_ref())?;
    Ok(Output { stack_events: cx.stacks()?.events(&stack).map_err(in_brackets)? })
}
