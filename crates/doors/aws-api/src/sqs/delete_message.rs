//! `DeleteMessage`: deletes a received message. Deleting it again succeeds.

use serde::Deserialize;

use super::Context;
use super::parameters::receipt_handle;
use super::rejection::{Quoted, to_error};
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    receipt_handle: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let handle = receipt_handle(input.receipt_handle.clone())?;
    let text = input.receipt_handle.unwrap_or_default();
    let quoted = Quoted { handle: &text, ..Quoted::default() };
    let mut results = cx.broker.delete(queue, vec![handle]).await.map_err(|refusal| to_error(refusal, quoted))?;
    let result = results.pop().ok_or_else(ApiError::internal_failure)?;
    result.map_err(|rejection| to_error(rejection.into(), quoted))
}
