//! `RemovePermission`: removes the statement of a label from a topic's policy. One that is not there does not matter.

use serde::Deserialize;

use super::parameters::required;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    label: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    Ok(cx.broker.remove_topic_permission(topic, &required(input.label, "label")?).await?)
}
