//! `ChangeMessageVisibility`: moves the end of a received message's visibility timeout.

use bongsu_broker::{VISIBILITY_TIMEOUT_MAX, VisibilityChange};
use serde::Deserialize;

use super::Context;
use super::parameters::{receipt_handle, seconds};
use super::rejection::{Quoted, to_error};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    receipt_handle: Option<Text<'a>>,
    /// Counted from now, not from when the message was received.
    visibility_timeout: Option<Integer>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let handle = receipt_handle(input.receipt_handle.clone())?;
    let reason = "Must be between 0 and 43200.";
    let timeout = seconds(input.visibility_timeout, "VisibilityTimeout", VISIBILITY_TIMEOUT_MAX.0, reason)?
        .ok_or_else(|| ApiError::missing_parameter("VisibilityTimeout"))?;
    let text = input.receipt_handle.unwrap_or_default();
    let quoted = Quoted { handle: &text, ..Quoted::default() };
    let changes = vec![VisibilityChange { handle, timeout }];
    let results = cx.broker.change_visibility(queue, changes).await;
    let result = results.map_err(|refusal| to_error(refusal, quoted))?.pop().ok_or_else(ApiError::internal_failure)?;
    result.map_err(|rejection| to_error(rejection.into(), quoted))
}
