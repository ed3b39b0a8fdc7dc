//! `InvokeAsync`: an event that nobody waits for, as old clients ask for it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html>

use serde::Deserialize;

use super::invocation::{EVENT_BYTES_MAX, payload};
use crate::error::ApiError;
use crate::operation::Context;
use crate::rest::Output;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = cx.invokable(&input.function_name, None).await?;
    let event = cx.queued(&function, payload(cx.body, EVENT_BYTES_MAX, "Event")?)?;
    cx.queue_event(function, event).await
}
