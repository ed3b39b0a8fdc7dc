//! `GetFunctionEventInvokeConfig`: how events by a name are treated, if that was said.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html>

use serde::Deserialize;

use super::invoke_config::EventInvokeConfig;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<EventInvokeConfig, ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    let config = cx.invoke_config(&function).await?;
    Ok(EventInvokeConfig::new(&function.name, function.qualifier(), &config, cx))
}
