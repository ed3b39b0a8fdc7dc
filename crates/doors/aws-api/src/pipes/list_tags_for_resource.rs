//! `ListTagsForResource`: the tags of a pipe.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_ListTagsForResource.html>

use serde::{Deserialize, Serialize};

use super::details::{Details, Tags};
use super::refusal::refused;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input {
    resource_arn: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {
    tags: Tags,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.pipe_of_arn(&input.resource_arn)?;
    let pipe = cx.broker.describe_pipe(name).await.map_err(|refusal| refused(refusal, name))?;
    Ok(Output { tags: Details::of(&pipe).tags })
}
