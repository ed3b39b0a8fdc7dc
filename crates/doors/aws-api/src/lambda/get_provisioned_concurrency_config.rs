//! `GetProvisionedConcurrencyConfig`: what was put, as if it were done.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html>

use serde::Deserialize;

use super::provisioned_concurrency::ProvisionedConcurrency;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<ProvisionedConcurrency, ApiError> {
    let function = cx.provisionable(&input.function_name, input.qualifier.as_deref()).await?;
    Ok(cx.provisioned(&function).await?.ready())
}
