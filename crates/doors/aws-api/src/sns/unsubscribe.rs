//! `Unsubscribe`: ends a subscription; one that is not there does not matter. Anybody may who has the link, unless the
//! subscription was confirmed so that only its owner may.

use serde::Deserialize;

use super::parameters::subscription_of_arn;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    subscription_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    match subscription_of_arn(input.subscription_arn.as_deref(), &cx.config.region)? {
        Some(id) => Ok(cx.broker.unsubscribe(id, cx.is_signed).await?),
        None => Ok(()),
    }
}
