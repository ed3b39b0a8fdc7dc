//! `ChangeMessageVisibilityBatch`: moves the ends of up to ten visibility timeouts; each entry succeeds or fails alone.

use bongsu_broker::{VISIBILITY_TIMEOUT_MAX, VisibilityChange};
use serde::{Deserialize, Serialize};

use super::Context;
use super::batch::{BatchOutput, entry_ids};
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
    entries: Option<Vec<Entry<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    receipt_handle: Option<Text<'a>>,
    /// Counted from now, not from when the message was received.
    visibility_timeout: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangedEntry {
    id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<BatchOutput<ChangedEntry>, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let name = "ChangeMessageVisibilityBatchRequestEntry";
    let ids = entry_ids(input.entries.as_ref(), name, |entry| entry.id.as_ref())?;
    let mut changes = Vec::with_capacity(ids.len());
    let mut entries = Vec::with_capacity(ids.len());
    for (number, (entry, id)) in input.entries.into_iter().flatten().zip(ids).enumerate() {
        let parameter = format!("{name}.{}.VisibilityTimeout", number + 1);
        let checked = entry.change(&parameter).map(|change| changes.push(change));
        entries.push((id, entry.receipt_handle.unwrap_or_default(), checked));
    }
    let mut results = cx.broker.change_visibility(queue, changes).await?.into_iter();
    let mut output = BatchOutput::new();
    for (id, handle, checked) in entries {
        let quoted = Quoted { handle: &handle, in_batch: true };
        let changed = checked.and_then(|()| {
            let result = results.next().ok_or_else(ApiError::internal_failure)?;
            result.map_err(|rejection| to_error(rejection.into(), quoted))
        });
        output.add(id, changed, |id, ()| ChangedEntry { id });
    }
    Ok(output)
}

impl Entry<'_> {
    fn change(&self, parameter: &str) -> Result<VisibilityChange, ApiError> {
        let handle = receipt_handle(self.receipt_handle.clone())?;
        let reason = "VisibilityTimeout must be an integer between 0 and 43200.";
        let timeout = seconds(self.visibility_timeout, "VisibilityTimeout", VISIBILITY_TIMEOUT_MAX.0, reason)?
            .ok_or_else(|| ApiError::missing_parameter(parameter))?;
        Ok(VisibilityChange { handle, timeout })
    }
}
