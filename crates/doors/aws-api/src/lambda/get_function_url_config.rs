//! `GetFunctionUrlConfig`: everything about a function's URL.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html>

use serde::Deserialize;

use super::function_url::FunctionUrlConfig;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<FunctionUrlConfig, ApiError> {
    let function = cx.url_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    Ok(FunctionUrlConfig::new(&function, cx.function_url(&function).await?.value, cx))
}
