//! `StartMessageMoveTask`: begins to move a dead-letter queue's messages to where they came from, or to another queue.

use serde::{Deserialize, Serialize};

use super::Context;
use super::move_tasks::{queue_of_arn, source, task_handle};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Most messages a second that can be asked for.
const MESSAGES_PER_SECOND_MAX: i64 = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    source_arn: Option<Text<'a>>,
    /// Without it each message goes back to its own source.
    #[serde(borrow)]
    destination_arn: Option<Text<'a>>,
    /// Without it messages move as fast as they can.
    max_number_of_messages_per_second: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    task_handle: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let source = source(input.source_arn, cx)?;
    let destination = input.destination_arn.map(|arn| queue_of_arn(&arn, "DestinationArn", cx)).transpose()?;
    let messages_per_second = match input.max_number_of_messages_per_second {
        None => None,
        Some(Integer(rate @ 1..=MESSAGES_PER_SECOND_MAX)) => Some(rate as u32),
        Some(Integer(rate)) => {
            let reason = "Must be between 1 and 500, if provided.";
            return Err(ApiError::invalid_value(rate, "MaxNumberOfMessagesPerSecond", reason));
        }
    };
    let id = cx.broker.start_move_task(source.clone(), destination, messages_per_second).await?;
    Ok(Output { task_handle: task_handle(id, &source, cx) })
}
