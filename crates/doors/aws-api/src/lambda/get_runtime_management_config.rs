//! `GetRuntimeManagementConfig`: runtimes are this machine's, and change when it does.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetRuntimeManagementConfig.html>

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    update_runtime_on: &'static str,
    function_arn: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    Ok(Output { update_runtime_on: "Auto", function_arn: cx.function_arn(&function.to_string()) })
}
