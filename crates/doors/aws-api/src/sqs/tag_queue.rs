//! `TagQueue`: puts labels on a queue, or gives those that are there another value.

use serde::Deserialize;

use super::Context;
use super::tags::read_tags;
use crate::codec::{Text, TextMap};
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    tags: Option<TextMap<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let tags = input.tags.filter(|tags| !tags.0.is_empty()).ok_or_else(|| ApiError::missing_parameter("Tags"))?;
    cx.broker.tag_queue(queue, read_tags(tags)?).await?;
    Ok(())
}
