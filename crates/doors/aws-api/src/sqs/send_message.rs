//! `SendMessage`: puts one message into a queue. The answer means that it is durable.

use bongsu_broker::{Outgoing, QueueName};
use bongsu_runtime::Refusal;

use super::Context;
use super::outgoing::{Digests, MessageInput, SentOutput};
use crate::codec::json;
use crate::error::ApiError;

/// The message that the request's body describes, and where it is to go.
pub(crate) fn outgoing_of(cx: &Context<'_>) -> Result<(QueueName, Outgoing), ApiError> {
    let (queue, outgoing, _) = prepare(json::decode(cx.body)?, cx)?;
    Ok((queue, outgoing))
}

fn prepare(input: MessageInput<'_>, cx: &Context<'_>) -> Result<(QueueName, Outgoing, Digests), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let (outgoing, digests) = input.prepare("MessageBody", cx)?;
    Ok((queue, outgoing, digests))
}

pub(super) async fn call(input: MessageInput<'_>, cx: &Context<'_>) -> Result<SentOutput, ApiError> {
    let (queue, outgoing, digests) = prepare(input, cx)?;
    let mut results = cx.broker.send(queue, vec![outgoing]).await?;
    let result = results.pop().ok_or_else(ApiError::internal_failure)?;
    let sent = result.map_err(Refusal::from)?;
    Ok(SentOutput::new(None, sent, digests))
}
