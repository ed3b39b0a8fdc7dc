//! `ListSubscriptionsByTopic`: lists the subscriptions of one topic, in pages.

use serde::Deserialize;

use super::{pages, subscriptions};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<subscriptions::Output, ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let after = subscriptions::after(input.next_token)?;
    let found = cx.broker.list_subscriptions_by_topic(topic, after, pages::WANTED).await?;
    Ok(subscriptions::page(found, &cx.config.region))
}
