//! `SetQueueAttributes`: changes what a queue is set to; all of it, or nothing if any of it is wrong.

use bongsu_broker::AttributesGiven;
use bongsu_runtime::Refusal;
use serde::Deserialize;

use super::Context;
use crate::codec::{Text, TextMap};
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let attributes = input.attributes.ok_or_else(|| ApiError::missing_parameter("Attributes"))?;
    let given = AttributesGiven::parse_change(&attributes.into_strings(), &queue, &cx.config.region);
    cx.broker.set_queue_attributes(queue, given.map_err(Refusal::from)?).await?;
    Ok(())
}
