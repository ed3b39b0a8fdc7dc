//! `GetQueueAttributes`: tells what a queue is set to, and about how much is in it.

use std::collections::BTreeMap;

use bongsu_broker::{QueueAttributes, QueueDescription};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    /// Without names there is nothing in the answer.
    #[serde(borrow)]
    attribute_names: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
}

/// The value of an attribute that only the server sets.
type Observed = fn(&QueueDescription, &Context<'_>) -> String;

/// One row an attribute that only the server sets: its name and its value.
const OBSERVED: &[(&str, Observed)] = &[
    ("QueueArn", |queue, cx| cx.arn(&queue.name)),
    ("CreatedTimestamp", |queue, _| (queue.created_at.0 / 1000).to_string()),
    ("LastModifiedTimestamp", |queue, _| (queue.modified_at.0 / 1000).to_string()),
    ("ApproximateNumberOfMessages", |queue, _| queue.visible.to_string()),
    ("ApproximateNumberOfMessagesNotVisible", |queue, _| queue.in_flight.to_string()),
    ("ApproximateNumberOfMessagesDelayed", |queue, _| queue.delayed.to_string()),
];

/// Every name that a client can ask for, but `All`.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    QueueAttributes::names().chain(OBSERVED.iter().map(|row| row.0))
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.queue(input.queue_url.as_deref())?;
    let wanted = input.attribute_names.unwrap_or_default();
    let known = |name: &str| name == "All" || names().any(|known| known == name);
    if let Some(name) = wanted.iter().find(|name| !known(name)) {
        return Err(ApiError::new(ErrorKind::InvalidAttributeName, format!("Unknown Attribute {name}.")));
    }
    let queue = cx.broker.describe_queue(name).await?;
    let asked = |name: &str| wanted.iter().any(|wanted| **wanted == *name || **wanted == *"All");
    let set = QueueAttributes::names().filter(|name| asked(name));
    let set = set.filter_map(|name| Some((name, queue.attributes.get(name, &cx.config.region)?)));
    let observed = OBSERVED.iter().filter(|(name, _)| asked(name)).map(|(name, value)| (*name, value(&queue, cx)));
    Ok(Output { attributes: set.chain(observed).collect() })
}
