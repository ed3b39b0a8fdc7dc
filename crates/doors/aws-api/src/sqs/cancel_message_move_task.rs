//! `CancelMessageMoveTask`: ends a task. What it has moved stays moved.

use serde::{Deserialize, Serialize};

use super::Context;
use super::move_tasks::read_task_handle;
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    task_handle: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    approximate_number_of_messages_moved: u64,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let handle = input.task_handle.filter(|handle| !handle.is_empty());
    let handle = handle.ok_or_else(|| ApiError::missing_parameter("TaskHandle"))?;
    let (id, source) = read_task_handle(&handle, cx)?;
    Ok(Output { approximate_number_of_messages_moved: cx.broker.cancel_move_task(id, source).await? })
}
