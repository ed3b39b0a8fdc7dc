//! `TagResource`: adds tags, or gives those that are there another value.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html>

use serde::Deserialize;

use super::tagged::Tags;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    resource: String,
    tags: Tags,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let tagged = cx.tagged(&input.resource)?;
    tagged.check_rate_limit(&input.tags)?;
    cx.change_tags(&tagged, |tags| tags.extend(input.tags.clone())).await
}
