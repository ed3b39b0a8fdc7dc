//! `UntagResource`: removes labels from a topic; those that are not there do not matter.

use serde::{Deserialize, Serialize};

use super::parameters::required;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    #[serde(borrow)]
    tag_keys: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let topic = cx.topic(input.resource_arn.as_deref(), "ResourceArn")?;
    let keys = required(input.tag_keys, "tagKeys")?;
    cx.broker.untag_topic(topic, keys.iter().map(|key| Box::from(&**key)).collect()).await?;
    Ok(Output {})
}
