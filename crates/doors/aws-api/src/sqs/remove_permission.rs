//! `RemovePermission`: takes a statement out of a queue's policy.

use serde::Deserialize;

use super::Context;
use super::add_permission::read_label;
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    label: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let label = read_label(input.label)?;
    cx.broker.remove_permission(queue, &label).await?;
    Ok(())
}
