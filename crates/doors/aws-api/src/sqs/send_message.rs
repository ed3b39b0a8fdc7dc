//! `SendMessage`: puts one message into a queue. The answer means that it is durable.

use bongsu_runtime::Refusal;

use super::Context;
use super::outgoing::{MessageInput, SentOutput};
use crate::error::ApiError;

pub(super) async fn call(input: MessageInput<'_>, cx: &Context<'_>) -> Result<SentOutput, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let (outgoing, digests) = input.prepare("MessageBody", cx)?;
    let mut results = cx.broker.send(queue, vec![outgoing]).await?;
    let result = results.pop().ok_or_else(ApiError::internal_failure)?;
    let sent = result.map_err(Refusal::from)?;
    Ok(SentOutput::new(None, sent, digests))
}
