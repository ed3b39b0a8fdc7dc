//! `TagResource`: puts labels on a topic, or gives those that are there another value.

use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::tags::{GivenTag, read_tags};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    #[serde(borrow)]
    tags: Option<Vec<GivenTag<'a>>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let topic = cx.topic(input.resource_arn.as_deref(), "ResourceArn")?;
    let tags = read_tags(required(input.tags, "tags")?)?;
    cx.broker.tag_topic(topic, tags).await?;
    Ok(Output {})
}
