//! `DescribeStacks`: tells of one stack, or of all that are not deleted.

use serde::{Deserialize, Serialize};

use super::parameters::no_page;
use super::shapes::Stack;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// What is told only to those who ask for it by its id.
pub(super) const DELETED: &str = "DELETE_COMPLETE";

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
    stacks: Vec<Stack>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    no_page(input.next_token.as_ref())?;
    let engine = cx.stacks()?;
    let stacks = match input.stack_name.filter(|name| !name.is_empty()) {
        Some(stack) => vec![engine.stack(&stack)?],
        None => engine.stacks().into_iter().filter(|stack| stack.stack_status != DELETED).collect(),
    };
    Ok(Output { stacks })
}
