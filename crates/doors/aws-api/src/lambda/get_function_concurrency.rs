//! `GetFunctionConcurrency`: what is reserved for a function, if anything.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html>

use bongsu_broker::FunctionRef;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_concurrent_executions: Option<u32>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    let described = cx.described(&FunctionRef::latest(&name)).await?;
    Ok(Output { reserved_concurrent_executions: described.reserved })
}
