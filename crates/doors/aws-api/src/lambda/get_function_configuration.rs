//! `GetFunctionConfiguration`: everything about a version of a function but its code.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>

use serde::Deserialize;

use super::configuration::FunctionConfiguration;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<FunctionConfiguration, ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    let described = cx.described(&function).await?;
    Ok(FunctionConfiguration::new(&described.function, function.qualifier.as_deref(), cx))
}
