//! `CreateQueue`: makes a queue, or finds one that has every attribute that was given.

use bongsu_broker::{AttributesGiven, QueueName};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::Context;
use super::tags::read_tags;
use crate::codec::{Text, TextMap};
use crate::error::ApiError;

/// How the names of attributes begin that only count; AWS passes over them.
const COUNTERS: &str = "ApproximateNumberOfMessages";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_name: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
    #[serde(borrow, rename = "tags")]
    tags: Option<TextMap<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    queue_url: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.not_at_a_queue("CreateQueue")?;
    let name = input.queue_name.ok_or_else(super::get_queue_url::name_is_missing)?;
    if name.is_empty() {
        return Err(ApiError::invalid_parameter("Queue name cannot be empty"));
    }
    let tags = read_tags(input.tags.unwrap_or_default())?;
    let name = QueueName { account: cx.account()?, name: (*name).into() };
    let mut attributes = input.attributes.unwrap_or_default().into_strings();
    attributes.retain(|name, _| !name.starts_with(COUNTERS));
    let given = AttributesGiven::parse(&attributes, &name, &cx.config.region).map_err(Refusal::from)?;
    cx.broker.create_queue(name.clone(), given, tags, cx.config.cooldowns).await?;
    Ok(Output { queue_url: cx.url(&name) })
}
