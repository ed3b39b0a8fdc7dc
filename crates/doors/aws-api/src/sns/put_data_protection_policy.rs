//! `PutDataProtectionPolicy`: keeps a topic's data protection policy, which has no effect.

use bongsu_broker::DATA_PROTECTION_POLICY;
use serde::Deserialize;

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
    data_protection_policy: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let topic = cx.topic(input.resource_arn.as_deref(), "ResourceArn")?;
    let policy = required(input.data_protection_policy, "dataProtectionPolicy")?;
    Ok(cx.broker.set_topic_attribute(topic, DATA_PROTECTION_POLICY, &policy).await?)
}
