//! Lists of subscriptions, as `ListSubscriptions` and `ListSubscriptionsByTopic` tell them.

use bongsu_broker::{SubscriptionDescription, SubscriptionId};
use serde::Serialize;

use super::pages;
use crate::codec::Text;
use crate::error::ApiError;

/// In place of the ARN, while the endpoint has yet to say yes.
const PENDING: &str = "PendingConfirmation";

/// A page of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    subscriptions: Vec<Subscription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Subscription {
    owner: String,
    protocol: &'static str,
    endpoint: String,
    subscription_arn: String,
    topic_arn: String,
}

/// The subscription that the page before ended with.
pub(super) fn after(token: Option<Text<'_>>) -> Result<Option<SubscriptionId>, ApiError> {
    let after = pages::after(token)?;
    after.map(|id| SubscriptionId::parse(&id).ok_or_else(pages::token_is_invalid)).transpose()
}

/// What was found, cut down to a page.
pub(super) fn page(mut found: Vec<SubscriptionDescription>, region: &str) -> Output {
    let next_token = pages::cut(&mut found, |last| last.id.to_string());
    let told = |described: SubscriptionDescription| {
        let SubscriptionDescription { id, topic, definition, .. } = described;
        Subscription {
            owner: definition.owner.to_string(),
            protocol: definition.protocol.name(),
            subscription_arn: if definition.is_pending() { PENDING.to_owned() } else { id.arn(&topic, region) },
            endpoint: definition.endpoint.into(),
            topic_arn: topic.arn(region),
        }
    };
    Output { subscriptions: found.into_iter().map(told).collect(), next_token }
}
