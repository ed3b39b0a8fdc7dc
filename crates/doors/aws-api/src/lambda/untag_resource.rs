//! `UntagResource`: removes tags; those that are not there do not matter.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html>

use serde::Deserialize;

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    resource: String,
    tag_keys: Vec<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let tagged = cx.tagged(&input.resource)?;
    cx.change_tags(&tagged, |tags| tags.retain(|key, _| !input.tag_keys.contains(key))).await
}
