//! `ListTagsForResource`: the tags of a group.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListTagsForResource.html>

use serde::{Deserialize, Serialize};

use super::tags::{self, Tag, check};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    resource_arn: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    tags: Vec<Tag>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let arn = constraints.required("resourceArn", input.resource_arn);
    check(constraints)?;
    cx.check_scheduler("schedule-group/*")?;
    let found = cx.schedule_group(&cx.group_of_arn(&arn)?).await?;
    Ok(Output { tags: tags::written(found.value.tags) })
}
