//! `DeletePipe`: lets a queue feed the target no more. Batches that are under way end first; messages stay where they are.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DeletePipe.html>

use serde::Deserialize;

use super::refusal::refused;
use super::told::{Changed, State};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Changed, ApiError> {
    let name = &*input.name;
    cx.check_pipes_account(name)?;
    let pipe = cx.broker.describe_pipe(name).await.map_err(|refusal| refused(refusal, name))?;
    cx.broker.delete_pipe(name).await.map_err(|refusal| refused(refusal, name))?;
    Ok(Changed::new(&pipe, State::Deleting, cx))
}
