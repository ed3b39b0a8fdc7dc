//! `PurgeQueue`: deletes all messages of a queue, those in flight too.

use serde::Deserialize;

use super::Context;
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    cx.broker.purge_queue(queue, cx.config.cooldowns).await?;
    Ok(())
}
