//! `UntagResource`: removes tags of a pipe; those that are not there do not matter.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_UntagResource.html>

use serde::Deserialize;

use super::tag_resource::Output;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.change_pipe_tags(&input.resource_arn, |tags| tags.retain(|key, _| !input.tag_keys.contains(key))).await?;
    Ok(Output {})
}
