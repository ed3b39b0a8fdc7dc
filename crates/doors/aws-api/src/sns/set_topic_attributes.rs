//! `SetTopicAttributes`: changes one attribute of a topic; an empty value unsets it.

use bongsu_broker::DATA_PROTECTION_POLICY;
use serde::Deserialize;

use super::parameters::{invalid, required};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    attribute_name: Option<Text<'a>>,
    #[serde(borrow)]
    attribute_value: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let name = required(input.attribute_name, "attributeName")?;
    if &*name == DATA_PROTECTION_POLICY {
        return Err(invalid("AttributeName"));
    }
    Ok(cx.broker.set_topic_attribute(topic, &name, &input.attribute_value.unwrap_or_default()).await?)
}
