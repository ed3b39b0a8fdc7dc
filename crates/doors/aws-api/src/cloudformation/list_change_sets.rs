//! `ListChangeSets`: lists the change sets of a stack that wait to be executed.

use serde::{Deserialize, Serialize};

use super::parameters::{no_page, stack};
use super::rejection::in_brackets;
use super::shapes::ChangeSetDescription;
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
    summaries: Vec<Summary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    stack_id: String,
    stack_name: String,
    change_set_id: String,
    change_set_name: String,
    execution_status: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    creation_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    include_nested_stacks: bool,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    no_page(input.next_token.as_ref())?;
    let summary = |described: ChangeSetDescription| Summary {
        stack_id: described.stack_id,
        stack_name: described.stack_name,
        change_set_id: described.change_set_id,
        change_set_name: described.change_set_name,
        execution_status: described.execution_status,
        status: described.status,
        status_reason: described.status_reason,
        creation_time: described.creation_time,
        description: described.description,
        include_nested_stacks: described.include_nested_stacks,
    };
    let change_sets = cx.stacks()?.change_sets(&stack).map_err(in_brackets)?;
    Ok(Output { summaries: change_sets.into_iter().map(summary).collect() })
}
