//! `DescribePipe`: everything about a pipe.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DescribePipe.html>

use serde::Deserialize;

use super::refusal::refused;
use super::told::Described;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Described, ApiError> {
    cx.check_pipes_account(&input.name)?;
    let pipe = cx.broker.describe_pipe(&input.name).await.map_err(|refusal| refused(refusal, &input.name))?;
    Ok(Described::new(&pipe, cx))
}
