//! `TagResource`: adds tags to a machine or an activity.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html>

use serde::Deserialize;

use super::Nothing;
use super::parameters::required;
use super::tags::{self, Tag};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    tags: Option<Vec<Tag>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let arn = required(input.resource_arn, "resourceArn")?;
    let tags = tags::check(input.tags.unwrap_or_default())?;
    cx.check_tagged(&arn).await?;
    cx.check_rate_limits(&arn, &tags).await?;
    cx.tag_states(&arn, tags).await?;
    Ok(Nothing {})
}
