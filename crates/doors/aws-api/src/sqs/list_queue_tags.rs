//! `ListQueueTags`: tells the labels of a queue.

use bongsu_broker::Tags;
use serde::{Deserialize, Serialize};

use super::Context;
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Tags::is_empty")]
    tags: Tags,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    Ok(Output { tags: cx.broker.describe_queue(queue).await?.tags })
}
