//! `UntagQueue`: takes labels off a queue. Those that are not there do not matter.

use serde::Deserialize;

use super::Context;
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    tag_keys: Option<Vec<Text<'a>>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let keys = input.tag_keys.filter(|keys| !keys.is_empty()).ok_or_else(|| ApiError::missing_parameter("TagKeys"))?;
    cx.broker.untag_queue(queue, keys.iter().map(|key| Box::from(&**key)).collect()).await?;
    Ok(())
}
