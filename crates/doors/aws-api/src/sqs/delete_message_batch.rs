//! `DeleteMessageBatch`: deletes up to ten received messages; each entry succeeds or fails alone.

use serde::{Deserialize, Serialize};

use super::Context;
use super::batch::{FailedEntry, entry_ids};
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

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successful: Vec<DeletedEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeletedEntry {
    id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let ids = entry_ids(input.entries.as_ref(), "DeleteMessageBatchRequestEntry", |entry| entry.id.as_ref())?;
    let mut output = Output::default();
    let (mut handles, mut accepted) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
    for (entry, id) in input.entries.into_iter().flatten().zip(ids) {
        match receipt_handle(entry.receipt_handle.clone()) {
            Ok(handle) => {
                handles.push(handle);
                accepted.push((id, entry.receipt_handle.unwrap_or_default()));
            }
            Err(error) => output.failed.push(FailedEntry::new(id, &error)),
        }
    }
    let results = cx.broker.delete(queue, handles).await?;
    for ((id, handle), result) in accepted.into_iter().zip(results) {
        match result {
            Ok(()) => output.successful.push(DeletedEntry { id }),
            Err(rejection) => {
                let quoted = Quoted { handle: &handle, in_batch: true };
                output.failed.push(FailedEntry::new(id, &to_error(rejection.into(), quoted)));
            }
        }
    }
    Ok(output)
}
