//! `GetSubscriptionAttributes`: tells everything about a subscription.

use bongsu_broker::{EffectivePolicy, SubscriptionDescription, SubscriptionState};
use serde::Deserialize;

use super::attributes::{Attributes, AttributesOutput};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    subscription_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<AttributesOutput, ApiError> {
    let id = cx.subscription(input.subscription_arn.as_deref())?;
    let described = cx.broker.describe_subscription(id).await?;
    Ok(AttributesOutput { attributes: told(&described, &cx.config.region) })
}

/// In AWS's order.
fn told(described: &SubscriptionDescription, region: &str) -> Attributes {
    let definition = &described.definition;
    let set = &definition.attributes;
    let mut told = Attributes::default();
    told.add("SubscriptionPrincipal", &*definition.principal);
    told.add("Owner", definition.owner.to_string());
    told.add("RawMessageDelivery", set.raw.to_string());
    let filter = set.text("FilterPolicy");
    told.add_if("FilterPolicy", filter);
    told.add("TopicArn", described.topic.arn(region));
    told.add("Endpoint", &*definition.endpoint);
    if definition.protocol.is_http() {
        let effective = EffectivePolicy::of(described.topic_attributes.delivery.as_ref(), set.delivery.as_ref());
        told.add("EffectiveDeliveryPolicy", effective.subscription_text());
    }
    told.add_if("DeliveryPolicy", set.text("DeliveryPolicy"));
    told.add_if("FilterPolicyScope", filter.map(|_| set.text("FilterPolicyScope").unwrap_or("MessageAttributes")));
    told.add("Protocol", definition.protocol.name());
    told.add("PendingConfirmation", definition.is_pending().to_string());
    let authenticated = matches!(definition.state, SubscriptionState::Confirmed { authenticated: true, .. });
    told.add("ConfirmationWasAuthenticated", authenticated.to_string());
    told.add("SubscriptionArn", described.id.arn(&described.topic, region));
    told.add_if("RedrivePolicy", set.text("RedrivePolicy"));
    told.add_if("SubscriptionRoleArn", set.text("SubscriptionRoleArn"));
    told.add_if("ReplayPolicy", set.text("ReplayPolicy"));
    let status = |completed| if completed { "Completed" } else { "In progress" };
    let replay = described.replay.filter(|_| set.replay.is_some());
    told.add_if("ReplayStatus", replay.map(|replay| status(replay.completed)));
    told
}
