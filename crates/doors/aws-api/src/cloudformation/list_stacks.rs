//! `ListStacks`: lists stacks, deleted ones too, by their status.

use serde::{Deserialize, Serialize};

use super::parameters::no_page;
use super::shapes::{Stack, StackDrift};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    #[serde(borrow)]
    stack_status_filter: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_summaries: Vec<Summary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    stack_id: String,
    stack_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_description: Option<String>,
    creation_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_time: Option<String>,
    stack_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_status_reason: Option<String>,
    drift_information: StackDrift,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    no_page(input.next_token.as_ref())?;
    let wanted = input.stack_status_filter.unwrap_or_default();
    let is_wanted = |stack: &Stack| wanted.is_empty() || wanted.iter().any(|status| &**status == stack.stack_status);
    let stacks = cx.stacks()?.stacks().into_iter().filter(is_wanted);
    let summary = |stack: Stack| Summary {
        stack_id: stack.stack_id,
        stack_name: stack.stack_name,
        template_description: stack.description,
        creation_time: stack.creation_time,
        last_updated_time: stack.last_updated_time,
        deletion_time: stack.deletion_time,
        stack_status: stack.stack_status,
        stack_status_reason: stack.stack_status_reason,
        drift_information: stack.drift_information,
    };
    Ok(Output { stack_summaries: stacks.map(summary).collect() })
}
