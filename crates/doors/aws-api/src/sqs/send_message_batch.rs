//! `SendMessageBatch`: puts up to ten messages into a queue, together in one append.
//!
//! On a standard queue a bad entry fails alone; on a FIFO queue it fails the whole request, so that order holds.

use serde::Deserialize;

use super::Context;
use super::batch::{BatchOutput, entry_ids};
use super::outgoing::{MessageInput, SentOutput};
use super::rejection::{Quoted, to_error};
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

/// The sizes of all entries together.
const BATCH_BYTES_MAX: usize = 1_048_576;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    entries: Option<Vec<MessageInput<'a>>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<BatchOutput<SentOutput>, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let ids = entry_ids(input.entries.as_ref(), "SendMessageBatchRequestEntry", |entry| entry.id.as_ref())?;
    let size: usize = input.entries.iter().flatten().map(MessageInput::size_bytes).sum();
    if size > BATCH_BYTES_MAX {
        let text = format!("Batch requests cannot be longer than {BATCH_BYTES_MAX} bytes. You have sent {size} bytes.");
        return Err(ApiError::new(ErrorKind::BatchRequestTooLong, text));
    }
    let whole = queue.is_fifo();
    let mut outgoing = Vec::with_capacity(ids.len());
    let mut entries = Vec::with_capacity(ids.len());
    for (number, (entry, id)) in input.entries.into_iter().flatten().zip(ids).enumerate() {
        let body_name = format!("SendMessageBatchRequestEntry.{}.MessageBody", number + 1);
        let prepared = match entry.prepare(&body_name, cx) {
            Err(error) if whole => return Err(error),
            prepared => prepared,
        };
        let digests = prepared.map(|(message, digests)| {
            outgoing.push(message);
            digests
        });
        entries.push((id, digests));
    }
    let quoted = Quoted { in_batch: true, ..Quoted::default() };
    let mut results = cx.broker.send(queue, outgoing).await.map_err(|refusal| to_error(refusal, quoted))?.into_iter();
    let mut output = BatchOutput::new();
    for (id, digests) in entries {
        let sent = digests.and_then(|digests| {
            let result = results.next().ok_or_else(ApiError::internal_failure)?;
            result.map(|sent| (sent, digests)).map_err(|rejection| to_error(rejection.into(), quoted))
        });
        output.add(id, sent, |id, (sent, digests)| SentOutput::new(Some(id), sent, digests));
    }
    Ok(output)
}
