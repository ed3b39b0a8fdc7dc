//! `ListTagsForResource`: tells a topic's labels.

use serde::{Deserialize, Serialize};

use super::tags::TagOutput;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    tags: Vec<TagOutput>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let topic = cx.topic(input.resource_arn.as_deref(), "ResourceArn")?;
    let topic = cx.broker.describe_topic(topic).await?;
    let tag = |(key, value): (Box<str>, Box<str>)| TagOutput { value: value.into(), key: key.into() };
    Ok(Output { tags: topic.definition.tags.into_iter().map(tag).collect() })
}
