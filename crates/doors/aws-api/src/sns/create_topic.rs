//! `CreateTopic`: makes a topic, or finds one that has every attribute and tag that was given.

use bongsu_broker::{DATA_PROTECTION_POLICY, TopicAttributes, TopicName};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::parameters::{invalid, required};
use super::tags::{GivenTag, read_tags};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
    #[serde(borrow)]
    tags: Option<Vec<GivenTag<'a>>>,
    #[serde(borrow)]
    data_protection_policy: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    topic_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.name, "name")?;
    let topic = TopicName { account: cx.account()?, name: (*name).into() };
    let mut attributes = input.attributes.unwrap_or_default().into_strings();
    if attributes.contains_key(DATA_PROTECTION_POLICY) {
        return Err(invalid(&format!("Attributes Reason: Unknown attribute {DATA_PROTECTION_POLICY}")));
    }
    attributes.extend(input.data_protection_policy.map(|text| (DATA_PROTECTION_POLICY.to_owned(), text.into_string())));
    let attributes = TopicAttributes::parse(&attributes, &topic).map_err(Refusal::from)?;
    let tags = read_tags(input.tags.unwrap_or_default())?;
    cx.broker.create_topic(topic.clone(), attributes, tags).await?;
    let arn = topic.arn(&cx.config.region);
    // Only now: nobody is told of a topic that is missing because it was refused.
    cx.seen.topic.get_or_init(|| topic);
    Ok(Output { topic_arn: arn })
}
