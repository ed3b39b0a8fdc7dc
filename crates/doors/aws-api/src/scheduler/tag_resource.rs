//! `TagResource`: gives a group tags, in the place of those with the same keys.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_TagResource.html>

use serde::{Deserialize, Serialize};

use super::tags::{self, Tag, check};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    resource_arn: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let arn = constraints.required("resourceArn", input.resource_arn);
    if input.tags.is_none() {
        constraints.missing("tags");
    }
    let added = tags::read(input.tags.unwrap_or_default(), &mut constraints);
    check(constraints)?;
    cx.check_scheduler("schedule-group/*")?;
    cx.change_tags_of_group(&cx.group_of_arn(&arn)?, |tags| tags.extend(added.clone())).await?;
    Ok(Output {})
}
