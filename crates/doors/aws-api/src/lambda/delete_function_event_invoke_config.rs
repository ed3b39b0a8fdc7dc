//! `DeleteFunctionEventInvokeConfig`: events by a name are treated as usual again.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html>

use serde::Deserialize;

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    cx.invoke_config(&function).await?;
    cx.broker.put_invoke_config(function, None).await.map_err(|refusal| cx.refused(refusal))
}
