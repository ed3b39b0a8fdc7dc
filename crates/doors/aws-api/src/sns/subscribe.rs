//! `Subscribe`: lets an endpoint have what is published, or finds its subscription. Web servers and people are asked first.

use bongsu_broker::{Protocol, Subscriber, SubscriptionAdded, SubscriptionAttributes};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::endpoint;
use super::parameters::{invalid, required};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

/// In place of the ARN, while the endpoint has yet to say yes.
const PENDING: &str = "pending confirmation";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    protocol: Option<Text<'a>>,
    #[serde(borrow)]
    endpoint: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
    return_subscription_arn: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    subscription_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let region = &*cx.config.region;
    let name = required(input.protocol, "protocol")?;
    let unknown = || invalid(&format!("Amazon SNS does not support this protocol string: {name}"));
    let protocol = Protocol::parse(&name).ok_or_else(unknown)?;
    let endpoint = input.endpoint.filter(|endpoint| !endpoint.is_empty());
    let endpoint = endpoint.ok_or_else(|| invalid("Endpoint Reason: no value for required parameter"))?;
    let queue = endpoint::check(protocol, &endpoint, region)?;
    let owner = cx.account()?;
    let subscriber = Subscriber { owner, protocol, endpoint: &endpoint, of_fifo: topic.is_fifo(), region };
    let attributes = input.attributes.unwrap_or_default().into_strings();
    let attributes = SubscriptionAttributes::parse(&attributes, &subscriber).map_err(Refusal::from)?;
    let (principal, endpoint) = (cx.caller.arn().into(), (*endpoint).into());
    let added = SubscriptionAdded { owner, principal, protocol, endpoint, queue, attributes };
    let (id, is_pending) = cx.broker.subscribe(topic.clone(), added).await?;
    let is_told = !is_pending || input.return_subscription_arn == Some(true);
    Ok(Output { subscription_arn: if is_told { id.arn(&topic, region) } else { PENDING.to_owned() } })
}
