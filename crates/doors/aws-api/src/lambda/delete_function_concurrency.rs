//! `DeleteFunctionConcurrency`: nothing is reserved for the function any more.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionConcurrency.html>

use serde::Deserialize;

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    cx.broker.set_concurrency(&name, None).await.map_err(|refusal| cx.refused(refusal))
}
