//! `TagResource`: adds tags to a pipe, or gives those that are there another value.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_TagResource.html>

use serde::{Deserialize, Serialize};

use super::details::Tags;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input {
    resource_arn: String,
    tags: Tags,
}

/// An answer that says nothing.
#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.change_pipe_tags(&input.resource_arn, |tags| tags.extend(input.tags)).await?;
    Ok(Output {})
}
