//! `ListTagsForResource`: of a machine or an activity.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListTagsForResource.html>

use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::tags::Tag;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    tags: Vec<Tag>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.resource_arn, "resourceArn")?;
    cx.check_tagged(&arn).await?;
    let tags = cx.states_tags(&arn).await?;
    Ok(Output { tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect() })
}
