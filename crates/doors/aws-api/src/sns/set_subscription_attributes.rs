//! `SetSubscriptionAttributes`: changes one attribute of a subscription; an empty value unsets it.

use serde::Deserialize;

use super::parameters::required;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    subscription_arn: Option<Text<'a>>,
    #[serde(borrow)]
    attribute_name: Option<Text<'a>>,
    #[serde(borrow)]
    attribute_value: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let id = cx.subscription(input.subscription_arn.as_deref())?;
    let name = required(input.attribute_name, "attributeName")?;
    let value = input.attribute_value.unwrap_or_default();
    Ok(cx.broker.set_subscription_attribute(id, &name, &value, &cx.config.region).await?)
}
