//! `GetLayerVersionByArn`: everything about a version of a layer.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionByArn.html>

use serde::Deserialize;

use super::layer::{LayerVersionOutput, parse};
use super::refusal::invalid;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    arn: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<LayerVersionOutput, ApiError> {
    cx.check_account("layer:*")?;
    let (name, version) = parse(&input.arn, cx)?;
    let version = version.ok_or_else(|| invalid(format!("{} is not the ARN of a layer's version.", input.arn)))?;
    Ok(cx.layer_version(&name, version).await?.output(&name, version, cx))
}
