//! `DeleteFunctionUrlConfig`: the function has no URL any more.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html>

use serde::Deserialize;

use super::function_url::path;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let function = cx.url_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    cx.function_url(&function).await?;
    cx.forget(&path(&function)).await?;
    cx.serve_urls().await
}
