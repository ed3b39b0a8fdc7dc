//! `DeleteProvisionedConcurrencyConfig`: one that is not there does not matter.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html>

use serde::Deserialize;

use super::provisioned_concurrency::path;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let function = cx.provisionable(&input.function_name, input.qualifier.as_deref()).await?;
    cx.forget(&path(&function)).await
}
