//! `GetFunctionCodeSigningConfig`: code is not signed here.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html>

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
    code_signing_config_arn: &'static str,
    function_name: Box<str>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function_name = cx.whole_function(&input.function_name)?;
    cx.described(&FunctionRef::latest(&function_name)).await?;
    Ok(Output { code_signing_config_arn: "", function_name })
}
