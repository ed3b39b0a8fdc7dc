//! `ListTags`: of a function or an event source mapping.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html>

use serde::{Deserialize, Serialize};

use super::tagged::Tags;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    resource: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    tags: Tags,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    Ok(Output { tags: cx.tags(&cx.tagged(&input.resource)?).await? })
}
