//! `GetFunctionRecursionConfig`: nothing looks for functions that invoke themselves, so that none is ended for it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html>

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
    /// AWS's default, which configurations compare with.
    recursive_loop: &'static str,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    cx.described(&FunctionRef::latest(&name)).await?;
    Ok(Output { recursive_loop: "Terminate" })
}
