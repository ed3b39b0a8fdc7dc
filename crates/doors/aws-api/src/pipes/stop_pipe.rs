//! `StopPipe`: lets a pipe receive no more. Batches that are under way end.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_StopPipe.html>

use serde::Deserialize;

use super::told::Changed;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Changed, ApiError> {
    cx.set_running(&input.name, false).await
}
