//! `CreateQueue`: makes a queue, or finds one that has every attribute that was given.

use bongsu_broker::{AttributesGiven, QueueName};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::codec::{Text, TextMap};
use crate::error::{ApiError, ErrorKind};

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
    if input.tags.is_some_and(|tags| !tags.0.is_empty()) {
        let text = "Tags are not supported by this version; create the queue without them.";
        return Err(ApiError::new(ErrorKind::UnsupportedOperation, text));
    }
    let name = QueueName { account: cx.account()?, name: (*name).into() };
    let attributes = input.attributes.unwrap_or_default().0;
    let attributes = attributes.into_iter().map(|(name, value)| (name.into_string(), value.into_string())).collect();
    let given = AttributesGiven::parse(&attributes, &name, &cx.config.region).map_err(bongsu_runtime::Refusal::from)?;
    cx.broker.create_queue(name.clone(), given, bongsu_broker::Tags::new(), false).await?;
    Ok(Output { queue_url: cx.url(&name) })
}
