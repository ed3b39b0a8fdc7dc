//! `DeleteMessageBatch`: deletes up to ten received messages; each entry succeeds or fails alone.

use serde::{Deserialize, Serialize};

use super::Context;
use super::batch::{BatchOutput, entry_ids};
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
    entries: Option<Vec<Entry<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    receipt_handle: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeletedEntry {
    id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<BatchOutput<DeletedEntry>, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let ids = entry_ids(input.entries.as_ref(), "DeleteMessageBatchRequestEntry", |entry| entry.id.as_ref())?;
    let mut handles = Vec::with_capacity(ids.len());
    let mut entries = Vec::with_capacity(ids.len());
    for (entry, id) in input.entries.into_iter().flatten().zip(ids) {
        let checked = receipt_handle(entry.receipt_handle.clone()).map(|handle| handles.push(handle));
        entries.push((id, entry.receipt_handle.unwrap_or_default(), checked));
    }
    let mut results = cx.broker.delete(queue, handles).await?.into_iter();
    let mut output = BatchOutput::new();
    for (id, handle, checked) in entries {
        let quoted = Quoted { handle: &handle, in_batch: true };
        let deleted = checked.and_then(|()| {
            let result = results.next().ok_or_else(ApiError::internal_failure)?;
            result.map_err(|rejection| to_error(rejection.into(), quoted))
        });
        output.add(id, deleted, |id, ()| DeletedEntry { id });
    }
    Ok(output)
}
