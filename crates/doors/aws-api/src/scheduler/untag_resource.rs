//! `UntagResource`: takes tags from a group; those that it has not do not matter.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UntagResource.html>

use serde::{Deserialize, Serialize};

use super::tags::check;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    resource_arn: Option<String>,
    tag_keys: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let arn = constraints.required("resourceArn", input.resource_arn);
    if input.tag_keys.is_none() {
        constraints.missing("tagKeys");
    }
    check(constraints)?;
    cx.check_scheduler("schedule-group/*")?;
    let keys = input.tag_keys.unwrap_or_default();
    cx.change_tags_of_group(&cx.group_of_arn(&arn)?, |tags| tags.retain(|key, _| !keys.contains(key))).await?;
    Ok(Output {})
}
