//! `GetDataProtectionPolicy`: tells a topic's data protection policy, which is kept and has no effect.

use bongsu_broker::DATA_PROTECTION_POLICY;
use serde::{Deserialize, Serialize};

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
    /// Empty where none is set.
    data_protection_policy: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let topic = cx.topic(input.resource_arn.as_deref(), "ResourceArn")?;
    let topic = cx.broker.describe_topic(topic).await?;
    let policy = topic.definition.attributes.text(DATA_PROTECTION_POLICY).unwrap_or_default();
    Ok(Output { data_protection_policy: policy.to_owned() })
}
